"""Bounds on what a client may take, over real sockets: bodies, connections, time; HEAD and what may be cached."""

import errno
import json
import socket

import httpx2
import pytest
from served import MAP, obtain

from topoact.errors import Cancelled, InvalidInput, ModelError, StudyError, UnknownName
from topoact.server.limits import MAX_BODY_BYTES, BoundedConnection
from topoact.testing.serving import PATIENCE, TOKEN


@pytest.fixture
def impatient(monkeypatch):
    """Bounds of a tenth of a second."""
    for name in ("HEADER_SECONDS", "BODY_SECONDS", "LINGER_SECONDS", "WRITE_SECONDS"):
        monkeypatch.setattr(BoundedConnection, name, 0.1)
    monkeypatch.setattr(BoundedConnection, "CHECK_SECONDS", 0.02)
    monkeypatch.setattr(BoundedConnection, "MIN_RATE", 1e9)


def connect(server):
    return socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE)


def head_of(server, method, path, *headers):
    lines = [f"{method} {path}{'&' if '?' in path else '?'}token={TOKEN} HTTP/1.1", f"Host: {server.host}", *headers]
    return ("\r\n".join([*lines, f"Origin: http://{server.host}", "", ""])).encode()


def until_closed(connection):
    """Return what comes until the other end closes; times out if it does not."""
    received = b""
    try:
        while part := connection.recv(65536):
            received += part
    except ConnectionResetError:
        pass
    return received


class TestBodies:
    @pytest.mark.parametrize("path", ["/api/maps", "/api/examples", "/api/inversions", "/api/nothing"])
    def test_a_length_that_is_too_large_is_refused_unread(self, server, path):
        with connect(server) as connection:
            connection.sendall(head_of(server, "POST", path, "Content-Length: 700000000", "Connection: close"))
            answer = until_closed(connection)
        if path != "/api/nothing":  # no route, so nothing is read
            assert b"HTTP/1.1 413 " in answer
            assert b"a request may have 1 MB: this one has more" in answer

    def test_chunks_are_counted(self, client):
        def chunks():
            for _ in range(MAX_BODY_BYTES // 100_000 + 1):
                yield b" " * 100_000

        answer = client.post("/api/maps", content=chunks(), headers={"content-type": "application/json"})
        assert (answer.status_code, answer.json()) == (413, {"error": "a request may have 1 MB: this one has more"})

    def test_what_fits_is_read(self, client):
        content = json.dumps({"rows": [0]}) + " " * (MAX_BODY_BYTES - 100)
        answer = client.post("/api/examples", content=content, headers={"content-type": "application/json"})
        assert answer.status_code == 200

    def test_lists_in_lists_are_refused(self, client):
        answer = client.post("/api/maps", content=b"[" * 100_000, headers={"content-type": "application/json"})
        assert 400 <= answer.status_code < 500


class TestSlowClients:
    @pytest.mark.parametrize(
        "sent", [b"", b"G", b"GET / HTTP/1.1\r\nHost: somewhere\r\n", b"POST /api/maps HTTP/1.1\r\nX: "]
    )
    def test_headers_that_do_not_come(self, server, impatient, sent):
        with connect(server) as connection:
            connection.sendall(sent)
            assert until_closed(connection).startswith(b"HTTP/1.1 408 ")

    def test_headers_that_come_drop_by_drop(self, server, impatient):
        with connect(server) as connection:
            connection.settimeout(0.02)
            for drop in (b"GET / HTTP/1.1\r\n", *[b"x: y\r\n"] * int(PATIENCE / 0.02)):
                connection.sendall(drop)
                try:
                    received = connection.recv(4096)
                    break
                except TimeoutError:
                    continue
            assert received.startswith(b"HTTP/1.1 408 ")

    @pytest.mark.parametrize("path", ["/api/maps", "/api/located-inputs?layer=0&settings={}"])
    def test_a_body_that_does_not_come(self, server, impatient, path):
        kind = "Content-Type: image/png" if "located" in path else "Content-Type: application/json"
        with connect(server) as connection:
            connection.sendall(head_of(server, "POST", path, "Content-Length: 1000", kind) + b"{")
            assert b"HTTP/1.1 408 " in until_closed(connection)

    def test_a_body_that_nobody_wants(self, server, impatient):
        with connect(server) as connection:
            connection.sendall(f"POST / HTTP/1.1\r\nHost: {server.host}\r\nContent-Length: 1000\r\n\r\n".encode())
            assert b"HTTP/1.1 401 " in until_closed(connection)

    def test_work_has_no_bound(self, client, impatient):
        obtain(client, "/api/maps", {**MAP, "settings": {**MAP["settings"], "n_intervals": 9}})

    def test_too_many_connections(self, server, monkeypatch):
        monkeypatch.setattr(BoundedConnection, "MAX_CONNECTIONS", 0)
        with connect(server) as connection:
            assert until_closed(connection).startswith(b"HTTP/1.1 503 ")

    def test_the_server_goes_on(self, server, impatient, monkeypatch):
        slow = [connect(server) for _ in range(20)]
        for connection in slow:
            assert until_closed(connection)
            connection.close()
        monkeypatch.undo()
        with httpx2.Client(timeout=PATIENCE) as another:
            assert another.get(f"{server.address}/api/study?token={TOKEN}").status_code == 200


class TestCaching:
    @pytest.fixture
    def name(self, client):
        return obtain(client, "/api/maps", MAP)

    def test_what_is_named_by_its_digest_is_kept(self, client, name):
        for path in (f"/api/graphs/{name}", f"/api/graphs/{name.split('/')[0]}/members", "/api/layers/0/points"):
            assert "immutable" in client.get(path).headers["cache-control"]

    def test_what_may_change_is_not(self, client, name):
        for path in ("/api/study", f"/api/graphs/{name.split('/')[0]}/shape", "/api/nothing", "/api/layers/99/points"):
            assert client.get(path).headers["cache-control"] == "no-store"

    def test_the_page_is_asked_for_anew_and_its_assets_are_not(self, client):
        assert client.get("/").headers["cache-control"] == "private, no-cache"
        assert "immutable" in client.get("/assets/app.js").headers["cache-control"]
        assert client.get("/assets/missing.js").headers["cache-control"] == "no-store"

    @pytest.mark.parametrize(
        "path",
        ["/", "/assets/app.js", "/api/study", "/api/layers/0/points", "/api/examples/0/thumbnail", "/api/events"],
    )
    def test_head_is_get_without_a_body(self, client, path):
        answer = client.head(path)
        assert answer.status_code == 200
        assert answer.content == b""
        with client.stream("GET", path) as other:
            assert (other.status_code, other.headers["content-type"]) == (
                answer.status_code,
                answer.headers["content-type"],
            )

    @pytest.mark.parametrize("path", ["/api/maps", "/api/nothing", "/nothing"])
    def test_head_of_what_cannot_be_had(self, client, path):
        assert client.head(path).status_code == client.get(path).status_code == 404


def test_a_full_disk_while_an_input_is_brought(painter, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    folder = painter.bench.study.path / "located-inputs"
    before = set(folder.glob("*"))
    query = {"settings": json.dumps(painter.get("/api/study").json()["defaults"]), "layer": 0}
    with monkeypatch.context() as patch:
        patch.setattr("topoact.study.files.Path.replace", full)
        answer = painter.post(
            "/api/located-inputs", params=query, content=b"a photo", headers={"content-type": "image/png"}
        )
    assert answer.status_code == 507
    assert answer.json()["error"].startswith("the disk is full: free some space and ask again")
    assert set(folder.glob("*")) == before
    assert painter.get("/api/study").status_code == 200


@pytest.mark.parametrize(
    ("kind", "status"),
    [(UnknownName, 404), (InvalidInput, 400), (StudyError, 409), (ModelError, 422), (Cancelled, 422)],
)
def test_no_error_raised_on_purpose_is_one_of_the_server(server, client, monkeypatch, kind, status):
    def refused(*_, **__):
        raise kind("a sentence")

    monkeypatch.setattr("topoact.server.routes.serialize.study_summary", refused)
    answer = client.get("/api/study")
    assert (answer.status_code, answer.json()) == (status, {"error": "a sentence"})


def test_what_nobody_thought_of_is_said(server, client, monkeypatch):
    def broken(*_, **__):
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr("topoact.server.routes.serialize.study_summary", broken)
    answer = client.get("/api/study")
    assert answer.status_code == 500
    assert answer.json() == {"error": "internal error, please report it: ZeroDivisionError: division by zero"}
