"""Who is let in, who is not, and what every answer says to the browser."""

import http.client

import pytest
from served import MAP, obtain

from topoact.server.dependencies import SANDBOXED
from topoact.server.security import HEADERS, READERS_MAY, Gate
from topoact.testing.serving import READER_TOKEN, TOKEN

ADDRESSES = ["/", "/assets/app.js", "/api/study", "/api/events", "/api/nothing", "/api/graphs/0123456789abcdef/members"]

CHANGES = [("POST", "/api/maps"), ("POST", "/api/projections"), ("POST", "/api/examples"), ("DELETE", "/api/jobs/1")]
TRICKS = ["..", "../..", "..%2f..%2fstudy.json", "%2e%2e%2fstudy", "study.json", "/etc/passwd", "0123456789ABCDEF"]


class TestToken:
    @pytest.mark.parametrize("address", ADDRESSES)
    @pytest.mark.parametrize("token", ["", "wrong", TOKEN[:-1], TOKEN + "x", TOKEN.upper(), "é"], ids=repr)
    def test_without_the_token_nothing_is_told(self, stranger, address, token):
        answer = stranger.get(address, params={"token": token})
        assert answer.status_code == 401
        assert answer.json() == {"error": "open the address that topoact printed: it carries this session's token"}
        assert "set-cookie" not in answer.headers

    def test_no_token_at_all(self, stranger):
        assert stranger.get("/").status_code == 401
        assert stranger.post("/api/maps", json=MAP).status_code == 401

    def test_the_token_is_swapped_for_a_cookie(self, stranger, server):
        answer = stranger.get("/", params={"token": TOKEN})
        assert answer.status_code == 200
        name, *flags = answer.headers["set-cookie"].split("; ")
        assert name == f"topoact-{server.port}={TOKEN}"
        assert set(flags) == {"HttpOnly", "SameSite=Strict", "Path=/"}

    def test_the_cookie_then_suffices(self, client):
        answer = client.get("/api/study")
        assert answer.status_code == 200
        assert "set-cookie" not in answer.headers

    @pytest.mark.parametrize(
        "cookie",
        [
            pytest.param("topoact-{port}=wrong", id="wrong-value"),
            pytest.param("topoact-1=" + TOKEN, id="of-another-port"),
            pytest.param("other={token}", id="other-name"),
            pytest.param("topoact-{port}", id="no-value"),
            pytest.param('="\\;;=;,', id="garbage"),
        ],
    )
    def test_wrong_cookies(self, stranger, server, cookie):
        cookie = cookie.format(port=server.port, token=TOKEN)
        assert stranger.get("/api/study", headers={"cookie": cookie}).status_code == 401

    def test_another_cookie_beside_ours_does_not_matter(self, stranger, server):
        cookie = f"a=b; topoact-{server.port}={TOKEN}; c=d"
        assert stranger.get("/api/study", headers={"cookie": cookie}).status_code == 200


class TestPageWithoutToken:
    @pytest.mark.parametrize("address", ["/", "/?token=old", "/somewhere"])
    def test_a_person_is_told_what_the_link_lacks(self, stranger, address):
        answer = stranger.get(address, headers={"accept": "text/html,application/xhtml+xml,*/*;q=0.8"})
        assert answer.status_code == 401
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        assert "This link lacks its key" in answer.text
        assert "set-cookie" not in answer.headers
        assert HEADERS.items() <= dict(answer.headers).items()

    @pytest.mark.parametrize("address", ["/api/study", "/assets/app.js"])
    def test_a_program_is_told_in_a_sentence(self, stranger, address):
        answer = stranger.get(address, headers={"accept": "text/html"})
        assert (answer.status_code, list(answer.json())) == (401, ["error"])


class TestReader:
    def test_looks_and_turns_knobs(self, reader):
        assert reader.get("/api/study").json()["is_reader"] is True
        address = obtain(reader, "/api/maps", MAP)
        assert reader.get(f"/api/graphs/{address}").status_code == 200
        assert reader.post("/api/examples", json={"rows": [0]}).status_code == 200
        assert reader.delete("/api/jobs/none").status_code == 404

    def test_starts_nothing_else(self, reader, server):
        changing = {
            (method.upper(), path)
            for path, methods in server.app.openapi()["paths"].items()
            for method in methods
            if method not in ("get", "head") and path not in READERS_MAY and "{job}" not in path
        }
        assert {"/api/located-inputs", "/api/inversions", "/api/stabilities", "/api/attributions"} <= {
            path for _, path in changing
        }
        for method, path in changing:
            answer = reader.request(method, path.replace("{", "").replace("}", ""), json={})
            assert answer.status_code == 403
            assert answer.json() == {"error": "this link is for reading: ask whoever sent it for the full one"}

    def test_whoever_has_both_may_do_everything(self, client, reader, server):
        jar = f"topoact-{server.port}={TOKEN}; topoact-{server.port}-reader={READER_TOKEN}"
        assert reader.get("/api/study", headers={"cookie": jar}).json()["is_reader"] is False
        assert client.get("/api/study", params={"token": READER_TOKEN}).json()["is_reader"] is False

    def test_its_token_opens_nothing_under_the_other_name(self, stranger, server):
        cookie = f"topoact-{server.port}={READER_TOKEN}"
        assert stranger.get("/api/study", headers={"cookie": cookie}).status_code == 401

    def test_the_page_gets_its_token_for_links(self, client, reader):
        for page in (client, reader):
            assert page.get("/api/study").json()["reader_token"] == READER_TOKEN


class TestHost:
    @pytest.mark.parametrize(
        "host",
        [
            "evil.example",
            "evil.example:{port}",
            "127.0.0.1",
            "127.0.0.1:1",
            "127.0.0.1:{port}.evil.example",
            "localhost.evil.example:{port}",
            "0.0.0.0:{port}",
            "",
        ],
    )
    def test_a_foreign_host_is_refused_even_with_the_token(self, client, server, host):
        host = host.format(port=server.port)
        answer = client.get("/api/study", headers={"host": host})
        assert answer.status_code == 421
        assert answer.json() == {"error": f"this server does not answer for the host {host!r}"}

    @pytest.mark.parametrize("host", ["127.0.0.1:{port}", "localhost:{port}", "LocalHost:{port}", "[::1]:{port}"])
    def test_names_of_this_machine(self, client, server, host):
        cookie = f"topoact-{server.port}={TOKEN}"
        headers = {"host": host.format(port=server.port), "cookie": cookie}
        assert client.get("/api/study", headers=headers).status_code == 200


class TestOrigin:
    @pytest.mark.parametrize(("method", "address"), [*CHANGES, ("PUT", "/api/study"), ("OPTIONS", "/api/maps")])
    @pytest.mark.parametrize(
        "origin",
        [
            pytest.param(None, id="missing"),
            pytest.param("null", id="null"),
            pytest.param("http://evil.example", id="foreign"),
            pytest.param("http://127.0.0.1:1", id="another-port"),
            pytest.param("http://{host}.evil.example", id="longer-name"),
            pytest.param("http://x@{host}", id="with-a-user"),
            pytest.param("ftp://{host}", id="another-scheme"),
            pytest.param("http://[", id="no-address"),
            pytest.param("{host}", id="no-scheme"),
        ],
    )
    def test_what_changes_anything_must_come_from_our_page(self, client, server, method, address, origin):
        if origin is None:
            del client.headers["origin"]
        else:
            client.headers["origin"] = origin.format(host=server.host)
        answer = client.request(method, address, json=MAP)
        assert answer.status_code == 403
        assert answer.json() == {"error": "requests that change anything must come from the explorer's own page"}

    def test_behind_a_proxy_with_tls(self, client, server):
        answer = client.post("/api/examples", json={"rows": [0]}, headers={"origin": f"https://{server.host}"})
        assert answer.status_code == 200

    def test_reading_needs_no_origin(self, client):
        del client.headers["origin"]
        assert client.get("/api/study").status_code == 200


class TestHeaders:
    @pytest.mark.parametrize(
        ("method", "address", "status"),
        [
            ("GET", "/", 200),
            ("HEAD", "/", 200),
            ("GET", "/assets/app.js", 200),
            ("GET", "/api/study", 200),
            ("GET", "/api/examples/0/thumbnail", 200),
            ("GET", "/api/layers/0/points", 200),
            ("GET", "/nothing", 404),
            ("GET", "/api/nothing", 404),
            ("GET", "/api/layers/99/points", 404),
            ("GET", "/api/layers/x/points", 422),
            ("PUT", "/api/study", 405),
            ("POST", "/api/maps", 422),
        ],
    )
    def test_on_every_answer(self, client, method, address, status):
        answer = client.request(method, address)
        assert answer.status_code == status
        expected = HEADERS | SANDBOXED if address.endswith("/thumbnail") else HEADERS
        assert expected.items() <= dict(answer.headers).items()

    def test_on_refusals(self, stranger, server):
        for answer in (stranger.get("/"), stranger.get("/", headers={"host": "evil.example"})):
            assert HEADERS.items() <= dict(answer.headers).items()

    def test_on_the_stream(self, client):
        with client.stream("GET", "/api/events") as answer:
            assert HEADERS.items() <= dict(answer.headers).items()
            assert answer.headers["cache-control"] == "no-store"

    def test_the_policy_allows_nothing_from_elsewhere(self):
        policy = dict(rule.split(" ", 1) for rule in HEADERS["content-security-policy"].split("; "))
        assert policy["default-src"] == "'self'"
        assert policy["object-src"] == policy["base-uri"] == policy["form-action"] == "'none'"
        assert "script-src" not in policy
        assert "http" not in HEADERS["content-security-policy"]

    def test_no_answer_may_be_read_by_other_origins(self, client):
        answer = client.get("/api/study", headers={"origin": "http://evil.example"})
        assert not [name for name in answer.headers if name.startswith("access-control-")]


class TestPaths:
    @pytest.mark.parametrize(
        "path",
        [
            "/../secret.txt",
            "/assets/../../secret.txt",
            "/%2e%2e/secret.txt",
            "/..%2fsecret.txt",
            "/assets/%2e%2e/%2e%2e/secret.txt",
            "/..%5csecret.txt",
            "//secret.txt",
            "/%00",
            "/etc/passwd",
            "/api/../../secret.txt",
        ],
    )
    def test_nothing_beside_the_page_is_served(self, server, path):
        """Sent as it is: clients tidy such paths before they send them."""
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        connection.request("GET", f"{path}?token={TOKEN}")
        answer = connection.getresponse()
        assert answer.status == 404
        assert b"SECRET" not in answer.read()
        connection.close()

    @pytest.mark.parametrize("trick", TRICKS)
    @pytest.mark.parametrize(
        "address",
        [
            "/api/graphs/{}/members",
            "/api/graphs/{}/0123456789abcdef",
            "/api/graphs/0123456789abcdef/{}",
            "/api/layers/{}/points",
            "/api/projections/{}/pca",
            "/api/projections/0/{}",
            "/api/examples/{}/thumbnail",
        ],
    )
    def test_no_parameter_names_a_file(self, server, address, trick):
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        connection.request("GET", f"{address.format(trick)}?token={TOKEN}")
        answer = connection.getresponse()
        assert answer.status in (404, 422)
        assert b"error" in answer.read()
        connection.close()

    @pytest.mark.parametrize("address", ["/openapi.json", "/docs", "/redoc", "/api/openapi.json"])
    def test_no_description_of_the_api_is_served(self, client, address):
        assert client.get(address).status_code == 404


@pytest.mark.parametrize(("address", "host"), [("192.0.2.7", "192.0.2.7:80"), ("2001:db8::7", "[2001:db8::7]:80")])
def test_the_address_that_a_request_came_in_on_is_served(address, host):
    gate = Gate(None, token=TOKEN, reader_token=READER_TOKEN, hosts=[], cookie="c")
    scope = {"server": (address, 80), "method": "GET", "query_string": f"token={TOKEN}".encode()}
    assert gate._refusal({**scope, "type": "http", "headers": [(b"host", host.encode())]}) is None
    assert gate._refusal({**scope, "type": "http", "headers": [(b"host", b"evil.example:80")]}).status_code == 421
