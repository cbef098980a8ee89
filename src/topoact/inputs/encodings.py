"""`encoding_of`: the encoding of a file of text, by its own bytes."""

import codecs
from pathlib import Path
from typing import Final

SAMPLE_BYTES: Final = 2**16
"""Bytes by which an encoding of two bytes a character is found."""
MARKS: Final = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
"""Encodings by the mark with which their files begin; the longer marks stand first."""
UNDEFINED: Final = (b"\x81", b"\x8d", b"\x8f", b"\x90", b"\x9d")
"""Bytes that mean nothing in cp1252."""


def encoding_of(path: Path) -> str:
    """Return the encoding of a file: by its mark; UTF-8 if it can be; UTF-16 by its zeros; else cp1252 or Latin-1."""
    with path.open("rb") as file:
        head = file.read(SAMPLE_BYTES)
        for mark, encoding in MARKS.items():
            if head.startswith(mark):
                return encoding
        zeros = head[::2].count(0), head[1::2].count(0)
        if 4 * sum(zeros) > len(head):
            return "utf-16-be" if zeros[0] > zeros[1] else "utf-16-le"
        decoder, is_utf8, is_cp1252 = codecs.getincrementaldecoder("utf-8")(), True, True
        file.seek(0)
        while block := file.read(2**20):
            is_cp1252 = is_cp1252 and not any(byte in block for byte in UNDEFINED)
            is_utf8 = is_utf8 and _decodes(decoder, block)
        if is_utf8 and _decodes(decoder, b"", final=True):
            return "utf-8"
    return "cp1252" if is_cp1252 else "latin-1"


def _decodes(decoder: codecs.IncrementalDecoder, block: bytes, *, final: bool = False) -> bool:
    try:
        decoder.decode(block, final)
    except UnicodeDecodeError:
        return False
    return True
