"""Do kills, dying workers and full disks leave a study that resumes to the identical digest?

``python -m benchmarks.faults MODEL DATA --layers a,b,c …`` takes the arguments of ``topoact extract`` but ``-o``. Each
fault strikes a real extraction, and another time the append of the last layer to a study of the others. What was
finished before must open after every fault; the same command must then end with the digest of a run without faults.
``--faults-seed N`` draws other moments. Full disks are small tmpfs mounts, for which one must be root.
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

N_KILLS = 3
SHARES = (0.5, 0.97)
"""How much of what has to be written finds room on the full disks."""
BEFORE_THE_END = 0.75
"""Share of the time of a run in which moments are drawn: a process that has ended cannot be killed."""
POLL = 0.02


class Task(NamedTuple):
    """A command that leaves a study at a path, and what is there before it."""

    name: str
    arguments: list[str]
    before: Path | None
    """A finished study that is appended to."""


class Reference(NamedTuple):
    """A run without faults."""

    digest: str
    seconds: float
    """While the study was being written."""
    n_bytes: int


def start(task: Task, path: Path, *more: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", "from topoact.cli import main; main()", "extract", *task.arguments, *more]
    pipes = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen([*command, "-o", str(path)], start_new_session=True, **pipes)


def wait_until_writing(process: "subprocess.Popen[str]", path: Path) -> None:
    checkpoint = path.with_name(f"{path.name}.partial") / "checkpoint.json"
    while process.poll() is None and not checkpoint.exists():
        time.sleep(POLL)


def said(process: "subprocess.Popen[str]") -> str:
    """Wait for the end and return the last line of the errors."""
    return (process.communicate()[1].strip().splitlines() or [f"exit {process.returncode}"])[-1]


def prepared(task: Task, folder: Path) -> Path:
    """Return the path of the study to be written in a folder, with a copy of what is there before."""
    path = folder / "study"
    if task.before:
        shutil.copytree(task.before, path)
    return path


def reference(task: Task, folder: Path) -> Reference:
    path = prepared(task, folder)
    process = start(task, path)
    wait_until_writing(process, path)
    begun = time.perf_counter()
    if (line := said(process)) and process.returncode:
        raise SystemExit(f"{task.name} fails without any fault: {line}")
    return Reference(open_study(path).digest, time.perf_counter() - begun, size(path))


def size(path: Path | None) -> int:
    return sum(file.stat().st_blocks * 512 for file in path.rglob("*")) if path else 0


def killed(task: Task, path: Path, seconds: float) -> str:
    process = start(task, path)
    wait_until_writing(process, path)
    time.sleep(seconds)
    os.killpg(process.pid, signal.SIGKILL)
    said(process)
    return f"kill -9 after {seconds:.2f} s of writing" + ("" if process.returncode else " (it had ended)")


def worker_killed(task: Task, path: Path, seconds: float) -> str:
    process = start(task, path, "--workers", "2")
    wait_until_writing(process, path)
    while not (workers := spawned(process.pid)) and process.poll() is None:
        time.sleep(POLL)
    time.sleep(seconds)
    for worker in workers[:1]:
        os.kill(worker, signal.SIGKILL)
    return f"worker killed {seconds:.2f} s after it began: {said(process)!r}"


def spawned(pid: int) -> list[int]:
    """Return the worker processes of a process: its children, or those of its fork server."""
    servers = [child for child in children(pid) if b"multiprocessing.forkserver" in command(child)]
    alone = [child for child in children(pid) if b"spawn_main" in command(child)]
    return alone + [worker for server in servers for worker in children(server)]


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def command(pid: int) -> bytes:
    return Path(f"/proc/{pid}/cmdline").read_bytes()


def disk_full(task: Task, path: Path) -> str:
    return f"full disk: {said(start(task, path))!r}"


@contextmanager
def small_disk(folder: Path, n_bytes: int) -> Iterator[Callable[[int], object]]:
    """Mount a disk of that size, and give the function that changes the size."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={n_bytes}", "tmpfs", folder], check=True)
    try:
        yield lambda n: subprocess.run(["mount", "-o", f"remount,size={n}", folder], check=True)
    finally:
        subprocess.run(["umount", folder], check=True)


def judge(task: Task, path: Path, wanted: Reference, fault: str) -> bool:
    """Resume after a fault, print a line, and return whether all is as it should be."""
    whole = not task.before or open_study(path).digest in (open_study(task.before).digest, wanted.digest)
    process = start(task, path)
    line = said(process)
    found = open_study(path).digest if not process.returncode else line
    right = whole and found == wanted.digest
    print(f"{'ok  ' if right else 'FAIL'} {task.name}: {fault}; resumed: {found}", flush=True)
    return right


def strike(task: Task, work: Path, draw: random.Random) -> bool:
    """Let every fault strike a task."""
    faults: list[Callable[[Path], str]] = []
    with tempfile.TemporaryDirectory(dir=work) as folder:
        wanted = reference(task, Path(folder))
    print(
        f"     {task.name}: {wanted.seconds:.1f} s of writing, {wanted.n_bytes / 1e6:.1f} MB, {wanted.digest}",
        flush=True,
    )
    moments = [draw.uniform(0, BEFORE_THE_END * wanted.seconds) for _ in range(N_KILLS + 1)]
    faults += [lambda path, s=s: killed(task, path, s) for s in moments[:N_KILLS]]
    faults.append(lambda path: worker_killed(task, path, moments[N_KILLS]))
    results = []
    for fault in faults:
        with tempfile.TemporaryDirectory(dir=work) as folder:
            path = prepared(task, Path(folder))
            results.append(judge(task, path, wanted, fault(path)))
    there = size(task.before)
    for share in SHARES:
        n_bytes = there + int((wanted.n_bytes - there) * share)
        with tempfile.TemporaryDirectory(dir=work) as folder, small_disk(Path(folder), n_bytes) as resize:
            path = prepared(task, Path(folder))
            fault = f"{n_bytes / 1e6:.1f} MB, {disk_full(task, path)}"
            resize(3 * wanted.n_bytes)
            results.append(judge(task, path, wanted, fault))
    return all(results)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.faults", description=__doc__)
    parser.add_argument("--faults-seed", type=int, default=0, help="of the moments")
    parser.add_argument("--only", choices=("extract", "append"), help="strike one of the two")
    parser.add_argument("--layers", required=True, help="two or more, comma-separated")
    ours, arguments = parser.parse_known_args()
    layers: list[Any] = ours.layers.split(",")
    draw = random.Random(ours.faults_seed)
    print(f"seed {ours.faults_seed}", flush=True)
    results = []
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        if ours.only != "append":
            whole = Task("extract", [*arguments, "--layers", ours.layers], None)
            results.append(strike(whole, work, draw))
        if ours.only != "extract":
            first = Task("extract", [*arguments, "--layers", ",".join(layers[:-1])], None)
            if line := said(start(first, work / "before")):
                print(f"     study to append to: {line}", flush=True)
            more = Task("append", [*arguments, "--layers", layers[-1], "--append"], work / "before")
            results.append(strike(more, work, draw))
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
