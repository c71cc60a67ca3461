"""The same reads written the usual way: Strawberry's ASGI application, a DataLoader for each edge, psycopg.

No token is checked, and it connects as somebody whom row security does not bind: `python -m tests.bench.plain_graph
PORT URL`.
"""

import sys
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import strawberry
import uvicorn
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.dataloader import DataLoader

Row = dict[str, Any]
pool: AsyncConnectionPool[Any] = AsyncConnectionPool(
    sys.argv[2] if len(sys.argv) > 2 else "", max_size=10, open=False, kwargs={"row_factory": dict_row}
)


async def fetch(sql: str, *parameters: Any) -> list[Row]:
    """The rows of a statement."""
    async with pool.connection() as connection:
        cursor = await connection.execute(sql.encode(), parameters)
        rows: list[Row] = await cursor.fetchall()
        return rows


def one(columns: str, table: str) -> Callable[[list[UUID]], Any]:
    """Loads rows by id."""

    async def load(keys: list[UUID]) -> list[Row | None]:
        rows = await fetch(f"select {columns} from {table} where id = any(%s)", keys)
        found = {row["id"]: row for row in rows}
        return [found.get(key) for key in keys]

    return load


def many(columns: str, table: str, parent: str, order: str) -> Callable[[list[tuple[UUID, int]]], Any]:
    """Loads the first so many rows of each parent."""

    async def load(keys: list[tuple[UUID, int]]) -> list[list[Row]]:
        first = keys[0][1]
        rows = await fetch(
            f"select r.*, k.id as parent from unnest(%s::uuid[]) as k (id) cross join lateral ("
            f"select {columns} from {table} where {parent} = k.id order by {order} desc, id desc limit %s) as r",
            [key for key, _ in keys],
            first,
        )
        found: dict[UUID, list[Row]] = defaultdict(list)
        for row in rows:
            found[row.pop("parent")].append(row)
        return [found[key] for key, _ in keys]

    return load


async def students_of(keys: list[tuple[UUID, int]]) -> Sequence[list[Row]]:
    """Loads the students of tutors."""
    rows = await fetch(
        "select u.id, u.display_name, u.email, a.tutor_id as parent from tutor_student_assignments as a "
        "join users as u on u.id = a.student_id where a.tutor_id = any(%s) and a.status = 'active' order by u.email",
        [key for key, _ in keys],
    )
    found: dict[UUID, list[Row]] = defaultdict(list)
    for row in rows:
        found[row.pop("parent")].append(row)
    return [found[key][:first] for key, first in keys]


USER = "id, display_name, email"
GOAL = "id, title, status, completion_percentage, current_streak, xp_earned, target_completion_date"
SESSION = "id, student_id, tutor_id, session_date, duration_minutes, topics_covered, created_at"
SUMMARY = "id, narrative, next_steps, subjects_covered, created_at"
PRACTICE = "id, completed, difficulty_level, assigned_at, bank_item_id"


def loaders() -> dict[str, DataLoader[Any, Any]]:
    """Those of one request."""
    return {
        "user": DataLoader(one(USER, "users")),
        "session": DataLoader(one(SESSION, "sessions")),
        "item": DataLoader(one("id, question_text", "practice_bank_items")),
        "students": DataLoader(students_of),
        "goals": DataLoader(many(GOAL, "goals", "student_id", "created_at")),
        "sessions": DataLoader(many(SESSION, "sessions", "student_id", "session_date")),
        "held": DataLoader(many(SESSION, "sessions", "tutor_id", "session_date")),
        "summaries": DataLoader(many(SUMMARY, "summaries", "session_id", "created_at")),
        "practice": DataLoader(many(PRACTICE, "practice_assignments", "student_id", "assigned_at")),
        "nudges": DataLoader(many("id, message, sent_at, opened_at", "nudges", "user_id", "sent_at")),
    }


Info = strawberry.Info[dict[str, Any], None]


@strawberry.type
class Summary:
    """A summary."""

    id: strawberry.ID
    narrative: str
    next_steps: list[str]
    subjects_covered: list[str]
    created_at: datetime


@strawberry.type
class Goal:
    """A goal."""

    id: strawberry.ID
    title: str
    status: str
    completion_percentage: Decimal
    current_streak: int
    xp_earned: int
    target_completion_date: date | None


@strawberry.type
class Nudge:
    """A nudge."""

    id: strawberry.ID
    message: str
    sent_at: datetime
    opened_at: datetime | None


@strawberry.type
class Item:
    """An item of the bank."""

    id: strawberry.ID
    question_text: str


@strawberry.type
class Practice:
    """What is to be practised."""

    id: strawberry.ID
    completed: bool
    difficulty_level: int | None
    assigned_at: datetime
    bank_item_id: strawberry.Private[UUID]

    @strawberry.field
    async def bank_item(self, info: Info) -> Item:
        return Item(**await info.context["item"].load(self.bank_item_id))


@strawberry.type
class Session:
    """A session."""

    id: strawberry.ID
    session_date: datetime
    duration_minutes: int | None
    topics_covered: list[str]
    created_at: datetime
    student_id: strawberry.Private[UUID]
    tutor_id: strawberry.Private[UUID]

    @strawberry.field
    async def student(self, info: Info) -> "User":
        return User(**await info.context["user"].load(self.student_id))

    @strawberry.field
    async def tutor(self, info: Info) -> "User":
        return User(**await info.context["user"].load(self.tutor_id))

    @strawberry.field
    async def summaries(self, info: Info) -> list[Summary]:
        return [Summary(**row) for row in await info.context["summaries"].load((self.id, 20))]


@strawberry.type
class User:
    """A student."""

    id: strawberry.ID
    display_name: str
    email: str

    @strawberry.field
    async def goals(self, info: Info, first: int) -> list[Goal]:
        return [Goal(**row) for row in await info.context["goals"].load((self.id, first))]

    @strawberry.field
    async def sessions(self, info: Info, first: int) -> list[Session]:
        return [Session(**row) for row in await info.context["sessions"].load((self.id, first))]

    @strawberry.field
    async def practice(self, info: Info, first: int) -> list[Practice]:
        return [Practice(**row) for row in await info.context["practice"].load((self.id, first))]

    @strawberry.field
    async def nudges(self, info: Info, first: int) -> list[Nudge]:
        return [Nudge(**row) for row in await info.context["nudges"].load((self.id, first))]


@strawberry.type
class Tutor:
    """A tutor."""

    id: strawberry.ID
    display_name: str
    email: str

    @strawberry.field
    async def students(self, info: Info, first: int) -> list[User]:
        return [User(**row) for row in await info.context["students"].load((self.id, first))]

    @strawberry.field
    async def sessions(self, info: Info, first: int) -> list[Session]:
        return [Session(**row) for row in await info.context["held"].load((self.id, first))]


@strawberry.type
class Query:
    """The roots."""

    @strawberry.field
    async def session(self, info: Info, id: strawberry.ID) -> Session:
        return Session(**await info.context["session"].load(UUID(id)))

    @strawberry.field
    async def student(self, info: Info, id: strawberry.ID) -> User:
        return User(**await info.context["user"].load(UUID(id)))

    @strawberry.field
    async def tutor(self, info: Info, id: strawberry.ID) -> Tutor:
        return Tutor(**await info.context["user"].load(UUID(id)))


class Application(GraphQL[Any, None]):
    """With the loaders of a request."""

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> dict[str, Any]:
        return dict(loaders())


@asynccontextmanager
async def _lifespan(app: Starlette) -> AsyncIterator[None]:
    async with pool:
        yield


if __name__ == "__main__":
    application = Starlette(routes=[Route("/graphql", Application(strawberry.Schema(Query)))], lifespan=_lifespan)
    uvicorn.run(application, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning", access_log=False)
