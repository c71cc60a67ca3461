"""What one viewer missed, and what it costs to read it."""

from collections.abc import AsyncIterator, Mapping
from typing import Any
from uuid import UUID, uuid4

import pytest

from db import events as event_log
from db.engine import Database, Work
from db.events import backlog, events_after
from db.statement import Compiled, Row
from domain.events import Event, EventKind
from tests import servers
from tests.db.cast import PEOPLE, Cast
from tests.db.log import START, goal_progress, opened, settled, targets, write


@pytest.fixture
async def study(database_on_each_server: servers.Database, cast: Cast) -> AsyncIterator[Database]:
    """The application on the database of the cast, whose log is empty."""
    cast.owner.execute("delete from events")
    async with opened(database_on_each_server.app_url) as database:
        # So that cursors from the beginning on can be used.
        cast.owner.execute("update events_floor set xid = '0'")
        yield database


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
