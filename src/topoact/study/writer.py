"""`StudyWriter`: studies written so that none is ever half-written, and an interrupted one is resumed byte for byte.

The study grows in ``<path>.partial``, segment by segment, and is renamed at the end. After every segment its state is
stored in a checkpoint; whatever lies after it is written again. A thread writes one segment while the next is made,
which waits for it when it is full. An append to a finished study is written in the same way beside it, and replaces it
at the end.
"""

import shutil
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property
from importlib.metadata import version
from itertools import zip_longest
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pyarrow as pa
import pyarrow.parquet as pq

from topoact.errors import InvalidInput
from topoact.mapper import ImportedGraph
from topoact.study.added_columns import added_columns, marked
from topoact.study.append import Addition, reopen
from topoact.study.checkpoint import Checkpoint, read_checkpoint
from topoact.study.files import digest, replacing, write_json
from topoact.study.imported import write_imported
from topoact.study.manifest import FORMAT, LayerEntry, Manifest, Skipped
from topoact.study.publish import check_target, lock, partial_of, publish, unlock, writes_said
from topoact.study.segments import Chunk, finish_layer, read_examples, segment_length, write_segment


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
    addition
        Append to the finished study at `path`.

    Raises
    ------
    StudyError
        If something is in the way, another process writes the study, the disk is full, or layers are appended and the
        examples are not those of the study.
    """

    def __init__(
        self,
        path: Path,
        config: dict[str, Any],
        *,
        capacity: int,
        overwrite: bool = False,
        restart: bool = False,
        addition: Addition | None = None,
    ) -> None:
        self.path, self.config, self.capacity = path, config, capacity
        self.partial = partial_of(path)
        self._overwrite, self._restart, self._addition = overwrite, restart, addition
        self._pending: deque[Chunk] = deque()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="topoact-write")
        self._written: Future[None] | None = None
        self._n_taken = 0

    def __enter__(self) -> Self:
        if not self._addition:
            check_target(self.path, self._overwrite)
        with writes_said(self.partial):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._lock = lock(self.path)
            try:
                self._state = self._begin()
                self._n_taken = self._state.n_examples
            except BaseException:
                unlock(self._lock)
                raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._thread.shutdown()
        late = self._written.exception() if self._written else None
        failed = error or late
        if failed and (isinstance(failed, InvalidInput) or not self._state.n_segments):
            shutil.rmtree(self.partial, ignore_errors=True)  # nothing written, or the same command would fail again
        unlock(self._lock)
        if late and not error:
            raise late

    @property
    def next_input(self) -> int:
        """Row of the source from which to go on."""
        self._settle()
        return self._state.next_input

    @property
    def n_written(self) -> int:
        """Number of examples that are safe on disk."""
        self._settle()
        return self._state.n_examples

    @property
    def n_before(self) -> int:
        """Number of examples of the inputs before `next_input`."""
        return self._n_taken + self._n_pending

    @property
    def notes(self) -> dict[str, Any]:
        """Facts about the run, as JSON, to which callers add; they are stored with every segment."""
        return self._state.notes

    @property
    def is_complete(self) -> bool:
        """Whether only the rename is left: the process died in `publish`."""
        return (self.partial / "study.json").exists()

    def append(self, portion: Chunk) -> None:
        """Take a portion, and write a segment when it is full.

        After an interruption the first portion is the whole one that begins at `next_input`; its examples that are
        written already are not written again.

        Raises
        ------
        StudyError
            If its vectors or columns are not one set for each example.
        """
        portion.check()
        if self._written and self._written.done():
            self._settle()
        if self._state.kept:
            self._check_same(portion)
        self._pending.append(portion)
        if not self._state.segment and len(portion):
            self._state.segment = segment_length(self._pending)
        while self._n_pending >= max(self._state.segment, 1):
            self._flush()

    def examples(self) -> pa.Table:
        """Write all pending examples and return the table of all examples."""
        if not self._state.segment and self._n_pending:
            self._state.segment = segment_length(self._pending)
        while self._pending:
            self._flush()
        self._settle()
        if self._state.kept and self._state.n_examples < len(self._ids):
            raise InvalidInput(self._other_data(self._state.n_examples, None))
        return read_examples(self.partial, self._state.n_segments)

    def finish(
        self,
        examples: pa.Table,
        *,
        classes: Sequence[str] = (),
        title: str | None = None,
        graphs: Mapping[str, ImportedGraph] | None = None,
    ) -> Path:
        """Write the tables and ``study.json``, and publish the study.

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
        if self._addition:
            examples = marked(examples, added_columns(self._addition.study))
        with writes_said(self.partial):
            with replacing(self.partial / "examples.parquet") as file:
                pq.write_table(examples, file, compression="zstd", write_page_checksum=True)
            for number in range(len(self._state.layers)):
                finish_layer(self.partial, self._state, number)
            if not self._state.has_thumbnails:  # a file of none for each segment
                shutil.rmtree(self.partial / "thumbnails", ignore_errors=True)
            given = write_imported(self.partial, graphs or {}, {layer.key.lower() for layer in self._state.layers})
            write_json(self.partial / "study.json", self._manifest(classes, title, given).to_json())
        return self.publish()

    def publish(self) -> Path:
        """Rename a complete study to its final name; it replaces an older one if that was allowed."""
        with writes_said(self.partial):
            return publish(self.path, self._state)

    def _begin(self) -> Checkpoint:
        addition, state = self._addition, None if self._restart else read_checkpoint(self.partial)
        if state:
            state.must_match(self.config, self.partial)
        else:
            shutil.rmtree(self.partial, ignore_errors=True)
            self.partial.mkdir()
            state = reopen(self.partial, addition, self.config) if addition else Checkpoint(config=self.config)
            state.write(self.partial)
        if addition and addition.of_examples and state.n_examples < addition.study.n_examples:
            self._pending.append(addition.tail())
        return state

    def _check_same(self, portion: Chunk) -> None:
        """Refuse a portion whose examples are not those that the study has in the same rows."""
        first = self.n_before
        expected, actual = self._ids[first : first + len(portion)], portion.examples.get("id", ())
        for row, (known, name) in enumerate(zip_longest(expected, actual), first):
            if known != name:
                raise InvalidInput(self._other_data(row, name))

    def _other_data(self, row: int, name: str | None) -> str:
        named = "no example" if row >= len(self._ids) else repr(self._ids[row])
        now = "there is none" if name is None else f"it is {name!r}"
        return f"the data do not give the examples of {self.path} any more: after {row:,} came {named}, and now {now}"

    @cached_property
    def _ids(self) -> list[str]:
        return list(self._addition.study.examples["id"]) if self._addition else []

    @property
    def _n_pending(self) -> int:
        return sum(map(len, self._pending)) - self._state.n_ahead

    def _flush(self) -> None:
        """Start to write one segment, or the last examples, once the segment before it is written."""
        self._settle()
        filled = [portion for portion in self._take() if len(portion)]
        self._written = self._thread.submit(self._write, filled, dict(self._state.notes))

    def _settle(self) -> None:
        """Wait for the segment that is being written; raises its error."""
        if self._written:
            self._written.result()

    def _write(self, portions: Sequence[Chunk], notes: dict[str, Any]) -> None:
        """Write one segment, and then the checkpoint that includes it."""
        with writes_said(self.partial):
            if portions:
                write_segment(self.partial, self._state, portions, self.capacity)
            replace(self._state, notes=notes).write(self.partial)

    def _take(self) -> list[Chunk]:
        """Take the examples of a segment from the pending portions."""
        state, taken, n_free = self._state, [], self._state.segment
        while self._pending:
            portion = self._pending[0]
            taken.append(portion.part(state.n_ahead, state.n_ahead + n_free))
            state.n_ahead += len(taken[-1])
            self._n_taken += len(taken[-1])
            n_free -= len(taken[-1])
            if state.n_ahead < len(portion):
                break
            self._pending.popleft()
            state.end(portion.next_input, portion.skipped, portion.tally)
        return taken

    def _manifest(self, classes: Sequence[str], title: str | None, given: Iterable[LayerEntry]) -> Manifest:
        state, base = self._state, self._addition.study.manifest if self._addition else None
        skipped = Skipped(state.n_skipped, tuple(state.first_skipped))
        layers = (*state.kept, *(layer.entry(state.n_examples) for layer in state.layers), *given)
        return Manifest(
            format=FORMAT,
            topoact=version("topoact"),
            title=title or (base.title if base else None),
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            digest=digest([self.config, [layer.digest for layer in layers]]),
            config_digest=digest(self.config),
            config=self.config,
            n_examples=state.n_examples,
            segment=state.segment,
            has_thumbnails=state.has_thumbnails,
            classes=tuple(classes),
            skipped=base.skipped if base and state.kept else skipped,
            notes={**state.notes, **base.notes} if base and state.kept else state.notes,
            layers=layers,
        )
