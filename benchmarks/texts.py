"""How fast and how lean is extraction of words beside the bare forward loop, with the same network and batches?

Run it as ``python benchmarks/texts.py examples/gum_minilm.py:minilm gum-train.conllu -o runs/gum``. The two take turns,
a window of texts each, so that what else the machine does falls on both; the study is kept.
"""

import argparse
import resource
import statistics
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from topoact.extract import Plan, extract, load_network, open_source
from topoact.extract.networks.libraries import import_torch
from topoact.extract.texts.pieces import Tokenizer, batches
from topoact.extract.texts.reading import TextReader
from topoact.extract.texts.run import BATCH_TOKENS, padded


def bare_loop(network: Any, source: Any, stop: int, batch_size: int) -> Iterator[float]:
    """Run the network over the batches of each window and keep nothing; yield the seconds that each window took."""
    torch, tokenizer = import_torch(), Tokenizer(network.tokenizer, limit=network.limit)
    for window in TextReader(source, tokenizer, ("words",)).windows(0, stop, batch_size):
        ids, prepared = [sample.ids for sample in window.samples], []
        for places in batches(list(map(len, ids)), size=batch_size, max_tokens=BATCH_TOKENS, is_masked=True):
            filled = padded([ids[place] for place in places], tokenizer.pad)
            prepared.append(network.arguments(*map(torch.from_numpy, filled)))
        start = time.perf_counter()
        with torch.inference_mode():
            for inputs in prepared:
                network.module(**inputs)
        yield time.perf_counter() - start


def peak_megabytes() -> float:
    """Return the greatest memory that this process has held so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model")
    parser.add_argument("data")
    parser.add_argument("-o", "--out", type=Path, required=True)
    parser.add_argument("--limit", type=int, default=None)
    parser.add_argument("--batch-size", type=int, default=64)
    asked = parser.parse_args()
    network, bare_network = load_network(asked.model), load_network(asked.model)  # the tokenizer of each has one user
    source: Any = open_source(asked.data)
    loop = bare_loop(bare_network, source, asked.limit or len(source), asked.batch_size)
    bare, ours, before, start = list[float](), list[float](), peak_megabytes(), time.perf_counter()

    def report(stage: str, done: int, total: int) -> None:  # noqa: ARG001
        nonlocal start
        if done:
            ours.append(time.perf_counter() - start)
            bare.append(next(loop))
        start = time.perf_counter()

    plan = Plan(policies=("words",), batch_size=asked.batch_size, limit=asked.limit)
    study = extract(network, source, asked.out, plan, overwrite=True, on_progress=report)
    finish = time.perf_counter() - start
    size = sum(file.stat().st_size for file in study.path.rglob("*") if file.is_file())
    print(f"{study.n_examples:,} words x {len(study.layers)} layers, {size / 2**20:,.0f} MB")
    print(f"bare loop {sum(bare):.1f} s, extraction {sum(ours):.1f} s and {finish:.1f} s to finish")
    print(f"extraction over the bare loop: {(sum(ours) + finish) / sum(bare) - 1:+.1%},")
    shares = [one / other - 1 for one, other in zip(ours, bare, strict=True)]
    print(f"a window {statistics.median(shares):+.1%}, median of {len(shares)}")
    print(f"memory {before:,.0f} MB before, {peak_megabytes():,.0f} MB at most")


if __name__ == "__main__":
    main()
