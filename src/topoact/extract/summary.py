"""The report on a finished study: `summarise` for programs, `sentences` for people; `layer_lines` lists layers."""

from collections.abc import Sequence
from typing import Any

from topoact.inputs.csv_cells import MISSING_MARKS
from topoact.networks import LayerFacts
from topoact.networks.pixels import FULL_SCALE
from topoact.study import GRAPH, Study
from topoact.study.cache.place import Derived

BATCHES = {
    "equal lengths": "texts of equal length were run together: the network gives other vectors where texts are padded",
    "one by one": "texts were run one by one, whatever --batch-size says: the network gives other vectors for several",
}
"""Sentences on how texts were run, by the note of their grouping."""


def summarise(study: Study) -> dict[str, Any]:
    """Return the facts about a finished study, as JSON."""
    manifest = study.manifest
    outputs = manifest.notes.get("outputs")
    return {
        "study": str(study.path),
        "n_examples": study.n_examples,
        "layers": [
            {
                "name": layer.name,
                "points": layer.n_points,
                "channels": layer.n_channels,
                "policy": layer.policy,
                "checkpoint": layer.checkpoint,
            }
            for layer in map(study.layer, study.layers)
        ],
        "layers_by_default": bool(manifest.model and manifest.config["layers"] is None),
        "random_weights": manifest.has_random_weights,
        "precision": (manifest.config.get("model") or {}).get("precision"),
        "preprocessing": (manifest.preprocessing or {}).get("description"),
        "skipped": {"count": manifest.skipped.count, "first": list(manifest.skipped.first)},
        "accuracy": manifest.notes.get("accuracy"),
        "checkpoints": {
            name.partition("@")[2]: value for name, value in manifest.notes.items() if name.startswith("accuracy@")
        },
        "outputs": outputs["n"] if outputs else None,
        "labelled": bool(manifest.notes.get("labelled")),
        "outputs_named": bool(outputs and outputs["names"]),
        "attribution": manifest.notes.get("attribution"),
        "thumbnails": study.has_thumbnails,
        "batches": manifest.notes.get("batches"),
        "truncated": manifest.notes.get("truncated", 0),
        "latin": manifest.notes.get("latin", 0),
        "words_without_vector": manifest.notes.get("words_without_vector", 0),
        "nonfinite": manifest.notes.get("nonfinite", 0),
        "remarks": manifest.notes.get("remarks", []),
        "missing_marks": _missing_marks(study),
        "deep_images": manifest.notes.get("deep_images", 0),
        "brightest": manifest.notes.get("brightest"),
        "white": (manifest.preprocessing or {}).get("white"),
        "clipped_images": manifest.notes.get("clipped_images", 0),
        "first_frames": manifest.notes.get("first_frames", 0),
        "results": str(derived.root) if (derived := Derived.of(study.path)).root != study.path else None,
    }


def sentences(summary: dict[str, Any]) -> list[str]:
    """Return a summary as lines for people, with all that was chosen by default or left out."""
    lines = [f"{summary['study']}: {summary['n_examples']:,} examples"]
    lines += [_layer_line(layer) for layer in summary["layers"]]
    if summary["layers_by_default"]:
        lines.append("layers chosen by default: name others with --layers")
    lines += _network_lines(summary) + _output_lines(summary)
    if marks := summary["missing_marks"]:
        lines.append(f"labels that may mean that there is none: {', '.join(marks)}; if so, say --missing {marks[0]}")
    if summary["results"]:
        lines.append(results_line(summary["results"]))
    return lines + summary["remarks"] + _image_lines(summary) + _left_out(summary)


def _network_lines(summary: dict[str, Any]) -> list[str]:
    """Return lines on the network and on what it was given."""
    lines = []
    if summary["random_weights"]:
        lines.append("weights: random, the network has learnt nothing: give --weights DEFAULT or a file")
    if summary["precision"]:
        lines.append(f"precision: the network's own, {summary['precision']}; the vectors are stored as float32")
    if summary["preprocessing"]:
        lines.append(f"input: {summary['preprocessing']}")
    if summary["batches"]:
        lines.append(BATCHES[summary["batches"]])
    return lines


def _output_lines(summary: dict[str, Any]) -> list[str]:
    """Return lines on predictions and attributions."""
    lines = []
    if summary["accuracy"] is not None:
        lines.append(f"prediction = label for {summary['accuracy']:.1%} of the labelled examples")
    shares = {name: share for name, share in summary["checkpoints"].items() if share is not None}
    lines += [f"{name}: prediction = label for {share:.1%} of them" for name, share in shares.items()]
    if summary["outputs_named"] and summary["labelled"] and summary["accuracy"] is None:
        lines.append("labels and outputs have no name in common: name the outputs as the labels do with --classes")
    if summary["outputs"] and not summary["outputs_named"]:
        lines.append(f"the {summary['outputs']} outputs have no names: give them with --classes a,b,c or a file")
    if summary["attribution"]:
        lines.append(f"attributions of each vector to the {summary['attribution']} of the likeliest classes")
    return lines


def _image_lines(summary: dict[str, Any]) -> list[str]:
    """Return lines on what was taken of images that are more than 8 bits and one frame."""
    lines = []
    if n_deep := summary["deep_images"]:
        white, brightest = summary["white"], summary["brightest"]
        scale = "the brightest pixel of each" if white == "auto" else f"{white or FULL_SCALE:,g}"
        remedy = ": say --white if that is white" if white is None and 2 * brightest < FULL_SCALE else ""
        lines.append(
            f"images of more than 8 bits: {n_deep:,}, white is {scale}; their brightest pixel is {brightest:,g}{remedy}"
        )
    if summary["clipped_images"]:
        lines.append(f"images with pixels outside the scale, cut to it: {summary['clipped_images']:,}; see --white")
    if summary["first_frames"]:
        lines.append(f"of images with several frames, the first was taken: {summary['first_frames']:,}")
    return lines


def results_line(folder: object) -> str:
    """Return the line for a study that may only be read."""
    return f"the study's folder may only be read: what is computed of it is kept in {folder}"


def _left_out(summary: dict[str, Any]) -> list[str]:
    """Return a line for each thing that was cut or left out."""
    lines = []
    if summary["latin"]:
        lines.append(f"texts that are no UTF-8, read as Latin-1: {summary['latin']:,}")
    if summary["truncated"]:
        lines.append(f"cut {summary['truncated']:,} texts that have more tokens than are taken")
    if summary["words_without_vector"]:
        lines.append(
            f"left out {summary['words_without_vector']:,} words that were cut off or that the tokenizer drops"
        )
    if summary["nonfinite"]:
        lines.append(f"left out {summary['nonfinite']:,} whose vectors hold NaN or infinity")
    if skipped := summary["skipped"]["count"]:
        lines.append(f"skipped {skipped:,} that could not be read: {', '.join(summary['skipped']['first'][:5])}")
    return lines


def _missing_marks(study: Study) -> list[str]:
    """Return the labels that programs write for a missing value."""
    if "label" not in study.examples:
        return []
    return sorted(MISSING_MARKS & set(study.examples["label"].dropna().unique()))


def layer_lines(facts: Sequence[LayerFacts]) -> list[str]:
    """Return a list of layers as a table for people; the recommended ones have a star."""
    if not facts:
        return ["the network has no inner layers"]
    rows = [(f.name, f.type, _shape(f.shape), f"{f.parameters:,}") for f in facts]
    name, kind, shape, n = (max(map(len, column)) for column in zip(*rows, strict=True))
    return [
        f"{'*' if fact.recommended else ' '} {row[0]:<{name}}  {row[1]:<{kind}}  {row[2]:>{shape}}  {row[3]:>{n}}"
        for fact, row in zip(facts, rows, strict=True)
    ]


def _shape(shape: tuple[int, ...] | None) -> str:
    return "-" if shape is None else " x ".join(map(str, shape))


def _layer_line(layer: dict[str, Any]) -> str:
    if layer["policy"] == GRAPH:
        return f"  {layer['name']}: an imported graph, without vectors"
    return f"  {layer['name']}: {layer['points']:,} vectors of {layer['channels']} channels ({layer['policy']})"
