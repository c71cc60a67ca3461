"""Reads from the study companion, and follows what happens there, with gql."""

import asyncio
import base64
import json
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Any

from gql import Client, GraphQLRequest
from gql.client import AsyncClientSession
from gql.transport.exceptions import TransportError, TransportQueryError
from gql.transport.httpx import HTTPXAsyncTransport
from gql.transport.websockets import WebsocketsTransport

RENEW = """
mutation Renew($token: String!) {
  renewToken(input: { token: $token }) { expiresAt userErrors { message } }
}
"""

STUDENTS = "query Students { students(first: 20) { nodes { id displayName } } }"
ACTIVITY = """
subscription Activity($after: String, $snapshot: Boolean = false) {
  activity(after: $after, snapshot: $snapshot) {
    kind
    cursor
    node { id ... on Nudge { message } }
  }
}
"""

Token = Callable[[], Awaitable[str]]
"""A token that is good for a while; asked again whenever one is needed."""


async def read(url: str, token: Token, document: str, **variables: Any) -> dict[str, Any]:
    """The data of a query or mutation. Raises TransportQueryError, whose `errors` have `extensions.code`."""
    transport = HTTPXAsyncTransport(url, headers={"authorization": f"Bearer {await token()}"})
    async with Client(transport=transport) as session:
        data: dict[str, Any] = await session.execute(GraphQLRequest(document, variable_values=variables))
        return data


async def follow(url: str, token: Token, document: str, **variables: Any) -> AsyncGenerator[dict[str, Any], None]:
    """The events of a subscription that selects `cursor`, without a gap and for as long as it is wanted."""
    wait = 0.25
    while True:
        sent = await token()
        transport = WebsocketsTransport(
            url.replace("http", "ws", 1),
            init_payload={"authorization": f"Bearer {sent}"},
            ping_interval=12,
            pong_timeout=4,
        )
        try:
            async with Client(transport=transport) as session:
                renewing = asyncio.create_task(_renew(session, token, sent))
                try:
                    async for data in session.subscribe(GraphQLRequest(document, variable_values=variables)):
                        (event,) = data.values()
                        if event["cursor"]:  # those of a snapshot have none: it is taken whole or not at all
                            variables |= {"after": event["cursor"], "snapshot": False}
                        wait = 0.25
                        yield event
                finally:
                    renewing.cancel()
        except TransportQueryError as refused:
            codes = {(error.get("extensions") or {}).get("code") for error in refused.errors or []}
            if "RESYNC_REQUIRED" not in codes:
                raise
            variables |= {"after": None, "snapshot": True}
        except (TransportError, OSError):
            await asyncio.sleep(wait)
            wait = min(10, wait * 2)


async def _renew(session: AsyncClientSession, token: Token, sent: str) -> None:
    """Sends a newer token on the same WebSocket after four fifths of the time that the last one has left."""
    while True:
        await asyncio.sleep(0.8 * (_expiry(sent) - time.time()))
        if (newer := await token()) == sent:
            return  # the server says when it has ended, and the next connection asks for another
        await session.execute(GraphQLRequest(RENEW, variable_values={"token": newer}))
        sent = newer


def _expiry(token: str) -> float:
    """When a token ends, in seconds since 1970."""
    claims = token.split(".")[1]
    return float(json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))["exp"])
