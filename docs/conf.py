"""Sphinx builds the pages of this folder and the Markdown files of the repository's root into one site."""

import re
from os.path import normpath, relpath
from pathlib import PurePosixPath

from sphinx.application import Sphinx

import topoact

project = "TopoAct"
author = "The TopoAct founders"
release = version = topoact.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["_build"]

myst_heading_anchors = 3
myst_enable_extensions = ["colon_fence"]

autodoc_default_options = {"members": True, "member-order": "bysource", "exclude-members": "set_fit_request"}
autodoc_typehints = "description"  # the types of parameters are those of the signature, which mypy checks
autodoc_typehints_description_target = "documented"
autodoc_preserve_defaults = True
autodoc_class_signature = "separated"
napoleon_google_docstring = False
napoleon_use_ivar = napoleon_use_rtype = True
default_role = "code"

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


def setup(app: Sphinx) -> None:
    """Register the two."""
    app.connect("source-read", on_source_read)
    app.connect("include-read", on_include_read)
