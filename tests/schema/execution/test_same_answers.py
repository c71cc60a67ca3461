"""Breadth-first execution gives the same data and the same errors as graphql-core, whatever is asked and by whom.

`make test-answers` takes longer and sees more.
"""

import gc
import logging
import os
import random
import time
from collections import deque
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from graphql import ExecutionResult

from domain.identity.tokens import Identity
from schema.context import Services
from schema.execution.run import Run
from schema.ids import split
from tests.api import Api
from tests.make import MONDAY, Make
from tests.schema.execution import nasty
from tests.schema.execution.comparing import Different, Pair, pair
from tests.schema.execution.operations import Maker, Scalars
from tests.schema.world import World, world

DOCUMENTS = 120
"""On each of the two schemas, each run for every role or on WORLDS worlds."""
MINUTES = float(os.environ.get("STUDY_MINUTES", "0"))
"""For how long others, by chance, are run after these."""
WORLDS = 6
ROLES = ("anonymous", "student", "tutor", "parent", "admin", "stranger")


def seeds() -> Iterator[int]:
    """What documents are made from: always the same first."""
    until = time.monotonic() + 60 * MINUTES
    yield from range(DOCUMENTS)
    while time.monotonic() < until:
        yield random.randrange(2**64)  # noqa: S311 - to find what nobody thought of


never_awaited = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore:coroutine")
"""graphql-core never awaits resolvers beside one whose error climbs."""


@pytest.fixture(autouse=True)
def last_errors() -> Iterator[None]:
    """Each error of ours is logged with where it comes from, and here are thousands: the last ones are shown."""
    log, last = logging.getLogger("study.errors"), deque[str](maxlen=5)

    def keep(record: logging.LogRecord) -> bool:
        last.append(logging.Formatter().format(record))
        return False

    log.addFilter(keep)
    yield
    log.removeFilter(keep)
    print(*last, sep="\n")


@pytest.fixture(scope="module")
def real() -> Pair:
    """Our own schema."""
    return pair()


@pytest.fixture(scope="module")
def wild() -> Iterator[Pair]:
    """The one in which everything goes wrong."""
    executors = nasty_pair()
    yield executors
    nasty.world = nasty.World(0)


def nasty_pair(run: type[Run] = Run) -> Pair:
    """The schema in which everything goes wrong, with an executor that may be wrong itself."""
    return pair(nasty.NastyQuery, nasty.NastyMutation, nasty.NastySubscription, [nasty.A, nasty.B], run)


async def who_is_who(services: Services, people: World) -> dict[str, Identity | None]:
    """An identity for each role, nobody's, and somebody's from outside."""
    found: dict[str, Identity | None] = {"anonymous": None}
    for role in ROLES[1:]:
        person = people.viewer(role) or people.strangers[1]
        found[role] = await services.verifier.verify(person.token)
    return found


def real_values(people: World) -> Scalars:
    """Ids of real things, mostly, and cursors of none."""
    ids = [*people.ids.values(), "nonsense"]

    def number(chance: random.Random) -> int:
        return chance.choice([0, 1, 1, 2, 2, 3, 3, 5, 100, 101, -1])

    return {
        "ID": lambda chance: chance.choice(ids),
        "String": lambda chance: chance.choice(["a", "", "Algebra", "transcript.read", "\u00e9"]),
        "Int": number,
        "Boolean": lambda chance: chance.random() < 0.5,
        "Float": lambda chance: 0.5,
        "Decimal": lambda chance: "1.5",
        "Date": lambda chance: chance.choice(["2026-03-01", "2026-04-01", "2020-01-01", "soon"]),
        "DateTime": lambda chance: chance.choice(["2026-03-01T00:00:00+00:00", "2026-03-01T00:00:00", "now"]),
    }


NASTY_VALUES: Scalars = {
    "Int": lambda chance: chance.randrange(-1, 12),
    "String": lambda chance: chance.choice(["a", "bad", ""]),
    "Boolean": lambda chance: chance.random() < 0.5,
}


@dataclass(repr=False)
class Ground:
    """The world, and who asks in it."""

    services: Services
    identities: dict[str, Identity | None]
    values: Scalars
    compared: int = 0
    """Answers that both gave."""
    with_data: int = 0

    def count(self, data: Any) -> None:
        """Another answer."""
        self.compared += 1
        self.with_data += data is not None


@pytest.fixture
async def ground(wide: Ground) -> AsyncIterator[Ground]:
    """The same, to be asked much."""
    yield wide
    gc.collect()  # here what was never awaited may go without a word
    print(f"{wide.compared:,} answers compared, {wide.with_data:,} of them with data")
    assert wide.with_data > wide.compared / 6


@pytest.fixture
async def wide(api: Api, make: Make, services: Services) -> Ground:
    """Everybody, with something of each kind, and some more of what comes in pages."""
    people = await world(make)
    subject = await make.subject("Geometry", related_subjects=[split(people.ids["subject"])[1], uuid4()])
    for day in range(4):
        await make.goal(people.sam, f"Goal {day}", subject_id=subject if day % 2 else None)
        session = await make.session(
            people.sam, people.tess if day % 2 else None, session_date=MONDAY - timedelta(days=day, microseconds=day)
        )
        await make.summary(session, people.sam, people.tess, summary_type="brief" if day else None)
        await make.nudge(people.sam, f"Nudge {day}")
        await make.question(people.sam, f"Why {day}?", confidence="High")
    identities = await who_is_who(services, people)
    return Ground(services, identities, real_values(people))


@never_awaited
async def test_the_same_answers_to_operations_on_real_data(ground: Ground, real: Pair) -> None:
    """Over our own schema, for every role. What an administrator reads of transcripts changes the audit log."""
    for seed in seeds():
        made = Maker(real.core._schema, random.Random(seed), ground.values).query()  # noqa: S311 - not for secrets
        for role in ROLES:
            if role != "admin" or "transcript" not in made.document:
                data, _ = await real.compare(ground.services, ground.identities[role], made.document, made.variables)
                ground.count(data)
    assert len(real.cut_off) <= ground.compared / 500


@never_awaited
async def test_the_same_answers_where_everything_goes_wrong(ground: Ground, wild: Pair) -> None:
    """Null where none may be, batch functions that fail, values of any type, and resolvers of every kind."""
    for seed in seeds():
        await compare_nasty(wild, ground, seed)


class Misplacing(Run):
    """Gives each parent what belongs to another."""

    def _complete(self, frame: Any, field: Any, values: Any) -> None:
        super()._complete(frame, field, list(reversed(values)) if field.way else values)


class Silent(Run):
    """Keeps errors to itself."""

    def _settled(self, data: Any) -> ExecutionResult:
        return ExecutionResult(super()._settled(data).data, None)


class Stubborn(Run):
    """Leaves a null where none may be."""

    def fail(self, frame: Any, number: int, field: Any, indexes: Any, error: Exception) -> None:
        if field.nullable[len(indexes)]:
            super().fail(frame, number, field, indexes, error)


class Forgetful(Run):
    """Loses the nulls of lists."""

    def _sorted(self, *args: Any) -> Any:
        value = super()._sorted(*args)
        return [item for item in value if item is not None] if isinstance(value, list) else value


class Trusting(Run):
    """Takes any object for what the schema says."""

    def _plan_of(self, group: Any, number: int, child: Any) -> Any:
        return group.field.selection.object or super()._plan_of(group, number, child)


class Repeating(Run):
    """Gives all objects of a list the answer of the first."""

    def _objects(self, group: Any, children: list[Any]) -> list[Any]:
        outs = super()._objects(group, children)
        return outs[:1] * len(outs)


@never_awaited
@pytest.mark.parametrize("wrong", [Misplacing, Silent, Stubborn, Forgetful, Trusting, Repeating])
async def test_an_executor_that_is_wrong_is_found_out(wide: Ground, wrong: type[Run]) -> None:
    """The comparison compares."""
    executors = nasty_pair(wrong)

    async def compare_many() -> None:
        for seed in range(30):
            await compare_nasty(executors, wide, seed)

    with pytest.raises(Different):
        await compare_many()


async def compare_nasty(executors: Pair, ground: Ground, seed: int) -> None:
    """One operation on worlds of its own."""
    made = Maker(executors.core._schema, random.Random(seed), NASTY_VALUES, depth=3).query()  # noqa: S311 - not for secrets
    for number in range(WORLDS):
        nasty.world = nasty.World(seed + number)
        data, _ = await executors.compare(ground.services, ground.identities["tutor"], made.document, made.variables)
        ground.count(data)
