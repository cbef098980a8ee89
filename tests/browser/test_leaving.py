"""What the button "Take away" gives: files of the graph as it is seen, in the colours of the page."""

import io
import re
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pandas as pd

from .conftest import Explorer

SVG = "{http://www.w3.org/2000/svg}"


def menu(explorer: Explorer) -> Any:
    dialog = explorer.page.get_by_role("dialog", name="Take away")
    if not dialog.is_visible():
        explorer.page.get_by_role("button", name="Take away", exact=True).click()
    return dialog


def taken(explorer: Explorer, row: str, name: str) -> tuple[str, bytes]:
    """Click a button, and return the name and the content of the file."""
    with explorer.page.expect_download() as download:
        menu(explorer).get_by_role("group", name=row).get_by_role("button", name=name, exact=True).click()
    return download.value.suggested_filename, Path(download.value.path()).read_bytes()


def test_a_picture_is_the_graph_in_the_colours_of_the_page(explorer: Explorer) -> None:
    name, content = taken(explorer, "Picture", "SVG")
    state, drawn = explorer.state, ET.fromstring(content)
    assert name.endswith(f"-{state['graph']['digest']}.svg")
    assert len(drawn.findall(f".//{SVG}g[{SVG}title]")) == len(state["graph"]["nodes"])
    legend = explorer.page.get_by_role("region", name="Legend")
    for entry in legend.locator("li:has(.swatch)").all():
        rgb = re.findall(r"\d+", entry.locator(".swatch").evaluate("one => getComputedStyle(one).backgroundColor"))
        colour, text = "#{:02x}{:02x}{:02x}".format(*map(int, rgb[:3])), entry.locator(".name").inner_text()
        written = [one for one in drawn.iter(f"{SVG}text") if one.text == text]
        assert written, text
        assert drawn.find(f".//{SVG}circle[@fill='{colour}']") is not None


def test_sliders_reach_the_files(explorer: Explorer) -> None:
    _, content = taken(explorer, "Nodes", "CSV")
    sizes = pd.read_csv(io.BytesIO(content))["size"]
    assert sizes.tolist() == [node["size"] for node in explorer.nodes]
    menu(explorer).press("Escape")
    explorer.set_number("Node size at least", int(sizes.max()))
    _, content = taken(explorer, "Picture", "SVG")
    assert len(ET.fromstring(content).findall(f".//{SVG}g[{SVG}title]")) == (sizes == sizes.max()).sum()


def test_code_is_there_to_copy(explorer: Explorer) -> None:
    dialog = menu(explorer)
    code = dialog.get_by_label("Python code that makes this graph")
    explorer.page.wait_for_function("() => document.querySelector('#take-away pre').textContent.includes('map(')")
    assert explorer.state["graph"]["digest"] in code.inner_text()
    explorer.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    dialog.get_by_role("button", name="Copy", exact=True).click()
    dialog.get_by_text("Code copied").wait_for()
    assert explorer.page.evaluate("navigator.clipboard.readText()") == code.inner_text()
    explorer.page.context.clear_permissions()


def test_escape_closes_it_and_keeps_the_selection(explorer: Explorer) -> None:
    node = explorer.largest()
    explorer.click_node(node)
    explorer.until("s.view.selection.kind === 'nodes'")
    dialog = menu(explorer)
    assert "Pictures leave out what is selected or searched." in dialog.inner_text()
    explorer.page.keyboard.press("Escape")
    dialog.wait_for(state="hidden")
    assert explorer.state["view"]["selection"] == {"kind": "nodes", "ids": [node["id"]]}


def test_escape_keeps_the_selection_however_soon_it_comes(explorer: Explorer) -> None:
    """In the same turn as the click, before any event tells that the dialog is open."""
    explorer.click_node(explorer.largest())
    explorer.until("s.view.selection.kind === 'nodes'")
    explorer.page.evaluate(
        """() => {
          document.querySelector("[popovertarget='take-away']").click()
          const key = new KeyboardEvent("keydown", { key: "Escape", bubbles: true, cancelable: true })
          document.querySelector("#take-away").dispatchEvent(key)
        }"""
    )
    assert explorer.state["view"]["selection"]["kind"] == "nodes"
