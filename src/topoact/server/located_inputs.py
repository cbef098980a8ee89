"""Routes of located inputs, below ``/api/located-inputs``. Only the worker process decodes images."""

from collections.abc import AsyncIterator
from typing import Annotated, Final

from fastapi import APIRouter, Depends, HTTPException, Query, Request
from pydantic import ValidationError

from topoact.errors import InvalidInput, UnknownName
from topoact.interpret.query import MAX_CHARACTERS
from topoact.interpret.query_images import MAX_IMAGE_BYTES
from topoact.server.dependencies import Bench, Digest, Jobs
from topoact.wire import knobs, located_inputs, messages, serialize
from topoact.workbench.jobs.tasks import LocateTask
from topoact.workbench.locate.locate import input_modality, input_name

router = APIRouter()

MAX_TEXT_BYTES: Final = 8 * MAX_CHARACTERS
"""Bytes of a text in JSON."""


async def _content(request: Request) -> str | bytes:
    """Read a text or the bytes of an image, up to the largest size."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip()
    if kind == "application/json":
        try:
            return located_inputs.TextInput.model_validate_json(await _read(request.stream(), MAX_TEXT_BYTES)).text
        except ValidationError as error:
            raise HTTPException(422, f"text: {error.errors()[0]['msg']}") from None
    if kind.startswith("image/") or kind == "application/octet-stream":
        return await _read(request.stream(), MAX_IMAGE_BYTES)
    raise HTTPException(415, f"an image or a text is needed: got the content type {kind!r}")


async def _read(stream: AsyncIterator[bytes], max_bytes: int) -> bytes:
    content = bytearray()
    async for part in stream:
        content += part
        if len(content) > max_bytes:
            raise HTTPException(413, f"an input may have {max_bytes / 1e6:g} MB: this one has more")
    return bytes(content)


def _settings(settings: Annotated[str, Query(description="Settings of the graphs, as JSON.")]) -> knobs.Settings:
    try:
        return knobs.Settings.model_validate_json(settings)
    except ValidationError as error:
        first = error.errors()[0]
        raise HTTPException(422, f"settings.{'.'.join(map(str, first['loc']))}: {first['msg']}") from None


@router.post("/located-inputs")
def ask_for_location(
    content: Annotated[str | bytes, Depends(_content)],
    settings: Annotated[knobs.Settings, Depends(_settings)],
    layer: Annotated[int, Query(ge=0, description="Number of the layer to begin with.")],
    bench: Bench,
    jobs: Jobs,
) -> messages.Ticket:
    """Ask for the location of an input; the ticket's result is its name below ``located-inputs/``."""
    bench.check_network()
    bench.study.layer(layer)
    if not content or (isinstance(content, str) and not content.strip()):
        raise InvalidInput("there is nothing in it: bring an image, or type a sentence")
    map_settings = serialize.settings_of(settings)
    name = input_name(bench, content, map_settings)
    stored = bench.located_inputs.load(name)
    if stored is not None and len(stored["locations"]) == stored["n_layers"]:
        return messages.Ticket(result=name, job=None)
    if not any(isinstance(task, LocateTask) and task.name == name for task in jobs.live_tasks()):
        bench.located_inputs.put(name, content.encode() if isinstance(content, str) else content)
    return messages.Ticket(result=name, job=jobs.submit(LocateTask(name, input_modality(content), map_settings, layer)))


@router.get("/located-inputs/{digest}")
def located_input(digest: Digest, bench: Bench, jobs: Jobs) -> located_inputs.LocatedInput:
    """An input and its locations so far."""
    stored = bench.located_inputs.load(digest)
    if stored is None:
        for task in jobs.live_tasks():
            if isinstance(task, LocateTask) and task.name == digest:
                return located_inputs.waiting_input_message(digest, task.what)
        raise UnknownName(f"nothing is known of the input {digest}: bring it again")
    return located_inputs.located_input_message(bench.study, digest, stored)
