"""What an HTTP request asks for: an operation, and the media types it may be answered in.

https://graphql.github.io/graphql-over-http/draft/ - read from ASGI's own messages, for every request pays for what is
put around them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl

import orjson
from starlette.types import Receive, Scope, Send

from schema.trusted import Documents

JSON = "application/json"
GRAPHQL_JSON = "application/graphql-response+json"
EVENT_STREAM = "text/event-stream"

_READ = frozenset({b"accept", b"authorization", b"content-length", b"content-type"})


class Response:
    """An answer in one piece, as an ASGI application."""

    __slots__ = ("body", "headers", "status")

    def __init__(
        self, body: bytes, media_type: str, status: int = 200, headers: Mapping[str, str] | None = None
    ) -> None:
        self.body = body
        self.status = status
        self.headers = [(b"content-length", b"%d" % len(body)), (b"content-type", media_type.encode())]
        if headers:
            self.headers += [(name.lower().encode(), value.encode()) for name, value in headers.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        await send({"type": "http.response.start", "status": self.status, "headers": self.headers})
        await send({"type": "http.response.body", "body": self.body})


class Rejected(Exception):
    """A request that is not run."""

    def __init__(self, status: int, code: str, message: str, **headers: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}

    def response(self, media_type: str) -> Response:
        """How the client is told."""
        body = {"errors": [{"message": self.message, "extensions": {"code": self.code}}]}
        return Response(orjson.dumps(body), media_type, self.status, self.headers)


class Gone(Exception):
    """The client went before it had said what it wants."""


@dataclass(frozen=True, slots=True)
class Operation:
    """What is to be run."""

    query: str
    """The document."""
    variables: dict[str, Any] | None
    operation_name: str | None
    extensions: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Accepted:
    """How an answer may be written."""

    json: str | None
    """The type of a JSON answer; None where the client takes none."""
    events: bool
    """Whether the client names event streams. `*/*` does not: its answers are read to the end."""


class Request:
    """The head of a request."""

    __slots__ = ("accept", "authorization", "content_length", "content_type", "method", "parameters")

    def __init__(self, scope: Scope) -> None:
        found: dict[bytes, bytes] = {}
        for name, value in scope["headers"]:
            if name in _READ:
                # Several of one name are one list; of what is no list, the first counts.
                if name not in found:
                    found[name] = value
                elif name == b"accept":
                    found[name] += b", " + value
        authorization = found.get(b"authorization")
        self.method: str = scope["method"]
        self.accept = found.get(b"accept", b"*/*")
        self.authorization = None if authorization is None else authorization.decode("latin-1")
        self.content_length = int(found.get(b"content-length", 0))
        self.content_type = found.get(b"content-type", b"")
        self.parameters: dict[str, Any] = {}
        if scope["query_string"] and self.method == "GET":
            self.parameters = dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True))

    @property
    def is_for_page(self) -> bool:
        """Whether somebody opens the address in a browser."""
        asks = self.parameters.keys() & {"query", "documentId", "extensions"}
        return self.method == "GET" and not asks and b"text/html" in self.accept

    async def operation(self, receive: Receive, documents: Documents, max_body: int) -> Operation:
        """What is asked for; `max_body` is in bytes. Raises Rejected, Gone, and BadRequest for its document."""
        if self.method == "GET":
            sent: Any = self.parameters
            sent |= {name: parsed(sent[name]) for name in ("variables", "extensions") if sent.get(name)}
        elif self.method == "POST":
            if not _is_json(self.content_type):
                # Also what keeps other sites' forms out: a browser asks before it sends this type.
                raise Rejected(415, "UNSUPPORTED_MEDIA_TYPE", "Send the operation as application/json in UTF-8.")
            if self.content_length > max_body:
                raise _too_large(max_body)
            sent = parsed(await _body(receive, max_body))
        else:
            raise Rejected(405, "METHOD_NOT_ALLOWED", "Use POST, or GET for queries.", Allow="GET, POST")
        if not isinstance(sent, dict):
            raise Rejected(400, "BAD_REQUEST", "Send one JSON object with a `query`.")
        query, document_id, name = (_text(sent, each) for each in ("query", "documentId", "operationName"))
        extensions = _object(sent, "extensions")
        if not query and document_id is None and "persistedQuery" not in (extensions or {}):
            raise Rejected(400, "BAD_REQUEST", "`query` must be a GraphQL document.")
        variables = _object(sent, "variables")
        return Operation(documents.text(query, document_id, extensions), variables, name or None, extensions)


def _text(sent: Mapping[str, Any], name: str) -> str | None:
    value = sent.get(name)
    if value is not None and not isinstance(value, str):
        raise Rejected(400, "BAD_REQUEST", f"`{name}` must be text or null.")
    return value


async def _body(receive: Receive, max_body: int) -> bytes | bytearray:
    message = await receive()
    body: bytes | bytearray = message.get("body", b"")
    if message.get("more_body"):
        body = bytearray(body)
    while True:
        if message["type"] == "http.disconnect":
            raise Gone
        if len(body) > max_body:
            raise _too_large(max_body)
        if not message.get("more_body"):
            return body
        message = await receive()
        body += message.get("body", b"")


def _too_large(max_body: int) -> Rejected:
    return Rejected(413, "TOO_LARGE", f"A request has at most {max_body:,} bytes.", Connection="close")


@lru_cache(maxsize=100)
def _is_json(content_type: bytes) -> bool:
    media_type, _, parameters = content_type.lower().partition(b";")
    charset = parameters.strip().removeprefix(b"charset=").strip(b'"')
    return media_type.strip() == JSON.encode() and charset in {b"", b"utf-8"}


def parsed(text: bytes | bytearray | str) -> Any:
    """What a JSON text says. Raises Rejected."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        what = "This is not JSON in UTF-8, is nested too deeply, or has half a surrogate pair in a text."
        raise Rejected(400, "BAD_REQUEST", what) from error


def _object(sent: Mapping[str, Any], name: str) -> dict[str, Any] | None:
    value = sent.get(name)
    if value is not None and not isinstance(value, dict):
        raise Rejected(400, "BAD_REQUEST", f"`{name}` must be an object or null.")
    return value


@lru_cache(maxsize=100)
def accepted(accept: bytes) -> Accepted:
    """The JSON type of ours with the highest weight, the first of equals; JSON when the client does not say.

    Raises Rejected where the client takes nothing that we write.
    """
    best, json, events = 0.0, None, False
    for part in accept.decode("latin-1").split(","):
        name, *parameters = (piece.strip().lower() for piece in part.split(";"))
        weight = next((_weight(piece[2:]) for piece in parameters if piece.startswith("q=")), 1.0)
        ours = {GRAPHQL_JSON: GRAPHQL_JSON, JSON: JSON, "application/*": JSON, "*/*": JSON}.get(name)
        if ours is not None and weight > best:
            best, json = weight, ours
        events = events or (name == EVENT_STREAM and weight > 0)
    if json is None and not events:
        raise Rejected(406, "NOT_ACCEPTABLE", f"Answers are {GRAPHQL_JSON}, {JSON} or {EVENT_STREAM}.")
    return Accepted(json, events)


def _weight(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0
