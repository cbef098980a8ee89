"""What a person sees and points at in the explorer; each test reads the effect and the answer."""

import re

import pytest
from playwright.sync_api import expect


def test_study_opens_with_coverage_and_counts(explorer):
    state = explorer.state
    assert explorer.page.title() == "Handwritten digits · TopoAct"
    assert len(state["graph"]["nodes"]) > 3
    covered = {point for node in state["graph"]["nodes"] for point in node["members"]}
    n_points = len(state["focus"])
    badge = explorer.page.get_by_role("button", name=re.compile("coverage"))
    expect(badge).to_contain_text("in no node")
    badge.click()
    missing = sorted(set(range(n_points)) - covered)
    assert explorer.state["focus"] == missing
    expect(explorer.page.get_by_role("region", name="Selection")).to_contain_text(
        f"{len(missing):,} of {n_points:,} points"
    )


def test_the_address_bar_does_not_keep_the_token(explorer):
    assert "token" not in explorer.page.url


def test_pixels_are_drawn(explorer):
    """The middle of the largest node has another colour than the background."""
    x, y = explorer.largest()["screen"]
    clip = {"x": x - 2, "y": y - 2, "width": 4, "height": 4}
    empty = {"x": 420, "y": 850, "width": 4, "height": 4}
    assert explorer.page.screenshot(clip=clip) != explorer.page.screenshot(clip=empty)


def one_of_each_first(points, example, point):
    """Return points so that one of each example comes before a second; all examples have as many in a row."""
    per_example, seen, turns = point // example, {}, {}
    for one in points:
        turn = seen[one // per_example] = seen.get(one // per_example, -1) + 1
        turns.setdefault(turn, []).append(one)
    return [one for turn in sorted(turns) for one in turns[turn]]


def test_node_click_shows_all_its_images(explorer):
    node = explorer.largest()
    explorer.click_node(node)
    assert explorer.state["view"]["selection"] == {"kind": "nodes", "ids": [node["id"]]}
    inspector = explorer.page.get_by_role("region", name="Selection")
    expect(inspector.get_by_role("heading", name=f"Node {node['id']}", exact=True)).to_be_visible()
    expect(inspector.get_by_role("list", name=f"{node['size']:,} examples")).to_be_visible()
    image = inspector.get_by_role("img").first
    expect(image).to_have_js_property("complete", True)
    assert image.evaluate("image => image.naturalWidth") == 32
    shown = inspector.locator("[data-point]").evaluate_all("all => all.map(one => Number(one.dataset.point))")
    examples = inspector.locator("[data-point]").evaluate_all("all => all.map(one => Number(one.dataset.example))")
    order = one_of_each_first(
        [shown[0], *(point for point in node["members"] if point != shown[0])], examples[0], shown[0]
    )
    assert shown == order[: len(shown)]
    assert len(shown) < node["size"], "the list is virtual"
    inspector.evaluate("section => section.scrollTo(0, section.scrollHeight)")
    expect(inspector.locator(f"[data-point='{order[-1]}']")).to_be_visible()


def test_example_card_says_who_it_is(explorer):
    explorer.click_node(explorer.largest())
    explorer.page.get_by_role("region", name="Selection").locator("[data-point]").first.hover()
    expect(explorer.page.get_by_text(re.compile(r"^digit-\d{4}$"))).to_be_visible()
    expect(explorer.page.get_by_text(re.compile(r"^row \d, column 0$"))).to_be_visible()


def test_shift_click_adds_and_escape_clears(explorer):
    first, second = explorer.largest(0), explorer.largest(1)
    explorer.click_node(first)
    explorer.click_node(second, shift=True)
    assert explorer.state["view"]["selection"]["ids"] == [first["id"], second["id"]]
    assert explorer.state["focus"] == sorted({*first["members"], *second["members"]})
    explorer.page.keyboard.press("Escape")
    assert explorer.state["view"]["selection"] == {"kind": "none"}


def test_class_search_matches_true_membership(explorer):
    explorer.page.keyboard.press("/")
    explorer.page.keyboard.type("sev")
    explorer.page.keyboard.press("Enter")
    state = explorer.state
    assert len(state["view"]["classes"]) == 1
    sevens = set(state["focus"])
    for node in state["graph"]["nodes"]:
        share = len(sevens.intersection(node["members"])) / node["size"]
        assert (node["strength"] > 0.2) == (share > 0)
    holding = sum(1 for node in state["graph"]["nodes"] if sevens.intersection(node["members"]))
    finder = explorer.page.get_by_role("region", name="Find classes")
    expect(finder).to_contain_text(f"{len(sevens):,} points in {holding:,} nodes")
    finder.get_by_role("combobox", name="Search a class").fill("")
    finder.get_by_role("option", name=re.compile("^nine")).click()
    assert len(explorer.state["view"]["classes"]) == 2
    assert len(explorer.state["focus"]) > len(sevens)


def test_directory_is_in_the_order_of_the_alphabet(explorer):
    names = explorer.page.get_by_role("option").locator(".name").all_inner_texts()
    assert len(names) == 10
    assert names == sorted(names)


def test_jaccard_slider_hides_weak_edges_and_says_so(explorer):
    before, every = explorer.state["visible"]["edges"], explorer.state["graph"]["nEdges"]
    assert before == sum(explorer.state["graph"]["edges"]["drawn"])
    explorer.set_number("Edge Jaccard at least", 0.1)
    after = explorer.state["visible"]["edges"]
    assert after < before
    expect(explorer.page.get_by_text(f"{after} of {every} edges")).to_be_visible()
    slider = explorer.page.get_by_role("slider", name="Edge Jaccard at least")
    slider.focus()
    slider.press("Home")
    explorer.until(f"s.visible.edges === {before}")
    explorer.page.keyboard.press("Control+z")
    assert explorer.state["visible"]["edges"] == after


def test_size_slider_hides_small_nodes(explorer):
    sizes = sorted(node["size"] for node in explorer.nodes)
    explorer.set_number("Node size at least", sizes[-2])
    assert explorer.state["visible"]["nodes"] == sum(size >= sizes[-2] for size in sizes)


def test_projection_highlights_exactly_the_members(explorer):
    for rank in (0, 4):
        node = explorer.largest(rank)
        explorer.click_node(node)
        explorer.page.mouse.move(3, 3)
        assert explorer.state["highlighted"] == node["members"]
    count = f"{node['size']:,} of"
    expect(explorer.page.get_by_role("region", name="Projection")).to_contain_text(count)


def test_a_box_in_the_projection_lights_the_nodes_that_hold_its_points(explorer):
    explorer.page.get_by_role("button", name="Select with a box").click()
    box = explorer.page.get_by_label("Scatter plot of the layer's points").bounding_box()
    middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    explorer.page.mouse.move(*middle)
    explorer.page.mouse.down()
    explorer.page.mouse.move(middle[0] + 60, middle[1] + 50, steps=4)
    explorer.page.mouse.up()
    state = explorer.state
    assert state["view"]["selection"]["kind"] == "area"
    inside = set(state["highlighted"])
    assert inside
    for node in state["graph"]["nodes"]:
        assert (node["strength"] > 0.2) == bool(inside.intersection(node["members"]))


def test_a_click_on_a_point_selects_the_nodes_that_hold_it(explorer):
    node = explorer.largest()
    explorer.click_node(node)
    plane = explorer.page.get_by_label("Scatter plot of the layer's points").bounding_box()
    middle = (plane["x"] + plane["width"] / 2, plane["y"] + plane["height"] / 2)
    explorer.page.mouse.move(*middle)
    identity = explorer.page.get_by_text(re.compile(r"^digit-\d{4}$"))
    expect(identity).to_be_visible()
    explorer.page.mouse.click(*middle)
    chosen = explorer.state["view"]["selection"]["ids"]
    held = [set(explorer.nodes[one]["members"]) for one in chosen]
    assert set.intersection(*held)


def test_edge_click_shows_what_its_nodes_share(explorer):
    explorer.page.get_by_role("button", name=re.compile("^pixels")).click()
    explorer.until("s.graph.layer === 0")
    nodes, page = explorer.settle().nodes, explorer.page
    for a in nodes:
        for b in nodes[: a["id"]]:
            shared = sorted({*a["members"]}.intersection(b["members"]))
            gap = ((a["screen"][0] - b["screen"][0]) ** 2 + (a["screen"][1] - b["screen"][1]) ** 2) ** 0.5
            if not shared or gap < 30:
                continue
            page.mouse.click((a["screen"][0] + b["screen"][0]) / 2, (a["screen"][1] + b["screen"][1]) / 2)
            selection = explorer.state["view"]["selection"]
            if selection["kind"] == "edge" and {selection["source"], selection["target"]} == {a["id"], b["id"]}:
                assert explorer.state["focus"] == shared
                return
    pytest.fail("no edge could be clicked")


def test_drag_pins_a_node_and_double_click_lets_it_go(explorer):
    node = explorer.largest()
    x, y = node["screen"]
    explorer.page.mouse.move(x, y)
    explorer.page.mouse.down()
    explorer.page.mouse.move(x + 60, y + 30, steps=5)
    explorer.page.mouse.up()
    state = explorer.state
    assert state["view"]["pins"][0][0] == node["id"]
    now = state["graph"]["nodes"][node["id"]]["screen"]
    assert now == pytest.approx([x + 60, y + 30], abs=0.5)
    explorer.page.mouse.dblclick(*now)
    assert explorer.state["view"]["pins"] == []
    assert explorer.nodes[node["id"]]["screen"] == pytest.approx([x, y], abs=0.5)


def test_undo_and_redo(explorer):
    explorer.click_node(explorer.largest())
    explorer.page.keyboard.press("Control+z")
    assert explorer.state["view"]["selection"] == {"kind": "none"}
    explorer.page.keyboard.press("Control+Shift+Z")
    assert explorer.state["view"]["selection"]["kind"] == "nodes"


def test_the_node_table_reaches_every_node_by_keyboard(explorer):
    explorer.page.keyboard.press("t")
    table = explorer.page.get_by_role("table", name="Nodes")
    expect(table).to_have_attribute("aria-rowcount", str(len(explorer.nodes) + 1))
    table.locator("[data-row='0']").focus()
    explorer.page.keyboard.press("ArrowDown")
    expect(table.locator("[data-row='1']")).to_be_focused()
    explorer.page.keyboard.press("Enter")
    assert explorer.state["view"]["selection"]["ids"] == [explorer.largest(1)["id"]]


def test_arrows_walk_to_a_neighbour(explorer):
    node = explorer.largest()
    explorer.click_node(node)
    for key in ("ArrowRight", "ArrowLeft", "ArrowUp", "ArrowDown"):
        explorer.page.keyboard.press(key)
    (reached,) = explorer.state["view"]["selection"]["ids"]
    assert reached == node["id"] or explorer.nodes[reached]["size"] > 0


def test_keys_are_listed_under_the_question_mark(explorer):
    explorer.page.keyboard.press("?")
    dialog = explorer.page.get_by_role("dialog")
    expect(dialog).to_contain_text("Fit the graph into the view")
    explorer.page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_theme_follows_the_system_and_the_toggle(explorer, scheme):
    page, themed = explorer.page, explorer
    page.emulate_media(color_scheme=scheme)
    themed.until(f"s.theme === '{scheme}'")
    bright = page.evaluate("getComputedStyle(document.body).backgroundColor")
    other = "dark" if scheme == "light" else "light"
    page.get_by_role("button", name=f"{other.capitalize()} theme").click()
    assert themed.state["theme"] == other
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != bright


def test_without_webgl_a_table_stands_in(new_page, url):
    page = new_page()
    page.goto(f"{url}&no-webgl")
    expect(page.get_by_role("alert")).to_contain_text("no WebGL 2")
    expect(page.get_by_role("table", name="Nodes")).to_be_visible()
    page.locator("[data-row='0']").click()
    expect(page.get_by_role("heading", name=re.compile(r"^Node \d+$"))).to_be_visible()
