"""Damage small studies in many ways, and do with each what people do: ``python -m benchmarks.fuzz_studies --help``.

Wanted is the answer that the study gave before, or one sentence; never another error, a crash, a hang, or a change of
anything outside the study. A process of its own visits the studies, so that one that crashes or hangs is only counted.
"""

import argparse
import faulthandler
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from topoact.testing.mutations import mutate

SECONDS = 60
"""Time after which one visit counts as a hang."""
MAX_BYTES = 2**35
"""Address space of the process that visits."""
BAD = ("error", "crash or hang", "outside")


def fuzz(count: int, first: int = 0, *, at_once: int = 1) -> list[dict[str, Any]]:
    """Return what became of each of `count` damaged studies, with `at_once` mutations each, seeds from `first` on.

    Seeds below 0 stand for no damage.
    """
    results: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as folder:
        while len(results) < count:
            command = [sys.executable, "-m", "benchmarks.fuzz_studies", "--visit", folder]
            command += [
                "--count",
                str(count - len(results)),
                "--first",
                str(first + len(results)),
                "--at-once",
                str(at_once),
            ]
            with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as child:
                lines, errors = child.communicate()
            results += map(json.loads, lines.splitlines())
            if len(results) < count:
                last = errors.strip().splitlines()[-12:]
                results.append({"seed": first + len(results), "outcome": "crash or hang", "what": "\n".join(last)})
    return results


def visits(folder: Path, count: int, first: int, at_once: int) -> Iterator[dict[str, Any]]:
    """Yield what became of each damaged study."""
    from topoact.testing.visits import visit
    from topoact.testing.whole_studies import write_whole_studies

    whole = folder / f"whole-{first}"
    canary = folder / "canary"
    canary.mkdir(exist_ok=True)
    (canary / "treasure.txt").write_text("untouched")
    (canary / "x").mkdir(exist_ok=True)
    (canary / "x" / "index.json").write_text("{}")
    before, studies = _content(canary), write_whole_studies(whole)
    expected, copy = dict[Path, dict[str, str]](), folder / "study"
    shutil.rmtree(copy, ignore_errors=True)
    for study in studies:
        shutil.copytree(study, copy)
        expected[study] = visit(copy)
        shutil.rmtree(copy)
    for seed in range(first, first + count):
        study = studies[seed % 5 % 3]
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(study, copy)
        faulthandler.dump_traceback_later(SECONDS, exit=True)
        found: dict[str, Any] = {"seed": seed, "study": study.name, "what": _damage(copy, seed, at_once)}
        start = time.perf_counter()
        try:
            found |= _compared(visit(copy), expected[study])
        except Exception:  # noqa: BLE001  # that is what is looked for
            found |= {"outcome": "error", "trace": traceback.format_exc()}
        found["seconds"] = time.perf_counter() - start
        if _content(canary) != before:
            found["outcome"] = "outside"
        yield found


def _damage(study: Path, seed: int, at_once: int) -> str:
    return "; ".join(mutate(study, seed + 1_000_003 * number) for number in range(at_once if seed >= 0 else 0))


def _compared(answers: dict[str, str], expected: dict[str, str]) -> dict[str, Any]:
    """Return whether the answers are those expected, refusals, or others."""
    other = [name for name, answer in answers.items() if answer != expected.get(name)]
    refused = {name: answers[name] for name in other if answers[name].startswith("refused")}
    if len(other) > len(refused):
        return {"outcome": "another answer", "answers": [name for name in other if name not in refused][:5]}
    return {"outcome": "a sentence", "sentence": next(iter(refused.values()))} if refused else {"outcome": "the same"}


def _content(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() if path.is_file() else b"" for path in sorted(folder.rglob("*"))}


def _visit(folder: Path, count: int, first: int, at_once: int) -> None:
    if sys.platform == "linux":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MAX_BYTES, MAX_BYTES))
    from topoact.server import app

    app.STATIC = folder / "static"  # type: ignore[misc]
    app.STATIC.mkdir(exist_ok=True)
    (app.STATIC / "index.html").write_text("a page")
    os.environ["XDG_CONFIG_HOME"] = str(folder)
    warnings.simplefilter("error")
    for found in visits(folder, count, first, at_once):
        print(json.dumps(found), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fuzz_studies", description=__doc__)
    parser.add_argument("--count", type=int, default=5_000, help="damaged studies (5000)")
    parser.add_argument("--first", type=int, default=0, help="seed of the first (0)")
    parser.add_argument("--at-once", type=int, default=1, help="mutations of each study (1)")
    parser.add_argument("--visit", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--out", type=Path, help="a .jsonl file for all results")
    chosen = parser.parse_args()
    if chosen.visit:
        _visit(chosen.visit, chosen.count, chosen.first, chosen.at_once)
        return
    results = fuzz(chosen.count, chosen.first, at_once=chosen.at_once)
    if chosen.out:
        chosen.out.write_text("".join(f"{json.dumps(found)}\n" for found in results))
    for found in results:
        if found["outcome"] in BAD:
            print(json.dumps(found, indent=1).replace("\\n", "\n"))
    for outcome, n in Counter(found["outcome"] for found in results).most_common():
        print(f"{outcome}: {n:,}")
    print(f"slowest: {max(found.get('seconds', 0) for found in results):.2f} s")


if __name__ == "__main__":
    main()
