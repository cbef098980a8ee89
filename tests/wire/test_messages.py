"""Messages: complete, strict, and true to what they translate."""

import inspect
from dataclasses import asdict, fields
from typing import get_args

import numpy as np
import pytest
from fastapi.routing import APIRoute
from pydantic import ValidationError

from topoact.analysis.drawing.layout import components
from topoact.analysis.shape.diagnosis import Finding
from topoact.analysis.shape.skeleton import skeleton
from topoact.mapper.clusterers.epsilon import parse_rule
from topoact.server.routes import router
from topoact.testing.settings import dbscan
from topoact.wire import (
    MESSAGES,
    WireModel,
    attributions,
    graphs,
    images,
    keyterms,
    knobs,
    located_inputs,
    messages,
    serialize,
    shape,
    texts,
)
from topoact.workbench import KNOBS, MapSettings, open_workbench
from topoact.workbench.graph_view import MAX_CURVE_POINTS, view_graph
from topoact.workbench.jobs.runner import JobStatus

SETTINGS = dbscan(n_intervals=8, eps=3.5)


def parts(annotation):
    """Yield the messages that a type is made of, however deep."""
    if inspect.isclass(annotation) and issubclass(annotation, WireModel):
        yield annotation
        for field in annotation.model_fields.values():
            yield from parts(field.annotation)
    for part in get_args(annotation):
        yield from parts(part)


REACHED = {part for message in MESSAGES for part in parts(message)}
DEFINED = {
    model
    for module in (messages, graphs, knobs, shape, attributions, keyterms, images, located_inputs, texts)
    for _, model in inspect.getmembers(module, inspect.isclass)
    if issubclass(model, WireModel)
} - {WireModel}


class TestMessages:
    def test_every_message_reaches_the_generated_types(self):
        assert REACHED == DEFINED

    def test_whatever_a_route_takes_or_gives_is_listed(self):
        routes = [route for route in router.routes if isinstance(route, APIRoute)]
        taken = [parameter.field_info.annotation for route in routes for parameter in route.dependant.body_params]
        given = [route.response_model for route in routes if route.response_model is not None]
        used = {part for annotation in taken + given for part in parts(annotation)}
        assert len(taken) >= 3
        assert len(given) >= 4
        assert used <= REACHED

    @pytest.mark.parametrize(
        "model", sorted(DEFINED, key=lambda model: model.__name__), ids=lambda model: model.__name__
    )
    def test_each_is_documented_and_strict(self, model):
        assert inspect.getdoc(model).endswith(".")
        assert model.model_config["extra"] == "forbid"
        assert model.model_config["allow_inf_nan"] is False

    def test_messages_mirror_what_they_carry(self):
        assert set(messages.Settings.model_fields) == {field.name for field in fields(MapSettings)}
        assert set(messages.JobEvent.model_fields) == {field.name for field in fields(JobStatus)}
        assert set(messages.Caution.model_fields) == set(Finding._fields)
        assert set(messages.Knob.model_fields) == {field.name for field in fields(type(KNOBS[0]))} | {
            "choices",
            "clusterers",
            "default",
        }

    @pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")], ids=repr)
    @pytest.mark.parametrize("column", ["lens_min", "lens_mean", "x"])
    def test_numbers_that_json_does_not_know_are_refused(self, column, value):
        nodes = {name: [0] for name in messages.Nodes.model_fields}
        assert messages.Nodes(**nodes)
        with pytest.raises(ValidationError, match="finite"):
            messages.Nodes(**{**nodes, column: [value]})

    def test_unknown_fields_are_refused(self):
        with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
            messages.Ticket(result="a", job=None, path="/etc/passwd")


class TestTranslation:
    @pytest.fixture
    def bench(self, digits_path):
        return open_workbench(digits_path)

    @pytest.mark.parametrize(
        ("layer", "settings"),
        [
            pytest.param("rows", SETTINGS, id="given-radius"),
            pytest.param("pixels", dbscan(), id="defaults"),
            pytest.param("pixels", dbscan(eps=1e-6), id="no-node"),
        ],
    )
    def test_a_real_graph(self, bench, layer, settings):
        name = bench.drawn_name(layer, settings, None)
        drawing, graph = bench.draw(layer, settings), bench.map(layer, settings)
        found = serialize.graph_message(view_graph(bench, name))
        again = messages.Graph.model_validate_json(found.model_dump_json())
        assert again == found
        assert (found.digest, found.layout) == name
        assert found.layer == bench.layers.index(layer)
        assert serialize.settings_of(found.settings) == settings
        assert found.eps == graph.eps
        for column in ("interval", "size", "lens_min", "lens_mean", "lens_max", "medoid"):
            assert getattr(found.nodes, column) == graph.nodes[column].tolist()
        for column in ("source", "target", "shared", "jaccard"):
            assert getattr(found.edges, column) == graph.edges[column].tolist()
        assert found.nodes.component == components(graph).tolist()
        assert found.nodes.x == drawing.positions[:, 0].tolist()
        assert found.n_covered == round(graph.coverage * graph.n_points)
        assert found.lens_range == (graph.lens.min(), graph.lens.max())
        assert np.transpose(found.intervals).tolist() == [end.tolist() for end in graph.intervals]
        assert found.curve.k == settings.min_samples
        assert found.eps in found.stops
        assert found.stops == sorted(found.stops)

    def test_a_graph_of_modes(self, bench):
        settings = MapSettings(n_intervals=12, k=8)
        name = bench.drawn_name("rows", settings, None)
        bench.draw("rows", settings)
        graph = bench.map("rows", settings)
        found = serialize.graph_message(view_graph(bench, name))
        assert messages.Graph.model_validate_json(found.model_dump_json()) == found
        assert (found.eps, found.curve, found.stops) == (None, None, [])
        nodes = found.nodes
        known = [value if np.isfinite(value) else None for value in graph.prominence]
        assert nodes.prominence == known
        assert None in known
        assert nodes.group == skeleton(graph).tolist()
        for node, mode in enumerate(nodes.mode):
            assert mode in graph.members(node)

    def test_an_epsilon_for_each_interval_is_told_as_a_span(self, bench):
        settings = dbscan(n_intervals=4, eps="elbow:interval")
        name = bench.drawn_name("pixels", settings, None)
        bench.draw("pixels", settings)
        graph = bench.map("pixels", settings)
        found = serialize.graph_message(view_graph(bench, name))
        assert found.eps == (np.nanmin(graph.eps), np.nanmax(graph.eps))
        assert found.eps[0] < found.eps[1]
        assert (found.stops, found.settings.eps) == ([], "elbow:interval")

    @pytest.mark.parametrize("rule", ["quantile:1.0", "quantile:5e-1", "quantile:.25:interval", "elbow", "2", 2.5])
    def test_every_rule_that_a_graph_can_have_is_told(self, bench, rule):
        parse_rule(rule)
        settings = dbscan(n_intervals=2, eps=rule)
        told = serialize.settings_message(settings)
        assert serialize.settings_of(messages.Settings.model_validate_json(told.model_dump_json())) == settings

    @pytest.mark.parametrize("rule", ["quantile:0", "quantile:2", "knee", "elbow:intervals", ""])
    def test_no_rule_that_no_graph_can_have_is_told(self, rule):
        with pytest.raises(ValueError, match="eps must be a positive number"):
            parse_rule(rule)
        with pytest.raises(ValidationError, match="eps must be a positive number"):
            serialize.settings_message(dbscan(eps=rule))

    def test_a_graph_that_was_stored_before_covers_and_metrics_could_be_chosen(self, bench, monkeypatch):
        name = bench.drawn_name("rows", SETTINGS, None)
        bench.draw("rows", SETTINGS)
        about = bench.cache.about_graph(name.graph)
        for later in ("cover", "metric", "clusterer", "k", "prominence"):
            del about["settings"][later]
        del about["stops"]
        monkeypatch.setattr(bench.cache, "about_graph", lambda digest: about if digest == name.graph else None)
        found = serialize.graph_message(view_graph(bench, name))
        assert serialize.settings_of(found.settings) == SETTINGS
        assert found.stops == []

    def test_a_long_curve_is_thinned_and_keeps_its_ends(self, bench):
        bench.draw("pixels", dbscan())
        graph = bench.map("pixels", dbscan())
        view = view_graph(bench, bench.drawn_name("pixels", dbscan(), None))
        curve = serialize.graph_message(view).curve
        assert (len(curve.distances), curve.n_sampled) == (MAX_CURVE_POINTS, 1797)
        assert (curve.distances[0], curve.distances[-1]) == (graph.curve.distances[0], graph.curve.distances[-1])
        assert curve.distances == sorted(curve.distances)
        assert curve.elbow == graph.eps

    def test_settings_go_there_and_back(self):
        for settings in (MapSettings(), SETTINGS, dbscan(lens="column:ink", eps=2)):
            assert serialize.settings_of(serialize.settings_message(settings)) == settings

    def test_a_job(self):
        status = JobStatus("3", "map", "running", "clustering", 2, 30, 1.5)
        assert serialize.job_event(status).model_dump() == asdict(status)
