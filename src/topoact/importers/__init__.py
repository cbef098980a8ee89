"""`import_files`: studies from the vectors and graphs of other programs; `add_columns`: more columns for a study."""

from topoact.importers.columns import AddedColumns, add_columns
from topoact.importers.run import import_files

__all__ = ["AddedColumns", "add_columns", "import_files"]
