"""Hatchling's build hook: wheel and sdist carry the explorer's page, built when it is missing."""

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

sys.path.insert(0, str(Path(__file__).parent / "scripts"))
import build_frontend


class ExplorerHook(BuildHookInterface):
    """Builds the bundle with npm, or fails the build."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """Ask for Node from the package index where the machine has none and there is something to build."""
        return [] if build_frontend.is_built() or build_frontend.has_node() else [build_frontend.NODE_PACKAGE]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002
        """Build the bundle unless it is there."""
        if not build_frontend.is_built():
            build_frontend.build()
