"""From an Authorization value to an operation's context."""

from psycopg import OperationalError
from psycopg_pool import PoolTimeout

from db.engine import UnknownPerson
from domain.identity.tokens import InvalidToken, TokenCode
from schema.context import Context, Services


class Unauthenticated(Exception):
    """A token was sent and is not good; the text says why and what to do."""


class Unavailable(Exception):
    """Who is asking cannot be found out just now: the database or the issuer's keys are out of reach."""


async def identify(services: Services, authorization: str | None, *, guess: bool = False) -> Context:
    """The context of whoever sends this value, its read transaction open; of nobody without one.

    To `guess` is as for `Context`: that somebody is no user any more is found out later then.

    Raises Unauthenticated for a token that is malformed, forged, expired, or of somebody who is no user, and
    Unavailable when that cannot be told.
    """
    if authorization is None:
        return Context(services, None)
    kind, _, token = authorization.partition(" ")
    if kind.lower() != "bearer" or not token.strip():
        raise Unauthenticated("Send the token as `Authorization: Bearer <token>`.")
    try:
        context = Context(services, await services.verifier.verify(token.strip()), guess=guess)
        try:
            await context.read()
        except BaseException:
            await context.release()
            raise
    except InvalidToken as error:
        if error.code is TokenCode.KEYS_UNAVAILABLE:
            raise Unavailable from error
        raise Unauthenticated(str(error)) from error
    except UnknownPerson as error:
        raise Unauthenticated(str(error)) from error
    except (OperationalError, PoolTimeout) as error:
        raise Unavailable from error
    return context
