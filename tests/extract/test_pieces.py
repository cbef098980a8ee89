"""Words are merged of their own pieces, whatever the script, and no text is cut in silence."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from topoact.errors import InvalidInput, ModelError
from topoact.extract.texts.pieces import Pieces, Tokenizer, batches, unit_of
from topoact.extract.texts.reading import TextReader, Window
from topoact.inputs.texts.source import TextFolder
from topoact.inputs.texts.tables import TextTable

from . import tiny

pytestmark = pytest.mark.usefixtures("transformers")

SENTENCE = "The 😀 cat RUNNING unbelievably привет, 日本 don't"


def split(text: str, limit: int = tiny.LIMIT) -> Pieces:
    return Tokenizer(tiny.tokenizer(limit)).split([text])[0]


def spelled(pieces: Pieces, text: str) -> list[str]:
    return [text[start:end] for start, end in pieces.words]


def test_words_have_their_own_pieces() -> None:
    pieces = split(SENTENCE)
    assert spelled(pieces, SENTENCE) == [*SENTENCE.split()[:5], "привет", ",", "日", "本", "don", "'", "t"]
    bags = dict(zip(spelled(pieces, SENTENCE), map(pieces.bag, pieces.words), strict=True))
    assert {word: len(bag) for word, bag in bags.items()} | {"cat": 1, "RUNNING": 2, "unbelievably": 5} == {
        **dict.fromkeys(bags, 1),
        "RUNNING": 2,
        "unbelievably": 5,
        "привет": 2,
    }
    names = {number: piece for piece, number in tiny.VOCABULARY.items()}
    assert [names[pieces.ids[place]] for place in bags["unbelievably"]] == ["un", "##bel", "##ie", "##va", "##bly"]
    assert [names[pieces.ids[place]] for place in bags["😀"]] == ["😀"]


def test_words_of_a_corpus_take_every_piece_that_they_touch() -> None:
    pieces = split(SENTENCE)
    do = SENTENCE.index("don't")
    assert pieces.bag((do, do + 2)) == pieces.bag((do, do + 3))  # "do" and "n't" share the piece "don"
    assert len(pieces.bag((do + 2, do + 5))) == 3
    assert pieces.bag((3, 4)) == []


def test_long_texts_are_cut_and_a_word_cut_in_two_is_none() -> None:
    text = "the cat unbelievably"
    whole, cut = split(text), split(text, limit=6)
    assert (whole.is_cut, cut.is_cut) == (False, True)
    assert (len(cut.ids), spelled(cut, text)) == (6, ["the", "cat"])
    assert cut.bag((8, 20)) == []
    assert whole.bag((8, 20)) == [3, 4, 5, 6, 7]


def test_byte_level_pieces_leave_out_the_blank_before_them() -> None:
    from tokenizers import Tokenizer as Backend
    from tokenizers import decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    made = Backend(models.BPE({letter: number for number, letter in enumerate(alphabet)}, []))
    made.pre_tokenizer, made.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
    text = "ab 😀 é"
    pieces = Tokenizer(PreTrainedTokenizerFast(tokenizer_object=made, model_max_length=99)).split([text])[0]
    assert spelled(pieces, text) == ["ab", "😀", "é"]
    assert [len(pieces.bag(span)) for span in pieces.words] == [2, 4, 2]


def test_the_limit_is_the_smallest_of_those_known() -> None:
    assert Tokenizer(tiny.tokenizer(), limit=12).max_tokens == 12
    assert Tokenizer(tiny.tokenizer(10**30), limit=12, max_tokens=5).max_tokens == 5
    assert Tokenizer(tiny.tokenizer(10**30)).max_tokens is None
    for max_tokens, sentence in [
        (25, "must be at most 24, what the network takes: got 25"),
        (2, "more than the 2 spec"),
    ]:
        with pytest.raises(InvalidInput, match=f"--max-tokens {sentence}|--max-tokens must be {sentence}"):
            Tokenizer(tiny.tokenizer(), max_tokens=max_tokens)


def test_a_slow_tokenizer_is_refused() -> None:
    with pytest.raises(ModelError, match="the tokenizer str does not say where in a text its pieces are"):
        Tokenizer("slow")


def test_cls_needs_a_token_that_stands_for_the_text() -> None:
    bare = tiny.tokenizer()
    bare.backend_tokenizer.post_processor = None
    with pytest.raises(InvalidInput, match="no token that stands for the text: take the policy mean"):
        Tokenizer(bare).check(("cls",))


@pytest.mark.parametrize(
    ("policies", "sentence"),
    [
        (("random",), "'random' is not one for texts: choose from cls, mean, words, tokens"),
        (("cls", "words"), "either texts .*, or words, or tokens, not cls and words"),
        (("words", "tokens"), "not words and tokens"),
    ],
)
def test_policies_that_do_not_go_together(policies: tuple[str, ...], sentence: str) -> None:
    with pytest.raises(InvalidInput, match=sentence):
        unit_of(policies)


@given(st.lists(st.integers(1, 40), max_size=60), st.integers(1, 9), st.booleans())
def test_batches(lengths: list[int], size: int, is_masked: bool) -> None:
    found = list(batches(lengths, size=size, max_tokens=100, is_masked=is_masked))
    assert sorted(place for batch in found for place in batch) == list(range(len(lengths)))
    for batch in found:
        longest = max(lengths[place] for place in batch)
        assert len(batch) <= size
        assert len(batch) == 1 or len(batch) * longest <= 100
        assert is_masked or {lengths[place] for place in batch} == {longest}


def test_texts_that_are_empty_are_counted_and_named(tmp_path: Path) -> None:
    for name, content in {"a": "the cat", "b": " \n", "c": "\x00", "d": "the " * 30}.items():
        (tmp_path / f"{name}.txt").write_text(content)
    windows = _windows(TextFolder(tmp_path), ("mean",))
    assert [list(window.skipped) for window in windows] == [["b.txt", "c.txt"]]
    assert [sample.columns["id"] for window in windows for sample in window.samples] == [["a.txt"], ["d.txt"]]
    assert windows[0].tally == {"truncated": 1, "words_without_vector": 0, "latin": 0}
    with pytest.raises(InvalidInput, match=r"b\.txt is empty or cannot be read"):
        _windows(TextFolder(tmp_path), ("mean",), strict=True)


def test_windows_begin_where_the_last_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("topoact.extract.texts.reading.MAX_WINDOW_TEXTS", 5)
    (tmp_path / "t.csv").write_text("text\n" + "the cat\n" * 17)
    source = TextTable(tmp_path / "t.csv", text=None, label=None, identity=None)
    windows = _windows(source, ("words",))
    assert [window.next_input for window in windows] == [5, 10, 15, 17]
    assert _windows(source, ("words",), start=10) == windows[2:]


def _windows(
    source: TextFolder | TextTable, policies: tuple[str, ...], *, start: int = 0, strict: bool = False
) -> list[Window]:
    reader = TextReader(source, Tokenizer(tiny.tokenizer()), policies, strict=strict)
    return list(reader.windows(start, len(source), batch_size=4))
