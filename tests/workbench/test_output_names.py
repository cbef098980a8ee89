"""Outputs without names are called after the labels that they mostly go to, when they are read."""

import json
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from topoact.cli.commands import app
from topoact.interpret.inversion import Recipe
from topoact.interpret.study_network import NetworkChoice
from topoact.study import open_study
from topoact.study.cache.inversions import Prediction
from topoact.testing.networks import write_network_study
from topoact.wire.located_inputs import located_input_message
from topoact.wire.serialize import study_summary
from topoact.workbench import open_workbench
from topoact.workbench.images.activation_images import ActivationImages
from topoact.workbench.images.targets import NodesTarget
from topoact.workbench.nodes.node_attribution import compute_attributions, node_attribution
from topoact.workbench.output_names import display_name, majorities

CALLED = {"red": "output 2", "green": "output 0", "blue": "output 1"}
READ = ["output 0, mostly green", "output 1, mostly blue", "output 2, mostly red"]


def predict(path: Path, said: dict[str, list[str]]) -> None:
    """Let a study say something else of its examples."""
    file = path / "examples.parquet"
    examples = pq.read_table(file).to_pandas()
    pq.write_table(pa.Table.from_pandas(examples.assign(**said)), file)


@pytest.fixture
def unnamed(tmp_path):
    """A study whose outputs have no names, and whose network says the same of all pictures."""
    return write_network_study(tmp_path / "pictures", 90, named=False).path


@pytest.fixture
def bench(unnamed):
    """The same, with a network that is said to have been right but for a few."""
    labels = open_study(unnamed).examples["label"].astype(str)
    right = [CALLED["red" if row < 6 else label] for row, label in enumerate(labels)]
    predict(unnamed, {"prediction": right})
    return open_workbench(unnamed, NetworkChoice())


@pytest.mark.parametrize(
    ("labels", "predictions", "found"),
    [
        pytest.param("a" * 20 + "b" * 20, "0" * 20 + "1" * 20, {"0": "a", "1": "b"}, id="right"),
        pytest.param("a" * 9 + "b" * 20, "0" * 9 + "1" * 20, {"1": "b"}, id="too-few"),
        pytest.param("ab" * 20, "0" * 40, {}, id="all-the-same"),
        pytest.param("aaaab" * 8 + "b" * 60, "0" * 40 + "1" * 60, {"0": "a", "1": "b"}, id="mostly"),
        pytest.param("aabb" * 5 + "bb" * 20, "0" * 20 + "1" * 40, {"1": "b"}, id="even"),
        pytest.param("a" * 90 + "b" * 10, "0" * 80 + "1" * 20, {"0": "a"}, id="as-common-among-all"),
        pytest.param("a" * 20, "0" * 20, {}, id="one-label"),
        pytest.param("a" * 12 + "-" * 30 + "b" * 30, "0" * 42 + "1" * 30, {"0": "a", "1": "b"}, id="unlabelled"),
        pytest.param("-" * 9, "0" * 9, {}, id="no-labels"),
        pytest.param("", "", {}, id="nothing"),
    ],
)
def test_what_is_clear(labels, predictions, found):
    told = [None if label == "-" else label for label in labels]
    assert majorities(pd.Series(told, dtype="object"), pd.Series(list(predictions), dtype="object")) == found


def test_names_that_were_given_stay(network_path):
    study = open_study(network_path)
    assert [display_name(study, name) for name in study.classes] == ["red", "green", "blue"]


def test_a_network_that_says_the_same_of_all_names_nothing(unnamed):
    study = open_study(unnamed)
    assert [display_name(study, name) for name in study.classes] == [
        *sorted(CALLED),
        "output 0",
        "output 1",
        "output 2",
    ]


def test_the_first_checkpoint_that_tells_anything_names_them(unnamed):
    labels = open_study(unnamed).examples["label"].astype(str)
    predict(unnamed, {"prediction@late": [CALLED[label] for label in labels]})
    study = open_study(unnamed)
    assert [display_name(study, f"output {number}") for number in range(3)] == READ


def test_the_study_keeps_what_it_says_and_the_explorer_reads_names(bench):
    assert set(bench.study.examples["prediction"]) == set(CALLED.values())
    told = study_summary(bench)
    assert told.classes == [*sorted(CALLED), *READ]
    assert {column.name: column.categories for column in told.columns if column.classes} == {
        "label": told.classes,
        "prediction": told.classes,
    }


def test_what_nodes_argue_for(bench):
    bench.map("3@mean", bench.default_settings)
    graph = bench.key(bench.study.layer("3@mean"), bench.default_settings)
    compute_attributions(bench, "3@mean", graph)
    told = node_attribution(bench, graph, 0)
    assert sorted(one.name for one in told.classes) == READ
    assert told.prediction in READ
    assert {one.name for one in told.predicted} <= set(READ)
    assert {one.name for one in told.labels} <= set(CALLED)
    assert told.agrees == (told.classes[0].name == told.predicted[0].name)


def test_what_is_seen_in_images_and_probes(bench):
    images = ActivationImages(bench)
    bench.map("3@mean", bench.default_settings)
    graph = bench.key(bench.study.layer("3@mean"), bench.default_settings)
    (named,) = images.make("3@mean", graph, [NodesTarget((0,))], Recipe(steps=2, attempts=1))
    assert sorted(one.name for one in named.inversion.predictions) == READ
    stored = images.store.load(named.digest)
    assert sorted(one.name for one in stored.predictions) == sorted(CALLED.values())
    assert images.load("0123456789abcdef") is None
    found = {"kind": "image", "text": None, "predictions": [list(Prediction("output 2", 0.9))], "notices": []}
    told = located_input_message(bench.study, "0" * 16, {**found, "thumbnail": None, "locations": [], "n_layers": 0})
    assert [one.name for one in told.predictions] == ["output 2, mostly red"]


class TestCommand:
    """``topoact attribute`` as a person types it."""

    def run(self, *arguments, code=0):
        found = CliRunner().invoke(app, ["attribute", *map(str, arguments)])
        assert found.exit_code == code, found.output
        return found

    def test_for_people(self, bench):
        lines = self.run(bench.study.path, "--layer", "3@mean", "--top", "2").stdout.splitlines()
        head, argued, predicted, labels, *_, summary = lines
        assert len(lines) == 9
        assert head.startswith("node ")
        assert argued.startswith("  attribution  output ")
        assert ", mostly " in argued
        assert predicted.startswith("  predicted    output ")
        assert labels.split()[:2][1] in CALLED
        assert summary.endswith(
            "of 2 nodes have their highest attribution to the class predicted most often for their members"
        )

    def test_for_programs(self, bench):
        rows = json.loads(self.run(bench.study.path, "--layer", "3@mean", "--nodes", "1,0,1", "--json").stdout)
        assert [row["node"] for row in rows] == [1, 0]
        graph = bench.map("3@mean", bench.default_settings)
        told = node_attribution(bench, bench.key(bench.study.layer("3@mean"), bench.default_settings), 1)
        assert rows[0]["size"] == len(graph.members(1))
        assert [(one["output"], one["name"]) for one in rows[0]["attributions"]] == [
            (one.output, one.name) for one in told.classes
        ]
        assert rows[0]["predicted"] == [one._asdict() for one in told.predicted]
        assert (rows[0]["agrees"], rows[0]["prediction"]) == (told.agrees, told.prediction)
        labels = bench.study.layer("3@mean").metadata("label").astype(str)[graph.members(1)]
        assert {one["name"]: one["share"] for one in rows[0]["labels"]} == pytest.approx(
            labels.value_counts(normalize=True).to_dict()
        )

    @pytest.mark.parametrize(
        ("options", "said"),
        [
            pytest.param(["--nodes", "9999"], "node 9999 does not exist", id="no-node"),
            pytest.param(["--nodes", "1+2"], "--nodes needs numbers of nodes, as 3,7,9: got '1[+]2'", id="together"),
            pytest.param(["--nodes", "1", "--top", "2"], "leave it out with --nodes$", id="both"),
            pytest.param(["--top", "0"], "--top must be 1 or more: got 0", id="top"),
            pytest.param(["--by", "age"], "there is no order 'age' of nodes", id="order"),
            pytest.param(["--layer", "none"], "there is no layer 'none'", id="layer"),
            pytest.param(["--model", "gone.py:net"], "gone.py does not exist", id="model"),
        ],
    )
    def test_one_clear_sentence(self, network_path, options, said):
        found = self.run(network_path, "--layer", "3@mean", *options, code=1)
        with pytest.raises(type(found.exception), match=said):
            raise found.exception
