"""Language models of transformers: their vectors are those of each text alone, or they are refused in a sentence."""

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from topoact.errors import ModelError
from topoact.extract import Plan, extract
from topoact.extract.summary import sentences, summarise
from topoact.extract.texts.forward import TextForward
from topoact.extract.texts.grouping import Grouping, grouping
from topoact.extract.texts.pieces import Tokenizer
from topoact.inputs.opening import open_source
from topoact.networks.loading import load_network
from topoact.networks.text_network import TextNetwork

from . import language_models, tiny

pytestmark = pytest.mark.usefixtures("transformers", "small_windows")

DOCUMENTED = Path(__file__).parents[2] / "docs" / "language-models.md"
SMALL = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 16}


def documented() -> list[str]:
    """Return the rows of the table in the documentation."""
    return re.findall(r"^\| `.*\|$", DOCUMENTED.read_text("utf-8"), re.MULTILINE)


def test_the_table_lists_what_people_have() -> None:
    rows = documented()
    working = {row.split("`")[1] for row in rows if "refused" not in row}
    assert {"llama", "mistral", "qwen2", "qwen3", "gemma", "gemma2", "phi", "phi3", "falcon", "bloom"} <= working
    assert {"gpt_neox", "opt", "mpt", "mamba", "deepseek_v2", "deepseek_v3", "gpt_oss", "smollm3"} <= working
    assert {"bert", "t5", "bart"} <= working
    assert len(working) >= 120


@pytest.mark.parametrize("kind", ["llama", "falcon", "bloom", "gpt_oss", "mamba", "t5", "mbart", "convbert"])
def test_vectors_are_those_of_each_text_alone(kind: str, tmp_path: Path) -> None:
    assert language_models.row(language_models.tried(kind, tmp_path)) in documented()


@pytest.mark.slow
@pytest.mark.parametrize("documented_row", documented())
def test_each_row_of_the_table(documented_row: str, tmp_path: Path) -> None:
    kind = documented_row.split("`")[1]
    assert language_models.row(language_models.tried(kind, tmp_path)) == documented_row


def test_both_sides_of_an_encoder_decoder(tmp_path: Path) -> None:
    """The decoder is given what ``_shift_right`` of T5 makes of the text, as in training."""
    spec = language_models.save_small("t5", tmp_path / "t5")
    network = load_network(spec)
    (tmp_path / "t.csv").write_text("text\nthe cat sat on the dog")
    layers = ("encoder.block.1.layer.1", "decoder.block.1.layer.2")
    study = extract(network, open_source(str(tmp_path / "t.csv")), tmp_path / "s", Plan(layers, ("tokens",)))
    ids = network.tokenizer("the cat sat on the dog", return_tensors="pt")["input_ids"]
    with torch.no_grad():
        output = network.module(ids, decoder_input_ids=network.module._shift_right(ids), output_hidden_states=True)
        normed = {"encoder": network.module.encoder, "decoder": network.module.decoder}
        for layer, expected in zip(layers, (output.encoder_last_hidden_state, output.last_hidden_state), strict=True):
            last = normed[layer.partition(".")[0]].final_layer_norm
            found = last(torch.from_numpy(study.layer(layer).vectors()))
            np.testing.assert_allclose(found, expected[0], atol=1e-4)


def test_a_decoder_without_a_first_token(tmp_path: Path) -> None:
    network = load_network(language_models.save_small("t5", tmp_path / "t5"))
    config = network.module.config
    config.decoder_start_token_id = config.bos_token_id = config.pad_token_id = None
    with pytest.raises(ModelError, match="the decoder's first token is not known: set decoder_start_token_id"):
        network.sample_input()


def test_the_decoder_of_an_encoder_decoder_alone(tmp_path: Path) -> None:
    """Its body would be an encoder and a decoder, the former with random weights."""
    from transformers import BartForCausalLM

    torch.manual_seed(1)
    spec = language_models.save_model(BartForCausalLM(language_models.small_config("bart")), tmp_path / "bart")
    assert load_network(spec).recommended_layers()[-1] == "model.decoder.layers.1"
    assert language_models.check(spec, tmp_path / "studies") == "padded"


def test_a_pooling_layer_that_the_files_lack_is_left_out(tmp_path: Path) -> None:
    from transformers import BertForMaskedLM

    BertForMaskedLM(tiny.config()).save_pretrained(tmp_path / "bert")
    tiny.tokenizer().save_pretrained(tmp_path / "bert")
    first, again = (load_network(f"hf:{tmp_path / 'bert'}") for _ in range(2))
    assert first.record["digest"] == again.record["digest"]
    assert not [name for name in first.layer_names() if "pooler" in name]


def test_weights_that_the_files_lack_are_not_made_up(tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    spec = language_models.save_small("llama", tmp_path / "llama")
    file = tmp_path / "llama" / "model.safetensors"
    kept = {name: tensor for name, tensor in load_file(file).items() if "layers.1" not in name}
    save_file(kept, file, metadata={"format": "pt"})
    with pytest.raises(ModelError, match=r"lacks the weights model\.layers\.1.* and \d+ more of a LlamaForCausalLM"):
        load_network(spec)


def test_a_model_for_texts_without_a_tokenizer(tmp_path: Path) -> None:
    from transformers import AutoModelForCausalLM

    AutoModelForCausalLM.from_config(language_models.small_config("llama")).save_pretrained(tmp_path)
    with pytest.raises(ModelError, match=r"hf:.* cannot be loaded"):
        load_network(f"hf:{tmp_path}")


def classifier(folder: Path, **config: Any) -> str:
    from transformers import GPT2ForSequenceClassification

    torch.manual_seed(2)
    own = {"num_labels": 3, "id2label": {0: "cat", 1: "dog", 2: "owl"}, "label2id": {"cat": 0, "dog": 1, "owl": 2}}
    sizes = language_models.small_config("gpt2", **own, **config)
    return language_models.save_model(GPT2ForSequenceClassification(sizes), folder)


@pytest.mark.parametrize(("pad", "grouped"), [(None, "equal lengths"), (0, None), (319, None)])
def test_a_classifier_takes_the_last_token_of_each_text(tmp_path: Path, pad: int | None, grouped: str | None) -> None:
    network = load_network(classifier(tmp_path / "gpt2", pad_token_id=pad))
    (tmp_path / "t.csv").write_text(
        "text\n" + "\n".join(["the cat", "the dog sat on the cat ran", "dog", "cat", "ran"])
    )
    study = extract(network, open_source(str(tmp_path / "t.csv")), tmp_path / "s", Plan(("score",), batch_size=4))
    for text, confidence, vector in zip(
        study.examples["text"], study.examples["confidence"], study.layer("score").vectors(), strict=True
    ):
        ids = network.tokenizer(text, return_tensors="pt")["input_ids"]
        with torch.no_grad():
            scores = network.module.score(network.module.transformer(ids).last_hidden_state)[0]
        assert confidence == pytest.approx(float(scores[-1].softmax(0).max()), rel=1e-4)
        np.testing.assert_allclose(vector, scores.mean(0), atol=1e-5)
    assert study.manifest.notes.get("batches") == grouped
    said = any("texts of equal length were run together" in line for line in sentences(summarise(study)))
    assert said is bool(grouped)


class Crowded(torch.nn.Module):
    """Gives other vectors in company, as experts with a capacity do; or sees padding, as convolutions do."""

    def __init__(self, *, counts: str) -> None:
        super().__init__()
        self.embed, self.counts, self.layer = torch.nn.Embedding(320, 4), counts, torch.nn.Identity()

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        n = {"nothing": 0, "padding": int((attention_mask == 0).sum()), "texts": len(input_ids)}[self.counts]
        return self.layer(self.embed(input_ids) * (1 + n))


def trial(module: torch.nn.Module, *layers: str, size: int = 8, limit: int = 512) -> Grouping:
    network = TextNetwork(module.eval(), language_models.byte_tokenizer())
    tokenizer = Tokenizer(network.tokenizer, limit=limit)
    return grouping(network, TextForward(layers, "word"), tokenizer, size)


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        pytest.param("nothing", Grouping(8, is_padded=True), id="padded"),
        pytest.param("padding", Grouping(8, is_padded=False), id="equal lengths"),
        pytest.param("texts", Grouping(1, is_padded=False), id="one by one"),
    ],
)
def test_a_trial_shows_which_texts_may_share_a_pass(counts: str, expected: Grouping) -> None:
    assert trial(Crowded(counts=counts), "layer") == expected
    assert trial(Crowded(counts=counts), "embed") == Grouping(8, is_padded=True)
    assert trial(Crowded(counts=counts), "layer", size=1) == Grouping(1, is_padded=True)


@pytest.mark.filterwarnings("ignore:.*deprecated.*")
def test_a_scale_of_the_whole_batch_is_seen() -> None:
    """Dynamic quantisation computes the scale of its inputs of all texts of a batch."""
    from transformers import BertModel

    torch.manual_seed(0)
    model = torch.ao.quantization.quantize_dynamic(BertModel(language_models.small_config("bert")), {torch.nn.Linear})
    assert trial(model, "encoder.layer.1") == Grouping(1, is_padded=False)


def test_a_network_that_fails_is_said_at_the_trial() -> None:
    class Failing(Crowded):
        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
            raise ValueError("no place")

    with pytest.raises(ModelError, match="no place"):
        trial(Failing(counts="nothing"), "layer")


def test_a_network_of_few_places_is_tried_with_a_shorter_text() -> None:
    class Short(Crowded):
        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
            assert input_ids.shape[1] < 100
            return super().forward(input_ids, attention_mask)

    assert trial(Short(counts="texts"), "layer") == Grouping(1, is_padded=False)


@pytest.mark.parametrize(("limit", "is_padded"), [(64, True), (512, False)])
def test_positions_that_stretch_with_the_longest_text(limit: int, is_padded: bool) -> None:
    module = Crowded(counts="nothing")
    text = SimpleNamespace(rope_parameters={"rope_type": "longrope", "original_max_position_embeddings": 64})
    module.config = SimpleNamespace(get_text_config=lambda: text)
    assert trial(module, "layer", limit=limit).is_padded is is_padded
