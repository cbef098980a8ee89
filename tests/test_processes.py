"""No process outlives its parent, whatever it computes, nor do those that it has started; how one died is said."""

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from topoact import processes
from topoact.processes import Watch, interrupts_blocked, kill_group, process_context

PATIENCE = 30.0

SCRIPT = """
import multiprocessing, os, signal, subprocess, sys, time
from pathlib import Path

def work(folder, how):
    from topoact.processes import end_with_parent
    end_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    Path(folder, "pids").write_text(f"{os.getpid()} {child.pid}")
    if how == "holds the lock":
        10 ** (10 ** 9)
    time.sleep(600)

if __name__ == "__main__":
    context = multiprocessing.get_context(sys.argv[3])
    context.Process(target=work, args=(sys.argv[1], sys.argv[2])).start()
    time.sleep(600)
"""


def runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def all_end(pids: list[int], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while any(map(runs, pids)):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def pids_in(file: Path) -> list[int]:
    deadline = time.monotonic() + PATIENCE
    while not (file.exists() and len(file.read_text().split()) == 2):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return list(map(int, file.read_text().split()))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends processes that hold Python's lock")
@pytest.mark.parametrize(("how", "start"), [("holds the lock", "forkserver"), ("sleeps", "spawn")])
def test_when_the_parent_is_killed_all_end(tmp_path: Path, how: str, start: str) -> None:
    """Within seconds; a computation that holds Python's lock takes minutes, and no thread beside it runs."""
    script = tmp_path / "run.py"
    script.write_text(SCRIPT)
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen([sys.executable, script, tmp_path, how, start], env=environment) as parent:
        pids = pids_in(tmp_path / "pids")
        assert all(map(runs, pids))
        parent.kill()
    assert all_end(pids, PATIENCE)


def linger(folder: str) -> None:
    processes.end_with_parent()
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    Path(folder, "pids").write_text(f"{os.getpid()} {child.pid}")
    time.sleep(600)


@pytest.mark.skipif(os.name != "posix", reason="there are no groups of processes")
def test_a_process_is_killed_with_what_it_has_started(tmp_path: Path) -> None:
    process = process_context().Process(target=linger, args=(str(tmp_path),))  # type: ignore[attr-defined]
    with interrupts_blocked():
        process.start()
    pids = pids_in(tmp_path / "pids")
    kill_group(process)
    assert all_end(pids, PATIENCE)
    kill_group(process)  # once more does no harm


@pytest.mark.parametrize(
    ("exit_code", "said"),
    [
        (-signal.SIGKILL, "was ended by signal 9, SIGKILL"),
        (-signal.SIGSEGV, "was ended by signal 11, SIGSEGV"),
        (-250, "was ended by signal 250"),
        (1, "ended with exit code 1"),
        (None, "ended"),
    ],
)
def test_a_death_is_told_as_far_as_it_is_known(
    exit_code: int | None, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "_memory_kills", lambda: 3)
    watch = Watch()
    assert watch.death(exit_code) == said
    assert not watch.killed_for_memory(exit_code)


@pytest.mark.parametrize(("exit_code", "is_memory"), [(-signal.SIGKILL, True), (-signal.SIGSEGV, False), (1, False)])
def test_memory_is_named_only_where_the_system_says_so(
    exit_code: int, is_memory: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "_memory_kills", lambda: 3)
    watch = Watch()
    monkeypatch.setattr(processes, "_memory_kills", lambda: 4)
    assert watch.killed_for_memory(exit_code) == is_memory
    assert ("memory" in watch.death(exit_code)) == is_memory


def test_only_processes_of_this_package_are_in_a_group_of_their_own() -> None:
    assert multiprocessing.parent_process() is None
    before = os.getpgrp()
    processes.end_with_parent()
    assert os.getpgrp() == before
