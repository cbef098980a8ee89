"""Models and processors of transformers from the Hugging Face hub or a folder: `fetch` and `image_processor`."""

from typing import Any

from topoact.errors import ModelError
from topoact.networks.libraries import import_library
from topoact.networks.pixels import as_rgb
from topoact.networks.specs import explain


def fetch(transformers: Any, kind: Any, name: str) -> Any:
    """Load something by its name or from its folder, without its bars of progress and without running its code.

    Raises
    ------
    ModelError
        If it cannot be loaded.
    """
    logging = transformers.utils.logging
    was_shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        return kind.from_pretrained(name, trust_remote_code=False)
    except Exception as error:
        if "torchvision" in str(cause := _root(error)):
            said = "transformers takes a torchvision that does not import beside this PyTorch"
            raise ModelError(f"{said}, install a matching one or none: {explain(cause)}") from error
        raise ModelError(f"hf:{name} cannot be loaded: {explain(error)}") from error
    finally:
        if was_shown:
            logging.enable_progress_bar()


def _root(error: BaseException) -> BaseException:
    while error.__cause__ is not None:
        error = error.__cause__
    return error


def image_processor(name: str) -> Any:
    """Return a call that makes the tensor (C, H, W) of a PIL image, as the model's own image processor does."""
    transformers = import_library("transformers", what="this model")
    processor = fetch(transformers, transformers.AutoImageProcessor, name)
    return lambda image: processor(as_rgb(image), return_tensors="pt")["pixel_values"][0]
