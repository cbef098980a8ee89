"""`png_of`: a scene as a PNG file, made of its SVG by resvg; on one machine equal scenes give equal bytes.

Letters are of the first font that the SVG names and the machine has; where it has none, of the one that Pillow brings,
since resvg leaves out a text without a font.
"""

import io
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from PIL import Image, ImageFont

from topoact.analysis.drawing.figure import WIDTHS
from topoact.analysis.drawing.scene import Scene
from topoact.analysis.drawing.svg import svg_of

DPI: Final = 600
"""Dots per inch, as journals ask for line art."""


def png_of(scene: Scene, width: float = WIDTHS["two columns"], dpi: int = DPI) -> bytes:
    """Return a scene as a PNG file, which states its resolution.

    Parameters
    ----------
    scene
        What is drawn.
    width
        Millimetres.
    dpi
        Dots per inch.

    Raises
    ------
    InvalidInput
        If the width is out of range.
    """
    import resvg_py

    with TemporaryDirectory() as folder:
        file = Path(folder) / "font.ttf"
        family = _write_font(file)
        content = resvg_py.svg_to_bytes(
            svg_string=svg_of(scene, width).decode(),
            dpi=dpi,
            font_files=[str(file)],
            font_family=family,
            sans_serif_family=family,
        )
    opened, written = Image.open(io.BytesIO(content)).convert("RGB"), io.BytesIO()
    opened.save(written, "PNG", dpi=(dpi, dpi))
    return written.getvalue()


def _write_font(file: Path) -> str:
    """Write the font that Pillow brings, and return its name."""
    font = ImageFont.load_default(size=10)
    assert isinstance(font, ImageFont.FreeTypeFont)
    assert isinstance(font.path, io.BytesIO)
    file.write_bytes(font.path.getvalue())
    return str(font.getname()[0])
