"""Activation images: inputs that are optimised until a layer answers like a given vector."""

from topoact.interpret.inversion.bounds import Bounds
from topoact.interpret.inversion.inputs import Inputs, inputs_of
from topoact.interpret.inversion.recipe import Recipe
from topoact.interpret.inversion.results import Inverted
from topoact.interpret.inversion.run import invert
from topoact.interpret.inversion.whitening import whitening

__all__ = ["Bounds", "Inputs", "Inverted", "Recipe", "inputs_of", "invert", "whitening"]
