"""What a node stands for in words, against a count and a search by hand."""

import re
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import false_discovery_control, fisher_exact

from topoact.errors import InvalidInput, UnknownName
from topoact.testing.settings import dbscan
from topoact.testing.studies import write_digits_study, write_text_study
from topoact.workbench import MapSettings, Workbench, open_workbench
from topoact.workbench.nodes.node_keyterms import FALSE_DISCOVERY_RATE, N_NEAREST, node_keyterms
from topoact.workbench.nodes.node_words import MAX_WORDS, MIN_INSIDE, label_by_words

SENTENCES = [
    f"{who} {what} the {'oaoaoa' if i % 3 else 'eieiei'} lamp number {i}"
    for i in range(20)
    for who, what in (("Ann", "lit"), ("the Sailor", "saw"), ("THE sailor", "saw"))
]


@pytest.fixture(scope="module", params=["word", "text"])
def bench(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Workbench:
    path = tmp_path_factory.mktemp("texts") / "s"
    return open_workbench(write_text_study(path, SENTENCES, of_words=request.param == "word"))


SETTINGS = [MapSettings(n_intervals=4, prominence=0.15), MapSettings(n_intervals=3, prominence=0.15, metric="cosine")]


@pytest.mark.parametrize("settings", SETTINGS, ids=["Euclidean", "cosine"])
def test_counts_and_neighbours_are_those_made_by_hand(bench: Workbench, settings: MapSettings) -> None:
    layer = bench.study.layer(0)
    digest, graph = bench.key(layer, settings), bench.map(0, settings)
    kind = "word" if "word" in bench.study.examples else "text"
    texts = bench.study.examples[kind].tolist()
    held = [{text.lower()} if kind == "word" else set(re.findall(r"\w+", text.lower())) for text in texts]
    names = sorted(set().union(*held))
    for node in range(graph.n_nodes):
        members = set(graph.members(node).tolist())
        found = node_keyterms(bench, digest, node)
        assert (found.unit, found.metric, found.n_inside) == (kind, settings.metric, len(members))
        assert (found.n_texts, found.n_words, found.first) == (len(texts), len(names), None)
        p_values = []
        for name in names:
            a = sum(name in held[row] for row in members)
            total = sum(name in words for words in held)
            p_values.append(_fisher(a, len(members) - a, total - a, len(texts) - len(members) - total + a))
        q = dict(zip(names, false_discovery_control(p_values), strict=True))
        assert found.n_key_terms == sum(value <= FALSE_DISCOVERY_RATE for value in q.values())
        for word in found.words:
            assert word.q == pytest.approx(q[word.word], rel=1e-6)
            assert word.inside == sum(word.word in held[row] for row in members)
        _check_neighbours(bench, found, members, graph.means[node].astype(float))


@cache
def _fisher(a: int, b: int, c: int, d: int) -> float:
    return fisher_exact([[a, b], [c, d]], alternative="greater").pvalue


def _check_neighbours(bench: Workbench, found, members: set[int], mean: np.ndarray) -> None:
    vectors = bench.study.layer(0).vectors().astype(float)
    said = [text.lower() if found.unit == "word" else text for text in bench.study.examples[found.unit]]
    if found.metric == "euclidean":
        distance = np.linalg.norm(vectors - mean, axis=1)
    else:
        distance = 1 - vectors @ mean / np.linalg.norm(vectors, axis=1) / np.linalg.norm(mean)
    nearest = {}
    for row in np.argsort(distance, kind="stable").tolist():
        nearest.setdefault(said[row], row)
    expected = list(nearest.values())[:N_NEAREST]
    assert [text.example for text in found.nearest] == expected
    np.testing.assert_allclose([text.distance for text in found.nearest], distance[expected], rtol=1e-5)
    for text in found.nearest:
        assert text.is_member == (text.example in members)
        assert text.total == said.count(said[text.example])
        assert text.inside == sum(said[row] == said[text.example] for row in members)


def test_no_more_words_than_the_network_read(tmp_path: Path) -> None:
    bench = open_workbench(write_text_study(tmp_path / "s", SENTENCES, of_words=False))
    bench.study.manifest.config["preprocessing"] = {"max_tokens": 2}
    bench.map(0, bench.default_settings)
    found = node_keyterms(bench, bench.key(bench.study.layer(0), bench.default_settings), 0)
    assert (found.first, found.n_words) == (2, 4)


def test_what_has_no_words_is_refused(bench: Workbench, tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match="there is no graph 0123456789abcdef"):
        node_keyterms(bench, "0123456789abcdef", 0)
    bench.map(0, SETTINGS[0])
    with pytest.raises(InvalidInput, match="node 999 does not exist"):
        node_keyterms(bench, bench.key(bench.study.layer(0), SETTINGS[0]), 999)
    digits = open_workbench(write_digits_study(tmp_path / "digits", 60))
    settings = dbscan(n_intervals=3, eps=30.0)
    digits.map(0, settings)
    with pytest.raises(InvalidInput, match="is not of texts: its nodes have no equivalents in words"):
        node_keyterms(digits, digits.key(digits.study.layer(0), settings), 0)


@pytest.mark.parametrize("settings", SETTINGS, ids=["Euclidean", "cosine"])
def test_labels_are_the_surest_key_terms(bench: Workbench, settings: MapSettings) -> None:
    digest, graph = bench.key(bench.study.layer(0), settings), bench.map(0, settings)
    found = label_by_words(bench, digest)
    assert len(set(found.nodes)) == len(found.nodes)
    for node in range(graph.n_nodes):
        terms = node_keyterms(bench, digest, node).words
        level = FALSE_DISCOVERY_RATE / graph.n_nodes
        expected = [term for term in terms if term.q <= level and term.inside >= MIN_INSIDE][:MAX_WORDS]
        (at,) = np.flatnonzero(np.array(found.nodes) == node) if expected else (None,)
        assert (at is None) == (node not in found.nodes)
        if at is not None:
            assert found.texts[at] == " · ".join(term.word for term in expected)
            assert found.lifts[at] == pytest.approx(expected[0].inside / expected[0].expected)


def test_words_of_no_node_are_no_labels(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    texts = [" ".join(rng.choice(list("abcdefghij"), 4)) for _ in range(60)]
    bench = open_workbench(write_text_study(tmp_path / "s", texts, of_words=False))
    graph = bench.map(0, SETTINGS[0])
    assert len(label_by_words(bench, bench.key(bench.study.layer(0), SETTINGS[0])).nodes) <= 2
    assert graph.n_nodes > 2


def test_labels_need_texts(tmp_path: Path) -> None:
    bench = open_workbench(write_digits_study(tmp_path / "s", n_examples=60))
    bench.map(0, SETTINGS[0])
    with pytest.raises(InvalidInput, match="is not of texts"):
        label_by_words(bench, bench.key(bench.study.layer(0), SETTINGS[0]))
