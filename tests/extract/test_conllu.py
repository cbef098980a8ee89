"""Sentences of CoNLL-U: every word is where the file says it is."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from topoact.errors import InvalidInput, UnknownName
from topoact.inputs.texts.conllu import ConlluSource, spell
from topoact.inputs.texts.conllu import Sentence as Block
from topoact.inputs.texts.source import Text

from .tiny import CORPUS, line

SHARED = Path(__file__).parents[3] / "shared" / "data" / "gum" / "gum-dev.conllu"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "a.conllu"
    file.write_text(CORPUS, "utf-8")
    return file


def words(text: Text) -> list[str]:
    assert text.words is not None
    assert text.text is not None
    return [text.text[start:end] for start, end in text.words.spans]


def test_words_are_found_in_their_sentence(path: Path) -> None:
    first, second, third = ConlluSource(path).texts(0)
    assert (first.id, first.text) == ("art-1", "I don't 😀 go.")
    assert words(first) == ["I", "do", "n't", "😀", "go", "."]
    assert words(second) == ["Vins", "du", "du", "pays"]
    assert (third.id, third.text, words(third)) == ("2", "日本語", ["日本", "語"])
    assert first.words is not None
    assert first.words.columns["upos"] == ["PRON", "AUX", "PART", "SYM", "VERB", "PUNCT"]
    assert first.words.columns["deprel"][0] == "nsubj"
    assert first.words.columns["number"] == ["1", "2", "3", "4", "5", "6"]


def test_comments_of_documents_and_sentences_are_columns(path: Path) -> None:
    source = ConlluSource(path, columns=("genre", "author", "s_type"))
    assert source.text_columns == ("genre", "author", "s_type")
    assert [list(text.columns.values()) for text in source.texts(0)] == [
        ["academic", "Ann = Bob", "decl"],
        ["academic", "Ann = Bob", None],
        ["letter", None, None],
    ]
    assert ConlluSource(path).text_columns == ("genre", "document")


def test_it_goes_on_from_any_sentence(path: Path) -> None:
    source = ConlluSource(path)
    assert (len(source), source.record["words"]) == (3, 12)
    for start in range(4):
        assert list(source.texts(start)) == list(source.texts(0))[start:]


def test_labels_are_of_words_or_of_sentences(path: Path) -> None:
    source = ConlluSource(path)
    assert (source.label_column("word"), source.label_column("text")) == ("upos", "genre")
    assert ConlluSource(path, label="s_type").label_column("text") == "s_type"
    with pytest.raises(InvalidInput, match="deprel is a label of words, and the policy takes whole sentences"):
        ConlluSource(path, label="deprel").label_column("text")


@pytest.mark.parametrize(
    ("text", "options", "error", "sentence"),
    [
        pytest.param("1\tthe\n", {}, InvalidInput, "line 1 of .* begins with '1' and has 2 fields", id="fields"),
        pytest.param("# text = a\nword\n", {}, InvalidInput, "line 2 .* begins with 'word'", id="no number"),
        pytest.param("# text = a\n\n", {}, InvalidInput, "holds no sentence", id="empty"),
        pytest.param(CORPUS, {"label": "kind"}, UnknownName, "no column 'kind': .*lemma, upos.*genre", id="label"),
        pytest.param(CORPUS, {"columns": ("mood",)}, UnknownName, "no column 'mood'", id="column"),
    ],
)
def test_bad_files(tmp_path: Path, text: str, options: dict, error: type[Exception], sentence: str) -> None:
    (tmp_path / "a.conllu").write_text(text, "utf-8")
    with pytest.raises(error, match=sentence):
        ConlluSource(tmp_path / "a.conllu", **options)


def test_a_file_that_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "a.conllu").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InvalidInput, match="cannot be read"):
        ConlluSource(tmp_path / "a.conllu")


@given(st.lists(st.tuples(st.text("aé😀日'.", min_size=1, max_size=3), st.booleans()), min_size=1, max_size=8))
def test_a_sentence_without_text_is_what_its_words_spell(tokens: list[tuple[str, bool]]) -> None:
    lines = [
        line(str(number), form, misc="_" if spaced else "SpaceAfter=No").split("\t")
        for number, (form, spaced) in enumerate(tokens, 1)
    ]
    text, found = spell(Block({}, lines))
    assert text == "".join(form + " " * spaced for form, spaced in tokens).rstrip()
    assert [text[start:end] for start, end in found.spans] == [form for form, _ in tokens]


@pytest.mark.skipif(not SHARED.is_file(), reason="the GUM corpus is not in ../shared/data")
def test_all_words_of_gum_are_found() -> None:
    source = ConlluSource(SHARED)
    n_words = n_letters = 0
    for text in source.texts(0):
        assert text.words is not None
        n_words += len(text.words.spans)
        n_letters += sum(a < b for a, b in text.words.spans)
        assert str(text.columns["document"]).startswith(f"GUM_{text.columns['genre']}_")
    assert n_words == n_letters == source.record["words"]
