"""What an example says, and which examples say something."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from topoact.errors import InvalidInput, UnknownName
from topoact.study import Study, open_study
from topoact.testing.studies import write_digits_study, write_text_study
from topoact.workbench import open_workbench
from topoact.workbench.columns import coded_columns
from topoact.workbench.texts import MAX_CONTEXT, passage, search, unit

SENTENCES = ("The 😀 cat sat.", "A Catalogue of cats (cat)", "Привет, ПРИВЕТ 日本", "a.c " + "word " * 600 + "end")


@pytest.fixture(scope="module")
def words(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return open_study(write_text_study(tmp_path_factory.mktemp("words") / "s", SENTENCES, of_words=True))


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return open_study(write_text_study(tmp_path_factory.mktemp("texts") / "s", SENTENCES, of_words=False))


def test_what_an_example_is(words: Study, texts: Study, tmp_path: Path) -> None:
    digits = open_study(write_digits_study(tmp_path / "s", 20))
    assert (unit(words), unit(texts), unit(digits)) == ("word", "text", None)
    assert passage(digits, 0) is None
    with pytest.raises(InvalidInput, match="no texts to search"):
        search(digits, "cat", whole=False)


def test_a_word_stands_between_its_neighbours(words: Study) -> None:
    assert passage(words, 1) == ("The ", "😀", " cat sat.")
    for row in range(len(words.examples)):
        found = passage(words, row)
        assert found is not None
        assert found.focus == words.examples["word"][row]
        assert f"{found.before}{found.focus}{found.after}".strip("…") in words.examples["sentence"][row]
        assert len("".join(found)) <= 2 * MAX_CONTEXT + len(found.focus) + 2


def test_a_long_text_is_shown_from_its_beginning(texts: Study) -> None:
    assert passage(texts, 0) == ("", SENTENCES[0], "")
    found = passage(texts, 3)
    assert found is not None
    assert found.focus == f"{SENTENCES[3][: 10 * MAX_CONTEXT]}…"


@pytest.mark.parametrize(
    ("query", "whole", "in_words", "in_texts"),
    [
        ("cat", False, ["cat", "Catalogue", "cats", "(cat)"], [0, 1]),
        ("CAT", True, ["cat"], [0, 1]),
        ("catalog", True, [], []),
        ("😀", True, ["😀"], [0]),
        ("привет", False, ["Привет,", "ПРИВЕТ"], [2]),
        ("привет", True, ["ПРИВЕТ"], [2]),
        ("a.c", True, ["a.c"], [3]),
        ("a.c", False, ["a.c"], [3]),
        (" sat. ", False, ["sat."], [0]),
        ("zebra", False, [], []),
    ],
)
def test_search(words: Study, texts: Study, query: str, whole: bool, in_words: list[str], in_texts: list[int]) -> None:
    assert words.examples["word"].iloc[search(words, query, whole=whole)].tolist() == in_words
    assert search(texts, query, whole=whole).tolist() == in_texts


def test_another_column_is_searched(words: Study, tmp_path: Path) -> None:
    words = open_study(words.path)
    words.examples["lemma"] = [word.lower() for word in words.examples["word"]]
    words.examples.loc[0, "lemma"] = None
    assert search(words, "the", whole=True).tolist() == [0]
    assert search(words, "the", whole=True, column="lemma").tolist() == []
    assert search(words, "CAT", whole=True, column="lemma").tolist() == search(words, "cat", whole=True).tolist()
    digits = open_study(write_digits_study(tmp_path / "s", 20))
    assert search(digits, "-0007", whole=False, column="id").tolist() == [7]
    assert search(digits, "0007", whole=True, column="id").tolist() == []
    with pytest.raises(UnknownName, match="no column 'colour' to search"):
        search(digits, "red", whole=False, column="colour")


@pytest.mark.parametrize("query", ["", "  ", "x" * 201])
def test_searches_that_are_refused(words: Study, query: str) -> None:
    with pytest.raises(InvalidInput, match="a search needs 1 to 200 characters"):
        search(words, query, whole=False)


@given(query=st.text(min_size=1, max_size=3).filter(str.strip))
def test_search_is_that_of_python(texts: Study, query: str) -> None:
    needle = query.strip().lower()
    expected = [row for row, text in enumerate(SENTENCES) if needle in text.lower()]
    assert search(texts, query, whole=False).tolist() == expected


def test_what_places_a_word_is_no_colour_and_no_lens(words: Study) -> None:
    assert [column.name for column in coded_columns(words)] == ["word"]
    assert not [lens for lens in open_workbench(words.path).lenses() if lens.startswith("column:")]
