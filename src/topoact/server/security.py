"""`Gate`: middleware that serves only holders of a token of this start, under this host's name, from its own pages.

A web page that somebody visits can send requests to 127.0.0.1, and a name that it controls can be made to point there
(DNS rebinding). So every request must name a host we serve and carry the cookie that the token in the opened URL was
swapped for, and one that changes anything must come from our own origin. A second token lets others look: a reader sees
the study and its graphs, and asks for further ones, but gives no inputs and starts nothing that takes minutes.
"""

import hmac
from collections.abc import Collection
from http.cookies import CookieError, SimpleCookie
from typing import Final
from urllib.parse import parse_qs

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from topoact.server.no_token import NO_TOKEN, NO_TOKEN_PAGE

TOKEN_PARAMETER: Final = "token"  # noqa: S105
READER_SUFFIX: Final = "-reader"
"""End of the name of a reader's cookie: a link for readers that its sender opens takes no rights away."""
SAFE_METHODS: Final = frozenset({"GET", "HEAD"})
READERS_MAY: Final = frozenset(
    {
        "/api/previews",
        "/api/first-screens",
        "/api/maps",
        "/api/projections",
        "/api/examples",
        "/api/examples/search",
        "/api/exports",
    }
)
"""Paths that a reader may post to; what they compute is kept as graphs are or not at all, and replaces nothing."""
JOBS: Final = "/api/jobs/"
"""Start of the path of a job, which whoever asked for it may give up."""
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
    token, reader_token
        The secrets of this start: of whoever may do everything, and of whoever may look.
    hosts
        Values of the Host header that are served besides the address that a request came in on, with the port.
    cookie
        Name of the cookie; all ports of a host share cookies, so each server needs its own name.
    """

    def __init__(self, app: ASGIApp, *, token: str, reader_token: str, hosts: Collection[str], cookie: str) -> None:
        self.app = app
        self.tokens = {cookie: token, f"{cookie}{READER_SUFFIX}": reader_token}
        self.hosts = frozenset(host.lower() for host in hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":
            return
        refusal = self._refusal(scope)
        app: ASGIApp = self.app if refusal is None else refusal
        await app(scope, receive, self._with_headers(scope, send))

    def _refusal(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        host = headers.get("host", "").lower()
        if host not in self.hosts and host != _address(scope):
            return _refuse(421, f"this server does not answer for the host {host!r}")
        cookie = self._cookie_of(scope)
        if cookie is None:
            return _unknown(scope, headers)
        scope.setdefault("state", {})["is_reader"] = cookie.endswith(READER_SUFFIX)
        if scope["method"] in SAFE_METHODS:
            return None
        if not _is_own(headers.get("origin", ""), host):
            return _refuse(403, "requests that change anything must come from the explorer's own page")
        if cookie.endswith(READER_SUFFIX) and not (scope["path"] in READERS_MAY or scope["path"].startswith(JOBS)):
            return _refuse(403, "this link is for reading: ask whoever sent it for the full one")
        return None

    def _cookie_of(self, scope: Scope) -> str | None:
        """Return the name of the cookie of the token that a request has, the one that may do more first."""
        given, jar = _query_token(scope), _cookies(scope)
        for name, token in self.tokens.items():
            if _is_same(given, token) or _is_same(jar.get(name, ""), token):
                return name
        return None

    def _with_headers(self, scope: Scope, send: Send) -> Send:
        """Return a `send` that adds the security headers, and the cookie where the address has the token."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                headers.setdefault("cache-control", _caching(scope["path"], message["status"]))
                for name, token in self.tokens.items():
                    if _is_same(_query_token(scope), token):
                        headers.append("set-cookie", f"{name}={token}; HttpOnly; SameSite=Strict; Path=/")
            await send(message)

        return send_with_headers


def is_reader(request: HTTPConnection) -> bool:
    """Return whether a request came with the token of a reader."""
    return bool(getattr(request.state, "is_reader", True))


def _is_same(candidate: str, token: str) -> bool:
    return hmac.compare_digest(candidate.encode(), token.encode())


def _cookies(scope: Scope) -> dict[str, str]:
    try:
        jar = SimpleCookie(Headers(scope=scope).get("cookie", ""))
    except CookieError:
        return {}
    return {name: morsel.value for name, morsel in jar.items()}


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


def _unknown(scope: Scope, headers: Headers) -> Response:
    """Refuse a request without a token: a page that explains it to a person, a sentence to a program."""
    is_page = "text/html" in headers.get("accept", "") and not scope["path"].startswith(("/api/", "/assets/"))
    return HTMLResponse(NO_TOKEN_PAGE, 401) if is_page else _refuse(401, NO_TOKEN)


def _refuse(status: int, sentence: str) -> JSONResponse:
    return JSONResponse({"error": sentence}, status)
