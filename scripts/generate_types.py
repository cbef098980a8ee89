"""Write the TypeScript types of the wire from ``topoact.wire``; with ``--check`` only say whether they are stale.

Needs Node and an installed ``frontend/`` (``npm ci``). The schema is made by pydantic, the types by
json-schema-to-typescript.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from pydantic.json_schema import models_json_schema

from topoact.wire import MESSAGES

FRONTEND = Path(__file__).resolve().parent.parent / "frontend"
TARGET = FRONTEND / "src" / "api" / "types.ts"
BANNER = "/* Generated from src/topoact/wire.py by scripts/generate_types.py: do not edit. */"


def plain(schema: Any) -> Any:
    """Return the schema without titles, which would become named types, and with tuples as the generator knows them."""
    if isinstance(schema, list):
        return [plain(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    renamed = {"items" if key == "prefixItems" else key: value for key, value in schema.items()}
    return {key: plain(value) for key, value in renamed.items() if not (key == "title" and isinstance(value, str))}


def wire_schema() -> dict[str, Any]:
    """Return one JSON schema that names every message."""
    _, schema = models_json_schema([(message, "serialization") for message in MESSAGES])
    definitions = {name: plain(definition) for name, definition in schema["$defs"].items()}
    return {
        "title": "WireMessages",
        "type": "object",
        "additionalProperties": False,
        "required": [message.__name__ for message in MESSAGES],
        "properties": {message.__name__: {"$ref": f"#/$defs/{message.__name__}"} for message in MESSAGES},
        "$defs": definitions,
    }


def generate() -> str:
    """Return the text of ``types.ts``."""
    tool = FRONTEND / "node_modules" / "json-schema-to-typescript" / "dist" / "src" / "cli.js"
    if not tool.exists():
        sys.exit("the type generator is not installed: run `npm ci` in frontend/ first")
    command = ["node", str(tool), "--bannerComment", BANNER, "--maxItems", "3"]
    return subprocess.run(command, input=json.dumps(wire_schema()), capture_output=True, text=True, check=True).stdout


def main() -> None:
    """Write the types, or compare them with ``--check``."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="exit with 1 if the committed types are stale")
    check = parser.parse_args().check
    text = generate()
    if not check:
        TARGET.write_text(text)
    elif not TARGET.exists() or TARGET.read_text() != text:
        sys.exit("frontend/src/api/types.ts is stale: run `python scripts/generate_types.py`")


if __name__ == "__main__":
    main()
