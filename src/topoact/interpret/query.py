"""Inputs of one's own through the network of a study, prepared as extraction prepares them.

Of each layer come the vectors that its policy would keep, or choose from: one for `mean`, `maxnorm` and `cls`, those of
all positions inside the edges for `random`, of all positions or words otherwise.
"""

import io
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from topoact.errors import InvalidInput
from topoact.extract.images import ImageForward
from topoact.extract.loader import UNREADABLE, decode
from topoact.extract.policies import VECTOR
from topoact.extract.predictions import Outputs
from topoact.extract.texts.forward import TextForward, pass_of
from topoact.extract.texts.pieces import Tokenizer
from topoact.extract.texts.reading import TextReader
from topoact.inputs.records import Record
from topoact.inputs.texts.source import Text, Unit
from topoact.interpret.study_network import StudyNetwork
from topoact.networks.pixels import stack
from topoact.networks.preprocessing import Preprocessing
from topoact.study import Layer, Points
from topoact.study.thumbnails import Thumbnail

MOST_BYTES: Final = 50_000_000
MOST_PIXELS: Final = 80_000_000
"""Of an image, so that a small file cannot fill the memory."""
MOST_AT_OWN_SIZE: Final = 4_000_000
"""Pixels of an image that is not made smaller before the network."""
MOST_CHARACTERS: Final = 100_000
BATCH: Final = 64


@dataclass(frozen=True, slots=True)
class LayerVectors:
    """What one layer answers: its vectors, and what each is of."""

    vectors: NDArray[np.float32]
    """Shape (n, n_channels)."""
    of: NDArray[np.int64]
    """Which of the inputs."""
    y: NDArray[np.int32]
    """Position in the layer's map, −1 without one."""
    x: NDArray[np.int32]
    spans: Sequence[tuple[int, int]] = ()
    """Where the word or token of each begins and ends in its text; none of whole texts and of images."""


@dataclass(slots=True)
class QueryResult:
    """What a network answers to some inputs."""

    layers: dict[str, LayerVectors]
    """By name of the layer in the study."""
    predictions: list[list[tuple[str, float]]]
    """Of each input the likeliest classes with their shares; none where the network is no classifier."""
    thumbnails: list[Thumbnail | None] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    """What a reader must know of how the inputs were prepared."""


def usable_layers(at_hand: StudyNetwork, layers: Sequence[Layer]) -> list[Layer]:
    """Return the layers whose vectors the network at hand gives."""
    return [layer for layer in layers if layer.has_vectors and layer.checkpoint == at_hand.checkpoint]


def query_images(
    at_hand: StudyNetwork, outputs: Outputs | None, layers: Sequence[Layer], files: Sequence[bytes]
) -> QueryResult:
    """Run images through a network.

    Parameters
    ----------
    at_hand
        The network of the study.
    outputs
        Of the network, if it is a classifier.
    layers
        Of the study; they are of the network's own checkpoint.
    files
        The bytes of image files.

    Raises
    ------
    InvalidInput
        If the network reads texts, or a file is no image or too large.
    ModelError
        If the network fails.
    """
    if hasattr(at_hand.network, "tokenizer"):
        raise InvalidInput(f"{at_hand.network.name} reads texts, and this is an image: give a sentence")
    policies = tuple(dict.fromkeys("all" if _is_random(layer) else layer.policy for layer in layers))
    asked = tuple(policy for policy in policies if policy != VECTOR) or ("mean",)
    collate = at_hand.preprocessing.collate if at_hand.preprocessing else stack
    forward = ImageForward(tuple(dict.fromkeys(layer.module for layer in layers)), asked, seed=0)
    answers, parts, scores = QueryResult({}, []), list[list[LayerVectors]](), list[NDArray[np.float32]]()
    for start in range(0, len(files), BATCH):
        decoded = [_prepared(file, at_hand, answers.notices) for file in files[start : start + BATCH]]
        answers.thumbnails += [thumbnail for _, thumbnail in decoded]
        batch = collate([prepared for prepared, _ in decoded])
        found, kept = forward(at_hand.network, batch, np.arange(start, start + len(decoded)))
        parts.append([_of_images(kept[layer.module], layer, start) for layer in layers])
        scores += [] if found is None else [found]
    answers.layers = {layer.name: _joined([part[i] for part in parts]) for i, layer in enumerate(layers)}
    answers.predictions = _predictions(outputs, scores, len(files))
    return answers


def query_texts(
    at_hand: StudyNetwork, outputs: Outputs | None, layers: Sequence[Layer], texts: Sequence[str]
) -> QueryResult:
    """Run texts through a network, each by itself; parameters and errors are those of `query_images`."""
    network: Any = at_hand.network
    if not hasattr(network, "tokenizer"):
        raise InvalidInput(f"{network.name} takes images, and this is a text: give an image file")
    for text in texts:
        _check_text(text)
    policies = tuple(dict.fromkeys(layer.policy for layer in layers if layer.policy != VECTOR)) or ("mean",)
    tokenizer = Tokenizer(network.tokenizer, limit=network.limit, max_tokens=at_hand.max_tokens)
    reader = TextReader(TypedTexts(texts), tokenizer, policies, strict=True)
    forward = TextForward(tuple(dict.fromkeys(layer.module for layer in layers)), reader.unit)
    answers, parts, scores = QueryResult({}, []), list[list[LayerVectors]](), list[NDArray[np.float32]]()
    for window in reader.windows(0, len(texts), 1):
        for sample in window.samples:
            found, kept = forward(network, *pass_of([sample], tokenizer.pad))
            spans = list(zip(sample.columns.get("start", ()), sample.columns.get("end", ()), strict=True))
            parts.append([_of_text(kept[layer.module][layer.policy], len(parts), spans) for layer in layers])
            scores += [] if found is None else [found]
        if window.tally["truncated"]:
            _note(answers.notices, f"only the first {tokenizer.max_tokens} tokens are read, as in the study")
    answers.layers = {layer.name: _joined([part[i] for part in parts]) for i, layer in enumerate(layers)}
    answers.predictions, answers.thumbnails = _predictions(outputs, scores, len(texts)), [None] * len(texts)
    return answers


@dataclass(slots=True)
class TypedTexts:
    """Texts that somebody typed, as a source."""

    given: Sequence[str]
    record: dict[str, Any] = field(default_factory=dict)
    text_columns: tuple[str, ...] = ()
    word_columns: tuple[str, ...] | None = None

    def __len__(self) -> int:
        return len(self.given)

    def texts(self, start: int) -> Iterator[Text]:
        return (Text(row, "the text", text) for row, text in enumerate(self.given[start:], start))

    def label_column(self, unit: Unit) -> str | None:  # noqa: ARG002  # nothing is known of them
        return None

    def class_names(self, n_outputs: int) -> tuple[str, ...] | None:  # noqa: ARG002
        return None


def check_file(size: int) -> None:
    """Refuse a file that is too large, before it is read."""
    if size > MOST_BYTES:
        raise InvalidInput(f"an image may have {MOST_BYTES / 1e6:.0f} MB: this file has {size / 1e6:.0f}")


def _check_text(text: str) -> None:
    if not text.strip():
        raise InvalidInput("the text is empty: type a sentence")
    if len(text) > MOST_CHARACTERS:
        raise InvalidInput(f"a text may have {MOST_CHARACTERS:,} characters: this one has {len(text):,}")


def _prepared(file: bytes, at_hand: StudyNetwork, notices: list[str]) -> tuple[Any, Thumbnail | None]:
    """Return an image as the network takes it, and small for people."""
    check_file(len(file))
    n_pixels = _count_pixels(file)
    preprocessing, shape = at_hand.preprocessing, at_hand.shape
    if preprocessing and (preprocessing.size or preprocessing.transform):
        return _decoded(file, preprocessing)
    if shape is None and n_pixels > MOST_AT_OWN_SIZE:
        said = f"this network takes images as they are, and one may have {MOST_AT_OWN_SIZE / 1e6:.0f} megapixels"
        raise InvalidInput(f"{said}: this one has {n_pixels / 1e6:.0f}, make it smaller")
    pixels, thumbnail = _decoded(file, Preprocessing())
    fitted = _fitted(Image.fromarray(pixels), shape, notices)
    return fitted if preprocessing else _as_tensor(fitted, shape, notices), thumbnail


def _count_pixels(file: bytes) -> int:
    """Return how many pixels an image has, from its beginning alone, and refuse too many."""
    most = MOST_PIXELS / 1e6
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            width, height = Image.open(io.BytesIO(file)).size
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise InvalidInput(f"an image may have {most:.0f} megapixels: this one has many more") from None
    except UNREADABLE:
        raise InvalidInput("this is no image, or of a kind that is not known: give a JPEG, PNG or WebP file") from None
    n_pixels = width * height
    if n_pixels > MOST_PIXELS:
        raise InvalidInput(f"an image may have {most:.0f} megapixels: this one has {n_pixels / 1e6:.0f}")
    return n_pixels


def _decoded(file: bytes, preprocessing: Preprocessing) -> tuple[Any, Thumbnail | None]:
    found = decode(Record(0, "the image", None, file), preprocessing)
    if found.prepared is None:
        raise InvalidInput(f"the image cannot be read: {found.reason}")
    return found.prepared, found.thumbnail


def _fitted(image: Image.Image, shape: tuple[int, ...] | None, notices: list[str]) -> NDArray[Any]:
    """Return an image at the size of the study's inputs, where they have one."""
    if shape and len(shape) == 3 and image.size != (shape[2], shape[1]):
        image = ImageOps.fit(image, (shape[2], shape[1]), Image.Resampling.BILINEAR)
        _note(notices, f"the image was brought to {shape[2]} x {shape[1]} pixels, the size of the study's inputs")
    return np.asarray(image)


def _as_tensor(pixels: NDArray[Any], shape: tuple[int, ...] | None, notices: list[str]) -> NDArray[Any]:
    """Return pixels from 0 to 1, as the tensors are taken to be that the study was made of."""
    if shape is None or len(shape) != 3 or shape[0] not in {1, 3}:
        said = "unknown shape" if shape is None else f"shape {'x'.join(map(str, shape))}"
        raise InvalidInput(f"the study was made of tensors of {said}: no image can be brought to it")
    _note(notices, f"the study was made of tensors: the image became one, {'grey' if shape[0] == 1 else 'RGB'}, 0 to 1")
    if shape[0] == 1:
        pixels = np.asarray(Image.fromarray(pixels).convert("L"))[..., None]
    return np.moveaxis(pixels, -1, 0).astype(np.float32) / 255


def _note(notices: list[str], sentence: str) -> None:
    if sentence not in notices:
        notices.append(sentence)


def _is_random(layer: Layer) -> bool:
    return layer.policy.startswith("random")


def _of_images(kept: Mapping[str, Points], layer: Layer, first: int) -> LayerVectors:
    points = kept["all" if _is_random(layer) and VECTOR not in kept else layer.policy]
    of = np.repeat(np.arange(first, first + len(points.vectors)), points.vectors.shape[1])
    y, x = points.y.ravel(), points.x.ravel()
    inside = np.ones(len(of), dtype=bool)
    if _is_random(layer) and points.grid and min(points.grid) > 2:
        inside = (y > 0) & (x > 0) & (y < points.grid[0] - 1) & (x < points.grid[1] - 1)
    vectors = points.vectors.reshape(len(of), -1)
    return LayerVectors(vectors[inside], of[inside], y[inside], x[inside])


def _of_text(points: Points, number: int, spans: list[tuple[int, int]]) -> LayerVectors:
    n = len(points.vectors)
    return LayerVectors(points.vectors[:, 0], np.full(n, number), points.y.ravel(), points.x.ravel(), spans)


def _joined(parts: Sequence[LayerVectors]) -> LayerVectors:
    columns: list[Any] = [[getattr(part, name) for part in parts] for name in ("vectors", "of", "y", "x")]
    vectors, of, y, x = map(np.concatenate, columns)
    return LayerVectors(vectors, of, y, x, [span for part in parts for span in part.spans])


def _predictions(
    outputs: Outputs | None, scores: Sequence[NDArray[np.float32]], n: int
) -> list[list[tuple[str, float]]]:
    return outputs.likeliest(np.concatenate(scores)) if outputs and scores else [[] for _ in range(n)]
