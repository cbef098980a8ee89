"""The public names: those that the pages of docs/api list."""

import re
from importlib import import_module
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parents[2]
PAGES: Final = sorted((ROOT / "docs" / "api").glob("*.md"))
DIRECTIVE: Final = re.compile(r"^\.\. auto(?:class|function|exception|data):: ([\w.]+)((?:\n   :.*)*)$", re.MULTILINE)
LISTED: Final = [found for page in PAGES for found in DIRECTIVE.findall(page.read_text("utf-8"))]
OPTIONS: Final = dict(LISTED)
NAMES: Final = list(OPTIONS)
DATA: Final = [name for name in NAMES if ":no-value:" in OPTIONS[name]]
CODE: Final = [name for name in NAMES if name not in DATA]


def found(name: str) -> Any:
    """Return the object of a dotted name."""
    module, attributes = name, []
    while True:
        try:
            thing: Any = import_module(module)
            break
        except ModuleNotFoundError:
            module, _, last = module.rpartition(".")
            attributes.insert(0, last)
    for attribute in attributes:
        thing = getattr(thing, attribute)
    return thing
