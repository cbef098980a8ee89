"""Sphinx builds the pages of this folder and the Markdown files of the repository's root into one site."""

import re
from os.path import normpath, relpath
from pathlib import PurePosixPath
from typing import Generic, TypeVar

import numpy.typing as npt
from sphinx.application import Sphinx

import topoact

Scalar = TypeVar("Scalar")


class ArrayLike:
    """Shown by its name, in the place of the long union that it stands for."""


class NDArray(Generic[Scalar]):
    """Shown by its name and the type of its elements."""


npt.ArrayLike, npt.NDArray = ArrayLike, NDArray

project = "TopoAct"
author = "The TopoAct founders"
release = version = topoact.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["_build"]

myst_heading_anchors = 3
myst_enable_extensions = ["colon_fence"]

autodoc_member_order = "bysource"
autodoc_typehints = "description"  # the types of parameters are those of the signature, which mypy checks
autodoc_typehints_description_target = "documented"
autodoc_typehints_format = "short"
autodoc_preserve_defaults = True
toc_object_entries_show_parents = "hide"
napoleon_google_docstring = False
napoleon_use_rtype = True
default_role = "py:obj"  # a link where the name is public

html_theme = "furo"
html_title = "TopoAct"
html_static_path = ["_static"]
html_css_files = ["topoact.css"]
html_copy_source = html_show_sourcelink = html_show_copyright = False
html_theme_options = {"light_logo": "icon.svg", "dark_logo": "icon.svg"}

PAGES = {
    "README.md": "index.md",
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "security.md",
    "examples/README.md": "examples.md",
}
"""Files outside of this folder that are pages of the site."""
LINK = re.compile(r"\]\((?![a-z]+:|#)([^)#]+)")


def relinked(text: str, folder: str, page_folder: str) -> str:
    """Return Markdown whose links, written for the repository, lead to the pages of the site."""

    def target(link: re.Match[str]) -> str:
        file = normpath(f"{folder}/{link[1]}")
        return f"]({relpath(PAGES.get(file) or relpath(file, 'docs'), page_folder)}"

    return LINK.sub(target, text)


def on_source_read(_app: Sphinx, page: str, content: list[str]) -> None:
    """Mend the links of a page of this folder."""
    folder = PurePosixPath(page).parent
    content[0] = relinked(content[0], f"docs/{folder}", str(folder))


def on_include_read(_app: Sphinx, path: PurePosixPath, _page: str, content: list[str]) -> None:
    """Mend the links of a file outside of this folder that a page includes."""
    content[0] = relinked(content[0], normpath(f"docs/{path.parent}"), ".")


def on_process_signature(_app: Sphinx, _what: str, _name: str, thing: object, *_: object) -> tuple[str, str] | None:
    """Leave out the signature of a protocol: nobody calls it."""
    return ("", "") if getattr(thing, "_is_protocol", False) else None


def setup(app: Sphinx) -> None:
    """Register these."""
    app.connect("autodoc-process-signature", on_process_signature)
    app.connect("source-read", on_source_read)
    app.connect("include-read", on_include_read)
