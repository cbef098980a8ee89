"""Strangers are turned away: no token, or another name for this host."""

import http.client
from urllib.parse import urlsplit

import pytest


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
