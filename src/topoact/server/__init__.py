"""`serve`: the explorer of a study over HTTP, for the browser of this machine."""

from topoact.server.serve import serve

__all__ = ["serve"]
