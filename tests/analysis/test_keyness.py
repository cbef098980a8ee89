"""Over-represented words against a slow count, and against scipy's tests."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import false_discovery_control, fisher_exact

from topoact.analysis.labels.keyness import representation, single_words, vocabulary
from topoact.errors import InvalidInput

TEXTS = (
    "The cat's tail. THE CAT'S tail!",
    "A well-known dog, a dog's life",
    "",
    "Ünïcode, 日本 and 42 under_scores",
    "the dog and the cat",
)


def test_words_of_texts():
    found = vocabulary(TEXTS)
    assert list(found.words) == sorted(found.words)
    held = [{found.words[code] for code in found.held[[row]].indices} for row in range(len(TEXTS))]
    assert held == [
        {"the", "cat's", "tail"},
        {"a", "well-known", "dog", "dog's", "life"},
        set(),
        {"ünïcode", "日本", "and", "42", "under", "scores"},
        {"the", "dog", "and", "cat"},
    ]
    assert set(found.held.data.tolist()) == {1}


def test_only_the_first_words_are_looked_at():
    found = vocabulary(TEXTS, first=2)
    assert "tail" not in found.words
    assert {found.words[code] for code in found.held[[4]].indices} == {"the", "dog"}


def test_single_words_are_taken_as_they_are():
    found = single_words(["The", "the", "!", "under_scores", "the"])
    assert dict(zip(found.words, found.counts(np.array([0, 1, 3])), strict=True)) == {
        "!": 0,
        "the": 2,
        "under_scores": 1,
    }


def test_no_texts_have_no_words():
    for found in (vocabulary([]), single_words([]), vocabulary(["", "!"])):
        assert found.words == ()
        assert (
            len(representation(found.counts(np.array([], dtype=int)), found.counts(np.array([], dtype=int)), 0, 0).q)
            == 0
        )


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), n_texts=st.integers(1, 60), share=st.floats(0, 1), n_words=st.integers(1, 12))
def test_counts_and_tests_are_those_of_scipy(seed, n_texts, share, n_words):
    rng = np.random.default_rng(seed)
    held = rng.random((n_texts, n_words)) < rng.random(n_words) ** 2
    group = rng.random(n_texts) < share
    found = representation(held[group].sum(0), held.sum(0), int(group.sum()), n_texts)
    p_values = []
    for word in range(n_words):
        a, b = int(held[group, word].sum()), int((~held[group, word]).sum())
        c, d = int(held[~group, word].sum()), int((~held[~group, word]).sum())
        p_values.append(fisher_exact([[a, b], [c, d]], alternative="greater").pvalue)
        assert found.expected[word] == pytest.approx((a + c) * (a + b) / n_texts)
        assert found.log_odds[word] == pytest.approx(np.log((a + 0.5) * (d + 0.5) / ((b + 0.5) * (c + 0.5))))
    np.testing.assert_allclose(np.exp(found.log_p), p_values, rtol=1e-9)
    np.testing.assert_allclose(found.q, false_discovery_control(p_values), rtol=1e-9)


def test_large_tables_are_those_of_scipy():
    inside, total = np.array([0, 900, 40, 700, 3]), np.array([9000, 9000, 41, 9000, 60_000])
    found = representation(inside, total, 4_000, 180_000)
    for word, (a, held) in enumerate(zip(inside.tolist(), total.tolist(), strict=True)):
        table = [[a, 4_000 - a], [held - a, 176_000 - held + a]]
        expected = fisher_exact(table, alternative="greater").pvalue
        assert np.exp(found.log_p[word]) == pytest.approx(expected, rel=1e-7)
    assert found.log_p[1] < -700  # beyond what a float holds, and yet told from others
    assert np.isfinite(found.log_p).all()


def test_the_surest_words_come_first_and_no_others():
    words = ["planet"] * 30 + ["the"] * 400 + ["lamp"] * 20
    found = single_words(words)
    group = np.r_[0:25, 30:130, 430:434]
    shown = representation(found.counts(group), found.counts(np.arange(len(words))), len(group), len(words))
    assert [found.words[word] for word in shown.significant(0.05)] == ["planet"]
    assert shown.significant(1.0).tolist()[0] == found.words.index("planet")


def test_blind_groups_have_no_words():
    """The share of blind groups in which any word counts as over-represented is at most the level."""
    rng, words = np.random.default_rng(0), [f"w{int(code)}" for code in np.random.default_rng(1).zipf(1.6, 3000) % 500]
    found = single_words(words)
    total = found.counts(np.arange(len(words)))
    wrong = 0
    for _ in range(60):
        group = rng.choice(len(words), 200, replace=False)
        wrong += len(representation(found.counts(group), total, 200, len(words)).significant(0.05)) > 0
    assert wrong <= 6


def test_a_group_of_all_texts_tells_nothing():
    found = vocabulary(TEXTS)
    count = found.counts(np.arange(len(TEXTS)))
    everything = representation(count, count, len(TEXTS), len(TEXTS))
    assert (everything.log_p == 0).all()
    assert (everything.q == 1).all()
    assert everything.significant(0.05).size == 0


@pytest.mark.parametrize(
    ("inside", "total", "n_inside", "n_texts"),
    [([3], [2], 5, 9), ([6], [7], 5, 9), ([-1], [7], 5, 9), ([1], [9], 5, 9), ([1, 2], [3], 5, 9), ([1], [2], 10, 9)],
)
def test_counts_that_no_texts_have(inside, total, n_inside, n_texts):
    with pytest.raises(InvalidInput, match=r"words? (are|is) counted in"):
        representation(inside, total, n_inside, n_texts)
