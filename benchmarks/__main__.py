"""Measure everything that docs/benchmarks.md shows, and write its tables: ``python -m benchmarks --help``."""

import os

os.environ.pop("OPENBLAS_CORETYPE", None)  # set on some machines; slows numpy, and so every side, by 2–4 ×

import argparse
import shutil
from pathlib import Path

from benchmarks import render
from benchmarks.mapper_libraries import SIDES
from benchmarks.measure import RESULTS, conditions, save
from benchmarks.parts import PARTS, Missing, Parts

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "benchmarks.md"


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--study", type=Path, default=ROOT.parent / "runs-squeezenet", help="see examples/README.md")
    parser.add_argument("--vectors", type=Path, help="a .npy file instead of a layer of the study")
    parser.add_argument("--layer", default="features.12")
    parser.add_argument("--eps", type=float, default=259.0)
    parser.add_argument("--wide-layer", default="features.7", help="the last row of the growth table")
    parser.add_argument("--wide-eps", type=float, default=300.0)
    parser.add_argument("--resnet", type=Path, default=ROOT.parent / "runs-cifar" / "resnet20", help="its study")
    parser.add_argument("--only", nargs="*", choices=list(PARTS), default=list(PARTS))
    parser.add_argument("--sides", nargs="*", choices=list(SIDES), default=list(SIDES))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--long", action="store_true", help="also 300,000 points of the mixture")
    parser.add_argument("--memory", type=float, default=16, help="GiB that one process may take (16)")
    parser.add_argument("--timeout", type=float, default=900, help="seconds that one process may take (900)")
    parser.add_argument("--quick", action="store_true", help="a fiftieth of all, one round: does everything run?")
    chosen = parser.parse_args()
    chosen.study = chosen.vectors or chosen.study
    return chosen


def main() -> None:
    chosen = options()
    into = RESULTS / "quick" if chosen.quick else RESULTS
    for name in chosen.only:
        print(name, flush=True)
        at_start = conditions()
        try:
            save(name, {"conditions": at_start, **PARTS[name](Parts(chosen))}, into=into)
        except Missing as error:
            print(f"  left out: {error}", flush=True)
    page = PAGE
    if chosen.quick:
        page = into / PAGE.name
        shutil.copy(PAGE, page)
    render.fill(page, into)
    print(f"wrote the tables of {page}")


if __name__ == "__main__":
    main()
