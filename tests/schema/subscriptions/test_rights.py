"""Nobody receives an event that row security hides when it is sent, whoever's rights come and go meanwhile."""

import asyncio
import random
from dataclasses import dataclass, field
from math import inf
from typing import Any
from uuid import UUID

import pytest

from domain.events import Event, EventKind
from schema.ids import split
from tests.api import Api, Socket
from tests.make import Make, Person
from tests.schema.subscriptions.watching import Watch, start
from tests.schema.telling import tell

ACTIVITY = "subscription { activity { kind node { id } } }"
STEPS = 120


@dataclass
class Watcher:
    """Somebody with an open stream, whom they might see and when they did, and what they heard and when."""

    person: Person
    table: str
    key: str
    ended: str
    spans: dict[UUID, list[tuple[float, float]]] = field(default_factory=dict)
    """By student: from when to when they were to be seen, at the most."""
    heard: dict[UUID, float] = field(default_factory=dict)
    """By target: when."""

    def could_see(self, student: UUID, since: float, until: float) -> bool:
        """Whether there was a moment in which they saw the student."""
        return any(begun <= until and since <= ended for begun, ended in self.spans[student])

    def saw_throughout(self, student: UUID, since: float, until: float) -> bool:
        """Whether there was no moment in which they did not."""
        return any(begun <= since and until <= ended for begun, ended in self.spans[student])


@dataclass
class School:
    """Students, those around them, and what happens to them."""

    make: Make
    students: list[Person]
    watchers: list[Watcher]
    told: dict[UUID, tuple[UUID, float]] = field(default_factory=dict)
    """By target: whom it is about, and the moment before it was written."""

    async def move(self, watcher: Watcher, student: UUID) -> None:
        """End what lets a watcher see a student, or let it begin again."""
        loop = asyncio.get_running_loop()
        spans = watcher.spans[student]
        sees = bool(spans) and spans[-1][1] == inf
        if not sees:
            spans.append((loop.time(), inf))
        await self.make.owner.execute(
            f"update {watcher.table} set status = %s where {watcher.key} = %s and student_id = %s",
            [watcher.ended if sees else "active", watcher.person.id, student],
        )
        if sees:
            spans[-1] = (spans[-1][0], loop.time())

    async def happen(self, watch: Watch, student: Person) -> None:
        """Something is told about a student."""
        goal = await self.make.goal(student)
        self.told[goal] = (student.id, asyncio.get_running_loop().time())
        await tell(watch.services, Event(EventKind.GOAL_PROGRESS, student.id, goal))


async def _school(make: Make) -> School:
    students = [await make.student(name) for name in ("ann", "ben", "cleo")]
    tutors = [await make.tutor(name) for name in ("tess", "toby", "una")]
    parents = [await make.parent(name) for name in ("pat", "quinn")]
    watchers = [Watcher(tutor, "tutor_student_assignments", "tutor_id", "paused") for tutor in tutors]
    watchers += [Watcher(parent, "parent_student_links", "parent_id", "ended") for parent in parents]
    for watcher in watchers:
        for student in students:
            relate = make.assignment if watcher.ended == "paused" else make.link
            await relate(watcher.person, student, status=watcher.ended)
            watcher.spans[student.id] = []
    return School(make, students, watchers)


async def _listen(socket: Socket, watcher: Watcher) -> None:
    loop = asyncio.get_running_loop()
    while True:
        node = (await socket.next(within=60))["data"]["activity"]["node"]
        target = split(node["id"])[1]
        assert target not in watcher.heard, "an event came twice"
        watcher.heard[target] = loop.time()


@pytest.mark.parametrize("seed", [1, 2])
async def test_nobody_hears_what_is_hidden_from_them(api: Api, watch: Watch, make: Make, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - to try orders, not to keep secrets
    school = await _school(make)
    people = [(watcher.person, ACTIVITY, None) for watcher in school.watchers]
    async with watch.streams(*people) as sockets:
        listening = [
            asyncio.create_task(_listen(socket, watcher))
            for socket, watcher in zip(sockets, school.watchers, strict=True)
        ]
        for _ in range(STEPS):
            for _ in range(chance.randint(0, 2)):
                await school.move(chance.choice(school.watchers), chance.choice(school.students).id)
            await school.happen(watch, chance.choice(school.students))
            if chance.random() < 0.3:
                await asyncio.sleep(chance.random() * 0.02)
        end = asyncio.get_running_loop().time()
        await _heard_in_the_end(school, end)
        for task in listening:
            task.cancel()
        ended: list[Any] = await asyncio.gather(*listening, return_exceptions=True)
    assert [type(each) for each in ended] == [asyncio.CancelledError] * len(ended)
    for watcher in school.watchers:
        for target, heard in watcher.heard.items():
            student, since = school.told[target]
            assert watcher.could_see(student, since, heard), "somebody heard what was hidden from them"
    heard, told = sum(len(watcher.heard) for watcher in school.watchers), len(school.told) * len(school.watchers)
    assert 0.1 < heard / told < 0.9, "rights were not mixed: this shows nothing"


async def _heard_in_the_end(school: School, end: float) -> None:
    """Wait for all events whose students their watchers saw from before the event on until now."""

    def missing() -> list[UUID]:
        return [
            target
            for watcher in school.watchers
            for target, (student, since) in school.told.items()
            if watcher.saw_throughout(student, since, end) and target not in watcher.heard
        ]

    async with asyncio.timeout(60):
        while missing():  # noqa: ASYNC110 - it depends on all of them
            await asyncio.sleep(0.01)


async def test_an_end_is_felt_by_streams_that_are_open_and_by_new_ones(watch: Watch, make: Make) -> None:
    """What is told after it is passed over, and the same streams go on where the right does."""
    sam = await make.student()
    tess, toby = await make.tutor(of=sam), await make.tutor("toby", of=sam)
    becomes = "update tutor_student_assignments set status = %s where tutor_id = %s"
    watchers = ((tess, ACTIVITY, None), (toby, ACTIVITY, None))
    async with watch.streams(*watchers) as (socket, witness), watch.api.socket(tess) as another:
        await make.owner.execute(becomes, ["paused", tess.id])
        await tell(watch.services, Event(EventKind.GOAL_PROGRESS, sam.id, await make.goal(sam)))
        await witness.next()
        await start(another, ACTIVITY)
        await watch.listening(3)
        await watch.settled()
        await make.owner.execute(becomes, ["active", tess.id])
        goal = await make.goal(sam)
        await tell(watch.services, Event(EventKind.GOAL_PROGRESS, sam.id, goal))
        for stream in (socket, another):
            told = (await stream.next())["data"]["activity"]
            assert split(told["node"]["id"])[1] == goal
