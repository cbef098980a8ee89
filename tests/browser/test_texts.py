"""Studies of words and of texts: what is read in cards and lists, what is found, and the key terms of a node."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from topoact.testing.studies import write_text_study

from .conftest import Explorer, opened, section, select, serve

SENTENCES = [
    f"Chapter {i} 😀: {who} {what} the {'oaoaoa' if i % 3 else 'eieiei'} <b>lamp</b> again."
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


@pytest.fixture(scope="module")
def _page(chromium, complaints: list[str], text_url: str) -> Iterator[Explorer]:
    yield from opened(chromium, complaints, text_url)


@pytest.fixture
def reader(_page: Explorer) -> Explorer:
    return _page.as_at_first()


def test_examples_are_read(reader: Explorer, kind: str) -> None:
    first = reader.page.locator("[data-example]").first
    expect(first).to_contain_text("Chapter")
    if kind == "word":
        expect(first.locator("b")).to_have_text("Chapter")
    first.hover()
    card = reader.page.locator(".card")
    expect(card).to_contain_text("Chapter 0 😀: Ann lit the eieiei <b>lamp</b> again.")
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


def test_words_of_a_node(reader: Explorer, kind: str) -> None:
    select(reader, reader.largest())
    words = section(reader, "Key terms")
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
def test_the_method_is_shown(reader: Explorer) -> None:
    select(reader, reader.largest())
    words = section(reader, "Key terms")
    words.get_by_role("button", name="More, with the method").click()
    expect(words.get_by_text(re.compile("one-sided Fisher test, false discovery rate 5 %"))).to_be_visible()
    words.get_by_role("button", name="Less").click()
    expect(words.get_by_text(re.compile("one-sided Fisher test"))).to_have_count(0)


def test_a_text_without_a_network_has_no_attribution(reader: Explorer) -> None:
    select(reader, reader.largest())
    expect(section(reader, "Key terms")).to_be_visible()
    expect(section(reader, "Attribution")).to_have_count(0)
    expect(section(reader, "Logit lens")).to_have_count(0)
