"""Other people's results, vectors and graphs, become studies."""

from topoact.importers.run import import_files

__all__ = ["import_files"]
