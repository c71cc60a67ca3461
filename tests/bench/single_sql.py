"""The limit: no GraphQL, one statement for each operation that builds the JSON, under row security.

It checks no token; a header names the viewer. `python -m tests.bench.single_sql PORT URL`.
"""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import orjson
import uvicorn
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool
from starlette.applications import Starlette
from starlette.types import Receive, Scope, Send

_TEXTS = {path.stem: path.read_bytes() for path in (Path(__file__).parent / "operations").glob("*.sql")}


async def _answer(pool: AsyncConnectionPool[Any], viewer: str, body: dict[str, Any]) -> bytes:
    async with pool.connection() as connection:
        async with connection.pipeline():
            await connection.execute("begin isolation level repeatable read")
            await connection.execute("select from set_viewer(%s, true)", [viewer])
            cursor = await connection.execute(_TEXTS[body["operationName"].lower()], body["variables"])
            await connection.execute("rollback")
        row = await cursor.fetchone()
    assert row is not None
    found: str = row[0]
    return found.encode()


def application(url: str) -> Any:
    """An ASGI application, nothing around it."""

    async def as_configured(connection: AsyncConnection[Any]) -> None:
        await connection.set_autocommit(True)

    pool: AsyncConnectionPool[Any] = AsyncConnectionPool(url, max_size=10, open=False, configure=as_configured)

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        message = await receive()
        body = message.get("body", b"")
        while message.get("more_body"):
            message = await receive()
            body += message.get("body", b"")
        viewer = next(value for name, value in scope["headers"] if name == b"x-viewer").decode()
        answer = b'{"data":' + await _answer(pool, viewer, orjson.loads(body)) + b"}"
        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(answer))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": answer})

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with pool:
            yield

    starlette = Starlette(lifespan=lifespan)

    async def choose(scope: Scope, receive: Receive, send: Send) -> None:
        await (serve if scope["type"] == "http" else starlette)(scope, receive, send)

    return choose


if __name__ == "__main__":
    uvicorn.run(
        application(sys.argv[2]), host="127.0.0.1", port=int(sys.argv[1]), log_level="warning", access_log=False
    )
