"""A server that speaks OpenAI's protocol over real HTTP, and fails in every way that the real one can.

It answers with what it was told to, in order; the last answer is given again and again. Requests that the real one
would not take are refused.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import orjson

Reply = Callable[[asyncio.StreamWriter], Awaitable[None]]

KEY = "sk-test"


def status(code: int, error: Mapping[str, Any] | None = None, **headers: str) -> Reply:
    """An error of the API. Header names with `_` for `-`."""
    body = {"error": {"message": f"Incorrect: {KEY}", "type": "error", "param": None, "code": None} | dict(error or {})}
    return raw(orjson.dumps(body), code, **headers)


def raw(body: bytes, code: int = 200, **headers: str) -> Reply:
    """Any answer at all."""

    async def reply(writer: asyncio.StreamWriter) -> None:
        writer.write(_head(code, {"Content-Length": str(len(body)), **headers}) + body)

    return reply


def completion(
    content: object = None,
    *,
    finish_reason: str = "stop",
    refusal: str | None = None,
    tokens: tuple[int, int] | None = (100, 20),
) -> Reply:
    """A chat completion; what is no text becomes JSON, as structured outputs are."""
    text = content if isinstance(content, str) or content is None else orjson.dumps(content).decode()
    message = {"role": "assistant", "content": text, "refusal": refusal}
    return raw(orjson.dumps(_completion([{"index": 0, "message": message, "finish_reason": finish_reason}], tokens)))


def no_choice(*, null: bool = False) -> Reply:
    """A completion with nothing in it."""
    return raw(orjson.dumps(_completion(None if null else [], (7, 0))))


async def hang(writer: asyncio.StreamWriter) -> None:
    """No answer, ever."""
    await asyncio.sleep(3600)


async def trickle(writer: asyncio.StreamWriter) -> None:
    """An answer that goes on for ever, so that no single read is late."""
    writer.write(_head(200, {"Content-Length": "1000000"}))
    while True:
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(0.01)


async def drop(writer: asyncio.StreamWriter) -> None:
    """The connection ends before the answer."""
    writer.transport.abort()


async def half(writer: asyncio.StreamWriter) -> None:
    """The connection ends within the answer."""
    writer.write(_head(200, {"Content-Length": "1000"}) + b'{"id": "chatcmpl-1", "choices": [')
    await writer.drain()
    writer.transport.abort()


def stream(*pieces: str, finish_reason: str | None = "stop", refusal: str | None = None, breaks: bool = False) -> Reply:
    """A completion piece by piece. `breaks` ends the connection in place of the end."""

    async def reply(writer: asyncio.StreamWriter) -> None:
        await begin_stream(writer, *pieces)
        if refusal is not None:
            writer.write(_event(_chunk([{"index": 0, "delta": {"refusal": refusal}, "finish_reason": None}])))
        if breaks:
            await asyncio.sleep(0.05)
            writer.transport.abort()
            return
        await end_stream(writer, finish_reason=finish_reason, before=len(pieces))

    return reply


def streamed(data: str) -> Reply:
    """A stream of one event with any data at all, and its end."""
    return raw(f"data: {data}\n\ndata: [DONE]\n\n".encode(), Content_Type="text/event-stream")


async def begin_stream(writer: asyncio.StreamWriter, *pieces: str) -> None:
    """The head and the first pieces of a streamed completion."""
    writer.write(_head(200, {"Content-Type": "text/event-stream", "Connection": "close"}))
    await _send_pieces(writer, *pieces)


async def end_stream(
    writer: asyncio.StreamWriter, *pieces: str, finish_reason: str | None = "stop", before: int = 0
) -> None:
    """The last pieces and the end."""
    await _send_pieces(writer, *pieces)
    if finish_reason is not None:
        writer.write(_event(_chunk([{"index": 0, "delta": {}, "finish_reason": finish_reason}])))
    tokens = before + len(pieces)
    usage = {"prompt_tokens": 50, "completion_tokens": tokens, "total_tokens": 50 + tokens}
    writer.write(_event(_chunk([]) | {"usage": usage}) + b"data: [DONE]\n\n")
    await writer.drain()
    writer.close()


async def _send_pieces(writer: asyncio.StreamWriter, *pieces: str) -> None:
    for piece in pieces:
        writer.write(_event(_chunk([{"index": 0, "delta": {"content": piece}, "finish_reason": None}])))
        await writer.drain()


@dataclass(slots=True)
class OpenAIServer:
    """What it says, and what it was asked."""

    url: str = ""
    replies: list[Reply] = field(default_factory=list)
    requests: list[dict[str, Any]] = field(default_factory=list)
    """The JSON of each request that it took."""
    models: tuple[str, ...] = ("gpt-5.4", "gpt-5.4-mini")

    def says(self, *replies: Reply) -> None:
        """From now on, in order."""
        self.replies = list(replies)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                lines = head.decode().split("\r\n")
                headers = dict(line.lower().split(": ", 1) for line in lines[1:] if line)
                body = await reader.readexactly(int(headers.get("content-length", "0")))
                await self._answer(lines[0], headers, orjson.loads(body or b"{}"))(writer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    def _answer(self, line: str, headers: Mapping[str, str], body: dict[str, Any]) -> Reply:
        method, path, _ = line.split(" ")
        name = path.removeprefix("/v1/models/") if method == "GET" else None
        if name == path or (name is None and (method, path) != ("POST", "/v1/chat/completions")):
            return status(404)
        if headers.get("authorization") != f"bearer {KEY}":
            return status(401, {"code": "invalid_api_key"})
        if name is not None and name not in self.models:
            return status(404, {"code": "model_not_found"})
        if name is not None:
            return raw(orjson.dumps({"id": name, "object": "model", "created": 0, "owned_by": "us"}))
        shape = body.get("response_format")
        if shape is not None and (complaint := _complaint(shape)):
            return status(400, {"message": complaint, "code": "invalid_schema"})
        self.requests.append(body)
        return self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]


def material_of(request: Mapping[str, Any]) -> Any:
    """What a request asks about, read as JSON."""
    return orjson.loads(request["messages"][1]["content"])


@asynccontextmanager
async def openai_server() -> AsyncIterator[OpenAIServer]:
    """A running one, on a free port."""
    fake = OpenAIServer()
    tasks: set[asyncio.Task[None]] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(fake.serve(reader, writer))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    listening = await asyncio.start_server(connected, "127.0.0.1", 0)
    fake.url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/v1"
    try:
        yield fake
    finally:
        listening.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _complaint(shape: Mapping[str, Any]) -> str | None:
    """What structured outputs demand of a schema: strict, closed, with every property required."""
    if shape.get("type") != "json_schema" or shape["json_schema"].get("strict") is not True:
        return "response_format must be a strict json_schema"
    schema = shape["json_schema"]["schema"]
    for each in (schema, *schema.get("$defs", {}).values()):
        if each.get("type") == "object" and (
            each.get("additionalProperties") is not False or set(each.get("required", [])) != set(each["properties"])
        ):
            return "every object must be closed and require all of its properties"
    return None


def _head(code: int, headers: Mapping[str, str]) -> bytes:
    named = {"Content-Type": "application/json", **{name.replace("_", "-"): text for name, text in headers.items()}}
    lines = "".join(f"{name}: {text}\r\n" for name, text in named.items())
    return f"HTTP/1.1 {code} -\r\n{lines}\r\n".encode()


def _completion(choices: Sequence[Any] | None, tokens: tuple[int, int] | None) -> dict[str, Any]:
    usage = None if tokens is None else {"prompt_tokens": tokens[0], "completion_tokens": tokens[1], "total_tokens": 0}
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 0,
        "model": "model-of-the-day",
        "choices": choices,
        "usage": usage,
    }


def _chunk(choices: Sequence[Any]) -> dict[str, Any]:
    return _completion(choices, None) | {"object": "chat.completion.chunk"}


def _event(data: dict[str, Any]) -> bytes:
    return b"data: " + orjson.dumps(data) + b"\n\n"
