"""An index that was kept gives the same graphs; arrays that do not fit are refused."""

import numpy as np
import pytest
from test_neighbor_index import lattice, nodes_of

from topoact import NeighborIndex
from topoact.errors import InvalidInput

RADII = [0.5, 1.0, 1.25]


def kept_and_opened(index, folder):
    """Return the arrays of an index as read-only memory maps."""
    for name, array in index.arrays().items():
        np.save(folder / f"{name}.npy", array, allow_pickle=False)
    return {file.stem: np.load(file, mmap_mode="r", allow_pickle=False) for file in folder.glob("*.npy")}


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
@pytest.mark.parametrize("eps", [1.0, RADII], ids=["one", "ladder"])
@pytest.mark.parametrize("zeros", [0.0, 0.9], ids=["dense", "sparse"])
def test_restored(zeros, eps, metric, tmp_path):
    cloud = lattice(700, 6, zeros)
    index = NeighborIndex(cloud, "l1", eps, 0.4, metric=metric)
    restored = NeighborIndex.restore(cloud, "l1", kept_and_opened(index, tmp_path), n_jobs=1)
    assert (restored.radii, restored.metric, restored.max_interval) == (index.radii, metric, 0.4)
    for radius in index.radii:
        for n_intervals, overlap, min_samples in [(7, 0.3, 3), (12, 0.5, 1)]:
            first, second = (one.graph(n_intervals, overlap, min_samples, eps=radius) for one in (index, restored))
            assert nodes_of(first) == nodes_of(second)
            assert first.means.tolist() == second.means.tolist()
            assert first.medoids.tolist() == second.medoids.tolist()
    assert restored.nearest(3).rows.tolist() == index.nearest(3).rows.tolist()
    again = restored.arrays()
    assert all(np.array_equal(array, again[name]) for name, array in index.arrays().items())


def test_no_objects():
    arrays = NeighborIndex(lattice(100, 3, 0.0), eps=RADII, max_interval=1.0).arrays()
    assert all(type(array) is np.ndarray and array.dtype.kind in "uif" for array in arrays.values())


def test_vectors_from_a_read_only_map(tmp_path):
    np.save(tmp_path / "cloud.npy", lattice(300, 5, 0.0))
    cloud = np.load(tmp_path / "cloud.npy", mmap_mode="r")
    index = NeighborIndex(cloud, "l1", 1.0, 1.0)
    restored = NeighborIndex.restore(cloud, "l1", index.arrays())
    assert nodes_of(restored.graph(3, 0.3)) == nodes_of(index.graph(3, 0.3))


class TestRefusals:
    CLOUD = lattice(300, 5, 0.0)

    @pytest.fixture
    def arrays(self):
        return NeighborIndex(self.CLOUD, "l1", 1.0, 0.5).arrays()

    def refused(self, arrays, cloud=None, lens="l1"):
        with pytest.raises(InvalidInput) as caught:
            NeighborIndex.restore(self.CLOUD if cloud is None else cloud, lens, arrays)
        assert "\n" not in str(caught.value)
        return str(caught.value)

    @pytest.mark.parametrize("change", ["value", "row", "rows", "columns", "dtype", "fewer"])
    def test_other_vectors(self, arrays, change):
        cloud = self.CLOUD.copy()
        if change == "value":
            cloud[7, 2] += 0.25
        elif change == "row":
            cloud[7] = 0
        elif change == "rows":
            cloud[[0, 299]] = cloud[[299, 0]]
        elif change == "columns":
            cloud = np.ascontiguousarray(cloud[:, ::-1])
        cloud = cloud.astype(np.float64) if change == "dtype" else cloud[:-1] if change == "fewer" else cloud
        assert self.refused(arrays, cloud).startswith("this neighbour index was made of other vectors")

    def test_another_lens(self, arrays):
        assert self.refused(arrays, lens="max").startswith("this neighbour index was made with another lens")

    @pytest.mark.parametrize(
        "name", ["format", "fingerprint", "radii", "max_interval", "order", "upper", "words", "facts"]
    )
    def test_missing_or_cut(self, arrays, name):
        whole = arrays.pop(name)
        assert f"the array '{name}' of this neighbour index is missing" in self.refused(arrays)
        kind = np.float32 if whole.dtype.kind != "f" else np.int64
        assert f"'{name}' of this neighbour index does not fit" in self.refused({**arrays, name: whole.astype(kind)})
        if name != "radii":
            assert f"'{name}' of this neighbour index does not fit" in self.refused({**arrays, name: whole[:-1]})

    @pytest.mark.parametrize(
        ("name", "place", "value"),
        [
            ("format", 0, 2),
            ("format", 1, 5),
            ("radii", 0, -1.0),
            ("radii", 0, np.nan),
            ("max_interval", 0, np.nan),
            ("order", 3, 299),
            ("order", 3, -5),
            ("upper", 0, 0),
            ("upper", 1, 99),
            ("facts", (9, 0), 0),
            ("facts", (9, 1), -3),
            ("facts", (9, 2), 10**6),
        ],
    )
    def test_damaged(self, arrays, name, place, value):
        damaged = arrays[name].copy()
        damaged[place] = value
        self.refused({**arrays, name: damaged})
