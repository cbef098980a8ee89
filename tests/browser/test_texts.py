"""Studies of words and of texts: what is read in cards and lists, and what is found."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from topoact.testing.studies import write_text_study

from .conftest import Explorer, serve

SENTENCES = [
    f"Chapter {i} 😀: {who} {what} the {'old' if i % 3 else 'new'} <b>lamp</b> again and again."
    for i in range(30)
    for who, what in (("Ann", "lit"), ("a sailor", "saw"))
]


@pytest.fixture(scope="module", params=["word", "text"])
def kind(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="module")
def text_url(kind: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    study = write_text_study(tmp_path_factory.mktemp("served") / kind, SENTENCES, of_words=kind == "word")
    yield from serve(study)


@pytest.fixture
def reader(new_page, text_url: str) -> Explorer:
    return Explorer(new_page(), text_url).open()


def test_examples_are_read(reader: Explorer, kind: str) -> None:
    first = reader.page.locator("[data-example]").first
    expect(first).to_contain_text("Chapter")
    if kind == "word":
        expect(first.locator("b")).to_have_text("Chapter")
    first.hover()
    card = reader.page.locator(".card")
    expect(card).to_contain_text("Chapter 0 😀: Ann lit the new <b>lamp</b> again and again.")
    assert card.locator("mark").count() == (1 if kind == "word" else 0)
    node = reader.largest()
    reader.page.mouse.move(*node["screen"])
    expect(reader.page.locator(".card .line").first).to_be_visible()


def test_search(reader: Explorer, kind: str) -> None:
    box = reader.page.get_by_role("searchbox", name=f"Search {kind}s")
    box.fill("SAIL")
    found = [row for row, text in enumerate(_examples(kind)) if "sail" in text.lower()]
    reader.until(f"s.focus.length === {len(found)}")
    assert reader.state["focus"] == found
    reader.page.get_by_role("checkbox", name="whole word").check()
    expect(reader.page.get_by_text("none found")).to_be_visible()
    box.fill("sailor")
    reader.until(f"s.focus.length === {len(found)}")
    reader.page.wait_for_timeout(600)  # the address is written a quarter of a second after the last change
    reader.page.reload()
    reader.settle()
    reader.until(f"s.focus.length === {len(found)}")
    expect(box).to_have_value("sailor")
    box.fill("")
    reader.until(f"s.focus.length === {len(_examples(kind))}")


def _examples(kind: str) -> list[str]:
    return SENTENCES if kind == "text" else [word for sentence in SENTENCES for word in sentence.split()]
