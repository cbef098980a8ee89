"""Any column of the input, and what was measured of the points, colours, is counted and is looked up."""

import re
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from playwright.sync_api import expect

from .conftest import Explorer, opened, serve


@pytest.fixture(scope="module")
def examples(digits_path: Path) -> pd.DataFrame:
    """The digits' table with a rare gap, a truth value and a name for each example."""
    table = pd.read_parquet(digits_path / "examples.parquet")
    digit = pd.Categorical(table["label"]).codes
    table["hand"] = np.where(np.arange(len(table)) % 7 == 0, None, np.where(digit % 3 == 0, "left", "right"))
    table["correct"] = table["label"].astype(str) == table["prediction"].astype(str)
    table["name"] = [f"digit {row}" for row in range(len(table))]
    return table


@pytest.fixture(scope="module")
def columns_url(digits_path: Path, examples: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    study = tmp_path_factory.mktemp("served") / "columns"
    shutil.copytree(digits_path, study)
    examples.to_parquet(study / "examples.parquet")
    points = pd.read_parquet(study / "points" / "pixels.parquet")
    points["attribution"] = np.linspace(-1, 1, len(points), dtype=np.float32)
    points.to_parquet(study / "points" / "pixels.parquet")
    yield from serve(study)


@pytest.fixture(scope="module")
def _page(chromium: Any, complaints: list[str], columns_url: str) -> Iterator[Explorer]:
    yield from opened(chromium, complaints, columns_url)


@pytest.fixture
def columns(_page: Explorer) -> Explorer:
    found = _page.as_at_first()
    found.page.get_by_role("button", name=re.compile("^pixels")).click()
    found.until("s.graph.layer === 0")
    return found.settle()


def colour(explorer: Explorer, title: str) -> None:
    explorer.page.get_by_role("combobox", name="Colour").select_option(label=title)


def test_a_column_colours_and_is_counted_in_the_selection(columns: Explorer, examples: pd.DataFrame) -> None:
    colour(columns, "hand")
    for node in columns.nodes:
        counted = Counter(examples["hand"][node["members"]].dropna())
        assert node["majority"] in {None, *counted}
        assert counted[node["majority"]] == max(counted.values(), default=0)
    assert len({str(node["fill"]) for node in columns.nodes if node["majority"]}) == 2
    node = columns.largest()
    columns.click_node(node)
    legend = columns.page.get_by_role("list", name="Points in the selection, by hand")
    for value, times in examples["hand"][node["members"]].value_counts().items():
        expect(legend.get_by_role("button", name=re.compile(f"^{value} {times}$"))).to_be_visible()
    expect(legend).to_contain_text(f"missing {examples['hand'][node['members']].isna().sum()}")
    inspector = columns.page.get_by_role("region", name="Selection")
    expect(inspector.get_by_role("combobox", name="Shares of")).to_have_value("hand")
    inspector.get_by_role("combobox", name="Shares of").select_option("correct")
    right = int(examples["correct"][node["members"]].sum())
    expect(inspector.get_by_role("button", name=re.compile(rf"^True .* {right}$"))).to_be_visible()


def test_what_is_looked_for_stays_when_another_column_colours(
    columns: Explorer, columns_url: str, examples: pd.DataFrame, new_page: Any
) -> None:
    colour(columns, "hand")
    columns.page.get_by_role("option", name=re.compile("^left")).click()
    left = np.flatnonzero(examples["hand"] == "left").tolist()
    assert columns.state["focus"] == left
    colour(columns, "correct")
    assert columns.state["focus"] == left
    wrong = int((~examples["correct"][left]).sum())
    legend = columns.page.get_by_role("list", name="Points in the chosen classes, by correct")
    expect(legend.get_by_role("button", name=re.compile(f"^False {wrong}$"))).to_be_visible()
    columns.page.wait_for_timeout(600)  # the address is written a quarter of a second after the last change
    fresh = Explorer(new_page(), f"{columns_url}#{columns.page.url.split('#')[1]}").open()
    assert fresh.state["focus"] == left
    assert fresh.state["view"] == columns.state["view"]
    columns.page.keyboard.press("Control+z")
    assert columns.state["view"]["column"] == "hand"


def test_a_directory_of_many_values(columns: Explorer, examples: pd.DataFrame) -> None:
    finder = columns.page.get_by_role("region", name="Find classes")
    finder.get_by_role("combobox", name="Column of the directory").select_option("name")
    options = finder.get_by_role("listbox").get_by_role("option")
    expect(options.first).to_have_attribute("aria-setsize", str(len(examples)))
    assert options.count() < 60, "the list is virtual"
    box = finder.get_by_role("combobox", name="Search a value")
    box.focus()
    for _ in range(30):
        box.press("ArrowDown")
    expect(options.get_by_text("digit 29", exact=True)).to_be_visible()
    box.fill("digit 1003")
    box.press("Enter")
    assert columns.state["focus"] == [1003]
    expect(columns.page.get_by_role("heading", name="Name digit 1003")).to_be_visible()


def test_what_was_measured_of_the_points_colours_in_the_layer_that_has_it(columns: Explorer) -> None:
    colour(columns, "attribution")
    node = columns.largest()
    mean = np.linspace(-1, 1, len(columns.state["focus"]))[node["members"]].mean()
    columns.click_node(node)
    inspector = columns.page.get_by_role("region", name="Selection")
    expect(inspector.locator("dl div", has_text="Attribution").locator("dd")).to_contain_text(f"{mean:.3f}"[:5])
    assert columns.state["view"]["colour"] == "point:attribution"
    columns.page.get_by_role("button", name=re.compile("^rows")).click()
    columns.until("s.graph.layer === 1")
    expect(columns.page.get_by_role("combobox", name="Colour")).to_have_value("lens")
    colour(columns, "row in the map")
    columns.settle()
    assert len({str(node["fill"]) for node in columns.nodes}) > 3
