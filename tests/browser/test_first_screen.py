"""What is seen first, and what its marks are: the cut, the drawn edges, the lens as an axis, names, fading."""

import re

import pytest
from playwright.sync_api import expect
from tests.browser.conftest import Explorer


def test_the_first_screen_says_its_cut_and_its_edges_and_the_slider_brings_the_others(explorer: Explorer) -> None:
    """The line, the drawing and the slider count the same edges."""
    state = explorer.state
    edges, drawn = state["graph"]["edges"], state["visible"]["edges"]
    assert (state["view"]["cut"], state["graph"]["arrangement"]) == ("first", "lens")
    assert drawn == sum(edges["drawn"]) < len(edges["drawn"])
    carried = sum(n for n, seen in zip(edges["shared"], edges["drawn"], strict=True) if seen) / sum(edges["shared"])
    assert state["visible"]["carried"] == pytest.approx(carried)
    line = explorer.page.locator(".status .line").first
    prominence = state["view"]["settings"]["prominence"]
    expect(line).to_contain_text(f"{len(state['graph']['nodes'])} nodes · {drawn} of {len(edges['drawn'])} edges")
    expect(line).to_contain_text(re.compile(rf"carry >?{int(100 * carried)}|carry {round(100 * carried)}"))
    expect(line).to_contain_text(f"prominence {prominence:g}")
    slider = explorer.page.get_by_role("slider", name="Edges drawn")
    slider.press("End")
    explorer.until(f"s.visible.edges === {len(edges['drawn'])} && s.visible.carried === 1")
    explorer.page.keyboard.press("Control+z")
    explorer.until(f"s.visible.edges === {drawn}")


def test_the_knob_leads_on_and_the_defaults_come_back_to_the_first_screen(explorer: Explorer) -> None:
    """A chosen prominence is kept in the link and on other layers; survivors keep their place."""
    first = explorer.state
    chosen = 0.1 if first["view"]["settings"]["prominence"] > 0.1 else 1
    explorer.set_number("Prominence", chosen)
    explorer.until(f"s.view.cut === 'chosen' && s.graph.digest !== '{first['graph']['digest']}' && !s.pending")
    names = {(node["interval"], node["mode"]): node for node in first["graph"]["nodes"]}
    kept = [(names[key], node) for node in explorer.nodes if (key := (node["interval"], node["mode"])) in names]
    assert len(kept) > 10
    assert all((was["x"], was["y"]) == (now["x"], now["y"]) for was, now in kept)
    explorer.page.wait_for_timeout(600)
    explorer.page.reload()
    explorer.settle()
    assert explorer.state["view"]["settings"]["prominence"] == chosen
    explorer.page.get_by_role("combobox", name="Preset").select_option("default")
    explorer.until(f"s.view.cut === 'first' && s.graph.digest === '{first['graph']['digest']}' && !s.pending")


def test_columns_are_intervals_in_the_order_of_the_lens_and_the_free_arrangement_has_none(explorer: Explorer) -> None:
    """Nodes of an interval have one x; the axis says its bounds, and the selection outlives the change."""
    nodes = explorer.nodes
    columns = {
        interval: {n["x"] for n in nodes if n["interval"] == interval} for interval in {n["interval"] for n in nodes}
    }
    assert all(len(places) == 1 for places in columns.values())
    places = [columns[interval].pop() for interval in sorted(columns)]
    assert places == sorted(places)
    axis = explorer.page.get_by_role("img", name=re.compile("intervals from"))
    expect(axis).to_be_visible()
    node = explorer.largest()
    explorer.click_node(node)
    explorer.page.get_by_role("combobox", name="Arrangement").select_option("free")
    explorer.until("s.graph.arrangement === 'free' && !s.pending")
    assert explorer.state["view"]["selection"] == {"kind": "nodes", "ids": [node["id"]]}
    expect(axis).to_have_count(0)
    explorer.page.keyboard.press("Control+z")
    explorer.until("s.graph.arrangement === 'lens' && !s.pending")


def test_names_follow_the_column_that_colours_and_fade_with_their_nodes(explorer: Explorer) -> None:
    """A number that colours has no names of another column beside it."""
    page = explorer.page
    explorer.until("s.names.some(name => name)")
    written = page.locator(".labels span")
    assert {name for name in explorer.state["names"] if name} >= set(written.all_inner_texts())
    page.get_by_role("option", name=re.compile("^seven")).click()
    faint = written.filter(has_text=re.compile("^(?!seven).*$"))
    assert all(float(style) < 1 for style in faint.evaluate_all("all => all.map(one => one.style.opacity)"))
    page.keyboard.press("Escape")
    page.get_by_role("combobox", name="Colour").select_option("column:ink")
    expect(written).to_have_count(0)
    expect(page.get_by_role("button", name="Names of over-represented classes")).to_have_count(0)


def test_the_card_is_gone_while_the_graph_moves_and_escape_clears_the_path(explorer: Explorer) -> None:
    """The card comes back where the pointer rests."""
    page = explorer.page
    a, b = explorer.largest(), explorer.largest(1)
    page.mouse.move(*a["screen"])
    card = page.locator(".card").filter(has_text=f"Node {a['id']}")
    expect(card).to_be_visible()
    page.mouse.wheel(0, -40)
    expect(card).to_have_count(0, timeout=150)
    expect(card).to_be_visible()
    page.mouse.move(3, 3)
    explorer.click_node(a)
    explorer.click_node(b, shift=True)
    page.get_by_role("button", name="Path between them").click()
    explorer.until("s.view.path !== null")
    expect(page.get_by_role("list", name="Marks of what is selected and looked for")).to_contain_text("path")
    page.locator("#graph-canvas").focus()
    page.keyboard.press("Escape")
    explorer.until("s.view.path === null && s.view.selection.kind === 'none'")


def test_nothing_lies_over_the_graph_and_every_mark_has_an_entry(explorer: Explorer) -> None:
    """Line, warnings, legend and canvas share the stage without overlap; the legend opens and shuts what is faded."""
    page = explorer.page
    canvas = page.locator("#graph-canvas").bounding_box()
    status, legend = page.locator(".status").bounding_box(), page.get_by_role("region", name="Legend").bounding_box()
    assert status["y"] + status["height"] <= canvas["y"] + 0.5
    assert canvas["y"] + canvas["height"] <= legend["y"] + 0.5
    marks = page.get_by_role("list", name="Marks", exact=True)
    for mark in ("points", "Jaccard", "share of each class", "over-represented class"):
        expect(marks).to_contain_text(mark)
    page.get_by_role("button", name=re.compile("^Shortcuts")).click()
    expect(page.get_by_role("dialog")).to_contain_text("one node in the skeleton")
    page.keyboard.press("Escape")
