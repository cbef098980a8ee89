"""`TopoActError` and its subclasses: every exception that TopoAct raises on purpose.

Each subclasses the built-in that a caller would expect, carries one sentence that names the value, the rule and the
remedy, and is what the command line prints without a traceback.
"""


class TopoActError(Exception):
    """Base of all errors raised on purpose; its message is fit to be shown to a person as it is.

    Examples
    --------
    >>> import topoact
    >>> from topoact.errors import TopoActError
    >>> try:
    ...     topoact.QuantileCover(overlap=1.5)
    ... except TopoActError as error:
    ...     print(error)
    overlap must be in [0, 1): got 1.5
    """


class InvalidInput(TopoActError, ValueError):
    """A value, a file or a combination of options that cannot be used.

    Examples
    --------
    >>> import topoact
    >>> topoact.UniformCover(n_intervals=0)
    Traceback (most recent call last):
        ...
    topoact.errors.InvalidInput: n_intervals must be a whole number, at least 1: got 0
    """


class UnknownName(InvalidInput):
    """A layer, lens, column or class that does not exist; the message lists the nearest names.

    Examples
    --------
    >>> import topoact
    >>> topoact.Mapper(lens="l2norm").fit([[0.0]] * 9)
    Traceback (most recent call last):
        ...
    topoact.errors.UnknownName: unknown lens 'l2norm': choose l2, l1, linf, l<p>, max, pca:<i>, ...
    """


class UntrustedCode(InvalidInput):
    """Code that a study names, and that nobody on this machine agreed to run; the message has its place and digest.

    Examples
    --------
    >>> import topoact
    >>> from topoact.errors import UntrustedCode
    >>> issubclass(UntrustedCode, topoact.errors.InvalidInput)
    True
    """


class ModelError(TopoActError, RuntimeError):
    """A network that cannot be loaded, run or hooked.

    Examples
    --------
    >>> from topoact.extract import load_network
    >>> load_network("nowhere.py:network")
    Traceback (most recent call last):
        ...
    topoact.errors.ModelError: ...
    """


class StudyError(TopoActError, RuntimeError):
    """A study on disk that is missing, damaged, locked, newer than this version, or in the way.

    Examples
    --------
    >>> import topoact
    >>> topoact.open("runs/missing")
    Traceback (most recent call last):
        ...
    topoact.errors.StudyError: there is no study at runs/missing
    """


class WriteError(StudyError, OSError):
    """A file that cannot be written: the disk is full, or its folder may only be read.

    Examples
    --------
    >>> import topoact
    >>> from topoact.errors import WriteError
    >>> try:
    ...     graph = topoact.open("runs/digits").layer("pixels").map(n_intervals=7)
    ... except WriteError as error:
    ...     print(error)
    """


class Cancelled(TopoActError):
    """Long work that was asked to stop, and did.

    A function given as ``progress=`` raises it to stop the work.

    Examples
    --------
    >>> import numpy as np, topoact
    >>> from topoact.errors import Cancelled
    >>> def stop(stage, done, total):
    ...     raise Cancelled(f"stopped while {stage}")
    >>> cloud = np.random.default_rng(0).normal(size=(50, 2))
    >>> topoact.Mapper(clusterer=topoact.Modes()).fit(cloud, progress=stop)
    Traceback (most recent call last):
        ...
    topoact.errors.Cancelled: stopped while measuring distances
    """
