"""Activation images in the explorer: made when asked for, drawn in nodes, along a path, of two selections."""

import json
import re
from itertools import pairwise

import pytest
from playwright.sync_api import expect

from .conftest import Explorer, make_page, serve

NO_WORK = "s.images.jobs === 0"


@pytest.fixture
def gallery(network_explorer):
    """The explorer with the network loaded."""
    return network_explorer


def panel(explorer):
    return explorer.page.get_by_role("region", name="Selection").get_by_role("region", name="Activation image")


def select(explorer, *nodes):
    first, *others = nodes
    explorer.click_node(first)
    for node in others:
        explorer.click_node(node, shift=True)
    explorer.page.mouse.move(3, 3)
    wanted = sorted(node["id"] for node in nodes)
    explorer.until(f"JSON.stringify([...(s.view.selection.ids ?? [])].sort((a, b) => a - b)) === '{_compact(wanted)}'")


def _compact(value):
    return json.dumps(value, separators=(",", ":"))


def stored(explorer):
    return {image["node"]: image["cosine"] for image in explorer.state["images"]["stored"]}


def written(cosine):
    return f"{cosine:.2f}".replace("-", "−").replace("0.", ".", 1)


def test_making_is_called_off(gallery):
    """The first of all, because then the network has to be loaded, so that there is time."""
    nodes = gallery.largest(1), gallery.largest(2), gallery.largest(3)
    select(gallery, *nodes)
    panel(gallery).get_by_role("button", name="Make it").click()
    panel(gallery).get_by_role("button", name=re.compile("^Cancel")).click()
    gallery.until(NO_WORK)
    expect(panel(gallery).get_by_role("button", name="Make it")).to_be_visible()
    expect(panel(gallery).get_by_role("img")).to_have_count(0)


def test_an_image_is_made_on_demand(gallery):
    node = gallery.largest()
    select(gallery, node)
    panel(gallery).get_by_role("button", name="Make it").click()
    expect(panel(gallery).get_by_role("progressbar")).to_be_visible()
    gallery.until(NO_WORK)
    image = panel(gallery).get_by_role("img", name=f"Activation image of node {node['id']}")
    expect(image).to_have_js_property("naturalWidth", 16)
    expect(panel(gallery)).to_contain_text(f"cosine {written(stored(gallery)[node['id']])}")
    expect(panel(gallery)).to_contain_text(re.compile("(in|out)side the node"))
    expect(panel(gallery).get_by_role("listitem")).to_have_count(3)
    gallery.page.keyboard.press("Escape")
    select(gallery, node)
    expect(image).to_be_visible()


@pytest.mark.slow
def test_a_refusal_is_shown(gallery, complaints):
    refuse = {"status": 400, "json": {"error": "the network has left the building"}}
    gallery.page.route("**/api/inversions", lambda route: route.fulfill(**refuse))
    select(gallery, gallery.largest(3), gallery.largest(4))
    panel(gallery).get_by_role("button", name="Make it").click()
    expect(panel(gallery).get_by_role("alert")).to_have_text("the network has left the building")
    assert all("400" in said for said in complaints)
    complaints.clear()


@pytest.mark.slow
def test_an_image_that_did_not_converge_is_marked(gallery):
    def spoil(route):
        answer = route.fetch()
        route.fulfill(response=answer, json={**answer.json(), "cosine": 0.31})

    gallery.page.route(re.compile("/api/inversions/[0-9a-f]{16}$"), spoil)
    select(gallery, gallery.largest(), gallery.largest(3))
    panel(gallery).get_by_role("button", name="Make it").click()
    expect(panel(gallery)).to_contain_text("Did not converge: not interpretable", timeout=60_000)
    expect(panel(gallery)).to_contain_text("cosine .31")
    opacity = panel(gallery).get_by_role("img").evaluate("image => Number(getComputedStyle(image).opacity)")
    assert opacity < 0.5


def test_images_in_nodes(gallery):
    page = gallery.page
    page.get_by_role("combobox", name="In nodes").select_option(label="activation images")
    page.get_by_role("button", name=re.compile("missing in view")).click()
    status = page.get_by_role("status").filter(has_text="Making activation images")
    expect(status).to_be_visible()
    gallery.until(NO_WORK)
    expect(status).to_have_count(0)
    assert set(stored(gallery)) == {node["id"] for node in gallery.nodes}
    while not gallery.state["images"]["drawn"]:
        page.get_by_role("button", name="Zoom in").click()
    node = gallery.nodes[gallery.state["images"]["drawn"][0]]
    page.mouse.move(3, 3)
    page.wait_for_timeout(800)
    x, y = node["screen"]
    clip = {"x": x - 6, "y": y - 6, "width": 12, "height": 12}
    on = page.screenshot(clip=clip)
    address = page.evaluate("location.href")
    page.keyboard.press("a")
    gallery.until("s.images.drawn.length === 0")
    page.wait_for_timeout(300)
    assert page.screenshot(clip=clip) != on
    page.evaluate(f"location.href = {json.dumps(address)}")
    gallery.until("s.images.drawn.length > 0")


@pytest.mark.slow
def test_a_path_is_a_film_strip(gallery):
    page = gallery.page
    first = min(gallery.nodes, key=lambda node: node["x"])
    last = max(gallery.nodes, key=lambda node: node["x"])
    select(gallery, first, last)
    page.get_by_role("button", name="Path between them").click()
    path = gallery.state["path"]
    assert {path[0], path[-1]} == {first["id"], last["id"]}
    members = [set(gallery.nodes[node]["members"]) for node in path]
    assert all(here & there for here, there in pairwise(members))
    strip = page.get_by_role("tabpanel")
    make = strip.get_by_role("button", name=re.compile("^Make"))
    if make.count():
        make.click()
        gallery.until(NO_WORK)
    frames = strip.get_by_role("list", name="Nodes of the path").get_by_role("listitem")
    assert frames.count() >= len(path)
    expect(strip.get_by_role("img", name=re.compile("^Activation image"))).to_have_count(len(path))
    cosines = stored(gallery)
    for node in path:
        expect(strip).to_contain_text(f"cosine {written(cosines[node])}")
    strip.get_by_role("button", name=f"Go to node {path[1]}", exact=True).click()
    assert gallery.state["view"]["selection"] == {"kind": "nodes", "ids": [path[1]]}
    assert gallery.state["path"] == path
    strip.get_by_role("button", name="Clear the path").click()
    expect(strip).to_contain_text("Select two nodes")


@pytest.mark.slow
def test_two_selections_and_their_difference(gallery):
    page = gallery.page
    one, two, three = gallery.largest(), gallery.largest(1), gallery.largest(2)
    select(gallery, one, two)
    page.get_by_role("button", name="Keep as A").click()
    select(gallery, three)
    page.get_by_role("button", name="Keep as B").click()
    compared = page.get_by_role("region", name="Two selections and their difference")
    compared.get_by_role("button", name=re.compile("^Make")).click()
    gallery.until(NO_WORK)
    for title in ("A", "B", "A − B"):
        figure = compared.get_by_role("figure", name=title, exact=True)
        expect(figure.get_by_role("img")).to_have_js_property("naturalWidth", 16)
        expect(figure).to_contain_text(re.compile(r"cosine −?[.\d]+"))
    points = len(set(one["members"]) | set(two["members"]))
    expect(compared.get_by_role("figure", name="A", exact=True)).to_contain_text(f"{points} points")
    compared.get_by_role("button", name="Swap").click()
    assert gallery.state["view"]["kept"]["a"] == [three["id"]]
    compared.get_by_role("button", name="Clear both").click()
    expect(compared).to_contain_text("Keep as A")


@pytest.mark.slow
def test_the_image_of_a_point(gallery):
    page = gallery.page
    select(gallery, gallery.largest())
    example = page.locator(".example").first
    example.get_by_role("button").click()
    card = page.get_by_role("dialog", name="Example")
    card.get_by_role("button", name="Make it").click()
    gallery.until("s.images.jobs > 0")
    gallery.until(NO_WORK)
    expect(card.get_by_role("img", name="Activation image of this point")).to_have_js_property("naturalWidth", 16)
    expect(card).to_contain_text("Matches the point")
    page.keyboard.press("Escape")
    expect(card).to_have_count(0)
    expect(example.get_by_role("button")).to_be_focused()
    assert gallery.state["view"]["selection"]["kind"] == "nodes"


@pytest.mark.slow
def test_images_are_made_for_each_node_that_is_opened(gallery):
    page = gallery.page
    page.get_by_role("navigation", name="Layers").get_by_role("button").first.click()
    gallery.until("s.graph.layer === 0")
    gallery.settle()
    select(gallery, gallery.largest())
    toggle = panel(gallery).get_by_role("checkbox", name=re.compile("each node"))
    expect(toggle).not_to_be_checked()
    toggle.check()
    gallery.until("s.images.stored.length === 1")
    select(gallery, gallery.largest(1))
    gallery.until("s.images.stored.length === 2")
    toggle.uncheck()


@pytest.mark.slow
def test_without_the_network_what_is_stored_is_shown(gallery, network_study, chromium, complaints):
    """Once more the same study, by a server that has no network."""
    node = gallery.nodes[next(iter(stored(gallery)))]
    for url in serve(network_study):
        page = make_page(chromium, complaints)
        other = Explorer(page, url).open()
        select(other, other.nodes[node["id"]])
        expect(panel(other).get_by_role("img")).to_have_js_property("naturalWidth", 16)
        select(other, *(other.largest(rank) for rank in (0, 1)))
        expect(panel(other)).to_contain_text("topoact serve STUDY --model")
        expect(page.get_by_role("button", name="Make it")).to_have_count(0)
        page.context.close()


def test_a_study_without_a_network_offers_no_images(explorer):
    explorer.click_node(explorer.largest())
    expect(explorer.page.get_by_role("button", name=re.compile("Activation images in nodes"))).to_have_count(0)
    expect(panel(explorer)).to_have_count(0)
