"""Passes through a network and what is kept of each, here or in other processes, in order."""

import os
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from topoact.errors import InvalidInput, ModelError, StudyError
from topoact.networks import Network, load_network
from topoact.processes import Watch, end_with_parent, process_context
from topoact.study import Points

if TYPE_CHECKING:
    from topoact.extract.plan import Plan

AHEAD = 2
"""Passes that are under way for each worker."""

ForwardResult: TypeAlias = tuple[NDArray[np.float32] | None, dict[str, dict[str, Points]]]
"""The scores (B, K) of a classifier, and the points by layer and policy."""

Pass: TypeAlias = tuple[Any, ...]
"""What one forward pass is given besides the network: arrays and what else can go to another process."""

Forward: TypeAlias = Callable[..., ForwardResult]
"""Runs a network, its first argument, on what a pass is given."""

Work: TypeAlias = Iterable[tuple[Any, Sequence[Pass]]]
"""Batches of images or windows of texts, each with the passes that it needs."""

Run: TypeAlias = Callable[[Work], Iterator[tuple[Any, list[ForwardResult]]]]
"""Gives each batch or window with what was seen in its passes, in order."""


@dataclass(frozen=True, slots=True)
class WorkerNetwork:
    """A network to load in another process, and where to run it."""

    record: dict[str, Any]
    seed: int
    device: str
    dtype: str
    n_threads: int


@contextmanager
def forward_runs(network: Network, forward: Forward, plan: "Plan") -> Iterator[Run]:
    """Give the function that runs a network: in this process, or in `plan.workers` others with the same result.

    Raises
    ------
    InvalidInput
        If the network cannot be loaded once more in other processes.
    """
    if plan.workers == 1:
        network.to(plan.device, plan.dtype)
        yield partial(_here, network, forward)
        return
    record = network.record
    if not record["spec"]:
        raise InvalidInput("--workers need a network that each can load by its specification: see load_network")
    context = process_context(__name__, *(["torch"] if hasattr(network, "module") else []))
    places: Any = context.Queue()
    n_threads, watch = max(1, (os.cpu_count() or 1) // plan.workers), Watch()
    for number in range(plan.workers):
        places.put(WorkerNetwork(record, plan.seed, _device(plan.device, number), plan.dtype, n_threads))
    with ProcessPoolExecutor(plan.workers, context, _settle, (places, forward)) as pool:
        try:
            yield partial(_in_processes, pool, AHEAD * plan.workers)
        except BrokenProcessPool:
            less = "; fewer --workers or a smaller --batch-size need less" if watch.killed_for_memory() else ""
            raise StudyError(
                f"a worker process {watch.death(None)}: the same command goes on from here{less}"
            ) from None
        finally:
            pool.shutdown(cancel_futures=True)


def _here(network: Network, forward: Forward, work: Work) -> Iterator[tuple[Any, list[ForwardResult]]]:
    return ((item, [forward(network, *given) for given in passes]) for item, passes in work)


def _in_processes(pool: ProcessPoolExecutor, ahead: int, work: Work) -> Iterator[tuple[Any, list[ForwardResult]]]:
    work, running = iter(work), deque[tuple[Any, list[Future[ForwardResult]]]]()
    while True:
        while len(running) < 2 or sum(max(len(asked), 1) for _, asked in running) < ahead:
            item, passes = next(work, (None, None))
            if passes is None:
                break
            running.append((item, [pool.submit(_there, *given) for given in passes]))
        if not running:
            return
        item, asked = running.popleft()
        yield item, [future.result() for future in asked]


def _device(device: str, number: int) -> str:
    """Return the device of one worker: each has a GPU of its own where there are several."""
    if device != "cuda":
        return device
    import torch

    return f"cuda:{number % max(torch.cuda.device_count(), 1)}"


class _Worker:
    """What a worker process knows."""

    place: WorkerNetwork
    forward: Forward
    network: Network | None = None


def _settle(places: Any, forward: Forward) -> None:
    end_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the first process hears it, and ends the others
    _Worker.place, _Worker.forward = places.get(), forward


def _there(*given: Any) -> ForwardResult:
    if _Worker.network is None:
        _Worker.network = load_in_worker(_Worker.place)
    return _Worker.forward(_Worker.network, *given)


def load_in_worker(place: WorkerNetwork) -> Network:
    """Load a network as another process has it.

    Raises
    ------
    ModelError
        If its weights are not the same.
    """
    record = place.record
    network = load_network(record.get("located") or record["spec"], weights=record["weights"], seed=place.seed)
    if network.record["digest"] != record["digest"]:
        raise ModelError(
            f"{record['spec']} has other weights when it is loaded once more: give them with --weights, or leave out"
            " --workers"
        )
    if hasattr(network, "module"):
        import torch

        torch.set_num_threads(place.n_threads)
    network.to(place.device, place.dtype)
    return network
