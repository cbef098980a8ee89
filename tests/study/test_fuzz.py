"""Five hundred mutations of small studies: each gives the answer of before, or a sentence; nothing else happens.

Several are made at once, so that it takes seconds; ``python -m benchmarks.fuzz_studies`` makes them one by one.
"""

from collections import Counter
from typing import Any

import pytest
from benchmarks.fuzz_studies import BAD, fuzz

N_UNDAMAGED, N_STUDIES, AT_ONCE = 3, 63, 8


@pytest.fixture(scope="module")
def results() -> list[dict[str, Any]]:
    """What became of each study, first of those that nobody damaged, in one process."""
    return fuzz(N_UNDAMAGED + N_STUDIES, -N_UNDAMAGED, at_once=AT_ONCE)


def test_damaged_studies_are_refused_in_a_sentence_or_give_the_same_answer(results: list[dict[str, Any]]) -> None:
    assert [found for found in results if found["outcome"] in BAD] == []
    damaged = results[N_UNDAMAGED:]
    outcomes = Counter(found["outcome"] for found in damaged)
    assert sum(outcomes.values()) == N_STUDIES
    assert all(found["what"].count("; ") == AT_ONCE - 1 for found in damaged)
    assert outcomes["a sentence"] > N_STUDIES // 4


def test_the_undamaged_studies_give_the_same_answer(results: list[dict[str, Any]]) -> None:
    undamaged = results[:N_UNDAMAGED]
    assert len({found["study"] for found in undamaged}) == N_UNDAMAGED
    assert [(found["what"], found["outcome"]) for found in undamaged] == [("", "the same")] * N_UNDAMAGED
