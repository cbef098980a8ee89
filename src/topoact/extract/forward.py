"""The forward pass over batches and what is kept of it, here or in other processes, in order."""

import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from topoact.errors import InvalidInput, ModelError, StudyError
from topoact.extract.attribution import attribute
from topoact.extract.layers import default_layers, select_layers
from topoact.extract.loader import Batch
from topoact.extract.networks import Network, load_network
from topoact.extract.policies import sample, summed
from topoact.extract.predictions import host_scores
from topoact.study import Points

AHEAD = 2
"""Batches that are under way for each worker."""

Seen: TypeAlias = tuple[NDArray[np.float32] | None, dict[str, dict[str, Points]]]
"""The scores (B, K) of a classifier, and the points by layer and policy."""


@dataclass(slots=True)
class Forward:
    """What is asked of a network, batch by batch."""

    patterns: tuple[str, ...] | None
    policies: tuple[str, ...]
    seed: int
    attribution: bool = False
    _layers: tuple[str, ...] = field(default=(), init=False)

    def __call__(self, network: Network, inputs: Any, rows: NDArray[np.int64]) -> Seen:
        """Run the network on a batch; the first batch shows which layers there are to choose from."""
        if not self._layers:
            known = self.patterns is not None
            self._layers = select_layers(network, self.patterns or ()) if known else default_layers(network, inputs)
        sampler = partial(sample, policies=self.policies, rows=rows, seed=self.seed)
        output, kept = network.tap(inputs, {name: partial(sampler, module=name) for name in self._layers})
        scores = host_scores(output)
        if self.attribution:
            kept = attribute(network, inputs, scores, kept, summed)
        return scores, kept


@dataclass(frozen=True, slots=True)
class Place:
    """A network to load in another process, and where to run it."""

    record: dict[str, Any]
    device: str
    dtype: str
    n_threads: int


Run: TypeAlias = Callable[[Iterable[Batch]], Iterator[tuple[Batch, Seen | None]]]
"""Gives each batch with what was seen of it, in order; None of a batch without inputs."""


@contextmanager
def forward_runs(network: Network, forward: Forward, *, device: str, dtype: str, workers: int) -> Iterator[Run]:
    """Give the function that runs a network over batches: in this process, or in `workers` others with the same result.

    Raises
    ------
    InvalidInput
        If the network cannot be loaded once more in other processes.
    """
    if workers == 1:
        network.place(device, dtype)
        yield lambda batches: ((batch, _seen_here(network, forward, batch)) for batch in batches)
        return
    record = network.record
    if not record["spec"]:
        raise InvalidInput("--workers need a network that each can load by its specification: see load_network")
    context = multiprocessing.get_context("spawn")
    places: Any = context.Queue()
    n_threads = max(1, (os.cpu_count() or 1) // workers)
    for number in range(workers):
        places.put(Place(record, _device(device, number), dtype, n_threads))
    with ProcessPoolExecutor(workers, context, _settle, (places, forward)) as pool:
        try:
            yield partial(_in_processes, pool, AHEAD * workers)
        except BrokenProcessPool:
            raise StudyError(
                "a worker died, perhaps for want of memory: the same command goes on from here; fewer --workers or a"
                " smaller --batch-size need less"
            ) from None
        finally:
            pool.shutdown(cancel_futures=True)


def _seen_here(network: Network, forward: Forward, batch: Batch) -> Seen | None:
    return None if batch.inputs is None else forward(network, batch.inputs, _rows(batch))


def _in_processes(
    pool: ProcessPoolExecutor, ahead: int, batches: Iterable[Batch]
) -> Generator[tuple[Batch, Seen | None], None, None]:
    batches, running = iter(batches), deque[tuple[Batch, Any]]()
    while True:
        for batch in islice(batches, ahead - len(running)):
            asked = None if batch.inputs is None else pool.submit(_seen_there, np.asarray(batch.inputs), _rows(batch))
            running.append((batch, asked))
        if not running:
            return
        batch, asked = running.popleft()
        yield batch, asked and asked.result()


def _rows(batch: Batch) -> NDArray[np.int64]:
    return np.array([record.row for record in batch.records])


def _device(device: str, number: int) -> str:
    """Return the device of one worker: each has a GPU of its own where there are several."""
    if device != "cuda":
        return device
    import torch

    return f"cuda:{number % max(torch.cuda.device_count(), 1)}"


class _Worker:
    """What a worker process knows."""

    place: Place
    forward: Forward
    network: Network | None = None


def _settle(places: Any, forward: Forward) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the first process hears it, and ends the others
    _Worker.place, _Worker.forward = places.get(), forward


def _seen_there(inputs: NDArray[Any], rows: NDArray[np.int64]) -> Seen:
    if _Worker.network is None:
        _Worker.network = load_in_worker(_Worker.place, _Worker.forward.seed)
    return _Worker.forward(_Worker.network, inputs, rows)


def load_in_worker(place: Place, seed: int) -> Network:
    """Load a network as another process has it.

    Raises
    ------
    ModelError
        If its weights are not the same.
    """
    record = place.record
    network = load_network(record.get("located") or record["spec"], weights=record["weights"], seed=seed)
    if network.record["digest"] != record["digest"]:
        raise ModelError(
            f"{record['spec']} has other weights when it is loaded once more: give them with --weights, or leave out"
            " --workers"
        )
    if hasattr(network, "module"):
        import torch

        torch.set_num_threads(place.n_threads)
    network.place(place.device, place.dtype)
    return network
