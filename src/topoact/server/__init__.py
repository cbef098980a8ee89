"""Thin HTTP over the workbench, for this machine's browser alone."""

from topoact.server.serve import serve

__all__ = ["serve"]
