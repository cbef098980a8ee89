"""Models and processors of transformers from the Hugging Face hub or a folder: `fetch` and `image_processor`."""

from typing import Any

from topoact.errors import ModelError
from topoact.networks.libraries import import_library
from topoact.networks.pixels import as_rgb
from topoact.networks.specs import explain


def fetch(transformers: Any, kind: Any, name: str) -> Any:
    """Load a model, config or processor by its name or from its folder, without progress bars and without its code.

    Parameters
    ----------
    transformers
        The library.
    kind
        Class whose ``from_pretrained`` loads it.
    name
        Name on the hub, or a folder.

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
            reason = "transformers takes a torchvision that does not import beside this PyTorch"
            raise ModelError(f"{reason}, install a matching one or none: {explain(cause)}") from error
        raise ModelError(f"hf:{name} cannot be loaded: {explain(error)}") from error
    finally:
        if was_shown:
            logging.enable_progress_bar()


def _root(error: BaseException) -> BaseException:
    while error.__cause__ is not None:
        error = error.__cause__
    return error


def image_processor(name: str) -> Any:
    """Return a function from a PIL image to a tensor (C, H, W): the image processor of the model."""
    transformers = import_library("transformers", what="this model")
    processor = fetch(transformers, transformers.AutoImageProcessor, name)
    return lambda image: processor(as_rgb(image), return_tensors="pt")["pixel_values"][0]
