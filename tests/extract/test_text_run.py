"""A study of texts equals a plain forward pass over each text by itself, whatever happened on the way."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from topoact.cli import app
from topoact.errors import ModelError
from topoact.extract import Plan, extract
from topoact.extract.summary import sentences, summarise
from topoact.inputs.opening import open_source
from topoact.networks.loading import load_network
from topoact.study import open_study

from . import tiny

pytestmark = pytest.mark.usefixtures("transformers", "small_windows")


def alone(network: Any, text: str) -> tuple[Any, tuple[torch.Tensor, ...]]:
    """Return the tokens of one text and the hidden states of a pass over it alone, (T, C) each."""
    tokens = network.tokenizer(text, return_tensors="pt", truncation=True, return_offsets_mapping=True)
    module = getattr(network.module, "bert", network.module)
    with torch.inference_mode():
        asked = {name: tokens[name] for name in ("input_ids", "attention_mask")}
        found = module(**asked, output_hidden_states=True)
    return tokens, tuple(state[0] for state in found.hidden_states)


def close(found: np.ndarray, expected: torch.Tensor) -> None:
    np.testing.assert_allclose(found, expected.numpy(), rtol=1e-4, atol=1e-5)


def test_whole_texts_equal_a_pass_over_each_alone(bert: str, lines: str, tmp_path: Path) -> None:
    network = load_network(bert)
    study = extract(network, open_source(lines), tmp_path / "s", Plan(policies=("cls", "mean"), batch_size=3))
    assert study.layers == tuple(f"{layer}@{policy}" for layer in tiny.LAYERS for policy in ("cls", "mean"))
    assert study.examples["text"].tolist() == [line for line in tiny.LINES if line]
    for row, text in enumerate(study.examples["text"]):
        _, states = alone(network, text)
        for layer, state in zip(tiny.LAYERS, states, strict=True):
            close(study.layer(f"{layer}@cls").vectors()[row], state[0])
            close(study.layer(f"{layer}@mean").vectors()[row], state[1:-1].mean(0))
    assert study.manifest.skipped.first == ("3",)
    n_cut = sum(len(network.tokenizer(line)["input_ids"]) > tiny.LIMIT for line in tiny.LINES)
    assert study.manifest.notes["truncated"] == n_cut > 1
    said = sentences(summarise(study))
    assert f"cut {n_cut} texts that have more tokens than are taken" in said
    assert "input: TokenizersBackend, at most 24 tokens" in said


def test_texts_read_as_latin_are_counted(bert: str, tmp_path: Path) -> None:
    (tmp_path / "t").mkdir()
    for name, content in {"a": b"the cat", "b": b"the \xe9 cat"}.items():
        (tmp_path / "t" / f"{name}.txt").write_bytes(content)
    study = extract(load_network(bert), open_source(str(tmp_path / "t")), tmp_path / "s")
    assert study.examples["text"].tolist() == ["the cat", "the é cat"]
    assert "texts that are no UTF-8, read as Latin-1: 1" in sentences(summarise(study))


def test_words_equal_the_mean_of_their_pieces(bert: str, lines: str, tmp_path: Path) -> None:
    network = load_network(bert)
    study = extract(network, open_source(lines), tmp_path / "s", Plan(policies=("words",), batch_size=3))
    examples = study.examples
    for word, sentence, start, end in zip(*(examples[n] for n in ("word", "sentence", "start", "end")), strict=True):
        assert sentence[start:end] == word
    assert study.layers == tiny.LAYERS
    for sentence in examples["sentence"].unique():
        rows = np.flatnonzero(examples["sentence"] == sentence)
        tokens, states = alone(network, sentence)
        for layer, state in zip(tiny.LAYERS, states, strict=True):
            found = study.layer(layer).vectors()[rows]
            expected = [_of(span, tokens["offset_mapping"][0], state) for span in _spans(examples, rows)]
            close(found, torch.stack(expected))
    words = examples["word"].value_counts()
    assert {"😀", "日", "привет", "unbelievably", "running"} <= set(words.index)
    assert examples["label"].notna().all()
    assert examples["id"].tolist()[:3] == ["0:1", "0:2", "0:3"]


def _spans(examples: Any, rows: np.ndarray) -> Iterator[tuple[int, int]]:
    return zip(examples["start"].iloc[rows], examples["end"].iloc[rows], strict=True)


def _of(span: tuple[int, int], offsets: torch.Tensor, state: torch.Tensor) -> torch.Tensor:
    inside = [place for place, (a, b) in enumerate(offsets.tolist()) if a < span[1] and b > span[0]]
    return state[inside].mean(0)


def test_a_word_of_one_piece_is_that_piece_to_the_bit(bert: str, tmp_path: Path) -> None:
    (tmp_path / "t.jsonl").write_text('{"text": "the cat sat"}')
    network = load_network(bert)
    study = extract(network, open_source(str(tmp_path / "t.jsonl")), tmp_path / "s", Plan(policies=("words",)))
    for layer, state in zip(tiny.LAYERS, alone(network, "the cat sat")[1], strict=True):
        np.testing.assert_array_equal(study.layer(layer).vectors(), state[1:-1].numpy())


def test_padding_and_batches_change_nothing(bert: str, lines: str, tmp_path: Path) -> None:
    one, many = (
        extract(load_network(bert), open_source(lines), tmp_path / f"s{n}", Plan(policies=("words",), batch_size=n))
        for n in (1, 16)
    )
    assert one.examples.equals(many.examples)
    for layer in tiny.LAYERS:
        np.testing.assert_allclose(one.layer(layer).vectors(), many.layer(layer).vectors(), rtol=1e-4, atol=1e-5)


def test_tokens(bert: str, lines: str, tmp_path: Path) -> None:
    study = extract(load_network(bert), open_source(lines), tmp_path / "s", Plan(policies=("tokens",), limit=1))
    assert study.examples["word"].tolist()[3:10] == ["runn"[:3], "ning", "un", "bel", "ie", "va", "bly"]


def test_words_of_a_corpus_carry_their_labels(bert: str, sentences_of_words: str, tmp_path: Path) -> None:
    study = extract(load_network(bert), open_source(sentences_of_words), tmp_path / "s")
    examples = study.examples
    assert examples["word"].tolist() == ["I", "do", "n't", "😀", "go", ".", "Vins", "du", "du", "pays", "日本", "語"]
    assert examples["label"].tolist()[:2] == examples["upos"].tolist()[:2] == ["PRON", "AUX"]
    assert examples["genre"].tolist() == ["academic"] * 10 + ["letter"] * 2
    assert examples["id"].tolist()[6:9] == ["art-2:1", "art-2:2", "art-2:3"]
    assert examples["lemma"].iloc[1] == "do"
    kept = extract(
        load_network(bert),
        open_source(sentences_of_words, label="deprel"),
        tmp_path / "t",
        Plan(where=("upos=PRON,VERB", "genre=academic")),
    )
    assert kept.examples["word"].tolist() == ["I", "go"]
    assert kept.examples["label"].tolist() == ["nsubj", "root"]
    for layer in tiny.LAYERS:
        np.testing.assert_allclose(kept.layer(layer).vectors(), study.layer(layer).vectors()[[0, 4]], atol=1e-5)


def test_a_classifier_says_what_it_predicts(classifier: str, lines: str, tmp_path: Path) -> None:
    network = load_network(classifier)
    study = extract(network, open_source(lines), tmp_path / "s", Plan(policies=("cls",), batch_size=4))
    assert study.layers == tuple(f"bert.{layer}" for layer in tiny.LAYERS)
    assert study.classes == ("cat", "dog", "owl")
    for text, confidence, said in zip(*(study.examples[n] for n in ("text", "confidence", "prediction")), strict=True):
        tokens = network.tokenizer(text, return_tensors="pt", truncation=True)
        with torch.inference_mode():
            shares = network.module(**tokens).logits.softmax(1)[0]
        assert confidence == pytest.approx(float(shares.max()), rel=1e-4)
        assert said == study.classes[int(shares.argmax())]
    words = extract(network, open_source(lines), tmp_path / "w", Plan(policies=("words",)))
    per_text = dict(zip(study.examples["text"], study.examples["prediction"], strict=True))
    assert all(words.examples["prediction"].astype(str) == words.examples["sentence"].astype(str).map(per_text))


@pytest.mark.parametrize("name", ["pair", "attribute"])
def test_networks_of_ones_own(code: Path, lines: str, tmp_path: Path, name: str) -> None:
    """A network that takes token ids alone sees no padding: texts of one length go together."""
    network = load_network(f"{code}:{name}", seed=1)
    plan = Plan(("embed", "cell"), ("mean",), batch_size=5, classes=("cat", "dog"))
    study = extract(network, open_source(lines), tmp_path / "s", plan)
    for row, text in enumerate(study.examples["text"]):
        ids = network.tokenizer(text, return_tensors="pt", truncation=True)["input_ids"]
        with torch.inference_mode():
            close(study.layer("cell").vectors()[row], network.module.cell(network.module.embed(ids))[0, 1:-1].mean(0))
            shares = network.module(ids).softmax(1)
        assert study.examples["confidence"][row] == pytest.approx(float(shares.max()), rel=1e-4)


def test_a_layer_that_gives_one_vector_a_text(classifier: str, lines: str, tmp_path: Path) -> None:
    network = load_network(classifier)
    study = extract(network, open_source(lines), tmp_path / "s", Plan(("bert.pooler", "classifier"), ("cls", "mean")))
    assert study.layers == ("bert.pooler", "classifier")
    with pytest.raises(ModelError, match=r"'bert\.pooler' gives .* a vector for each token is needed"):
        extract(network, open_source(lines), tmp_path / "t", Plan(("bert.pooler",), ("words",)))


def test_decoders_read_without_a_padding_token(lines: str, tmp_path: Path) -> None:
    from transformers import GPT2Config, GPT2Model

    sizes = {"vocab_size": len(tiny.VOCABULARY), "n_embd": 8, "n_layer": 2, "n_head": 2, "n_positions": tiny.LIMIT}
    GPT2Model(GPT2Config(**sizes)).save_pretrained(tmp_path / "gpt")
    plain = tiny.tokenizer()
    plain.pad_token = None
    plain.save_pretrained(tmp_path / "gpt")
    network = load_network(f"hf:{tmp_path / 'gpt'}")
    assert network.recommended_layers() == ("drop", "h.0", "ln_f")
    study = extract(network, open_source(lines), tmp_path / "s", Plan(policies=("mean",), batch_size=4))
    text = study.examples["text"][0]
    close(study.layer("h.0").vectors()[0], alone(network, text)[1][1][1:-1].mean(0))


def test_from_the_command_line(code: Path, lines: str, sentences_of_words: str, tmp_path: Path) -> None:
    def run(*arguments: str) -> tuple[int, str]:
        found = CliRunner().invoke(app, ["extract", f"{code}:pair", *arguments, "--layers", "cell", "--json"])
        return found.exit_code, found.stdout or str(found.exception)

    out = ["-o", str(tmp_path / "s"), "--overwrite"]
    assert run(lines, *out, "--policy", "words", "--where", "word=cat,dog", "--max-tokens", "9")[0] == 0
    assert set(open_study(tmp_path / "s").examples["word"]) == {"cat", "dog"}
    assert run(sentences_of_words, *out, "--label-column", "deprel", "--columns", "s_type,genre")[0] == 0
    assert list(open_study(tmp_path / "s").examples)[:2] == ["id", "label"]
    assert {"s_type", "genre", "upos"} <= set(open_study(tmp_path / "s").examples)
    assert run(lines, *out, "--text-column", "number")[1].endswith("does not hold texts: see --text-column")
    assert "there is no policy 'most': choose from" in run(lines, *out, "--policy", "most")[1]


def test_the_layers_of_a_language_model(bert: str) -> None:
    network = load_network(bert)
    facts = {fact.name: fact for fact in network.survey(network.sample_input())}
    assert [name for name, fact in facts.items() if fact.recommended] == list(tiny.LAYERS)
    shape = facts["encoder.layer.0"].shape
    assert shape is not None
    assert shape[1:] == (16,)


def test_the_example_for_corpora(
    bert: str, sentences_of_words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MINILM", bert.removeprefix("hf:"))
    example = Path(__file__).parents[2] / "examples" / "gum_minilm.py"
    study = extract(load_network(f"{example}:minilm"), open_source(sentences_of_words), tmp_path / "s")
    assert study.layers == tiny.LAYERS
    assert study.examples["genre"].tolist()[-1] == "letter"
