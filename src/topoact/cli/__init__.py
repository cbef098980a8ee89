"""The command line: parse options, call the library, print the result."""

from topoact.cli.commands import app, main

__all__ = ["app", "main"]
