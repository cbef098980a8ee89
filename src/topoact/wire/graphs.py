"""Messages that are parts of a mapper graph, and the labels of its nodes."""

from pydantic import Field

from topoact.wire.model import WireModel


class Nodes(WireModel):
    """Nodes by column; row i is node i.

    `x`, `y` and `radius` are layout units: in the free arrangement the mean edge is about 1 long; by lens columns are
    at least 1 apart, and the nodes of an interval have one `x`.
    """

    interval: list[int]
    size: list[int]
    lens_min: list[float] | None
    lens_mean: list[float]
    lens_max: list[float] | None
    medoid: list[int] | None = Field(description="Member nearest to the node's mean vector.")
    component: list[int] = Field(description="Connected component along drawn edges, from the largest.")
    prominence: list[float | None] | None = Field(
        description="How far the mode of each node stands out, in multiples of the noise; null: no denser one is near."
    )
    mode: list[int] | None = Field(description="Point of the mode; it and the interval identify the node.")
    group: list[int] | None = Field(description="Node that each belongs to in the skeleton, among these.")
    x: list[float]
    y: list[float]
    radius: list[float] | None = Field(description="Radius of each disc; null in the free arrangement.")
    agreement: list[float] | None = Field(
        description="How far the members of a node point the same way: 1 if all do, near 0 in all directions."
    )


class Edges(WireModel):
    """Edges by column. Drawn are those of a weight of 0.25 or more; a weight of 1 has the spanning forest."""

    source: list[int]
    target: list[int]
    shared: list[int]
    jaccard: list[float]
    drawn: list[bool]
    weight: list[float] = Field(description="How much of what its ends share an edge carries, in [0, 1].")


class EpsilonCurve(WireModel):
    """The sorted distances to the k-th neighbour of a sample of points, at even steps of rank, and their knee."""

    k: int
    distances: list[float]
    elbow: float
    n_sampled: int


class ClassShare(WireModel):
    """A class, by its index among the names, and its share of the members of a node."""

    code: int
    share: float


class ImportedFacts(WireModel):
    """Facts of a graph imported without vectors; the `interval` of a node is the number of its cube."""

    lens: str = Field(description="Lens whose mean is the lens_mean of a node, or 'cube'.")
    names: list[str] = Field(description="Name of each node in the file.")
    classes: list[str] = Field(description="Names of all classes in the file, those of most members first.")
    shares: list[list[ClassShare]] = Field(description="Largest classes of each node; empty if the file has none.")
    is_whole: bool = Field(description="Whether n_points counts all points, not only up to the last in some node.")


class Labels(WireModel):
    """Labels of some nodes by a column of the examples, and a sentence that says what they are."""

    nodes: list[int]
    texts: list[str]
    lifts: list[float] = Field(description="Share of the value in the node over its share in the layer.")
    shares: list[float] = Field(description="Share of the value among the members of the node that have one.")
    sentence: str
