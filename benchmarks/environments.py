"""The environments of the other libraries: made on first use in ``build/peers``, kept until their pins change."""

import shutil
import subprocess
import sys
import venv
from pathlib import Path

PINS = Path(__file__).parent / "peers"
HOME = Path(__file__).parents[1] / "build" / "peers"
ENVIRONMENTS = {
    "kepler-mapper": "kepler-zen",
    "zen-mapper": "kepler-zen",
    "tda-mapper": "tda-gudhi",
    "gudhi": "tda-gudhi",
    "giotto-tda": "giotto",
}


def python_of(side: str) -> Path:
    """Return the interpreter that a side runs in, with its environment made if need be."""
    return _made(ENVIRONMENTS[side]) if side in ENVIRONMENTS else Path(sys.executable)


def _made(name: str) -> Path:
    pins, home = PINS / f"{name}.txt", HOME / name
    python, done = home / "bin" / "python", home / "pins.txt"
    if not (done.exists() and done.read_text() == pins.read_text()):
        print(f"making the environment {home}", flush=True)
        shutil.rmtree(home, ignore_errors=True)
        venv.create(home, with_pip=True)
        command = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "-r", pins]
        subprocess.run(command, check=True)
        shutil.copy(pins, done)
    return python


if __name__ == "__main__":
    for environment in sorted(set(ENVIRONMENTS.values())):
        print(_made(environment))
