"""The rules of axe-core find nothing serious, in both themes; on a telephone the graph comes first."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from .conftest import Explorer, select

AXE = Path(__file__).parents[2] / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
GRAVE = {"serious", "critical"}


def faults(explorer: Explorer) -> list[str]:
    found = explorer.page.evaluate("axe.run(document, { resultTypes: ['violations'] })")["violations"]
    return [f"{one['id']}: {one['nodes'][0]['html'][:120]}" for one in found if one["impact"] in GRAVE]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_serious_is_found(explorer: Explorer, theme: str) -> None:
    if not AXE.exists():
        pytest.skip("axe-core is not installed: run `npm ci` in frontend/")
    page = explorer.page
    page.emulate_media(color_scheme=theme)
    explorer.until(f"s.theme === '{theme}'")
    page.evaluate(AXE.read_text())
    select(explorer, explorer.largest())
    assert faults(explorer) == []
    page.locator(".told").get_by_role("button").click()
    explorer.settle()
    page.locator("button.row:visible, details summary").first.click()
    assert faults(explorer) == []
    page.get_by_role("tab", name="Nodes").click()
    page.keyboard.press("?")
    assert faults(explorer) == []
    page.get_by_role("button", name="Close", exact=True).click()


def test_on_a_telephone_the_graph_comes_first_and_panels_are_sheets(new_page: Any, url: str) -> None:
    explorer = Explorer(new_page(viewport={"width": 390, "height": 844}), url).open()
    page = explorer.page
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    expect(page.get_by_role("complementary")).to_have_count(0)
    graph = page.locator("#graph-canvas").bounding_box()
    assert graph["width"] > 380
    assert graph["height"] > 300
    node = explorer.largest()
    explorer.click_node(node)
    assert explorer.state["view"]["selection"] == {"kind": "nodes", "ids": [node["id"]]}
    page.get_by_role("button", name="Settings panel").click()
    settings = page.get_by_role("complementary", name="Settings of the graph")
    expect(settings.get_by_role("combobox", name="Preset")).to_be_visible()
    page.get_by_role("button", name="Projection and selection").click()
    expect(settings).to_have_count(0)
    expect(page.get_by_role("heading", name=f"Node {node['id']}", exact=True)).to_be_visible()
    page.get_by_role("button", name="Close this panel").click()
    expect(page.get_by_role("complementary")).to_have_count(0)


@pytest.mark.parametrize("width", [1280, 1440])
def test_no_choice_is_cut(new_page: Any, url: str, width: int) -> None:
    """The chosen entry of each list is as wide as its text; so is any entry where the list grows with it."""
    page = Explorer(new_page(viewport={"width": width, "height": 720}), url).open().page
    page.get_by_role("combobox", name="Preset").select_option("paper")
    page.get_by_role("combobox", name="Order of the examples").select_option("confident")
    cut = page.evaluate(
        """() => {
          const pen = document.createElement("canvas").getContext("2d");
          return [...document.querySelectorAll("select")].filter((list) => list.checkVisibility()).filter((list) => {
            const style = getComputedStyle(list);
            pen.font = style.font;
            const room = list.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
            return pen.measureText(list.selectedOptions[0]?.text ?? "").width > room - 12;
          }).map((list) => list.ariaLabel || list.id);
        }"""
    )
    assert cut == []
