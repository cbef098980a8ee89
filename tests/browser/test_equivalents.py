"""What a node stands for where pictures do not say it: words of texts, and the classes that it argues for."""

import re
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from topoact.testing.studies import write_text_study
from topoact.workbench import open_workbench

from .conftest import Explorer, opened, serve

SENTENCES = [
    f"{who} {what} the {'oaoaoa' if i % 3 else 'eieiei'} lamp number {i}"
    for i in range(40)
    for who, what in (("Ann", "lit"), ("the sailor", "saw"))
]


def section(explorer: Explorer, name: str):
    return explorer.page.get_by_role("region", name="Selection").get_by_role("region", name=name, exact=True)


def select(explorer: Explorer, node: dict) -> None:
    explorer.click_node(node)
    explorer.page.mouse.move(3, 3)
    explorer.until(f"s.view.selection.kind === 'nodes' && s.view.selection.ids[0] === {node['id']}")


@pytest.fixture(scope="module", params=["word", "text"])
def kind(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="module")
def text_url(kind: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    yield from serve(write_text_study(tmp_path_factory.mktemp("served") / kind, SENTENCES, of_words=kind == "word"))


@pytest.fixture
def reader(new_page, text_url: str) -> Explorer:
    return Explorer(new_page(), text_url).open()


def test_words_of_a_node(reader: Explorer, kind: str) -> None:
    select(reader, reader.largest())
    words = section(reader, "In words")
    expect(words).to_have_attribute("aria-busy", "false")
    expect(words.get_by_role("heading", name=re.compile("Nearest to its mean"))).to_be_visible()
    if kind == "word":
        listed = words.locator("ol b")
        said = listed.all_inner_texts()
        assert len({word.lower() for word in said}) == len(said) == 3
    counted = words.get_by_role("button", name=re.compile(r"\d+(\.\d+)?×$"))
    assert counted.count() >= 1
    word = counted.first.locator(".name").inner_text()
    counted.first.click()
    expect(reader.page.get_by_role("searchbox", name=f"Search {kind}s")).to_have_value(word)
    expect(reader.page.get_by_role("checkbox", name="whole word")).to_be_checked()
    expect(counted.first).to_have_attribute("aria-pressed", "true")
    counted.first.click()
    expect(reader.page.get_by_role("searchbox", name=f"Search {kind}s")).to_have_value("")


@pytest.mark.slow
def test_how_it_was_found_is_told(reader: Explorer) -> None:
    select(reader, reader.largest())
    words = section(reader, "In words")
    words.get_by_role("button", name="More, and how it was found").click()
    expect(
        words.get_by_text(re.compile("one-sided Fisher test, at most 5 % of those listed by chance"))
    ).to_be_visible()
    words.get_by_role("button", name="Less").click()
    expect(words.get_by_text(re.compile("one-sided Fisher test"))).to_have_count(0)


def test_a_text_without_a_network_argues_for_nothing(reader: Explorer) -> None:
    select(reader, reader.largest())
    expect(section(reader, "In words")).to_be_visible()
    expect(section(reader, "Argues for")).to_have_count(0)
    expect(section(reader, "Says")).to_have_count(0)


@pytest.fixture(scope="module")
def address(network_path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    copy = tmp_path_factory.mktemp("argued") / "pictures"
    shutil.copytree(network_path, copy)
    bench = open_workbench(copy)
    for layer in bench.layers:
        bench.draw(layer, bench.usual)  # so that opening the page waits for no work
    yield from serve(copy, "--model", "study")


@pytest.fixture(scope="module")
def _page(chromium, complaints, address: str) -> Iterator[Explorer]:
    yield from opened(chromium, complaints, address)


@pytest.fixture
def debater(_page: Explorer) -> Explorer:
    """The explorer with the network at hand."""
    return _page.as_at_first()


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
