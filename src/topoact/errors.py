"""`TopoActError` and its subclasses: every exception that TopoAct raises on purpose.

Each subclasses the built-in that a caller would expect, carries one sentence that names the value, the rule and the
remedy, and is what the command line prints without a traceback.
"""


class TopoActError(Exception):
    """Base of all errors raised on purpose; its message is fit to be shown to a person as it is."""


class InvalidInput(TopoActError, ValueError):
    """A value, a file or a combination of options that cannot be used."""


class UnknownName(InvalidInput):
    """A layer, lens, column or class that does not exist; the message lists the nearest names."""


class ModelError(TopoActError, RuntimeError):
    """A network that cannot be loaded, run or hooked."""


class StudyError(TopoActError, RuntimeError):
    """A study on disk that is missing, damaged, locked, newer than this version, or in the way."""


class Cancelled(TopoActError):
    """Long work that was asked to stop, and did."""
