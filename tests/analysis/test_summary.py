"""What a first reader is told: never more than the counts support."""

from dataclasses import replace

import pytest

from topoact.analysis.shape.report import Count, Feature, ShapeReport, none_seen
from topoact.analysis.shape.summary import summary
from topoact.analysis.shape.topology import COMMUNITIES

PIECE = Feature("component", (0, 1, 2), 1.0, float("inf"))
LOOP = Feature("loop", (0, 1, 2), 1.0, 3.0, rim=(0, 1, 2), name="cat – dog")
BRANCH = Feature("branch", (0,), 1.0, 3.0, ((1,), (2,), (3,)), (), ((0, 1), (0, 2), (0, 3)), "", ("cat", "dog", "bird"))


def report(components=None, loops=None, branches=None, features=(PIECE,)):
    one, none = Count(1, 1, 1), Count(0, 0, 0)
    return ShapeReport(components or one, loops or none, branches or Count(None, 0, 0, "none seen"), features)


def chance(least, seen):
    return Count(None, least, seen, f"{seen - least} of {seen} may be chance")


@pytest.mark.parametrize(
    ("told", "sentence"),
    [
        (report(), "One piece. No branch is seen, though a short one would be missed; no loop."),
        (
            report(branches=none_seen(0.5, 40)),
            "One piece. No branch is seen, and arms shorter than 0.5 (40 points) would be missed; no loop.",
        ),
        (
            report(components=chance(1, 2), loops=chance(1, 20), features=(PIECE, LOOP)),
            "One piece, and 1 more that may be chance. No branch is seen, though a short one would be missed; "
            "1 loop is hardly chance (cat – dog); 19 more may be.",
        ),
        (
            report(loops=chance(0, 2)),
            "One piece. No branch is seen, though a short one would be missed; "
            "no loop that could not be chance, 2 that could.",
        ),
        (
            report(branches=Count(None, 0, 1, "stubs"), features=(PIECE, BRANCH)),
            "One piece. It splits into 3 arms (cat; dog; bird), though stubs of noise can look like arms; no loop.",
        ),
        (
            report(branches=Count(1, 1, 1), features=(PIECE, BRANCH)),
            "One piece. It splits into 3 arms (cat; dog; bird); no loop.",
        ),
        (
            report(branches=Count(None, 0, 4, "stubs")),
            "One piece. It seems to split at 4 places, but that may be chance; no loop.",
        ),
        (
            report(branches=Count(2, 2, 2)),
            "One piece. Its points branch at 2 places; no loop.",
        ),
        (
            report(
                loops=Count(None, 0, 0, "a skeleton of 900 nodes and 9 edges is too large to search"),
                branches=Count(None, 0, 0, "a skeleton of 900 nodes and 9 edges is too large to search"),
            ),
            "One piece. A skeleton of 900 nodes and 9 edges is too large to search.",
        ),
        (
            replace(report(), on_skeleton=True),
            "On the skeleton one piece. No branch is seen, though a short one would be missed; no loop.",
        ),
        (report(components=Count(None, 0, 0, COMMUNITIES), features=()), f"C{COMMUNITIES[1:]}."),
        (report(components=Count(0, 0, 0), features=()), "No piece is large enough to be told from outliers."),
    ],
    ids=[
        "bare",
        "power",
        "loops",
        "doubt",
        "arms",
        "arms of points",
        "stubs",
        "points",
        "large",
        "skeleton",
        "communities",
        "none",
    ],
)
def test_what_is_told(told, sentence):
    assert summary(told) == sentence


def test_a_graph_without_prominence_claims_nothing_of_chance():
    """The preset of the paper is told with the same care as the default."""
    drawn = [replace(one, birth=None, death=None) for one in (PIECE, LOOP, BRANCH)]
    told = summary(report(loops=Count(1, 1, 1), branches=Count(1, 1, 1), features=tuple(drawn)))
    assert told == (
        "As drawn: one piece, arms that meet at 1 place, 1 loop (cat – dog). "
        "What of this is chance, such a graph does not tell."
    )
