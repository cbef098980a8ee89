"""`open_study`: a `Study` with its layers, vectors, positions, examples and thumbnails, each read on access."""

import difflib
import json
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import zarr
from numpy.typing import NDArray

from topoact.errors import InvalidInput, StudyError, UnknownName
from topoact.study.imported import FILES
from topoact.study.manifest import LayerEntry, Manifest, read_manifest
from topoact.study.thumbnails import Thumbnail, Thumbnails


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
        self._study = study
        self.name, self.key, self.digest = entry.name, entry.key, entry.digest
        self.module, self.policy, self.checkpoint = entry.module, entry.policy, entry.checkpoint
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
            If the layer has none.
        StudyError
            If a file of the array is missing or damaged.
        """
        if not self.has_vectors:
            raise InvalidInput(f"layer {self.name!r} is a graph that was imported without its vectors")
        try:
            array = zarr.open_array(self._study.path / "activations.zarr" / self.key, mode="r")
            values = np.asarray(array[:], dtype=np.float32)
        except (OSError, ValueError, KeyError, RuntimeError) as error:
            raise self._study.damaged(f"activations.zarr/{self.key}", error) from None
        if values.shape != (self.n_points, self.n_channels):
            raise self._study.damaged(f"activations.zarr/{self.key}", f"its shape is {values.shape}")
        return values

    @cached_property
    def points(self) -> pd.DataFrame:
        """One row per vector: `example` (row of the study's examples), `y`, `x` (−1 where there is no position).

        Further columns are facts of each vector: with attributions, `attribution` is that to the prediction and
        `attribution_top5` those to the likeliest classes.
        """
        frame = self._study.read_table(f"points/{self.key}.parquet")
        if len(frame) != self.n_points:
            raise self._study.damaged(f"points/{self.key}.parquet", f"it has {len(frame):,} rows")
        return frame

    @cached_property
    def measured(self) -> tuple[str, ...]:
        """Names of the numeric columns of `points` besides `example`, `y` and `x`."""
        fields = self._study.read_schema(f"points/{self.key}.parquet")
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
        return {layer.digest: self.path / "given" / layer.key for layer in self._layers if not layer.has_vectors}

    @cached_property
    def examples(self) -> pd.DataFrame:
        """One row per input: `id` and, where known, `label`, `prediction`, `confidence` and the user's columns."""
        frame = self.read_table("examples.parquet")
        if len(frame) != self.n_examples:
            raise self.damaged("examples.parquet", f"it has {len(frame):,} rows")
        return frame

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
        except (OSError, ValueError) as error:
            raise self.damaged("thumbnails", error) from None

    @cached_property
    def _thumbnails(self) -> Thumbnails:
        return Thumbnails(self.path / "thumbnails", self.manifest.segment)

    def read_table(self, name: str) -> pd.DataFrame:
        """Read one of the study's Parquet files; a missing or damaged one is named in a `StudyError`."""
        try:
            return pq.read_table(self.path / name).to_pandas()
        except (OSError, ValueError) as error:
            raise self.damaged(name, error) from None

    def read_schema(self, name: str) -> pa.Schema:
        """Read the schema of one of the study's Parquet files."""
        try:
            return pq.read_schema(self.path / name)
        except (OSError, ValueError) as error:
            raise self.damaged(name, error) from None

    def damaged(self, name: str, reason: object) -> StudyError:
        """Return the error for a file of the study that cannot be used, with the reason."""
        return StudyError(f"the study {self.path} is damaged: {name} cannot be used: {first_line(reason)}")


def open_study(path: str | Path) -> Study:
    """Open the study in a folder. Only ``study.json`` is read; all other files must exist.

    Parameters
    ----------
    path
        Folder of the study.

    Returns
    -------
    Study
        The study, which reads its other files on access.

    Raises
    ------
    StudyError
        If the folder is missing, unfinished, damaged, or written by a newer version.
    """
    path = Path(path)
    study = Study(path, _read(path))
    for name in study_files(study.manifest):
        if not (path / name).exists():
            raise study.damaged(name, "it is missing")
    return study


def _read(path: Path) -> Manifest:
    file = path / "study.json"
    unfinished = path if path.suffix == ".partial" else path.with_name(f"{path.name}.partial")
    if not file.exists() and unfinished.is_dir():
        raise StudyError(f"the study {path} is not finished: run the command that began it once more, it resumes")
    if not path.is_dir():
        raise StudyError(f"there is no study at {path}")
    try:
        return read_manifest(json.loads(file.read_text("utf-8")))
    except FileNotFoundError:
        raise StudyError(f"{path} is not a study: it has no study.json") from None
    except (OSError, ValueError) as error:
        raise StudyError(f"the study {path} is damaged: study.json cannot be read: {first_line(error)}") from None
    except StudyError as error:
        raise StudyError(f"{path}: {error}") from None


def study_files(manifest: Manifest) -> list[str]:
    """Return the names of all files of a finished study; a missing chunk would be read as zeros."""
    n_segments = -(-manifest.n_examples // manifest.segment)
    names = ["examples.parquet"]
    for layer in manifest.layers:
        names.append(f"points/{layer.key}.parquet")
        if not layer.has_vectors:
            names += [f"given/{layer.key}/{name}" for name in FILES]
            continue
        names.append(f"activations.zarr/{layer.key}/zarr.json")
        names += [f"activations.zarr/{layer.key}/c/{chunk}/0" for chunk in range(n_segments)]
    return names + [f"thumbnails/{part:05d}.arrow" for part in range(n_segments) if manifest.has_thumbnails]


def _is_number(kind: pa.DataType) -> bool:
    return pa.types.is_integer(kind) or pa.types.is_floating(kind)


def _unknown(kind: str, name: Any, known: tuple[str, ...]) -> str:
    near = difflib.get_close_matches(str(name), known, n=3, cutoff=0.4) or list(known[:5])
    return f"there is no {kind} {name!r}: did you mean {', '.join(near)}?"


def first_line(reason: object) -> str:
    """Return the first line of an error's message, or its type when it has none."""
    return next(iter(str(reason).strip().splitlines()), type(reason).__name__)
