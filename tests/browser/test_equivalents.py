"""The classes that a node argues for, asked of the network."""

import re

import pytest
from playwright.sync_api import expect

from .conftest import Explorer, section, select


@pytest.fixture
def debater(network_explorer: Explorer) -> Explorer:
    """The explorer with the network at hand."""
    return network_explorer


@pytest.mark.slow
def test_a_refusal_is_told_and_can_be_tried_again(debater: Explorer, complaints: list[str]) -> None:
    refuse = {"status": 400, "json": {"error": "the network has left the building"}}
    debater.page.route("**/api/arguments", lambda route: route.fulfill(**refuse))
    select(debater, debater.largest())
    section(debater, "Argues for").get_by_role("button", name="Find out").click()
    expect(section(debater, "Argues for").get_by_role("alert")).to_have_text("the network has left the building")
    assert [said for said in complaints if "400 (Bad Request)" not in said] == []
    complaints.clear()  # of the browser itself
    debater.page.unroute_all()
    section(debater, "Argues for").get_by_role("button", name="Try again").click()
    expect(section(debater, "Argues for").get_by_text("With this mean at every place")).to_be_visible(timeout=60_000)


def test_once_asked_every_node_tells_what_it_argues_for(debater: Explorer) -> None:
    select(debater, debater.largest(1))
    argues = section(debater, "Argues for")
    expect(argues).to_be_visible()
    if argues.get_by_role("button", name="Find out").count():
        argues.get_by_role("button", name="Find out").click()
    expect(argues.get_by_text("With this mean at every place")).to_be_visible(timeout=60_000)
    shares = [row.get_attribute("title") for row in argues.get_by_role("listitem").all()]
    ranks = [int(re.search(r"number (\d+) of", title)[1]) for title in shares]
    assert ranks == sorted(ranks)
    assert ranks[0] == 1
    debater.page.keyboard.press("Escape")
    select(debater, debater.largest(2))
    expect(argues.get_by_text("With this mean at every place")).to_be_visible()


@pytest.mark.slow
def test_a_node_that_argues_for_something_else_says_so(debater: Explorer) -> None:
    def turn(route):
        said = route.fetch().json()
        first, *others = said["classes"]
        crowd = [{**one, "share": 0.9 / len(others)} for one in others]
        route.fulfill(json={**said, "classes": [{**first, "share": 0.0}, *crowd]})

    debater.page.route(re.compile(r"/nodes/\d+/arguments$"), turn)
    select(debater, debater.largest(3))
    argues = section(debater, "Argues for")
    expect(argues).to_be_visible()
    if argues.get_by_role("button", name="Find out").count():
        argues.get_by_role("button", name="Find out").click()
    expect(argues.get_by_text(re.compile("^It argues for .*, and none of its members come from there"))).to_be_visible(
        timeout=60_000
    )
