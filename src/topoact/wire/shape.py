"""Messages of the shape of a graph and its support: `ShapeReport` and `Stability`."""

from dataclasses import asdict
from math import isfinite
from typing import Final, Literal

from pydantic import Field

from topoact.analysis.shape import report as reports
from topoact.analysis.shape import stability
from topoact.analysis.shape.summary import summary
from topoact.study.files import plain_number
from topoact.wire.model import WireModel

Standing = Literal["sure", "doubtful", "untested"]
MAX_FEATURES: Final = 200
"""Features in a message."""


class Arm(WireModel):
    """An arm of a branch."""

    nodes: list[int]
    path: list[int] = Field(description="Along the arm, from the node where the arms meet on, joined like a rim.")
    name: str


class Feature(WireModel):
    """A component, a loop or a branching node of the skeleton, and the range of prominence over which it persists."""

    kind: reports.Kind
    name: str
    nodes: list[int]
    rim: list[int] = Field(
        description="Of a loop: a closed cycle around it, in order, joined by edges or as one skeleton node, or empty."
    )
    arms: list[Arm] = Field(description="Of a branch: three or more; empty if the graph has fewer.")
    birth: float | None = Field(description="Null if nodes have no prominence.")
    death: float | None = Field(description="Null if it never ends, or nodes have no prominence.")
    standing: Standing = Field(
        description="Sure if it persists up to twice the prominence that chance makes; untested without prominence."
    )


class FeatureCount(WireModel):
    """Number of features of a kind, or in a sentence why it is unknown; of branches where none is seen, too."""

    kind: reports.Kind
    value: int | None
    least: int = Field(description="Number of sure ones.")
    seen: int = Field(description="Number of those that are seen, sure or not.")
    reason: str
    missed_below: float | None = Field(description="Length of arms below which a branch would be missed, if known.")
    missed_points: int | None = Field(description="Number of points of an arm of that length.")


class ShapeReport(WireModel):
    """Counts and features of the shape of a graph; the features of the largest persistence, in descending order."""

    summary: str = Field(description="What the graph supports, in words for a first reader.")
    counts: list[FeatureCount]
    features: list[Feature]
    n_features: int


class Stability(WireModel):
    """How much of a graph recurs over resamples: for each node and edge the share of resamples with it."""

    nodes: list[float]
    edges: list[float]
    rand: float | None = Field(description="Adjusted Rand index of memberships; null if no interval has groups.")
    verdict: stability.Verdict
    sentence: str
    panel: list[FeatureCount] | None = Field(
        description="Components and loops on which other covers agree, branches of the points; null if not measured."
    )
    persistence: FeatureCount | None = Field(description="Loops by persistence of the points; null if not measured.")


def shape_message(report: reports.ShapeReport) -> ShapeReport:
    """Return the named components, loops and branches of a graph as a message."""
    return ShapeReport(
        summary=summary(report),
        counts=_counts(report),
        features=[_feature(feature, _standing(report, i)) for i, feature in enumerate(report.features[:MAX_FEATURES])],
        n_features=len(report.features),
    )


def stability_message(measured: stability.Stability, panel: reports.ShapeReport | None) -> Stability:
    """Return the stability of a graph, and the report that other covers agree on, as a message."""
    return Stability(
        nodes=measured.nodes.tolist(),
        edges=measured.edges.tolist(),
        rand=plain_number(measured.rand),
        verdict=measured.verdict,
        sentence=measured.sentence,
        panel=_counts(panel) if panel else None,
        persistence=_count("loop", panel.persistence) if panel and panel.persistence else None,
    )


def _counts(report: reports.ShapeReport) -> list[FeatureCount]:
    return [_count(kind, count) for kind, count in report.counts.items()]


def _count(kind: reports.Kind, count: reports.Count) -> FeatureCount:
    return FeatureCount(kind=kind, **asdict(count))


def _standing(report: reports.ShapeReport, number: int) -> Standing:
    """Return how sure a feature is; of loops no more are sure, the longest-lived first, than are counted as sure."""
    feature = report.features[number]
    if feature.birth is None:
        return "untested"
    if not feature.sure:
        return "doubtful"
    n_before = sum(one.kind == "loop" and one.sure for one in report.features[:number])
    return "doubtful" if feature.kind == "loop" and n_before >= report.loops.least else "sure"


def _feature(feature: reports.Feature, standing: Standing) -> Feature:
    has_end = feature.death is not None and isfinite(feature.death)
    return Feature(
        kind=feature.kind,
        name=feature.name,
        nodes=list(feature.nodes),
        rim=list(feature.rim),
        arms=[
            Arm(nodes=list(nodes), path=list(path), name=name)
            for nodes, path, name in zip(feature.arms, feature.paths, feature.arm_names, strict=False)
        ],
        birth=feature.birth,
        death=feature.death if has_end else None,
        standing=standing,
    )
