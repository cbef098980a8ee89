"""`open_source`: from what the user names as data to a source of inputs."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from topoact.errors import InvalidInput
from topoact.inputs.records import Source
from topoact.inputs.sources import DatasetSource, ImageFolder
from topoact.networks.specs import call, code_digest, load_object, located

if TYPE_CHECKING:
    from topoact.inputs.texts.source import TextSource


def open_source(
    spec: str,
    *,
    image: str | None = None,
    text: str | None = None,
    label: str | None = None,
    identity: str | None = None,
    columns: Sequence[str] | None = None,
) -> "Source | TextSource":
    """Open what the user named as data.

    Parameters
    ----------
    spec
        A folder of images or of ``.txt`` files, a ``.parquet`` or ``.csv`` table of either, a ``.jsonl`` table of
        texts, a ``.conllu`` file, ``.tar`` files of samples (one, a folder or a pattern),
        ``torchvision-data:NAME/SPLIT``, ``hf-data:NAME@SPLIT``, or ``file.py:callable`` that returns a torch Dataset.
    image, text, label, identity
        Columns of a table; "image" or "text", "label" and "id" by default, the last two may be absent then.
    columns
        Keys of comments of a ``.conllu`` file to keep.

    Returns
    -------
    Source or TextSource
        The inputs in a fixed order; they are read when `extract` asks for them.

    Raises
    ------
    InvalidInput
        If there is nothing there, no image, no text, or no such column.

    Examples
    --------
    >>> from topoact.extract import open_source
    >>> len(open_source("photos"))
    120
    """
    from topoact.inputs import hf_datasets, torchvision_datasets
    from topoact.inputs.tables import Table
    from topoact.inputs.tars import TarSamples, tar_files
    from topoact.inputs.texts.opening import open_texts

    path = Path(spec)
    if spec.startswith((torchvision_datasets.PREFIX, hf_datasets.PREFIX)):
        is_named = spec.startswith(torchvision_datasets.PREFIX)
        wanted = {"image": image, "text": text, "label": label, "identity": identity}
        return (
            torchvision_datasets.open_torchvision_dataset(spec)
            if is_named
            else hf_datasets.open_hf_dataset(spec, **wanted)
        )
    if (tars := tar_files(spec)) is not None:
        return TarSamples(tars)
    if texts := open_texts(path, text=text, image=image, label=label, identity=identity, columns=columns):
        return texts
    if path.is_dir():
        return ImageFolder(path)
    if path.suffix.lower() in {".parquet", ".pq", ".csv", ".tsv"}:
        return Table(path, image=image, label=label, identity=identity)
    if ":" in spec:
        dataset = call(load_object(spec, kind="dataset"), spec=spec, kind="dataset")
        return DatasetSource(dataset, record={"kind": "dataset", "spec": located(spec), "code": code_digest(spec)})
    if path.exists():
        raise InvalidInput(
            f"{path} is neither a folder of images, nor a .parquet or .csv table, nor a .tar file, nor file.py:callable"
        )
    raise InvalidInput(f"there is no data at {path}")
