"""Activation images outside the study: `copy_images` to a folder, `save_sheet` on a page, `image_facts` for a table."""

import io
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from PIL import Image, ImageDraw, ImageFont

from topoact.errors import InvalidInput
from topoact.study.cache.inversions import Inversion, Inversions
from topoact.study.files import replacing
from topoact.workbench.images.activation_images import NamedImage

TILE: Final = 144
"""Side of an image on the page, in pixels."""
GAP: Final = 12
LINE_HEIGHT: Final = 16
FONT_SIZE: Final = 12
N_COLUMNS: Final = 10
INK, PAPER = "#1f2430", "#ffffff"


class SheetImage(NamedTuple):
    """An image as a PNG file, and the lines of text below it."""

    png: bytes
    lines: Sequence[str]


def image_facts(image: NamedImage, file: Path) -> dict[str, Any]:
    """Return the facts of an image as JSON; `node` is null unless the target is a single node."""
    inversion, target = image.inversion, image.inversion.target
    likeliest = next(iter(inversion.predictions), None)
    single = target["kind"] == "nodes" and len(target["nodes"]) == 1 and not target["minus"]
    return {
        "target": target["label"],
        "node": target["nodes"][0] if single else None,
        "cosine": inversion.cosine,
        "length": inversion.length,
        "lands": inversion.lands,
        "prediction": likeliest and likeliest.name,
        "share": likeliest and likeliest.share,
        "file": str(file),
    }


def copy_images(store: Inversions, images: Sequence[NamedImage], folder: Path | None) -> list[Path]:
    """Copy images to a folder and return their paths; without a folder return those in the study.

    Parameters
    ----------
    store
        The stored images.
    images
        Finished images; their files are named by their targets, and by digest where targets share a name.
    folder
        The folder, or None.
    """
    if folder is None:
        return [store.path(name) for name, _ in images]
    stems = [re.sub(r"[^a-z0-9]+", "-", inversion.target["label"]) for _, inversion in images]
    counts, files = Counter(stems), list[Path]()
    for stem, (name, _) in zip(stems, images, strict=True):
        files.append(folder / (f"{stem}.png" if counts[stem] == 1 else f"{stem}-{name}.png"))
        with replacing(files[-1], lasting=False) as file:
            file.write(store.path(name).read_bytes())
    return files


def check_sheet(path: Path | None) -> None:
    """Raise `InvalidInput` if the page is not a PNG file."""
    if path is not None and path.suffix.lower() != ".png":
        raise InvalidInput(f"--sheet writes a .png file: got {path}")


def save_sheet(store: Inversions, images: Sequence[NamedImage], path: Path | None) -> None:
    """Write all images on one page, below each its target, cosine, whether it is in the node, and top class.

    Does nothing without a path.
    """
    if path is not None:
        sheet = [SheetImage(store.path(name).read_bytes(), _lines(inversion)) for name, inversion in images]
        with replacing(path, lasting=False) as file:
            file.write(contact_sheet(sheet))


def contact_sheet(images: Sequence[SheetImage], columns: int = N_COLUMNS) -> bytes:
    """Return a page of images as a PNG file, row by row; small images are enlarged by whole pixels."""
    n_columns = min(columns, len(images))
    n_lines = max(len(image.lines) for image in images)
    width, height = TILE + GAP, TILE + n_lines * LINE_HEIGHT + 2 * GAP
    n_rows = -(-len(images) // n_columns)
    page = Image.new("RGB", (n_columns * width + GAP, n_rows * height + GAP), PAPER)
    pen, font = ImageDraw.Draw(page), ImageFont.load_default(FONT_SIZE)
    for position, image in enumerate(images):
        x, y = GAP + position % n_columns * width, GAP + position // n_columns * height
        tile = _tile(image.png)
        page.paste(tile, (x + (TILE - tile.width) // 2, y + (TILE - tile.height) // 2))
        for number, line in enumerate(image.lines):
            pen.text((x, y + TILE + 4 + number * LINE_HEIGHT), _shortened(line, font), fill=INK, font=font)
    file = io.BytesIO()
    page.save(file, "PNG")
    return file.getvalue()


def _lines(inversion: Inversion) -> list[str]:
    cosine = "no cosine" if inversion.cosine is None else f"cos {inversion.cosine:.2f}"
    location = {True: ", inside", False: ", outside", None: ""}[inversion.lands]
    likeliest = [f"{prediction.name} {prediction.share:.0%}" for prediction in inversion.predictions[:1]]
    return [inversion.target["label"], cosine + location, *likeliest]


def _tile(png: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(png), formats=["PNG"]).convert("RGB")
    factor = TILE // max(image.size)
    if factor:
        return image.resize((image.width * factor, image.height * factor), Image.Resampling.NEAREST)
    image.thumbnail((TILE, TILE), Image.Resampling.LANCZOS)
    return image


def _shortened(line: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont) -> str:
    """Return a line, shortened to the width of an image."""
    if font.getlength(line) <= TILE:
        return line
    while line and font.getlength(f"{line}…") > TILE:
        line = line[:-1]
    return f"{line}…"
