"""What the nodes of a study argue for: found out once, kept, told beside where their members come from."""

from pathlib import Path

import numpy as np
import pytest

from topoact.errors import InvalidInput, UnknownName
from topoact.extract import Plan, extract
from topoact.importers.run import import_files
from topoact.inputs.records import Source
from topoact.interpret.class_attribution import attribute_classes
from topoact.interpret.study_network import NetworkChoice
from topoact.networks.loading import load_network
from topoact.networks.preprocessing import Preprocessing
from topoact.study.cache.attributions import FILE, Attributions, load_attributions
from topoact.testing.settings import dbscan
from topoact.wire.attributions import attribution_message
from topoact.workbench import Workbench, open_workbench
from topoact.workbench.jobs.tasks import AttributionTask
from topoact.workbench.nodes.node_attribution import (
    N_ATTRIBUTED_CLASSES,
    are_stored,
    compute_attributions,
    node_attribution,
)

SETTINGS = dbscan(n_intervals=2, eps=10.0, min_samples=2)


def made(models: Path, photos: Source, path: Path, **changes: object) -> Path:
    plan = Plan(layers=("2",), policies=("all",), preprocessing=Preprocessing(size=8), **changes)
    extract(load_network(f"{models}:small"), photos, path, plan)
    return path


@pytest.fixture
def bench(models: Path, photos: Source, tmp_path: Path) -> Workbench:
    path = made(models, photos, tmp_path / "study", classes=("owl", "cat", "cow", "dog", "ape"))
    return open_workbench(path, NetworkChoice())


def mapped(bench: Workbench) -> str:
    bench.map(0, SETTINGS)
    return bench.key(bench.study.layer(0), SETTINGS)


def stored(bench: Workbench, name: str) -> Attributions:
    found = load_attributions(bench.study.path / "graphs" / name)
    assert found is not None
    return found


def test_they_are_set_apart_from_the_mean_of_the_layer_and_kept(bench: Workbench) -> None:
    name, layer = mapped(bench), bench.study.layer(0)
    graph = bench.map(0, SETTINGS)
    assert not are_stored(bench, 0, name)
    AttributionTask(0, name).run(bench, lambda *_: None)
    assert are_stored(bench, 0, name)
    compute_attributions(open_workbench(bench.study.path), 0, name)  # without the network
    found = stored(bench, name)
    base = layer.vectors().mean(axis=0)
    expected = attribute_classes(bench.network.network, "2", graph.means, "all", base=base, shape=(3, 8, 8))
    for ours, theirs in zip(found[:3], expected[:3], strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-5)
    assert found.is_bypassed is False


def test_a_damaged_file_is_made_again(bench: Workbench) -> None:
    name = mapped(bench)
    compute_attributions(bench, 0, name)
    first = stored(bench, name)
    folder = bench.study.path / "graphs" / name
    (folder / FILE).write_bytes(b"no table")
    assert load_attributions(folder) is None
    assert not are_stored(bench, 0, name)
    compute_attributions(bench, 0, name)
    np.testing.assert_array_equal(stored(bench, name).scores, first.scores)


def test_a_node_and_where_its_members_come_from(bench: Workbench) -> None:
    name, graph = mapped(bench), bench.map(0, SETTINGS)
    with pytest.raises(UnknownName, match="were not computed: ask for them first"):
        node_attribution(bench, name, 0)
    compute_attributions(bench, 0, name)
    found = stored(bench, name)
    labels = bench.study.layer(0).metadata("label").astype(str)
    for node in range(graph.n_nodes):
        told = node_attribution(bench, name, node)
        members = labels[graph.members(node)]
        assert told.members_by == "label"
        assert len(told.classes) == told.n_classes == 5 <= N_ATTRIBUTED_CLASSES
        assert [one.rank for one in told.classes] == [0, 1, 2, 3, 4]
        assert [one.output for one in told.classes] == np.argsort(-found.attributions[node]).tolist()
        for one in told.classes:
            assert one.name == ("owl", "cat", "cow", "dog", "ape")[one.output]
            assert one.share == pytest.approx((members == one.name).mean())
            assert one.effect == pytest.approx(float(found.effects[node, one.output]))
        shares = np.exp(found.scores[node]) / np.exp(found.scores[node]).sum()
        assert (told.prediction, told.prediction_share) == (
            told.prediction,
            pytest.approx(float(shares.max()), rel=1e-5),
        )
        assert attribution_message(told).classes[0].name == told.classes[0].name
    with pytest.raises(InvalidInput, match="does not exist"):
        node_attribution(bench, name, graph.n_nodes)


def test_members_come_from_predictions_where_labels_are_no_outputs(
    models: Path, photos: Source, tmp_path: Path
) -> None:
    bench = open_workbench(made(models, photos, tmp_path / "study"), NetworkChoice())
    name = mapped(bench)
    compute_attributions(bench, 0, name)
    told = node_attribution(bench, name, 0)
    assert told.members_by == "prediction"
    assert told.classes[0].name.startswith("output ")
    assert sum(one.share for one in told.classes) == pytest.approx(1)


def test_refusals(bench: Workbench, models: Path, photos: Source, tmp_path: Path) -> None:
    name = mapped(bench)
    with pytest.raises(UnknownName, match="there is no graph 0123456789abcdef of layer 2"):
        compute_attributions(bench, 0, "0123456789abcdef")
    with pytest.raises(InvalidInput, match="opened without its network"):
        compute_attributions(open_workbench(bench.study.path), 0, name)
    np.save(tmp_path / "vectors.npy", np.random.default_rng(0).normal(size=(40, 4)).astype(np.float32))
    import_files([tmp_path / "vectors.npy"], tmp_path / "imported")
    imported = open_workbench(tmp_path / "imported")
    with pytest.raises(InvalidInput, match="is no classifier, and reads no texts: its nodes have no attributions"):
        are_stored(imported, 0, mapped(imported))
