"""`import_files`: studies from the vectors and graphs of other programs."""

from topoact.importers.run import import_files

__all__ = ["import_files"]
