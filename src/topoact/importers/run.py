"""`import_files`: a study from files of vectors, of graphs, or of both, that other programs wrote."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from topoact.errors import InvalidInput
from topoact.importers.arrays import UNNAMED, Matrix, VectorData
from topoact.importers.graphs import layer_names, read_graph
from topoact.importers.metadata import read_metadata
from topoact.importers.opening import open_vectors
from topoact.importers.rows import Rows
from topoact.importers.writing import write_study
from topoact.inputs.csv_files import TableOptions
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
    tables: TableOptions | None = None,
    skip_nonfinite: bool = False,
    overwrite: bool = False,
    restart: bool = False,
    on_progress: Progress | None = None,
) -> Study:
    """Write vectors, graphs and metadata from files as a study.

    A file of vectors is never read as a whole. Memory: some thousand rows; the tables of metadata; and what
    `open_npz`, `annotated` and `read_graph` state.

    Parameters
    ----------
    files
        One or several, of the same points. Vectors: ``.npy``, ``.npz``, ``.safetensors``, ``.parquet``, ``.h5ad`` or a
        folder of zarr; each matrix becomes a layer, each array or column with one value a row a column of the examples.
        Graphs: ``.json``; each becomes a layer that is this graph.
    out
        Folder of the study.
    metadata
        A table with as many rows; see `read_metadata`.
    layer_name
        Names of the layers: of the vectors, then of the graphs. By default those of the arrays, "vectors" where there
        is none, and of the graphs' files, or of their folders if the files are called alike or "output".
    vector_column
        Names of the arrays, tensors or columns that are vectors; all that can be by default.
    image, label, identity
        Columns of the table; "image" (paths relative to the table), "label" and "id" by default, all may be absent.
        Columns `prediction` and `confidence` are taken as those of a classifier.
    tables
        How the table is read, where its content is not to say it, and which labels mean that there is none.
    skip_nonfinite
        Leave out the rows whose vectors hold NaN or infinity in any layer, and count them.
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
    graph_files = [path for path in paths if path.suffix.lower() == ".json"]
    options = tables or TableOptions()
    vectors = _read_vectors([path for path in paths if path not in graph_files], vector_column)
    names = _layer_names(layer_name, vectors, graph_files)
    table = read_metadata(Path(metadata), options, label=label, identity=identity) if metadata else None
    n_known = vectors.n_rows if vectors.layers else len(table.table) if table else None
    graphs = [read_graph(path, n_known) for path in graph_files]
    if graphs and skip_nonfinite:
        raise InvalidInput("--skip-nonfinite leaves out rows, and a graph has a point for each: import them apart")
    n_rows = n_known or max(graph.n_points for graph in graphs)
    n_vector_layers = len(vectors.layers)
    roles = {"image": image, "label": label, "identity": identity}
    return write_study(
        Path(out),
        Rows(n_rows, vectors.table, table, **roles, missing=options.missing),
        layers=dict(zip(names[:n_vector_layers], vectors.layers.values(), strict=True)),
        graphs={name: graph.of_points(n_rows) for name, graph in zip(names[n_vector_layers:], graphs, strict=True)},
        data={**_record(paths), "metadata": table and {**_record([table.path]), **table.record}, **_said(options)},
        skip_nonfinite=skip_nonfinite,
        overwrite=overwrite,
        restart=restart,
        on_progress=on_progress,
    )


def _said(options: TableOptions) -> dict[str, Any]:
    return {"missing": sorted(options.missing)} if options.missing else {}


def _read_vectors(paths: Sequence[Path], wanted: Sequence[str] | None) -> VectorData:
    """Return the layers and columns of all files together; of several, one that names no matrix gives its own name.

    Raises
    ------
    InvalidInput
        If a file cannot be read, or two have different numbers of rows.
    """
    layers: dict[str, Matrix] = {}
    columns: dict[str, pa.ChunkedArray] = {}
    for path in paths:
        data = open_vectors(path, wanted)
        if layers and data.n_rows != (n_rows := VectorData(layers).n_rows):
            raise InvalidInput(f"{paths[0]} has {n_rows:,} rows and {path} {data.n_rows:,}")
        is_unnamed = len(paths) > 1 and list(data.layers) == [UNNAMED]
        for own_name, layer in data.layers.items():
            name = path.stem if is_unnamed else own_name
            layers[f"{path.stem}/{name}" if name in layers else name] = layer
        columns |= {name: data.table[name] for name in data.table.column_names} if data.table else {}
    return VectorData(layers, pa.table(columns) if columns else None)


def _layer_names(given: str | Sequence[str] | None, vectors: VectorData, graph_files: Sequence[Path]) -> Sequence[str]:
    """Return the names that the user gives the layers, or those of the arrays and graph files.

    Raises
    ------
    InvalidInput
        If there are not as many names as layers, or two are equal.
    """
    n_layers = len(vectors.layers) + len(graph_files)
    names = [given] if isinstance(given, str) else given
    names = names or [*vectors.layers, *layer_names(graph_files)]
    if len(names) != n_layers:
        raise InvalidInput(f"there are {n_layers} layers and {len(names)} names: say --layer-name once for each")
    if twice := [name for name in names if names.count(name) > 1]:
        raise InvalidInput(f"two layers are called {twice[0]!r}: name each with --layer-name")
    return names


def _record(paths: Sequence[Path]) -> dict[str, Any]:
    """Return the path, size and time of files, by which a change is noticed, as JSON."""
    files = [file for path in paths for file in ([path] if path.is_file() else sorted(path.rglob("*")))]
    stats = [file.stat() for file in files if file.is_file()]
    return {
        "path": ", ".join(str(path.resolve()) for path in paths),
        "bytes": sum(stat.st_size for stat in stats),
        "modified_ns": max((stat.st_mtime_ns for stat in stats), default=0),
    }
