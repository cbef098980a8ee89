"""`query_images`, `query_texts`: the network of a study run on images and texts that a user brings.

The inputs are prepared as extraction prepares them. Of each layer come the vectors that its policy would keep, or
choose from: one for `mean`, `maxnorm` and `cls`, those of all positions inside the edges for `random`, of all positions
or words otherwise.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from topoact.errors import InvalidInput
from topoact.extract.forward import ForwardResult
from topoact.extract.images import ImageForward
from topoact.extract.policies import VECTOR
from topoact.extract.predictions import Outputs
from topoact.extract.texts.forward import TextForward, pass_of
from topoact.extract.texts.pieces import Tokenizer
from topoact.extract.texts.reading import TextReader
from topoact.inputs.texts.source import Text, Unit
from topoact.interpret.query_images import prepare_image
from topoact.interpret.study_network import StudyNetwork
from topoact.networks.pixels import stack
from topoact.study import Layer, Points
from topoact.study.thumbnails import Thumbnail

MAX_CHARACTERS: Final = 100_000
"""Length of a text."""
BATCH_IMAGES: Final = 64
"""Images in one forward pass."""

ByPolicy: TypeAlias = Mapping[str, Points]
"""The points of one module in a pass, by policy."""


@dataclass(frozen=True, slots=True)
class LayerVectors:
    """The vectors of one layer for some inputs, with their positions."""

    vectors: NDArray[np.float32]
    """Shape (n, n_channels)."""
    of: NDArray[np.int64]
    """The index of the input of each."""
    y: NDArray[np.int32]
    """Position in the layer's map, −1 without one."""
    x: NDArray[np.int32]
    spans: Sequence[tuple[int, int]] = ()
    """Start and end of the word or token of each in its text; empty for whole texts and images."""


@dataclass(frozen=True, slots=True)
class QueryResult:
    """The vectors and predictions of a network for some inputs."""

    layers: dict[str, LayerVectors]
    """By name of the layer in the study."""
    predictions: list[list[tuple[str, float]]]
    """The likeliest classes of each input with their probabilities; none where the network is no classifier."""
    thumbnails: list[Thumbnail | None] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    """Sentences on how the inputs were prepared otherwise than those of the study."""


def usable_layers(study_network: StudyNetwork, layers: Sequence[Layer]) -> list[Layer]:
    """Return the layers with vectors of the network that is loaded, not of another checkpoint."""
    return [layer for layer in layers if layer.has_vectors and layer.checkpoint == study_network.checkpoint]


def query_images(
    study_network: StudyNetwork, outputs: Outputs | None, layers: Sequence[Layer], files: Sequence[bytes]
) -> QueryResult:
    """Run a network on images, `BATCH_IMAGES` at a time.

    Parameters
    ----------
    study_network
        The network of the study.
    outputs
        The outputs of the network, if it is a classifier.
    layers
        Layers of the study; they are of the network's own checkpoint.
    files
        The bytes of image files.

    Returns
    -------
    Answers
        The vectors of each layer, the predictions, and a thumbnail of each image.

    Raises
    ------
    InvalidInput
        If the network reads texts, or a file is no image or too large.
    ModelError
        If the network fails.
    """
    network = study_network.network
    if network.modality == "text":
        raise InvalidInput(f"{network.name} reads texts, and this is an image: give a sentence")
    policies = _policies("all" if _is_random(layer) else layer.policy for layer in layers)
    forward = ImageForward(_modules(layers), policies, seed=0)
    collate = study_network.preprocessing.collate if study_network.preprocessing else stack
    results, thumbnails, notices = _Results(layers), list[Thumbnail | None](), list[str]()
    for start in range(0, len(files), BATCH_IMAGES):
        images = [prepare_image(file, study_network) for file in files[start : start + BATCH_IMAGES]]
        seen = forward(network, collate([image.prepared for image in images]), np.arange(start, start + len(images)))
        results.add(seen, partial(_answer_of_images, first=start))
        thumbnails += [image.thumbnail for image in images]
        notices += [notice for image in images for notice in image.notices]
    return results.answers(outputs, thumbnails, notices)


def query_texts(
    study_network: StudyNetwork, outputs: Outputs | None, layers: Sequence[Layer], texts: Sequence[str]
) -> QueryResult:
    """Run a network on texts, one at a time; parameters and errors are those of `query_images`."""
    network: Any = study_network.network
    if network.modality != "text":
        raise InvalidInput(f"{network.name} takes images, and this is a text: give an image file")
    for text in texts:
        _check_text(text)
    tokenizer = Tokenizer(network.tokenizer, limit=network.limit, max_tokens=study_network.max_tokens)
    reader = TextReader(_TypedTexts(texts), tokenizer, _policies(layer.policy for layer in layers), strict=True)
    forward = TextForward(_modules(layers), reader.unit)
    results, notices = _Results(layers), list[str]()
    for window in reader.windows(0, len(texts), batch_size=1):
        for sample in window.samples:
            seen = forward(network, *pass_of([sample]))
            spans = list(zip(sample.columns.get("start", ()), sample.columns.get("end", ()), strict=True))
            results.add(seen, partial(_answer_of_text, number=results.n_passes, spans=spans))
        if window.tally["truncated"]:
            notices.append(f"only the first {tokenizer.max_tokens} tokens are read, as in the study")
    return results.answers(outputs, [None] * len(texts), notices)


class _Results:
    """The outputs of a network in several passes, for the layers of a study."""

    def __init__(self, layers: Sequence[Layer]) -> None:
        self._layers = layers
        self._answers: list[list[LayerVectors]] = [[] for _ in layers]
        self._scores: list[NDArray[np.float32]] = []
        self.n_passes = 0

    def add(self, seen: ForwardResult, answer: Callable[[ByPolicy, Layer], LayerVectors]) -> None:
        """Add the output of a pass; `answer` turns what one module gave into the answer of a layer."""
        scores, by_module = seen
        for layer, answers in zip(self._layers, self._answers, strict=True):
            answers.append(answer(by_module[layer.module], layer))
        if scores is not None:
            self._scores.append(scores)
        self.n_passes += 1

    def answers(
        self, outputs: Outputs | None, thumbnails: list[Thumbnail | None], notices: Sequence[str]
    ) -> QueryResult:
        """Return the answers to all inputs, of which there is a thumbnail or None each, and each notice once."""
        layers = {layer.name: _joined(parts) for layer, parts in zip(self._layers, self._answers, strict=True)}
        predictions: list[list[tuple[str, float]]] = [[] for _ in thumbnails]
        if outputs and self._scores:
            predictions = outputs.likeliest(np.concatenate(self._scores))
        return QueryResult(layers, predictions, thumbnails, list(dict.fromkeys(notices)))


@dataclass(slots=True)
class _TypedTexts:
    """Texts that a user typed, as a source."""

    typed: Sequence[str]
    record: dict[str, Any] = field(default_factory=dict)
    text_columns: tuple[str, ...] = ()
    word_columns: tuple[str, ...] | None = None

    def __len__(self) -> int:
        return len(self.typed)

    def texts(self, start: int) -> Iterator[Text]:
        return (Text(row, "the text", text) for row, text in enumerate(self.typed[start:], start))

    def label_column(self, unit: Unit) -> str | None:  # noqa: ARG002  # nothing is known of them
        return None

    def class_names(self, n_outputs: int) -> tuple[str, ...] | None:  # noqa: ARG002
        return None


def _check_text(text: str) -> None:
    if not text.strip():
        raise InvalidInput("the text is empty: type a sentence")
    if len(text) > MAX_CHARACTERS:
        raise InvalidInput(f"a text may have {MAX_CHARACTERS:,} characters: this one has {len(text):,}")


def _modules(layers: Sequence[Layer]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(layer.module for layer in layers))


def _policies(policies: Iterable[str]) -> tuple[str, ...]:
    """Return the policies to sample under, each once; modules that give one vector an input need none."""
    return tuple(dict.fromkeys(policy for policy in policies if policy != VECTOR)) or ("mean",)


def _is_random(layer: Layer) -> bool:
    return layer.policy.startswith("random")


def _answer_of_images(by_policy: ByPolicy, layer: Layer, *, first: int) -> LayerVectors:
    """Return what a layer answers to a batch of images, whose first one is the input `first`."""
    points = by_policy["all" if _is_random(layer) and VECTOR not in by_policy else layer.policy]
    of = np.repeat(np.arange(first, first + len(points.vectors)), points.vectors.shape[1])
    y, x = points.y.ravel(), points.x.ravel()
    inside = np.ones(len(of), dtype=bool)
    if _is_random(layer) and points.grid and min(points.grid) > 2:
        inside = (y > 0) & (x > 0) & (y < points.grid[0] - 1) & (x < points.grid[1] - 1)
    vectors = points.vectors.reshape(len(of), -1)
    return LayerVectors(vectors[inside], of[inside], y[inside], x[inside])


def _answer_of_text(by_policy: ByPolicy, layer: Layer, *, number: int, spans: list[tuple[int, int]]) -> LayerVectors:
    """Return what a layer answers to one text, the input `number`."""
    points = by_policy[layer.policy]
    of = np.full(len(points.vectors), number)
    return LayerVectors(points.vectors[:, 0], of, points.y.ravel(), points.x.ravel(), spans)


def _joined(parts: Sequence[LayerVectors]) -> LayerVectors:
    """Return the answers of one layer in several passes as one."""
    columns: list[Any] = [[getattr(part, name) for part in parts] for name in ("vectors", "of", "y", "x")]
    vectors, of, y, x = map(np.concatenate, columns)
    return LayerVectors(vectors, of, y, x, [span for part in parts for span in part.spans])
