"""Write a study so that there is never a half-written one, and go on after any interruption with the same bytes.

The study grows in ``<path>.partial``, segment by segment, and is renamed at the end. After every segment a checkpoint
says how far the work has come; whatever lies beyond it is written again.
"""

import errno
import shutil
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import filelock
import pyarrow as pa
import pyarrow.parquet as pq

from topoact.errors import InvalidInput, StudyError
from topoact.mapper import GivenGraph
from topoact.study.checkpoint import Checkpoint, LayerState, read_checkpoint
from topoact.study.files import digest, replacing, write_json
from topoact.study.given import write_given
from topoact.study.manifest import FORMAT, LayerEntry, Manifest, Skipped
from topoact.study.segments import Portion, finish_layer, read_examples, segment_length, write_segment


class StudyWriter:
    """Append portions to a study and finish it. A context manager: left without `finish`, it keeps what is written.

    Parameters
    ----------
    path
        Folder of the finished study.
    config
        Everything that determines the study, as JSON; an unfinished study is resumed if its config is the same.
    capacity
        Number of examples at most.
    overwrite
        Replace a finished study at `path`, at the end.
    restart
        Throw away an unfinished study.

    Raises
    ------
    StudyError
        If something is in the way, another process writes the study, or the disk is full.
    """

    def __init__(
        self, path: Path, config: dict[str, Any], *, capacity: int, overwrite: bool = False, restart: bool = False
    ) -> None:
        self.path, self.config, self.capacity = path, config, capacity
        self.partial = path.with_name(f"{path.name}.partial")
        self._overwrite, self._restart = overwrite, restart
        self._lock = filelock.FileLock(path.with_name(f"{path.name}.lock"), timeout=0)
        self._pending: deque[Portion] = deque()

    def __enter__(self) -> Self:
        check_target(self.path, self._overwrite)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._lock.acquire()
        except filelock.Timeout:
            raise StudyError(f"another process is writing {self.path}: wait for it, or choose another name") from None
        try:
            self._state = self._begin()
        except BaseException:
            self._release()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error and (isinstance(error, InvalidInput) or not self._state.n_segments):
            shutil.rmtree(self.partial, ignore_errors=True)  # nothing written, or the same command would fail again
        self._release()

    @property
    def next_input(self) -> int:
        """Place in the source from which to go on."""
        return self._state.next_input

    @property
    def n_written(self) -> int:
        """Number of examples that are safe on disk."""
        return self._state.n_examples

    @property
    def notes(self) -> dict[str, Any]:
        """Facts about the run, as JSON; may be added to. They are kept with every segment."""
        return self._state.notes

    @property
    def is_complete(self) -> bool:
        """Whether nothing but the rename is left to do: the process died in the middle of `publish`."""
        return (self.partial / "study.json").exists()

    def append(self, portion: Portion) -> None:
        """Take a portion; write segments when there is enough for them.

        After an interruption the first portion is the one that begins at `next_input`, whole: what is written of it
        is not written again.
        """
        if not self._state.segment and len(portion):
            self._state.segment = segment_length(portion)
        self._pending.append(portion)
        while self._n_pending >= max(self._state.segment, 1):
            self._flush()

    def examples(self) -> pa.Table:
        """Write what is pending and return the table of all examples."""
        while self._pending:
            self._flush()
        return read_examples(self.partial, self._state.n_segments)

    def finish(
        self,
        examples: pa.Table,
        *,
        classes: Sequence[str] = (),
        title: str | None = None,
        graphs: Mapping[str, GivenGraph] | None = None,
    ) -> Path:
        """Write the tables and ``study.json``, and give the study its name.

        Parameters
        ----------
        examples
            The table of `examples`, perhaps with columns dropped, added or encoded.
        classes
            Names that labels and predictions refer to.
        title
            Name shown to people instead of the folder's.
        graphs
            Graphs without vectors that become layers, by name; each with as many points as there are examples.

        Returns
        -------
        pathlib.Path
            The folder of the finished study.
        """
        with _full_disk_said(self.partial):
            with replacing(self.partial / "examples.parquet") as file:
                pq.write_table(examples, file, compression="zstd")
            for number in range(len(self._state.layers)):
                finish_layer(self.partial, self._state, number)
            if not self._state.has_thumbnails:
                shutil.rmtree(self.partial / "thumbnails", ignore_errors=True)
            given = write_given(self.partial, graphs or {}, {layer.key.lower() for layer in self._state.layers})
            write_json(self.partial / "study.json", self._manifest(classes, title, given).to_json())
        return self.publish()

    def publish(self) -> Path:
        """Give a complete study its name, in the place of an older one if that was allowed."""
        shutil.rmtree(self.partial / "parts", ignore_errors=True)
        old = self.path.with_name(f"{self.path.name}.old")
        if self.path.exists():
            self.path.rename(old)
        self.partial.rename(self.path)
        (self.path / "checkpoint.json").unlink(missing_ok=True)
        shutil.rmtree(old, ignore_errors=True)
        return self.path

    def _begin(self) -> Checkpoint:
        if not self._restart and (state := read_checkpoint(self.partial)):
            state.must_match(self.config, self.partial)
            return state
        shutil.rmtree(self.partial, ignore_errors=True)
        self.partial.mkdir()
        state = Checkpoint(config=self.config)
        state.write(self.partial)
        return state

    def _release(self) -> None:
        Path(self._lock.lock_file).unlink(missing_ok=True)
        self._lock.release()

    @property
    def _n_pending(self) -> int:
        return sum(map(len, self._pending)) - self._state.n_ahead

    def _flush(self) -> None:
        """Write one segment, or what is left, then the checkpoint that makes it count."""
        with _full_disk_said(self.partial):
            if filled := [portion for portion in self._take() if len(portion)]:
                write_segment(self.partial, self._state, filled, self.capacity)
            self._state.write(self.partial)

    def _take(self) -> list[Portion]:
        """Take what fills a segment from the pending portions."""
        state, taken, room = self._state, [], self._state.segment
        while self._pending:
            portion = self._pending[0]
            taken.append(portion.part(state.n_ahead, state.n_ahead + room))
            state.n_ahead += len(taken[-1])
            room -= len(taken[-1])
            if state.n_ahead < len(portion):
                break
            self._pending.popleft()
            state.end(portion.next_input, portion.skipped, portion.tally)
        return taken

    def _manifest(self, classes: Sequence[str], title: str | None, given: Iterable[LayerEntry]) -> Manifest:
        state = self._state
        layers = (*(_entry(layer, state.n_examples) for layer in state.layers), *given)
        return Manifest(
            format=FORMAT,
            topoact=version("topoact"),
            title=title,
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            digest=digest([self.config, [layer.digest for layer in layers]]),
            config_digest=digest(self.config),
            config=self.config,
            n_examples=state.n_examples,
            segment=state.segment,
            has_thumbnails=state.has_thumbnails,
            classes=tuple(classes),
            skipped=Skipped(state.n_skipped, tuple(state.first_skipped)),
            notes=state.notes,
            layers=layers,
        )


def check_target(path: Path, overwrite: bool) -> None:
    """Refuse a folder that exists already, unless it is a study that may be replaced."""
    if not path.exists():
        return
    if not (path / "study.json").is_file():
        raise StudyError(f"{path} exists and is not a study: choose another name with -o")
    if not overwrite:
        raise StudyError(
            f"the study {path} exists already: choose another name with -o, or replace it with --overwrite"
        )


def _entry(layer: LayerState, n_examples: int) -> LayerEntry:
    return LayerEntry(
        name=layer.name,
        key=layer.key,
        module=layer.module,
        policy=layer.policy,
        n_points=n_examples * layer.points_per_example,
        n_channels=layer.n_channels,
        grid=layer.grid,
        digest=digest([layer.name, layer.n_channels, layer.digest]),
    )


@contextmanager
def _full_disk_said(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise StudyError(
            f"the disk is full: free some space and run the same command again, it goes on with what {folder} holds"
        ) from None
