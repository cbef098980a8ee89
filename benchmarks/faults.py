"""Does extraction resume to the identical digest after kills, dying workers and full disks?

``python -m benchmarks.faults MODEL DATA --layers a,b,c …`` takes the arguments of ``topoact extract`` except ``-o``.
Each fault happens once during an extraction of all layers, and once while the last layer is appended to a study of the
others. A study that was finished before must open after every fault, and the same command, run again, must end with the
digest of a run without faults. ``--faults-seed N`` draws other moments; ``--only extract --faults kill --kills 1`` is
the shortest run. Full disks are small tmpfs mounts, which only root can make; they are left out for other users.
"""

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from topoact.study import open_study

FAULTS = ("kill", "worker", "disk")
DISK_SHARES = (0.5, 0.97)
"""Sizes of the full disks, as shares of what has to be written."""
KILL_WINDOW = 0.75
"""Share of the duration of a run from which moments are drawn: a process that has ended cannot be killed."""
POLL_SECONDS = 0.02


class Task(NamedTuple):
    """A command that writes a study, and the study that it appends to."""

    name: str
    arguments: list[str]
    before: Path | None
    """A finished study, or None for a new one."""


class Reference(NamedTuple):
    """A run without faults."""

    digest: str
    seconds: float
    """From the first checkpoint until the study appears at its path."""
    n_bytes: int


def start(task: Task, path: Path, *more: str) -> "subprocess.Popen[str]":
    shell = [sys.executable, "-c", "from topoact.cli import main; main()"]
    command = [*shell, "extract", "--no-map", *task.arguments, *more]
    pipes = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen([*command, "-o", str(path)], start_new_session=True, **pipes)


def unfinished(path: Path) -> Path:
    """Return the folder in which a study is written before it appears at its path."""
    return path.with_name(f"{path.name}.partial")


def wait_until_writing(process: "subprocess.Popen[str]", path: Path) -> None:
    while process.poll() is None and not (unfinished(path) / "checkpoint.json").exists():
        time.sleep(POLL_SECONDS)


def last_error(process: "subprocess.Popen[str]") -> str:
    """Wait for the end of a process, and return the last line of its errors."""
    return (process.communicate()[1].strip().splitlines() or [f"exit {process.returncode}"])[-1]


def prepare(task: Task, folder: Path) -> Path:
    """Return the path of the study to write in a folder, with a copy of the study to append to."""
    path = folder / "study"
    if task.before:
        shutil.copytree(task.before, path)
    return path


def reference(task: Task, folder: Path) -> Reference:
    path = prepare(task, folder)
    process = start(task, path)
    wait_until_writing(process, path)
    began = time.perf_counter()
    while process.poll() is None and unfinished(path).exists():
        time.sleep(POLL_SECONDS)
    seconds = time.perf_counter() - began
    if (line := last_error(process)) and process.returncode:
        raise SystemExit(f"{task.name} fails without any fault: {line}")
    return Reference(open_study(path).digest, seconds, size(path))


def size(path: Path | None) -> int:
    return sum(file.stat().st_blocks * 512 for file in path.rglob("*")) if path else 0


def kill(task: Task, path: Path, seconds: float) -> str:
    process = start(task, path)
    wait_until_writing(process, path)
    time.sleep(seconds)
    os.killpg(process.pid, signal.SIGKILL)
    last_error(process)
    return f"kill -9 after {seconds:.2f} s of writing" + ("" if process.returncode else " (it had ended)")


def kill_worker(task: Task, path: Path, seconds: float) -> str:
    process = start(task, path, "--workers", "2")
    wait_until_writing(process, path)
    while not (workers := worker_processes(process.pid)) and process.poll() is None:
        time.sleep(POLL_SECONDS)
    time.sleep(seconds)
    for worker in workers[:1]:
        os.kill(worker, signal.SIGKILL)
    return f"worker killed {seconds:.2f} s after it began: {last_error(process)!r}"


def worker_processes(pid: int) -> list[int]:
    """Return the worker processes of a process: its children, or those of its fork server."""
    servers = [child for child in children(pid) if b"multiprocessing.forkserver" in command(child)]
    alone = [child for child in children(pid) if b"spawn_main" in command(child)]
    return alone + [worker for server in servers for worker in children(server)]


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def command(pid: int) -> bytes:
    return Path(f"/proc/{pid}/cmdline").read_bytes()


def fill_disk(task: Task, path: Path) -> str:
    return f"full disk: {last_error(start(task, path))!r}"


@contextmanager
def small_disk(folder: Path, n_bytes: int) -> Iterator[Callable[[int], object]]:
    """Mount a disk of this size, and yield a function that changes the size."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={n_bytes}", "tmpfs", folder], check=True)
    try:
        yield lambda n: subprocess.run(["mount", "-o", f"remount,size={n}", folder], check=True)
    finally:
        subprocess.run(["umount", folder], check=True)


def resume(task: Task, path: Path, wanted: Reference, fault: str) -> bool:
    """Resume after a fault, print a line, and return whether the study is whole and has the wanted digest."""
    if not task.before and path.exists() and open_study(path).digest == wanted.digest:
        print(f"ok   {task.name}: {fault}; the study was complete before", flush=True)
        return True
    is_whole = not task.before or open_study(path).digest in (open_study(task.before).digest, wanted.digest)
    process = start(task, path)
    line = last_error(process)
    found = open_study(path).digest if not process.returncode else line
    right = is_whole and found == wanted.digest
    print(f"{'ok  ' if right else 'FAIL'} {task.name}: {fault}; resumed: {found}", flush=True)
    return right


def check(task: Task, work: Path, draw: random.Random, options: argparse.Namespace) -> bool:
    """Let every chosen fault happen to a task, and return whether all runs resumed."""
    with tempfile.TemporaryDirectory(dir=work) as folder:
        wanted = reference(task, Path(folder))
    size_mb = wanted.n_bytes / 1e6
    print(f"     {task.name}: {wanted.seconds:.1f} s of writing, {size_mb:.1f} MB, {wanted.digest}", flush=True)
    moments = [draw.uniform(0, KILL_WINDOW * wanted.seconds) for _ in range(options.kills + 1)]
    faults: list[Callable[[Path], str]] = []
    if "kill" in options.faults:
        faults += [lambda path, s=s: kill(task, path, s) for s in moments[:-1]]
    if "worker" in options.faults:
        faults.append(lambda path: kill_worker(task, path, moments[-1]))
    results = []
    for fault in faults:
        with tempfile.TemporaryDirectory(dir=work) as folder:
            path = prepare(task, Path(folder))
            results.append(resume(task, path, wanted, fault(path)))
    if "disk" in options.faults:
        results += check_full_disks(task, work, wanted)
    return all(results)


def check_full_disks(task: Task, work: Path, wanted: Reference) -> Iterator[bool]:
    """Run a task on disks that are too small, and yield whether it resumes when there is room."""
    if os.geteuid():
        print("     left out: full disks: only root can mount them", flush=True)
        return
    before = size(task.before)
    for share in DISK_SHARES:
        n_bytes = before + int((wanted.n_bytes - before) * share)
        with tempfile.TemporaryDirectory(dir=work) as folder, small_disk(Path(folder), n_bytes) as resize:
            path = prepare(task, Path(folder))
            fault = f"{n_bytes / 1e6:.1f} MB, {fill_disk(task, path)}"
            resize(3 * wanted.n_bytes)
            yield resume(task, path, wanted, fault)


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.faults", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--faults-seed", type=int, default=0, help="of the moments")
    parser.add_argument("--only", choices=("extract", "append"), help="check one of the two")
    parser.add_argument("--faults", nargs="*", choices=FAULTS, default=FAULTS)
    parser.add_argument("--kills", type=int, default=3, help="moments at which the process is killed")
    parser.add_argument("--layers", required=True, help="two or more, comma-separated")
    options, arguments = parser.parse_known_args()
    layers: list[Any] = options.layers.split(",")
    draw = random.Random(options.faults_seed)
    print(f"seed {options.faults_seed}", flush=True)
    results = []
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        if options.only != "append":
            whole = Task("extract", [*arguments, "--layers", options.layers], None)
            results.append(check(whole, work, draw, options))
        if options.only != "extract":
            first = Task("extract", [*arguments, "--layers", ",".join(layers[:-1])], None)
            if line := last_error(start(first, work / "before")):
                print(f"     study to append to: {line}", flush=True)
            more = Task("append", [*arguments, "--layers", layers[-1], "--append"], work / "before")
            results.append(check(more, work, draw, options))
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
