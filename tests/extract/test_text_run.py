"""A study of texts equals a plain forward pass over each text by itself, whatever happened on the way."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from topoact.cli import app
from topoact.errors import Cancelled, InvalidInput, ModelError, TopoActError, UnknownName
from topoact.extract import Plan, Preprocessing, extract, load_network, open_source
from topoact.extract.networks.text_hub import fetch
from topoact.extract.summary import sentences, summarise
from topoact.study import open_study

from . import tiny
from .conftest import write_photos
from .test_conllu import FILE
from .test_run import same

pytestmark = pytest.mark.usefixtures("transformers")

LINES = [
    "The 😀 cat running unbelievably, привет!",
    "日本 dog",
    "unbelievably",
    "",
    "do n't running running the cat . the dog sat , the cat ran",
    "the " * 40,
    *(" ".join(["the cat sat on a dog", "running 😀"][: 1 + i % 2] * (1 + i % 3)) for i in range(20)),
]
LAYERS = ("embeddings", "encoder.layer.0", "encoder.layer.1")
CODE = """
import torch
from torch import nn
import tiny


class Recurrent(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed, self.cell = nn.Embedding(len(tiny.VOCABULARY), 6), nn.Linear(6, 6)
        self.lstm, self.head = nn.LSTM(6, 4, bidirectional=True, batch_first=True), nn.Linear(8, 2)

    def forward(self, ids):
        states, _ = self.lstm(self.cell(self.embed(ids)))
        return self.head(states[:, -1])


def pair():
    return Recurrent(), tiny.tokenizer()


def attribute():
    model = Recurrent()
    model.tokenizer = tiny.tokenizer()
    return model


def bare():
    return Recurrent()


def slow():
    return Recurrent(), "a tokenizer"
"""


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("topoact.study.segments.SEGMENT_EXAMPLES", 8)
    monkeypatch.setattr("topoact.extract.texts.reading.WINDOW_TEXTS", 7)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")


@pytest.fixture(scope="module")
def bert(tmp_path_factory: pytest.TempPathFactory, transformers: Any) -> str:
    return f"hf:{tiny.save_bert(tmp_path_factory.mktemp('bert'))}"


@pytest.fixture(scope="module")
def classifier(tmp_path_factory: pytest.TempPathFactory, transformers: Any) -> str:
    return f"hf:{tiny.save_bert(tmp_path_factory.mktemp('classifier'), classes=('cat', 'dog', 'owl'))}"


@pytest.fixture
def lines(tmp_path: Path) -> str:
    path = tmp_path / "lines.csv"
    rows = (f'{i},"{line}",{["cat", "dog"][i % 2]}' for i, line in enumerate(LINES))
    path.write_text("number,text,label\n" + "\n".join(rows), "utf-8")
    return str(path)


@pytest.fixture
def sentences_of_words(tmp_path: Path) -> str:
    (tmp_path / "a.conllu").write_text(FILE, "utf-8")
    return str(tmp_path / "a.conllu")


@pytest.fixture
def code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.syspath_prepend(str(Path(tiny.__file__).parent))
    (tmp_path / "own.py").write_text(CODE)
    return tmp_path / "own.py"


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
    assert study.layers == tuple(f"{layer}@{policy}" for layer in LAYERS for policy in ("cls", "mean"))
    assert study.examples["text"].tolist() == [line for line in LINES if line]
    for row, text in enumerate(study.examples["text"]):
        _, states = alone(network, text)
        for layer, state in zip(LAYERS, states, strict=True):
            close(study.layer(f"{layer}@cls").vectors()[row], state[0])
            close(study.layer(f"{layer}@mean").vectors()[row], state[1:-1].mean(0))
    assert study.manifest.skipped.first == ("3",)
    n_cut = sum(len(network.tokenizer(line)["input_ids"]) > tiny.LIMIT for line in LINES)
    assert study.manifest.notes["truncated"] == n_cut > 1
    said = sentences(summarise(study))
    assert f"cut {n_cut} texts that are longer than the network takes" in said
    assert "input: TokenizersBackend, at most 24 tokens" in said


def test_words_equal_the_mean_of_their_pieces(bert: str, lines: str, tmp_path: Path) -> None:
    network = load_network(bert)
    study = extract(network, open_source(lines), tmp_path / "s", Plan(policies=("words",), batch_size=3))
    examples = study.examples
    for word, sentence, start, end in zip(*(examples[n] for n in ("word", "sentence", "start", "end")), strict=True):
        assert sentence[start:end] == word
    assert study.layers == LAYERS
    for sentence in examples["sentence"].unique():
        rows = np.flatnonzero(examples["sentence"] == sentence)
        tokens, states = alone(network, sentence)
        for layer, state in zip(LAYERS, states, strict=True):
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
    for layer, state in zip(LAYERS, alone(network, "the cat sat")[1], strict=True):
        np.testing.assert_array_equal(study.layer(layer).vectors(), state[1:-1].numpy())


def test_padding_and_batches_change_nothing(bert: str, lines: str, tmp_path: Path) -> None:
    one, many = (
        extract(load_network(bert), open_source(lines), tmp_path / f"s{n}", Plan(policies=("words",), batch_size=n))
        for n in (1, 16)
    )
    assert one.examples.equals(many.examples)
    for layer in LAYERS:
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
    for layer in LAYERS:
        np.testing.assert_allclose(kept.layer(layer).vectors(), study.layer(layer).vectors()[[0, 4]], atol=1e-5)


def test_a_classifier_says_what_it_predicts(classifier: str, lines: str, tmp_path: Path) -> None:
    network = load_network(classifier)
    study = extract(network, open_source(lines), tmp_path / "s", Plan(policies=("cls",), batch_size=4))
    assert study.layers == tuple(f"bert.{layer}" for layer in LAYERS)
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
    assert network.usual_layers() == ("drop", "h.0", "ln_f")
    study = extract(network, open_source(lines), tmp_path / "s", Plan(policies=("mean",), batch_size=4))
    text = study.examples["text"][0]
    close(study.layer("h.0").vectors()[0], alone(network, text)[1][1][1:-1].mean(0))


@pytest.mark.parametrize(("policy", "after"), [("words", 0), ("words", 7), ("words", 14), ("mean", 7), ("mean", 21)])
def test_an_interrupted_run_goes_on_with_the_same_bytes(
    bert: str, lines: str, tmp_path: Path, policy: str, after: int
) -> None:
    plan = Plan(policies=(policy,), batch_size=3)

    def progress(stage: str, done: int, total: int) -> None:
        assert (stage, total) == ("extract", len(LINES))
        if done >= after:
            raise KeyboardInterrupt

    with pytest.raises(Cancelled, match=f"of {len(LINES)} texts; the same command resumes"):
        extract(load_network(bert), open_source(lines), tmp_path / "a", plan, on_progress=progress)
    resumed, whole = (extract(load_network(bert), open_source(lines), tmp_path / name, plan) for name in "ab")
    assert same(resumed, whole)
    assert resumed.digest == whole.digest
    assert resumed.manifest.notes == whole.manifest.notes
    assert resumed.manifest.skipped == whole.manifest.skipped


KILLED = """
import sys, time
import topoact.study.segments as segments, topoact.extract.texts.reading as reading
from topoact.extract import Plan, extract, load_network, open_source
segments.SEGMENT_EXAMPLES, reading.WINDOW_TEXTS = 8, 7
plan = Plan(layers=("cell",), policies=("words",), batch_size=3)
extract(load_network(sys.argv[1]), open_source(sys.argv[2]), sys.argv[3], plan, on_progress=lambda *_: time.sleep(0.3))
"""


def test_kill_9_half_way(code: Path, lines: str, tmp_path: Path) -> None:
    command = [sys.executable, "-c", KILLED, f"{code}:pair", lines, str(tmp_path / "a")]
    paths = [str(Path(tiny.__file__).parent), os.environ.get("PYTHONPATH", "")]
    process = subprocess.Popen(command, env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)})
    chunk = tmp_path / "a.partial" / "activations.zarr" / "cell" / "c" / "1" / "0"
    for _ in range(900):
        if chunk.exists() or process.poll() is not None:
            break
        time.sleep(0.05)
    os.kill(process.pid, signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    plan = Plan(layers=("cell",), policies=("words",), batch_size=3)
    resumed, whole = (extract(load_network(f"{code}:pair"), open_source(lines), tmp_path / name, plan) for name in "ab")
    assert same(resumed, whole)
    assert resumed.manifest.notes == whole.manifest.notes


@pytest.mark.parametrize(
    ("plan", "error", "sentence"),
    [
        pytest.param(Plan(policies=("random",)), InvalidInput, "'random' is not one for texts", id="policy"),
        pytest.param(Plan(where=("upos",)), InvalidInput, "--where needs column=value.*: got 'upos'", id="condition"),
        pytest.param(Plan(where=("pos=X",)), UnknownName, "--where knows no column 'pos'", id="column"),
        pytest.param(Plan(where=("label=owl",)), InvalidInput, "no text or word is left", id="nothing left"),
        pytest.param(Plan(max_tokens=99), InvalidInput, "--max-tokens must be at most 24.*: got 99", id="tokens"),
        pytest.param(Plan(preprocessing=Preprocessing(8)), InvalidInput, "are for images, and the data are", id="size"),
        pytest.param(Plan(layers=("encoder.layer.9",)), UnknownName, "no layer 'encoder.layer.9'", id="layer"),
        pytest.param(Plan(strict=True), InvalidInput, "3 is empty or cannot be read", id="strict"),
    ],
)
def test_bad_plans(bert: str, lines: str, tmp_path: Path, plan: Plan, error: type[TopoActError], sentence: str) -> None:
    with pytest.raises(error, match=sentence):
        extract(load_network(bert), open_source(lines), tmp_path / "s", plan)
    assert not list(tmp_path.glob("s*"))


def test_networks_and_data_that_do_not_fit(bert: str, code: Path, lines: str, tmp_path: Path) -> None:
    photos = open_source(str(write_photos(tmp_path / "photos", 2)))
    with pytest.raises(InvalidInput, match="reads texts, and the data are none: see --text-column"):
        extract(load_network(bert), photos, tmp_path / "s")
    with pytest.raises(ModelError, match=r"bare has no tokenizer to read texts with: take hf:NAME"):
        extract(load_network(f"{code}:bare"), open_source(lines), tmp_path / "s")
    with pytest.raises(ModelError, match="the tokenizer str does not say where"):
        extract(load_network(f"{code}:slow"), open_source(lines), tmp_path / "s")


@pytest.mark.parametrize(
    ("name", "options", "sentence"),
    [
        ("no-such-folder", {}, "there is no data at"),
        ("photos", {"text": "text"}, "--text-column is a column of a"),
        ("lines.csv", {"columns": ("genre",)}, r"--columns chooses comments of \.conllu files"),
        ("no.conllu", {}, "cannot be read"),
    ],
)
def test_bad_data(lines: str, tmp_path: Path, name: str, options: dict[str, Any], sentence: str) -> None:
    write_photos(tmp_path / "photos", 2)
    with pytest.raises(InvalidInput, match=sentence):
        open_source(str(tmp_path / name), **options)


def test_a_model_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"hf:.*cannot be loaded"):
        load_network(f"hf:{tmp_path / 'nowhere'}")


def test_a_torchvision_that_does_not_import_is_named(transformers: Any) -> None:
    class Broken:
        @staticmethod
        def from_pretrained(name: str, **options: object) -> None:
            cause = RuntimeError("operator torchvision::nms does not exist")
            raise ModuleNotFoundError("Could not import module 'BertModel'") from cause

    with pytest.raises(ModelError, match=r"a torchvision that does not import .* install a matching one or none"):
        fetch(transformers, Broken, "any")


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
    assert [name for name, fact in facts.items() if fact.usual] == list(LAYERS)
    shape = facts["encoder.layer.0"].shape
    assert shape is not None
    assert shape[1:] == (16,)


def test_the_example_for_corpora(
    bert: str, sentences_of_words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MINILM", bert.removeprefix("hf:"))
    example = Path(__file__).parents[2] / "examples" / "gum_minilm.py"
    study = extract(load_network(f"{example}:minilm"), open_source(sentences_of_words), tmp_path / "s")
    assert study.layers == LAYERS
    assert study.examples["genre"].tolist()[-1] == "letter"
