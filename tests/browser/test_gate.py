"""Strangers are turned away: no token, or another name for this host."""

import http.client
import re
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from topoact.testing.serving import READER_TOKEN, TOKEN

from .conftest import Explorer


def ask(url, path, headers):
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status


@pytest.mark.parametrize("path", ["/", "/api/study", "/api/examples/0/thumbnail", "/api/events"])
def test_without_the_token_nothing_is_served(url, path):
    assert ask(url, path, {}) == 401
    assert ask(url, f"{path}?token=guess", {}) == 401


def test_a_foreign_host_is_refused_even_with_the_token(url):
    token = urlsplit(url).query
    assert ask(url, f"/?{token}", {}) == 200
    assert ask(url, f"/?{token}", {"Host": "evil.example"}) == 421


def test_a_page_without_the_token_shows_no_explorer(chromium, url):
    context = chromium.new_context()
    page = context.new_page()
    answer = page.goto(url.split("?", maxsplit=1)[0])
    assert answer.status == 401
    assert page.get_by_role("heading", name="This link lacks its key").is_visible()
    context.close()


def test_a_link_for_reading_opens_the_view_and_offers_nothing_else(new_page, url):
    explorer = Explorer(new_page(), url.replace(TOKEN, READER_TOKEN)).open()
    assert explorer.state["problem"] is None
    assert explorer.nodes
    page = explorer.page
    page.get_by_role("navigation", name="Layers").get_by_role("button").last.click()
    explorer.settle()
    explorer.set_number("Overlap", 0.4)
    explorer.until("s.view.settings.overlap === 0.4 && s.graph && !s.pending && !s.problem")
    expect(page.get_by_text("for reading", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Measure stability")).to_have_count(0)
    expect(page.get_by_role("button", name=re.compile("Locate an input"))).to_have_count(0)
