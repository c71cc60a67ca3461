"""GraphQL over WebSocket: graphql-transport-ws, with who is asking settled by `connection_init`."""

from collections.abc import Sequence
from datetime import timedelta

from starlette.requests import Request
from starlette.responses import Response
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.exceptions import ConnectionRejectionError
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL

from schema.api import schema
from schema.context import Context, Services
from schema.identity import Unauthenticated, identify


class WebSocketEndpoint(GraphQL[Context, None]):
    """Strawberry's endpoint, used for sockets alone, with our identity and one protocol."""

    def __init__(self, services: Services, *, allowed_origins: Sequence[str] = ()) -> None:
        super().__init__(
            schema,
            subscription_protocols=[GRAPHQL_TRANSPORT_WS_PROTOCOL],
            connection_init_wait_timeout=timedelta(seconds=10),
            allowed_origins=allowed_origins,
        )
        self.services = services

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> Context:
        """A socket's caller is nobody until `connection_init`."""
        return Context(self.services, None)

    async def on_ws_connect(self, context: Context) -> dict[str, object]:
        """Take the token from `connection_init`: `{"authorization": "Bearer <token>"}`, in any case of the key."""
        sent = {key.lower(): value for key, value in (context.connection_params or {}).items()}
        authorization = sent.get("authorization")
        if authorization is not None and not isinstance(authorization, str):
            raise ConnectionRejectionError
        try:
            identified = await identify(self.services, authorization)
        except Unauthenticated as error:
            raise ConnectionRejectionError from error
        await identified.release()
        context.identity = identified.identity
        return {}
