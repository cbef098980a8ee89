"""The stream of job events, to several tabs, and after they have gone."""

import json
import socket
import threading
import time
from dataclasses import asdict

import httpx2
import pytest
from served import MAP, events, finish

from topoact.server import events as events_module
from topoact.testing.serving import PATIENCE, TOKEN
from topoact.testing.settings import dbscan

SLOW = {"layer": 1, "settings": asdict(dbscan(lens="l1", n_intervals=4000, overlap=0.99, eps=12.0))}


def watchers(server):
    return len(server.app.state.jobs._watchers)


def wait_for(condition):
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def raw_stream(server):
    """Open the stream on a socket of our own, and read until its greeting has come."""
    stream = socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE)
    stream.sendall(f"GET /api/events?token={TOKEN} HTTP/1.1\r\nHost: {server.host}\r\n\r\n".encode())
    received = b""
    while b": hello" not in received:
        received += stream.recv(4096)
    return stream


def test_two_tabs_hear_the_same(server, client):
    with httpx2.Client(base_url=server.address, params={"token": TOKEN}, timeout=PATIENCE) as other:
        heard = {"one": [], "two": []}

        def listen(name, tab):
            for event in events(tab):
                heard[name].append(event)
                if event["state"] not in ("queued", "running") and event["kind"] == "map":
                    return

        wait_for(lambda: watchers(server) == 0)
        assert server.app.state.jobs.statuses() == [], "this module's server has not worked yet"
        tabs = [threading.Thread(target=listen, args=pair) for pair in (("one", client), ("two", other))]
        for tab in tabs:
            tab.start()
        wait_for(lambda: watchers(server) == 2)
        with httpx2.Client(base_url=server.address, params={"token": TOKEN}, timeout=PATIENCE) as third:
            assert third.post("/api/maps", json=MAP, headers={"origin": server.address}).json()["job"]
        for tab in tabs:
            tab.join()
    assert heard["one"] == heard["two"]
    assert [heard["one"][0]["state"], heard["one"][-1]["state"]] == ["queued", "done"]


def test_a_tab_opened_later_hears_how_jobs_ended(client):
    job = client.post("/api/maps", json={**MAP, "layer": 1}).json()["job"]
    assert finish(client, job)["state"] == "done"
    assert next(event for event in events(client) if event["job"] == job)["state"] == "done"


def test_a_tab_that_closes_is_forgotten(server):
    wait_for(lambda: watchers(server) == 0)
    streams = [raw_stream(server) for _ in range(3)]
    wait_for(lambda: watchers(server) == 3)
    for stream in streams:
        stream.close()
    wait_for(lambda: watchers(server) == 0)


def test_a_quiet_stream_is_kept_alive(server, monkeypatch):
    monkeypatch.setattr(events_module, "HEARTBEAT_SECONDS", 0.05)
    stream = raw_stream(server)
    received = b""
    while received.count(b": still here\n\n") < 2:
        received += stream.recv(4096)
    stream.close()
    assert b"event: job" not in received.partition(b": still here")[2]


def test_a_job_is_cancelled_over_http(client):
    job = client.post("/api/maps", json=SLOW).json()["job"]
    stream = events(client)
    next(event for event in stream if event["job"] == job and event["state"] == "running")
    assert client.delete(f"/api/jobs/{job}").status_code == 204
    assert (
        next(event for event in stream if event["job"] == job and event["state"] != "running")["state"] == "cancelled"
    )
    assert client.delete(f"/api/jobs/{job}").status_code == 204, "what has ended is as good as stopped"


@pytest.mark.parametrize("line", ["event: job", "data: "])
def test_events_are_framed_as_the_standard_says(server, client, line):
    if not server.app.state.jobs.statuses():
        finish(client, client.post("/api/maps", json=MAP).json()["job"])
    with client.stream("GET", "/api/events") as stream:
        text = ""
        for part in stream.iter_text():
            text += part
            if text.count("\n\n") > 1:
                break
    block = text.split("\n\n")[1].split("\n")
    assert block[0] == "event: job"
    assert json.loads(block[1].removeprefix("data: "))["job"]
    assert any(own.startswith(line) for own in block)
    assert len(block) == 2
