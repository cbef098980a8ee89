"""How wide texts are: `text_width`, `wrapped` and `shortened`, by the widths of Helvetica and fonts of its measure.

A picture names Helvetica, Arial and Liberation Sans, which have these widths; `SLACK` leaves room for wider fonts.
"""

import unicodedata
from collections.abc import Iterable
from typing import Final

SLACK: Final = 1.15
"""Share by which the font of a reader may be wider."""
ELLIPSIS: Final = "…"
ZERO_WIDTH: Final = frozenset({"Mn", "Me", "Cf"})
"""Categories of characters that take no room."""
_WIDE, _FULL_WIDTH = 0.66, 1.0
"""Widths of a letter outside ASCII, and of an ideograph, in ems."""
_BY_WIDTH: Final = {
    191: "'",
    222: "ijl",
    260: "|",
    278: " !,./:;I[\\]ft",
    333: "()-`r",
    334: "{}",
    355: '"',
    389: "*",
    469: "^",
    500: "Jckszvxy",
    556: "#$0123456789?L_abdeghnopqu",
    584: "+<=>~",
    611: "FTZ",
    667: "&ABEKPSVXY",
    722: "CDHNRUw",
    778: "GOQ",
    833: "Mm",
    889: "%",
    944: "W",
    1015: "@",
}
_WIDTHS: Final = {letter: width / 1000 for width, letters in _BY_WIDTH.items() for letter in letters}


def text_width(text: str, size: float) -> float:
    """Return the width of a text in a size of font, in the unit of the size."""
    return SLACK * size * sum(map(_width, text))


def shortened(text: str, size: float, most: float) -> str:
    """Return a text that is at most so wide, with an ellipsis in the place of its end."""
    if text_width(text, size) <= most:
        return text
    kept = text
    while kept and text_width(kept + ELLIPSIS, size) > most:
        kept = kept[: min(len(kept) - 1, int(len(kept) * most / text_width(kept + ELLIPSIS, size)) + 1)]
    return kept.rstrip() + ELLIPSIS


def wrapped(phrases: Iterable[str], size: float, most: float, separator: str = " · ") -> list[str]:
    """Return phrases as lines of at most that width, broken between words."""
    lines: list[str] = []
    for word in separator.join(phrases).split():
        piece = shortened(word, size, most)
        together = f"{lines[-1]} {piece}" if lines else piece
        if lines and text_width(together, size) <= most:
            lines[-1] = together
        else:
            lines.append(piece)
    return lines


def _width(letter: str) -> float:
    if letter in _WIDTHS:
        return _WIDTHS[letter]
    if unicodedata.category(letter) in ZERO_WIDTH:
        return 0.0
    return _FULL_WIDTH if unicodedata.east_asian_width(letter) in "WF" else _WIDE
