"""What one client may take: `BoundedBodies` of requests in memory, and `BoundedConnection` in number and time."""

import asyncio
import time
from collections.abc import Collection
from typing import Final

import h11
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

MAX_BODY_BYTES: Final = 1_000_000
"""Bytes of a request, but of routes that count themselves."""


class BoundedBodies:
    """ASGI middleware that refuses larger requests, whether they say their length or not, and answers HEAD as GET.

    Parameters
    ----------
    app
        The application behind it.
    counted
        Paths of routes that read no more than they allow.
    """

    def __init__(self, app: ASGIApp, *, counted: Collection[str] = ()) -> None:
        self.app, self.counted = app, frozenset(counted)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if scope["method"] == "HEAD":
            scope, send = {**scope, "method": "GET"}, _without_body(send)
        if scope["path"] not in self.counted:
            receive = _counted(receive, Headers(scope=scope).get("content-length", ""))
        await self.app(scope, receive, send)


def _without_body(send: Send) -> Send:
    """Return a `send` that ends the response after its headers, even that of a stream."""
    ended = False

    async def send_headers(message: Message) -> None:
        nonlocal ended
        if message["type"] == "http.response.start":
            await send(message)
        elif not ended:
            ended = True
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    return send_headers


def _counted(receive: Receive, length: str) -> Receive:
    """Return a `receive` that raises an answer of status 413 instead of more than `MAX_BODY_BYTES`."""
    n_bytes = 0

    async def receive_counted() -> Message:
        nonlocal n_bytes
        if length.isdecimal() and int(length) > MAX_BODY_BYTES:
            raise _too_large()
        message = await receive()
        n_bytes += len(message.get("body", b""))
        if n_bytes > MAX_BODY_BYTES:
            raise _too_large()
        return message

    return receive_counted


def _too_large() -> HTTPException:
    return HTTPException(413, f"a request may have {MAX_BODY_BYTES / 1e6:g} MB: this one has more")


class BoundedConnection(H11Protocol):
    """An HTTP/1.1 connection that is closed when its client is too slow, or there are too many.

    A request has its headers within `HEADER_SECONDS`, and its body at `MIN_RATE` after `BODY_SECONDS`. What the client
    does not read of a response waits for `WRITE_SECONDS`. The time of the work between them has no bound.
    """

    MAX_CONNECTIONS = 200
    HEADER_SECONDS = 10.0
    BODY_SECONDS = 20.0
    MIN_RATE = 10_000
    """Bytes in a second."""
    LINGER_SECONDS = 5.0
    """For the rest of a body when the response is complete."""
    WRITE_SECONDS = 60.0
    CHECK_SECONDS = 1.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to watch the connection, or refuse it."""
        super().connection_made(transport)
        self._phase: tuple[str, RequestResponseCycle | None] = ("header", None)
        self._since, self._n_bytes = time.monotonic(), 0
        self._timer = self.loop.call_later(self.CHECK_SECONDS, self._check)
        if len(self.connections) > self.MAX_CONNECTIONS:
            self._close("503 Service Unavailable")

    def data_received(self, data: bytes) -> None:
        """Count what comes."""
        super().data_received(data)
        self._n_bytes += len(data)
        self._note_phase()

    def connection_lost(self, exc: Exception | None) -> None:
        """End the watch."""
        self._timer.cancel()
        super().connection_lost(exc)

    def _check(self) -> None:
        """Close the connection if it waits for its client too long; else look again later."""
        self._note_phase()
        phase, waited = self._phase[0], time.monotonic() - self._since
        allowed = {
            "header": self.HEADER_SECONDS,
            "body": self.BODY_SECONDS + self._n_bytes / self.MIN_RATE,
            "rest": self.LINGER_SECONDS,
            "write": self.WRITE_SECONDS,
        }
        if waited > allowed.get(phase, waited):
            self._close("408 Request Timeout" if phase in ("header", "body") else None)
        else:
            self._timer = self.loop.call_later(self.CHECK_SECONDS, self._check)

    def _note_phase(self) -> None:
        phase = (self._phase_now(), self.cycle)
        if phase[0] != self._phase[0] or phase[1] is not self._phase[1]:
            self._phase, self._since, self._n_bytes = phase, time.monotonic(), 0

    def _phase_now(self) -> str:
        """Return what the connection waits for: of the client, or for the work in between."""
        if self.flow.write_paused:
            return "write"
        if self.conn.their_state is h11.IDLE:
            return "header"
        if self.conn.their_state is h11.SEND_BODY:
            is_answered = self.cycle is not None and self.cycle.response_complete
            return "rest" if is_answered else "work" if self.flow.read_paused else "body"
        return "work"

    def _close(self, status: str | None) -> None:
        if status is not None:
            self.transport.write(f"HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n".encode())
            self.transport.close()
        else:
            self.transport.abort()
