"""Values of options as they are typed: lists of names and numbers, in text or in a file."""

from pathlib import Path

from topoact.errors import InvalidInput
from topoact.extract.policies import POLICIES


def split(text: str) -> tuple[str, ...]:
    """Return the parts of a comma-separated list, without blanks and empty ones."""
    return tuple(part.strip() for part in text.split(",") if part.strip())


def parse_policies(text: str) -> tuple[str, ...]:
    """Return the policies in a comma-separated list, each once.

    Raises
    ------
    InvalidInput
        If there is an unknown one, or none.
    """
    names = tuple(dict.fromkeys(split(text)))
    unknown = [name for name in names if name not in POLICIES] or ([] if names else [text])
    if unknown:
        raise InvalidInput(f"there is no policy {unknown[0]!r}: choose from {', '.join(POLICIES)}")
    return names


def parse_numbers(text: str | None, option: str) -> tuple[float, ...] | None:
    """Return the numbers of a comma-separated list, or None for None."""
    if text is None:
        return None
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError:
        raise InvalidInput(f"{option} needs numbers separated by commas: got {text!r}") from None


def parse_names(text: str | None) -> tuple[str, ...] | None:
    """Return the names in a comma-separated list, or in a file with one a line; None for None."""
    if text is None:
        return None
    if "," not in text and Path(text).is_file():
        return tuple(line.strip() for line in Path(text).read_text("utf-8").splitlines() if line.strip())
    if "," not in text:
        raise InvalidInput(f"--classes needs names separated by commas, or a file with one a line: got {text!r}")
    return split(text)
