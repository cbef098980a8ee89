"""Requests that schemathesis makes up of the schema of the API: no answer is an error of the server."""

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from types import SimpleNamespace
from typing import Any

import pytest

from topoact.testing.serving import TOKEN

N_REQUESTS = 150
"""For each route, of each of the kinds that fit the schema and of those that do not."""


class NoJobs:
    """Takes tasks and never runs them: what they compute is no part of the API."""

    def submit(self, task: Any, *_who: Any) -> str:
        return "1"

    def live_tasks(self) -> list[Any]:
        return []

    def statuses(self) -> list[Any]:
        return []

    def cancel(self, job: str) -> bool:
        return False

    def close(self) -> None: ...


@pytest.mark.slow
@pytest.mark.parametrize("is_fitting", [True, False], ids=["fitting", "unfitting"])
def test_no_request_is_an_error_of_the_server(
    server: SimpleNamespace, is_fitting: bool, monkeypatch: pytest.MonkeyPatch, record_property: Callable[..., None]
) -> None:
    schemathesis = pytest.importorskip("schemathesis")
    from hypothesis import HealthCheck, Phase, given, settings
    from hypothesis.errors import Unsatisfiable

    monkeypatch.setattr(server.app.state, "jobs", NoJobs())
    statuses = Counter[int]()
    mode = schemathesis.GenerationMode.POSITIVE if is_fitting else schemathesis.GenerationMode.NEGATIVE
    headers = {"cookie": f"topoact-{server.port}={TOKEN}", "origin": server.address}
    schema = schemathesis.openapi.from_dict(server.app.openapi())
    for result in schema.get_all_operations():
        operation = result.ok()
        if operation.path == "/api/events":
            continue  # never ends

        @settings(max_examples=N_REQUESTS, deadline=None, suppress_health_check=HealthCheck, phases=[Phase.generate])
        @given(case=operation.as_strategy(generation_mode=mode))
        def ask(case: Any) -> None:
            answer = case.call(base_url=server.address, headers=headers)
            statuses[answer.status_code] += 1
            assert answer.status_code < 500, (case.as_curl_command(), answer.text)
            if answer.status_code >= 400 and answer.content:
                assert answer.json()["error"]

        with suppress(Unsatisfiable):  # a route without parameters
            ask()
    record_property("statuses", dict(statuses))
    assert sum(statuses.values()) > 500
