"""`Gate`: middleware that serves only holders of this start's token, under this host's name, from its own pages.

A web page that somebody visits can send requests to 127.0.0.1, and a name that it controls can be made to point there
(DNS rebinding). So every request must name a host we serve and carry the cookie that the token in the opened URL was
swapped for, and one that changes anything must come from our own origin.
"""

import hmac
from collections.abc import Collection
from http.cookies import CookieError, SimpleCookie
from typing import Final
from urllib.parse import parse_qs

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

TOKEN_PARAMETER: Final = "token"  # noqa: S105
SAFE_METHODS: Final = frozenset({"GET", "HEAD"})
CONTENT_SECURITY_POLICY: Final = (
    "default-src 'self'; img-src 'self' blob: data:; style-src 'self' 'unsafe-inline'; worker-src 'self' blob:; "
    "connect-src 'self' blob:; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)
HEADERS: Final = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
}


class Gate:
    """ASGI middleware that refuses unauthorised requests, and adds the security headers to every response.

    Parameters
    ----------
    app
        The application behind it.
    token
        The secret of this start.
    hosts
        Values of the Host header that are served besides the address that a request came in on, with the port.
    cookie
        Name of the cookie; all ports of a host share cookies, so each server needs its own name.
    """

    def __init__(self, app: ASGIApp, *, token: str, hosts: Collection[str], cookie: str) -> None:
        self.app = app
        self.token = token
        self.hosts = frozenset(host.lower() for host in hosts)
        self.cookie = cookie

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":
            return
        refusal = self._refusal(scope)
        app: ASGIApp = self.app if refusal is None else refusal
        await app(scope, receive, self._with_headers(scope, send))

    def _refusal(self, scope: Scope) -> JSONResponse | None:
        headers = Headers(scope=scope)
        host = headers.get("host", "").lower()
        if host not in self.hosts and host != _address(scope):
            return _refuse(421, f"this server does not answer for the host {host!r}")
        if not (self._is_token(_query_token(scope)) or self._is_token(self._cookie_token(headers))):
            return _refuse(401, "open the address that topoact printed: it carries this session's token")
        if scope["method"] not in SAFE_METHODS and not _is_own(headers.get("origin", ""), host):
            return _refuse(403, "requests that change anything must come from the explorer's own page")
        return None

    def _is_token(self, candidate: str) -> bool:
        return hmac.compare_digest(candidate.encode(), self.token.encode())

    def _cookie_token(self, headers: Headers) -> str:
        try:
            jar = SimpleCookie(headers.get("cookie", ""))
        except CookieError:
            return ""
        return jar[self.cookie].value if self.cookie in jar else ""

    def _with_headers(self, scope: Scope, send: Send) -> Send:
        """Return a `send` that adds the security headers, and the cookie where the address has the token."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                headers.setdefault("cache-control", _caching(scope["path"], message["status"]))
                if self._is_token(_query_token(scope)):
                    headers.append("set-cookie", f"{self.cookie}={self.token}; HttpOnly; SameSite=Strict; Path=/")
            await send(message)

        return send_with_headers


def _caching(path: str, status: int) -> str:
    """Return how long a response is kept that does not say so; files in ``assets`` are named by their content."""
    if status not in (200, 304) or path.startswith("/api/"):
        return "no-store"
    return "private, max-age=31536000, immutable" if path.startswith("/assets/") else "private, no-cache"


def _address(scope: Scope) -> str:
    """Return the address and port that the request came in on, as a Host header: a name made to point here has none."""
    address, port = scope.get("server") or ("", None)
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def _is_own(origin: str, host: str) -> bool:
    return origin.lower() in (f"http://{host}", f"https://{host}")


def _query_token(scope: Scope) -> str:
    return parse_qs(scope["query_string"].decode("latin-1")).get(TOKEN_PARAMETER, [""])[0]


def _refuse(status: int, sentence: str) -> JSONResponse:
    return JSONResponse({"error": sentence}, status)
