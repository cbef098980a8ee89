"""Inputs of one's own in the graphs of a study: examples of the study land where they are, others near their like."""

import io
import json
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from topoact.errors import InvalidInput
from topoact.interpret import query_images as inputs
from topoact.interpret.study_network import NetworkChoice
from topoact.testing.networks import NAMES, Pictures
from topoact.testing.settings import dbscan
from topoact.workbench import MapSettings, open_workbench
from topoact.workbench.locate.locate import input_name, locate, locate_many, locate_uploaded, plain
from topoact.workbench.locate.vector_location import locator

SETTINGS = MapSettings(n_intervals=4, k=8)


@pytest.fixture(scope="module")
def bench(network_path):
    return open_workbench(network_path, NetworkChoice())


def file(pixels, kind="PNG"):
    content = io.BytesIO()
    Image.fromarray(pixels).save(content, kind)
    return content.getvalue()


def picture(row):
    """An example of the study, but for the rounding to bytes."""
    return file((np.moveaxis(Pictures(row + 1)[row]["input"], 0, -1) * 255).round().astype(np.uint8))


def place(probe, name):
    return next(place for place in probe.locations if place.name == name)


def test_all_layers(bench):
    seen = []
    probe = locate(bench, picture(500), SETTINGS, first=1, on_location=seen.append)
    assert [len(one.locations) for one in seen] == [0, 1, 2, 3, 4]
    assert [one.name for one in probe.locations] == [bench.layers[1], bench.layers[0], *bench.layers[2:]]
    assert (probe.kind, probe.n_layers, len(probe.locations)) == ("image", 4, 4)
    assert probe.predictions[0][0] in NAMES
    assert sum(share for _, share in probe.predictions) == pytest.approx(1)
    assert probe.notices == ["the study was made of tensors: the image became one, RGB, 0 to 1"]
    mean = place(probe, "1@mean")
    assert (mean.n, mean.y, mean.x, mean.spans) == (1, [-1], [-1], [])
    graph = bench.map("1@mean", SETTINGS)
    assert mean.graph == bench.drawn_name("1@mean", SETTINGS, None).graph
    assert all(hit.node < graph.n_nodes for hit in mean.nodes)


def test_random_positions_are_all_that_could_have_been_drawn(bench):
    found = place(locate(bench, picture(501), SETTINGS), "1@random")
    assert found.n == 14 * 14 == len(found.y)
    assert (min(found.y), max(found.y), min(found.x), max(found.x)) == (1, 14, 1, 14)
    assert sum(len(hit.vectors) for hit in found.nodes) >= found.n_inside
    assert [len(hit.vectors) for hit in found.nodes] == sorted((len(h.vectors) for h in found.nodes), reverse=True)


def test_an_example_is_known_and_lands_in_its_own_nodes(bench):
    """Vectors are given as they were extracted: a file of 8 bits would round them."""
    for layer in ("1@mean", "3@mean"):
        graph, stored = bench.map(layer, SETTINGS), bench.study.layer(layer)
        found, _ = inputs_of_examples(bench, layer, range(0, 240, 7))
        held = graph.memberships.incidence(graph.n_points).T.tocsr()
        assert found.same.tolist() == list(range(0, 240, 7))
        for query, row in enumerate(found.same):
            start, stop = found.matches.indptr[query : query + 2]
            assert sorted(found.matches.node[start:stop]) == held[[row]].indices.tolist()
        assert stored.n_points == 240


def inputs_of_examples(bench, layer, rows):
    from topoact.extract.images import ImageForward
    from topoact.mapper import lens_of_one

    opened = bench.study.layer(layer)
    tensors = np.stack([Pictures(row + 1)[row]["input"] for row in rows])
    _, kept = ImageForward((opened.module,), (opened.policy,), seed=0)(bench.network.network, tensors, np.array(rows))
    vectors = kept[opened.module][opened.policy].vectors[:, 0]
    graph = bench.map(layer, SETTINGS)
    lens = lens_of_one("l2", bench.vectors(opened))(vectors)
    return locator(bench, opened, graph, SETTINGS).locate(vectors, lens), vectors


def test_new_pictures_land_and_noise_does_not(bench):
    pictures = [picture(row) for row in range(400, 460)]
    _, found = locate_many(bench, pictures, SETTINGS, "3@mean")
    assert found.inside.mean() > 0.9
    grey = [file(np.full((16, 16, 3), value, dtype=np.uint8)) for value in (0, 255)]
    _, outside = locate_many(bench, grey, SETTINGS, "3@mean")
    assert not outside.inside.any()
    said = [place(locate(bench, one, SETTINGS, layers=["3@mean"]), "3@mean") for one in grey]
    assert all(one.sentence.startswith("outside: node ") and one.closest is not None for one in said)
    assert all(one.nearest and not one.nodes for one in said)


@pytest.mark.parametrize(
    "settings",
    [
        pytest.param(dbscan(n_intervals=5, eps="quantile:0.9"), id="radius"),
        pytest.param(dbscan(n_intervals=5, eps="elbow:interval"), id="radius-of-each-interval"),
        pytest.param(replace(SETTINGS, metric="cosine"), id="cosine"),
        pytest.param(replace(SETTINGS, lens="pca:0"), id="component"),
        pytest.param(replace(SETTINGS, lens="knn:5"), id="distance-to-a-neighbour"),
        pytest.param(replace(SETTINGS, lens="column:confidence"), id="column"),
        pytest.param(replace(SETTINGS, overlap=0.0), id="no-overlap"),
    ],
)
def test_any_settings(bench, settings):
    """Most new pictures land whatever the graph is made of."""
    _, found = locate_many(bench, [picture(row) for row in range(600, 640)], settings, "3@mean")
    assert found.inside.mean() > 0.5
    probe = locate(bench, picture(600), settings, layers=["3@mean"])
    assert probe.locations[0].sentence.startswith(("in node", "outside: "))


def test_sentences(bench):
    one = locate(bench, picture(500), SETTINGS)
    assert place(one, "3@mean").sentence.startswith("in node")
    assert " of its 196 positions are in " in place(one, "1@random").sentence


def test_what_is_usual_is_measured_once(bench, monkeypatch):
    locate(bench, picture(500), SETTINGS, layers=["3@mean"])
    monkeypatch.setattr("topoact.analysis.location.novelty.QUANTILE", "never asked again")
    locate(open_workbench(bench.study.path, NetworkChoice()), picture(502), SETTINGS, layers=["3@mean"])


def test_locators_are_kept_as_far_as_there_is_room(bench, monkeypatch):
    layer, graph = bench.study.layer("3@mean"), bench.map("3@mean", SETTINGS)
    vectors = lambda: bench.vectors(layer)  # noqa: E731
    kept = bench.locators.get("a", layer, graph, "euclidean", vectors)
    assert bench.locators.get("a", layer, graph, "euclidean", vectors) is kept
    monkeypatch.setattr("topoact.workbench.locators.MAX_COORDINATES", layer.n_points * layer.n_channels)
    assert bench.locators.get("b", layer, graph, "euclidean", vectors) is not kept
    assert bench.locators.get("a", layer, graph, "euclidean", vectors) is not kept
    monkeypatch.setattr("topoact.workbench.locators.MAX_COORDINATES", 0)
    assert bench.locators.get("a", layer, graph, "euclidean", vectors)


def test_a_graph_that_cannot_be_made_keeps_no_other_layer_from_being_told(bench):
    settings = dbscan(n_intervals=3, min_samples=100_000, eps=1.0)
    probe = locate(bench, picture(500), settings)
    assert len(probe.locations) == probe.n_layers
    assert all(place.sentence.startswith("it has no graph: min_samples is 100000") for place in probe.locations)


class TestStored:
    def test_what_waits_is_located_and_forgotten(self, bench):
        name = input_name(bench, picture(700), SETTINGS)
        bench.located_inputs.put(name, picture(700))
        locate_uploaded(bench, name, "image", SETTINGS, first=2)
        found = bench.located_inputs.load(name)
        assert found == json.loads(json.dumps(plain(locate(bench, picture(700), SETTINGS, first=2))))
        assert found["thumbnail"].startswith("data:image/png;base64,")
        assert bench.located_inputs.take(name) is None
        with pytest.raises(InvalidInput, match="the input is not there any more: bring it again"):
            locate_uploaded(bench, name, "image", SETTINGS, first=0)

    def test_names_tell_inputs_and_settings_apart(self, bench):
        names = {
            input_name(bench, content, settings)
            for content in (picture(1), picture(2), "a text")
            for settings in (SETTINGS, replace(SETTINGS, k=9))
        }
        assert len(names) == 6
        unused = replace(SETTINGS, min_samples=3)
        assert input_name(bench, "a text", unused) == input_name(bench, "a text", SETTINGS)

    def test_damaged_files_count_as_absent(self, bench):
        (bench.study.path / "located-inputs" / f"{'a' * 16}.json").write_text("[")
        assert bench.located_inputs.load("a" * 16) is None


class TestRefusals:
    @pytest.mark.parametrize(
        ("content", "said"),
        [
            pytest.param(b"hello", "this is no image, or of a kind that is not known", id="no-image"),
            pytest.param(
                b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\n%%EOF\n",
                "this is no image, or of a kind that is not known",
                id="a format that another program decodes",
            ),
            pytest.param(b"", "this is no image", id="nothing"),
            pytest.param(b"<svg xmlns='http://www.w3.org/2000/svg'/>", "this is no image", id="svg"),
            pytest.param(picture(0)[:150], "the image cannot be read: ", id="half-an-image"),
            pytest.param("a text", "takes images, and this is a text: give an image file", id="text"),
        ],
    )
    def test_inputs(self, bench, content, said):
        with pytest.raises(InvalidInput, match=said):
            locate(bench, content, SETTINGS)

    def test_too_many_bytes_or_pixels(self, bench, monkeypatch):
        monkeypatch.setattr(inputs, "MAX_PIXELS", 10_000_000)
        with pytest.raises(InvalidInput, match="an image may have 10 megapixels: this one has 12"):
            locate(bench, file(np.zeros((3000, 4000), dtype=np.uint8)), SETTINGS)
        monkeypatch.setattr(inputs, "MAX_IMAGE_BYTES", 2_000_000)
        with pytest.raises(InvalidInput, match="an image may have 2 MB: this file has 3"):
            locate(bench, b"x" * 3_000_000, SETTINGS)

    @pytest.mark.parametrize("side", [9_000, 10_000, 20_000])
    def test_a_bomb_is_refused_before_it_is_unpacked(self, bench, side):
        bomb = io.BytesIO()
        Image.new("1", (side, side)).save(bomb, "PNG")
        with pytest.raises(InvalidInput, match=r"an image may have 80 megapixels: this one has (81|many more)"):
            locate(bench, bomb.getvalue(), SETTINGS)

    def test_without_a_network(self, network_path):
        with pytest.raises(InvalidInput, match="opened without its network"):
            locate(open_workbench(network_path), picture(0), SETTINGS)


def test_forty_megapixels_are_brought_to_the_size_of_the_inputs(bench):
    red = np.zeros((5000, 8000, 3), dtype=np.uint8)
    red[..., 0] = 200
    probe = locate(bench, file(red, "JPEG"), SETTINGS, layers=["3@mean"])
    assert probe.notices[0] == "the image was brought to 16 x 16 pixels, the size of the study's inputs"
    assert probe.predictions
