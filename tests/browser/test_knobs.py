"""What a person sets in the explorer, on the real server: layers, knobs, and the address that keeps them."""

import re

import pytest
from playwright.sync_api import expect


@pytest.fixture
def by_dbscan(explorer):
    """The explorer with the paper's settings."""
    explorer.page.get_by_role("combobox", name="Preset").select_option("paper")
    explorer.until("s.view.settings.clusterer === 'dbscan' && s.graph.nodes[0].mode === null && !s.pending")
    return explorer.settle()


def test_layer_switch(explorer):
    before = explorer.state["graph"]
    explorer.page.get_by_role("button", name=re.compile("^pixels")).click()
    explorer.until("s.graph.layer === 0")
    explorer.settle()
    after = explorer.state
    assert after["graph"]["digest"] != before["digest"]
    assert after["view"]["layer"] == 0
    assert all(0 < node["screen"][0] < 1440 and 0 < node["screen"][1] < 900 for node in after["graph"]["nodes"])
    explorer.page.get_by_role("button", name=re.compile("^rows")).click()
    explorer.until("s.graph.layer === 1")
    explorer.settle()
    assert explorer.state["graph"]["layout"] == before["layout"]


@pytest.mark.parametrize("arrangement", ["lens", "free"])
def test_knob_changes_the_graph_and_survivors_keep_their_place(explorer, arrangement):
    explorer.page.emulate_media(reduced_motion="no-preference")
    explorer.page.get_by_role("combobox", name="Arrangement").select_option(arrangement)
    explorer.until(f"s.graph.arrangement === '{arrangement}' && !s.pending")
    before = explorer.settle().state
    explorer.set_number("Overlap", 0.35)
    explorer.until("s.view.settings.overlap === 0.35 && !s.pending")
    explorer.settle()
    after = explorer.state
    assert after["problem"] is None
    assert after["graph"]["digest"] != before["graph"]["digest"]
    kept = [(old, new) for new, old in enumerate(after["graph"]["survivors"]) if old >= 0]
    assert kept
    for old, new in kept:
        was, now = before["graph"]["nodes"][old], after["graph"]["nodes"][new]
        assert now["y"] == was["y"]
        assert now["screen"][1] == was["screen"][1]
        if arrangement == "free":  # by lens x is that of the interval, whose bounds are others
            assert (now["x"], now["screen"][0]) == (was["x"], was["screen"][0])


@pytest.mark.parametrize(("label", "key", "value"), [("Intervals", "n_intervals", 12), ("Neighbours", "k", 8)])
def test_other_knobs(explorer, label, key, value):
    before = explorer.state["graph"]["digest"]
    explorer.set_number(label, value)
    explorer.until(f"s.view.settings.{key} === {value} && s.graph.digest !== '{before}'")
    explorer.settle()
    explorer.page.get_by_role("button", name="Undo (Ctrl Z)").click()
    explorer.until(f"s.graph.digest === '{before}' && !s.pending")


def test_min_pts(by_dbscan):
    before = by_dbscan.state["graph"]["digest"]
    by_dbscan.set_number("minPts", 8)
    by_dbscan.until(f"s.view.settings.min_samples === 8 && s.graph.digest !== '{before}' && !s.pending")


def test_epsilon_by_number_by_rule_and_back_to_the_elbow(by_dbscan):
    rule = by_dbscan.page.get_by_role("combobox", name="Rule for ε")
    by_dbscan.set_number("ε", 9.5)
    by_dbscan.until("s.view.settings.eps === 9.5 && !s.pending")
    expect(rule).to_have_value("number")
    expect(by_dbscan.page.get_by_text(re.compile(r"ε 9\.50"))).to_be_visible()
    rule.select_option("quantile:0.8")
    by_dbscan.until("s.view.settings.eps === 'quantile:0.8' && !s.pending")
    rule.select_option("elbow:interval")
    by_dbscan.until("s.view.settings.eps === 'elbow:interval' && !s.pending")
    expect(by_dbscan.page.get_by_text(re.compile(r"ε [\d.]+–[\d.]+ by interval"))).to_be_visible()
    expect(by_dbscan.page.get_by_role("slider", name="ε")).to_have_count(0)
    rule.select_option("elbow")
    by_dbscan.until("s.view.settings.eps === 'elbow' && !s.pending")


def test_the_epsilon_slider_goes_from_stop_to_stop(by_dbscan):
    slider = by_dbscan.page.get_by_role("slider", name="ε")
    slider.focus()
    found = []
    for key in ("ArrowLeft", "ArrowLeft", "ArrowRight"):
        before = by_dbscan.state["graph"]["digest"]
        slider.press(key)
        by_dbscan.until(f"s.graph.digest !== '{before}' && !s.pending")
        found.append(by_dbscan.settle().state["view"]["settings"]["eps"])
    assert found[1] < found[0] == found[2]


def test_the_curve_is_there_in_a_fresh_page_whose_epsilon_is_a_number(by_dbscan, new_page, url):
    by_dbscan.set_number("ε", 8.25)
    by_dbscan.until("s.view.settings.eps === 8.25 && !s.pending")
    by_dbscan.page.wait_for_timeout(600)
    fresh = type(by_dbscan)(new_page(), f"{url}#{by_dbscan.page.url.split('#')[1]}").open()
    assert fresh.state["view"]["settings"]["eps"] == 8.25
    expect(fresh.page.get_by_text(re.compile("of points have 5 others within ε"))).to_be_visible()


@pytest.mark.parametrize(
    ("label", "key", "value"),
    [
        ("Cover", "cover", "uniform"),
        pytest.param("Cover", "cover", "zen-mapper", marks=pytest.mark.slow),
        ("Distance", "metric", "cosine"),
    ],
)
def test_cover_and_distance(explorer, label, key, value):
    before = explorer.state["graph"]["digest"]
    explorer.page.get_by_role("combobox", name=label, exact=True).select_option(value)
    explorer.until(f"s.view.settings.{key} === '{value}' && s.graph.digest !== '{before}' && !s.pending")
    assert explorer.state["problem"] is None
    explorer.settle().page.get_by_role("button", name="Undo (Ctrl Z)").click()
    explorer.until(f"s.graph.digest === '{before}' && !s.pending")


def test_lens_choice(explorer):
    explorer.page.get_by_role("combobox", name="Lens", exact=True).select_option("l1")
    explorer.until("s.view.settings.lens === 'l1' && !s.pending")
    assert explorer.state["problem"] is None


def test_relayout_releases_pins_and_draws_the_same_as_at_first(explorer):
    first = explorer.state["graph"]["layout"]
    explorer.set_number("Overlap", 0.45)
    explorer.until("s.view.settings.overlap === 0.45 && !s.pending")
    explorer.set_number("Overlap", 0.3)
    explorer.until("s.view.settings.overlap === 0.3 && !s.pending")
    explorer.settle()
    explorer.page.get_by_role("button", name=re.compile("^Recompute the layout")).click()
    explorer.until(f"s.graph.layout === '{first}' && !s.pending")


def test_a_refused_request_is_a_sentence_and_the_graph_stays(explorer, complaints):
    before = explorer.state["graph"]["digest"]
    sentence = "ε must be a positive number: got what the test made up"
    answer = {"status": 400, "json": {"error": sentence}}
    explorer.page.route("**/api/maps", lambda route: route.fulfill(**answer))
    with explorer.page.expect_console_message():  # Chromium reports the refusal itself
        explorer.set_number("Overlap", 0.2)
    expect(explorer.page.get_by_role("alert")).to_contain_text(sentence)
    state = explorer.state
    assert state["graph"]["digest"] == before
    assert state["view"]["settings"]["overlap"] == 0.3
    complaints.clear()


def test_url_restores_the_exact_view_in_a_fresh_page(explorer, new_page, url):
    page = explorer.page
    page.get_by_role("button", name=re.compile("^pixels")).click()
    explorer.until("s.graph.layer === 0")
    explorer.settle()
    explorer.set_number("Overlap", 0.4)
    explorer.until("s.view.settings.overlap === 0.4 && !s.pending")
    explorer.settle()
    explorer.set_number("Edge Jaccard at least", 0.05)
    page.mouse.move(700, 400)
    page.mouse.wheel(0, -120)
    x, y = (node := explorer.largest(2))["screen"]
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 25, y - 25, steps=3)
    page.mouse.up()
    explorer.click_node(node)
    page.get_by_role("option", name=re.compile("^two")).click()
    page.get_by_role("combobox", name="Colour").select_option("purity")
    page.get_by_role("button", name="Dark theme").click()
    page.mouse.move(3, 3)
    page.wait_for_timeout(600)
    expected = explorer.state
    fresh = type(explorer)(new_page(), url).open()
    fresh.open(f"{url.split('?')[0]}#{page.url.split('#')[1]}")
    fresh.page.reload()
    restored = fresh.settle().state
    assert restored == expected
    assert fresh.page.evaluate("document.documentElement.dataset.theme") == "dark"
