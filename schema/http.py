"""GraphQL over HTTP, as the specification of that name has it.

https://graphql.github.io/graphql-over-http/draft/ - `application/graphql-response+json` with its status codes for
clients that accept it, `application/json` for the others, GET for queries alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.types import Receive, Scope, Send
from strawberry.exceptions import MissingQueryError
from strawberry.http.ides import get_graphql_ide_html
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.types.execution import ExecutionResult, PreExecutionError
from strawberry.types.graphql import OperationType

from schema.api import schema
from schema.context import Services
from schema.identity import Unauthenticated, identify

JSON = "application/json"
GRAPHQL_JSON = "application/graphql-response+json"

_READING = frozenset({OperationType.QUERY})
_ALL = frozenset({OperationType.QUERY, OperationType.MUTATION})


class _Rejected(Exception):
    """A request that is not run."""

    def __init__(self, status: int, code: str, message: str, **headers: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.headers = headers


@dataclass(frozen=True, slots=True)
class _Operation:
    query: str
    variables: dict[str, Any] | None
    operation_name: str | None
    extensions: dict[str, Any] | None


class HttpEndpoint:
    """The ASGI application at /graphql for everything but sockets."""

    def __init__(self, services: Services, *, max_body: int = 1_000_000) -> None:
        """`max_body` is in bytes."""
        self.services = services
        self.max_body = max_body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive)
        if request.method == "GET" and "query" not in request.query_params and _wants_html(request.headers):
            response: Response = HTMLResponse(get_graphql_ide_html())
        else:
            response = await self._answer(request)
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        media_type = JSON
        try:
            media_type = _negotiated(request.headers)
            operation = await self._operation(request)
            context = await identify(self.services, request.headers.get("authorization"))
            try:
                result = await schema.execute(
                    operation.query,
                    variable_values=operation.variables,
                    context_value=context,
                    operation_name=operation.operation_name,
                    allowed_operation_types=_READING if request.method == "GET" else _ALL,
                    operation_extensions=operation.extensions,
                )
            finally:
                await context.release()
        except _Rejected as rejected:
            return _refusal(rejected, media_type)
        except Unauthenticated as error:
            challenge = {"WWW-Authenticate": "Bearer"}
            return _refusal(_Rejected(401, "UNAUTHENTICATED", str(error), **challenge), media_type)
        except (MissingQueryError, CannotGetOperationTypeError) as error:
            return _refusal(_Rejected(400, "BAD_REQUEST", _sentence(error)), media_type)
        except InvalidOperationTypeError:
            # Only a GET can ask for an operation of a kind that is not allowed, and only POST may change things;
            # subscriptions have the socket.
            return _refusal(
                _Rejected(
                    405,
                    "METHOD_NOT_ALLOWED",
                    "Send mutations with POST and subscriptions over a WebSocket.",
                    Allow="POST",
                ),
                media_type,
            )
        unexecuted = _unexecuted(result)
        body = orjson.dumps(_formatted(result, unexecuted), default=str)
        return Response(
            body, status_code=400 if unexecuted and media_type == GRAPHQL_JSON else 200, media_type=media_type
        )

    async def _operation(self, request: Request) -> _Operation:
        if request.method == "GET":
            query = dict(request.query_params)
            sent: Any = query | {name: _parsed(query[name]) for name in ("variables", "extensions") if query.get(name)}
        elif request.method == "POST":
            sent = _parsed(await self._body(request))
        else:
            raise _Rejected(405, "METHOD_NOT_ALLOWED", "Use POST, or GET for queries.", Allow="GET, POST")
        if not isinstance(sent, dict):
            raise _Rejected(400, "BAD_REQUEST", "Send one JSON object with a `query`.")
        query_text = sent.get("query")
        if not isinstance(query_text, str) or not query_text.strip():
            raise _Rejected(400, "BAD_REQUEST", "`query` must be a GraphQL document.")
        name = sent.get("operationName")
        if name is not None and not isinstance(name, str):
            raise _Rejected(400, "BAD_REQUEST", "`operationName` must be text or null.")
        return _Operation(query_text, _object(sent, "variables"), name or None, _object(sent, "extensions"))

    async def _body(self, request: Request) -> bytes:
        media_type, _, parameters = request.headers.get("content-type", "").partition(";")
        charset = parameters.strip().lower().removeprefix("charset=").strip('"')
        if media_type.strip().lower() != JSON or charset not in {"", "utf-8"}:
            # Also what keeps other sites' forms out: a browser asks before it sends this type.
            raise _Rejected(415, "UNSUPPORTED_MEDIA_TYPE", "Send the operation as application/json in UTF-8.")
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > self.max_body:
                raise _Rejected(413, "TOO_LARGE", f"A request has at most {self.max_body:,} bytes.", Connection="close")
        return bytes(body)


def _parsed(text: bytes | str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise _Rejected(400, "BAD_REQUEST", "This is not JSON in UTF-8.") from error


def _object(sent: Mapping[str, Any], name: str) -> dict[str, Any] | None:
    value = sent.get(name)
    if value is not None and not isinstance(value, dict):
        raise _Rejected(400, "BAD_REQUEST", f"`{name}` must be an object or null.")
    return value


def _negotiated(headers: Headers) -> str:
    """The first media type of ours with the highest weight; JSON when the client does not say."""
    accept = headers.get("accept", "*/*")
    best, media_type = 0.0, None
    for part in accept.split(","):
        name, *parameters = (piece.strip().lower() for piece in part.split(";"))
        weight = next((_weight(piece[2:]) for piece in parameters if piece.startswith("q=")), 1.0)
        ours = {GRAPHQL_JSON: GRAPHQL_JSON, JSON: JSON, "application/*": JSON, "*/*": JSON}.get(name)
        if ours is not None and weight > best:
            best, media_type = weight, ours
    if media_type is None:
        raise _Rejected(406, "NOT_ACCEPTABLE", f"Answers are {GRAPHQL_JSON} or {JSON}.")
    return media_type


def _weight(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0


def _wants_html(headers: Headers) -> bool:
    return "text/html" in headers.get("accept", "")


def _unexecuted(result: ExecutionResult) -> bool:
    """Whether the request failed before any field ran: it was not valid, or its variables were not."""
    return isinstance(result, PreExecutionError) or (
        result.data is None and any(error.path is None for error in result.errors or ())
    )


def _formatted(result: ExecutionResult, unexecuted: bool) -> dict[str, Any]:
    """The specification's response map: no `data` where nothing was executed."""
    answer: dict[str, Any] = {} if unexecuted else {"data": result.data}
    if result.errors:
        answer["errors"] = [error.formatted for error in result.errors]
    if result.extensions:
        answer["extensions"] = result.extensions
    return answer


def _refusal(rejected: _Rejected, media_type: str) -> Response:
    body = {"errors": [{"message": rejected.message, "extensions": {"code": rejected.code}}]}
    return Response(orjson.dumps(body), status_code=rejected.status, media_type=media_type, headers=rejected.headers)


def _sentence(error: MissingQueryError | CannotGetOperationTypeError) -> str:
    if isinstance(error, CannotGetOperationTypeError):
        return error.as_http_error_reason()
    return "`query` must be a GraphQL document."
