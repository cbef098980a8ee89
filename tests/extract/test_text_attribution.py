"""Attributions of words, tokens and whole texts are what autograd by hand finds on each text alone."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from topoact.errors import Cancelled, InvalidInput
from topoact.extract import Plan, extract
from topoact.inputs.opening import open_source
from topoact.networks.loading import load_network
from topoact.study import Study

from . import tiny

pytestmark = pytest.mark.usefixtures("transformers", "small_windows")

LAYERS = tuple(f"bert.{layer}" for layer in tiny.LAYERS)


def alone(network: Any, text: str, layer: str) -> tuple[Any, torch.Tensor, torch.Tensor]:
    """Return where the tokens of a text are, the output of a layer (T, C), gradients by score, the greatest first."""
    tokens = network.tokenizer(text, return_tensors="pt", truncation=True, return_offsets_mapping=True)
    kept: list[torch.Tensor] = []
    with network.module.get_submodule(layer).register_forward_hook(lambda m, i, output: kept.append(output)):
        scores = network.module(**{name: tokens[name] for name in ("input_ids", "attention_mask")}).logits[0]
    rows = [torch.autograd.grad(score, kept[0], retain_graph=True)[0][0] for score in scores]
    best = scores.argsort(descending=True)
    return tokens["offset_mapping"][0].tolist(), kept[0][0].detach(), torch.stack(rows)[best]


def pushed(state: torch.Tensor, gradients: torch.Tensor, bag: list[int]) -> torch.Tensor:
    return gradients[:, bag].sum(1) @ state[bag].mean(0)


def top5(study: Study, layer: str) -> NDArray[Any]:
    return np.stack(list(study.layer(layer).points["attribution_top5"]))


def close(found: NDArray[Any], expected: list[torch.Tensor]) -> None:
    np.testing.assert_allclose(found, torch.stack(expected), rtol=2e-3, atol=1e-6)


@pytest.mark.parametrize("batch_size", [1, 5])
def test_whole_texts(classifier: str, lines: str, tmp_path: Path, batch_size: int) -> None:
    network = load_network(classifier)
    plan = Plan(policies=("cls", "mean"), batch_size=batch_size, attribution=True)
    study = extract(network, open_source(lines), tmp_path / "s", plan)
    for layer in LAYERS:
        seen = [alone(network, text, layer) for text in study.examples["text"]]
        close(top5(study, f"{layer}@cls"), [pushed(state, rows, [0]) for _, state, rows in seen])
        inner = [list(range(1, len(state) - 1)) for _, state, _ in seen]
        close(
            top5(study, f"{layer}@mean"), [pushed(s, rows, bag) for (_, s, rows), bag in zip(seen, inner, strict=True)]
        )
    assert study.examples["top5"].map(len).tolist() == [3] * study.n_examples
    assert study.manifest.notes["attribution"] == "logits"
    for layer in study.layers:
        points = study.layer(layer).points
        np.testing.assert_array_equal(points["attribution"], top5(study, layer)[:, 0])


@pytest.mark.parametrize("policy", ["words", "tokens"])
def test_words_and_tokens(classifier: str, lines: str, tmp_path: Path, policy: str) -> None:
    network = load_network(classifier)
    plan = Plan((LAYERS[1],), (policy,), batch_size=3, attribution=True)
    study = extract(network, open_source(lines), tmp_path / "s", plan)
    seen = {text: alone(network, text, LAYERS[1]) for text in study.examples["sentence"].unique()}
    expected = []
    for sentence, start, end in zip(*(study.examples[n] for n in ("sentence", "start", "end")), strict=True):
        offsets, state, gradients = seen[sentence]
        bag = [place for place, (a, b) in enumerate(offsets) if a < end and b > start]
        expected.append(pushed(state, gradients, bag))
    close(top5(study, LAYERS[1]), expected)


def test_vectors_of_whole_texts_where_the_head_is_linear(classifier: str, lines: str, tmp_path: Path) -> None:
    """The scores of the head are linear in the pooled vector, which is one for each text."""
    network = load_network(classifier)
    plan = Plan(("bert.pooler", "classifier"), ("mean",), attribution=True)
    study = extract(network, open_source(lines), tmp_path / "s", plan)
    bias = network.module.classifier.bias.detach().numpy()
    scores = study.layer("classifier").vectors()
    best = np.argsort(-scores, axis=1)
    np.testing.assert_allclose(top5(study, "classifier"), np.take_along_axis(scores, best, 1), rtol=1e-5)
    linear = np.take_along_axis(scores - bias, best, 1)
    np.testing.assert_allclose(top5(study, "bert.pooler"), linear, rtol=1e-4, atol=1e-6)


def test_vectors_are_those_of_a_run_without_and_runs_resume(classifier: str, lines: str, tmp_path: Path) -> None:
    def run(name: str, *, attribution: bool = True, stop: int = 10**6) -> Study:
        def halt(stage: str, done: int, total: int) -> None:
            if done >= stop:
                raise Cancelled

        plan = Plan(policies=("words",), batch_size=4, attribution=attribution)
        return extract(load_network(classifier), open_source(lines), tmp_path / name, plan, on_progress=halt)

    with pytest.raises(Cancelled):
        run("a", stop=14)
    assert (tmp_path / "a.partial").exists()
    resumed, whole, bare = run("a"), run("b"), run("c", attribution=False)
    for layer in LAYERS:
        vectors = whole.layer(layer).vectors().view(np.uint32)
        for other in (resumed, bare):
            np.testing.assert_array_equal(other.layer(layer).vectors().view(np.uint32), vectors)
        np.testing.assert_array_equal(top5(resumed, layer), top5(whole, layer))
    assert resumed.digest == whole.digest
    assert list(bare.layer(LAYERS[0]).points) == ["example", "y", "x"]


def test_a_network_that_classifies_nothing(bert: str, lines: str, tmp_path: Path) -> None:
    with pytest.raises(
        InvalidInput, match=r"--attribution is to the scores \(B, K\) of a classifier, and hf:.* gives none"
    ):
        extract(load_network(bert), open_source(lines), tmp_path / "s", Plan(policies=("cls",), attribution=True))
    assert not list(tmp_path.glob("s*"))
