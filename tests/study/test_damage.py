"""A study that cannot be used says so in one sentence that names the file."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from topoact.errors import StudyError
from topoact.study import Study, open_study


def _edit(**changes: object) -> Callable[[Path], None]:
    def edit(path: Path) -> None:
        file = path / "study.json"
        record = json.loads(file.read_text()) | changes
        file.write_text(json.dumps({k: v for k, v in record.items() if v is not ...}))

    return edit


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        pytest.param(shutil.rmtree, "there is no study at", id="missing"),
        pytest.param(lambda p: (p / "study.json").unlink(), "has no study.json", id="not a study"),
        pytest.param(lambda p: (p / "study.json").write_text("{"), "study.json cannot be read", id="truncated"),
        pytest.param(lambda p: (p / "study.json").write_text("[]"), "no format version", id="other JSON"),
        pytest.param(_edit(format=2), "reads up to format 1: upgrade", id="newer"),
        pytest.param(_edit(layers=...), "no field 'layers'", id="field missing"),
        pytest.param(_edit(layers=[1]), "of the wrong kind", id="field wrong"),
        pytest.param(lambda p: (p / "examples.parquet").unlink(), "examples.parquet .*is missing", id="no examples"),
        pytest.param(lambda p: (p / "points" / "conv@all.parquet").unlink(), "points/conv@all", id="no points"),
        pytest.param(lambda p: (p / "activations.zarr/conv@all/c/1/0").unlink(), "conv@all/c/1/0", id="no chunk"),
        pytest.param(lambda p: (p / "thumbnails" / "00002.arrow").unlink(), "thumbnails/00002", id="no thumbnails"),
    ],
)
def test_opening(study: Study, damage: Callable[[Path], None], sentence: str) -> None:
    damage(study.path)
    with pytest.raises(StudyError, match=sentence):
        open_study(study.path)


@pytest.mark.parametrize(
    ("name", "read"),
    [
        pytest.param("examples.parquet", lambda s: s.examples, id="examples"),
        pytest.param("points/conv@all.parquet", lambda s: s.layer("conv@all").points, id="points"),
        pytest.param("activations.zarr/conv@all/c/1/0", lambda s: s.layer("conv@all").vectors(), id="vectors"),
        pytest.param("activations.zarr/conv@all/zarr.json", lambda s: s.layer("conv@all").vectors(), id="array"),
        pytest.param("thumbnails/00000.arrow", lambda s: s.thumbnail(0), id="thumbnails"),
    ],
)
def test_reading_a_truncated_file(study: Study, name: str, read: Callable[[Study], object]) -> None:
    file = study.path / name
    file.write_bytes(file.read_bytes()[:20])
    with pytest.raises(StudyError, match=f"is damaged: {name.split('/', maxsplit=1)[0]}"):
        read(open_study(study.path))


def test_an_unfinished_study_says_how_to_go_on(tmp_path: Path) -> None:
    (tmp_path / "runs.partial").mkdir()
    for name in ("runs", "runs.partial"):
        with pytest.raises(StudyError, match="is not finished: run the command that began it once more"):
            open_study(tmp_path / name)
