"""The command line: parse, call a use case, print."""

from topoact.cli.commands import app, main

__all__ = ["app", "main"]
