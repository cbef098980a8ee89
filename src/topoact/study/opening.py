"""`open_study`: the study in a folder, once all of its files are known to exist."""

from collections.abc import Iterator
from pathlib import Path

from topoact.errors import StudyError
from topoact.study.checked import Damaged, read_json
from topoact.study.files import inside
from topoact.study.imported import FILES
from topoact.study.manifest import Manifest, read_manifest
from topoact.study.reader import Study
from topoact.study.vectors import ARRAYS


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
    folders = set[Path]()
    for name in study_files(study.manifest):
        folder = Path(name).parent
        if folder not in folders or (path / name).is_symlink():
            inside(path, *Path(name).parts)
            folders.add(folder)
        if not (path / name).is_file():
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
        return read_manifest(read_json(inside(path, file.name)))
    except Damaged as error:
        if not file.exists():
            raise StudyError(f"{path} is not a study: it has no study.json") from None
        raise StudyError(f"the study {path} is damaged: study.json cannot be read: {error}") from None
    except StudyError as error:
        raise StudyError(f"{path}: {error}") from None


def study_files(manifest: Manifest) -> Iterator[str]:
    """Yield the names of all files of a finished study; there may be more than a list holds."""
    n_segments = -(-manifest.n_examples // manifest.segment)
    yield "examples.parquet"
    for layer in manifest.layers:
        yield f"points/{layer.key}.parquet"
        if not layer.has_vectors:
            yield from (f"given/{layer.key}/{name}" for name in FILES)
            continue
        yield f"{ARRAYS}/{layer.key}/zarr.json"
        yield from (f"{ARRAYS}/{layer.key}/c/{chunk}/0" for chunk in range(n_segments))
    if manifest.has_thumbnails:
        yield from (f"thumbnails/{part:05d}.arrow" for part in range(n_segments))
