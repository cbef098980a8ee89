"""The attribution of a node to classes, computed by the network."""

import re

import pytest
from playwright.sync_api import expect

from .conftest import Explorer, section, select


@pytest.fixture
def explorer(network_explorer: Explorer) -> Explorer:
    """The explorer with the network loaded."""
    return network_explorer


@pytest.mark.slow
def test_a_refusal_is_shown_and_can_be_tried_again(explorer: Explorer, complaints: list[str]) -> None:
    refuse = {"status": 400, "json": {"error": "the network has left the building"}}
    explorer.page.route("**/api/attributions", lambda route: route.fulfill(**refuse))
    select(explorer, explorer.largest())
    section(explorer, "Attribution").get_by_role("button", name="Compute").click()
    expect(section(explorer, "Attribution").get_by_role("alert")).to_have_text("the network has left the building")
    assert [said for said in complaints if "400 (Bad Request)" not in said] == []
    complaints.clear()  # of the browser itself
    explorer.page.unroute_all()
    section(explorer, "Attribution").get_by_role("button", name="Try again").click()
    expect(section(explorer, "Attribution").get_by_text("With this mean at every position")).to_be_visible(
        timeout=60_000
    )


def test_once_asked_every_node_is_attributed(explorer: Explorer) -> None:
    select(explorer, explorer.largest(1))
    attribution = section(explorer, "Attribution")
    expect(attribution).to_be_visible()
    if attribution.get_by_role("button", name="Compute").count():
        attribution.get_by_role("button", name="Compute").click()
    expect(attribution.get_by_text("With this mean at every position")).to_be_visible(timeout=60_000)
    shares = [row.get_attribute("title") for row in attribution.get_by_role("listitem").all()]
    ranks = [int(re.search(r"rank (\d+) of", title)[1]) for title in shares]
    assert ranks == sorted(ranks)
    assert ranks[0] == 1
    explorer.page.keyboard.press("Escape")
    select(explorer, explorer.largest(2))
    expect(attribution.get_by_text("With this mean at every position")).to_be_visible()


@pytest.mark.slow
def test_an_attribution_that_disagrees_with_the_members_is_pointed_out(explorer: Explorer) -> None:
    def turn(route):
        said = route.fetch().json()
        first, *others = said["classes"]
        crowd = [{**one, "share": 0.9 / len(others)} for one in others]
        route.fulfill(json={**said, "classes": [{**first, "share": 0.0}, *crowd]})

    explorer.page.route(re.compile(r"/nodes/\d+/attribution$"), turn)
    select(explorer, explorer.largest(3))
    attribution = section(explorer, "Attribution")
    expect(attribution).to_be_visible()
    if attribution.get_by_role("button", name="Compute").count():
        attribution.get_by_role("button", name="Compute").click()
    expect(
        attribution.get_by_text(re.compile("^The attribution is highest for .*, the class of none of the members"))
    ).to_be_visible(timeout=60_000)
