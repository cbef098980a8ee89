"""The logit lens: what a language model's own head says of a state, by hand and by the whole network."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from topoact.cli import app
from topoact.errors import InvalidInput
from topoact.extract import Plan, extract
from topoact.inputs.opening import open_source
from topoact.interpret.logit_lens import logit_lens
from topoact.interpret.study_network import NetworkChoice
from topoact.networks.loading import load_network
from topoact.wire.attributions import logit_lens_message
from topoact.workbench import MapSettings, open_workbench
from topoact.workbench.nodes.node_attribution import are_stored, compute_attributions, node_logit_lens

from . import language_models, tiny

pytestmark = pytest.mark.usefixtures("transformers", "small_windows")


def saved(model: Any, folder: Path) -> str:
    model.save_pretrained(folder)
    tiny.tokenizer().save_pretrained(folder)
    return f"hf:{folder}"


@pytest.fixture
def decoder(tmp_path: Path) -> str:
    from transformers import GPT2Config, GPT2LMHeadModel

    torch.manual_seed(5)
    sizes = {"n_embd": 16, "n_layer": 2, "n_head": 2, "n_positions": tiny.LIMIT}
    return saved(GPT2LMHeadModel(GPT2Config(vocab_size=len(tiny.VOCABULARY), **sizes)), tmp_path / "decoder")


@pytest.fixture
def masked(tmp_path: Path) -> str:
    from transformers import BertForMaskedLM

    torch.manual_seed(5)
    return saved(BertForMaskedLM(tiny.config()), tmp_path / "masked")


def said(words: list[Any], scores: torch.Tensor) -> None:
    shares, ids = scores.softmax(0).topk(len(words))
    names = {number: piece for piece, number in tiny.VOCABULARY.items()}
    assert [one.word.replace(" ", "") for one in words] == [names[number] for number in ids.tolist()]
    np.testing.assert_allclose([one.share for one in words], shares.tolist(), rtol=1e-4)


def test_of_a_decoder_the_last_normalisation_and_the_head(decoder: str) -> None:
    from transformers import GPT2LMHeadModel

    model = GPT2LMHeadModel.from_pretrained(decoder.removeprefix("hf:")).eval()
    states = torch.randn(70, 16, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        expected = model.lm_head(model.transformer.ln_f(states))
        after = model.lm_head(states)
    for layer in ("wte", "h.0", "h.1"):
        for words, scores in zip(logit_lens(load_network(decoder), layer, states.numpy()), expected, strict=True):
            said(words, scores)
    for words, scores in zip(logit_lens(load_network(decoder), "ln_f", states.numpy()), after, strict=True):
        said(words, scores)


def test_the_last_state_of_a_text_says_what_the_network_says(decoder: str) -> None:
    from transformers import GPT2LMHeadModel

    model = GPT2LMHeadModel.from_pretrained(decoder.removeprefix("hf:")).eval()
    ids = tiny.tokenizer()("the cat sat", return_tensors="pt")["input_ids"]
    kept: list[torch.Tensor] = []
    last = model.transformer.h[-1]
    with last.register_forward_hook(lambda m, i, o: kept.append(o[0] if isinstance(o, tuple) else o)), torch.no_grad():
        logits = model(ids).logits[0]
    for words, scores in zip(logit_lens(load_network(decoder), "h.1", kept[0][0].numpy()), logits, strict=True):
        said(words, scores)


@pytest.mark.parametrize(("kind", "layer"), [("opt", "decoder.final_layer_norm"), ("mixtral", "norm")])
def test_a_layer_that_runs_after_the_last_block_is_replaced_itself(kind: str, layer: str, tmp_path: Path) -> None:
    """OPT lists its last normalisation before the blocks; Mixtral may list more experts than blocks."""
    spec = language_models.save_small(kind, tmp_path / kind)
    network, states = load_network(spec), np.random.default_rng(0).normal(size=(3, 16)).astype(np.float32)
    head = language_models.loaded(spec).get_output_embeddings()
    with torch.no_grad():
        expected = head(torch.from_numpy(states)).softmax(-1).topk(8).values
    found = [[word.share for word in words] for words in logit_lens(network, layer, states)]
    np.testing.assert_allclose(found, expected, rtol=1e-4)


def test_of_a_masked_model_its_head(masked: str) -> None:
    from transformers import BertForMaskedLM

    model = BertForMaskedLM.from_pretrained(masked.removeprefix("hf:")).eval()
    states = torch.randn(3, 16, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        expected = model.cls(states)
    for words, scores in zip(
        logit_lens(load_network(masked), "encoder.layer.0", states.numpy()), expected, strict=True
    ):
        said(words, scores)


def test_what_has_no_words_is_refused(bert: str, masked: str, model: torch.nn.Module) -> None:
    from topoact.networks import TorchNetwork

    vectors = np.ones((2, 16), dtype=np.float32)
    with pytest.raises(InvalidInput, match="has no language head: it gives vectors, and no words"):
        logit_lens(load_network(bert), "encoder.layer.0", vectors)
    with pytest.raises(InvalidInput, match="the vectors have 4 channels, and the network's states 16"):
        logit_lens(load_network(masked), "encoder.layer.0", vectors[:, :4])
    with pytest.raises(InvalidInput, match="reads no texts"):
        logit_lens(TorchNetwork(model), "0", vectors)


def test_of_the_nodes_of_a_study(decoder: str, lines: str, tmp_path: Path) -> None:
    plan = Plan(layers=("h.1",), policies=("tokens",))
    study = extract(load_network(decoder), open_source(lines), tmp_path / "s", plan)
    bench, settings = open_workbench(study.path, NetworkChoice()), MapSettings(n_intervals=3, k=5)
    graph, name = bench.map(0, settings), bench.key(study.layer(0), settings)
    assert not are_stored(bench, 0, name)
    assert node_logit_lens(bench, name, 0) is None
    compute_attributions(bench, 0, name)
    assert are_stored(bench, 0, name)
    expected = logit_lens(load_network(decoder), "h.1", graph.means)
    for node in range(graph.n_nodes):
        words = node_logit_lens(bench, name, node)
        assert words is not None
        assert [one.word for one in words] == [one.word for one in expected[node]]
        assert [one.word for one in logit_lens_message(words).words] == [one.word for one in words]
    with pytest.raises(InvalidInput, match="does not exist"):
        node_logit_lens(bench, name, graph.n_nodes)


def test_the_command(decoder: str, lines: str, tmp_path: Path) -> None:
    study = extract(load_network(decoder), open_source(lines), tmp_path / "s", Plan(("h.1",), policies=("tokens",)))
    command = ["attribute", str(study.path), "--layer", "h.1", "--top", "2", "--intervals", "3", "--k", "5"]
    done = CliRunner().invoke(app, [*command, "--json"], catch_exceptions=False)
    rows = json.loads(done.stdout)
    assert [list(row) for row in rows] == [["node", "size", "words"]] * 2
    assert list(rows[0]["words"][0]) == ["word", "share"]
    printed = CliRunner().invoke(app, command, catch_exceptions=False).stdout.splitlines()
    for row, head, words in zip(rows, printed[::2], printed[1::2], strict=True):
        assert head == f"node {row['node']}, {row['size']} members"
        shares = [f"{one['word']} ({one['share']:.0%})" for one in row["words"][:3]]
        assert words == f"  logit lens   {', '.join(shares)}"
