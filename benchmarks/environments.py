"""The environments of the other libraries: made on first use in ``build/peers``, kept until their pins change.

``python -m benchmarks.environments`` makes all of them.
"""

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


class NotInstalled(Exception):
    """A library's environment cannot be made; the message says why."""


def python_of(side: str) -> Path:
    """Return the interpreter that a side runs in, with its environment made if need be.

    Raises
    ------
    NotInstalled
        If the environment cannot be made, for example because this machine has another Python or no network.
    """
    return _environment(ENVIRONMENTS[side]) if side in ENVIRONMENTS else Path(sys.executable)


def is_installed(side: str) -> bool:
    """Return whether a side can run here, with its environment made if need be; print why where it cannot."""
    try:
        python_of(side)
    except NotInstalled as error:
        print(f"  left out: {side}: {error}", flush=True)
        return False
    return True


def _environment(name: str) -> Path:
    pins, home = PINS / f"{name}.txt", HOME / name
    python, done = home / "bin" / "python", home / "pins.txt"
    if not (done.exists() and done.read_text() == pins.read_text()):
        print(f"making the environment {home}", flush=True)
        shutil.rmtree(home, ignore_errors=True)
        command = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "-r", pins]
        try:
            venv.create(home, with_pip=True)
            subprocess.run(command, check=True, capture_output=True, text=True)
        except (OSError, subprocess.CalledProcessError) as error:
            lines = (getattr(error, "stderr", None) or str(error)).strip().splitlines()
            raise NotInstalled(f"{pins} cannot be installed: {lines[-1]}") from error
        shutil.copy(pins, done)
    return python


def main() -> None:
    """Make every environment, and say which cannot be made."""
    for name in sorted(set(ENVIRONMENTS.values())):
        try:
            print(_environment(name))
        except NotInstalled as error:
            print(f"left out: {error}")


if __name__ == "__main__":
    main()
