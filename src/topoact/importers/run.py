"""Other people's results become a study: files of vectors, of graphs, or of both."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from topoact.errors import InvalidInput
from topoact.importers.arrays import UNNAMED, Found, Matrix
from topoact.importers.graphs import layer_names, read_graph
from topoact.importers.opening import open_vectors
from topoact.importers.rows import Rows, count_rows
from topoact.importers.writing import write_study
from topoact.mapper import Progress
from topoact.study import Study


def import_files(
    files: str | Path | Sequence[str | Path],
    out: str | Path,
    *,
    metadata: str | Path | None = None,
    layer_name: str | Sequence[str] | None = None,
    vector_column: Sequence[str] | None = None,
    image: str | None = None,
    label: str | None = None,
    identity: str | None = None,
    overwrite: bool = False,
    restart: bool = False,
    on_progress: Progress | None = None,
) -> Study:
    """Write what others have made, and what is known of it, as a study.

    A file of vectors is never read as a whole. Memory: some thousand rows; the tables of metadata; and what
    `open_npz`, `annotated` and `read_graph` say.

    Parameters
    ----------
    files
        One or several, of the same points. Vectors: ``.npy``, ``.npz``, ``.safetensors``, ``.parquet``, ``.h5ad`` or a
        folder of zarr; each matrix becomes a layer, each array or column with one value a row a column of the examples.
        Graphs: ``.json``; each becomes a layer that is this graph.
    out
        Folder of the study.
    metadata
        A ``.csv`` or ``.parquet`` table with as many rows.
    layer_name
        Names of the layers: of the vectors, then of the graphs. By default those of the arrays, "vectors" where there
        is none, and of the graphs' files, or of their folders if the files are called alike or "output".
    vector_column
        Names of the arrays, tensors or columns that are vectors; all that can be by default.
    image, label, identity
        Columns of the table; "image" (paths relative to the table), "label" and "id" by default, all may be absent.
        Columns `prediction` and `confidence` are taken for what they say.
    overwrite, restart
        Replace a finished study; throw away an unfinished one.
    on_progress
        Called after each portion.

    Returns
    -------
    Study
        The finished study; `topoact.open` opens its folder for graphs.

    Raises
    ------
    InvalidInput
        If a file holds no matrix of finite numbers and no graph, with the name of what is wrong; or if numbers of rows
        differ.
    StudyError
        If something is in the way at `out`.

    Examples
    --------
    >>> import numpy as np
    >>> from topoact.importers import import_files
    >>> np.save("embedding.npy", np.random.default_rng(0).normal(size=(50, 8)))
    >>> import_files("embedding.npy", "runs/embedding", layer_name="embedding")
    <Study embedding: 50 examples, layers embedding>
    """
    paths = [Path(files)] if isinstance(files, str | Path) else [Path(file) for file in files]
    graphs = [path for path in paths if path.suffix == ".json"]
    found = _opened([path for path in paths if path not in graphs], vector_column)
    said = [layer_name] if isinstance(layer_name, str) else layer_name
    names = _checked(said or [*found.layers, *layer_names(graphs)], len(found.layers) + len(graphs))
    table = Path(metadata) if metadata else None
    known = found.n_rows if found.layers else count_rows(table) if table else None
    read = [read_graph(path, known) for path in graphs]
    n_rows = known or max(graph.n_points for graph in read)
    n_layers = len(found.layers)
    return write_study(
        Path(out),
        Rows(n_rows, found.table, table, image=image, label=label, identity=identity),
        layers=dict(zip(names[:n_layers], found.layers.values(), strict=True)),
        graphs={name: graph.of_points(n_rows) for name, graph in zip(names[n_layers:], read, strict=True)},
        data={**_record(paths), "metadata": table and _record([table])},
        overwrite=overwrite,
        restart=restart,
        on_progress=on_progress,
    )


def _opened(paths: Sequence[Path], wanted: Sequence[str] | None) -> Found:
    """Return what files of vectors bring together; of several, one that names no matrix gives it its own name."""
    layers: dict[str, Matrix] = {}
    columns: dict[str, pa.ChunkedArray] = {}
    for path in paths:
        found = open_vectors(path, wanted)
        if layers and found.n_rows != Found(layers).n_rows:
            raise InvalidInput(f"{paths[0]} has {Found(layers).n_rows:,} rows and {path} {found.n_rows:,}")
        alone = len(paths) > 1 and list(found.layers) == [UNNAMED]
        for name, layer in found.layers.items():
            called = path.stem if alone else name
            layers[f"{path.stem}/{called}" if called in layers else called] = layer
        columns |= {name: found.table[name] for name in found.table.column_names} if found.table else {}
    return Found(layers, pa.table(columns) if columns else None)


def _checked(names: Sequence[str], n_layers: int) -> Sequence[str]:
    if len(names) != n_layers:
        raise InvalidInput(f"there are {n_layers} layers and {len(names)} names: say --layer-name once for each")
    if twice := [name for name in names if names.count(name) > 1]:
        raise InvalidInput(f"two layers are called {twice[0]!r}: name each with --layer-name")
    return names


def _record(paths: Sequence[Path]) -> dict[str, Any]:
    """Return what tells whether files are still the same, as JSON."""
    files = [file for path in paths for file in ([path] if path.is_file() else sorted(path.rglob("*")))]
    stats = [file.stat() for file in files if file.is_file()]
    return {
        "path": ", ".join(str(path.resolve()) for path in paths),
        "bytes": sum(stat.st_size for stat in stats),
        "modified_ns": max((stat.st_mtime_ns for stat in stats), default=0),
    }
