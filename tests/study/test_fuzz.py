"""Five hundred mutations of small studies: each gives the answer of before, or a sentence; nothing else happens.

Several are made at once, so that it takes seconds; ``python -m benchmarks.fuzz_studies`` makes them one by one.
"""

from collections import Counter

from benchmarks.fuzz_studies import BAD, fuzz

N_STUDIES, AT_ONCE = 63, 8


def test_damaged_studies_are_refused_in_a_sentence_or_give_the_same_answer() -> None:
    results = fuzz(N_STUDIES, at_once=AT_ONCE)
    assert [found for found in results if found["outcome"] in BAD] == []
    outcomes = Counter(found["outcome"] for found in results)
    assert sum(outcomes.values()) == N_STUDIES
    assert outcomes["a sentence"] > N_STUDIES // 4


def test_the_undamaged_studies_give_the_same_answer() -> None:
    results = fuzz(3, at_once=0)
    assert {found["outcome"] for found in results} == {"the same"}
