"""`import_files`: studies from the vectors and graphs of other programs."""

from topoact.extract.imports.run import import_files

__all__ = ["import_files"]
