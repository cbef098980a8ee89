"""The process that runs one of the two loops that are compared: extraction, or the bare forward loop.

The bare loop reads and prepares the same inputs with the same loader, runs the same batches through the same network,
and discards the outputs.
"""

import argparse
import json
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.mapper_libraries import peak_mebibytes
from topoact.extract import Plan, extract
from topoact.extract.forward import ForwardResult, forward_runs
from topoact.extract.options import parse_policies, parse_preprocessing, split
from topoact.extract.run import begin
from topoact.inputs.opening import open_source
from topoact.mapper import no_progress
from topoact.networks.libraries import import_torch
from topoact.networks.loading import load_network

OPERATORS = ("nms", "qnms")
"""Operators of torchvision that its import needs and a CPU build of torch lacks."""


def options() -> argparse.ArgumentParser:
    """Return the options of ``topoact extract`` that the loops depend on."""
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("model", help="as topoact extract takes it")
    parser.add_argument("data")
    parser.add_argument("--layers", type=split)
    parser.add_argument("--policy", type=parse_policies, default=())
    parser.add_argument("--weights")
    parser.add_argument("--size", type=int)
    for name in ("--mean", "--std", "--transform"):
        parser.add_argument(name)
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--limit", type=int)
    parser.add_argument("--label-column")
    parser.add_argument(
        "--threads", type=int, help="of PyTorch: with 1 the processor's time has no waiting of one thread for another"
    )
    parser.add_argument("-o", "--out", type=Path, help="keep the study here, instead of an older one")
    return parser


class Loops:
    """The two loops over the inputs that the options name."""

    def __init__(self, asked: argparse.Namespace) -> None:
        if asked.threads:
            import_torch().set_num_threads(asked.threads)
        preprocessing = parse_preprocessing(asked.size, asked.mean, asked.std, asked.transform)
        self._plan = Plan(asked.layers, asked.policy, preprocessing, batch_size=asked.batch_size, limit=asked.limit)
        self._network = load_network(asked.model, weights=asked.weights)
        self._source: Any = open_source(asked.data, label=asked.label_column)
        self._out = asked.out

    def warm_up(self) -> None:
        self._run_bare(replace(self._plan, limit=min(2 * self._plan.batch_size, self._plan.limit or len(self._source))))

    def bare(self) -> dict[str, Any]:
        self._run_bare(self._plan)
        return {}

    def extraction(self) -> dict[str, Any]:
        with tempfile.TemporaryDirectory() as folder:
            out = self._out or Path(folder) / "study"
            study = extract(self._network, self._source, out, self._plan, overwrite=True)
            files = [file.stat().st_size for file in study.path.rglob("*") if file.is_file()]
            layers = study.manifest.layers
        return {
            "examples": study.n_examples,
            "vectors": sum(layer.n_points for layer in layers),
            "layers": len(layers),
            "disk_mib": sum(files) / 2**20,
        }

    def _run_bare(self, plan: Plan) -> None:
        begun = begin(self._network, self._source, plan, no_progress)
        with forward_runs(self._network, bare_forward, plan) as run:
            for _ in run(begun.work(0)):
                pass


def bare_forward(network: Any, inputs: Any, *more: Any) -> ForwardResult:
    """Run a network, on token ids and their mask if it reads texts, and discard its outputs."""
    network.tap(network.arguments(inputs, more[0]) if network.modality == "text" else inputs, {})
    return None, {}


def declare_missing_operators() -> Any:
    """Make torchvision importable beside a CPU build of torch, as long as the returned object exists."""
    try:
        import torchvision  # noqa: F401
    except RuntimeError:
        library = import_torch().library.Library("torchvision", "DEF")
        for name in OPERATORS:
            library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        return library
    except ImportError:
        pass
    return None


def main() -> None:
    parser = argparse.ArgumentParser(parents=[options()])
    parser.add_argument("loop", choices=["bare", "extraction"])
    asked = parser.parse_args()
    _operators = declare_missing_operators()
    loops = Loops(asked)
    loops.warm_up()
    print("ready", flush=True)
    sys.stdin.readline()
    before, start = peak_mebibytes(), time.process_time()
    found = getattr(loops, asked.loop)()
    found |= {"cpu_seconds": time.process_time() - start, "before_mib": before, "peak_mib": peak_mebibytes()}
    print(json.dumps(found), flush=True)


if __name__ == "__main__":
    main()
