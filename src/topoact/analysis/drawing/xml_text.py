"""`xml_text`: any text as one that an XML file may hold."""

import re
from typing import Final

FORBIDDEN: Final = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufdcf\ufdf0-\ufffd\U00010000-\U0010ffff]")
TURNING: Final = re.compile(r"[\u202a-\u202e\u2066-\u2069]")
"""Characters that turn the direction of all that follows."""
REPLACEMENT: Final = "\N{REPLACEMENT CHARACTER}"


def xml_text(text: str) -> str:
    """Return a text without characters that XML forbids or that turn its direction; each is marked where it was."""
    return TURNING.sub(REPLACEMENT, FORBIDDEN.sub(REPLACEMENT, text))
