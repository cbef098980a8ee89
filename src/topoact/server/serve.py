"""`serve`: bind a port, make a token, print and open the address, and run the server of a study."""

import ipaddress
import secrets
import socket
import threading
import webbrowser
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import uvicorn
from starlette.types import ASGIApp

from topoact.errors import InvalidInput
from topoact.extract.summary import results_line
from topoact.interpret.study_network import NetworkChoice
from topoact.server.app import make_app
from topoact.server.limits import BoundedConnection
from topoact.workbench import open_workbench

DEFAULT_PORT: Final = 8765
N_PORTS_TRIED: Final = 20
"""Ports from the default on that are tried before any free one."""
SHUTDOWN_SECONDS: Final = 1


def serve(
    study: Path,
    *,
    host: str = "127.0.0.1",
    port: int | None = None,
    token: str | None = None,
    reader_token: str | None = None,
    open_browser: bool = True,
    network: NetworkChoice | None = None,
) -> None:
    """Serve the explorer of a study until interrupted, after printing its address.

    Parameters
    ----------
    study
        Folder of the study.
    host
        Address to bind; one that others can reach needs a `token` of the caller's.
    port
        Port to bind; by default the first free one from 8765.
    token
        Secret of the address; random by default.
    reader_token
        Secret of the address for those who may only look; random by default.
    open_browser
        Open the address in the default browser.
    network
        The study's network, which activation images and the location of new inputs need; none by default.

    Raises
    ------
    InvalidInput
        If the port is in use, the address is open to others and no token is given, or both tokens are the same.
    StudyError
        If the study cannot be opened.
    """
    if not _is_loopback(host) and not token:
        raise InvalidInput(f"host {host} can be reached from other machines: give a secret of your own with --token")
    token, reader_token = token or secrets.token_urlsafe(24), reader_token or secrets.token_urlsafe(24)
    if token == reader_token:
        raise InvalidInput("--token and --reader-token are the same: whoever may only look needs another one")
    bench = open_workbench(study, network)
    listener = _listen(host, port)
    bound = listener.getsockname()[1]
    host_and_port = f"{_name(host)}:{bound}"
    app = make_app(bench, token=token, reader_token=reader_token, port=bound, hosts=[host_and_port])
    address = f"http://{host_and_port}/?token={quote(token)}"
    print(f"TopoAct explorer: {address}", flush=True)  # noqa: T201
    print(f"for reading only: http://{host_and_port}/?token={quote(reader_token)}", flush=True)  # noqa: T201
    if bench.derived.root != study:
        print(results_line(bench.derived.root), flush=True)  # noqa: T201
    if open_browser:
        threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()
    uvicorn.Server(server_config(app)).run(sockets=[listener])


def server_config(app: ASGIApp) -> uvicorn.Config:
    """Return how an application is served: over HTTP/1.1, with bounds on each connection."""
    bounds: Any = {"http": BoundedConnection, "ws": "none", "timeout_graceful_shutdown": SHUTDOWN_SECONDS}
    return uvicorn.Config(app, log_level="warning", **bounds)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _name(host: str) -> str:
    """Return the name under which a bound address is opened: the host name if it stands for all addresses."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if address.is_unspecified:
        return socket.gethostname()
    return f"[{host}]" if address.version == 6 else host


def _listen(host: str, port: int | None) -> socket.socket:
    """Return a socket bound to `port`, or to the first free port from the default on."""
    for candidate in [port] if port is not None else [*range(DEFAULT_PORT, DEFAULT_PORT + N_PORTS_TRIED), 0]:
        try:
            return _bind(host, candidate)
        except (OSError, OverflowError) as error:
            reason = getattr(error, "strerror", None) or error
    if port is None:
        raise InvalidInput(f"host {host} cannot be used ({reason}): choose another with --host")
    raise InvalidInput(f"port {port} of {host} cannot be used ({reason}): choose another with --port")


def _bind(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen()
    except (OSError, OverflowError):
        listener.close()
        raise
    return listener
