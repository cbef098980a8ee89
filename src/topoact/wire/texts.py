"""What an example of a study of texts says, as a message."""

from topoact.wire.model import WireModel
from topoact.workbench import Workbench, texts


class Passage(WireModel):
    """A word between what stands around it, or as `focus` the beginning of a whole text."""

    before: str
    focus: str
    after: str


def passage_of(bench: Workbench, row: int) -> Passage | None:
    """Return what an example says; None in a study of other things."""
    found = texts.passage(bench.study, row)
    return Passage(**found._asdict()) if found else None
