"""`serving`: the server of a study in a thread of this process, for as long as a block runs."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import uvicorn

from topoact.server.app import make_app
from topoact.server.serve import server_config
from topoact.workbench import Workbench

TOKEN: Final = "the-token-of-this-start"  # noqa: S105  # of tests
READER_TOKEN: Final = "the-token-for-reading"  # noqa: S105
PATIENCE: Final = 60.0
"""Seconds after which something that should happen counts as not happening."""


@contextmanager
def serving(bench: Workbench) -> Iterator[tuple[int, Any]]:
    """Serve the explorer of an opened study; give the port, and the application behind the gate."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        gate: Any = make_app(bench, token=TOKEN, reader_token=READER_TOKEN, port=port)
        server = uvicorn.Server(server_config(gate))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="server")
        thread.start()
        deadline = time.monotonic() + PATIENCE
        while not server.started:
            assert thread.is_alive()
            assert time.monotonic() < deadline
            time.sleep(0.02)
        try:
            yield port, gate.app
        finally:
            server.should_exit = True
            thread.join()
