"""How do activations come out of a network? The only room that imports torch, and only when it is needed."""

from topoact.extract.models import load_model, model_record
from topoact.extract.preprocessing import Preprocessing
from topoact.extract.run import Plan, extract
from topoact.extract.sources import open_source
from topoact.extract.vectors import import_vectors

__all__ = ["Plan", "Preprocessing", "extract", "import_vectors", "load_model", "model_record", "open_source"]
