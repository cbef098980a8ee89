"""`Registry`: named extension points, filled by this package and by the entry points of installed packages."""

import logging
from collections.abc import Iterator, Mapping
from importlib.metadata import EntryPoint, entry_points
from typing import Generic, TypeVar

from topoact.errors import InvalidInput

Entry = TypeVar("Entry")

logger = logging.getLogger(__name__)


class Registry(Mapping[str, Entry], Generic[Entry]):
    """Entries by name; those of other packages are loaded when they are first used.

    Parameters
    ----------
    group
        Entry-point group in which other packages offer entries, such as ``"topoact.lenses"``.
    kind
        The class that every entry must be an instance of.
    builtin
        The entries of this package. No other package can replace them.

    Examples
    --------
    >>> from topoact.registry import Registry
    >>> greetings = Registry("my_package.greetings", str, {"hello": "Hello!"})
    >>> greetings.register("bye", "Goodbye.")
    >>> list(greetings), greetings["bye"]
    (['hello', 'bye'], 'Goodbye.')
    """

    def __init__(self, group: str, kind: type[Entry], builtin: Mapping[str, Entry]) -> None:
        self.group, self._kind = group, kind
        self._entries: dict[str, Entry | EntryPoint | InvalidInput] = dict(builtin)
        self._releases: dict[str, str] = {}
        self._is_searched = False

    def register(self, name: str, entry: Entry) -> None:
        """Add an entry for this process, from a notebook or a script.

        Parameters
        ----------
        name
            A name that is not taken.
        entry
            An instance of the registry's class.

        Raises
        ------
        InvalidInput
            If the name is taken, or the entry is of another class.
        """
        if name in self._all():
            raise InvalidInput(f"{self.group} has an entry {name!r} already: choose another name")
        self._entries[name] = self._checked(name, entry)

    def unregister(self, name: str) -> None:
        """Remove an entry; raises `KeyError` if there is none.

        Parameters
        ----------
        name
            The name under which it was registered.
        """
        del self._entries[name]

    def release(self, name: str) -> str | None:
        """Return which package offers an entry, with its version: results of another version may differ.

        Parameters
        ----------
        name
            Name of an entry.

        Returns
        -------
        str or None
            Such as ``"my-lenses 1.2"``; None for entries of this package, of this process, and for unknown names.
        """
        return self._releases.get(name) if name in self._all() else None

    def usable(self) -> Iterator[tuple[str, Entry]]:
        """Yield names and entries for menus; one that cannot be loaded is left out with a warning in the log."""
        for name, entry in list(self._all().items()):
            try:
                yield name, self[name]
            except InvalidInput as error:
                if entry is not error:
                    logger.warning("%s", error)

    def __getitem__(self, name: str) -> Entry:
        """Return an entry, loading it if another package offers it.

        Raises
        ------
        KeyError
            If there is none of that name.
        InvalidInput
            If the package that offers it cannot be loaded, or offers something else.
        """
        entry = self._all()[name]
        if isinstance(entry, EntryPoint):
            try:
                entry = self._loaded(name, entry)
            except InvalidInput as error:
                entry = error
            self._entries[name] = entry
        if isinstance(entry, InvalidInput):
            raise entry
        return entry

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())

    def _loaded(self, name: str, point: EntryPoint) -> Entry:
        try:
            return self._checked(name, point.load())
        except InvalidInput:
            raise
        except Exception as error:
            raise InvalidInput(
                f"{point.value}, which a package offers as {name!r} of {self.group}, cannot be loaded:"
                f" {type(error).__name__}: {error}"
            ) from error

    def _all(self) -> dict[str, Entry | EntryPoint | InvalidInput]:
        """Return all entries; the first call searches the installed packages."""
        if not self._is_searched:
            self._is_searched = True
            for point in entry_points(group=self.group):
                if point.name in self._entries:
                    logger.warning(
                        "%s: %r of %s is disregarded, the name is taken", self.group, point.name, point.value
                    )
                else:
                    self._entries[point.name] = point
                    if point.dist is not None:
                        self._releases[point.name] = f"{point.dist.name} {point.dist.version}"
        return self._entries

    def _checked(self, name: str, entry: object) -> Entry:
        if not isinstance(entry, self._kind):
            raise InvalidInput(
                f"{name!r} of {self.group} must be a {self._kind.__name__}: got a {type(entry).__name__}"
            )
        return entry
