"""Whatever stops the writing, what is on disk is whole, and going on gives the same bytes."""

import errno
import threading
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import filelock
import numpy as np
import pytest

from topoact.errors import InvalidInput, StudyError
from topoact.study import Chunk, Points, StudyWriter, open_study
from topoact.study.checkpoint import Checkpoint
from topoact.study.segments import segment_length, write_segment

from .conftest import BATCH, CONFIG, N_EXAMPLES, VECTORS, portions, vectors, write


def contents(path: Path) -> dict[str, bytes]:
    """Return the bytes of all files but ``study.json``, which holds the time."""
    files = (file for file in path.rglob("*") if file.is_file() and file.name != "study.json")
    return {str(file.relative_to(path)): file.read_bytes() for file in files}


def begin(path: Path, n_portions: int) -> None:
    """Write some portions and fall over."""
    with suppress(ZeroDivisionError), StudyWriter(path, CONFIG, capacity=N_EXAMPLES + 5) as writer:
        for portion in islice(portions(), n_portions):
            writer.append(portion)
        raise ZeroDivisionError


@pytest.mark.parametrize("n_portions", [0, 1, 2, 3, 6])
def test_a_resumed_study_equals_an_uninterrupted_one(tmp_path: Path, n_portions: int) -> None:
    begin(tmp_path / "a", n_portions)
    assert not (tmp_path / "a").exists()
    write(tmp_path / "a")
    write(tmp_path / "b")
    assert contents(tmp_path / "a") == contents(tmp_path / "b")
    assert open_study(tmp_path / "a").digest == open_study(tmp_path / "b").digest


def test_only_whole_segments_count(tmp_path: Path) -> None:
    begin(tmp_path / "a", 3)
    with StudyWriter(tmp_path / "a", CONFIG, capacity=N_EXAMPLES + 5) as writer:
        assert writer.n_written == writer.next_input == 8


@pytest.mark.parametrize("file", ["study.json", "examples.parquet"])
def test_dying_while_finishing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("topoact.study.writer.StudyWriter.publish", lambda self: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            write(tmp_path / "a")
    if file == "examples.parquet":
        (tmp_path / "a.partial" / "study.json").unlink()
    with StudyWriter(tmp_path / "a", CONFIG, capacity=N_EXAMPLES + 5) as writer:
        assert writer.is_complete == (file == "study.json")
        writer.publish() if writer.is_complete else writer.finish(writer.examples())
    assert open_study(tmp_path / "a").layer(0).n_points == len(VECTORS["conv@random"])


UNEVEN = (3, 0, 5, 19, 1, 0, 2)
"""Examples that come of each of seven inputs, e.g. words of texts."""


def uneven(start: int = 0) -> Iterator[Chunk]:
    for number in range(start, len(UNEVEN)):
        first, stop = sum(UNEVEN[:number]), sum(UNEVEN[: number + 1])
        block = vectors(stop, 1, 2, 3)[first:]
        nowhere = np.full((len(block), 1), -1, np.int32)
        columns = {"id": [str(i) for i in range(first, stop)], "sentence": [f"input {number}"] * len(block)}
        layers = {"embedding": Points("embedding", "words", None, block, nowhere, nowhere)}
        skipped = [f"input {number}"] if not len(block) else []
        yield Chunk(columns, layers, [None] * len(block), number + 1, skipped, {"truncated": number})


def write_uneven(path: Path, n_portions: int = len(UNEVEN)) -> None:
    with StudyWriter(path, CONFIG, capacity=100) as writer:
        for portion in islice(uneven(writer.next_input), n_portions):
            writer.append(portion)
        if n_portions < len(UNEVEN):
            raise ZeroDivisionError
        writer.finish(writer.examples())


@pytest.mark.parametrize("n_portions", range(len(UNEVEN)))
def test_portions_need_not_fill_segments(tmp_path: Path, n_portions: int) -> None:
    with suppress(ZeroDivisionError):
        write_uneven(tmp_path / "a", n_portions)
    write_uneven(tmp_path / "a")
    write_uneven(tmp_path / "b")
    assert contents(tmp_path / "a") == contents(tmp_path / "b")
    study = open_study(tmp_path / "a")
    np.testing.assert_array_equal(study.layer(0).vectors(), vectors(sum(UNEVEN), 1, 2, 3)[:, 0])
    assert study.examples["sentence"].tolist() == [f"input {i}" for i, n in enumerate(UNEVEN) for _ in range(n)]
    assert study.manifest.skipped.first == ("input 1", "input 5")
    assert study.manifest.notes == {"truncated": sum(range(len(UNEVEN)))}
    assert study.manifest.segment == 6


def test_another_config_is_not_resumed(tmp_path: Path) -> None:
    begin(tmp_path / "a", 3)
    with (
        pytest.raises(StudyError, match=r"begun with another seed \(seed was 0, is 1\).*--restart"),
        StudyWriter(tmp_path / "a", {"model": None, "seed": 1}, capacity=9),
    ):
        pass
    with StudyWriter(tmp_path / "a", {"model": None, "seed": 1}, capacity=9, restart=True) as writer:
        assert writer.n_written == 0


def test_a_damaged_checkpoint(tmp_path: Path) -> None:
    begin(tmp_path / "a", 3)
    (tmp_path / "a.partial" / "checkpoint.json").write_text("{")
    with pytest.raises(StudyError, match="cannot be resumed: throw it away with --restart"):
        write(tmp_path / "a")
    write(tmp_path / "a", restart=True)


def test_nothing_is_written_through_a_link(tmp_path: Path) -> None:
    begin(tmp_path / "a", 3)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "a.partial" / "points").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StudyError, match="is a link, through which nothing is written"):
        write(tmp_path / "a")
    write(tmp_path / "a", restart=True)
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_a_finished_study_is_not_overwritten_unasked(tmp_path: Path) -> None:
    first = open_study(write(tmp_path / "a"))
    with pytest.raises(StudyError, match="exists already: choose another name with -o, or replace it with --overwrite"):
        write(tmp_path / "a")
    second = open_study(write(tmp_path / "a", overwrite=True))
    assert first.digest == second.digest
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a"]


def test_a_folder_that_is_no_study_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "thesis").mkdir()
    with pytest.raises(StudyError, match="exists and is not a study: choose another name"):
        write(tmp_path / "thesis", overwrite=True)


def test_two_processes_do_not_write_one_study(tmp_path: Path) -> None:
    with filelock.FileLock(tmp_path / "a.lock"), pytest.raises(StudyError, match="another process is writing"):
        write(tmp_path / "a")


def test_bad_input_leaves_nothing_behind(tmp_path: Path) -> None:
    with suppress(InvalidInput), StudyWriter(tmp_path / "a", CONFIG, capacity=9) as writer:
        writer.append(next(portions()))
        raise InvalidInput
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("n_bytes", "segment"), [(0, 256), (2**20, 256), (8 * 2**20, 128), (64 * 2**20, 16), (2**40, 4)]
)
def test_a_segment_takes_whole_portions_and_bounded_memory(
    monkeypatch: pytest.MonkeyPatch, n_bytes: int, segment: int
) -> None:
    monkeypatch.setattr("topoact.study.segments.MAX_SEGMENT_EXAMPLES", 256)
    points = SimpleNamespace(vectors=SimpleNamespace(nbytes=n_bytes))
    assert segment_length([Chunk({}, {"conv": points}, [None] * 4, 4)]) == segment  # type: ignore[dict-item]


def test_a_segment_is_written_while_the_next_is_made_and_no_further(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate, began = threading.Event(), threading.Event()

    def write_late(*given: Any) -> None:
        began.set()
        assert gate.wait(60)
        write_segment(*given)

    monkeypatch.setattr("topoact.study.writer.write_segment", write_late)
    with StudyWriter(tmp_path / "a", CONFIG, capacity=N_EXAMPLES + 5) as writer:
        first, second, third, fourth, *rest = portions()
        for portion in (first, second, third):
            writer.append(portion)
        assert began.wait(60)
        assert not gate.is_set()
        threading.Timer(0.1, gate.set).start()
        writer.append(fourth)
        assert gate.is_set()
        for portion in rest:
            writer.append(portion)
        writer.finish(writer.examples(), classes=("cat", "dog"))
    monkeypatch.undo()
    assert open_study(tmp_path / "a").layer("conv@all").vectors().tobytes() == VECTORS["conv@all"].tobytes()


def test_what_goes_wrong_at_last_is_said_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def mixed(*_: object) -> None:
        raise InvalidInput("column 'label' mixes int and str")

    monkeypatch.setattr("topoact.study.segments.MAX_SEGMENT_EXAMPLES", BATCH)
    monkeypatch.setattr("topoact.study.writer.write_segment", mixed)
    with (
        pytest.raises(InvalidInput, match="column 'label' mixes"),
        StudyWriter(tmp_path / "a", CONFIG, capacity=N_EXAMPLES) as writer,
    ):
        writer.append(next(portions()))
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_said_and_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begin(tmp_path / "a", 3)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Checkpoint, "write", full)
        with pytest.raises(StudyError, match="the disk is full: free some space and run the same command again"):
            write(tmp_path / "a")
    write(tmp_path / "a")
    write(tmp_path / "b")
    assert contents(tmp_path / "a") == contents(tmp_path / "b")
