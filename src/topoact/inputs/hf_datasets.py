"""`open_hf_dataset`: ``hf-data:NAME``, a dataset of the `datasets` library, from the Hub, a folder or a file.

Its rows stay in Arrow files that are mapped into memory. Images are read as the bytes that are stored, and the names
of classes are those of its features. Code that comes with a dataset is never run: since version 4 the library
refuses it.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa

from topoact.errors import InvalidInput, UnknownName
from topoact.inputs.arrow_columns import named, with_classes
from topoact.inputs.hf_csv import CsvRows, check_metadata, is_plain_csv, open_csv
from topoact.inputs.tables import BATCH_ROWS, ImageRows
from topoact.inputs.texts.tables import SUFFIXES, TextRows, arrow_kinds
from topoact.networks.libraries import import_library, versions
from topoact.networks.specs import nearest
from topoact.study.files import digest

PREFIX = "hf-data:"
FORMATS = {".arrow": "arrow", ".json": "json"}
"""Files that the library reads; tables in files are read as everywhere else."""
SAVED_FILES = ("state.json", "dataset_dict.json")
"""Files by which a folder that `save_to_disk` wrote is known."""

HUB_HINT = "; nothing of that name is here, so the Hub was asked: offline, name a folder that save_to_disk wrote"


class Name(NamedTuple):
    """A parsed specification: a name on the Hub or a path, with a configuration and a split of it."""

    path: str
    config: str | None
    split: str | None

    @classmethod
    def of(cls, spec: str) -> "Name":
        """Parse ``hf-data:PATH:CONFIG@SPLIT``; names on the Hub have neither colons nor at signs."""
        name = spec.removeprefix(PREFIX)
        if name and Path(name).exists():
            return cls(name, None, None)
        path, at, split = name.rpartition("@") if "@" in name else (name, "", "")
        config = ""
        if not Path(path).exists() and ":" in path:
            path, _, config = path.rpartition(":")
        if not path or (at and not split):
            raise InvalidInput(f"data are hf-data:NAME, hf-data:NAME@SPLIT or hf-data:NAME:CONFIG@SPLIT: got {spec!r}")
        return cls(path, config or None, split or None)


class HFRows:
    """The rows of a dataset, with the names of classes instead of their numbers.

    Attributes
    ----------
    name : str
        The specification by which the user named it.
    schema : pyarrow.Schema
        Its columns.
    classes : dict of str to tuple of str
        Names of the classes in each column that has some.
    pictures : tuple of str
        Columns of images.
    record : dict
        Its identity, as JSON; it changes with the data.
    remarks : tuple of str
        Sentences on how it was read, where there was a choice.
    """

    remarks: tuple[str, ...] = ()

    def __init__(self, spec: str, dataset: Any, record: Mapping[str, Any]) -> None:
        features, self._dataset, self.name = dataset.features, dataset.with_format("arrow"), spec
        of_kind = {name: type(feature).__name__ for name, feature in features.items()}
        self.pictures = tuple(name for name, kind in of_kind.items() if kind == "Image")
        self.classes = {name: tuple(features[name].names) for name, kind in of_kind.items() if kind == "ClassLabel"}
        self.schema = features.arrow_schema
        fingerprint = dataset._fingerprint  # noqa: SLF001  # the library's own identity of a dataset
        self.record = {**record, "fingerprint": fingerprint}

    def __len__(self) -> int:
        return len(self._dataset)

    def batches(self, names: list[str], start: int) -> Iterator[pa.RecordBatch]:
        """Yield some columns of the rows from `start` on."""
        rows = self._dataset.select(range(start, len(self))).select_columns(names)
        for table in rows.iter(BATCH_ROWS):
            yield from table.select(names).combine_chunks().to_batches()


class HFImages(ImageRows):
    """The images of a dataset."""

    def __init__(self, rows: HFRows | CsvRows, *, image: str | None, label: str | None, identity: str | None) -> None:
        self._rows, self.remarks, size = rows, rows.remarks, len(rows)
        super().__init__(
            rows.name, rows.schema, size, image=image, label=label, identity=identity, classes=rows.classes
        )
        self.record |= rows.record

    def _batches(self, names: list[str], start: int) -> Iterator[pa.RecordBatch]:
        return self._rows.batches(names, start)


class HFTexts(TextRows):
    """The texts of a dataset."""

    def __init__(self, rows: HFRows | CsvRows, *, text: str | None, label: str | None, identity: str | None) -> None:
        self._rows, self.remarks, kinds = rows, rows.remarks, arrow_kinds(with_classes(rows.schema, rows.classes))
        super().__init__(rows.name, len(rows), kinds, text=text, label=label, identity=identity, classes=rows.classes)
        self.record |= rows.record

    def _cells(self, names: list[str], start: int) -> Iterator[Mapping[str, Any]]:
        for batch in self._rows.batches(names, start):
            yield from named(batch, self.classes).to_pylist()


def open_hf_dataset(
    spec: str,
    *,
    image: str | None = None,
    text: str | None = None,
    label: str | None = None,
    identity: str | None = None,
) -> HFImages | HFTexts:
    """Open ``hf-data:NAME``, ``hf-data:NAME@SPLIT`` or ``hf-data:NAME:CONFIG@SPLIT``; NAME may be a path.

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
    rows = _load(spec, label=label, identity=identity)
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


def table_of(spec: str) -> str | None:
    """Return the table in a file that a specification names, which is read as one named alone; None for other data.

    Raises
    ------
    UnknownName
        If a split of it is named, and not the only one, train.
    """
    name = Name.of(spec)
    path = Path(name.path)
    if path.suffix.lower() not in SUFFIXES or not path.is_file():
        return None
    _split(spec, {"train": path}, name.split)
    return name.path


def _load(spec: str, *, label: str | None, identity: str | None) -> HFRows | CsvRows:
    """Return the rows of the split that a specification names."""
    datasets, name = import_library("datasets", what="this data", pip="'topoact[datasets]'"), Name.of(spec)
    path = Path(name.path)
    location = str(path.resolve()) if path.exists() else name.path
    record: dict[str, Any] = {"kind": "datasets", "spec": spec, "versions": versions("datasets"), "place": location}
    record |= {"config": name.config, "split": name.split}
    try:
        with _no_progress_bars(datasets):
            if _is_saved(path):
                loaded = datasets.load_from_disk(str(path))
                return HFRows(spec, _split(spec, loaded, name.split), {**record, "files": digest(_file_facts(path))})
            builder = _builder(datasets, name)
            files = builder.config.data_files or {}
            if is_plain_csv(builder):
                file = open_csv(builder, _split(spec, files, name.split), label=label, identity=identity)
                return CsvRows(spec, file, {**record, "files": digest(file.facts)})
            builder.download_and_prepare()
            rows = HFRows(spec, _split(spec, builder.as_dataset(), name.split), {**record, "files": digest([])})
            if rows.pictures:
                check_metadata(spec, [file for split in files.values() for file in split], rows.schema)
            return rows
    except InvalidInput:
        raise
    except Exception as error:
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        raise InvalidInput(f"{spec} cannot be loaded: {reason[:300]}{'' if path.exists() else HUB_HINT}") from error


def _builder(datasets: Any, name: Name) -> Any:
    """Return what makes the dataset of a file, a folder or the Hub."""
    path = Path(name.path)
    if path.is_file():
        return datasets.load_dataset_builder(_format(path), data_files=str(path.resolve()))
    return datasets.load_dataset_builder(name.path, name.config)


def _is_saved(folder: Path) -> bool:
    return any((folder / file).is_file() for file in SAVED_FILES)


def _split(spec: str, loaded: Any, split: str | None) -> Any:
    """Return the split that is named, or the only one."""
    if not isinstance(loaded, Mapping):
        if split:
            raise InvalidInput(f"{spec} is one dataset without splits: leave out @{split}")
        return loaded
    if split is None and len(loaded) == 1:
        return next(iter(loaded.values()))
    if split is None:
        raise InvalidInput(f"{spec} has the splits {', '.join(loaded)}: choose one, {spec}@{next(iter(loaded))}")
    if split not in loaded:
        raise UnknownName(f"{spec} has no split {split!r}: did you mean {nearest(split, list(loaded))}?")
    return loaded[split]


def _format(path: Path) -> str:
    if path.suffix.lower() not in FORMATS:
        known = ", ".join(sorted({*FORMATS, *SUFFIXES}))
        raise InvalidInput(f"{path} is not a file that datasets are read from here: {known}")
    return FORMATS[path.suffix.lower()]


def _file_facts(folder: Path) -> list[tuple[str, int, int]]:
    """Return name, size and time of the files of a saved dataset, which can change under one fingerprint."""
    stats = ((file, file.stat()) for file in sorted(folder.rglob("*.arrow")))
    return [(file.relative_to(folder).as_posix(), stat.st_size, stat.st_mtime_ns) for file, stat in stats]


@contextmanager
def _no_progress_bars(datasets: Any) -> Iterator[None]:
    """Show no bars of progress inside the block."""
    was_shown = not datasets.are_progress_bars_disabled()
    datasets.disable_progress_bars()
    try:
        yield
    finally:
        if was_shown:
            datasets.enable_progress_bars()
