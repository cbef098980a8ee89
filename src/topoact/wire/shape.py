"""What was found out about a graph: its messages, and how they are made."""

from math import isfinite
from typing import Final

from pydantic import Field

from topoact.analysis.shape import stability, topology
from topoact.study.files import plain_number
from topoact.wire.model import WireModel

MAX_FEATURES: Final = 200
"""Features that are sent."""


class Feature(WireModel):
    """A component, a loop or a branching node of the skeleton, and the prominence over which it lives."""

    kind: topology.Kind
    nodes: list[int]
    birth: float | None = Field(description="Null where nodes have no prominence.")
    death: float | None = Field(description="Null where it never ends, or nodes have no prominence.")
    sure: bool = Field(description="Whether it is hardly chance.")


class FeatureCount(WireModel):
    """How many there are of a kind, or in a sentence why that cannot be told."""

    kind: topology.Kind
    value: int | None
    least: int = Field(description="How many are sure.")
    reason: str


class ShapeReport(WireModel):
    """What the shape of a graph says; its features are those that live longest, these first."""

    counts: list[FeatureCount]
    features: list[Feature]
    n_features: int


class Stability(WireModel):
    """How much of a graph returned over some resamples: a share of them for each node and edge."""

    nodes: list[float]
    edges: list[float]
    rand: float | None = Field(description="Adjusted Rand index of memberships; null where no interval has groups.")
    verdict: stability.Verdict
    sentence: str
    panel: list[FeatureCount] | None = Field(description="What five other covers agree on; null if not asked.")


def shape_message(found: topology.ShapeReport) -> ShapeReport:
    """Return the components, loops and branches of a graph."""
    return ShapeReport(
        counts=_counts(found),
        features=[_feature(feature) for feature in found.features[:MAX_FEATURES]],
        n_features=len(found.features),
    )


def stability_message(found: stability.Stability, panel: topology.ShapeReport | None) -> Stability:
    """Return how much of a graph returns, and what other covers say of its shape."""
    return Stability(
        nodes=found.nodes.tolist(),
        edges=found.edges.tolist(),
        rand=plain_number(found.rand),
        verdict=found.verdict,
        sentence=found.sentence,
        panel=_counts(panel) if panel else None,
    )


def _counts(found: topology.ShapeReport) -> list[FeatureCount]:
    return [
        FeatureCount(kind=kind, value=count.value, least=count.least, reason=count.reason)
        for kind, count in found.counts.items()
    ]


def _feature(feature: topology.Feature) -> Feature:
    ends = feature.death is not None and isfinite(feature.death)
    return Feature(
        kind=feature.kind,
        nodes=list(feature.nodes),
        birth=feature.birth,
        death=feature.death if ends else None,
        sure=feature.sure,
    )
