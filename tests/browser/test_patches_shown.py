"""Patches of photos: in nodes at once, in the gallery above the fold, outlined on the card."""

import pytest
from playwright.sync_api import expect

from .conftest import select


@pytest.fixture
def positions(network_explorer):
    """The explorer with a layer of positions on screen."""
    network_explorer.page.get_by_role("navigation", name="Layers").get_by_role("button").first.click()
    network_explorer.until("s.graph.layer === 0")
    size = network_explorer.page.viewport_size
    yield network_explorer.settle()
    network_explorer.page.set_viewport_size(size)


def test_nodes_show_what_they_see_at_once(positions):
    positions.until("s.images.drawn.length === s.visible.nodes && s.visible.nodes > 0")
    page = positions.page
    expect(page.get_by_label("In nodes", exact=True)).to_have_value("examples")
    expect(page.get_by_text("Each picture is the receptive field of its position")).to_be_visible()
    page.keyboard.press("i")
    positions.until("s.images.drawn.length === 0 && s.view.images === 'none'")


def test_examples_of_a_node_are_seen_first(positions):
    page = positions.page
    page.set_viewport_size({"width": 1280, "height": 720})
    positions.settle()
    node = positions.largest()
    select(positions, node)
    first = page.get_by_role("list", name="First examples").get_by_role("listitem")
    expect(first.first.locator("img")).to_have_js_property("complete", value=True)
    examples = [int(item.get_attribute("data-example")) for item in first.all()]
    assert len(set(examples)) == len(examples) >= 4
    for item in first.all():
        box = item.bounding_box()
        assert box["y"] + box["height"] <= 720
    assert first.first.locator("img").get_attribute("src").startswith("blob:")
    first.first.hover()
    expect(page.locator(".card .photo img")).to_have_count(2)
