"""From a network and inputs to a study: one forward pass for all layers, streamed to disk, resumable."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from topoact.errors import Cancelled, InvalidInput
from topoact.extract.append import completed, decide, open_to_append
from topoact.extract.chunks import LayerNames
from topoact.extract.example_attribution import check_gradients
from topoact.extract.finalize import finalize, finalize_append
from topoact.extract.images import ImageRun
from topoact.extract.plan import Plan, plan_config
from topoact.extract.texts.run import TextRun
from topoact.inputs.records import Source
from topoact.inputs.texts.source import TextSource
from topoact.mapper import Progress, no_progress
from topoact.networks import Network, as_network, modality_of
from topoact.networks.preprocessing import Preprocessing
from topoact.networks.trust import codes_of, remember
from topoact.study import Study, StudyWriter, open_study

if TYPE_CHECKING:
    from torch import nn
AS_THEY_ARE: Final = Preprocessing(said_by="nothing was said with --size, --mean, --std or --transform")


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
        return _written(run, writer, lambda: finalize(writer, title, run.nothing))
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
    return _written(added, writer, lambda: finalize_append(writer, step, title, added.nothing))


def _written(run: ImageRun | TextRun, writer: StudyWriter, end: Callable[[], Path]) -> Study:
    """Write what is missing of a study and finish it. Who runs this agreed to the code that the study will name."""
    prepared = run.config["preprocessing"] or {}
    remember(codes_of(run.config["model"].get("located"), prepared.get("transform")))
    with writer:
        if writer.is_complete:
            return open_study(writer.publish())
        if remarks := [*writer.notes.get("remarks", ()), *run.remarks]:
            writer.notes["remarks"] = list(dict.fromkeys(remarks))
        try:
            run.write(writer)
            return open_study(end())
        except KeyboardInterrupt:
            said = f"interrupted after {run.progress(writer)}; the same command resumes"
            raise Cancelled(said) from None


def begin(
    network: Network, source: Source | TextSource, plan: Plan, on_progress: Progress, names: LayerNames | None = None
) -> ImageRun | TextRun:
    """Return the run that a plan asks for, or refuse it before anything is written."""
    names = names or LayerNames(plan.checkpoint)
    if isinstance(source, TextSource):
        return TextRun(network, source, plan, on_progress, names)
    if plan.where or plan.max_tokens:
        raise InvalidInput("--where and --max-tokens are for texts, and the data are none: see --text-column")
    if modality_of(network) == "text":
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
    asked = plan.preprocessing
    if asked and asked.white and asked == Preprocessing(white=asked.white):  # it leaves the rest open
        asked = asked.completed(network.preprocessing) if network.preprocessing or network.is_user_code else None
    known = asked or network.preprocessing or (AS_THEY_ARE if network.is_user_code else None)
    if known is None:
        raise InvalidInput(
            f"nothing says how {network.name} wants its images: give --size, --mean and --std as in its training, or"
            " --transform file.py:callable (--std 1,1,1 leaves RGB from 0 to 1 at the images' own size)"
        )
    return known
