"""Activation images of a study: made once, batch by batch, whatever stops the work."""

import io
import os
import queue
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from topoact.errors import Cancelled, InvalidInput, StudyError, UnknownName
from topoact.interpret.inversion import Recipe
from topoact.interpret.inversion.run import FIRST_PREVIEW
from topoact.interpret.study_network import NetworkChoice
from topoact.testing.networks import CODE, NAMES
from topoact.testing.studies import write_digits_study, write_text_study
from topoact.testing.workers import WorkerThread
from topoact.workbench import open_workbench
from topoact.workbench.images import activation_images
from topoact.workbench.images.activation_images import ActivationImages
from topoact.workbench.images.targets import ChannelTarget, NodesTarget, PointTarget
from topoact.workbench.jobs.runner import JobRunner
from topoact.workbench.jobs.tasks import InvertTask

PATIENCE = 120
"""Seconds after which something that should happen counts as not happening; no test waits for it to pass."""
LAYER = "3@mean"
QUICK = Recipe(steps=20, attempts=1)
ONE_BY_ONE = Recipe(steps=6, attempts=1, size=384)
"""So large that a batch is one image."""


@pytest.fixture
def path(network_path, tmp_path):
    shutil.copytree(network_path, tmp_path / "study")
    shutil.rmtree(tmp_path / "study" / "inversions", ignore_errors=True)
    return tmp_path / "study"


@pytest.fixture
def bench(path):
    return open_workbench(path, NetworkChoice())


def graph_of(bench, layer=LAYER):
    """Return the name of the usual graph of a layer, and the graph."""
    graph = bench.map(layer, bench.default_settings)
    return bench.drawn_name(layer, bench.default_settings, None).graph, graph


def every(graph):
    return [NodesTarget((node,)) for node in range(graph.n_nodes)]


def make(bench, targets, recipe=QUICK, progress=lambda *_: None):
    return ActivationImages(bench).make(LAYER, graph_of(bench)[0], targets, recipe, progress)


def typical(vectors):
    """Return the mean of some vectors at their mean length."""
    mean = vectors.mean(0)
    return mean * np.linalg.norm(vectors, axis=1).mean() / np.linalg.norm(mean)


def stored(bench):
    """Return the bytes of all files of images, and when they were written."""
    files = sorted(ActivationImages(bench).store.root.rglob("*.*"))
    return {file.name: (file.read_bytes(), file.stat().st_mtime_ns) for file in files}


class TestMade:
    def test_what_is_known_of_an_image(self, bench):
        name, graph = graph_of(bench)
        targets = [NodesTarget((1,)), NodesTarget((0, 1)), PointTarget(4), NodesTarget((0,), (1,)), ChannelTarget(2)]
        images = make(bench, targets)
        assert [image.digest for image in images] == list(ActivationImages(bench).names(LAYER, name, targets, QUICK))
        vectors = bench.study.layer(LAYER).vectors()
        rows = np.union1d(graph.members(0), graph.members(1))
        wanted = [
            typical(vectors[graph.members(1)]),
            typical(vectors[rows]),
            vectors[4],
            graph.means[0] - graph.means[1],
            np.eye(6)[2],
        ]
        for (_, found), vector in zip(images, wanted, strict=True):
            reached = np.array(found.reached)
            norms = np.linalg.norm(reached), np.linalg.norm(vector)
            assert found.cosine == pytest.approx(reached @ vector / norms[0] / norms[1], abs=1e-5)
            assert found.length is None or found.length == pytest.approx(norms[0] / norms[1], rel=1e-5)
            assert (found.layer, found.graph, found.steps, found.size) == (LAYER, name, 20, (16, 16))
            assert {seen.name for seen in found.predictions} == set(NAMES)
            assert sum(seen.share for seen in found.predictions) == pytest.approx(1, abs=1e-5)
            assert found.network == bench.study.manifest.config["model"]["digest"]
        assert [found.length is None for _, found in images] == [False, False, False, True, True]
        assert [found.lands is None for _, found in images] == [False, False, False, True, True]
        assert images[0].inversion.cosine > 0.9

    def test_no_pixel_is_what_no_image_of_the_study_shows(self, bench):
        study = bench.study
        files = [study.thumbnail(row)[0] for row in range(study.n_examples)]
        shown = np.stack([np.asarray(Image.open(io.BytesIO(file)).convert("RGB").resize((16, 16))) for file in files])
        (image,) = make(bench, [NodesTarget((0,))])
        made = np.asarray(Image.open(ActivationImages(bench).store.path(image.digest)).convert("RGB")).astype(float)
        least, most = shown.min(0).astype(float), shown.max(0).astype(float)
        room = 2 * (most - least) / len(shown) + 1
        assert len(shown) >= 32
        assert most.min() < 250
        assert (made <= most + room).all()
        assert (made >= least - room).all()

    def test_a_damaged_thumbnail_is_told(self, bench, monkeypatch):
        monkeypatch.setattr(type(bench.study), "thumbnail", lambda *_: (b"no image", "image/png"))
        with pytest.raises(StudyError, match="thumbnails cannot be used: cannot identify image file"):
            make(bench, [NodesTarget((0,))])
        assert not stored(bench)

    def test_only_the_direction_of_a_difference_is_aimed_at(self, bench):
        to_the_point = replace(QUICK, objective="point")
        node, difference = make(bench, [NodesTarget((1,)), NodesTarget((0,), (1,))], to_the_point)
        assert (node.inversion.recipe["aim"], difference.inversion.recipe["aim"]) == ("point", "direction")

    def test_twice_the_same_bytes_under_the_same_names(self, bench, network_path, tmp_path):
        other = open_workbench(shutil.copytree(network_path, tmp_path / "other"), NetworkChoice())
        targets = [NodesTarget((0,)), NodesTarget((1,)), ChannelTarget(1)]
        for one in (bench, other):
            shutil.rmtree(ActivationImages(one).store.root, ignore_errors=True)
            make(one, targets)
        first, second = ({name: content for name, (content, _) in stored(one).items()} for one in (bench, other))
        assert len(first) == 6
        assert first == second

    def test_other_parameters_have_other_names(self, bench):
        name, _ = graph_of(bench)
        recipes = [QUICK, replace(QUICK, seed=1), replace(QUICK, steps=21), replace(QUICK, parametrization="pixels")]
        names = {ActivationImages(bench).names(LAYER, name, [NodesTarget((0,))], recipe) for recipe in recipes}
        other = graph_of(bench, "3@random")[0]
        names.add(ActivationImages(bench).names("3@random", other, [PointTarget(0)], QUICK))
        names.add(ActivationImages(bench).names(LAYER, name, [PointTarget(0)], QUICK))
        assert len(names) == 6

    def test_an_image_asked_for_twice_is_made_once(self, bench):
        images = make(bench, [NodesTarget((0,)), NodesTarget((0,))])
        assert images[0] == images[1]
        assert len(stored(bench)) == 2


class TestKept:
    def test_what_is_there_is_not_made_again(self, bench):
        make(bench, [NodesTarget((0,)), NodesTarget((1,))])
        before, told = stored(bench), []
        make(bench, [NodesTarget((1,)), NodesTarget((2,)), NodesTarget((0,))], progress=lambda *said: told.append(said))
        after = stored(bench)
        assert {name: after[name] for name in before} == before
        assert len(after) == len(before) + 2
        assert told[-1][2] == QUICK.steps
        shutil.rmtree(bench.study.path / "activations.zarr")
        assert make(bench, [NodesTarget((0,))]) != []

    def test_a_damaged_file_is_made_again(self, bench):
        ((name, found),) = make(bench, [NodesTarget((0,))])
        picture = ActivationImages(bench).store.path(name)
        content = picture.read_bytes()
        picture.write_bytes(content[:-9])
        assert make(bench, [NodesTarget((0,))]) == [(name, found)]
        assert picture.read_bytes() == content

    def test_images_of_nodes_are_found_in_every_graph_that_has_them(self, bench):
        name, graph = graph_of(bench)
        assert ActivationImages(bench).of_nodes(name) == {}
        images = make(bench, every(graph)[:3])
        assert ActivationImages(bench).of_nodes(name) == dict(enumerate(images))
        skeleton = replace(bench.default_settings, prominence=1.0)
        coarse = bench.map(LAYER, skeleton)
        found = ActivationImages(bench).of_nodes(bench.drawn_name(LAYER, skeleton, None).graph)
        same = {graph.members(node).tobytes(): image for node, image in enumerate(images)}
        members = {node: coarse.members(node).tobytes() for node in range(coarse.n_nodes)}
        assert found == {node: same[rows] for node, rows in members.items() if rows in same}
        assert found
        with pytest.raises(UnknownName, match="there is no graph 0123456789abcdef"):
            ActivationImages(bench).of_nodes("0123456789abcdef")

    def test_the_usual_recipe_counts_before_a_greater_cosine(self, bench):
        name, _ = graph_of(bench)
        recipes = [replace(QUICK, steps=steps) for steps in (1, 20)]
        (poor,), (better,) = (make(bench, [NodesTarget((0,))], recipe) for recipe in recipes)
        assert better.inversion.cosine > poor.inversion.cosine
        assert ActivationImages(bench).of_nodes(name)[0] == better
        images = ActivationImages(bench)
        images.recipe = recipes[0]
        assert images.of_nodes(name)[0] == poor


class TestStopped:
    def test_previews_while_it_runs_and_none_afterwards(self, bench):
        name, _ = graph_of(bench)
        (digest,) = ActivationImages(bench).names(LAYER, name, [NodesTarget((0,))], QUICK)
        seen = []
        make(bench, [NodesTarget((0,))], progress=lambda *_: seen.append(ActivationImages(bench).store.preview(digest)))
        assert seen[0] is None
        assert seen[-1] is not None
        assert (seen[-1].step, seen[-1].steps, seen[-1].size) == (FIRST_PREVIEW, 20, (16, 16))
        assert ActivationImages(bench).store.preview(digest) is None

    @pytest.mark.parametrize(
        ("error", "raised", "sentence"),
        [
            (Cancelled("stopped"), Cancelled, "stopped"),
            (KeyboardInterrupt(), Cancelled, "interrupted: 2 of 5 images are made, and kept"),
        ],
    )
    def test_what_is_finished_stays(self, bench, monkeypatch, error, raised, sentence):
        monkeypatch.setattr(activation_images, "MAX_BATCH_SIZE", 2)
        _, graph = graph_of(bench)
        targets = every(graph)[:5]

        def stop(_stage, done, total):
            assert total == 3 * QUICK.steps
            if done == QUICK.steps + FIRST_PREVIEW + 2:
                raise error

        with pytest.raises(raised, match=sentence):
            make(bench, targets, progress=stop)
        kept = stored(bench)
        assert len(kept) == 4
        images = make(bench, targets)
        assert len(images) == 5
        assert {name: stored(bench)[name] for name in kept} == kept

    def test_a_full_disk_is_told_and_leaves_no_previews(self, bench, monkeypatch):
        def full(*_, **__):
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("topoact.study.cache.inversions.write_json", full)
        with pytest.raises(StudyError, match=r"the disk is full: free some space"):
            make(bench, [NodesTarget((0,))])
        assert not [name for name in stored(bench) if "preview" in name or "json" in name]
        monkeypatch.undo()
        assert len(make(bench, [NodesTarget((0,))])) == 1


class Watched:
    """A job that makes the images of all nodes, one by one, and what is told of it."""

    def __init__(self, path):
        self.bench = open_workbench(path, NetworkChoice())
        self.graph, graph = graph_of(self.bench)
        self.targets = tuple(every(graph))
        self.names = ActivationImages(self.bench).names(LAYER, self.graph, self.targets, ONE_BY_ONE)
        self.runner, self.news = JobRunner(path, NetworkChoice(), make_worker=WorkerThread), queue.Queue()
        self.runner.watch(self.news.put)

    def start(self, *targets):
        layer, targets = self.bench.layers.index(LAYER), targets or self.targets
        names = ActivationImages(self.bench).names(LAYER, self.graph, targets, ONE_BY_ONE)
        return self.runner.submit(InvertTask(layer, self.graph, targets, ONE_BY_ONE, names))

    def until(self, condition):
        while not condition(status := self.news.get(timeout=PATIENCE)):
            pass
        return status

    def last(self, job):
        return self.until(lambda status: status.job == job and not status.live)

    def n_made(self):
        return sum(ActivationImages(self.bench).store.load(name) is not None for name in self.names)


@pytest.fixture(scope="module")
def runner(network_path, tmp_path_factory):
    watched = Watched(shutil.copytree(network_path, tmp_path_factory.mktemp("watched") / "study"))
    yield watched
    watched.runner.close()


@pytest.fixture
def watched(runner):
    """A runner, and no images yet."""
    shutil.rmtree(ActivationImages(runner.bench).store.root, ignore_errors=True)
    return runner


def test_a_cancelled_job_keeps_what_it_has_and_the_next_one_goes_on(watched):
    job = watched.start()
    assert watched.runner.live_tasks() != []
    watched.until(lambda status: watched.n_made() >= 2)
    assert watched.runner.cancel(job)
    assert watched.last(job).state == "cancelled"
    assert watched.runner.live_tasks() == []
    n_made, kept = watched.n_made(), stored(watched.bench)
    assert 2 <= n_made < len(watched.names)
    assert not [name for name in kept if "preview" in name]
    again = watched.start()
    assert watched.last(again).state == "done"
    assert watched.n_made() == len(watched.names)
    assert {name: stored(watched.bench)[name] for name in kept} == kept


def test_many_images_give_way_to_one_that_somebody_waits_for(watched):
    many = watched.start()
    watched.until(lambda status: status.job == many and status.done > 0)
    one = watched.start(PointTarget(0))
    told = []
    watched.until(lambda status: told.append((status.job, status.state)) or (status.job == many and not status.live))
    order = list(dict.fromkeys(told))
    assert told[-1] == (many, "done")
    assert order.index((one, "done")) < order.index((many, "done"))
    assert told.index((one, "running")) > told.index((many, "queued"))
    assert watched.n_made() == len(watched.names)


def test_what_cannot_be_stored_is_told(watched):
    root = ActivationImages(watched.bench).store.root
    root.write_text("in the way")
    failed = watched.last(watched.start())
    root.unlink()
    assert (failed.state, failed.kind) == ("failed", "invert")
    assert failed.error == f"{root / '3@mean'} could not be stored: Not a directory"


def test_a_killed_process_keeps_what_it_has(bench, path):
    name, graph = graph_of(bench)
    names = ActivationImages(bench).names(LAYER, name, every(graph), ONE_BY_ONE)
    command = [sys.executable, "-c", "from topoact.cli import main; main()", "invert", str(path)]
    options = ["--layer", LAYER, "--steps", "6", "--attempts", "1", "--size", "384"]
    with subprocess.Popen([*command, *options], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        deadline = time.monotonic() + PATIENCE
        while sum(ActivationImages(bench).store.load(one) is not None for one in names) < 2:
            assert process.poll() is None, process.stderr.read()
            assert time.monotonic() < deadline
            time.sleep(0.02)
        os.kill(process.pid, signal.SIGKILL)
    kept = {file: found for file, found in stored(bench).items() if "preview" not in file and "tmp" not in file}
    images = ActivationImages(bench).make(LAYER, name, every(graph), ONE_BY_ONE)
    assert [image.digest for image in images] == list(names)
    after = stored(bench)
    assert {file: after[file] for file in kept if file.replace("png", "json") in kept} == {
        file: found for file, found in kept.items() if file.replace("png", "json") in kept
    }
    assert len(after) == 2 * len(names)


class TestRefused:
    def test_a_study_of_texts(self, tmp_path):
        bench = open_workbench(write_text_study(tmp_path / "s", ["The cat sat."] * 9, of_words=False))
        with pytest.raises(InvalidInput, match="is of texts: activation images need a network that sees images"):
            ActivationImages(bench).check(0)

    def test_a_study_of_imported_vectors(self, tmp_path):
        bench = open_workbench(write_digits_study(tmp_path / "s", 20))
        with pytest.raises(InvalidInput, match="was imported: it names no network"):
            ActivationImages(bench).check("pixels")

    def test_a_layer_or_a_graph_that_is_not_there(self, bench):
        with pytest.raises(UnknownName, match="there is no layer '3': did you mean 1@random"):
            ActivationImages(bench).check("3")
        name, _ = graph_of(bench)
        with pytest.raises(UnknownName, match=f"no graph {name} of layer 3@random"):
            ActivationImages(bench).names("3@random", name, [NodesTarget((0,))])
        with pytest.raises(UnknownName, match="there is no graph 0123456789abcdef"):
            ActivationImages(bench).names(LAYER, "0123456789abcdef", [NodesTarget((0,))])

    def test_a_workbench_without_the_network(self, path):
        bench = open_workbench(path)
        with pytest.raises(InvalidInput, match="opened without its network"):
            make(bench, [NodesTarget((0,))])
        assert stored(bench) == {}

    def test_another_network(self, path, tmp_path):
        other = tmp_path / "other.py"
        other.write_text(CODE.replace("manual_seed(5)", "manual_seed(6)"))
        bench = open_workbench(path, NetworkChoice(f"{other}:network"))
        with pytest.raises(InvalidInput, match="is not the network of the study"):
            make(bench, [NodesTarget((0,))])
        assert not ActivationImages(bench).store.root.exists()

    def test_nodes_that_are_alike_have_no_difference(self, bench, monkeypatch):
        monkeypatch.setattr("topoact.workbench.images.batch.vector", lambda *_, **__: np.zeros(6, np.float32))
        with pytest.raises(InvalidInput, match="zero"):
            make(bench, [NodesTarget((0,), (1,))])
        assert not [file for file in stored(bench) if Path(file).suffix == ".png"]
