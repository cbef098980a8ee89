"""The built package: it carries the explorer, and serves it on a machine without Node."""

import os
import subprocess
import sys
import sysconfig
import tarfile
import urllib.request
import zipfile
from pathlib import Path

import pytest

import topoact

ROOT = Path(__file__).parents[1]
PAGE = "topoact/server/static/index.html"

SERVE = """
import sys
from pathlib import Path
import topoact
from topoact.server import serve
assert Path(topoact.__file__).is_relative_to(sys.argv[1]), topoact.__file__
serve(Path(sys.argv[2]), port=0, open_browser=False)
"""


@pytest.fixture(scope="module")
def distributions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel and the sdist of this checkout."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True)
    return folder


def test_wheel_and_sdist_carry_the_explorer(distributions: Path) -> None:
    (wheel,) = distributions.glob("*.whl")
    (sdist,) = distributions.glob("*.tar.gz")
    with zipfile.ZipFile(wheel) as archive:
        assert PAGE in archive.namelist()
        assert any(name.startswith("topoact/server/static/assets/") for name in archive.namelist())
        assert "topoact/py.typed" in archive.namelist()
        assert not any(name.startswith(("tests/", "frontend/")) for name in archive.namelist())
        metadata = archive.read(f"topoact-{topoact.__version__}.dist-info/METADATA").decode()
        assert "Classifier: Typing :: Typed" in metadata
    with tarfile.open(sdist) as archive:
        names = archive.getnames()
    assert any(name.endswith("src/topoact/py.typed") for name in names)
    assert any(name.endswith("docs/conf.py") for name in names)
    assert any(name.endswith(f"src/{PAGE}") for name in names)
    assert not any("node_modules" in name for name in names)


def test_installed_wheel_serves_the_explorer_without_node(
    distributions: Path, digits_path: Path, tmp_path: Path
) -> None:
    (wheel,) = distributions.glob("*.whl")
    install = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", str(tmp_path), str(wheel)]
    subprocess.run(install, check=True, capture_output=True)
    # Dependencies come from this environment, the package from the wheel, and nothing from PATH.
    paths = os.pathsep.join([str(tmp_path), sysconfig.get_path("purelib")])
    server = subprocess.Popen(
        [sys.executable, "-S", "-c", SERVE, str(tmp_path), str(digits_path)],
        env={"PYTHONPATH": paths, "PATH": "/nonexistent", "HOME": str(tmp_path)},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert server.stdout is not None
        said = server.stdout.readline()
        assert said.startswith("TopoAct explorer: http://127.0.0.1:")
        with urllib.request.urlopen(said.split(": ", 1)[1].strip(), timeout=30) as answer:
            assert b"<script" in answer.read()
    finally:
        server.terminate()
        server.communicate(timeout=30)


def test_build_without_the_front_end_fails_loudly(tmp_path: Path) -> None:
    script = tmp_path / "scripts" / "build_frontend.py"
    script.parent.mkdir()
    script.write_text((ROOT / "scripts" / "build_frontend.py").read_text())
    result = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=False)
    assert result.returncode != 0
    assert "the explorer cannot be built" in result.stderr
