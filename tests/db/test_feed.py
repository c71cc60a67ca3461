"""The feed: each event to whom it concerns, once, in order, whatever breaks meanwhile."""

import asyncio
import logging
import random
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import update

from db import feed as feed_module
from db.engine import Database
from db.events import append, latest, remove_before
from db.feed import Feed
from db.tables import parent_student_links, tutor_student_assignments
from domain.events import Cursor, Event, EventKind, ResyncRequired
from tests import servers
from tests.db.cast import Cast
from tests.db.log import goal_progress, opened, read, settled, take_number, write, write_many
from tests.db.watching import Client, moment, until


@pytest.fixture
async def study(database_on_each_server: servers.Database, cast: Cast) -> AsyncIterator[Database]:
    """The application on the database of the cast, whose log is empty."""
    cast.owner.execute("delete from events")
    async with opened(database_on_each_server.app_url) as database:
        yield database


@pytest.fixture
async def feed(study: Database, database_on_each_server: servers.Database) -> AsyncIterator[Feed]:
    """The feed of one process, which looks all the time."""
    await settled(study)
    async with Feed(database_on_each_server.app_url, study, poll=0.01) as feed:
        yield feed


# Who is told of what


async def test_everybody_is_told_what_concerns_them(feed: Feed, study: Database, cast: Cast) -> None:
    start = await moment(study)
    people = {name: cast.id(name) for name in ("ann", "ben", "tom", "una", "pat", "quinn")}
    async with AsyncExitStack() as stack:
        clients = {
            name: await stack.enter_async_context(Client(feed, start, person=person)) for name, person in people.items()
        }
        clients["ada"] = await stack.enter_async_context(Client(feed, start, person=None))
        about_ann, about_ben, about_cleo = await write(
            study, goal_progress(people["ann"]), goal_progress(people["ben"]), goal_progress(cast.id("cleo"))
        )
        to_una, of_tom = await write(
            study,
            Event(EventKind.NUDGE_SENT, None, uuid4(), people["una"]),
            # tom no longer sees cleo and is to hear that it ended
            Event(EventKind.ASSIGNMENT_ENDED, cast.id("cleo"), uuid4(), people["tom"]),
        )
        await clients["ann"].has([about_ann])
        await clients["pat"].has([about_ann])
        await clients["tom"].has([about_ann, of_tom])
        await clients["ben"].has([about_ben])
        await clients["quinn"].has([about_ben])
        await clients["una"].has([about_ben, to_una])
        await clients["ada"].has([about_ann, about_ben, about_cleo, to_una, of_tom])


async def test_a_stream_can_be_of_some_students_and_kinds(feed: Feed, study: Database, cast: Cast) -> None:
    cast.owner.execute("update tutor_student_assignments set status = 'active' where status = 'paused'")
    ann, cleo, tom = cast.id("ann"), cast.id("cleo"), cast.id("tom")
    start = await moment(study)
    kinds = {EventKind.OVERRIDE_MADE, EventKind.GOAL_PROGRESS}
    narrow: dict[str, Any] = {"students": {cleo}, "kinds": kinds}
    async with (
        Client(feed, start, person=tom, **narrow) as live,
        Client(feed, start, person=None, **narrow) as all_of_it,
        Client(feed, start, person=tom, students=[]) as nothing,
        Client(feed, start, person=tom) as everything,
    ):
        told = [Event(kind, student, uuid4()) for kind in EventKind for student in (ann, cleo)]
        await write(study, *told)
        await everything.has([event.target_id for event in told])
        wanted = [event.target_id for event in told if event.student_id == cleo and event.kind in kinds]
        await live.has(wanted)
        await all_of_it.has(wanted)
        assert nothing.logged == []
        assert feed.status.handed_out == 2 * len(wanted) + len(told)
        async with Client(feed, everything.logged[0].cursor, person=tom, **narrow) as late:
            await late.has(wanted)


async def test_a_stream_begins_now(feed: Feed, study: Database, cast: Cast) -> None:
    """Nothing from before, even if the reader has not come to it, or it is still held back."""
    ann = cast.id("ann")
    async with AsyncExitStack() as stack:
        async with study.system_work() as slow:
            await take_number(slow)
            await write(study, goal_progress(ann))
            client = await stack.enter_async_context(Client(feed, await moment(study), person=ann))
            after = await write(study, goal_progress(ann))
            await append(slow, [goal_progress(ann, target := uuid4())])
            await asyncio.sleep(0.05)
            assert client.logged == []
        await client.has([target, *after])


async def test_relations_that_begin_and_end_count_from_then_on(feed: Feed, study: Database, cast: Cast) -> None:
    ann, una, quinn = cast.id("ann"), cast.id("una"), cast.id("quinn")
    start = await moment(study)

    async def change(kind: EventKind, person: UUID, table: Any, person_key: str, status: str) -> UUID:
        event = Event(kind, ann, uuid4(), person)
        async with study.system_work() as work:
            rows = table.c[person_key] == person
            await work.execute("change", update(table).where(rows, table.c.student_id == ann).values(status=status))
            await append(work, [event])
        return event.target_id

    cast.add("parent_student_links", "quinn-ann", parent_id=quinn, student_id=ann, status="ended")
    tutoring, parenting = (tutor_student_assignments, "tutor_id"), (parent_student_links, "parent_id")
    async with (
        Client(feed, start, person=una) as tutor,
        Client(feed, start, person=quinn) as parent,
        Client(feed, start, person=ann) as student,
    ):
        # Who watches is decided when the reader comes to an event: it is waited for at each step.
        before = await write(study, goal_progress(ann))
        await student.has(before)
        begun = await change(EventKind.ASSIGNMENT_BEGUN, una, *tutoring, "active")
        await student.has([*before, begun])
        linked = await change(EventKind.LINK_BEGUN, quinn, *parenting, "active")
        between = [begun, linked, *await write(study, goal_progress(ann), goal_progress(ann))]
        await student.has([*before, *between])
        await tutor.has(between)
        await parent.has(between[1:])
        ended = await change(EventKind.ASSIGNMENT_ENDED, una, *tutoring, "paused")
        await student.has([*before, *between, ended])
        unlinked = await change(EventKind.LINK_ENDED, quinn, *parenting, "ended")
        after = await write(study, goal_progress(ann))
        await student.has([*before, *between, ended, unlinked, *after])
        await tutor.has([*between, ended])
        await parent.has([*between[1:], ended, unlinked])


async def test_a_relation_counts_for_what_follows_it_whatever_the_numbers(
    feed: Feed, study: Database, cast: Cast
) -> None:
    """What happens after a relation began may stand before it in the log, and is told all the same."""
    ann, una = cast.id("ann"), cast.id("una")
    begun, after = Event(EventKind.ASSIGNMENT_BEGUN, ann, uuid4(), una), goal_progress(ann)
    async with Client(feed, await moment(study), person=una) as tutor:
        async with study.system_work() as older:
            await take_number(older)
            async with study.system_work() as younger:
                both = tutor_student_assignments.c.tutor_id == una, tutor_student_assignments.c.student_id == ann
                await younger.execute("begin", update(tutor_student_assignments).where(*both).values(status="active"))
                await append(younger, [begun])
            await append(older, [after])
        await tutor.has([after.target_id, begun.target_id])
        assert tutor.targets == [after.target_id, begun.target_id]


async def test_the_process_itself_can_be_told(
    feed: Feed, study: Database, cast: Cast, caplog: pytest.LogCaptureFixture
) -> None:
    heard: list[Event] = []

    def hear(event: Event) -> None:
        heard.append(event)
        raise ZeroDivisionError

    feed.on(EventKind.DISCONNECTED, hear)
    event = Event(EventKind.DISCONNECTED, None, cast.id("tom"), cast.id("tom"))
    async with Client(feed, await moment(study), person=cast.id("ann")) as client:
        await write(study, event)
        written = await write(study, goal_progress(cast.id("ann")))
        await client.has(written)
    assert heard == [event]
    assert [record.levelname for record in caplog.records if record.name == "study.live"] == ["ERROR"]


# Backlog and live


@pytest.mark.parametrize("page", [1, 3, 500])
async def test_who_was_away_gets_what_they_missed_and_goes_on(
    page: int, feed: Feed, study: Database, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed_module, "PAGE", page)
    ann = cast.id("ann")
    client = Client(feed, await moment(study), person=ann)
    async with client:
        written = await write(study, goal_progress(ann), goal_progress(cast.id("ben")))
        await client.has(written[:1])
    missed = [target for _ in range(5) for target in await write(study, goal_progress(ann), goal_progress(ann))]
    await client.come()
    await client.has([written[0], *missed])
    live = await write(study, goal_progress(ann))
    await client.has([written[0], *missed, *live])
    await client.go()


@pytest.mark.parametrize("waiting", [3, 1_000])
async def test_nothing_is_lost_or_repeated_by_clients_that_come_and_go(
    waiting: int, feed: Feed, study: Database, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between backlog and live, while many write and some commit late, with slow clients and small queues."""
    monkeypatch.setattr(feed_module, "WAITING", waiting)
    monkeypatch.setattr(feed_module, "PAGE", 7)
    chance = random.Random(waiting)  # noqa: S311 - not for secrets
    students = [cast.id(name) for name in ("ann", "ben")]
    start = await moment(study)
    people = ["ann", "ben", "tom", "quinn", None] * 3
    clients = [Client(feed, start, person=cast.id(name) if name else None) for name in people]
    writing = asyncio.create_task(write_many(study, students, 200, seed=waiting))

    async def come_and_go(client: Client) -> None:
        client.pause = chance.choice([0, 0.001, 0.01])
        while not writing.done():
            await client.come()
            await asyncio.sleep(chance.uniform(0, 0.2))
            await client.go()
            await asyncio.sleep(chance.uniform(0, 0.05))
        client.pause = 0
        await client.come()

    await asyncio.gather(*(come_and_go(client) for client in clients))
    written = set(await writing)
    logged, _ = await read(study, start.cursor)
    by_student = {
        student: [each.event.target_id for each in logged if each.event.student_id == student] for student in students
    }
    assert {target for found in by_student.values() for target in found} == written
    ann, ben = by_student.values()
    for name, client in zip(people, clients, strict=True):
        expected = {"ann": ann, "tom": ann, "ben": ben, "quinn": ben, None: [*ann, *ben]}[name]
        await client.has(expected)
        await client.go()


async def test_a_backlog_that_comes_further_than_the_reader_is_not_repeated(
    study: Database, database_on_each_server: servers.Database, cast: Cast
) -> None:
    ann = cast.id("ann")
    await settled(study)
    async with Feed(database_on_each_server.app_url, study, poll=3600) as feed:
        await until(lambda: feed.status.healthy)
        written = await write(study, goal_progress(ann), goal_progress(ann))
        await settled(study)
        async with Client(feed, feed.position, person=ann) as client:
            await client.has(written)
            assert feed.position < client.logged[0].cursor
            feed.wake()
            written += await write(study, goal_progress(ann))
            feed.wake()
            await client.has(written)


async def test_a_slow_stream_takes_no_memory_and_loses_nothing(
    feed: Feed, study: Database, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor does an audience whose events cannot be made ready; who does not take what is ready is let go."""
    monkeypatch.setattr(feed_module, "WAITING", 10)
    ann = cast.id("ann")
    start = await moment(study)
    async with Client(feed, start, person=ann) as quick, Client(feed, start, person=ann) as slow:
        slow.pause = 3600
        written = await write(study, *(goal_progress(ann) for _ in range(100)))
        await quick.has(written)
        await until(lambda: len(slow.logged) == 1 and feed.status.streams == 1)
        assert feed.status.waiting == 0
        await slow.go()
        slow.pause = 0
        await slow.come()
        await slow.has(written)
        # it is fed again
        written += await write(study, goal_progress(ann))
        await slow.has(written)
        assert feed.status.streams == 2
    assert feed.status.streams == 0


async def test_silence_carries_a_cursor_that_does_not_grow_old(feed: Feed, study: Database, cast: Cast) -> None:
    ann, ben = cast.id("ann"), cast.id("ben")
    async with Client(feed, await moment(study), person=ann, heartbeat=0.05) as client:
        for _ in range(3):
            await write(study, goal_progress(ben))
            await settled(study)
            async with study.system_work() as work:
                reached = await latest(work)
            await until(lambda place: client.silences[-1] == place, reached)
    assert client.logged == []
    assert client.silences == sorted(client.silences)
    cast.owner.execute("update events set occurred_at = occurred_at - interval '9 days'")
    async with study.system_work() as work:
        assert await remove_before(work, timedelta(days=7)) == 3
    async with client:
        written = await write(study, goal_progress(ann))
        await client.has(written)


async def test_a_cursor_that_is_too_old_or_from_elsewhere_is_refused(feed: Feed, study: Database, cast: Cast) -> None:
    ann = cast.id("ann")
    start = await moment(study)
    await write(study, goal_progress(ann), goal_progress(ann))
    logged, _ = await read(study, start.cursor)
    cast.owner.execute("update events set occurred_at = occurred_at - interval '9 days'")
    async with study.system_work() as work:
        await remove_before(work, timedelta(days=7))
    for cursor, error in (
        (Cursor(0, 0), ResyncRequired),
        (start.cursor, ResyncRequired),
        (logged[0].cursor, ResyncRequired),
        (Cursor(2**62, 0), ResyncRequired),
        (logged[1].cursor, None),
    ):
        client = Client(feed, cursor, person=ann)
        await client.come()
        if error is None:
            await client.go()
        else:
            assert type(await client.failed()) is error
    assert feed.status.streams == 0


async def test_one_look_serves_all_streams(
    study: Database, database_on_each_server: servers.Database, cast: Cast, caplog: pytest.LogCaptureFixture
) -> None:
    ann = cast.id("ann")
    async with Feed(database_on_each_server.app_url, study, poll=3600) as feed, AsyncExitStack() as stack:
        await until(lambda: feed.status.healthy)
        start = await moment(study)
        clients = [await stack.enter_async_context(Client(feed, start, person=ann)) for _ in range(50)]
        feed.wake()
        await settled(study)
        with caplog.at_level(logging.DEBUG, "study.sql"):
            written = await write(study, goal_progress(ann))
            feed.wake()
            for client in clients:
                await client.has(written)
        assert caplog.messages == ["append_events"]
        assert feed.status.handed_out == 50


async def test_pages_of_kinds_of_a_newer_version_are_passed_over(
    feed: Feed, study: Database, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed_module, "PAGE", 2)
    cast.owner.execute("alter table events drop constraint events_kind_check")
    ann = cast.id("ann")
    async with Client(feed, await moment(study), person=ann) as client:
        cast.owner.execute(
            "insert into events (kind, student_id, target_id) select 'new', %s, %s from generate_series(1, 5)",
            [ann, ann],
        )
        await client.has(await write(study, goal_progress(ann)))


async def test_nobody_calls_when_an_older_transaction_ends_and_it_is_noticed(
    study: Database, database_on_each_server: servers.Database, cast: Cast
) -> None:
    ann = cast.id("ann")
    async with (
        Feed(database_on_each_server.app_url, study, poll=3600) as feed,
        Client(feed, await moment(study), person=ann) as client,
    ):
        async with study.system_work() as slow:
            await take_number(slow)
            written = await write(study, goal_progress(ann))
            feed.wake()
            await until(lambda: feed.status.held)
            assert client.logged == []
        await client.has(written)
        await until(lambda: not feed.status.held)
