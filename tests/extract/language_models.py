"""Language models of transformers, made small with random weights, and what extraction makes of each.

``python -m tests.extract.language_models`` tries all causal models that transformers knows, and others, and prints the
rows of the table in docs/language-models.md.
"""

import json
import sys
import tempfile
import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch

from topoact.errors import TopoActError
from topoact.extract import Plan, extract
from topoact.inputs.opening import open_source
from topoact.networks.loading import load_network
from topoact.study import Study

from . import tiny

WIDTH, HEAD, N_LAYERS, N_HEADS, LENGTH = 16, 8, 2, 2, 128
DECODER_START = 2
MAX_PARAMETERS = 3_000_000
TEXTS = ("the cat sat on the dog", "unbelievably", "do n't running the cat . the dog sat , the cat ran !", "日本")

SIZES: dict[str, Any] = {
    "vocab_size": 320,
    "pad_token_id": 0,
    "bos_token_id": 2,
    "eos_token_id": 3,
    "decoder_start_token_id": DECODER_START,
    "forced_eos_token_id": None,
    "qk_head_dim": 2 * HEAD,
    "index_head_dim": 2 * HEAD,
    "index_topk": LENGTH,
    "sliding_window": 8,
    "mamba_d_ssm": 2 * WIDTH,
    **dict.fromkeys(("hidden_size", "d_model", "n_embd", "embedding_size", "d_embed", "emb_dim"), WIDTH),
    **dict.fromkeys(("intermediate_size", "moe_intermediate_size", "shared_expert_intermediate_size"), WIDTH),
    **dict.fromkeys(("shared_intermediate_size", "moe_shared_expert_intermediate_size", "d_inner", "n_inner"), WIDTH),
    **dict.fromkeys(("dff", "dim_ff", "ffn_dim", "encoder_ffn_dim", "decoder_ffn_dim", "ffn_hidden_size"), WIDTH),
    **dict.fromkeys(("feed_forward_size", "intermediate_size_mlp", "expert_ffn_hidden_size", "lru_width"), WIDTH),
    **dict.fromkeys(("num_hidden_layers", "n_layer", "n_layers", "num_layers", "num_blocks"), N_LAYERS),
    **dict.fromkeys(("encoder_layers", "decoder_layers"), N_LAYERS),
    **dict.fromkeys(("num_attention_heads", "n_head", "n_heads", "num_heads", "num_key_value_heads"), N_HEADS),
    **dict.fromkeys(("num_kv_heads", "encoder_attention_heads", "decoder_attention_heads", "index_n_heads"), N_HEADS),
    **dict.fromkeys(("linear_num_key_heads", "linear_num_value_heads"), N_HEADS),
    **dict.fromkeys(("head_dim", "dim_head", "kv_lora_rank", "q_lora_rank", "qk_rope_head_dim", "rotary_dim"), HEAD),
    **dict.fromkeys(("qk_nope_head_dim", "v_head_dim", "mamba_d_head", "linear_key_head_dim"), HEAD),
    **dict.fromkeys(("linear_value_head_dim", "mamba_chunk_size", "chunk_size", "block_size"), HEAD),
    **dict.fromkeys(("max_position_embeddings", "n_positions", "n_ctx", "max_seq_len"), LENGTH),
    **dict.fromkeys(("num_experts", "n_routed_experts", "num_local_experts", "moe_num_experts", "mamba_n_heads"), 4),
    **dict.fromkeys(("state_size", "mamba_d_state", "mamba_dt_rank", "time_step_rank"), 4),
    **dict.fromkeys(("num_experts_per_tok", "moe_topk", "moe_k"), 2),
    **dict.fromkeys(("n_group", "topk_group", "num_expert_group", "n_shared_experts"), 1),
}
"""Values of a small model, by the names that configs give them."""
OWN_SIZES: dict[str, dict[str, Any]] = {
    "bamba": {"attn_layer_indices": [1]},
    "codegen": {"n_head": 4, "rotary_dim": 4},
    "gpt_neo": {"attention_types": [[["global", "local"], 1]]},
    "granitemoehybrid": {"layer_types": ["mamba", "attention"]},
    "jamba": {"attn_layer_period": 2, "attn_layer_offset": 1},
    "mamba2": {"num_heads": 4, "head_dim": 8, "n_groups": 1},
    "nemotron_h": {"layers_block_type": ["mamba", "attention"]},
    "recurrent_gemma": {"num_hidden_layers": 3},
    "t5": {"decoder_start_token_id": DECODER_START},
    "zaya": {"num_experts_per_tok": 1},
}
"""Of single kinds: what these values do not fit."""
LAYER_KINDS = ("layer_types", "mlp_layer_types", "layers_block_type")
"""Names of lists that give each layer a kind."""


ENCODERS = """albert bert convbert deberta deberta-v2 distilbert electra ernie esm eurobert fnet funnel ibert layoutlm
longformer luke mobilebert modernbert mpnet mra nomic_bert nystromformer roberta roformer squeezebert yoso
xlm-roberta"""
NEED_DECODER_INPUTS = """blenderbot longt5 m2m_100 marian mt5 nllb-moe pegasus pegasus_x prophetnet switch_transformers
t5 umt5"""
"""Encoder-decoders that transformers does not feed with the text by itself."""
FEED_THEMSELVES = "bart bigbird_pegasus fsmt led mbart mvp plbart t5gemma"
OTHERS = (*ENCODERS.split(), *NEED_DECODER_INPUTS.split(), *FEED_THEMSELVES.split())
"""Kinds that are tried as encoders, or with both sides, not as causal models."""


class Outcome(NamedTuple):
    """What extraction makes of one kind of model."""

    kind: str
    architecture: str
    works: bool
    note: str
    """How its texts are batched if it works, else why not."""


def small_config(kind: str, **sizes: Any) -> Any:
    """Return the config of a small model of a kind, which transformers calls ``model_type``."""
    import transformers

    config = transformers.CONFIG_MAPPING[kind]
    default = config()
    known = {*vars(default), *config.attribute_map}
    given = {name: value for name, value in SIZES.items() if name in known and not _is_list(default, name)}
    for name in LAYER_KINDS:
        if _is_list(default, name):
            given[name] = (list(dict.fromkeys(getattr(default, name))) * N_LAYERS)[:N_LAYERS]
    return config(**given | OWN_SIZES.get(kind, {}) | sizes)


def save_model(model: Any, folder: Path) -> str:
    """Write a model with a tokenizer of bytes, or of words if its kind reads no other, and return how it is named."""
    from transformers import AutoTokenizer

    model.save_pretrained(folder)
    for tokenizer in (byte_tokenizer(), tiny.tokenizer(LENGTH)):
        tokenizer.save_pretrained(folder)
        read = AutoTokenizer.from_pretrained(folder)
        if len({*read(TEXTS[0])["input_ids"]} - {*read.all_special_ids}) > 4:
            break
    return f"hf:{folder}"


def byte_tokenizer() -> Any:
    """Return a tokenizer of bytes and some pairs of bytes, as GPT-2 and most causal models have."""
    from tokenizers import ByteLevelBPETokenizer
    from transformers import PreTrainedTokenizerFast

    made = ByteLevelBPETokenizer()
    special = {"pad_token": "<pad>", "unk_token": "<unk>", "bos_token": "<s>", "eos_token": "</s>"}
    made.train_from_iterator(TEXTS, vocab_size=300, min_frequency=1, special_tokens=list(special.values()))
    return PreTrainedTokenizerFast(tokenizer_object=made._tokenizer, model_max_length=LENGTH, **special)


def save_small(kind: str, folder: Path) -> str:
    """Write a small model of a kind; raises whatever transformers does, or `ValueError` if it stays large."""
    config, auto = small_config(kind), _auto(kind)
    with torch.device("meta"):
        model = auto.from_config(config)
    if (n := sum(parameter.numel() for parameter in model.parameters())) > MAX_PARAMETERS:
        raise ValueError(f"{n:,} parameters")
    torch.manual_seed(7)
    return save_model(auto.from_config(config), folder)


def loaded(spec: str) -> Any:
    """Return a causal model with its head, as transformers loads it."""
    import transformers

    return transformers.AutoModelForCausalLM.from_pretrained(spec.removeprefix("hf:")).eval()


def _auto(kind: str) -> Any:
    import transformers

    return transformers.AutoModel if kind in OTHERS else transformers.AutoModelForCausalLM


def tried(kind: str, folder: Path) -> Outcome | None:
    """Return what extraction makes of a small model of a kind; None if none can be made or run by transformers."""
    import transformers

    try:
        spec = save_small(kind, folder)
        architecture = transformers.AutoConfig.from_pretrained(folder).architectures[0]
        ids = torch.arange(5, 15)[None]
        decoder = {"decoder_input_ids": ids} if kind in NEED_DECODER_INPUTS.split() else {}
        with torch.no_grad():
            _auto(kind).from_pretrained(folder)(input_ids=ids, **decoder)
    except Exception as error:  # noqa: BLE001  # of whatever kind: there is no small model
        sys.stderr.write(f"{kind} is not tried: {type(error).__name__} {str(error)[:120]!r}\n")
        return None
    try:
        return Outcome(kind, architecture, works=True, note=check(spec, folder / "studies"))
    except TopoActError as error:
        return Outcome(kind, architecture, works=False, note=str(error).replace(str(folder), "…"))


def check(spec: str, folder: Path, *patterns: str, texts: Iterable[str] = TEXTS) -> str:
    """Compare the vectors of all tokens with a plain pass over each text alone; return how texts were batched.

    Raises
    ------
    AssertionError
        If one is wrong, by itself or in a batch.
    TopoActError
        If the model is refused.
    """
    folder.mkdir()
    (folder / "texts.jsonl").write_text("\n".join(json.dumps({"text": text}) for text in texts))
    network = load_network(spec)
    plan = Plan(patterns or None, ("tokens",), batch_size=8)
    study = extract(network, open_source(str(folder / "texts.jsonl")), folder / "study", plan)
    for layer, expected in by_hand(network, study, texts).items():
        found = study.layer(layer).vectors()
        scale = max(float(np.abs(expected).max()), 1e-6)
        np.testing.assert_allclose(found / scale, expected / scale, atol=2e-4, err_msg=f"{spec} {layer}")
    return str(study.manifest.notes.get("batches", "padded"))


def by_hand(network: Any, study: Study, texts: Iterable[str]) -> dict[str, np.ndarray]:
    """Return for each layer of a study the outputs that a hook sees of each text alone, without the special tokens."""
    kept: dict[str, list[np.ndarray]] = {layer: [] for layer in study.layers}
    for text in texts:
        tokens = network.tokenizer(text, return_tensors="pt", return_offsets_mapping=True)
        inner = np.array([bool(text[start:end].strip()) for start, end in tokens["offset_mapping"][0].tolist()])
        for layer, output in outputs_by_hand(network.module, study.layers, tokens["input_ids"]):
            kept[layer].append(output.float().numpy().reshape(len(inner), -1)[inner])
    return {layer: np.concatenate(parts) for layer, parts in kept.items()}


def outputs_by_hand(module: Any, layers: Iterable[str], ids: torch.Tensor) -> Iterator[tuple[str, torch.Tensor]]:
    """Yield the outputs (1, T, C) or (T, 1, C) of layers in a plain pass over one text."""
    given = {"input_ids": ids}
    if module.config.model_type in NEED_DECODER_INPUTS.split():
        given["decoder_input_ids"] = torch.cat([torch.full((1, 1), DECODER_START), ids[:, :-1]], 1)
    outputs, handles = dict[str, torch.Tensor](), list[Any]()
    for layer in layers:
        name, _, number = layer.rstrip("]").partition("[")

        def keep(_m: Any, _i: Any, output: Any, layer: str = layer, number: str = number) -> None:
            outputs[layer] = output[int(number)] if number else output

        handles.append(module.get_submodule(name).register_forward_hook(keep))
    with torch.no_grad():
        module(**given)
    for handle in handles:
        handle.remove()
    yield from outputs.items()


def causal_kinds() -> list[str]:
    """Return the kinds of causal language models that transformers knows."""
    from transformers.models.auto import modeling_auto

    return sorted(modeling_auto.MODEL_FOR_CAUSAL_LM_MAPPING_NAMES)


def row(outcome: Outcome) -> str:
    """Return an outcome as a row of the table of the documentation."""
    note = outcome.note if outcome.works else f"refused: {outcome.note}"
    return f"| `{outcome.kind}` | {outcome.architecture} | {note} |"


def _is_list(config: Any, name: str) -> bool:
    return isinstance(vars(config).get(name), list)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory() as place:
        for number, kind in enumerate(sys.argv[1:] or sorted({*causal_kinds(), *OTHERS})):
            if outcome := tried(kind, Path(place) / str(number)):
                sys.stdout.write(f"{row(outcome)}\n")
