"""What one viewer missed, and how long the log keeps it."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select, text

from db import events as event_log
from db.engine import Database, Work
from db.events import backlog, events_after, latest, now, open_log, remove_before
from db.statement import Compiled, Row
from domain.events import Cursor, Event, EventKind, Logged, ResyncRequired
from tests import servers
from tests.db.cast import PEOPLE, Cast
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


# What one viewer missed

RELATED = {
    "ann": {"ann"},
    "ben": {"ben"},
    "cleo": {"cleo"},
    "dan": {"dan"},
    "tom": {"ann"},
    "una": {"ben"},
    "pat": {"ann"},
    "quinn": {"ben"},
}


async def _told(study: Database, cast: Cast) -> dict[UUID, Event]:
    """Events about each student, to each person, and to people about students whom they no longer see."""
    told = [Event(kind, cast.id(name), uuid4()) for name, role in PEOPLE.items() if role == "student"
            for kind in (EventKind.OVERRIDE_MADE, EventKind.GOAL_PROGRESS)]  # fmt: skip
    told += [Event(EventKind.NUDGE_SENT, None, uuid4(), cast.id(name)) for name in PEOPLE]
    for kind, person, student in (
        (EventKind.ASSIGNMENT_ENDED, "tom", "cleo"),
        (EventKind.ASSIGNMENT_BEGUN, "tom", "ann"),
        (EventKind.LINK_ENDED, "pat", "ben"),
    ):
        told.append(Event(kind, cast.id(student), uuid4(), cast.id(person)))
    await write(study, *told)
    await settled(study)
    return {event.target_id: event for event in told}


def _concerns(event: Event, cast: Cast, name: str) -> bool:
    students = {cast.id(student) for student in RELATED.get(name, set())}
    return name == "ada" or event.student_id in students or event.person_id == cast.id(name)


@pytest.mark.parametrize("few", [0, 20])
@pytest.mark.parametrize("limit", [1, 3, 1_000])
async def test_the_backlog_is_what_concerns_the_person(
    limit: int, few: int, study: Database, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_log, "FEW", few)
    monkeypatch.setattr(event_log, "WINDOW", 2)
    told = await _told(study, cast)
    for name in PEOPLE:
        for kinds in (list(EventKind), [EventKind.NUDGE_SENT, EventKind.LINK_ENDED]):
            for students in (None, ["ann", "cleo"], ["ben"], []):
                narrow = None if students is None else {cast.id(student) for student in students}
                found = await _pages(study, cast, name, limit, kinds, narrow)
                assert found == [
                    target
                    for target, event in told.items()
                    if _concerns(event, cast, name)
                    and event.kind in kinds
                    and (narrow is None or event.student_id in narrow)
                ], (name, kinds, students)


async def _pages(
    study: Database, cast: Cast, name: str, limit: int, kinds: list[EventKind], students: set[UUID] | None
) -> list[UUID]:
    person = None if name == "ada" else cast.id(name)
    cursor, found = START, list[UUID]()
    while True:
        async with study.system_work() as work:
            stretch = await backlog(work, cursor, limit, person=person, students=students, kinds=kinds)
        found += targets(stretch.logged)
        cursor = stretch.end
        if stretch.complete:
            return found


async def test_who_watches_is_who_has_it_in_the_backlog(study: Database, cast: Cast) -> None:
    told = await _told(study, cast)
    async with study.system_work() as work:
        stretch = await events_after(work, START, 1_000)
    for logged, watchers in zip(stretch.logged, stretch.watchers, strict=True):
        assert len(watchers) == len(set(watchers))
        assert set(watchers) == {
            cast.id(name) for name in PEOPLE if name != "ada" and _concerns(logged.event, cast, name)
        } | {each for each in (logged.event.person_id,) if each}
    assert targets(stretch.logged) == list(told)


@pytest.mark.parametrize("few", [0, 20])
@pytest.mark.parametrize("limit", [1, 2, 1_000])
async def test_a_kind_of_a_newer_version_is_passed_over(
    limit: int, few: int, study: Database, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_log, "FEW", few)
    cast.owner.execute("alter table events drop constraint events_kind_check")
    ann = cast.id("ann")
    first = await write(study, goal_progress(ann))
    for _ in range(2):
        cast.owner.execute("insert into events (kind, student_id, target_id) values ('new', %s, %s)", [ann, ann])
    second = await write(study, goal_progress(ann))
    await settled(study)
    assert await _pages(study, cast, "ann", limit, list(EventKind), None) == first + second
    cursor, found = START, list[UUID]()
    while True:
        async with study.system_work() as work:
            stretch = await events_after(work, cursor, limit)
        found += targets(stretch.logged)
        cursor = stretch.end
        if stretch.complete:
            break
    assert found == first + second


async def test_the_log_is_read_along_its_indexes(study: Database, cast: Cast) -> None:
    """Row security keeps conditions away from an index unless their operators are known to leak nothing."""
    cast.owner.execute(
        "insert into events (kind, student_id, target_id) select 'goal_progress', %s, gen_random_uuid()"
        " from generate_series(1, 20000)",
        [cast.id("ben")],
    )
    cast.owner.execute("analyze events")
    statements = (
        event_log._watched, event_log._of_all, event_log._of_students, event_log._of_person,
        event_log._of_many_students, event_log._of_person_with_many,
    )  # fmt: skip
    for statement in statements:
        given = {"kinds": [], "person": cast.id("ann"), "students": [cast.id("ann")], "window": 800}
        parameters = statement.parameters({"xid": 1, "id": 1, "page_limit": 100})
        parameters |= {name: value for name, value in given.items() if name in parameters}
        async with study.pool.connection() as connection, connection.transaction():
            await connection.execute("select set_system()")
            rows = await (await connection.execute(b"explain " + statement.sql, parameters)).fetchall()
        plan = "\n".join(row[0] for row in rows)
        assert "Seq Scan on events\n" not in plan, plan
        assert "Index" in plan, plan


class _Counting(Work):
    """A work that counts the events that its statements walk over."""

    most = 0

    async def run(self, statement: Compiled, parameters: Mapping[str, Any]) -> list[Row]:
        explain = b"explain (analyze, timing off, format json) " + statement.sql
        cursor = await self._connection.execute(explain, statement.parameters(parameters))
        (((plan,),),) = await cursor.fetchall()
        self.most = max(self.most, _read(plan["Plan"]))
        return await super().run(statement, parameters)


def _read(plan: dict[str, Any]) -> int:
    """The rows of events that a plan and those below it looked at, whatever became of them."""
    found = sum(_read(below) for below in plan.get("Plans", ()))
    if plan.get("Relation Name") == "events":
        passed_over = sum(count for name, count in plan.items() if name.startswith("Rows Removed by"))
        found += round((plan["Actual Rows"] + passed_over) * plan["Actual Loops"])
    return found


async def test_a_page_costs_no_more_whomever_one_sees(
    study: Database, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of many students, of one who has little, and of kinds that are rare: what is read has an end, and all is told."""
    monkeypatch.setattr(event_log, "FEW", 5)
    monkeypatch.setattr(event_log, "WINDOW", 8)
    limit, others, tom, ann = 10, 60, cast.id("tom"), cast.id("ann")
    cast.owner.execute(
        "with added as (insert into users (cognito_sub, email, role)"
        " select 'many-' || n, 'many-' || n || '@school.test', 'student' from generate_series(1, %s) n returning id)"
        " insert into tutor_student_assignments (tutor_id, student_id, subject_id, status)"
        " select %s, id, (select id from subjects limit 1), 'active' from added",
        [others, tom],
    )
    cast.owner.execute(
        "insert into events (kind, student_id, target_id)"
        " select case when n % 50 = 0 then 'override_made' else 'goal_progress' end, id, gen_random_uuid()"
        " from generate_series(1, 50) n, users where cognito_sub like 'many-%' order by n, id"
    )
    await write(study, goal_progress(ann))
    cast.owner.execute("analyze")
    await settled(study)
    ids = [row[0] for row in cast.owner.execute("select id from users where cognito_sub like 'many-%'").fetchall()]
    rare = [EventKind.OVERRIDE_MADE]
    for person, students, kinds, expected in (
        (tom, None, list(EventKind), others * 50 + 1),
        (tom, None, rare, others),
        (tom, set(ids), rare, others),
        (tom, {ann}, list(EventKind), 1),
        (cast.id("quinn"), None, list(EventKind), 0),
        (ids[0], None, rare, 1),
        (None, set(ids), rare, others),
        (None, set(ids[: event_log.FEW]), rare, event_log.FEW),
        (None, None, rare, others),
    ):
        cursor, found, most = START, 0, 0
        while True:
            async with study.system_work() as work:
                counting = _Counting(work._connection, None, work.vault)
                stretch = await backlog(counting, cursor, limit, person=person, students=students, kinds=kinds)
            assert len(stretch.logged) <= limit
            found, most, cursor = found + len(stretch.logged), max(most, counting.most), stretch.end
            if stretch.complete:
                break
        assert found == expected
        # PostgreSQL may take all that each of a few students has. Beside the page's: the latest, decided or not.
        assert 0 < most <= max(event_log.WINDOW * limit, event_log.FEW * 50) + 2, (person, students, kinds)


# Keeping


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
