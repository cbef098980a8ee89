"""Other people's results, vectors and graphs, become studies."""

from topoact.extract.imports.run import import_files

__all__ = ["import_files"]
