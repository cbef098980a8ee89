"""Inputs of one's own in the browser: by file, by dropping, by text, and what cannot be used."""

import io
import shutil
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from PIL import Image

from topoact.interpret.study_network import NetworkChoice
from topoact.testing.networks import Pictures

from .conftest import Explorer, serve

CHOOSE = 'input[type="file"]'
DROP = """async ([bytes, type]) => {
  const file = new File([new Uint8Array(bytes)], "dropped.png", { type });
  const data = new DataTransfer();
  data.items.add(file);
  for (const name of ["dragenter", "dragover", "drop"])
    window.dispatchEvent(new DragEvent(name, { dataTransfer: data, bubbles: true, cancelable: true }));
}"""


def png(pixels: np.ndarray) -> bytes:
    content = io.BytesIO()
    Image.fromarray(pixels).save(content, "PNG")
    return content.getvalue()


def picture(row: int) -> bytes:
    return png((np.moveaxis(Pictures(row + 1)[row]["input"], 0, -1) * 255).round().astype(np.uint8))


@pytest.fixture
def explorer(network_explorer: Explorer) -> Iterator[Explorer]:
    """The explorer with the panel open and nothing in it."""
    page = network_explorer.page
    page.keyboard.press("b")
    page.get_by_role("region", name="Your input").wait_for()
    yield network_explorer
    page.get_by_role("button", name="Close your input").click()
    page.keyboard.press("Escape")


def bring(explorer: Explorer, content: bytes, name: str = "photo.png", kind: str = "image/png") -> None:
    explorer.page.set_input_files(CHOOSE, {"name": name, "mimeType": kind, "buffer": content})


def located(explorer: Explorer) -> dict[str, Any]:
    """Wait until the input is placed in all layers."""
    explorer.until(
        "s.located.problem || (s.located.known && !s.located.pending && s.located.known.locations.length === 4)"
    )
    assert explorer.state["located"]["problem"] is None
    return explorer.state["located"]


def problem(explorer: Explorer) -> str:
    explorer.until("s.located.problem")
    return explorer.page.get_by_role("region", name="Your input").get_by_role("alert").inner_text()


def current(explorer: Explorer) -> dict[str, Any]:
    state = explorer.state
    return next(one for one in state["located"]["known"]["locations"] if one["layer"] == state["view"]["layer"])


def test_an_image_is_located_in_every_layer(explorer: Explorer) -> None:
    page = explorer.page
    bring(explorer, picture(500))
    found = located(explorer)
    panel = page.get_by_role("region", name="Your input")
    assert {one["name"] for one in found["known"]["predictions"]} == {"red", "green", "blue"}
    assert panel.get_by_role("img", name="Your input").evaluate("image => image.naturalWidth") == 16
    assert panel.get_by_text(current(explorer)["sentence"][1:], exact=False).is_visible()
    assert found["nodes"] == [hit["node"] for hit in current(explorer)["nodes"]]
    assert page.get_by_text("nodes that contain your input").is_visible()
    node = found["nodes"][0]
    panel.get_by_role("button", name=f"Go to node {node}", exact=True).click()
    explorer.until(f"s.view.selection.kind === 'nodes' && s.view.selection.ids[0] === {node}")
    panel.get_by_role("button", name="Select the nodes of picture").first.click()
    nearest = current(explorer)["nearest"][0]["point"]
    holders = [one["id"] for one in explorer.nodes if nearest in one["members"]]
    assert explorer.state["view"]["selection"]["ids"] == holders


@pytest.mark.slow
def test_it_is_kept_while_layers_and_settings_change(explorer: Explorer) -> None:
    bring(explorer, picture(501))
    first = located(explorer)["known"]
    rows = explorer.page.get_by_role("list", name="Location in each layer").get_by_role("button")
    assert rows.count() == 4
    before = explorer.state["view"]["layer"]
    rows.nth((before + 1) % 4).click()
    explorer.settle()
    assert explorer.state["located"]["known"]["digest"] == first["digest"]
    assert explorer.state["located"]["nodes"] == [hit["node"] for hit in current(explorer)["nodes"]]
    explorer.set_number("Intervals", 4)
    explorer.settle()
    explorer.until(f"s.located.known && s.located.known.digest !== '{first['digest']}'")
    located(explorer)
    explorer.until("s.graph.digest === s.located.known.locations.find((one) => one.layer === s.view.layer).graph")
    rows.nth(before).click()
    explorer.settle()


@pytest.mark.slow
def test_an_image_that_is_dropped(explorer: Explorer) -> None:
    explorer.page.evaluate(DROP, [list(picture(502)), "image/png"])
    assert located(explorer)["known"]["kind"] == "image"


@pytest.mark.slow
def test_one_that_is_outside(explorer: Explorer) -> None:
    bring(explorer, png(np.zeros((16, 16, 3), dtype=np.uint8)))
    located(explorer)
    outside = [one for one in explorer.state["located"]["known"]["locations"] if one["n"] == 1 and not one["n_inside"]]
    assert outside
    assert all(one["sentence"].startswith("outside: node ") for one in outside)


def test_forty_megapixels(explorer: Explorer) -> None:
    content = io.BytesIO()
    Image.new("RGB", (8000, 5000), (40, 60, 160)).save(content, "JPEG")
    bring(explorer, content.getvalue(), "large.jpg", "image/jpeg")
    assert "brought to 16 x 16 pixels" in located(explorer)["known"]["notices"][0]


def test_a_file_that_is_no_image(explorer: Explorer) -> None:
    bring(explorer, b"I am a spreadsheet", "table.png")
    assert problem(explorer).startswith("This is no image, or of a kind that is not known")
    assert explorer.state["located"]["known"] is None
    bring(explorer, b"", "empty.png")
    assert problem(explorer) == "empty.png is empty"
    bring(explorer, picture(503))
    assert located(explorer)["known"]


@pytest.mark.slow
def test_closing_takes_the_marks_away(explorer: Explorer) -> None:
    page = explorer.page
    bring(explorer, picture(504))
    assert located(explorer)["nodes"]
    page.get_by_role("button", name="Close your input").click()
    assert explorer.state["located"] == {"known": None, "nodes": [], "pending": False, "problem": None}
    assert not page.get_by_text("nodes that contain your input").is_visible()
    page.keyboard.press("b")


def test_without_the_network_the_panel_says_how(new_page: Any, url: str) -> None:
    explorer = Explorer(new_page(), url).open()
    explorer.page.get_by_role("button", name="Locate an input of your own").click()
    panel = explorer.page.get_by_role("region", name="Your input")
    assert panel.get_by_text("topoact serve STUDY --model study").is_visible()
    assert explorer.page.locator(CHOOSE).count() == 0


class TestText:
    @pytest.fixture(scope="class")
    @classmethod
    def texts(cls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
        pytest.importorskip("transformers", reason="transformers is not installed")
        from extract import tiny
        from topoact.extract import Plan, extract
        from topoact.inputs.opening import open_source
        from topoact.networks.loading import load_network

        folder = tmp_path_factory.mktemp("texts")
        shutil.copy(tiny.__file__, folder / "tiny.py")
        (folder / "own.py").write_text(tiny.CODE)
        lines = [f"the {('cat', 'dog')[i % 2]} {('sat', 'ran')[i % 3 % 2]} . {'do ' * (i % 5)}" for i in range(120)]
        (folder / "lines.csv").write_text("text\n" + "\n".join(lines), "utf-8")
        network, plan = load_network(f"{folder}/own.py:pair"), Plan(layers=("embed", "cell"), policies=("words",))
        extract(network, open_source(str(folder / "lines.csv")), folder / "study", plan)
        yield from serve(folder / "study", NetworkChoice())

    def test_a_sentence_and_an_empty_one(self, new_page: Any, texts: str) -> None:
        explorer = Explorer(new_page(), texts).open()
        page = explorer.page
        page.keyboard.press("b")
        page.get_by_role("button", name="Locate", exact=True).click()
        assert problem(explorer) == "The text is empty: type a sentence."
        page.get_by_label("Text of your own").fill("the dog ran .")
        page.keyboard.press("Enter")
        explorer.until("s.located.known && !s.located.pending && s.located.known.locations.length === 2")
        found = explorer.state["located"]["known"]
        assert (found["kind"], found["text"], len(found["predictions"])) == ("text", "the dog ran .", 2)
        assert found["locations"][0]["spans"] == [[0, 3], [4, 7], [8, 11], [12, 13]]
        panel = page.get_by_role("region", name="Your input")
        assert panel.get_by_role("button", name="dog", exact=True).is_visible()
        assert found["locations"][0]["sentence"].split()[1:6] == ["of", "its", "4", "words", "are"]
