"""Planted shapes are found, drawn and named: a ring and an eight as closed rims, a Y as stem and arms."""

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
from playwright.sync_api import expect

from topoact.testing.studies import write_planted_study
from topoact.workbench import open_workbench
from topoact.workbench.first_screen import first_screen

from .conftest import Explorer, opened, serve

HOSTILE = ("", "<img src=x onerror=alert(1)>", "כלב גדול", "👩‍🚀👨‍👩‍👧‍👦", "e\u0301\u0302" * 12, "w" * 300)
"""Labels that a page may stumble over."""


@pytest.fixture(scope="module")
def planted_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    study = write_planted_study(tmp_path_factory.mktemp("served") / "planted", ["ring", "eight", "Y"], HOSTILE)
    bench = open_workbench(study)
    for layer in bench.layers:
        bench.draw(layer, first_screen(bench, layer, bench.default_settings))
    bench.close()
    yield from serve(study)


@pytest.fixture(scope="module")
def _page(chromium: Any, complaints: list[str], planted_url: str) -> Iterator[Explorer]:
    yield from opened(chromium, complaints, planted_url)


@pytest.fixture
def shown(_page: Explorer, request: pytest.FixtureRequest) -> Explorer:
    """The explorer on a layer, with the list of what was found."""
    found = _page.as_at_first()
    found.page.get_by_role("button", name=request.param, exact=True).click()
    found.until(f"s.graph.layer === {['ring', 'eight', 'Y'].index(request.param)} && s.shape")
    found.settle()
    found.page.locator(".told").get_by_role("button").click()
    found.settle()
    return found


def rows(explorer: Explorer, heading: str) -> Any:
    return explorer.page.get_by_role("list", name=heading, exact=True).locator("button.row")


def is_joined(state: dict[str, Any], one: int, other: int) -> bool:
    """Return whether an edge joins two nodes, or they are one in the skeleton."""
    graph = state["graph"]
    edges = set(map(frozenset, zip(graph["edges"]["source"], graph["edges"]["target"], strict=True)))
    return {one, other} in edges or graph["nodes"][one]["group"] == graph["nodes"][other]["group"]


def places(state: dict[str, Any], nodes: list[int]) -> list[list[float]]:
    return [pytest.approx([state["graph"]["nodes"][node][axis] for axis in "xy"]) for node in nodes]


@pytest.mark.parametrize(("shown", "n_loops"), [("ring", 1), ("eight", 2)], indirect=["shown"])
def test_a_loop_is_drawn_as_its_rim_closed_and_in_order(shown, n_loops):
    expect(rows(shown, "Loops")).to_have_count(n_loops)
    for number in range(n_loops):
        rows(shown, "Loops").nth(number).click()
        state = shown.settle().state
        feature = state["shape"]["features"][state["view"]["finding"]["number"]]
        rim = feature["rim"]
        assert len(set(rim)) == len(rim) > 8
        assert all(is_joined(state, *pair) for pair in pairwise([*rim, rim[0]]))
        assert state["outlines"] == [places(state, [*rim, rim[0]])]
        assert state["view"]["selection"]["ids"] == rim
        assert all((node["strength"] == 1) == (node["id"] in rim) for node in state["graph"]["nodes"])
        strip = shown.page.get_by_role("list", name="Nodes round the loop").locator("li strong")
        assert strip.all_inner_texts() == list(map(str, rim))
        expect(rows(shown, "Loops").nth(number)).to_have_attribute("aria-pressed", "true")


@pytest.mark.parametrize("shown", ["Y"], indirect=True)
def test_a_branch_is_stem_and_arms_each_to_be_selected(shown):
    rows(shown, "Branches").first.click()
    state = shown.settle().state
    feature = state["shape"]["features"][state["view"]["finding"]["number"]]
    assert state["outlines"] == [places(state, arm["path"]) for arm in feature["arms"]]
    assert len(feature["arms"]) == 3
    on_graph = shown.page.get_by_title("Select the nodes of this arm")
    expect(on_graph).to_have_count(3)
    on_graph.last.click()
    arm = feature["arms"][2]
    assert shown.settle().state["view"]["selection"]["ids"] == arm["nodes"]
    members = {point for node in arm["nodes"] for point in shown.nodes[node]["members"]}
    assert shown.state["focus"] == sorted(members)
    arms = shown.page.get_by_role("list", name=re.compile("^Arms of")).get_by_role("button")
    expect(arms.nth(2)).to_have_attribute("aria-pressed", "true")
    arms.nth(0).click()
    assert shown.settle().state["view"]["selection"]["ids"] == feature["arms"][0]["nodes"]


@pytest.mark.parametrize("shown", ["ring"], indirect=True)
def test_a_finding_is_in_the_link_and_escape_puts_it_away(shown):
    rows(shown, "Loops").first.click()
    finding, drawn = shown.settle().state["view"]["finding"], shown.state["outlines"]
    shown.page.wait_for_timeout(400)
    shown.page.reload()
    shown.settle().until("s.outlines.length")
    assert (shown.state["view"]["finding"], shown.state["outlines"]) == (finding, drawn)
    shown.page.keyboard.press("Escape")
    assert (shown.state["view"]["finding"], shown.state["outlines"]) == (None, [])
    assert {node["strength"] for node in shown.nodes} == {1}
    shown.page.keyboard.press("Control+z")
    assert shown.state["view"]["finding"] == finding


@pytest.mark.parametrize("shown", ["ring"], indirect=True)
def test_the_list_is_walked_by_keys(shown):
    rows(shown, "Loops").first.focus()
    shown.page.keyboard.press("Enter")
    assert shown.settle().state["view"]["finding"] is not None
    shown.page.keyboard.press("ArrowDown")
    expect(rows(shown, "Pieces").first).to_be_focused()
    shown.page.keyboard.press("Enter")
    feature = shown.state["shape"]["features"][shown.settle().state["view"]["finding"]["number"]]
    assert feature["kind"] == "component"


@pytest.mark.parametrize("shown", ["ring"], indirect=True)
def test_labels_of_any_kind_stay_in_their_places(shown):
    rows(shown, "Loops").first.click()
    shown.settle()
    name = shown.state["shape"]["features"][shown.state["view"]["finding"]["number"]]["name"]
    assert "<img" in name
    assert "w" * 41 not in name
    expect(rows(shown, "Loops").first).to_contain_text(name)
    wide = shown.page.evaluate(
        "[...document.querySelectorAll('.shape, .summary, .list, .plot, .stage, aside, body')]"
        ".filter(one => one.scrollWidth > one.clientWidth + 1).map(one => one.className || one.tagName)"
    )
    assert wide == []


@pytest.mark.parametrize("shown", ["ring"], indirect=True)
def test_other_prominences_draw_the_same_loop(shown):
    rows(shown, "Loops").first.click()
    shown.settle()
    for prominence in (1.0, 4.0):
        shown.set_number("Prominence", prominence)
        shown.until(f"s.view.settings.prominence === {prominence} && !s.pending")
        shown.settle().until("s.shape")
        state = shown.state
        feature = state["shape"]["features"][state["view"]["finding"]["number"]]
        assert feature["kind"] == "loop"
        rim = feature["rim"]
        assert len(rim) >= 8
        assert all(is_joined(state, *pair) for pair in pairwise([*rim, rim[0]]))
        assert state["outlines"] == [places(state, [*rim, rim[0]])]
