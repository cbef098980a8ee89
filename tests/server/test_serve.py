"""Starting the server: its port, its token, its sentences, its end."""

import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx2
import pytest
import uvicorn

from topoact.errors import InvalidInput, StudyError
from topoact.server import app as app_module
from topoact.server.app import make_app
from topoact.server.serve import serve
from topoact.testing.serving import PATIENCE
from topoact.workbench import open_workbench

serve_module = sys.modules[serve.__module__]

SCRIPT = """
import sys
from pathlib import Path
from topoact.server import app, serve
from topoact.testing.serving import PATIENCE
app.STATIC = Path(sys.argv[2])
if __name__ == "__main__":
    serve(Path(sys.argv[1]), port=0, open_browser=False)
"""


@pytest.fixture
def started(monkeypatch, page):
    """Let `serve` do everything but serve; return the servers and listeners it would have run."""
    runs = []
    monkeypatch.setattr(uvicorn.Server, "run", lambda server, sockets: runs.append((server, sockets[0])))
    yield runs
    for _, listener in runs:
        listener.close()


def address_of(text):
    (address,) = re.findall(r"^TopoAct explorer: (\S+)$", text, re.MULTILINE)
    return address


class TestAddress:
    def test_it_is_printed_with_a_new_token_at_each_start(self, small_study, started, capsys):
        tokens = set()
        for _ in range(2):
            serve(small_study, open_browser=False)
            port, token = re.fullmatch(
                r"http://127\.0\.0\.1:(\d+)/\?token=(\S+)", address_of(capsys.readouterr().out)
            ).groups()
            assert started[-1][1].getsockname() == ("127.0.0.1", int(port))
            tokens.add(token)
        assert len(tokens) == 2
        assert min(map(len, tokens)) >= 32

    def test_the_default_port_is_left_to_who_has_it(self, small_study, started):
        serve(small_study, open_browser=False)
        serve(small_study, open_browser=False)
        first, second = (listener.getsockname()[1] for _, listener in started)
        assert first != second

    def test_when_all_the_usual_ports_are_taken(self, small_study, started, monkeypatch):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            monkeypatch.setattr(serve_module, "DEFAULT_PORT", taken.getsockname()[1])
            monkeypatch.setattr(serve_module, "N_PORTS_TRIED", 1)
            serve(small_study, open_browser=False)
            assert started[0][1].getsockname()[1] != taken.getsockname()[1]

    def test_a_token_of_ones_own(self, small_study, started, capsys):
        serve(small_study, token="chosen", open_browser=False)
        assert address_of(capsys.readouterr().out).endswith("/?token=chosen")

    def test_an_address_for_reading_is_printed_as_well(self, small_study, started, capsys):
        serve(small_study, token="chosen", reader_token="to read", open_browser=False)
        lines = capsys.readouterr().out.splitlines()
        assert lines[1] == f"for reading only: {address_of(lines[0]).replace('chosen', 'to%20read')}"

    def test_both_tokens_must_differ(self, small_study):
        with pytest.raises(InvalidInput, match="--token and --reader-token are the same"):
            serve(small_study, token="chosen", reader_token="chosen", open_browser=False)

    def test_a_token_is_quoted(self, small_study, started, capsys):
        serve(small_study, token="a b&c", open_browser=False)
        assert address_of(capsys.readouterr().out).endswith("/?token=a%20b%26c")

    def test_all_addresses_are_opened_under_the_name_of_this_machine(self, small_study, started, capsys):
        serve(small_study, host="0.0.0.0", token="chosen", open_browser=False)
        assert address_of(capsys.readouterr().out).startswith(f"http://{socket.gethostname()}:")

    def test_six(self, small_study, started, capsys):
        if not socket.has_ipv6:
            pytest.skip("this machine has no IPv6")
        try:
            serve(small_study, host="::1", open_browser=False)
        except InvalidInput as error:
            pytest.skip(f"this machine has no IPv6 address: {error}")
        assert address_of(capsys.readouterr().out).startswith("http://[::1]:")

    def test_the_browser_is_opened_on_it(self, small_study, started, capsys, monkeypatch):
        opened = []
        monkeypatch.setattr(serve_module.webbrowser, "open", opened.append)
        monkeypatch.setattr(serve_module.threading.Thread, "start", lambda thread: thread.run())
        serve(small_study)
        assert opened == [address_of(capsys.readouterr().out)]


class TestSentences:
    def test_a_port_in_use(self, small_study, page):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            with pytest.raises(InvalidInput) as caught:
                serve(small_study, port=port, open_browser=False)
        expected = f"port {port} of 127.0.0.1 cannot be used (Address already in use): choose another with --port"
        assert str(caught.value) == expected

    def test_a_port_that_is_none(self, small_study, page):
        with pytest.raises(InvalidInput, match=r"port 99999 of 127.0.0.1 cannot be used \(.*0-65535"):
            serve(small_study, port=99999, open_browser=False)

    def test_a_host_that_is_not_ours(self, small_study, page):
        with pytest.raises(InvalidInput, match=r"host 192.0.2.1 cannot be used \(Cannot assign requested address\)"):
            serve(small_study, host="192.0.2.1", token="t", open_browser=False)

    @pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "::", "example.org", ""])
    @pytest.mark.parametrize("token", [None, ""])
    def test_open_to_others_only_with_a_token_of_ones_own(self, small_study, host, token):
        with pytest.raises(InvalidInput) as caught:
            serve(small_study, host=host, token=token, open_browser=False)
        expected = f"host {host} can be reached from other machines: give a secret of your own with --token"
        assert str(caught.value) == expected

    def test_a_bundle_that_is_missing(self, small_study, tmp_path, monkeypatch):
        monkeypatch.setattr(app_module, "STATIC", tmp_path)
        with pytest.raises(StudyError, match=r"the explorer's page is missing .*: run 'make frontend' in the checkout"):
            make_app(open_workbench(small_study), token="t", port=1)

    def test_a_study_that_is_missing(self, tmp_path, page):
        with pytest.raises(StudyError, match="there is no study at"):
            serve(tmp_path / "nothing", open_browser=False)


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM], ids=["ctrl-c", "terminate"])
def test_a_real_process_serves_and_ends_with_all_its_children(small_study, page, tmp_path, end):
    script = tmp_path / "run.py"
    script.write_text(SCRIPT)
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen([sys.executable, script, small_study, page], **pipes) as process:
        try:
            address = address_of(process.stdout.readline())
            with httpx2.Client(timeout=PATIENCE) as client:
                assert "<title>page" in client.get(address).text
                assert client.get(httpx2.URL(address).join("/api/study")).json()["n_examples"] == 300
            children = descendants_of(process.pid)
            process.send_signal(end)
            errors = process.communicate(timeout=PATIENCE)[1]
        finally:
            process.kill()
    assert children
    deadline = time.monotonic() + PATIENCE
    while any(map(runs, children)):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert "ERROR" not in errors


def runs(pid):
    """Return whether a process has not ended; who should take notice of its end may be slow to."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes() != b""
    except (FileNotFoundError, ProcessLookupError):
        return False


def descendants_of(pid):
    """Return the processes that any thread of a process has started, and those that they have started."""
    lists = Path(f"/proc/{pid}/task").glob("*/children")
    children = [int(child) for file in lists for child in file.read_text().split()]
    return children + [one for child in children for one in descendants_of(child)]
