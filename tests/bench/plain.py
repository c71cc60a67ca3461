"""A live field written the usual way: Strawberry's own ASGI application, and broadcaster's memory backend.

It reads no database and asks for no rights: what is told comes in, ready to send, on a second port, a JSON text a line.
"""

import asyncio
import json
import sys
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

import strawberry
import uvicorn
from broadcaster import Broadcast
from starlette.applications import Starlette
from starlette.routing import Route, WebSocketRoute
from strawberry.asgi import GraphQL

broadcast = Broadcast("memory://")


@strawberry.type
class Override:
    """What was told."""

    id: strawberry.ID
    target_version: int
    reason: str


@strawberry.type
class OverrideUpdate:
    """One event."""

    kind: str
    cursor: str
    occurred_at: datetime
    override: Override


@strawberry.type
class Query:
    """A schema has to have one."""

    alive: bool = True


@strawberry.type
class Subscription:
    """The live field."""

    @strawberry.subscription
    async def override_updates(self, student_id: strawberry.ID) -> AsyncGenerator[OverrideUpdate, None]:
        async with broadcast.subscribe(channel=f"student:{student_id}") as subscriber:
            async for event in subscriber:  # type: ignore[union-attr]
                told = json.loads(event.message)  # type: ignore[union-attr]
                override = Override(id=told["id"], target_version=told["targetVersion"], reason=told["reason"])
                yield OverrideUpdate(
                    kind="MADE",
                    cursor=told["cursor"],
                    occurred_at=datetime.fromisoformat(told["occurredAt"]),
                    override=override,
                )


async def _publish(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while line := await reader.readline():
        student, _, told = line.decode().partition(" ")
        await broadcast.publish(f"student:{student}", told)
    writer.close()


@asynccontextmanager
async def _lifespan(app: Starlette) -> AsyncIterator[None]:
    async with broadcast, await asyncio.start_server(_publish, "127.0.0.1", int(sys.argv[2])):
        yield


if __name__ == "__main__":
    graphql = GraphQL[None, None](strawberry.Schema(Query, subscription=Subscription))
    application = Starlette(
        routes=[Route("/graphql", graphql), WebSocketRoute("/graphql", graphql)],
        lifespan=_lifespan,
    )
    uvicorn.run(application, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
