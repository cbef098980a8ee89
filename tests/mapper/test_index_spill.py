"""Bits that do not fit into memory go to a file that nobody sees; a disk that is full is refused."""

import errno
import os
import shutil
import subprocess
import sys
from collections import namedtuple
from pathlib import Path

import numpy as np
import pytest
from test_neighbor_index import lattice, nodes_of

from topoact import NeighborIndex
from topoact.errors import InvalidInput
from topoact.mapper import TooLarge
from topoact.mapper.neighbors.memory import tile_bytes

CLOUD = lattice(3000, 5, 0.0)
ENOUGH = tile_bytes(CLOUD, sparse=False)
"""Memory for all but the bits."""
Usage = namedtuple("Usage", "total used free")


@pytest.mark.parametrize("reserve", ["posix_fallocate", "zeros"])
@pytest.mark.parametrize("eps", [1.0, [0.5, 1.0, 1.25]], ids=["one", "ladder"])
def test_the_same_graphs(eps, reserve, tmp_path, monkeypatch):
    if reserve == "zeros":
        monkeypatch.delattr(os, "posix_fallocate", raising=False)
    spilled = NeighborIndex(CLOUD, "l1", eps, 0.5, memory_limit=ENOUGH, spill=tmp_path)
    held = NeighborIndex(CLOUD, "l1", eps, 0.5)
    assert (spilled.spilled, held.spilled) == (True, False)
    assert list(tmp_path.iterdir()) == []
    for radius in held.radii:
        assert nodes_of(spilled.graph(6, 0.4, eps=radius)) == nodes_of(held.graph(6, 0.4, eps=radius))
    restored = NeighborIndex.restore(CLOUD, "l1", spilled.arrays())
    assert nodes_of(restored.graph(6, 0.4, eps=held.radii[0])) == nodes_of(held.graph(6, 0.4, eps=held.radii[0]))


def test_memory_is_used_where_it_is_enough(tmp_path):
    assert not NeighborIndex(CLOUD, "l1", 1.0, 0.5, spill=tmp_path).spilled


def test_nothing_is_left_of_a_killed_process(tmp_path):
    script = (
        "import os, sys; sys.path.insert(0, sys.argv[2]); from test_index_spill import *; "
        "index = NeighborIndex(CLOUD, 'l1', 1.0, 0.5, memory_limit=ENOUGH, spill=sys.argv[1]); "
        "assert index.spilled; os.kill(os.getpid(), 9)"
    )
    command = [sys.executable, "-c", script, str(tmp_path), str(Path(__file__).parent)]
    assert subprocess.run(command, check=False).returncode == -9
    assert list(tmp_path.iterdir()) == []


class TestRefusals:
    def refused(self, **arguments):
        with pytest.raises(InvalidInput) as caught:
            NeighborIndex(CLOUD, "l1", 1.0, 0.5, **{"memory_limit": ENOUGH, **arguments})
        assert "\n" not in str(caught.value)
        return caught

    def test_a_full_disk(self, tmp_path, monkeypatch):
        monkeypatch.setattr(shutil, "disk_usage", lambda folder: Usage(10**9, 10**9 - 2**19, 2**19))
        caught = self.refused(spill=tmp_path)
        assert caught.type is TooLarge
        assert f"on disk and {tmp_path} has 0.5 MiB free: make room there" in str(caught.value)

    def test_a_disk_that_is_full_in_spite_of_what_it_says(self, tmp_path, monkeypatch):
        def full(file, start, length):
            raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr(os, "posix_fallocate", full, raising=False)
        assert "(No space left on device): make room there" in str(self.refused(spill=tmp_path).value)
        assert list(tmp_path.iterdir()) == []

    def test_no_folder(self, tmp_path):
        words = "spill must be a folder that can be written to"
        assert words in str(self.refused(spill=tmp_path / "nowhere").value)

    def test_the_sentence_names_the_remedy(self):
        assert "let spill name a folder for a temporary file, ask for" in str(self.refused().value)

    def test_too_little_memory_for_all_else(self, tmp_path):
        assert "spill" not in str(self.refused(memory_limit=ENOUGH - 1).value)
        assert "spill" not in str(self.refused(memory_limit=ENOUGH - 1, spill=tmp_path).value)

    def test_nothing_is_allocated_before(self, tmp_path, monkeypatch):
        def allocated(*_arguments, **_keywords):
            raise AssertionError("nothing may be allocated before the refusal")

        monkeypatch.setattr("topoact.mapper.neighbors._kernels.tiles.cut", allocated)
        monkeypatch.setattr(np, "frombuffer", allocated)
        monkeypatch.setattr(shutil, "disk_usage", lambda folder: Usage(0, 0, 0))
        self.refused(spill=tmp_path)
