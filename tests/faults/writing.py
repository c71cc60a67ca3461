"""Those who make the changes: many at once, some slow to commit, some for nothing, through every outage."""

import asyncio
import random
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from uuid import uuid4

from psycopg import Error
from psycopg_pool import PoolTimeout
from redis.asyncio import Redis
from redis.exceptions import RedisError
from sqlalchemy import bindparam, insert

from db.engine import Database, Work
from db.events import CHANNEL
from db.statement import Compiled
from db.tables import goals, nudges, overrides, qa_interactions
from domain.events import Event, EventKind
from tests.faults.school import School, Student

_GOAL = Compiled("add_goal", insert(goals).values(id=bindparam("row"), student_id=bindparam("student"), title="x"))
_NUDGE = Compiled(
    "add_nudge",
    insert(nudges).values(
        id=bindparam("row"), user_id=bindparam("person"), type="login", channel="in_app", message="x"
    ),
)
_QUESTION = Compiled(
    "add_question",
    insert(qa_interactions).values(
        id=bindparam("row"), student_id=bindparam("student"), query="x", answer="x", confidence="Low"
    ),
)
_OVERRIDE = Compiled(
    "add_override",
    insert(overrides).values(
        id=bindparam("row"),
        student_id=bindparam("student"),
        tutor_id=bindparam("tutor"),
        qa_interaction_id=bindparam("question"),
        override_type="qa_answer",
        action="x",
        original_content={},
        new_content={},
        target_version=2,
    ),
)


class _Regretted(Exception):
    """The change is not to be."""


@dataclass(slots=True)
class Writers:
    """They write until there are enough events and nobody needs any more."""

    database: Database
    school: School
    events: int
    per_second: float
    """Events a second, about."""
    broker: str | None
    """The Redis to call after each commit; None where PostgreSQL calls."""
    needed: Callable[[], bool]
    """Whether more are wanted even if there are enough."""
    committed: int = 0
    rolled_back: int = 0
    failed: int = 0
    slow: int = 0
    chance: random.Random = field(default_factory=lambda: random.Random(11))  # noqa: S311 - chance

    def __str__(self) -> str:
        return (
            f"{self.committed} events committed, {self.slow} changes slow to, {self.rolled_back} rolled back, "
            f"{self.failed} failed"
        )

    async def write(self, writers: int) -> None:
        """Write, so many at once."""
        redis = None if self.broker is None else Redis.from_url(self.broker, socket_timeout=1)
        try:
            async with asyncio.TaskGroup() as group:
                self.database.notifies = redis is None
                for _ in range(writers):
                    group.create_task(self._write(redis, 2 * writers / self.per_second))
        finally:
            if redis is not None:
                await redis.aclose()

    async def _write(self, redis: Redis | None, pause: float) -> None:
        while self.committed < self.events or self.needed():
            try:
                await self._change(redis)
            except _Regretted:
                self.rolled_back += 1
            except (Error, PoolTimeout):
                # Whether it was committed only the database knows.
                self.failed += 1
            enough = self.committed >= self.events
            await asyncio.sleep(self.chance.uniform(0, (10 if enough else 2) * pause))

    async def _change(self, redis: Redis | None) -> None:
        count = self.chance.randint(1, 3)
        async with self.database.system_work() as work:
            told = [await self._add(work) for _ in range(count)]
            for event in told:
                work.tell(event)
            fate = self.chance.random()
            if fate < 0.02:
                self.slow += 1
                await asyncio.sleep(self.chance.uniform(0.5, 3))
            elif fate < 0.3:
                await asyncio.sleep(self.chance.uniform(0, 0.05))
            if self.chance.random() < 0.1:
                raise _Regretted
        self.committed += count
        if redis is not None:
            with suppress(RedisError, OSError):
                await redis.publish(CHANNEL, "")

    async def _add(self, work: Work) -> Event:
        """A row, and what is told of it."""
        student: Student = self.chance.choice(self.school.students)
        row, fate = uuid4(), self.chance.random()
        if fate < 0.5:
            await work.run(_GOAL, {"row": row, "student": student.id})
            return Event(EventKind.GOAL_PROGRESS, student.id, row)
        if fate < 0.6:
            await work.run(_NUDGE, {"row": row, "person": student.id})
            return Event(EventKind.NUDGE_SENT, student.id, row, student.id)
        if fate < 0.65:
            await work.run(_NUDGE, {"row": row, "person": student.parent_id})
            return Event(EventKind.NUDGE_SENT, None, row, student.parent_id)
        if fate < 0.85:
            await work.run(_QUESTION, {"row": row, "student": student.id})
            return Event(EventKind.QUESTION_ESCALATED, student.id, row)
        people = {"student": student.id, "tutor": student.tutor_id, "question": student.question_id}
        await work.run(_OVERRIDE, {"row": row, **people})
        return Event(EventKind.OVERRIDE_MADE, student.id, row)
