"""`invert`: activation images, inputs optimised until the vector of a layer is like a target vector."""

from topoact.extract.inversion.bounds import Bounds
from topoact.extract.inversion.inputs import Inputs, inputs_of
from topoact.extract.inversion.recipe import Recipe
from topoact.extract.inversion.results import Inverted
from topoact.extract.inversion.run import invert
from topoact.extract.inversion.whitening import whitening

__all__ = ["Bounds", "Inputs", "Inverted", "Recipe", "inputs_of", "invert", "whitening"]
