"""`draw_first_screens`: the graphs that are seen first, computed ahead for all layers of a study, in bounded time."""

import time
from collections.abc import Callable
from typing import Final, NamedTuple

from topoact.errors import Cancelled, TopoActError
from topoact.mapper import Progress, no_progress
from topoact.workbench.bench import Workbench
from topoact.workbench.first_screen import draw_first_screen

MIN_SECONDS: Final = 60.0
"""Seconds that may pass in any case."""
MAX_SHARE: Final = 0.2
"""Share of the time that the study took which may pass."""


class FirstGraphs(NamedTuple):
    """Which layers have their first graph."""

    done: tuple[str, ...]
    left: tuple[str, ...]
    """Layers whose graphs are computed when they are first looked at."""
    refused: tuple[str, ...]
    """Sentences on the layers that cannot have one, or whose graph could not be stored."""
    interrupted: bool

    @property
    def sentences(self) -> list[str]:
        """What a person needs to know: nothing where all is done."""
        said = list(self.refused)
        if self.left:
            why = "interrupted: the study is complete" if self.interrupted else "in the time for it"
            said.append(
                f"graphs of {len(self.done)} of {len(self.done) + len(self.left)} layers were computed, {why}; those of"
                f" {', '.join(self.left)} are computed when they are first looked at"
            )
        return said


def seconds_for(study_seconds: float) -> float:
    """Return the seconds that the graphs of a study may take which took so many itself."""
    return max(MIN_SECONDS, MAX_SHARE * study_seconds)


def draw_first_screens(
    bench: Workbench,
    *,
    seconds: float,
    progress: Progress = no_progress,
    clock: Callable[[], float] = time.monotonic,
) -> FirstGraphs:
    """Compute and draw the graph of each layer that is seen first, and store it; stop when the time is up.

    An interruption by Ctrl-C ends it, too: what is stored by then stays.

    Parameters
    ----------
    bench
        The opened study.
    seconds
        Time for all layers.
    progress
        Called with the stages of each graph.
    clock
        Seconds that pass.
    """
    deadline, done, refused = clock() + seconds, list[str](), list[str]()
    left, interrupted = list(bench.layers), False

    def in_time(stage: str, n_done: int, total: int) -> None:
        if clock() > deadline:
            raise Cancelled("the time is up")
        progress(stage, n_done, total)

    try:
        for number, layer in enumerate(bench.layers):
            in_time("graphs of layers", number, len(bench.layers))
            try:
                draw_first_screen(bench, layer, bench.default_settings, in_time)
                done.append(layer)
            except Cancelled:
                raise
            except (TopoActError, MemoryError, OSError) as error:
                refused.append(f"layer {layer} has no graph yet: {error or 'there is not enough memory'}")
            left.remove(layer)
        progress("graphs of layers", len(bench.layers), len(bench.layers))
        bench.close()
    except Cancelled:
        pass
    except KeyboardInterrupt:
        interrupted = True
    return FirstGraphs(tuple(done), tuple(left), tuple(refused), interrupted)
