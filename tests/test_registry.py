"""Extension points: entries of other packages are found by their entry points, used by name, and never replace ours."""

import sys
from pathlib import Path

import numpy as np
import pytest

from topoact.errors import InvalidInput, UnknownName
from topoact.inputs.opening import INPUTS, open_source
from topoact.mapper import (
    CLUSTERERS,
    COVERS,
    LENSES,
    CoverKind,
    UniformCover,
    lens_menu,
    lens_of_one,
    lens_values,
    named_cover,
)
from topoact.networks.loading import NETWORKS, load_network
from topoact.registry import Registry
from topoact.workbench import KNOBS, MapSettings, open_workbench
from topoact.workbench.settings import clusterers_with

REGISTRIES = (LENSES, COVERS, CLUSTERERS, NETWORKS, INPUTS)
PLUGIN = '''
"""A package that somebody else wrote."""

import numpy as np

from topoact.inputs.opening import InputKind
from topoact.inputs.sources import DatasetSource
from topoact.mapper import ClustererKind, CoverKind, LensKind, SingleLinkage, UniformCover
from topoact.networks.loading import NetworkKind


def share_of_zeros(vectors):
    return (vectors == 0).mean(axis=1)


lens = LensKind("zeros", lambda _: share_of_zeros, "zeros", ("zeros",), is_pointwise=True)
cover = CoverKind(lambda n_intervals, overlap: UniformCover(2 * n_intervals, overlap), "twice as many")
clusterer = ClustererKind(lambda metric, min_samples: SingleLinkage(), "single linkage", ("min_samples",))


class Stub:
    preprocessing = class_names = None
    is_user_code, name = True, "stub"

    def __init__(self, what):
        self.record = {"spec": f"stub:{what}", "located": f"stub:{what}", "code": None, "weights": None, "digest": what}


network = NetworkKind(lambda name, weights, seed: Stub(name))


class Rows:
    def __len__(self):
        return 3

    def __getitem__(self, row):
        return np.full((1, 2, 2), row, dtype=np.float32), row


data = InputKind(lambda spec, columns: DatasetSource(Rows(), record={"kind": "rows", "spec": spec}))
broken = 7
'''
POINTS = """
[topoact.lenses]
zeros = somebody_else:lens
l2 = somebody_else:lens

[topoact.covers]
doubled = somebody_else:cover
broken = somebody_else:broken

[topoact.clusterers]
linkage = somebody_else:clusterer

[topoact.networks]
stub = somebody_else:network
missing = somebody_else:gone

[topoact.inputs]
rows = somebody_else:data
"""


@pytest.fixture
def plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Install a package with entry points, and let the registries look anew."""
    (tmp_path / "somebody_else.py").write_text(PLUGIN)
    facts = tmp_path / "somebody_else-1.0.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: somebody-else\nVersion: 1.0\n")
    (facts / "entry_points.txt").write_text(POINTS)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "somebody_else", raising=False)
    for registry in REGISTRIES:
        monkeypatch.setattr(registry, "_entries", dict(registry._entries))
        monkeypatch.setattr(registry, "_is_searched", False)


@pytest.mark.usefixtures("plugin")
class TestFromOutside:
    def test_a_lens(self):
        vectors = np.array([[0.0, 1.0], [0.0, 0.0], [2.0, 1.0]])
        assert lens_values("zeros", vectors).tolist() == [0.5, 1.0, 0.0]
        assert "zeros" in lens_menu()
        assert lens_of_one("zeros", vectors)(vectors[:1]).tolist() == [0.5]
        with pytest.raises(UnknownName, match="knn:<k>, distance:<row> or zeros"):
            lens_values("ones", vectors)

    def test_a_lens_that_is_called_like_one_of_ours_is_disregarded(self, caplog):
        assert lens_values("l2", np.array([[3.0, 4.0], [0.0, 1.0]])).tolist() == [5.0, 1.0]
        assert "'l2' of somebody_else:lens is disregarded" in caplog.text

    def test_a_cover(self):
        assert named_cover("doubled", 4, 0.25) == UniformCover(8, 0.25)

    def test_a_menu_leaves_out_what_cannot_be_loaded_and_says_so(self, caplog):
        (cover,) = (knob for knob in KNOBS if knob.name == "cover")
        offered = [choice.value for choice in cover.choices]
        assert "doubled" in offered
        assert "broken" not in offered
        assert caplog.text.count("'broken' of topoact.covers must be a CoverKind") == 1
        assert "broken" not in {choice.value for choice in cover.choices}
        assert caplog.text.count("'broken' of topoact.covers must be a CoverKind") == 1
        with pytest.raises(InvalidInput, match=r"'broken' of topoact.covers must be a CoverKind"):
            named_cover("broken", 4, 0.25)

    def test_an_entry_of_another_class_is_refused(self):
        with pytest.raises(InvalidInput, match=r"'broken' of topoact.covers must be a CoverKind: got a int"):
            named_cover("broken", 4, 0.25)

    def test_a_clusterer(self, digits_path):
        settings = MapSettings(clusterer="linkage", n_intervals=4, min_samples=3)
        assert settings.used.keys() & {"k", "prominence", "eps", "min_samples"} == {"min_samples"}
        assert clusterers_with("min_samples") == ["dbscan", "linkage"]
        graph = open_workbench(digits_path).map("rows", settings)
        assert graph.n_nodes > 0
        assert graph.prominence is None

    def test_graphs_of_another_version_are_not_returned(self, tmp_path):
        settings = MapSettings(lens="zeros", cover="doubled", clusterer="linkage")
        assert settings.releases == dict.fromkeys(("lens", "cover", "clusterer"), "somebody-else 1.0")
        assert MapSettings().releases == {}
        keys = {MapSettings(**{name: getattr(settings, name)}).key("layer") for name in settings.releases}
        facts = tmp_path / "somebody_else-1.0.dist-info" / "METADATA"
        facts.write_text(facts.read_text().replace("Version: 1.0", "Version: 1.1"))
        for registry in REGISTRIES:
            registry._is_searched, registry._entries = False, dict(registry._entries)
            for name in ("zeros", "doubled", "linkage"):
                registry._entries.pop(name, None)
        assert keys.isdisjoint(
            MapSettings(**{name: getattr(settings, name)}).key("layer") for name in settings.releases
        )

    def test_a_network(self):
        network = load_network("stub:deep")
        assert network.record["spec"] == "stub:deep"

    def test_an_entry_that_cannot_be_loaded_is_named(self):
        with pytest.raises(InvalidInput, match=r"somebody_else:gone, .* as 'missing' of topoact\.networks"):
            load_network("missing:deep")

    def test_inputs(self):
        source = open_source("rows:anything")
        assert len(source) == 3
        assert source.record == {"kind": "rows", "spec": "rows:anything", "n": 3}


class TestByHand:
    @pytest.fixture
    def registry(self):
        return Registry("topoact.covers", CoverKind, {"ours": CoverKind(UniformCover, "ours")})

    def test_an_entry_is_added_and_taken_out(self, registry):
        kind = CoverKind(lambda n, p: UniformCover(n + 1, p), "one more")
        registry.register("more", kind)
        assert registry["more"] is kind
        assert list(registry) == ["ours", "more"]
        registry.unregister("more")
        assert len(registry) == 1

    def test_a_name_that_is_taken(self, registry):
        with pytest.raises(InvalidInput, match="has an entry 'ours' already: choose another name"):
            registry.register("ours", CoverKind(UniformCover, "theirs"))

    def test_an_entry_of_another_class(self, registry):
        with pytest.raises(InvalidInput, match=r"'more' of topoact.covers must be a CoverKind: got a type"):
            registry.register("more", UniformCover)

    def test_an_unknown_name(self, registry):
        with pytest.raises(KeyError):
            registry["theirs"]
