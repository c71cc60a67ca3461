"""Open connections and who they are for: renewing a token, and closing somebody's."""

from datetime import datetime

import strawberry

from db import audit
from domain.errors import Code, Refused
from domain.events import Event, EventKind
from domain.identity.tokens import InvalidToken, TokenCode
from domain.permissions import Permission
from schema.context import Info
from schema.errors import Payload
from schema.fields import mutation
from schema.resolvers.users import locked_person, student_in
from schema.types.user import User


@strawberry.input(description="A newer token of the same person.")
class RenewTokenInput:
    """For the WebSocket that it is sent over."""

    token: str = strawberry.field(description="The token, without `Bearer`; at most 16,384 characters.")


@strawberry.type(description="Until when the WebSocket stays open.")
class RenewTokenPayload(Payload):
    """The answer of renewToken."""

    expires_at: datetime | None = strawberry.field(
        default=None, description="When it is closed, unless it is renewed again; null when refused."
    )


@strawberry.input(description="Whose connections are to be closed.")
class DisconnectUserInput:
    """Any person."""

    user_id: strawberry.ID = strawberry.field(description="The person.")


@strawberry.type(description="The person whose connections are closed.")
class DisconnectUserPayload(Payload):
    """The answer of disconnectUser."""

    user: User | None = strawberry.field(default=None, description="The person; null when refused.")


@strawberry.type
class IdentityMutations:
    """Mutations of connections."""

    @mutation(
        Permission.SIGNED_IN,
        "Go on with a newer token on the WebSocket that this is sent over; its streams go on undisturbed.",
    )
    async def renew_token(self, info: Info, input: RenewTokenInput) -> RenewTokenPayload:
        line, identity = info.context.line, info.context.identity
        if line is None or identity is None:
            raise Refused(
                Code.INVALID, "Only a WebSocket outlives its token: over HTTP send the new one with the next request."
            )
        if input.token[:7].lower() == "bearer ":
            raise Refused(Code.INVALID, "Send the token alone, without `Bearer` before it.", "token")
        try:
            newer = await info.context.services.verifier.verify(input.token)
        except InvalidToken as error:
            unavailable = error.code is TokenCode.KEYS_UNAVAILABLE
            raise Refused(Code.UNAVAILABLE if unavailable else Code.INVALID, error.message, "token") from error
        if newer.subject != identity.subject:
            raise Refused(Code.FORBIDDEN, "This is another person's token: open a WebSocket of their own.", "token")
        return RenewTokenPayload(expires_at=line.renew(newer))

    @mutation(
        Permission.MANAGE_PEOPLE,
        "Close all WebSockets and event streams of a person, on every server: an administrator. They may come back "
        "as long as their token is good and they are a user.",
    )
    async def disconnect_user(self, info: Info, input: DisconnectUserInput) -> DisconnectUserPayload:
        async with info.context.unit_of_work() as work:
            user = await locked_person(work, input.user_id, "user_id")
            await audit.record(work, "user.disconnect", "User", user.id, student_in(user))
            work.tell(Event(EventKind.DISCONNECTED, None, user.id, user.id))
        return DisconnectUserPayload(user=User.view(user))
