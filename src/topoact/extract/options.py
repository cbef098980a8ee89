"""Parsers of command-line options: lists of names and numbers, policies, shapes and preprocessing."""

from pathlib import Path

from topoact.errors import InvalidInput
from topoact.extract.policies import POLICIES, is_policy
from topoact.extract.texts.pieces import TEXT_POLICIES, WORD_POLICIES
from topoact.networks.preprocessing import Preprocessing


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
    text_policies = (*TEXT_POLICIES, *WORD_POLICIES)
    unknown = [name for name in names if not is_policy(name) and name not in text_policies] or ([] if names else [text])
    if unknown:
        known = f"choose from {', '.join(POLICIES)}, for texts from {', '.join(text_policies)}"
        raise InvalidInput(f"there is no policy {unknown[0]!r}: {known}")
    return names


def parse_numbers(text: str | None, option: str) -> tuple[float, ...] | None:
    """Return the numbers of a comma-separated list, or None for None."""
    if text is None:
        return None
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError:
        raise InvalidInput(f"{option} needs numbers separated by commas: got {text!r}") from None


def parse_shape(text: str | None) -> tuple[int, ...] | None:
    """Return the shape of one input, whole numbers separated by commas, or None for None."""
    if text is None:
        return None
    if not all(part.isdecimal() and int(part) for part in split(text)) or not split(text):
        raise InvalidInput(f"--shape needs positive whole numbers separated by commas, as 3,224,224: got {text!r}")
    return tuple(int(part) for part in split(text))


def parse_preprocessing(
    size: int | None, mean: str | None, std: str | None, transform: str | None
) -> Preprocessing | None:
    """Return the preprocessing that the user names, or None."""
    if size is None and mean is std is transform is None:
        return None
    return Preprocessing(size, parse_numbers(mean, "--mean"), parse_numbers(std, "--std"), transform)


def parse_names(text: str | None) -> tuple[str, ...] | None:
    """Return the names in a comma-separated list, or in a file with one a line; None for None."""
    if text is None:
        return None
    if "," not in text and Path(text).is_file():
        return tuple(line.strip() for line in Path(text).read_text("utf-8").splitlines() if line.strip())
    if "," not in text:
        raise InvalidInput(f"--classes needs names separated by commas, or a file with one a line: got {text!r}")
    return split(text)
