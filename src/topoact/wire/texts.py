"""`Passage`: the text of an example of a study of texts, as a message."""

from topoact.wire.model import WireModel
from topoact.workbench import Workbench, texts


class Passage(WireModel):
    """A word and its context on either side, or as `focus` the beginning of a whole text."""

    before: str
    focus: str
    after: str


def passage_of(bench: Workbench, row: int) -> Passage | None:
    """Return the text of an example as a message; None if the study is not of texts."""
    passage = texts.passage(bench.study, row)
    return Passage(**passage._asdict()) if passage else None
