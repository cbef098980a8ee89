"""Graphs of others in the explorer: all that their files have, and nothing else."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import kmapper
import numpy as np
import pytest
from playwright.sync_api import expect
from sklearn.cluster import DBSCAN
from sklearn.datasets import load_digits

from topoact.mapper import from_kepler_mapper
from topoact.testing.graphs import published_form
from topoact.testing.studies import CLASSES

from .conftest import Explorer, opened, serve

LINE = "This graph was imported: its lens, cover and clusters cannot be changed without vectors."


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with both forms of one graph of digits, and their vectors."""
    folder = tmp_path_factory.mktemp("imported")
    pixels, target = load_digits(return_X_y=True)
    pixels = pixels[:600].astype(np.float32)
    cover, lens = kmapper.Cover(n_cubes=8, perc_overlap=0.4), np.linalg.norm(pixels, axis=1)[:, None]
    found = kmapper.KeplerMapper(verbose=0).map(lens, pixels, cover=cover, clusterer=DBSCAN(eps=21, min_samples=3))
    graph = from_kepler_mapper(found, pixels)
    (folder / "layer1").mkdir()
    (folder / "kepler.json").write_text(json.dumps(found))
    (folder / "layer1" / "output.json").write_text(json.dumps(published_form(graph, [CLASSES[t] for t in target])))
    np.save(folder / "pixels.npy", pixels)
    return folder


def imported(study: Path, name: str, *files: str) -> Iterator[str]:
    shell = [str(Path(sys.executable).with_name("topoact")), "import", *(str(study / file) for file in files)]
    subprocess.run([*shell, "-o", str(study / name)], check=True, capture_output=True)
    yield from serve(study / name)


@pytest.fixture(scope="module")
def published(study: Path) -> Iterator[str]:
    yield from imported(study, "published", "layer1/output.json", "kepler.json")


@pytest.fixture(scope="module")
def beside(study: Path) -> Iterator[str]:
    yield from imported(study, "beside", "pixels.npy", "kepler.json")


@pytest.fixture(params=["layer1", pytest.param("kepler", marks=pytest.mark.slow)])
def form(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="module")
def _page(chromium, complaints: list[str], published: str) -> Iterator[Explorer]:
    yield from opened(chromium, complaints, published)


@pytest.fixture
def reader(_page: Explorer, form: str) -> Explorer:
    explorer = _page.as_at_first()
    explorer.page.get_by_role("button", name=form, exact=True).click()
    explorer.until(f"s.graph.layer === {['layer1', 'kepler'].index(form)}")
    return explorer.settle()


def test_it_says_that_it_was_imported_and_has_no_knobs(reader: Explorer) -> None:
    page = reader.page
    expect(page.get_by_text(LINE)).to_be_visible()
    for knob in ("Intervals", "Overlap", "minPts", "ε"):
        expect(page.get_by_role("spinbutton", name=knob, exact=True)).to_have_count(0)
    expect(page.get_by_role("combobox", name="Lens")).to_have_count(0)
    expect(page.get_by_role("region", name="Projection")).to_have_count(0)
    expect(page.get_by_text(re.compile("ε"))).to_have_count(0)
    expect(page.get_by_text("the file does not say how many were left out")).to_be_visible()
    expect(page.get_by_text(re.compile(r"coverage|undefined|NaN|null"))).to_have_count(0)


def test_a_node_and_its_members(reader: Explorer, study: Path, form: str) -> None:
    nodes = json.loads((study / "kepler.json").read_text())["nodes"]
    told = {node["id"]: node for node in json.loads((study / "layer1/output.json").read_text())["nodes"]}
    node = reader.largest()
    (name,) = [name for name, rows in nodes.items() if sorted(rows) == node["members"]]
    reader.page.mouse.move(*node["screen"])
    expect(reader.page.locator(".card")).to_contain_text(name)
    reader.click_node(node)
    reader.page.mouse.move(3, 3)
    panel = reader.page.get_by_role("region", name="Selection")
    expect(panel).to_contain_text(f"{node['size']} points")
    expect(panel).to_contain_text(name)
    expect(panel.get_by_role("list", name=f"{node['size']} examples")).to_be_visible()
    expect(panel.locator("[data-point]").first).to_have_text(str(node["members"][0]))
    bars = panel.get_by_role("list", name="Largest classes, as imported")
    if form == "kepler":
        expect(bars).to_have_count(0)
        return
    expect(panel).to_contain_text("Mean L2 norm")
    for label, share in zip(told[name]["top_classes"], told[name]["top_class_percents"], strict=True):
        expect(bars).to_contain_text(f"{label} {share:.1%}".replace("%", " %"))


def test_edges_table_and_sliders(reader: Explorer, form: str) -> None:
    whole = reader.state["visible"]
    reader.set_number("Edge Jaccard at least", 0.2)
    assert reader.state["visible"]["edges"] < whole["edges"]
    reader.set_number("Node size at least", 10)
    assert reader.state["visible"]["nodes"] < whole["nodes"]
    reader.page.keyboard.press("t")
    table = reader.page.get_by_role("table", name="Nodes")
    expect(table.get_by_role("columnheader", name="Cube")).to_be_visible()
    expect(table.get_by_role("columnheader", name="Mean L2 norm")).to_have_count(1 if form == "layer1" else 0)
    expect(reader.page.get_by_role("combobox", name="Colour")).to_contain_text(
        "cube" if form == "kepler" else "L2 norm"
    )


def test_classes_of_nodes_are_found(reader: Explorer, study: Path, form: str) -> None:
    box = reader.page.get_by_role("searchbox", name="Search a class")
    if form == "kepler":
        expect(box).to_have_count(0)
        return
    told = json.loads((study / "layer1/output.json").read_text())["nodes"]
    holding = [node for node in told if "seven" in node["top_classes"]]
    box.fill("sev")
    box.press("Enter")
    expect(reader.page.get_by_text(f"among the largest of {len(holding)} nodes")).to_be_visible()
    assert sum(node["strength"] > 0.2 for node in reader.nodes) == len(holding)
    reader.page.wait_for_timeout(600)  # the address is written a quarter of a second after the last change
    reader.page.reload()
    reader.settle()
    assert reader.state["view"]["named"] == ["seven"]
    reader.page.keyboard.press("Escape")
    reader.until("s.view.named.length === 0")


def test_from_the_imported_graph_to_the_vectors_and_back(new_page, beside: str) -> None:
    explorer = Explorer(new_page(), beside).open()
    page = explorer.page
    expect(page.get_by_role("button", name=re.compile("coverage"))).to_be_visible()
    given = explorer.state["graph"]["digest"]
    page.get_by_role("button", name="vectors", exact=True).click()
    explorer.until("s.graph.layer === 0")
    explorer.settle()
    expect(page.get_by_text(LINE)).to_have_count(0)
    explorer.set_number("Overlap", 0.35)
    explorer.until("s.view.settings.overlap === 0.35 && !s.pending")
    expect(page.get_by_role("region", name="Projection")).to_be_visible()
    page.get_by_role("button", name="kepler", exact=True).click()
    explorer.until(f"s.graph.digest === '{given}'")
    explorer.settle()
    expect(page.get_by_text(LINE)).to_be_visible()
    page.get_by_role("button", name="vectors", exact=True).click()
    explorer.until("s.graph.layer === 0")
    assert explorer.settle().state["view"]["settings"]["overlap"] == 0.35
