"""From a network and inputs to a study: one forward pass for all layers, streamed to disk, resumable."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from topoact.errors import Cancelled, InvalidInput
from topoact.extract.append import completed, decide, open_to_append
from topoact.extract.attribution import check_gradients
from topoact.extract.finishing import finish, finish_append
from topoact.extract.images import ImageRun
from topoact.extract.layers import select_layers
from topoact.extract.networks import DTYPES, Network, as_network
from topoact.extract.portions import Names
from topoact.extract.preprocessing import Preprocessing
from topoact.extract.sources import Source
from topoact.extract.texts.run import TextRun
from topoact.extract.texts.source import TextSource
from topoact.mapper import Progress, no_progress
from topoact.study import Study, StudyWriter, open_study

if TYPE_CHECKING:
    from torch import nn


CHECKPOINT: Final = re.compile(r"[\w.+-]+")
"""Names of checkpoints; they stand before a slash in the names of layers, and after an @ in those of columns."""
AS_THEY_ARE: Final = Preprocessing(said_by="nothing was said with --size, --mean, --std or --transform")


@dataclass(frozen=True, slots=True)
class Plan:
    """What to extract from a network, and how. Everything in it that determines the study is recorded there.

    Raises
    ------
    InvalidInput
        If a value is out of range.

    Examples
    --------
    >>> from topoact.extract import Plan
    >>> Plan(layers=("layer2", "layer3"), policies=("random", "mean")).batch_size
    64
    """

    layers: tuple[str, ...] | None = None
    """Names, globs or "usual"; None for the usual layers, or the outermost with parameters where none are usual."""
    policies: tuple[str, ...] = ()
    """Of images some of random, random:K, mean, maxnorm and all; of texts cls, mean or both, or words, or tokens.

    By default random; of texts mean, or words where the source marks them.
    """
    preprocessing: Preprocessing | None = None
    """What is done to images; None for what the network's own library does."""
    classes: tuple[str, ...] | None = None
    """Names of the network's outputs."""
    batch_size: int = 64
    """Inputs in one forward pass."""
    seed: int = 0
    """Of the random positions."""
    limit: int | None = None
    """Take the first inputs only."""
    device: str = "cpu"
    """Where the network runs, as torch names it: cpu, cuda or mps."""
    dtype: str = "float32"
    """Precision of the forward pass, float32 or bfloat16; activations are stored as float32."""
    strict: bool = False
    """Stop at an input that cannot be read."""
    workers: int = 1
    """Processes that share the batches; the study is the same if the network gives the same bits on fewer threads."""
    where: tuple[str, ...] = ()
    """Conditions ``column=value,value`` on the texts or words that are kept."""
    max_tokens: int | None = None
    """Where texts are cut; None for what the network takes."""
    attribution: bool = False
    """Store how much each vector argues for the likeliest classes; see `topoact.extract.attribution`."""
    checkpoint: str | None = None
    """Name of the network's weights, in a study of several checkpoints."""

    def __post_init__(self) -> None:
        if self.layers == ():
            raise InvalidInput("--layers names no layer: give dotted names or globs, or leave it out")
        if self.batch_size < 1:
            raise InvalidInput(f"--batch-size must be 1 or more: got {self.batch_size}")
        if self.workers < 1:
            raise InvalidInput(f"--workers must be 1 or more: got {self.workers}")
        if self.limit is not None and self.limit < 1:
            raise InvalidInput(f"--limit must be 1 or more: got {self.limit}")
        if self.dtype not in DTYPES:
            raise InvalidInput(f"--dtype must be {' or '.join(DTYPES)}: got {self.dtype!r}")
        if self.checkpoint is not None and not CHECKPOINT.fullmatch(self.checkpoint):
            raise InvalidInput(f"--checkpoint takes letters, digits and . _ + - : got {self.checkpoint!r}")


def extract(
    model: "Network | nn.Module",
    source: Source | TextSource,
    out: str | Path,
    plan: Plan | None = None,
    *,
    title: str | None = None,
    overwrite: bool = False,
    restart: bool = False,
    append: bool = False,
    on_progress: Progress | None = None,
    on_notice: Callable[[str], None] | None = None,
) -> Study:
    """Write the activations of some layers over all inputs as a study.

    Memory is bounded whatever the number of inputs: one batch, and twice the vectors of a segment (256 MB at most, or
    those of one batch). An interrupted run leaves ``<out>.partial``; the same call goes on from there and gives the
    same bytes.

    Parameters
    ----------
    model
        The network; see `load_network`. It is put in evaluation mode.
    source
        Its inputs; see `open_source`.
    out
        Folder of the study.
    plan
        Layers, policies and the rest.
    title
        Name shown to people instead of the folder's.
    overwrite
        Replace a finished study.
    restart
        Throw away an unfinished study of another plan.
    append
        Add to the finished study `out`: layers of the same network over the same data, those of another
        `plan.checkpoint` of it, or examples from other data. What the plan leaves open is as it was. The study stays
        as it is until what is added is complete. Layers need as much memory as segments of the study's length take.
    on_progress
        Called after each batch.
    on_notice
        Called with a sentence for people where layers are in the study already.

    Returns
    -------
    Study
        The finished study; `topoact.open` opens its folder for graphs.

    Raises
    ------
    InvalidInput
        If activations are not finite, inputs differ in size, nothing can be read, or nothing says how the network
        wants its images.
    ModelError
        If the network fails or a layer gives no vectors.
    StudyError
        If something is in the way at `out`, a worker died, or what is to be appended does not fit.
    Cancelled
        If the user interrupts, or `on_progress` does.

    Notes
    -----
    With `plan.workers` the calling script needs the usual ``if __name__ == "__main__":``, and the network is loaded by
    its specification in each of them.

    Examples
    --------
    >>> from topoact.extract import Plan, extract, load_network, open_source
    >>> plan = Plan(layers=("layer3",), policies=("mean",), limit=10)
    >>> extract(load_network("my_models.py:resnet20"), open_source("photos"), "runs/ten", plan)
    <Study ten: 10 examples, layers layer3>
    """
    network, plan, path, report = as_network(model), plan or Plan(), Path(out), on_progress or no_progress
    if plan.attribution:
        check_gradients(network)
    if not append:
        run = begin(network, source, plan, report)
        writer = StudyWriter(path, run.config, capacity=run.capacity, overwrite=overwrite, restart=restart)
        return _written(run, writer, lambda: finish(writer, title, run.nothing))
    if overwrite:
        raise InvalidInput("--append adds to a study, and --overwrite replaces it: leave out one of them")
    study = open_to_append(path, restart=restart)
    plan = completed(plan, study, source)
    step = decide(study, source, plan, begin(network, source, plan, report).config)
    if step.said and on_notice:
        on_notice(step.said)
    if not step.is_needed:
        return study
    added = begin(network, step.source, step.plan, report, step.names)
    writer = StudyWriter(path, step.config, capacity=added.capacity, restart=restart, addition=step.addition)
    return _written(added, writer, lambda: finish_append(writer, step, title, added.nothing))


def _written(run: ImageRun | TextRun, writer: StudyWriter, end: Callable[[], Path]) -> Study:
    """Write what is missing of a study and finish it."""
    with writer:
        if writer.is_complete:
            return open_study(writer.publish())
        try:
            run.write(writer)
            return open_study(end())
        except KeyboardInterrupt:
            said = f"interrupted after {run.progress(writer)}; the same command resumes"
            raise Cancelled(said) from None


def begin(
    network: Network, source: Source | TextSource, plan: Plan, on_progress: Progress, names: Names | None = None
) -> ImageRun | TextRun:
    """Return the run that a plan asks for, or refuse it before anything is written."""
    names = names or Names(plan.checkpoint)
    if isinstance(source, TextSource):
        return TextRun(network, source, plan, on_progress, names)
    if plan.where or plan.max_tokens:
        raise InvalidInput("--where and --max-tokens are for texts, and the data are none: see --text-column")
    if hasattr(network, "tokenizer"):
        raise InvalidInput(f"{network.name} reads texts, and the data are none: see --text-column")
    plan = replace(plan, policies=plan.policies or ("random",), preprocessing=_preprocessing(network, source, plan))
    prepared = plan.preprocessing.record() if plan.preprocessing else None
    return ImageRun(network, source, plan, plan_config(network, source, plan, prepared), on_progress, names=names)


def _preprocessing(network: Network, source: Source, plan: Plan) -> Preprocessing | None:
    """Return what is done to images: what the user says, else what the network's library does, never a guess.

    The user's own code may prepare images itself: it gets them as they are, and the study says so.
    """
    if source.gives_tensors:
        if plan.preprocessing not in (None, Preprocessing()):
            raise InvalidInput("the Dataset gives tensors, which are taken as they are: leave out the preprocessing")
        return None
    known = plan.preprocessing or network.preprocessing or (AS_THEY_ARE if network.is_own else None)
    if known is None:
        raise InvalidInput(
            f"nothing says how {network.name} wants its images: give --size, --mean and --std as in its training, or"
            " --transform file.py:callable (--std 1,1,1 leaves RGB from 0 to 1 at the images' own size)"
        )
    return known


def plan_config(
    network: Network, source: Source | TextSource, plan: Plan, preprocessing: dict[str, Any] | None
) -> dict[str, Any]:
    """Return what determines a study, as JSON."""
    return {
        "model": network.record,
        "data": source.record,
        "preprocessing": preprocessing,
        "layers": None if plan.layers is None else list(select_layers(network, plan.layers)),
        "policies": list(plan.policies),
        "classes": list(plan.classes) if plan.classes else None,
        "batch_size": plan.batch_size,
        "seed": plan.seed,
        "limit": plan.limit,
        "device": plan.device,
        "dtype": plan.dtype,
        **({"attribution": True} if plan.attribution else {}),
        **({"checkpoint": plan.checkpoint} if plan.checkpoint else {}),
    }
