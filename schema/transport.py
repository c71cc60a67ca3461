"""GraphQL over HTTP and WebSocket: who is asking is settled before anything runs."""

from collections.abc import Sequence
from datetime import timedelta

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.exceptions import ConnectionRejectionError
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL

from db.engine import UnknownPerson
from domain.identity.tokens import InvalidToken
from schema.api import schema
from schema.context import Context, Services

_NOT_BEARER = "Send the token as `Authorization: Bearer <token>`."


class GraphQLEndpoint(GraphQL[Context, None]):
    """Strawberry's endpoint with our identity, our errors and one WebSocket protocol."""

    def __init__(self, services: Services, *, allowed_origins: Sequence[str] = ()) -> None:
        super().__init__(
            schema,
            subscription_protocols=[GRAPHQL_TRANSPORT_WS_PROTOCOL],
            connection_init_wait_timeout=timedelta(seconds=10),
            allowed_origins=allowed_origins,
        )
        self.services = services

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 401 at once when a token is sent that is not good."""
        if scope["type"] != "http":
            await super().__call__(scope, receive, send)
            return
        request = Request(scope, receive)
        try:
            scope["study.context"] = await self._identify(request.headers.get("authorization"))
        except (InvalidToken, UnknownPerson) as error:
            await _unauthenticated(str(error))(scope, receive, send)
            return
        try:
            await super().__call__(scope, receive, send)
        finally:
            await scope["study.context"].release()

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> Context:
        """The operation's context; a socket's is anonymous until `connection_init`."""
        context: Context | None = request.scope.get("study.context")
        return Context(self.services, None) if context is None else context

    async def on_ws_connect(self, context: Context) -> dict[str, object]:
        """Take the token from `connection_init`: `{"authorization": "Bearer <token>"}`, in any case of the key."""
        sent = {key.lower(): value for key, value in (context.connection_params or {}).items()}
        authorization = sent.get("authorization")
        if authorization is not None and not isinstance(authorization, str):
            raise ConnectionRejectionError
        try:
            identified = await self._identify(authorization)
            await identified.release()
        except (InvalidToken, UnknownPerson) as error:
            raise ConnectionRejectionError({"reason": str(error)}) from error
        context.identity = identified.identity
        return {}

    async def _identify(self, authorization: str | None) -> Context:
        """The context of whoever sends this header. Raises InvalidToken or UnknownPerson."""
        if authorization is None:
            return Context(self.services, None)
        kind, _, token = authorization.partition(" ")
        if kind.lower() != "bearer":
            raise UnknownPerson(_NOT_BEARER)
        context = Context(self.services, await self.services.verifier.verify(token.strip()))
        try:
            await context.read()
        except BaseException:
            await context.release()
            raise
        return context

    def encode_json(self, data: object) -> bytes | str:
        """The answer as bytes over HTTP."""
        return orjson.dumps(data).decode()


def _unauthenticated(message: str) -> Response:
    body = {"data": None, "errors": [{"message": message, "extensions": {"code": "UNAUTHENTICATED"}}]}
    return Response(
        orjson.dumps(body),
        status_code=401,
        media_type="application/json",
        headers={"WWW-Authenticate": "Bearer"},
    )
