"""What the addresses answer, asked over HTTP as the explorer asks."""

import inspect
import json
from dataclasses import asdict
from typing import get_args

import numpy as np
import pandas as pd
import pytest
from fastapi.routing import APIRoute
from pydantic import BaseModel
from served import MAP, decode_frame, events, finish, obtain

from topoact.analysis.drawing.columns import lens_layout
from topoact.server.routes import router
from topoact.testing.serving import PATIENCE
from topoact.testing.studies import write_digits_study, write_text_study
from topoact.wire import messages, serialize, shape
from topoact.workbench import MapSettings, open_workbench, texts
from topoact.workbench.columns import coded_columns
from topoact.workbench.graphs import layer_graphs, previews

SETTINGS = MAP["settings"]
DIGEST = "0123456789abcdef"


def settings(**changes):
    return {**SETTINGS, **changes}


def error_of(answer, status):
    assert answer.status_code == status
    problem = messages.Problem.model_validate_json(answer.content)
    assert problem.error
    assert "\n" not in problem.error
    return problem.error


class TestRoutes:
    ROUTES = tuple(route for route in router.routes if isinstance(route, APIRoute))

    @pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{min(route.methods)} {route.path}")
    def test_every_route_is_documented(self, route):
        assert inspect.getdoc(route.endpoint).endswith(".")

    def test_the_application_has_no_other_routes(self, server):
        paths = {route.path for route in self.ROUTES}
        assert len(paths) >= 12
        described = {
            route.path for route in server.app.routes if isinstance(route, APIRoute) and route.path not in paths
        }
        assert described == set()

    @pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{min(route.methods)} {route.path}")
    def test_no_route_takes_a_path_or_something_to_import(self, route):
        assert {parameter.name for parameter in route.dependant.query_params} <= {
            "layer",
            "settings",
            "points",
            "side",
            "column",
        }
        for parameter in route.dependant.path_params:
            assert parameter.name in {"digest", "layout", "layer", "kind", "row", "job", "node", "point"}
        for parameter in route.dependant.body_params:
            names = fields(parameter.field_info.annotation)
            assert not [name for name in names if any(word in name for word in ("path", "file", "module", "url"))]


def fields(annotation):
    if inspect.isclass(annotation) and issubclass(annotation, BaseModel):
        for name, field in annotation.model_fields.items():
            yield name
            yield from fields(field.annotation)
    for part in get_args(annotation):
        yield from fields(part)


class TestPage:
    @pytest.mark.parametrize(("address", "content"), [("/", "<title>page"), ("/assets/app.js", "export")])
    def test_it_is_served(self, client, address, content):
        assert content in client.get(address).text

    def test_what_is_not_there(self, client):
        assert error_of(client.get("/nothing"), 404)
        assert error_of(client.get("/api/nothing"), 404)
        assert error_of(client.put("/api/study"), 405)


class TestStudy:
    def test_it_says_all_that_the_explorer_needs(self, client, server):
        study = messages.StudySummary.model_validate_json(client.get("/api/study").content)
        assert (study.name, study.n_examples) == ("Handwritten digits", 300)
        assert [(layer.id, layer.name, layer.n_points, layer.n_channels) for layer in study.layers] == [
            (0, "pixels", 300, 64),
            (1, "rows", 2400, 8),
        ]
        assert [layer.grid for layer in study.layers] == [None, (8, 1)]
        assert [layer.columns for layer in study.layers] == [[], ["y", "x"]]
        assert {column.name: column.classes for column in study.columns} == {
            "label": True,
            "prediction": True,
            "confidence": False,
            "ink": False,
        }
        assert study.text_columns == []
        assert study.layers[0].lenses == server.bench.lenses()
        assert study.classes == list(server.bench.study.classes)
        assert study.has_predictions
        assert study.has_thumbnails
        assert study.defaults == messages.Settings(**asdict(server.bench.default_settings))
        assert [preset.name for preset in study.presets] == ["paper"]
        assert study.presets[0].settings.clusterer == "dbscan"
        assert [knob.name for knob in study.knobs] == list(messages.Settings.model_fields)
        assert "pca" in study.projections

    def test_points(self, client, server):
        frame = decode_frame(client.get("/api/layers/1/points").content)
        points = server.bench.study.layer(1).points
        assert {name: array.dtype.name for name, array in frame.items()} == {
            "example": "uint32",
            "y": "int32",
            "x": "int32",
        }
        for name, array in frame.items():
            assert array.tolist() == points[name].tolist()

    def test_what_was_measured_of_the_points(self, tmp_path):
        study = write_digits_study(tmp_path / "s", 20)
        file = study / "points" / "pixels.parquet"
        measured = np.linspace(-1, 1, 20)
        pd.read_parquet(file).assign(attribution=measured, note="text").to_parquet(file)
        bench = open_workbench(study)
        frame = decode_frame(serialize.points_frame(bench.study.layer(0)))
        assert list(frame) == ["example", "y", "x", "attribution"]
        np.testing.assert_array_equal(frame["attribution"], measured.astype(np.float32), strict=True)
        assert serialize.study_summary(bench).layers[0].columns == ["attribution"]

    def test_columns(self, client, server):
        frame = decode_frame(client.get("/api/examples/columns").content)
        columns = coded_columns(server.bench.study)
        study = client.get("/api/study").json()
        assert list(frame) == [column["name"] for column in study["columns"]] == [column.name for column in columns]
        for column in columns:
            np.testing.assert_array_equal(frame[column.name], column.values, strict=True)
        categories = study["columns"][0]["categories"]
        labels = [categories[code] for code in frame["label"]]
        assert labels == server.bench.study.examples["label"].tolist()

    def test_examples(self, client):
        answer = client.post("/api/examples", json={"rows": [7, 0, 299, 300, -1]})
        assert answer.json() == [
            {"row": 7, "id": "digit-0007", "passage": None},
            {"row": 0, "id": "digit-0000", "passage": None},
            {"row": 299, "id": "digit-0299", "passage": None},
        ]
        assert "1000" in error_of(client.post("/api/examples", json={"rows": [0] * 1001}), 422)

    def test_a_study_of_photos_has_no_texts_to_search(self, client):
        assert client.get("/api/study").json()["texts"] is None
        request = {"query": "cat", "whole": False}
        assert "no texts to search" in error_of(client.post("/api/examples/search", json=request), 400)
        assert "200" in error_of(client.post("/api/examples/search", json={**request, "query": "x" * 201}), 422)
        assert "no column" in error_of(client.post("/api/examples/search", json={**request, "column": "gone"}), 404)

    def test_words(self, tmp_path, page):
        bench = open_workbench(write_text_study(tmp_path / "s", ["The 😀 cat sat.", "Two cats"], of_words=True))
        assert serialize.study_summary(bench).texts == "word"
        (found,) = serialize.example_ids(bench, [1])
        assert found.passage.model_dump() == {"before": "The ", "focus": "😀", "after": " cat sat."}
        frame = decode_frame(serialize.search_frame(texts.search(bench.study, "CAT", whole=False)))
        assert frame["rows"].tolist() == [2, 5]

    def test_thumbnails(self, client, server):
        answer = client.get("/api/examples/5/thumbnail")
        assert (answer.content, answer.headers["content-type"]) == server.bench.study.thumbnail(5)
        assert "immutable" in answer.headers["cache-control"]
        assert "300" in error_of(client.get("/api/examples/300/thumbnail"), 404)


class TestMap:
    def test_from_the_request_to_the_graph(self, client, server):
        wanted = settings(n_intervals=7)
        answer = client.post("/api/maps", json={"layer": 0, "settings": wanted})
        ticket = messages.Ticket.model_validate_json(answer.content)
        told = []
        for event in events(client):
            if event["job"] == ticket.job:
                told.append(messages.JobEvent(**event).state)
                if told[-1] not in ("queued", "running"):
                    break
        assert told[-1] == "done"
        assert sorted(set(told), key=["queued", "running", "done"].index) == list(dict.fromkeys(told))
        graph = messages.Graph.model_validate_json(client.get(f"/api/graphs/{ticket.result}").content)
        expected = open_workbench(server.bench.study.path).map(0, MapSettings(**wanted))
        assert f"{graph.digest}/{graph.layout}" == ticket.result
        assert (graph.layer, graph.settings.model_dump(), graph.eps) == (0, wanted, 25.0)
        assert graph.nodes.size == expected.nodes["size"].tolist()
        assert graph.edges.jaccard == expected.edges["jaccard"].tolist()
        assert (graph.n_points, graph.n_covered) == (300, 300 - len(expected.uncovered))
        drawing = lens_layout(expected)
        assert np.stack([graph.nodes.x, graph.nodes.y], axis=1).tolist() == drawing.positions.tolist()
        assert (graph.arrangement, graph.nodes.radius) == ("lens", drawing.radius.tolist())
        assert graph.survivors == [-1] * expected.n_nodes
        frame = decode_frame(client.get(f"/api/graphs/{graph.digest}/members").content)
        for node in range(expected.n_nodes):
            start, stop = frame["indptr"][node : node + 2]
            assert frame["indices"][start:stop].tolist() == expected.members(node).tolist()
        assert frame["uncovered"].tolist() == expected.uncovered.tolist()
        np.testing.assert_array_equal(frame["lens"], expected.lens.astype(np.float32))

    def test_what_is_there_already_needs_no_job(self, client):
        request = {"layer": 0, "settings": settings(n_intervals=6)}
        result = obtain(client, "/api/maps", request)
        assert client.post("/api/maps", json=request).json() == {"result": result, "job": None}

    def test_survivors_keep_their_place_exactly(self, client):
        first = client.get(f"/api/graphs/{obtain(client, '/api/maps', MAP)}").json()
        request = {
            "layer": 0,
            "settings": settings(eps=25.5),
            "anchor": {"graph": first["digest"], "layout": first["layout"]},
        }
        second = client.get(f"/api/graphs/{obtain(client, '/api/maps', request)}").json()
        kept = [(node, old) for node, old in enumerate(second["survivors"]) if old >= 0]
        assert kept
        for node, old in kept:
            assert second["nodes"]["x"][node] == first["nodes"]["x"][old]
            assert second["nodes"]["y"][node] == first["nodes"]["y"][old]
        plain = client.get(f"/api/graphs/{obtain(client, '/api/maps', {**request, 'anchor': None})}").json()
        assert (plain["digest"], plain["edges"]) == (second["digest"], second["edges"])
        assert plain["layout"] != second["layout"]

    def test_the_first_screen(self, client):
        request = {"layer": 0, "settings": settings(clusterer="modes", prominence=0.15, k=8, n_intervals=6)}
        finest = obtain(client, "/api/first-screens", request)
        assert client.post("/api/first-screens", json=request).json() == {"result": finest, "job": None}
        found = client.get(f"/api/graphs/{finest}/first-screen").json()
        assert f"prominence {found['settings']['prominence']:g}" in found["rule"]
        assert {**found["settings"], "prominence": 0.15} == request["settings"]
        ticket = client.post("/api/maps", json={"layer": 0, "settings": found["settings"]}).json()
        assert ticket["job"] is None
        graph = client.get(f"/api/graphs/{ticket['result']}").json()
        assert graph["settings"] == found["settings"]
        assert (graph["arrangement"], len(graph["nodes"]["agreement"])) == ("lens", len(graph["nodes"]["x"]))
        assert [weight >= 0.25 for weight in graph["edges"]["weight"]] == graph["edges"]["drawn"]

    def test_the_first_screen_without_prominence(self, client):
        request = {"layer": 0, "settings": settings(n_intervals=6)}
        found = client.get(f"/api/graphs/{obtain(client, '/api/first-screens', request)}/first-screen").json()
        assert found["settings"] == request["settings"]
        assert client.get(f"/api/graphs/{DIGEST}/first-screen").status_code == 404

    def test_labels_of_nodes(self, client):
        graph = obtain(client, "/api/maps", MAP).split("/")[0]
        found = client.get(f"/api/graphs/{graph}/labels", params={"column": "label"}).json()
        assert len(found["nodes"]) == len(found["texts"]) == len(found["lifts"]) == len(found["shares"])
        assert "label" in found["sentence"]
        assert client.get(f"/api/graphs/{graph}/labels").status_code == 422
        assert client.get(f"/api/graphs/{graph}/labels", params={"column": "none"}).status_code == 404
        assert client.get(f"/api/graphs/{graph}/labels", params={"column": "ink"}).status_code == 400

    def test_the_free_arrangement(self, client):
        lens, free = (obtain(client, "/api/maps", {**MAP, "arrangement": one}) for one in ("lens", "free"))
        assert lens.split("/")[0] == free.split("/")[0]
        graph = client.get(f"/api/graphs/{free}").json()
        assert (graph["arrangement"], graph["nodes"]["radius"]) == ("free", None)
        asked = {**MAP, "arrangement": "lens", "layout": free.split("/")[1]}
        assert obtain(client, "/api/maps", asked) == lens

    def test_a_layout_that_was_drawn_before_is_restored(self, client):
        first = obtain(client, "/api/maps", MAP).split("/")
        anchor = {"graph": first[0], "layout": first[1]}
        wanted = settings(eps=26.0)
        beside = obtain(client, "/api/maps", {"layer": 0, "settings": wanted, "anchor": anchor})
        request = {"layer": 0, "settings": wanted, "layout": beside.split("/")[1]}
        assert client.post("/api/maps", json=request).json() == {"result": beside, "job": None}
        lost = {**request, "layout": DIGEST}
        assert obtain(client, "/api/maps", lost) not in (beside, f"{beside.split('/')[0]}/{DIGEST}")

    def test_an_anchor_that_is_gone_is_done_without(self, client):
        result = obtain(client, "/api/maps", MAP)
        request = {**MAP, "anchor": {"graph": DIGEST, "layout": DIGEST}}
        assert client.post("/api/maps", json=request).json()["result"] == result

    def test_a_graph_of_modes_and_its_cuts(self, client, server):
        modes = asdict(MapSettings(n_intervals=6, k=8))
        first = obtain(client, "/api/maps", {"layer": 1, "settings": modes})
        graph = messages.Graph.model_validate_json(client.get(f"/api/graphs/{first}").content)
        anchor = {"graph": graph.digest, "layout": graph.layout}
        request = {"layer": 1, "settings": {**modes, "prominence": 1.0}, "anchor": anchor}
        result = obtain(client, "/api/maps", request)
        skeleton = messages.Graph.model_validate_json(client.get(f"/api/graphs/{result}").content)
        assert skeleton.layout == graph.layout
        assert skeleton.nodes.group == list(range(len(skeleton.nodes.size)))

        def places(one):
            nodes = one.nodes
            return dict(
                zip(zip(nodes.interval, nodes.mode, strict=True), zip(nodes.x, nodes.y, strict=True), strict=True)
            )

        assert places(skeleton).items() <= places(graph).items()
        assert (graph.eps, graph.curve) == (None, None)

    def test_a_preview_is_told_from_the_graph(self, client, monkeypatch):
        request = {"layer": 0, "settings": asdict(MapSettings(lens="l1", n_intervals=5)), "first": False}
        assert client.post("/api/previews", json=request).json() == {"result": None, "job": None}
        monkeypatch.setattr(previews, "MIN_COMPARISONS", 1.0)
        for module in (previews, layer_graphs):
            monkeypatch.setattr(module, "SAMPLE_POINTS", 100)
        address = obtain(client, "/api/previews", request)
        assert client.post("/api/previews", json=request).json() == {"result": address, "job": None}
        graph = messages.Graph.model_validate_json(client.get(f"/api/graphs/{address}").content)
        assert (graph.sample, graph.n_covered, graph.n_points) == (100, 100, 300)
        members = decode_frame(client.get(f"/api/graphs/{graph.digest}/members").content)
        assert len(members["uncovered"]) == 200
        said = error_of(client.get(f"/api/graphs/{graph.digest}/shape"), 400)
        assert said.endswith("is a preview, made of 100 of 300 points: wait for the whole graph")

    def test_what_was_found_in_a_graph(self, client):
        modes = asdict(MapSettings(n_intervals=6, k=8))
        digest = obtain(client, "/api/maps", {"layer": 1, "settings": modes}).split("/")[0]
        found = shape.ShapeReport.model_validate_json(client.get(f"/api/graphs/{digest}/shape").content)
        assert [count.kind for count in found.counts] == ["component", "loop", "branch"]
        assert all((count.value is None) == bool(count.reason) for count in found.counts)
        assert found.n_features >= len(found.features) > 0
        assert (found.features[0].birth, found.features[0].death) == (1, None)
        assert "there is no graph" in error_of(client.get(f"/api/graphs/{'0' * 16}/shape"), 404)
        assert found.summary.endswith(".")
        assert all(feature.name for feature in found.features)
        by_number = client.get(f"/api/graphs/{digest}/shape", params={"column": "ink"})
        assert "no column 'ink' of categories" in error_of(by_number, 404)

    def test_stability_is_a_job_and_is_kept(self, client):
        request = {"layer": 1, "settings": asdict(MapSettings(n_intervals=6, k=8))}
        digest = client.post("/api/stabilities", json=request).json()["result"]
        assert "was not measured" in error_of(client.get(f"/api/graphs/{digest}/stability"), 404)
        assert obtain(client, "/api/stabilities", request) == digest
        measured = shape.Stability.model_validate_json(client.get(f"/api/graphs/{digest}/stability").content)
        assert measured.sentence.endswith(".")
        assert 0 <= min(measured.nodes) <= max(measured.nodes) <= 1
        assert [count.kind for count in measured.panel] == ["component", "loop", "branch"]
        assert client.post("/api/stabilities", json=request).json() == {"result": digest, "job": None}

    def test_a_graph_without_nodes(self, client):
        result = obtain(client, "/api/maps", {"layer": 0, "settings": settings(eps=1e-6)})
        graph = messages.Graph.model_validate_json(client.get(f"/api/graphs/{result}").content)
        assert (graph.nodes.size, graph.edges.source, graph.n_covered) == ([], [], 0)
        assert [warning.code for warning in graph.warnings] == ["empty"]
        assert len(decode_frame(client.get(f"/api/graphs/{graph.digest}/members").content)["uncovered"]) == 300

    def test_a_curve_comes_with_the_elbow(self, client):
        result = obtain(client, "/api/maps", {"layer": 1, "settings": settings(eps="elbow", lens="column:ink")})
        graph = messages.Graph.model_validate_json(client.get(f"/api/graphs/{result}").content)
        assert graph.layer == 1
        assert graph.curve.elbow == graph.eps
        assert graph.curve.distances == sorted(graph.curve.distances)
        assert len(graph.curve.distances) == 200
        assert graph.curve.n_sampled == 2000

    def test_a_damaged_graph_is_computed_again(self, client, server):
        request = {"layer": 0, "settings": settings(n_intervals=9)}
        result = obtain(client, "/api/maps", request)
        digest = result.split("/")[0]
        (server.bench.study.path / "graphs" / digest / "members.parquet").write_bytes(b"")
        assert error_of(client.get(f"/api/graphs/{result}"), 404)
        assert obtain(client, "/api/maps", request) == result
        assert client.get(f"/api/graphs/{result}").status_code == 200

    def test_a_damaged_layer_is_no_error_of_the_server(self, client, server, tmp_path, monkeypatch):
        study = write_digits_study(tmp_path / "s", n_examples=20)
        for chunk in (study / "points").glob("*.parquet"):
            chunk.write_bytes(b"nothing")
        monkeypatch.setitem(server.app.state._state, "bench", open_workbench(study))
        assert "is damaged: points/pixels.parquet" in error_of(client.get("/api/layers/0/points"), 409)

    def test_settings_that_do_not_fit_fail_in_one_sentence(self, client):
        ticket = client.post("/api/maps", json={"layer": 0, "settings": settings(lens="column:label")}).json()
        event = finish(client, ticket["job"])
        assert event["state"] == "failed"
        assert event["error"].startswith("lens 'column:label': no numeric column of that name")
        assert error_of(client.get(f"/api/graphs/{ticket['result']}"), 404)


class TestEquivalents:
    def test_only_texts_have_words(self, client):
        digest = obtain(client, "/api/maps", MAP).split("/")[0]
        problem = error_of(client.get(f"/api/graphs/{digest}/nodes/0/keyterms"), 400)
        assert problem.endswith("is not of texts: its nodes have no equivalents in words")

    def test_of_words(self, client, server, tmp_path, monkeypatch):
        sentences = [f"the {word} sat" for word in ("cat", "dog", "oaoaoa") for _ in range(20)]
        bench = open_workbench(write_text_study(tmp_path / "s", sentences, of_words=True))
        graph, digest = bench.map(0, bench.default_settings), bench.key(bench.study.layer(0), bench.default_settings)
        monkeypatch.setitem(server.app.state._state, "bench", bench)
        for node in range(graph.n_nodes):
            said = client.get(f"/api/graphs/{digest}/nodes/{node}/keyterms").json()
            assert said["n_inside"] == len(graph.members(node))
            assert len({near["passage"]["focus"] for near in said["nearest"]}) == len(said["nearest"]) == 5
            assert all(word["q"] <= said["level"] and word["inside"] > word["expected"] for word in said["words"])
        assert "does not exist" in error_of(client.get(f"/api/graphs/{digest}/nodes/{node + 1}/keyterms"), 400)


class TestAttributions:
    def test_only_studies_with_a_network_have_attributions(self, client):
        digest = obtain(client, "/api/maps", MAP).split("/")[0]
        problem = error_of(client.post("/api/attributions", json={"layer": 0, "graph": digest}), 400)
        assert problem.endswith("its nodes have no attributions")
        problem = error_of(client.post("/api/attributions", json={"layer": 1, "graph": digest}), 404)
        assert problem == f"there is no graph {digest} of layer rows: ask for it anew"
        assert "ask for them first" in error_of(client.get(f"/api/graphs/{digest}/nodes/0/attribution"), 404)


class TestProjection:
    def test_from_the_request_to_the_plane(self, client, server):
        result = obtain(client, "/api/projections", {"layer": 0, "kind": "pca"})
        frame = decode_frame(client.get(f"/api/projections/{result}").content)
        np.testing.assert_array_equal(frame["xy"], server.bench.project(0, "pca"), strict=True)

    def test_what_was_not_asked_for(self, client):
        assert "ask for it anew" in error_of(client.get("/api/projections/1/pca"), 404)


class TestBadRequests:
    @pytest.mark.parametrize(
        ("address", "body", "status", "words"),
        [
            pytest.param("/api/maps", b"{", 422, "JSON", id="not-json"),
            pytest.param("/api/maps", b"", 422, "required", id="nothing"),
            pytest.param("/api/maps", b"[]", 422, "valid dictionary", id="a-list"),
            pytest.param("/api/maps", b"\xff\xfe", 422, "", id="no-utf8"),
            pytest.param("/api/maps", {"layer": 0}, 422, "settings", id="no-settings"),
            pytest.param("/api/maps", {**MAP, "module": "os:system"}, 422, "module", id="unknown-field"),
            pytest.param("/api/maps", {**MAP, "layer": 9}, 404, "no layer number 9", id="no-such-layer"),
            pytest.param("/api/maps", {**MAP, "layer": -1}, 404, "no layer number -1", id="negative-layer"),
            pytest.param("/api/maps", {**MAP, "layer": "pixels"}, 422, "layer", id="layer-by-name"),
            pytest.param("/api/maps", {**MAP, "settings": settings(overlap=1)}, 422, "less than 1", id="overlap"),
            pytest.param(
                "/api/maps", {**MAP, "settings": settings(overlap=-0.1)}, 422, "overlap", id="negative-overlap"
            ),
            pytest.param("/api/maps", {**MAP, "settings": settings(n_intervals=0)}, 422, "n_intervals", id="intervals"),
            pytest.param("/api/maps", {**MAP, "settings": settings(n_intervals=10**6)}, 422, "10000", id="too-many"),
            pytest.param("/api/maps", {**MAP, "settings": settings(min_samples=0)}, 422, "min_samples", id="minPts"),
            pytest.param("/api/maps", {**MAP, "settings": settings(eps="knee")}, 422, "eps", id="eps"),
            pytest.param("/api/maps", {**MAP, "settings": settings(eps=float("nan"))}, 422, "finite", id="nan"),
            pytest.param("/api/maps", {**MAP, "layout": "../../x"}, 422, "layout", id="layout-as-a-path"),
            pytest.param("/api/maps", {**MAP, "layout": DIGEST + "\n"}, 422, "layout", id="layout-with-a-newline"),
            pytest.param("/api/maps", {**MAP, "anchor": {"graph": "..", "layout": DIGEST}}, 422, "graph", id="anchor"),
            pytest.param("/api/attributions", {"layer": 0, "graph": DIGEST}, 404, f"no graph {DIGEST}", id="no-graph"),
            pytest.param("/api/attributions", {"layer": 0, "graph": "../x"}, 422, "graph", id="graph-as-a-path"),
            pytest.param("/api/projections", {"layer": 0, "kind": "../x"}, 404, "'../x'", id="projection"),
            pytest.param("/api/projections", {"layer": 5, "kind": "pca"}, 404, "layer number 5", id="projected-layer"),
            pytest.param("/api/examples", {"rows": ["a"]}, 422, "rows", id="rows"),
            pytest.param("/api/examples", {"rows": [1.5]}, 422, "rows", id="half-a-row"),
        ],
    )
    def test_one_sentence_says_what_is_wrong(self, client, address, body, status, words):
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        answer = client.post(address, content=content, headers={"content-type": "application/json"})
        assert words in error_of(answer, status)

    @pytest.mark.parametrize(
        ("method", "address", "status"),
        [
            ("GET", f"/api/graphs/{DIGEST}/members", 404),
            ("GET", f"/api/graphs/{DIGEST}/{DIGEST}", 404),
            ("GET", "/api/graphs/nope/members", 422),
            ("GET", f"/api/graphs/{DIGEST}/nodes/0/keyterms", 404),
            ("GET", f"/api/graphs/{DIGEST}/nodes/-1/keyterms", 422),
            ("GET", f"/api/graphs/{DIGEST}/nodes/0/attribution", 404),
            ("GET", "/api/layers/2/points", 404),
            ("GET", "/api/layers/-1/points", 422),
            ("GET", f"/api/layers/{10**30}/points", 404),
            ("GET", "/api/projections/9/pca", 404),
            ("GET", "/api/projections/0/tsne", 404),
            ("GET", "/api/examples/-1/thumbnail", 422),
            ("GET", f"/api/examples/{10**30}/thumbnail", 404),
            ("DELETE", "/api/jobs/999", 404),
            ("DELETE", "/api/jobs/study.json", 404),
        ],
    )
    def test_what_does_not_exist(self, client, method, address, status):
        assert error_of(client.request(method, address), status)


def test_the_stream_is_slower_than_patience():
    """A guard of these tests: a heartbeat comes before a client gives up waiting for an event."""
    from topoact.server.events import HEARTBEAT_SECONDS

    assert HEARTBEAT_SECONDS < PATIENCE
