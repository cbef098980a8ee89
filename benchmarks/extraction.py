"""Time and memory of extraction beside the bare forward loop, with the same network, loader and batches.

For example ``python -m benchmarks.extraction torchvision:googlenet photos/ --size 224``. The two are processes that
run in turns. With ``--smaller N`` the first N inputs are also extracted alone: the peak of memory should be the same.
"""

import argparse
import json
import signal
from collections.abc import Sequence
from typing import Any

from benchmarks.extraction_loops import options
from benchmarks.interleaved import run_in_turns


def measure(arguments: Sequence[Any], smaller: int | None = None) -> dict[str, Any]:
    """Return time and memory of the two loops with these options, and the size of what extraction wrote."""
    command = ["-m", "benchmarks.extraction_loops", *arguments]
    few = _alone([*command, "--limit", smaller]) if smaller else None  # first, so that the whole study is kept
    results = run_in_turns({loop: [*command, loop] for loop in ("bare", "extraction")})
    bare, ours = (json.loads(results[loop].output) for loop in ("bare", "extraction"))
    seconds = {f"{loop}_seconds": taken for loop, (taken, _) in results.items()}
    return {
        **ours,
        **seconds,
        "overhead": seconds["extraction_seconds"] / seconds["bare_seconds"] - 1,
        "cpu_overhead": ours["cpu_seconds"] / bare["cpu_seconds"] - 1,
        "bare_mib": bare["peak_mib"],
        "smaller": few,
    }


def _alone(command: Sequence[Any]) -> dict[str, Any]:
    return dict(json.loads(run_in_turns({"extraction": [*command, "extraction"]})["extraction"].output))


def sentences(found: dict[str, Any]) -> list[str]:
    """Return the figures as sentences."""
    size = f"{found['examples']:,} examples, {found['vectors']:,} vectors in {found['layers']} layers"
    memory = f"extraction {found['before_mib']:,.0f} MiB before and {found['peak_mib']:,.0f} MiB at most"
    said = [
        f"{size}, {found['disk_mib']:,.0f} MiB on disk",
        f"bare loop {found['bare_seconds']:.1f} s, extraction {found['extraction_seconds']:.1f} s:"
        f" {found['overhead']:+.1%} ({found['cpu_overhead']:+.1%} of the processor's time)",
        f"memory: {memory}; bare loop {found['bare_mib']:,.0f} MiB at most",
    ]
    if few := found["smaller"]:
        said.append(f"the first {few['examples']:,} examples alone: {few['peak_mib']:,.0f} MiB at most")
    return said


def main() -> None:
    own = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    own.add_argument("--smaller", type=int, metavar="N", help="extract the first N inputs once more, alone")
    own.add_argument("--json", action="store_true")
    argparse.ArgumentParser(
        prog="python -m benchmarks.extraction", description=__doc__, parents=[options(), own], allow_abbrev=False
    ).parse_args()
    chosen, arguments = own.parse_known_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that no stopped process is left over
    figures = measure(arguments, chosen.smaller)
    print(json.dumps(figures) if chosen.json else "\n".join(sentences(figures)))


if __name__ == "__main__":
    main()
