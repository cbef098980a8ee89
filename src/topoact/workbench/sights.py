"""What the positions of a study's layers see: as the study says, else as its network told when it was loaded."""

from typing import Any, Final

import numpy as np

from topoact.interpret.study_network import StudyNetwork
from topoact.networks import framing
from topoact.networks.sights import find_sights
from topoact.study import Layer, Study
from topoact.study.cache.place import Derived
from topoact.study.cache.sights import FoundSights, load_sights, save_sights
from topoact.study.sight import FRAME, Frame, Sight, frame_of

N_INPUTS: Final = 2
"""Inputs of the batch that a network is shown."""


def sight_of(derived: Derived, layer: Layer) -> Sight | None:
    """Return what the positions of a layer see; None where nobody has looked."""
    if layer.sight is not None:
        return layer.sight
    found = load_sights(derived)
    return found.sights.get(layer.module) if found else None


def frame_in(study: Study, derived: Derived) -> Frame | None:
    """Return where the network's input lies on a photo; None where that is not known."""
    notes, record = study.manifest.notes, study.manifest.preprocessing
    if not record or not record.get("transform"):
        return framing.frame_of_options(record)
    if FRAME in notes:
        return frame_of(notes)
    found = load_sights(derived)
    return found.frame if found else None


def input_sides(study: Study) -> tuple[int, int] | None:
    """Return height and width of the network's input, if they are known."""
    shape = study.manifest.notes.get("input")
    if shape and len(shape) == 3:
        return shape[1], shape[2]
    size = (study.manifest.preprocessing or {}).get("size")
    return (size, size) if size else None


def look(study: Study, derived: Derived, network: StudyNetwork) -> None:
    """Find what the positions of a study see where nobody has looked, and keep it with what is derived of the study."""
    found = load_sights(derived)
    known = found.sights if found else {}
    layers = [layer for layer in map(study.layer, study.layers) if layer.grid and layer.sight is None]
    modules = list(dict.fromkeys(layer.module for layer in layers if layer.module not in known))
    if not modules or network.shape is None or len(network.shape) != 3:
        return
    noise: Any = np.random.default_rng(0).standard_normal((N_INPUTS, *network.shape), dtype=np.float32)
    sights = {name: Sight() for name in modules} | find_sights(network.network, noise, modules)
    save_sights(derived, FoundSights(known | sights, framing.frame_of(network.preprocessing)))
