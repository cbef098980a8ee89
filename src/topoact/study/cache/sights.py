"""What positions see in a study that does not say it, found when its network is loaded: ``sights/sights.json``.

Safe to delete. A file that cannot be read, or is damaged, counts as absent.
"""

from dataclasses import asdict, dataclass
from typing import Final

from topoact.study.cache.place import Derived
from topoact.study.checked import checked, or_none, read_json
from topoact.study.files import write_json
from topoact.study.sight import Frame, Sight

PLACE: Final = ("sights", "sights.json")


@dataclass(frozen=True, slots=True)
class FoundSights:
    """What was found of a study."""

    sights: dict[str, Sight]
    """By the name of the module."""
    frame: Frame | None
    """Where the network's input lies on a photo; None if that cannot be known."""


def save_sights(derived: Derived, found: FoundSights) -> None:
    """Store what was found."""
    path = derived.own(*PLACE)
    write_json(path, asdict(found), lasting=False)
    derived.wrote(path)


def load_sights(derived: Derived) -> FoundSights | None:
    """Return what was found before, or None."""
    return or_none(lambda: _read(derived))


def _read(derived: Derived) -> FoundSights:
    found: FoundSights = checked(FoundSights, read_json(derived.find(*PLACE)))
    return found
