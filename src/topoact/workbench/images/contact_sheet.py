"""Activation images in other places: copied to a folder, on one page, and told in a row of a table."""

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
from topoact.workbench.images.activation_images import Named

TILE: Final = 144
"""Pixels of the side of an image on the page."""
GAP: Final = 12
LINE: Final = 16
FONT: Final = 12
COLUMNS: Final = 10
INK, PAPER = "#1f2430", "#ffffff"


class SheetImage(NamedTuple):
    """An image as a PNG file, and the lines below it."""

    png: bytes
    lines: Sequence[str]


def facts(image: Named, file: Path) -> dict[str, Any]:
    """Return what is told of an image; `node` is null where it is not that of a single node."""
    found, target = image.found, image.found.target
    likeliest = next(iter(found.predictions), None)
    single = target["kind"] == "nodes" and len(target["nodes"]) == 1 and not target["minus"]
    return {
        "target": target["label"],
        "node": target["nodes"][0] if single else None,
        "cosine": found.cosine,
        "length": found.length,
        "lands": found.lands,
        "prediction": likeliest and likeliest.name,
        "share": likeliest and likeliest.share,
        "file": str(file),
    }


def copy_images(store: Inversions, images: Sequence[Named], folder: Path | None) -> list[Path]:
    """Copy images to a folder, named by what they are of; return where they are, in the study without a folder."""
    if folder is None:
        return [store.path(name) for name, _ in images]
    stems = [re.sub(r"[^a-z0-9]+", "-", found.target["label"]) for _, found in images]
    several, files = Counter(stems), list[Path]()
    for stem, (name, _) in zip(stems, images, strict=True):
        files.append(folder / (f"{stem}.png" if several[stem] == 1 else f"{stem}-{name}.png"))
        with replacing(files[-1], lasting=False) as file:
            file.write(store.path(name).read_bytes())
    return files


def check_sheet(path: Path | None) -> None:
    """Refuse a page that is not to be a PNG file; raises `InvalidInput`."""
    if path is not None and path.suffix.lower() != ".png":
        raise InvalidInput(f"--sheet writes a .png file: got {path}")


def save_sheet(store: Inversions, images: Sequence[Named], path: Path | None) -> None:
    """Write all images on one page: below each its target, the cosine, and what the network sees in it."""
    if path is not None:
        page = contact_sheet([SheetImage(store.path(name).read_bytes(), _lines(found)) for name, found in images])
        with replacing(path, lasting=False) as file:
            file.write(page)


def contact_sheet(prints: Sequence[SheetImage], columns: int = COLUMNS) -> bytes:
    """Return a page of images as a PNG file, row by row; small images are enlarged by whole pixels."""
    n_columns = min(columns, len(prints))
    n_lines = max(len(one.lines) for one in prints)
    width, height = TILE + GAP, TILE + n_lines * LINE + 2 * GAP
    n_rows = -(-len(prints) // n_columns)
    page = Image.new("RGB", (n_columns * width + GAP, n_rows * height + GAP), PAPER)
    pen, font = ImageDraw.Draw(page), ImageFont.load_default(FONT)
    for place, one in enumerate(prints):
        x, y = GAP + place % n_columns * width, GAP + place // n_columns * height
        image = _fitted(one.png)
        page.paste(image, (x + (TILE - image.width) // 2, y + (TILE - image.height) // 2))
        for number, line in enumerate(one.lines):
            pen.text((x, y + TILE + 4 + number * LINE), _cut(line, font), fill=INK, font=font)
    file = io.BytesIO()
    page.save(file, "PNG")
    return file.getvalue()


def _lines(found: Inversion) -> list[str]:
    cosine = "no cosine" if found.cosine is None else f"cos {found.cosine:.2f}"
    lands = {True: ", lands", False: ", outside", None: ""}[found.lands]
    seen = [f"{one.name} {one.share:.0%}" for one in found.predictions[:1]]
    return [found.target["label"], cosine + lands, *seen]


def _fitted(png: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(png)).convert("RGB")
    times = TILE // max(image.size)
    if times:
        return image.resize((image.width * times, image.height * times), Image.Resampling.NEAREST)
    image.thumbnail((TILE, TILE), Image.Resampling.LANCZOS)
    return image


def _cut(line: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont) -> str:
    """Return as much of a line as fits below an image."""
    if font.getlength(line) <= TILE:
        return line
    while line and font.getlength(f"{line}…") > TILE:
        line = line[:-1]
    return f"{line}…"
