"""What transformers loads from the Hugging Face hub or a folder: `fetch`, `fetch_model`, `image_processor`."""

import inspect
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from topoact.errors import ModelError
from topoact.networks.libraries import import_library
from topoact.networks.pixels import as_rgb
from topoact.networks.specs import explain


def fetch(transformers: Any, kind: Any, name: str, **options: Any) -> Any:
    """Load a model, config or processor by its name or from its folder, without progress bars and without its code.

    Parameters
    ----------
    transformers
        The library.
    kind
        Class whose ``from_pretrained`` loads it.
    name
        Name on the hub, or a folder.
    **options
        Of ``from_pretrained``.

    Raises
    ------
    ModelError
        If it cannot be loaded.
    """
    with _quiet(transformers.utils.logging):
        try:
            return kind.from_pretrained(name, trust_remote_code=False, **options)
        except Exception as error:
            if "torchvision" in str(cause := _root(error)):
                reason = "transformers takes a torchvision that does not import beside this PyTorch"
                raise ModelError(f"{reason}, install a matching one or none: {explain(cause)}") from error
            raise ModelError(f"hf:{name} cannot be loaded: {explain(error)}") from error


def fetch_model(transformers: Any, kinds: Sequence[Any], name: str) -> Any:
    """Load a model in evaluation mode by the first of some classes for which its files have all weights.

    transformers gives random weights to parts that the files lack. A pooling layer of that kind is left out.

    Raises
    ------
    ModelError
        If it cannot be loaded, or the files lack weights of all classes.
    """
    for kind in kinds:
        model, info = fetch(transformers, kind, name, output_loading_info=True)
        missing = sorted(info["missing_keys"])
        if missing and "add_pooling_layer" in inspect.signature(type(model)).parameters:
            pooler = [key for key in missing if key.startswith("pooler.")]
            model.pooler, missing = None if pooler else model.pooler, [key for key in missing if key not in pooler]
        if not missing:
            return model.eval()
    more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
    raise ModelError(
        f"hf:{name} lacks the weights {missing[0]}{more} of a {kinds[-1].__name__}, which would be random: load it by"
        " code of your own, file.py:callable"
    )


@contextmanager
def _quiet(logging: Any) -> Iterator[None]:
    """Silence progress bars and the report on weights of heads that are not loaded."""
    was_shown, verbosity = logging.is_progress_bar_enabled(), logging.get_verbosity()
    logging.disable_progress_bar()
    logging.set_verbosity_error()
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)
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
