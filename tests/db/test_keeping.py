"""How long the log keeps what happened, and when it begins anew."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select, text

from db.engine import Database
from db.events import backlog, latest, now, open_log, remove_before
from domain.events import Cursor, Logged, ResyncRequired
from tests import servers
from tests.db.cast import Cast
from tests.db.log import START, goal_progress, opened, read, settled, take_number, targets, write, write_many


@pytest.fixture
async def study(database_on_each_server: servers.Database, cast: Cast) -> AsyncIterator[Database]:
    """The application on the database of the cast, whose log is empty."""
    cast.owner.execute("delete from events")
    async with opened(database_on_each_server.app_url) as database:
        # So that cursors from the beginning on can be used.
        cast.owner.execute("update events_floor set xid = '0'")
        yield database


@pytest.fixture
def ann(cast: Cast) -> UUID:
    """A student."""
    return cast.id("ann")


async def _aged(cast: Cast, **ages: str) -> None:
    for target, age in ages.items():
        cast.owner.execute(
            "insert into events (kind, student_id, target_id, occurred_at)"
            " values ('goal_progress', %s, %s, now() - %s::interval)",
            [cast.id("ann"), UUID(int=ord(target)), age],
        )


def _letters(logged: list[Logged]) -> str:
    return "".join(chr(target.int) for target in targets(logged))


async def test_old_events_go_and_whoever_missed_them_is_told(study: Database, cast: Cast) -> None:
    await _aged(cast, a="9 days", b="8 days", c="6 days", d="0 days")
    all_of_them, _ = await read(study, START)
    assert _letters(all_of_them) == "abcd"
    async with study.system_work() as work:
        assert await remove_before(work, timedelta(days=10)) == 0
    assert _letters((await read(study, START))[0]) == "abcd"
    async with study.system_work() as work:
        assert await remove_before(work, timedelta(days=7)) == 2
        assert await remove_before(work, timedelta(days=7)) == 0
    a, b, c, _ = (each.cursor for each in all_of_them)
    for missed in (START, a, Cursor(b.xid, 0)):
        with pytest.raises(ResyncRequired):
            await read(study, missed)
    assert _letters((await read(study, b))[0]) == "cd"
    assert _letters((await read(study, c))[0]) == "d"


async def test_the_floor_stays_when_nothing_else_does(study: Database, cast: Cast) -> None:
    await _aged(cast, a="2 days", b="2 days", c="2 days")
    logged, end = await read(study, START)
    removed = []
    for _ in range(4):
        async with study.system_work() as work:
            removed.append(await remove_before(work, timedelta(days=1), batch=2))
    assert removed == [2, 1, 0, 0]
    await settled(study)
    for each in logged[:-1]:
        with pytest.raises(ResyncRequired):
            await read(study, each.cursor)
    assert (await read(study, logged[-1].cursor))[0] == []
    assert (await read(study, end))[0] == []
    # and begins again where it was
    async with study.system_work() as work:
        await open_log(work)
    written = await write(study, goal_progress(cast.id("ann")))
    assert targets((await read(study, logged[-1].cursor))[0]) == written


async def test_the_same_floor_whoever_removes(study: Database, cast: Cast, ann: UUID) -> None:
    await write_many(study, [ann], 60, seed=5)
    cast.owner.execute("update events set occurred_at = occurred_at - interval '2 days'")
    logged, _ = await read(study, START)

    async def remove() -> int:
        total = 0
        while True:
            async with study.system_work() as work:
                removed = await remove_before(work, timedelta(days=1), batch=7)
            if not removed:
                return total
            total += removed

    assert sum(await asyncio.gather(*(remove() for _ in range(4)))) == len(logged)
    row = cast.owner.execute("select xid::text::bigint, id from events_floor").fetchone()
    assert row is not None
    assert Cursor(*row) == logged[-1].cursor


async def test_a_log_without_a_floor_is_not_to_be_trusted(study: Database, cast: Cast, ann: UUID) -> None:
    await write(study, goal_progress(ann))
    cast.owner.execute("delete from events_floor")
    with pytest.raises(ResyncRequired):
        await read(study, START)
    await settled(study)
    async with study.system_work() as work:
        await open_log(work)
    with pytest.raises(ResyncRequired):
        await read(study, START)
    async with study.system_work() as work:
        moment = await now(work)
    assert (await read(study, moment.cursor))[0] == []


async def test_a_cursor_from_ahead_is_of_another_database(study: Database) -> None:
    with pytest.raises(ResyncRequired):
        await read(study, Cursor(2**62, 1))
    with pytest.raises(ResyncRequired):
        async with study.system_work() as work:
            await backlog(work, Cursor(2**63 - 1, 2**63 - 1), 10, person=uuid4())


async def _spend_numbers(study: Database, beyond: int) -> None:
    """Let the server come to a transaction's number."""
    while True:
        async with study.system_work() as work:
            await take_number(work)
            if (await now(work)).next_xid > beyond:
                return


@pytest.mark.parametrize("lost", ["history", "floor", "floor_without_history"])
async def test_a_cursor_of_a_lost_history_stays_one_when_its_numbers_come_again(
    lost: str, study: Database, cast: Cast, ann: UUID
) -> None:
    """A server that takes over may lack the last transactions; it gives their numbers to others."""
    await write(study, goal_progress(ann))
    (known,), _ = await read(study, START)
    async with study.system_work() as work:
        here = await now(work)
    kept = Cursor.parse(str(Cursor(here.next_xid + 20, 1, known.cursor.epoch)))
    with pytest.raises(ResyncRequired):
        await read(study, kept)
    if lost == "history":
        cast.owner.execute("update events_floor set history = 'another server'")
        # at once, before anybody has opened it anew
        for cursor in (known.cursor, kept, START):
            with pytest.raises(ResyncRequired):
                await read(study, cursor)
    else:
        cast.owner.execute("delete from events_floor")
        if lost == "floor_without_history":
            cast.owner.execute("insert into events_floor (xid, id) values ('0', 0)")
    for _ in range(2):
        async with study.system_work() as work:
            await open_log(work)
            begun = await latest(work)
    assert begun.epoch not in (None, 0, known.cursor.epoch)
    await _spend_numbers(study, kept.xid)
    written = await write(study, goal_progress(ann))
    await settled(study)
    for person in (ann, None):
        for cursor in (known.cursor, kept):
            with pytest.raises(ResyncRequired):
                async with study.system_work() as work:
                    await backlog(work, cursor, 10, person=person)
    logged, end = await read(study, begun)
    assert targets(logged)[-1:] == written
    assert {end.epoch, *(each.cursor.epoch for each in logged)} == {begun.epoch}
    # It is opened by each process that starts, and stays what it is.
    async with study.system_work() as work:
        await open_log(work)
    assert await read(study, end) == ([], end)


async def test_the_application_knows_its_server(study: Database, cast: Cast) -> None:
    async with study.system_work() as work:
        ((known,),) = await work.execute("history", select(func.log_history()))
    ((expected,),) = cast.owner.execute(
        "select concat_ws('.', oid, system_identifier, lpad(to_hex(timeline_id), 8, '0'))"
        " from pg_database, pg_control_system(), pg_control_checkpoint() where datname = current_database()"
    ).fetchall()
    assert known == expected


@pytest.mark.parametrize("restored", ["events", "floor", "both"])
async def test_a_log_restored_from_another_server_begins_anew(
    restored: str, study: Database, cast: Cast, ann: UUID
) -> None:
    """Numbers of transactions start over on a new server: those of the old one would come up again years later."""
    known = await write(study, goal_progress(ann))
    (known_place,) = (await read(study, START))[0]
    await settled(study)
    if restored != "floor":
        cast.owner.execute(
            "insert into events (xid, kind, student_id, target_id) values ('9000000000', 'goal_progress', %s, %s)",
            [ann, uuid4()],
        )
    if restored != "events":
        cast.owner.execute("update events_floor set xid = '8000000000'")
    for _ in range(2):
        async with study.system_work() as work:
            await open_log(work)
            moment = await now(work)
    assert cast.owner.execute("select target_id from events").fetchall() == [(target,) for target in known]
    with pytest.raises(ResyncRequired):
        await read(study, known_place.cursor)
    written = await write(study, goal_progress(ann))
    assert targets((await read(study, moment.cursor))[0]) == written


async def test_events_of_somebody_erased_leave_the_places_of_the_others(study: Database, cast: Cast, ann: UUID) -> None:
    written = await write(study, goal_progress(ann), goal_progress(cast.id("ben")), goal_progress(ann))
    logged, _ = await read(study, START)
    async with study.system_work() as work:
        await work.execute("erase", text("delete from users where email = 'ann@school.test'"))
    assert targets((await read(study, START))[0]) == written[1:2]
    assert targets((await read(study, logged[0].cursor))[0]) == written[1:2]
    assert (await read(study, logged[1].cursor))[0] == []
