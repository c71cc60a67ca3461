"""Those who are told the same, by themselves."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from uuid import UUID

import pytest

from db.audience import AT_ONCE, Audience, Step
from db.engine import Database
from db.feed import Feed, Start
from domain.events import Cursor
from tests import servers
from tests.db.cast import Cast
from tests.db.log import goal_progress, opened, settled, write
from tests.db.watching import moment, until


class Ear:
    """A listener with so much room."""

    def __init__(self, room: int = 1_000) -> None:
        self.room = room
        self.told: list[Step] = []
        self.lost: list[Cursor] = []

    @property
    def targets(self) -> list[UUID]:
        return [logged.event.target_id for _, logged in self.told if logged is not None]

    def take(self, told: Sequence[Step]) -> int:
        taken = told[: self.room]
        self.room -= len(taken)
        self.told += taken
        return len(taken)

    def lose(self, place: Cursor) -> None:
        self.lost.append(place)


class Maker:
    """Makes things ready when it may."""

    def __init__(self) -> None:
        self.asked: list[int] = []
        self.may = asyncio.Event()
        self.may.set()

    async def __call__(self, steps: Sequence[Step]) -> list[list[tuple[Cursor, Step]]]:
        self.asked.append(len(steps))
        await self.may.wait()
        return [[(step[0], step)] for step in steps]


@pytest.fixture
async def study(database_on_each_server: servers.Database, cast: Cast) -> AsyncIterator[Database]:
    cast.owner.execute("delete from events")
    async with opened(database_on_each_server.app_url) as study:
        await settled(study)
        yield study


async def test_each_is_told_from_where_they_began_and_once(
    study: Database, database_on_each_server: servers.Database, cast: Cast
) -> None:
    ann = cast.id("ann")
    async with Feed(database_on_each_server.app_url, study, poll=0.01) as feed:
        make, first, second, third = Maker(), Ear(), Ear(), Ear(room=2)
        audience = Audience(feed, make, person=ann)
        assert audience.join(first, feed.start(await moment(study)))
        await until(lambda: first.told)
        # What happens while something is made ready is made ready together, for whoever has come by then.
        make.may.clear()
        written = await write(study, goal_progress(ann))
        await until(lambda: len(make.asked) == 2)
        written += await write(study, *(goal_progress(ann) for _ in range(AT_ONCE + 5)))
        await until(lambda: feed.status.waiting == AT_ONCE + 5)
        late = Start(feed.position)
        assert not audience.join(second, Start(Cursor(0, 1)))
        assert audience.join(second, late)
        assert audience.join(third, late)
        written += await write(study, goal_progress(ann), goal_progress(ann), goal_progress(ann))
        make.may.set()
        await until(lambda: len(second.told) == 4 and third.lost)
        assert first.targets == written
        assert second.targets == written[-3:]
        assert [logged for _, logged in second.told].count(None) == 1
        # Who has no room is let go, and knows where: one silence and one event were taken.
        assert third.targets == written[-3:-2]
        assert third.lost == [third.told[-1][0]]
        assert max(make.asked) == AT_ONCE
        assert feed.status.streams == 2
        for ear in (first, second):
            audience.leave(ear)
        assert feed._streams == {}


async def test_when_the_last_one_leaves_what_is_made_is_given_up(
    study: Database, database_on_each_server: servers.Database, cast: Cast
) -> None:
    ann = cast.id("ann")
    async with Feed(database_on_each_server.app_url, study, poll=0.01) as feed:
        make, gone, new = Maker(), Ear(), Ear()
        make.may.clear()
        audience = Audience(feed, make, person=ann)
        assert audience.join(gone, feed.start(await moment(study)))
        await until(lambda: make.asked == [1])
        audience.leave(gone)
        make.may.set()
        assert audience.join(new, feed.start(await moment(study)))
        written = await write(study, goal_progress(ann))
        await until(lambda: len(new.told) == 2)
        assert (new.targets, gone.told) == (written, [])
        audience.leave(new)
        audience.leave(new)
        assert feed.status.streams == 0
