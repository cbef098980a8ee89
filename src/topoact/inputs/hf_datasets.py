"""``hf-data:NAME``: a dataset of the `datasets` library, from the Hub, from a folder or from a file.

Its rows stay in Arrow files that are mapped into memory. Images are taken as the bytes that they are stored as, and the
names of classes are those of its features. Code that comes with a dataset is never run: since version 4 the library
refuses it.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from topoact.errors import InvalidInput, UnknownName
from topoact.inputs.tables import BATCH_ROWS, ImageRows
from topoact.inputs.texts.tables import TextRows, arrow_kinds
from topoact.networks.libraries import import_library, versions
from topoact.networks.specs import nearest
from topoact.study.files import digest

PREFIX = "hf-data:"
FORMATS = {".parquet": "parquet", ".arrow": "arrow", ".csv": "csv", ".json": "json", ".jsonl": "json"}
SAVED = ("state.json", "dataset_dict.json")
"""What `save_to_disk` leaves in a folder."""

FAR = "; nothing of that name is here, so the Hub was asked: offline, name a folder that save_to_disk wrote"


class Name(NamedTuple):
    """What a specification says: a name on the Hub or a path, and which of its configurations and splits."""

    place: str
    config: str | None
    split: str | None

    @classmethod
    def of(cls, spec: str) -> "Name":
        """Read ``hf-data:PLACE:CONFIG@SPLIT``; neither a colon nor an at sign is in a name on the Hub."""
        said = spec.removeprefix(PREFIX)
        if said and Path(said).exists():
            return cls(said, None, None)
        place, at, split = said.rpartition("@") if "@" in said else (said, "", "")
        config = ""
        if not Path(place).exists() and ":" in place:
            place, _, config = place.rpartition(":")
        if not place or (at and not split):
            raise InvalidInput(f"data are hf-data:NAME, hf-data:NAME@SPLIT or hf-data:NAME:CONFIG@SPLIT: got {spec!r}")
        return cls(place, config or None, split or None)


class HFRows:
    """The rows of a dataset, with names in the place of the numbers of classes.

    Attributes
    ----------
    name : str
        What the user calls it.
    schema : pyarrow.Schema
        Its columns.
    classes : dict of str to tuple of str
        Names of the classes in each column that has some.
    pictures : tuple of str
        Columns of images.
    record : dict
        What it is, as JSON; different when the data are.
    """

    def __init__(self, spec: str, dataset: Any, record: Mapping[str, Any]) -> None:
        features, self._dataset, self.name = dataset.features, dataset.with_format("arrow"), spec
        of_kind = {name: type(feature).__name__ for name, feature in features.items()}
        self.pictures = tuple(name for name, kind in of_kind.items() if kind == "Image")
        self.classes = {name: tuple(features[name].names) for name, kind in of_kind.items() if kind == "ClassLabel"}
        fields = (pa.field(f.name, pa.string()) if f.name in self.classes else f for f in features.arrow_schema)
        self.schema = pa.schema(list(fields))
        fingerprint = dataset._fingerprint  # noqa: SLF001  # what the library itself tells datasets apart by
        said = {"kind": "datasets", "spec": spec, "versions": versions("datasets"), "fingerprint": fingerprint}
        self.record = {**said, **record}

    def __len__(self) -> int:
        return len(self._dataset)

    def batches(self, names: list[str], start: int) -> Iterator[pa.RecordBatch]:
        """Yield some columns of the rows from `start` on."""
        rows = self._dataset.select(range(start, len(self))).select_columns(names)
        for table in rows.iter(BATCH_ROWS):
            for batch in table.combine_chunks().to_batches():
                yield pa.record_batch([self._named(name, batch.column(name)) for name in names], names)

    def _named(self, name: str, column: pa.Array) -> pa.Array:
        """Return names for the numbers of classes; a number that has none means that nobody knows."""
        if name not in self.classes:
            return column
        names = self.classes[name]
        is_known = pc.and_(pc.greater_equal(column, 0), pc.less(column, len(names)))
        return pc.take(pa.array(names, pa.string()), pc.if_else(is_known, column, None))


class HFImages(ImageRows):
    """The images of a dataset."""

    def __init__(self, rows: HFRows, *, image: str | None, label: str | None, identity: str | None) -> None:
        self._rows = rows
        super().__init__(rows.name, rows.schema, len(rows), image=image, label=label, identity=identity)
        self.record |= rows.record

    def class_names(self, n_outputs: int) -> tuple[str, ...] | None:
        names = self._rows.classes.get(self._label or "")
        return super().class_names(n_outputs) if names is None else _fitting(names, n_outputs)

    def _batches(self, names: list[str], start: int) -> Iterator[pa.RecordBatch]:
        return self._rows.batches(names, start)


class HFTexts(TextRows):
    """The texts of a dataset."""

    def __init__(self, rows: HFRows, *, text: str | None, label: str | None, identity: str | None) -> None:
        self._rows, kinds = rows, arrow_kinds(rows.schema)
        super().__init__(rows.name, len(rows), kinds, text=text, label=label, identity=identity)
        self.record |= rows.record

    def class_names(self, n_outputs: int) -> tuple[str, ...] | None:
        names = self._rows.classes.get(self._label or "")
        return super().class_names(n_outputs) if names is None else _fitting(names, n_outputs)

    def _cells(self, names: list[str], start: int) -> Iterator[Mapping[str, Any]]:
        for batch in self._rows.batches(names, start):
            yield from batch.to_pylist()


def open_hf_dataset(
    spec: str,
    *,
    image: str | None = None,
    text: str | None = None,
    label: str | None = None,
    identity: str | None = None,
) -> HFImages | HFTexts:
    """Open ``hf-data:NAME``, ``hf-data:NAME@SPLIT``, ``hf-data:NAME:CONFIG@SPLIT``; a path may stand for the name.

    The images are in the column named, or in "image", or in the only column of images; the texts in the column named,
    or in "text" where there are no images. Labels are in "label", or in the only column of classes.

    Raises
    ------
    ModelError
        If `datasets` is missing.
    InvalidInput
        If the dataset cannot be loaded, has several splits and none is named, or has neither images nor texts.
    UnknownName
        If it has no such split.
    """
    rows = _load(spec)
    if label is None and "label" not in rows.schema.names and len(rows.classes) == 1:
        label = next(iter(rows.classes))
    if text or (image is None and not rows.pictures and "text" in rows.schema.names):
        return HFTexts(rows, text=text, label=label, identity=identity)
    if image is None and "image" not in rows.schema.names and len(rows.pictures) != 1:
        known, which = ", ".join(rows.schema.names[:12]), "several columns" if rows.pictures else "no column"
        raise InvalidInput(
            f"{spec} has {which} of images and none called image or text, its columns are {known}: see --image-column"
            " and --text-column"
        )
    if image is None and "image" not in rows.schema.names:
        image = rows.pictures[0]
    return HFImages(rows, image=image, label=label, identity=identity)


def _load(spec: str) -> HFRows:
    datasets, name = import_library("datasets", what="this data", pip="'topoact[datasets]'"), Name.of(spec)
    path, files = Path(name.place), list[Any]()
    with _quiet(datasets):
        try:
            if any((path / file).is_file() for file in SAVED):
                found, files = datasets.load_from_disk(str(path)), _facts(path)
            elif path.is_file():
                found = datasets.load_dataset(_format(path), data_files=str(path.resolve()))
            else:
                found = datasets.load_dataset(name.place, name.config)
        except InvalidInput:
            raise
        except Exception as error:
            said = " ".join(f"{type(error).__name__}: {error}".split())
            raise InvalidInput(f"{spec} cannot be loaded: {said[:300]}{'' if path.exists() else FAR}") from error
    dataset = _split(spec, found, name.split)
    place = str(path.resolve()) if path.exists() else name.place
    return HFRows(spec, dataset, {"place": place, "config": name.config, "split": name.split, "files": digest(files)})


def _split(spec: str, found: Any, split: str | None) -> Any:
    if not isinstance(found, Mapping):
        if split:
            raise InvalidInput(f"{spec} is one dataset without splits: leave out @{split}")
        return found
    if split is None and len(found) == 1:
        return next(iter(found.values()))
    if split is None:
        raise InvalidInput(f"{spec} has the splits {', '.join(found)}: choose one, {spec}@{next(iter(found))}")
    if split not in found:
        raise UnknownName(f"{spec} has no split {split!r}: did you mean {nearest(split, list(found))}?")
    return found[split]


def _format(path: Path) -> str:
    if path.suffix not in FORMATS:
        raise InvalidInput(f"{path} is not a file that datasets are read from here: {', '.join(FORMATS)}")
    return FORMATS[path.suffix]


def _facts(folder: Path) -> list[tuple[str, int, int]]:
    """Return name, size and time of the files of a saved dataset, which may be written anew under one fingerprint."""
    found = ((file, file.stat()) for file in sorted(folder.rglob("*.arrow")))
    return [(file.relative_to(folder).as_posix(), stat.st_size, stat.st_mtime_ns) for file, stat in found]


def _fitting(names: tuple[str, ...], n: int) -> tuple[str, ...] | None:
    return names if len(names) == n else None


@contextmanager
def _quiet(datasets: Any) -> Iterator[None]:
    """Show no bars of progress inside the block."""
    was_shown = not datasets.are_progress_bars_disabled()
    datasets.disable_progress_bars()
    try:
        yield
    finally:
        if was_shown:
            datasets.enable_progress_bars()
