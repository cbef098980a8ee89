"""`Study`: its layers, vectors, positions, examples and thumbnails, each read on access."""

import difflib
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from topoact.errors import InvalidInput, StudyError, UnknownName
from topoact.mapper import available_memory
from topoact.study.checked import Damaged, first_line, read_schema, read_table
from topoact.study.files import inside
from topoact.study.manifest import LayerEntry, Manifest
from topoact.study.tables import check_examples, check_points
from topoact.study.thumbnails import Thumbnail, Thumbnails
from topoact.study.vectors import ARRAYS, SegmentedArray


class Layer:
    """The activation vectors of one layer under one sampling policy.

    Parameters
    ----------
    study, entry
        The study, and the layer's entry in its manifest.

    Attributes
    ----------
    name, key, module, policy, digest : str
        Shown name, file name, dotted name in the network, sampling policy, digest of the vectors.
    checkpoint : str or None
        The checkpoint of the network that gave the vectors, where the study names them.
    n_points, n_channels : int
        Shape of the matrix of vectors.
    grid : tuple of int or None
        Height and width of the layer's map, when it has positions.
    sight : Sight or None
        What its positions see of the network's input; None where nobody has looked.
    has_vectors : bool
        Whether there are vectors, or only a graph that was made elsewhere.

    Examples
    --------
    >>> import topoact
    >>> layer = topoact.open("runs/r20").study.layer("layer3@mean")
    >>> layer.module, layer.policy, layer.n_channels
    ('layer3', 'mean', 12)
    """

    def __init__(self, study: "Study", entry: LayerEntry) -> None:
        self._study, self._entry, self._is_verified = study, entry, False
        self.name, self.key, self.digest = entry.name, entry.key, entry.digest
        self.module, self.policy, self.checkpoint = entry.module, entry.policy, entry.checkpoint
        self.sight = entry.sight
        self.n_points, self.n_channels, self.grid = entry.n_points, entry.n_channels, entry.grid
        self.has_vectors = entry.has_vectors

    def __repr__(self) -> str:
        return f"<Layer {self.name}: {self.n_points:,} points x {self.n_channels} channels>"

    def vectors(self) -> NDArray[np.float32]:
        """Read the activation vectors.

        Returns
        -------
        ndarray of float32, shape (n_points, n_channels)
            Read anew at each call: ``4 * n_points * n_channels`` bytes, 13 MB for 50,000 vectors of 64 channels.

        Raises
        ------
        InvalidInput
            If the layer has none, or they are more than the memory holds.
        StudyError
            If a file of the array is missing or damaged, or the vectors are not those that were written.
        """
        if not self.has_vectors:
            raise InvalidInput(f"layer {self.name!r} is a graph that was imported without its vectors")
        try:
            array, n_bytes = self.array(), 4 * self.n_points * self.n_channels
            if n_bytes > (free := available_memory()):
                sizes = f"{n_bytes / 2**30:,.1f} GB, and {free / 2**30:,.1f} GB of memory are free"
                raise InvalidInput(f"the vectors of layer {self.name!r} have {sizes}: close other programs")
            values = array.read(is_verified=self._is_verified)
        except Damaged as error:
            raise self._study.damaged(f"{ARRAYS}/{self.key}", error) from None
        self._is_verified = True
        return values

    def array(self) -> SegmentedArray:
        """Return the files of the vectors; raises `Damaged` if they are not those of the layer."""
        return SegmentedArray(self._study.path, self._study.manifest, self._entry)

    @cached_property
    def points(self) -> pd.DataFrame:
        """One row per vector: `example` (row of the study's examples), `y`, `x` (−1 where there is no position).

        Further columns are facts of each vector: with attributions, `attribution` is that to the prediction and
        `attribution_top5` those to the likeliest classes.
        """
        return self.points_table().to_pandas(ignore_metadata=True)

    def points_table(self) -> pa.Table:
        """Return `points` as a table of Arrow."""
        name = f"{self.key}.parquet"
        try:
            table = read_table(inside(self._study.path, "points", name), n_rows=self.n_points)
            return check_points(table, self._entry, self._study.n_examples)
        except Damaged as error:
            raise self._study.damaged(f"points/{name}", error) from None

    @cached_property
    def measured(self) -> tuple[str, ...]:
        """Names of the numeric columns of `points` besides `example`, `y` and `x`."""
        try:
            fields = read_schema(inside(self._study.path, "points", f"{self.key}.parquet"))
        except Damaged as error:
            raise self._study.damaged(f"points/{self.key}.parquet", error) from None
        numeric = (field.name for field in fields if _is_number(field.type))
        return tuple(name for name in numeric if name not in {"example", "y", "x"})

    def metadata(self, column: str) -> pd.Series:
        """Return a column of the examples for each vector.

        Parameters
        ----------
        column
            ``"label"``, ``"prediction"``, ``"confidence"``, ``"id"`` or any other.

        Returns
        -------
        pandas.Series
            One value for each row of the vectors.

        Raises
        ------
        UnknownName
            If there is no such column.
        """
        examples = self._study.examples
        if column not in examples:
            raise UnknownName(_unknown("column", column, tuple(examples.columns)))
        return examples[column].take(self.points["example"].to_numpy()).reset_index(drop=True)


class Study:
    """A study on disk, as `topoact.extract.extract` returns it; `study` of `topoact.open`.

    Parameters
    ----------
    path, manifest
        Its folder, and the contents of its ``study.json``.

    Examples
    --------
    >>> import topoact
    >>> topoact.open("runs/r20").study.examples["label"].unique().tolist()
    ['blue', 'green', 'red']
    """

    def __init__(self, path: Path, manifest: Manifest) -> None:
        self.path, self.manifest = path, manifest
        self.name = manifest.title or path.name
        self.digest, self.n_examples, self.classes = manifest.digest, manifest.n_examples, manifest.classes
        self.has_thumbnails = manifest.has_thumbnails
        self._layers = tuple(Layer(self, entry) for entry in manifest.layers)

    def __repr__(self) -> str:
        return f"<Study {self.name}: {self.n_examples:,} examples, layers {', '.join(self.layers)}>"

    @property
    def layers(self) -> tuple[str, ...]:
        """Names of the layers, in order."""
        return tuple(layer.name for layer in self._layers)

    def layer(self, name: str | int) -> Layer:
        """Return a layer.

        Parameters
        ----------
        name
            Its name, or its place in `layers`.

        Returns
        -------
        Layer
            The layer; nothing is read of it yet.

        Raises
        ------
        UnknownName
            If there is none; the message lists the nearest names.
        """
        if isinstance(name, int):
            if not 0 <= name < len(self._layers):
                raise UnknownName(f"there is no layer number {name}: the study has {len(self._layers)} layers")
            return self._layers[name]
        if name not in self.layers:
            raise UnknownName(_unknown("layer", name, self.layers))
        return self._layers[self.layers.index(name)]

    @property
    def imported_graphs(self) -> dict[str, Path]:
        """Folders of the imported graphs, by the digests of their layers."""
        return {layer.digest: inside(self.path, "given", layer.key) for layer in self._layers if not layer.has_vectors}

    @cached_property
    def examples(self) -> pd.DataFrame:
        """One row per input: `id` and, where known, `label`, `prediction`, `confidence` and the user's columns."""
        return self.examples_table().to_pandas(ignore_metadata=True)

    def examples_table(self) -> pa.Table:
        """Return `examples` as a table of Arrow."""
        try:
            return check_examples(read_table(inside(self.path, "examples.parquet"), n_rows=self.n_examples))
        except Damaged as error:
            raise self.damaged("examples.parquet", error) from None

    def thumbnail(self, row: int) -> Thumbnail | None:
        """Return the small image of an example.

        Parameters
        ----------
        row
            Row of `examples`.

        Returns
        -------
        tuple of bytes and str, or None
            The bytes of the image and its media type; None where it has none.

        Raises
        ------
        UnknownName
            If there is no such row.
        StudyError
            If the file of thumbnails is damaged.
        """
        if not 0 <= row < self.n_examples:
            raise UnknownName(f"there is no example in row {row}: the study has {self.n_examples:,}")
        try:
            return self._thumbnails[row] if self.has_thumbnails else None
        except Damaged as error:
            raise self.damaged("thumbnails", error) from None

    @cached_property
    def _thumbnails(self) -> Thumbnails:
        return Thumbnails(inside(self.path, "thumbnails"), self.manifest.segment, self.n_examples)

    def damaged(self, name: str, reason: object) -> StudyError:
        """Return the error for a file of the study that cannot be used, with the reason."""
        name += reason.part if isinstance(reason, Damaged) else ""
        return StudyError(f"the study {self.path} is damaged: {name} cannot be used: {first_line(reason)}")


def _is_number(kind: pa.DataType) -> bool:
    return pa.types.is_integer(kind) or pa.types.is_floating(kind)


def _unknown(kind: str, name: Any, known: tuple[str, ...]) -> str:
    near = difflib.get_close_matches(str(name), known, n=3, cutoff=0.4) or list(known[:5])
    return f"there is no {kind} {name!r}: did you mean {', '.join(near)}?"
