"""The addresses of inputs of one's own. Images are taken as they come: only the worker process opens them."""

from collections.abc import AsyncIterator
from typing import Annotated, Final

from fastapi import APIRouter, Depends, HTTPException, Query, Request
from pydantic import ValidationError

from topoact.errors import InvalidInput, UnknownName
from topoact.interpret.query import MOST_BYTES, MOST_CHARACTERS
from topoact.server.dependencies import Bench, Digest, Jobs
from topoact.wire import located_inputs, messages, serialize
from topoact.workbench.jobs.tasks import LocateTask
from topoact.workbench.locate.locate import input_kind, input_name

router = APIRouter()

MAX_TEXT_BYTES: Final = 8 * MOST_CHARACTERS
"""Bytes of a text, as JSON may have to write it."""


async def _content(request: Request) -> str | bytes:
    """Read a text or the bytes of an image; reading ends where there is too much."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip()
    if kind == "application/json":
        try:
            return located_inputs.TextInput.model_validate_json(await _read(request.stream(), MAX_TEXT_BYTES)).text
        except ValidationError as error:
            raise HTTPException(422, f"text: {error.errors()[0]['msg']}") from None
    if kind.startswith("image/") or kind == "application/octet-stream":
        return await _read(request.stream(), MOST_BYTES)
    raise HTTPException(415, f"an image or a text is needed: got the content type {kind!r}")


async def _read(stream: AsyncIterator[bytes], most: int) -> bytes:
    content = bytearray()
    async for part in stream:
        content += part
        if len(content) > most:
            raise HTTPException(413, f"an input may have {most / 1e6:g} MB: this one has more")
    return bytes(content)


def _settings(settings: Annotated[str, Query(description="Settings of the graphs, as JSON.")]) -> messages.Settings:
    try:
        return messages.Settings.model_validate_json(settings)
    except ValidationError as error:
        first = error.errors()[0]
        raise HTTPException(422, f"settings.{'.'.join(map(str, first['loc']))}: {first['msg']}") from None


@router.post("/located-inputs")
def ask_for_location(
    content: Annotated[str | bytes, Depends(_content)],
    settings: Annotated[messages.Settings, Depends(_settings)],
    layer: Annotated[int, Query(ge=0, description="Where to look first.")],
    bench: Bench,
    jobs: Jobs,
) -> messages.Ticket:
    """Ask where an input lands; the ticket's result is its name below ``located-inputs/``."""
    bench.check_network()
    bench.study.layer(layer)
    if not content or (isinstance(content, str) and not content.strip()):
        raise InvalidInput("there is nothing in it: bring an image, or type a sentence")
    wanted = serialize.settings_of(settings)
    name = input_name(bench, content, wanted)
    found = bench.located_inputs.load(name)
    if found is not None and len(found["locations"]) == found["n_layers"]:
        return messages.Ticket(result=name, job=None)
    if not any(isinstance(task, LocateTask) and task.name == name for task in jobs.live_tasks()):
        bench.located_inputs.put(name, content.encode() if isinstance(content, str) else content)
    return messages.Ticket(result=name, job=jobs.submit(LocateTask(name, input_kind(content), wanted, layer)))


@router.get("/located-inputs/{digest}")
def located_input(digest: Digest, bench: Bench, jobs: Jobs) -> located_inputs.LocatedInput:
    """What is known of an input, as far as its job has come."""
    found = bench.located_inputs.load(digest)
    if found is None:
        for task in jobs.live_tasks():
            if isinstance(task, LocateTask) and task.name == digest:
                return located_inputs.waiting_input_message(digest, task.what)
        raise UnknownName(f"nothing is known of the input {digest}: bring it again")
    return located_inputs.located_input_message(bench.study, digest, found)
