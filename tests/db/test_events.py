"""The event log: nothing is skipped, nothing comes twice, nothing comes out of order."""

import asyncio
import logging
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from db.engine import Database
from db.events import CHANNEL, append, events_after, now
from db.tables import events
from domain.events import Cursor, Event, EventKind, Logged, MalformedCursor
from tests import servers
from tests.db.cast import PEOPLE, Cast
from tests.db.log import START, goal_progress, opened, read, take_number, targets, write, write_many

Reader = Callable[[Database, Any], Awaitable[tuple[list[UUID], Any]]]


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


# Cursors


@given(st.integers(0, 2**63 - 1), st.integers(0, 2**63 - 1), st.integers(0, 2**63 - 1))
def test_a_cursor_is_the_same_after_a_journey_as_text(xid: int, number: int, epoch: int) -> None:
    text = str(Cursor(xid, number, epoch))
    back = Cursor.parse(text)
    assert (back.xid, back.id, back.epoch) == (xid, number, epoch)
    assert len(text) <= 80


def test_a_place_that_is_not_to_be_kept_has_no_text() -> None:
    with pytest.raises(ValueError, match="not one to keep"):
        str(START)


def _encoded(place: str) -> str:
    return urlsafe_b64encode(place.encode()).decode().rstrip("=")


KEPT = str(Cursor(0, 0, 1))


@pytest.mark.parametrize(
    "malformed",
    ["", ".", "x", "é", "\ud800", "\0", " " + KEPT, KEPT + "=", KEPT + "\n", "A" * 10_000]
    + [
        _encoded(place)
        for place in (
            "",
            "1",
            "1.2",
            "1.2.",
            ".1.2",
            "1..2",
            "1.2.3.4",
            "-1.2.3",
            "1.-2.3",
            "1.2.-3",
            "+1.2.3",
            "01.2.3",
        )
    ]
    + [_encoded(place) for place in ("1_0.2.3", " 1.2.3", "1.2.3 ", "1,2,3", f"{2**63}.1.1", f"1.{2**63}.1")]
    + [_encoded(place) for place in (f"1.1.{2**63}", "٣.1.1", "1e3.1.1", "x.y.z", "1" * 60 + ".1.1")],
)
def test_what_is_no_cursor_is_refused(malformed: str) -> None:
    with pytest.raises(MalformedCursor, match="no cursor"):
        Cursor.parse(malformed)


@given(st.text())
def test_any_text_is_a_cursor_or_refused(anything: str) -> None:
    with suppress(MalformedCursor):
        assert str(Cursor.parse(anything)) == anything


# Writing


async def test_events_are_written_with_the_work_and_in_its_order(study: Database, cast: Cast, ann: UUID) -> None:
    told = [
        Event(EventKind.NUDGE_SENT, ann, uuid4(), person_id=ann),
        Event(EventKind.LINK_BEGUN, ann, uuid4(), person_id=cast.id("pat")),
        Event(EventKind.NUDGE_OPENED, None, uuid4(), person_id=cast.id("tom")),
        *(goal_progress(ann) for _ in range(50)),
    ]
    async with study.work("sub-tom") as work:
        await append(work, told)
    logged, _ = await read(study, START)
    assert [each.event for each in logged] == told
    assert len({each.cursor.xid for each in logged}) == len({each.occurred_at for each in logged}) == 1
    assert [each.cursor for each in logged] == sorted(each.cursor for each in logged)


async def test_every_kind_can_be_written(study: Database, ann: UUID) -> None:
    await write(study, *(Event(kind, ann, uuid4()) for kind in EventKind))
    assert [each.event.kind for each in (await read(study, START))[0]] == list(EventKind)


async def test_it_costs_one_statement_and_none_for_nothing(
    study: Database, ann: UUID, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG, "study.sql"):
        async with study.system_work() as work:
            await append(work, [])
            await append(work, [goal_progress(ann), goal_progress(ann)])
    assert caplog.messages == ["append_events"]


async def _fail(study: Database, event: Event) -> None:
    with suppress(ConnectionAbortedError):
        async with study.system_work() as work:
            await append(work, [event])
            raise ConnectionAbortedError


async def test_events_of_work_that_fails_are_not_written(study: Database, ann: UUID) -> None:
    await _fail(study, goal_progress(ann))
    assert (await read(study, START))[0] == []


@pytest.mark.parametrize("person", ["ann", "tom", "pat", "ada"])
async def test_everybody_may_write_and_only_who_sees_all_may_read(person: str, study: Database, ann: UUID) -> None:
    async with study.work(f"sub-{person}") as work:
        await append(work, [goal_progress(ann)])
        seen = await work.execute("count", select(events.c.id))
    assert len(seen) == (1 if person == "ada" else 0)


@pytest.mark.parametrize(("call", "calls"), [(True, 1), (False, 0)])
async def test_postgresql_calls_once_a_transaction(
    call: bool, calls: int, study: Database, database_on_each_server: servers.Database, ann: UUID
) -> None:
    async with await psycopg.AsyncConnection.connect(database_on_each_server.app_url, autocommit=True) as listening:
        await listening.execute(f"listen {CHANNEL}")
        async with study.system_work() as work:
            await append(work, [goal_progress(ann), goal_progress(ann)], call=call)
        await _fail(study, goal_progress(ann))
        await listening.execute(f"notify {CHANNEL}, 'last'")
        heard = [notify.payload async for notify in listening.notifies(stop_after=calls + 1, timeout=20)]
    assert heard == [""] * calls + ["last"]


# Late commits


async def _by_place(database: Database, cursor: Cursor | None) -> tuple[list[UUID], Cursor]:
    """First what can be read at once, then all the rest."""
    if cursor is not None:
        logged, end = await read(database, cursor)
        return targets(logged), end
    async with database.system_work() as work:
        stretch = await events_after(work, START, 1_000)
    return targets(stretch.logged), stretch.end


async def _by_number(database: Database, last: int | None) -> tuple[list[UUID], int]:
    """The naive reader: whatever has a higher number than the last."""
    async with database.system_work() as work:
        found = select(events.c.id, events.c.target_id).where(events.c.id > (last or 0)).order_by(events.c.id)
        rows = await work.execute("naive", found)
    return [target for _, target in rows], rows[-1][0] if rows else last or 0


READERS = [
    _by_place,
    # What this is all for: the naive reader fails, each time.
    pytest.param(_by_number, marks=pytest.mark.xfail(raises=AssertionError, strict=True)),
]


@pytest.mark.parametrize("reader", READERS)
async def test_a_late_commit_is_not_skipped(reader: Reader, study: Database, ann: UUID) -> None:
    late = goal_progress(ann)
    async with study.system_work() as slow:
        await append(slow, [late])
        quick = await write(study, goal_progress(ann))
        first, cursor = await reader(study, None)
    second, cursor = await reader(study, cursor)
    assert first + second == [late.target_id, *quick]
    assert (await reader(study, cursor))[0] == []


@pytest.mark.parametrize("reader", READERS)
async def test_a_late_commit_is_not_skipped_whoever_took_the_number_first(
    reader: Reader, study: Database, ann: UUID
) -> None:
    late, early = goal_progress(ann), goal_progress(ann)
    async with study.system_work() as younger:
        async with study.system_work() as older:
            await take_number(older)
            await append(younger, [late])
            await append(older, [early])
        first, cursor = await reader(study, None)
    second, cursor = await reader(study, cursor)
    assert first + second == [early.target_id, late.target_id]
    assert (await reader(study, cursor))[0] == []


async def test_what_waits_for_an_older_transaction_is_said_to_be_held(study: Database, ann: UUID) -> None:
    async with study.system_work() as work:
        assert not (await events_after(work, START, 10)).held
    async with study.system_work() as slow:
        await take_number(slow)
        written = await write(study, goal_progress(ann))
        async with study.system_work() as work:
            stretch = await events_after(work, START, 10)
        assert (stretch.logged, stretch.complete, stretch.held) == ([], True, True)
    logged, end = await read(study, stretch.end)
    assert targets(logged) == written
    assert end > stretch.end


@pytest.mark.parametrize("limit", [1, 7, 1_000])
async def test_many_writers_lose_and_repeat_nothing(limit: int, study: Database, cast: Cast) -> None:
    students = [cast.id(name) for name, role in PEOPLE.items() if role == "student"]
    writing = asyncio.create_task(write_many(study, students, 120, seed=limit))
    cursor, found = START, list[Logged]()
    while True:
        done = writing.done()
        async with study.system_work() as work:
            stretch = await events_after(work, cursor, limit)
        found += stretch.logged
        cursor = stretch.end
        if done and stretch.complete and not stretch.held:
            break
    assert sorted(targets(found)) == sorted(await writing)
    places = [each.cursor for each in found]
    assert places == sorted(set(places))


# The moment


async def test_a_moment_divides_the_log_exactly(study: Database, cast: Cast, ann: UUID) -> None:
    writing = asyncio.create_task(write_many(study, [ann], 120, seed=4))
    moments = []
    while not writing.done():
        async with study.read("sub-ada") as snapshot:
            seen = await snapshot.execute("seen", select(events.c.target_id))
            moments.append((await now(snapshot), {target for (target,) in seen}))
        await asyncio.sleep(0.01)
    written = set(await writing)
    for moment, before in moments:
        logged, _ = await read(study, moment.cursor)
        # Everything that was not there yet follows; of what was, nothing that a reader could have read.
        assert {each.event.target_id for each in logged if not moment.shows(each.cursor)} == written - before
        assert {each.event.target_id for each in logged} >= written - before
    assert any(before and before != written for _, before in moments)


async def test_a_moment_tells_what_is_held_back_from_what_is_to_come(study: Database, ann: UUID) -> None:
    async with study.system_work() as slow:
        await take_number(slow)
        before = await write(study, goal_progress(ann))
        async with study.read("sub-ann") as snapshot:
            moment = await now(snapshot)
        after = await write(study, goal_progress(ann))
        await append(slow, [goal_progress(ann, target := uuid4())])
    logged, _ = await read(study, moment.cursor)
    assert targets(logged) == [target, *before, *after]
    assert targets([each for each in logged if not moment.shows(each.cursor)]) == [target, *after]
