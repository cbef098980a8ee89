"""`Task` and its kinds: use cases with their arguments as plain values, sent to the worker process."""

from collections.abc import Hashable
from dataclasses import dataclass
from typing import ClassVar, Final, Literal, Protocol

from topoact.interpret.inversion import Recipe
from topoact.mapper import Progress
from topoact.networks.protocol import Modality
from topoact.workbench.bench import Workbench
from topoact.workbench.first_screen import draw_first_screen
from topoact.workbench.graphs.drawings import DrawingPlan
from topoact.workbench.images.activation_images import ActivationImages
from topoact.workbench.images.targets import Target
from topoact.workbench.locate.locate import locate_uploaded
from topoact.workbench.nodes.node_attribution import compute_attributions
from topoact.workbench.settings import MapSettings
from topoact.workbench.shape import measure_consensus, measure_stability

Lane = Literal["graphs", "long", "images", "queries"]
"""Tasks of one lane run one after the other, at the same time as those of other lanes."""
GRAPH_LANE: Final[Lane] = "graphs"
LONG_LANE: Final[Lane] = "long"
"""Of what takes minutes; and of graphs of another layer than `GRAPH_LANE` is at, while nothing takes minutes."""
QUICK_PROJECTION: Final = "pca"
MAX_AWAITED_IMAGES: Final = 8
"""Images up to which a task is taken to be awaited on the page, and runs before larger ones."""
WITH_NETWORK: Final[tuple[Lane, ...]] = ("images", "queries")
"""Lanes whose tasks need the network."""


class Task(Protocol):
    """A use case with its arguments; equal tasks have equal results, which are stored in the study."""

    @property
    def lane(self) -> Lane: ...

    @property
    def kind(self) -> str: ...

    def run(self, bench: Workbench, progress: Progress) -> None: ...


@dataclass(frozen=True, slots=True)
class MapTask:
    """Compute and draw the graph of a layer."""

    lane: ClassVar[Lane] = GRAPH_LANE
    kind: ClassVar[str] = "map"
    plan: DrawingPlan

    def run(self, bench: Workbench, progress: Progress) -> None:
        bench.drawings.draw(self.plan, progress)


@dataclass(frozen=True, slots=True)
class FirstScreenTask:
    """Compute the finest cut of a layer's graph, and draw the cut that is seen first."""

    lane: ClassVar[Lane] = GRAPH_LANE
    kind: ClassVar[str] = "map"
    layer: str
    settings: MapSettings

    def run(self, bench: Workbench, progress: Progress) -> None:
        draw_first_screen(bench, self.layer, self.settings, progress)


@dataclass(frozen=True, slots=True)
class PreviewTask:
    """Compute and draw the preview of a large graph."""

    lane: ClassVar[Lane] = GRAPH_LANE
    kind: ClassVar[str] = "preview"
    plan: DrawingPlan
    first: bool
    """Whether its prominence is that of the first screen."""

    def run(self, bench: Workbench, progress: Progress) -> None:
        bench.drawings.draw_preview(self.plan, progress, first=self.first)


@dataclass(frozen=True, slots=True)
class StabilityTask:
    """Measure how much of a graph recurs over resamples, and on which features of its shape other covers agree."""

    lane: ClassVar[Lane] = LONG_LANE
    kind: ClassVar[str] = "stability"
    layer: int
    settings: MapSettings

    def run(self, bench: Workbench, progress: Progress) -> None:
        measure_stability(bench, self.layer, self.settings, progress)
        measure_consensus(bench, self.layer, self.settings, progress)


@dataclass(frozen=True, slots=True)
class ProjectionTask:
    """Project the points of a layer to the plane."""

    kind: ClassVar[str] = "projection"
    layer: int
    projection: str

    @property
    def lane(self) -> Lane:
        """That of graphs if it is done in a second."""
        return GRAPH_LANE if self.projection == QUICK_PROJECTION else LONG_LANE

    def run(self, bench: Workbench, progress: Progress) -> None:
        bench.project(self.layer, self.projection, progress)


@dataclass(frozen=True, slots=True)
class InvertTask:
    """Make activation images."""

    lane: ClassVar[Lane] = "images"
    kind: ClassVar[str] = "invert"
    layer: int
    graph: str
    targets: tuple[Target, ...]
    recipe: Recipe
    names: tuple[str, ...]
    """Names under which the images are stored, in the order of the targets."""

    def target(self, name: str) -> Target:
        """Return the target of the image of that name."""
        return self.targets[self.names.index(name)]

    def run(self, bench: Workbench, progress: Progress) -> None:
        ActivationImages(bench).make(self.layer, self.graph, self.targets, self.recipe, progress)


@dataclass(frozen=True, slots=True)
class LocateTask:
    """Locate an uploaded input in the graphs of the study."""

    lane: ClassVar[Lane] = "queries"
    kind: ClassVar[str] = "locate"
    name: str
    """Name under which it was uploaded, and its locations are stored."""
    what: Modality
    settings: MapSettings
    first: int
    """Number of the layer to begin with."""

    def run(self, bench: Workbench, progress: Progress) -> None:
        locate_uploaded(bench, self.name, self.what, self.settings, first=self.first, progress=progress)


@dataclass(frozen=True, slots=True)
class AttributionTask:
    """Compute the class attributions of the nodes of a graph, or their logit lens."""

    lane: ClassVar[Lane] = "queries"
    kind: ClassVar[str] = "attribute"
    layer: int
    graph: str

    def run(self, bench: Workbench, progress: Progress) -> None:
        compute_attributions(bench, self.layer, self.graph, progress)


def gives_way(task: Task, other: Task) -> bool:
    """Return whether a task is interrupted for another and continued afterwards.

    Many images are for a few awaited ones, and attributions for an input to locate.
    """
    if isinstance(task, InvertTask) and isinstance(other, InvertTask):
        return len(other.targets) <= MAX_AWAITED_IMAGES < len(task.targets)
    return isinstance(task, AttributionTask) and isinstance(other, LocateTask)


def index_of(task: Task) -> Hashable | None:
    """Return what names the index that a task computes a graph from; None where it needs none."""
    if isinstance(task, MapTask | PreviewTask):
        layer, settings = task.plan.layer, task.plan.settings
    elif isinstance(task, FirstScreenTask):
        layer, settings = task.layer, task.settings
    else:
        return None
    return (layer, settings.lens, settings.metric, settings.clusterer)
