"""`summary` says what a graph supports in one sentence or two, in words for a first reader."""

from collections.abc import Sequence
from typing import Final

from topoact.analysis.shape.report import NONE_SEEN, Count, Feature, ShapeReport

MAX_NAMES: Final = 3
"""Names in a row."""
UNTESTED: Final = "What of this is chance, such a graph does not tell"
STUBS: Final = "stubs of noise can look like arms"


def summary(report: ShapeReport) -> str:
    """Return what a report tells, the same words on the page, in the shell and in Python.

    Parameters
    ----------
    report
        Of `shape_report`; with names (`topoact.analysis.shape.naming.named`) the sentence has them.

    Returns
    -------
    str
        A sentence for the pieces, and one for what they look like.

    Examples
    --------
    >>> import numpy as np, topoact
    >>> from topoact.analysis.shape.summary import summary
    >>> from topoact.analysis.shape.topology import shape_report
    >>> angle = np.linspace(0, 2 * np.pi, 3000, endpoint=False)
    >>> ring = np.c_[np.cos(angle), np.sin(angle)] + np.random.default_rng(0).normal(0, 0.02, (3000, 2))
    >>> graph = topoact.Mapper(lens=ring[:, 0], n_intervals=8, clusterer=topoact.Modes()).fit(ring).graph_
    >>> summary(shape_report(graph))
    'One piece. No branch is seen, though a short one would be missed; 1 loop is hardly chance.'
    """
    pieces = report.components
    if pieces.value is None and not pieces.seen:
        return f"{_capital(pieces.reason)}."
    if not pieces.seen:
        return "No piece is large enough to be told from outliers."
    found = report.features
    if not all(one.birth is None for one in found):
        too_large = _unsearched(report.loops)
        told = too_large or f"{_branches(report, found)}; {_loops(report.loops, found)}"
        where = "On the skeleton " if report.on_skeleton else ""
        return f"{_capital(where + _pieces(pieces, found))}. {_capital(told)}."
    told = _unsearched(report.loops) or f"{_seen_branches(report.branches)}, {_seen_loops(report.loops, found)}"
    return f"As drawn: {_pieces(pieces, found)}, {told}. {UNTESTED}."


def _unsearched(loops: Count) -> str:
    """Return why loops and branches were not looked for, or nothing."""
    return "" if loops.value is not None or loops.seen or "may be chance" in loops.reason else loops.reason


def _pieces(count: Count, found: Sequence[Feature]) -> str:
    sure = count.seen if count.value is not None else count.least
    names = [one.name for one in found if one.kind == "component" and one.sure and one.name]
    told = "one piece" if sure == 1 else f"{sure} pieces{_listed(names)}" if sure else ""
    doubtful = count.seen - sure
    if not doubtful:
        return told
    return f"{told}, and {doubtful} more that may be chance" if told else f"{doubtful} pieces that may all be chance"


def _branches(report: ShapeReport, found: Sequence[Feature]) -> str:
    sure = [one for one in found if one.kind == "branch" and one.sure and one.paths]
    count = report.branches
    if count.value is not None and not sure:
        return f"its points branch at {_places(count.value)}"
    if not sure and count.seen:
        return f"it seems to split at {_places(count.seen)}, but that may be chance"
    if not sure:
        missed = count.reason.removeprefix(f"{NONE_SEEN}; ") if count.missed_below is not None else ""
        return f"no branch is seen, and {missed}" if missed else "no branch is seen, though a short one would be missed"
    where = "" if len(sure) == 1 else f" at {_places(len(sure))}, first"
    told = f"it splits{where} into {len(sure[0].arms)} arms{_listed(sure[0].arm_names)}"
    return told if count.value is not None else f"{told}, though {STUBS}"


def _loops(count: Count, found: Sequence[Feature]) -> str:
    doubtful = count.seen - count.least
    if not count.least:
        return f"no loop that could not be chance, {doubtful} that could" if doubtful else "no loop"
    names = [one.name for one in found if one.kind == "loop" and one.sure and one.name]
    told = f"{_number(count.least, 'loop')} {'is' if count.least == 1 else 'are'} hardly chance"
    told += _listed(names[: count.least])
    return f"{told}; {doubtful} more may be" if doubtful else told


def _seen_branches(count: Count) -> str:
    return f"arms that meet at {_places(count.value)}" if count.value else "no branch that is seen"


def _seen_loops(count: Count, found: Sequence[Feature]) -> str:
    names = [one.name for one in found if one.kind == "loop" and one.name]
    return f"{_number(count.value, 'loop')}{_listed(names)}" if count.value else "no loop"


def _listed(names: Sequence[str]) -> str:
    """Return names after a colon, the rest as a number; nothing where there is none."""
    if not names:
        return ""
    return f" ({'; '.join(names[:MAX_NAMES])}{'; …' if len(names) > MAX_NAMES else ''})"


def _number(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _places(number: int) -> str:
    return _number(number, "place")


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
