"""Studies on disk: `open_study` reads one, `StudyWriter` writes one. No other package does.

A study is a folder that any tool can read: ``study.json``, ``examples.parquet`` (one row per input),
``points/<key>.parquet`` (one row per activation vector of a layer), ``activations.zarr`` (one float32 array per layer)
and ``thumbnails/`` (Arrow files of small images). There is no pickle, and no format of TopoAct's own.
"""

from topoact.study.manifest import FORMAT, GRAPH, LayerEntry, Manifest, Skipped
from topoact.study.opening import open_study
from topoact.study.reader import Layer, Study
from topoact.study.segments import Chunk, Points
from topoact.study.writer import StudyWriter

__all__ = [
    "FORMAT",
    "GRAPH",
    "Chunk",
    "Layer",
    "LayerEntry",
    "Manifest",
    "Points",
    "Skipped",
    "Study",
    "StudyWriter",
    "open_study",
]
