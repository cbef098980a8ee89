"""Graphs of modes: the slider from skeleton to detail, what was found, how stable it is, and the paper's settings."""

import re

import pytest
from playwright.sync_api import expect


def zoom(explorer, prominence):
    explorer.set_number("Prominence", prominence)
    explorer.until(f"s.view.settings.prominence === {prominence} && !s.pending")
    return explorer.settle().state


def places(state):
    return {(node["interval"], node["mode"]): (node["x"], node["y"]) for node in state["graph"]["nodes"]}


def test_the_slider_goes_from_detail_to_skeleton_and_nodes_stay_where_they_are(explorer):
    slider = explorer.page.get_by_role("slider", name="Prominence")
    states = [explorer.state]
    for keys in (["ArrowLeft"] * 3, ["Home"], ["ArrowRight"] * 3, ["End"]):
        before = states[-1]["view"]["settings"]["prominence"]
        for key in keys:
            slider.press(key)
        explorer.until(f"s.view.settings.prominence !== {before} && !s.pending")
        states.append(explorer.settle().state)
    assert [state["view"]["settings"]["prominence"] for state in states] == [0.15, 0.25, 4, 2.5, 0.1]
    assert len({state["graph"]["layout"] for state in states}) == 1
    finest = places(states[-1])
    for state in states:
        assert state["problem"] is None
        assert places(state).items() <= finest.items()
    numbers = sorted((state["view"]["settings"]["prominence"], len(state["graph"]["nodes"])) for state in states)
    counts = [count for _, count in numbers]
    assert counts == sorted(counts, reverse=True)
    assert counts[0] > counts[-1]
    explorer.page.get_by_role("button", name="skeleton", exact=True).click()
    explorer.until("s.view.settings.prominence === 1 && !s.pending")
    assert all(node["group"] == node["id"] for node in explorer.settle().nodes)


def test_one_drag_of_the_slider_is_one_step_back(explorer):
    box = explorer.page.get_by_role("slider", name="Prominence").bounding_box()
    middle = box["y"] + box["height"] / 2
    explorer.page.mouse.move(box["x"] + 0.9 * box["width"], middle)
    explorer.page.mouse.down()
    for share in (0.6, 0.45, 0.3):
        explorer.page.mouse.move(box["x"] + share * box["width"], middle)
        explorer.page.wait_for_timeout(150)
    explorer.page.mouse.up()
    explorer.until("s.view.settings.prominence > 1 && !s.pending")
    explorer.settle().page.get_by_role("button", name="Undo (Ctrl Z)").click()
    explorer.until("s.view.settings.prominence === 0.15 && !s.pending")


def test_a_selected_and_pinned_node_is_followed_through_the_tree(explorer):
    nodes = explorer.nodes
    detail = max((node for node in nodes if node["group"] != node["id"]), key=lambda node: node["size"])
    x, y = detail["screen"]
    explorer.page.mouse.move(x, y)
    explorer.page.mouse.down()
    explorer.page.mouse.move(x + 20, y + 15, steps=3)
    explorer.page.mouse.up()
    explorer.click_node(detail)
    assert explorer.state["view"]["selection"]["ids"] == [detail["id"]]
    finer = zoom(explorer, 0.1)
    (kept,) = finer["view"]["selection"]["ids"]
    heir = finer["graph"]["nodes"][kept]
    assert (heir["interval"], heir["mode"]) == (detail["interval"], detail["mode"])
    assert [pin[0] for pin in finer["view"]["pins"]] == [kept]
    skeleton = zoom(explorer, 1)
    (kept,) = skeleton["view"]["selection"]["ids"]
    heir = skeleton["graph"]["nodes"][kept]
    assert heir["interval"] == detail["interval"]
    assert set(detail["members"]) <= set(heir["members"])
    assert [pin[0] for pin in skeleton["view"]["pins"]] == [kept]


def test_a_node_says_how_prominent_it_is_and_selects_its_group(explorer):
    nodes = explorer.nodes
    detail = max((node for node in nodes if node["group"] != node["id"]), key=lambda node: node["size"])
    group = [node["id"] for node in nodes if node["group"] == detail["group"]]
    explorer.click_node(detail)
    panel = explorer.page.get_by_role("region", name="Selection")
    expect(panel).to_contain_text(f"{detail['prominence']:.1f} × noise")
    expect(panel).to_contain_text("detail, below noise")
    panel.get_by_role("button", name=f"one of {len(group)} in a skeleton node").click()
    assert explorer.state["view"]["selection"] == {"kind": "nodes", "ids": group}
    explorer.page.keyboard.press("t")
    table = explorer.page.get_by_role("table", name="Nodes")
    for column in ("Prominence", "Skeleton", "Share"):
        expect(table.get_by_role("columnheader", name=column)).to_be_visible()
    table.get_by_role("button", name="Prominence").click()
    expect(table.locator("[data-row='0']")).to_contain_text("∞")


def test_another_cover_is_drawn_beside_the_one_before(explorer):
    before = explorer.state
    explorer.set_number("Overlap", 0.25)
    explorer.until("s.view.settings.overlap === 0.25 && !s.pending")
    after = explorer.settle().state
    assert after["graph"]["layout"] != before["graph"]["layout"]
    kept = [(old, new) for new, old in enumerate(after["graph"]["survivors"]) if old >= 0]
    assert kept
    for old, new in kept:
        was, now = before["graph"]["nodes"][old], after["graph"]["nodes"][new]
        assert now["y"] == was["y"], "x is the lens, whose intervals are others"


def test_what_was_found_is_listed_and_selected(explorer):
    explorer.page.keyboard.press("t")
    explorer.page.get_by_role("tab", name="Shape").click()
    explorer.until("s.shape !== null")
    found = explorer.state["shape"]
    counts = explorer.page.get_by_role("list", name="Counts")
    for count in found["counts"]:
        expect(counts).to_contain_text(
            re.compile("umber of .* unknown" if count["value"] is None else str(count["value"]))
        )
        assert (count["value"] is None) == bool(count["reason"])
    expect(explorer.page.get_by_text(found["summary"], exact=True)).to_have_count(2)
    listed = explorer.page.get_by_role("group", name="Findings")
    for more in listed.locator("summary").all():
        more.click()
    rows = listed.locator("button.row")
    expect(rows).to_have_count(len(found["features"]))
    assert found["features"][0]["kind"] == "component"
    whole = listed.get_by_role("list", name="Pieces", exact=True).locator("button.row").first
    whole.click()
    assert explorer.state["view"]["selection"]["ids"] == found["features"][0]["nodes"]
    expect(whole).to_have_attribute("aria-pressed", "true")
    explorer.page.get_by_role("tab", name="Nodes").click()
    expect(explorer.page.get_by_role("table", name="Nodes")).to_be_visible()


def test_stability_is_measured_shown_and_colours(explorer):
    explorer.page.get_by_role("button", name="Measure stability").click()
    explorer.until("s.stability !== null")
    measured = explorer.state["stability"]
    assert len(measured["nodes"]) == len(explorer.nodes)
    expect(explorer.page.get_by_role("region", name="Selection")).to_contain_text(measured["sentence"])
    explorer.page.get_by_role("button", name="colour by it").click()
    expect(explorer.page.get_by_role("combobox", name="Colour")).to_have_value("stability")
    fills = {node["id"]: tuple(node["fill"]) for node in explorer.nodes}
    shares = measured["nodes"]
    assert len({fills[node] for node in fills if shares[node] == max(shares)}) == 1
    node = explorer.largest()
    explorer.click_node(node)
    panel = explorer.page.get_by_role("region", name="Selection")
    expect(panel.locator("dt", has_text="Stability")).to_be_visible()
    explorer.page.keyboard.press("t")
    explorer.page.get_by_role("tab", name="Shape").click()
    counts = explorer.page.get_by_role("list", name="Counts")
    expect(counts).to_contain_text("Five other covers")
    told = measured["panel"][0]
    expect(counts).to_contain_text("umber of components unknown" if told["value"] is None else str(told["value"]))


def test_measuring_stability_can_be_called_off(explorer):
    explorer.set_number("Intervals", 150)
    explorer.until("s.view.settings.n_intervals === 150 && !s.pending")
    explorer.set_number("Overlap", 0.7)
    explorer.until("s.view.settings.overlap === 0.7 && !s.pending")
    explorer.settle().page.get_by_role("button", name="Measure stability").click()
    explorer.page.get_by_role("button", name="Cancel the stability").click()
    expect(explorer.page.get_by_role("button", name="Measure stability")).to_be_visible()
    assert explorer.state["stability"] is None
    explorer.set_number("Overlap", 0.2)
    explorer.until("s.view.settings.overlap === 0.2 && !s.pending")
    assert explorer.settle().state["problem"] is None


def test_the_preset_of_the_paper_and_back(explorer):
    before = explorer.state["graph"]["digest"]
    preset = explorer.page.get_by_role("combobox", name="Preset")
    expect(preset).to_have_value("default")
    expect(explorer.page.get_by_role("combobox", name="Rule for ε")).to_have_count(0)
    preset.select_option("paper")
    explorer.until("s.view.settings.clusterer === 'dbscan' && !s.pending")
    settings = explorer.settle().state["view"]["settings"]
    assert (settings["cover"], settings["n_intervals"], settings["eps"], settings["min_samples"]) == (
        "uniform",
        70,
        "elbow",
        5,
    )
    expect(explorer.page.get_by_role("combobox", name="Rule for ε")).to_be_visible()
    expect(explorer.page.get_by_role("slider", name="Prominence")).to_have_count(0)
    assert all(node["mode"] is None for node in explorer.nodes)
    explorer.set_number("Overlap", 0.4)
    explorer.until("s.view.settings.overlap === 0.4 && !s.pending")
    expect(preset).to_have_value("")
    preset.select_option("default")
    explorer.until(f"s.graph.digest === '{before}' && !s.pending")


@pytest.mark.parametrize("typed", ["-1", ""])
def test_what_is_no_prominence_is_not_asked_for(explorer, typed):
    field = explorer.page.get_by_role("spinbutton", name="Prominence", exact=True)
    field.fill(typed)
    field.press("Enter")
    expect(field).to_have_value("0.15")
    assert explorer.state["view"]["settings"]["prominence"] == 0.15
