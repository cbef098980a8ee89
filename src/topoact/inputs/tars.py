"""`TarSamples`: ``.tar`` files of samples as webdataset writes them, read in order; only headers are read twice.

The members of a sample follow each other and share a name up to the first dot: ``000017.jpg``, ``000017.cls``,
``000017.json``, ``000017.txt``.
"""

import json
import tarfile
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import closing
from itertools import accumulate, groupby
from pathlib import Path, PurePosixPath
from typing import Any

from topoact.errors import InvalidInput
from topoact.inputs.csv_cells import WHOLE
from topoact.inputs.folders import is_hidden
from topoact.inputs.records import IMAGE_SUFFIXES, ExtraColumns, Record, as_label, is_numbered

CAPTION = "caption"
"""The column that the ``.txt`` of each sample becomes."""


class TarSamples:
    """The samples of some ``.tar`` files, one after the other.

    The image of a sample is its member with the suffix of an image; its label is in ``.cls``, or is the `label` of its
    ``.json``, whose further numbers and texts are columns of the examples.

    Raises
    ------
    InvalidInput
        If a file is missing, compressed or damaged, or there are no samples.
    """

    n_threads = 2
    gives_tensors = False

    def __init__(self, files: Sequence[Path]) -> None:
        self._files = tuple(files)
        counts = [sum(1 for _ in _samples(file, contents=False)) for file in self._files]
        self._ends = list(accumulate(counts))
        if not self._files or not self._ends[-1]:
            raise InvalidInput(f"no samples found in {', '.join(map(str, self._files)) or 'no .tar file'}")
        self._extra = ExtraColumns(())
        self._has_numbers = is_numbered(record.label for record in self.read(0))
        facts = [[str(file.resolve()), file.stat().st_size, file.stat().st_mtime_ns] for file in self._files]
        self.record = {"kind": "tar", "files": facts, "n": len(self)}

    def __len__(self) -> int:
        return self._ends[-1]

    def read(self, start: int) -> Iterator[Record]:
        first_rows = [0, *self._ends]
        for file, first_row, end in zip(self._files, first_rows, self._ends, strict=False):
            for record in self._records(file, first_row) if start < end else ():
                if record.row >= start:
                    yield record

    def class_names(self, n_outputs: int) -> tuple[str, ...] | None:
        return tuple(map(str, range(n_outputs))) if self._has_numbers else None

    def ids(self) -> Iterator[str]:
        """Return the names of the samples in order."""
        return (key for file in self._files for key, _ in _samples(file, contents=False))

    def _records(self, file: Path, row: int) -> Iterator[Record]:
        for number, (key, members) in enumerate(_samples(file), row):
            image = next((data for suffix, data in members.items() if _is_image(suffix)), None)
            facts = _facts(file, key, members)
            label = members.get("cls", b"").decode("utf-8", "replace").strip() or facts.pop("label", None)
            if isinstance(label, str) and WHOLE.fullmatch(label):
                label = int(label)
            yield Record(number, key, as_label(label), image, self._extra.of(facts, f"sample {key}"))


def tar_files(spec: str) -> list[Path] | None:
    """Return the ``.tar`` files that a path names: one, those of a folder or of a pattern; None for other paths."""
    path = Path(spec)
    if path.is_dir():
        return _shown(path.iterdir()) or None
    if "*" in path.name and _is_tar(path):
        return _shown(path.parent.glob(path.name))
    return [path] if path.name.lower().endswith((".tar", ".tar.gz", ".tgz")) else None


def _shown(files: Iterable[Path]) -> list[Path]:
    return sorted(file for file in files if _is_tar(file) and not is_hidden(PurePosixPath(file.name)))


def _is_tar(path: Path) -> bool:
    return path.suffix.lower() == ".tar"


def _samples(file: Path, *, contents: bool = True) -> Iterator[tuple[str, dict[str, bytes]]]:
    """Yield the key and the members by suffix of each sample, without their contents unless `contents` is set."""
    if not file.is_file():
        raise InvalidInput(f"there is no data at {file}")
    try:
        with tarfile.open(file, "r:") as archive, closing(_members(archive)) as members:
            for key, group in groupby(members, key=lambda member: _split(member.name)[0]):
                yield key, {_split(m.name)[1]: _read(archive, m) if contents else b"" for m in group}
    except tarfile.ReadError:
        raise InvalidInput(f"{file} cannot be read as a .tar file: unpack it if it is compressed") from None


def _members(archive: tarfile.TarFile) -> Generator[tarfile.TarInfo, None, None]:
    while (member := archive.next()) is not None:
        archive.members = []  # type: ignore[attr-defined]  # it would keep them all
        if member.isfile() and not is_hidden(PurePosixPath(member.name)):
            yield member


def _split(name: str) -> tuple[str, str]:
    """Return the key and the suffix of a member: its name up to the first dot, and what follows."""
    folder, slash, base = name.rpartition("/")
    stem, _, suffix = base.partition(".")
    return f"{folder}{slash}{stem}", suffix.lower()


def _is_image(suffix: str) -> bool:
    return f".{suffix.rpartition('.')[2]}" in IMAGE_SUFFIXES


def _read(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    data = archive.extractfile(member)
    return data.read() if data else b""


def _facts(file: Path, key: str, members: dict[str, bytes]) -> dict[str, Any]:
    """Return what a sample's ``.json`` says, and its caption."""
    try:
        facts = json.loads(members.get("json", b"{}"))
        text = members["txt"].decode() if "txt" in members else None
    except ValueError as error:
        raise InvalidInput(f"sample {key} of {file} has a .json or .txt that cannot be read: {error}") from None
    facts = facts if isinstance(facts, dict) else {}
    if text is None:
        return facts
    return {f"{name}_given" if name == CAPTION else name: value for name, value in facts.items()} | {CAPTION: text}
