"""GraphQL over HTTP, as the specification of that name has it, and the door to event streams.

https://graphql.github.io/graphql-over-http/draft/ - `application/graphql-response+json` with its status codes for
clients that accept it, `application/json` for the others, GET for queries alone. A client that also accepts
`text/event-stream` has subscriptions that way, and one that accepts nothing else has everything that way.
"""

from uuid import UUID

from starlette.types import ASGIApp, Receive, Scope, Send
from strawberry.exceptions import MissingQueryError
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.types.execution import ExecutionResult, PreExecutionError
from strawberry.types.graphql import OperationType

from db.engine import UnknownPerson
from domain.errors import BadRequest
from schema.api import schema
from schema.context import Context, Services
from schema.documents import is_subscription
from schema.identity import Unauthenticated, Unavailable, identify
from schema.results import answer_of, broken, refused
from schema.transport.requests import (
    EVENT_STREAM,
    GRAPHQL_JSON,
    JSON,
    Accepted,
    Gone,
    Operation,
    Rejected,
    Request,
    Response,
    accepted,
)
from schema.transport.sockets import Sockets
from schema.transport.sse import EventStream, events_of

_READING = frozenset({OperationType.QUERY})
_ALL = frozenset({OperationType.QUERY, OperationType.MUTATION})
_OURS = {"INTERNAL": 500, "UNAVAILABLE": 503, "TIMEOUT": 503}
"""The status codes of answers without data that are no fault of the client's."""


class HttpEndpoint:
    """The ASGI application at /graphql for everything but WebSockets. No other layer need be around it."""

    def __init__(self, services: Services, sockets: Sockets, page: ASGIApp) -> None:
        """`page` is for browsers."""
        self.services = services
        self.sockets = sockets
        self.page = page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope)
        try:
            response = self.page if request.is_for_page else await self._answer(request, receive)
        except Gone:
            return
        except Exception as error:  # noqa: BLE001 - `broken` logs it
            response = Response(answer_of(PreExecutionError(None, [broken(error)])).body, JSON, 500)
        await response(scope, receive, send)

    async def _answer(self, request: Request, receive: Receive) -> ASGIApp:
        media_type, ways = JSON, Accepted(JSON, events=False)
        try:
            ways = accepted(request.accept)
            media_type = ways.json or JSON
            limit = self.sockets.limits.message_bytes
            operation = await request.operation(receive, self.services.documents, limit)
            context = await identify(self.services, request.authorization, guess=True)
            try:
                return await self._run(request.method, operation, context, ways)
            except BaseException:
                await context.release()
                raise
        except Rejected as rejected:
            return rejected.response(media_type)
        except BadRequest as error:
            return _response(PreExecutionError(data=None, errors=[refused(error.code, error.message)]), ways)
        except (Unauthenticated, UnknownPerson) as error:
            challenge = {"WWW_Authenticate": "Bearer"}
            return Rejected(401, "UNAUTHENTICATED", str(error), **challenge).response(media_type)
        except Unavailable:
            text = "Who you are cannot be checked just now; try again in a moment."
            return Rejected(503, "UNAVAILABLE", text, Retry_After="5").response(media_type)

    async def _run(self, method: str, operation: Operation, context: Context, ways: Accepted) -> ASGIApp:
        """Whatever it returns, nothing is open in the context any more."""
        if ways.events and is_subscription(operation.query, operation.operation_name):
            await context.was_right()
            viewer = await context.viewer()
            await context.release()
            # Last: from the look whether there is room to the beginning of the stream nobody else gets a turn.
            return self._stream(operation, context, None if viewer is None else viewer.id)
        try:
            result = await schema.execute(
                operation.query,
                variable_values=operation.variables,
                context_value=context,
                operation_name=operation.operation_name,
                allowed_operation_types=_READING if method == "GET" else _ALL,
                operation_extensions=operation.extensions,
            )
        except (MissingQueryError, CannotGetOperationTypeError) as error:
            if ways.json is not None:
                raise Rejected(400, "BAD_REQUEST", _sentence(error)) from error
            result = PreExecutionError(data=None, errors=[refused("BAD_REQUEST", _sentence(error))])
        except InvalidOperationTypeError as error:
            if error.operation_type is not OperationType.SUBSCRIPTION:
                raise Rejected(405, "METHOD_NOT_ALLOWED", "Send mutations with POST.", Allow="POST") from error
            text = f"Subscriptions are answered over a WebSocket, or as {EVENT_STREAM} to a client that accepts it."
            raise Rejected(406, "NOT_ACCEPTABLE", text) from error
        return _response(result, ways)

    def _stream(self, operation: Operation, context: Context, person: UUID | None) -> ASGIApp:
        stream = EventStream(self.services, self.sockets, operation, context, person)
        if not self.sockets.admits:
            self.sockets.counts.refused += 1
            raise Rejected(503, "UNAVAILABLE", "This server takes no more streams; try again later.", Retry_After="5")
        if not self.sockets.has_room_for(person):
            self.sockets.counts.refused += 1
            raise Rejected(429, "TOO_MANY_STREAMS", "You have too many streams open; close some.", Retry_After="30")
        return stream


def _response(result: ExecutionResult, ways: Accepted) -> Response:
    answer = answer_of(result)
    media_type = ways.json
    if media_type is None:
        return Response(events_of(answer), f"{EVENT_STREAM}; charset=utf-8")
    if not answer.refusal or media_type != GRAPHQL_JSON:
        return Response(answer.body, media_type)
    told = answer.refusal[0].extensions or {}
    if told.get("code") == "BUDGET_SPENT":
        return Response(answer.body, media_type, 429, {"Retry-After": str(told["retryAfter"])})
    return Response(answer.body, media_type, _OURS.get(str(told.get("code")), 400))


def _sentence(error: MissingQueryError | CannotGetOperationTypeError) -> str:
    if isinstance(error, CannotGetOperationTypeError):
        return error.as_http_error_reason()
    return "`query` must be a GraphQL document."
