"""What the tests of the server do with it: wait for jobs, ask for things, read frames."""

import json
from collections.abc import Iterator
from dataclasses import asdict

import httpx2
import numpy as np

from topoact.testing.settings import dbscan

MAP = {
    "layer": 0,
    "settings": asdict(dbscan(n_intervals=5, eps=25.0)),
}


def events(client: httpx2.Client) -> Iterator[dict]:
    """Yield the job events of the stream."""
    with client.stream("GET", "/api/events") as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        for line in stream.iter_lines():
            if line.startswith("data: "):
                yield json.loads(line.removeprefix("data: "))


def finish(client: httpx2.Client, job: str | None) -> dict | None:
    """Wait until a job has ended and return its last event."""
    if job is None:
        return None
    return next(
        event for event in events(client) if event["job"] == job and event["state"] not in ("queued", "running")
    )


def obtain(client: httpx2.Client, path: str, request: dict) -> str:
    """Ask for something, wait for it, and return its address."""
    answer = client.post(path, json=request)
    assert answer.status_code == 200, answer.text
    last = finish(client, answer.json()["job"])
    assert last is None or last["state"] == "done", last
    return answer.json()["result"]


def decode_frame(content: bytes) -> dict[str, np.ndarray]:
    """Read a binary frame as the documentation of `encode_frame` says."""
    assert content[:4] == b"TPA1"
    size = int.from_bytes(content[4:8], "little")
    header, body = json.loads(content[8 : 8 + size]), content[8 + size :]
    return {
        name: np.frombuffer(
            body, np.dtype(entry["dtype"]).newbyteorder("<"), int(np.prod(entry["shape"])), entry["offset"]
        ).reshape(entry["shape"])
        for name, entry in header.items()
    }
