"""What an HTTP request asks for: an operation, and the media types it may be answered in.

https://graphql.github.io/graphql-over-http/draft/
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response

JSON = "application/json"
GRAPHQL_JSON = "application/graphql-response+json"
EVENT_STREAM = "text/event-stream"


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
        return Response(orjson.dumps(body), status_code=self.status, media_type=media_type, headers=self.headers)


@dataclass(frozen=True, slots=True)
class Operation:
    """What is to be run."""

    query: str
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


async def operation_of(request: Request, max_body: int) -> Operation:
    """The operation in a POST or GET; `max_body` is in bytes. Raises Rejected."""
    if request.method == "GET":
        query = dict(request.query_params)
        sent: Any = query | {name: _parsed(query[name]) for name in ("variables", "extensions") if query.get(name)}
    elif request.method == "POST":
        sent = _parsed(await _body(request, max_body))
    else:
        raise Rejected(405, "METHOD_NOT_ALLOWED", "Use POST, or GET for queries.", Allow="GET, POST")
    if not isinstance(sent, dict):
        raise Rejected(400, "BAD_REQUEST", "Send one JSON object with a `query`.")
    query_text = sent.get("query")
    if not isinstance(query_text, str) or not query_text.strip():
        raise Rejected(400, "BAD_REQUEST", "`query` must be a GraphQL document.")
    name = sent.get("operationName")
    if name is not None and not isinstance(name, str):
        raise Rejected(400, "BAD_REQUEST", "`operationName` must be text or null.")
    return Operation(query_text, _object(sent, "variables"), name or None, _object(sent, "extensions"))


async def _body(request: Request, max_body: int) -> bytes:
    media_type, _, parameters = request.headers.get("content-type", "").partition(";")
    charset = parameters.strip().lower().removeprefix("charset=").strip('"')
    if media_type.strip().lower() != JSON or charset not in {"", "utf-8"}:
        # Also what keeps other sites' forms out: a browser asks before it sends this type.
        raise Rejected(415, "UNSUPPORTED_MEDIA_TYPE", "Send the operation as application/json in UTF-8.")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > max_body:
            raise Rejected(413, "TOO_LARGE", f"A request has at most {max_body:,} bytes.", Connection="close")
    return bytes(body)


def _parsed(text: bytes | str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise Rejected(400, "BAD_REQUEST", "This is not JSON in UTF-8.") from error


def _object(sent: Mapping[str, Any], name: str) -> dict[str, Any] | None:
    value = sent.get(name)
    if value is not None and not isinstance(value, dict):
        raise Rejected(400, "BAD_REQUEST", f"`{name}` must be an object or null.")
    return value


def accepted(headers: Headers) -> Accepted:
    """The JSON type of ours with the highest weight, the first of equals; JSON when the client does not say.

    Raises Rejected where the client takes nothing that we write.
    """
    best, json, events = 0.0, None, False
    for part in headers.get("accept", "*/*").split(","):
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
