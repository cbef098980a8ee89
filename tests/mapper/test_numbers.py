"""Values that would change when they become floating-point numbers are refused, wherever they come in."""

from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from topoact import BallMapper, Mapper
from topoact.analysis.location.locate import Locator
from topoact.errors import InvalidInput
from topoact.mapper import DistanceTo, NeighborIndex, k_nearest, lens_values
from topoact.mapper.numbers import check_numbers

torch = pytest.importorskip("torch")
CLOUD = np.random.default_rng(0).normal(size=(20, 3))
MASKED = np.ma.masked_array(CLOUD, mask=CLOUD > 1.2)
DAYS = np.arange("2024-01-01", "2024-03-01", dtype="M8[D]").reshape(20, 3)
LARGE = np.full((20, 3), 2**63 + 1, np.uint64)


def frame(column):
    return pd.DataFrame({"a": column, "b": np.arange(float(len(column)))})


REFUSED = [
    pytest.param(MASKED, r"\d of 20 rows are masked: leave them out, or fill them", id="masked"),
    pytest.param(DAYS, r"holds dates \(datetime64\[D\]\): give numbers", id="dates"),
    pytest.param(DAYS - DAYS[0, 0], r"holds durations \(timedelta64\[D\]\)", id="durations"),
    pytest.param(LARGE, "holds 9223372036854775809, which a floating-point number cannot hold", id="uint64"),
    pytest.param(-(LARGE // 2).astype(np.int64) + 1, "holds -46.*, which a floating", id="int64"),
    pytest.param(CLOUD.astype(str), "holds texts such as", id="texts"),
    pytest.param(CLOUD.astype("S"), "holds texts such as", id="bytes"),
    pytest.param(CLOUD.astype(object) + 1j, "an object of type complex in row 0", id="objects"),
    pytest.param([[1, None], [2, 3]] * 3, r"misses a value in row 0 \(None\)", id="None"),
    pytest.param([[1, 2**60 + 1], [2, 3]] * 3, "holds 1152921504606846977", id="list"),
    pytest.param([[1, 2**2000], [2, 3]] * 3, "cannot hold exactly", id="huge"),
    pytest.param([[1, 2], [3]] * 3, "inhomogeneous", id="ragged"),
    pytest.param(np.zeros((20, 3), [("a", "f4")]), "holds records", id="records"),
    pytest.param(CLOUD * 1j, "Complex data not supported", id="complex"),
    pytest.param(sparse.csr_array(CLOUD), "[Ss]parse", id="sparse"),
    pytest.param(torch.ones(20, 3, requires_grad=True), "cannot become an array", id="gradients"),
    pytest.param(torch.ones(20, 3, dtype=torch.bfloat16), "cannot become an array", id="bfloat16"),
    pytest.param(frame(pd.to_datetime(["2024-01-01"] * 9)), "column 'a' of X holds dates", id="frame of dates"),
    pytest.param(frame(["1"] * 9), "column 'a' of X holds an object of type str in row 0", id="frame of texts"),
    pytest.param(frame(pd.Categorical(["x"] * 9)), "column 'a' of X", id="frame of categories"),
    pytest.param(frame([1, pd.NA] * 5), "column 'a' of X misses a value in row 1", id="frame of objects"),
    pytest.param(frame(pd.array([1, None] * 5, "Int64")), "5 of 10 rows hold NaN", id="nullable"),
    pytest.param(frame(pd.array([2**60 + 1, None] * 5, "Int64")), "column 'a' of X holds 11529", id="nullable, large"),
]


@pytest.mark.parametrize(("values", "sentence"), REFUSED)
def test_points_are_refused(values, sentence):
    with pytest.raises(InvalidInput, match=sentence) as caught:
        Mapper().fit(values)
    assert "\n" not in str(caught.value)
    for use in (BallMapper(1.0).fit, lambda X: NeighborIndex(X, lens="l2"), lambda X: k_nearest(X, k=1)):
        with pytest.raises(InvalidInput):
            use(values)


@pytest.mark.parametrize(
    "values",
    [
        np.ma.masked_array(CLOUD),
        CLOUD.astype(object),
        CLOUD > 0,
        CLOUD.astype(np.float16),
        CLOUD.astype(">f4"),
        (CLOUD * 1000).astype(np.int64),
        np.array([[0, 2**53], [1, 2**54]] * 10),
        [[Decimal("0.5"), 1], [2, True]] * 10,
        torch.tensor(CLOUD),
        frame(pd.array([1, 2] * 10, "Int64")),
        frame([True, False] * 10),
    ],
    ids=lambda values: type(values).__name__,
)
def test_numbers_are_taken(values):
    check_numbers("X", values)
    assert NeighborIndex(values, lens="l2").vectors.dtype.kind == "f"


@pytest.mark.parametrize(
    ("lens", "sentence"),
    [
        (MASKED[:, 0], "the lens: .* rows are masked"),
        (DAYS[:, 0], "a lens gives numbers: got values of type datetime64"),
        (DAYS[:, 0] - DAYS[0, 0], "the lens holds durations"),
        (LARGE[:, 0], "the lens holds 9223372036854775809"),
        (lambda vectors: np.ma.masked_less(vectors[:, 0], 0), "the lens: .* rows are masked"),
        (pd.Series([pd.NA, 1] * 10), "a lens gives numbers: got values of type object"),
        (pd.Series(pd.array([None, 1] * 10, "Int64")), "a lens is finite: 10 of 20"),
    ],
)
def test_lenses_are_refused(lens, sentence):
    with pytest.raises(InvalidInput, match=sentence):
        lens_values(lens, CLOUD)


def test_other_values_are_refused():
    with pytest.raises(InvalidInput, match=r"the point: .* masked"):
        DistanceTo(np.ma.masked_array([1.0, 2.0], mask=[0, 1]))
    with pytest.raises(InvalidInput, match=r"queries: .* masked"):
        k_nearest(CLOUD, k=1, queries=np.ma.masked_array([1, 2], mask=[0, 1]))
    graph = Mapper(n_intervals=2).fit(CLOUD).graph_
    with pytest.raises(InvalidInput, match="vectors to locate: 1 of 1 rows are masked"):
        Locator(CLOUD, graph).locate(np.ma.masked_array(CLOUD[:1], mask=[[1, 0, 0]]))
