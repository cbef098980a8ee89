"""Results of the workbench as messages and binary frames: `study_summary`, `graph_message`, `members_frame` and others.

Nothing is computed here.
"""

from collections.abc import Sequence
from dataclasses import asdict
from importlib.metadata import version
from typing import Any

import numpy as np
import numpy.typing as npt

from topoact.analysis.drawing.projection import projections
from topoact.mapper import ImportedGraph, MapperGraph
from topoact.study import Layer, Manifest, Study
from topoact.study.files import plain_number
from topoact.wire import knobs, messages
from topoact.wire.frame import encode_frame
from topoact.wire.graphs import ClassShare, Edges, EpsilonCurve, ImportedFacts, Labels, Nodes
from topoact.wire.texts import passage_of
from topoact.workbench import KNOBS, PRESETS, Knob, MapSettings, Workbench, texts
from topoact.workbench.columns import CodedColumn, coded_columns, holds_classes, point_columns, text_columns
from topoact.workbench.first_screen import first_settings, rule_of
from topoact.workbench.graph_view import GraphView
from topoact.workbench.jobs.runner import JobStatus
from topoact.workbench.nodes.node_labels import ColumnLabels
from topoact.workbench.output_names import display_name
from topoact.workbench.patch_views import PatchView
from topoact.workbench.patches import Patch
from topoact.workbench.stored_graph import StoredGraph


def study_summary(bench: Workbench, reader_token: str = "", *, is_reader: bool = True) -> messages.StudySummary:
    """Return the summary of an opened study; to one who may only look, the network is not at hand."""
    study, lenses = bench.study, bench.lenses()
    columns = coded_columns(study)
    return messages.StudySummary(
        name=study.name,
        version=version("topoact"),
        n_examples=study.n_examples,
        layers=[_layer(bench, number, lenses) for number in range(len(study.layers))],
        classes=[display_name(study, name) for name in study.classes],
        columns=[_column(study, column) for column in columns],
        knobs=[_knob(knob) for knob in KNOBS],
        defaults=settings_message(bench.default_settings),
        presets=[
            knobs.Preset(name=name, label=label, help=text, settings=settings_message(settings))
            for name, (label, text, settings) in PRESETS.items()
        ],
        projections=projections(),
        has_predictions=any(column.name == "prediction" for column in columns),
        has_thumbnails=study.has_thumbnails,
        texts=texts.unit(study),
        text_columns=text_columns(study),
        model=_model(study.manifest),
        preprocessing=(study.manifest.preprocessing or {}).get("description"),
        has_network=bench.network_choice is not None and not is_reader,
        has_activation_images=bench.can_invert and not is_reader,
        reader_token=reader_token,
        is_reader=is_reader,
    )


def settings_message(settings: MapSettings) -> knobs.Settings:
    """Return settings as a message."""
    return knobs.Settings(**asdict(settings))


def settings_of(message: knobs.Settings) -> MapSettings:
    """Return the settings of a message."""
    return MapSettings(**message.model_dump())


def graph_message(view: GraphView) -> messages.Graph:
    """Return a graph and its drawing as a message."""
    graph, settings = view.graph, view.stored.settings
    low, high = graph.intervals
    is_imported = isinstance(graph, ImportedGraph)
    return messages.Graph(
        digest=view.name.graph,
        layout=view.name.layout,
        layer=view.layer,
        arrangement=view.arrangement,
        settings=settings_message(settings) if settings else None,
        imported=_imported(graph) if isinstance(graph, ImportedGraph) else None,
        eps=view.eps,
        stops=list(view.stored.stops),
        curve=_curve(view),
        sample=view.stored.sample,
        n_points=graph.n_points,
        n_covered=graph.n_points - len(graph.uncovered),
        lens_range=None if is_imported else (float(graph.lens.min()), float(graph.lens.max())),
        intervals=list(zip(low.tolist(), high.tolist(), strict=True)),
        nodes=_nodes(view),
        edges=Edges(**{name: column.tolist() for name, column in _edge_columns(view).items()}),
        drawn_share=view.drawn_share,
        survivors=view.drawing.continues.tolist(),
        warnings=[messages.Caution(code=finding.code, text=finding.text) for finding in view.findings],
    )


def _edge_columns(view: GraphView) -> dict[str, npt.NDArray[Any]]:
    return view.graph.links._asdict() | view.drawn._asdict()


def _imported(graph: ImportedGraph) -> ImportedFacts:
    codes = {name: code for code, name in enumerate(graph.class_names)}
    return ImportedFacts(
        lens=graph.lens_name,
        names=list(graph.names),
        classes=list(graph.class_names),
        shares=[[ClassShare(code=codes[name], share=share) for name, share in node] for node in graph.classes],
        is_whole=graph.is_whole,
    )


def first_screen_message(bench: Workbench, finest: StoredGraph) -> messages.FirstScreen:
    """Return the settings of the first screen of a layer, from the finest cut of its graph."""
    settings = first_settings(finest.settings or bench.default_settings, finest.graph)
    return messages.FirstScreen(settings=settings_message(settings), rule=rule_of(finest.graph))


def labels_message(labels: ColumnLabels) -> Labels:
    """Return labels of nodes as a message."""
    return Labels(**asdict(labels))


def members_frame(graph: MapperGraph) -> bytes:
    """Pack the members of all nodes, the points in no node, and the lens values of all points if there are any."""
    return encode_frame(
        {
            "indptr": graph.memberships.indptr.astype(np.uint32),
            "indices": graph.memberships.indices.astype(np.uint32),
            "uncovered": graph.uncovered.astype(np.uint32),
            "lens": np.empty(0, np.float32) if isinstance(graph, ImportedGraph) else graph.lens.astype(np.float32),
        }
    )


def points_frame(layer: Layer) -> bytes:
    """Pack the example and the position of every point of a layer, and its measured values."""
    points = layer.points
    kinds = {"example": np.uint32, "y": np.int32, "x": np.int32} | dict.fromkeys(layer.measured, np.float32)
    return encode_frame({name: points[name].to_numpy().astype(kind) for name, kind in kinds.items()})


def patches_frame(patches: Sequence[Patch]) -> bytes:
    """Pack pictures one after the other, where each ends, and the part of its photo that each shows."""
    contents = [patch.image[0] if patch.image else b"" for patch in patches]
    return encode_frame(
        {
            "end": np.cumsum([len(content) for content in contents], dtype=np.uint32),
            "region": np.array([patch.region for patch in patches], dtype=np.float32).reshape(-1, 4),
            "content": np.frombuffer(b"".join(contents), dtype=np.uint8),
        }
    )


def columns_frame(bench: Workbench) -> bytes:
    """Pack the coded columns of the examples table by name."""
    return encode_frame({column.name: column.values for column in coded_columns(bench.study)})


def example_ids(bench: Workbench, rows: list[int]) -> list[messages.ExampleId]:
    """Return the identities of examples; rows that do not exist are left out."""
    ids = bench.study.examples["id"]
    known = [row for row in rows if 0 <= row < len(ids)]
    return [messages.ExampleId(row=row, id=str(ids[row]), passage=passage_of(bench, row)) for row in known]


def search_frame(rows: npt.NDArray[np.uint32]) -> bytes:
    """Pack the rows of the examples that match a search."""
    return encode_frame({"rows": rows})


def projection_frame(positions: npt.NDArray[np.float32]) -> bytes:
    """Pack a projection."""
    return encode_frame({"xy": positions})


def job_event(status: JobStatus) -> messages.JobEvent:
    """Return the status of a job as a message."""
    return messages.JobEvent(**asdict(status))


def _model(manifest: Manifest) -> str | None:
    return f"random weights of {manifest.model}" if manifest.has_random_weights else manifest.model


def _layer(bench: Workbench, number: int, lenses: list[str]) -> messages.LayerSummary:
    layer = bench.study.layer(number)
    return messages.LayerSummary(
        id=number,
        name=layer.name,
        module=layer.module,
        policy=layer.policy,
        n_points=layer.n_points,
        n_channels=layer.n_channels,
        has_vectors=layer.has_vectors,
        grid=layer.grid,
        checkpoint=layer.checkpoint,
        lenses=lenses if layer.has_vectors else [],
        columns=point_columns(layer),
        patches=_patch_facts(bench.patches.view(number)) if bench.study.has_thumbnails else None,
    )


def _patch_facts(view: PatchView) -> messages.PatchFacts:
    return messages.PatchFacts(kind=view.kind, sentence=view.sentence)


def _column(study: Study, column: CodedColumn) -> messages.Column:
    classes, categories = holds_classes(column.name), column.categories
    if classes and categories is not None:
        categories = [display_name(study, name) for name in categories]
    return messages.Column(name=column.name, kind=column.kind, categories=categories, classes=classes)


def _knob(knob: Knob) -> knobs.Knob:
    choices = [knobs.Choice(**choice._asdict()) for choice in knob.choices]
    return knobs.Knob(**asdict(knob), choices=choices, default=knob.default, clusterers=knob.clusterers)


def _curve(view: GraphView) -> EpsilonCurve | None:
    curve, sample = view.graph.curve, view.curve_sample
    if curve is None or sample is None:
        return None
    return EpsilonCurve(k=curve.k, distances=sample.tolist(), elbow=curve.elbow, n_sampled=len(curve.distances))


def _nodes(view: GraphView) -> Nodes:
    graph = view.graph
    columns: dict[str, Any] = dict.fromkeys(("lens_min", "lens_max", "medoid", "prominence", "mode"))
    columns |= {name: graph.nodes[name].tolist() for name in Nodes.model_fields if name in graph.nodes}
    if graph.prominence is not None:
        columns["prominence"] = [plain_number(value) for value in graph.prominence]
    x, y = view.drawing.positions.T.tolist()
    return Nodes(
        **columns,
        component=view.components.tolist(),
        group=None if view.skeleton is None else view.skeleton.tolist(),
        x=x,
        y=y,
        radius=None if view.drawing.radius is None else view.drawing.radius.tolist(),
        agreement=None if view.agreement is None else view.agreement.tolist(),
    )
