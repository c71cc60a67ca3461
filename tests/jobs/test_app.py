"""Jobs: deferred with their cause, done once, tried again, given up; workers that end in mid-job."""

import asyncio
import logging
from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from db.jobs import defer, job_counts, sweep_jobs
from domain.jobs import ATTEMPTS, JobCounts, JobKind, TryLater
from jobs.app import TASKS, Task, Worker
from jobs.tools import Tools
from tests.eventually import until
from tests.servers import Database

KIND = JobKind.CLEAN_UP


@pytest.fixture
def worker(tools: Tools, database: Database) -> Callable[..., Worker]:
    """Makes a worker whose jobs are all done by one function."""

    def make(run: Callable[..., Any], **options: Any) -> Worker:
        return Worker(tools, address=database.app_url, tasks={KIND: Task(run)}, **options)

    return make


async def put(tools: Tools, **arguments: Any) -> None:
    async with tools.database.system_work() as work:
        await defer(work, KIND, **arguments)


async def counts(tools: Tools) -> tuple[int, int, int, int]:
    """Waiting, later, running, failed."""
    async with tools.database.system_work() as work:
        found = await job_counts(work)
    return found.waiting, found.later, found.running, found.failed


def rows(database: Database, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(database.owner_url, autocommit=True) as owner:
        cursor = owner.execute(query.encode())
        return cursor.fetchall() if cursor.description else []


def test_every_kind_has_its_task() -> None:
    assert set(TASKS) == set(JobKind)


async def test_a_job_is_there_exactly_when_its_cause_is(tools: Tools, worker: Callable[..., Worker]) -> None:
    ran: list[dict[str, Any]] = []

    async def run(tools: Tools, **arguments: Any) -> None:
        ran.append(arguments)

    async def defer_and_fail() -> None:
        async with tools.database.system_work() as work:
            await defer(work, KIND, session_id=uuid4())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await defer_and_fail()
    assert await counts(tools) == (0, 0, 0, 0)
    session_id = uuid4()
    async with tools.database.system_work() as work:
        await defer(work, KIND, session_id=session_id, count=3)
        await worker(run).run_waiting()
        assert ran == []  # nobody sees it before it is kept
    assert await counts(tools) == (1, 0, 0, 0)
    await worker(run).run_waiting()
    assert ran == [{"session_id": session_id, "count": 3}]
    assert await counts(tools) == (0, 0, 0, 0)
    await worker(run).run_waiting()
    assert len(ran) == 1


async def test_what_an_import_leaves_to_be_done_waits_for_the_rest(tools: Tools, worker: Callable[..., Worker]) -> None:
    ran: list[int] = []

    async def run(tools: Tools, number: int) -> None:
        ran.append(number)

    async with tools.database.system_work() as work:
        for number in range(20):
            await defer(work, KIND, behind=True, number=number)
    async with tools.database.system_work() as work:
        await defer(work, KIND, number=100)
    await worker(run, at_once=1).run_waiting()
    assert ran == [100, *range(20)]


async def test_a_person_defers_and_sees_no_job(tools: Tools, database: Database, worker: Callable[..., Worker]) -> None:
    """Row security lets everybody's act lead to a job, and nobody but the product read or change one."""
    rows(database, "insert into users (cognito_sub, email, role) values ('sub-sam', 's@x.test', 'student')")
    async with tools.database.work("sub-sam") as work:
        await defer(work, KIND, session_id=uuid4())
    async with tools.database.work("sub-sam") as work:
        assert await job_counts(work) == JobCounts(0, 0, 0, 0, 0)
    with psycopg.connect(database.app_url, autocommit=True) as app:
        for table in ("procrastinate_jobs", "procrastinate_events", "procrastinate_workers", "errors"):
            assert app.execute(f"select count(*) from jobs.{table}".encode()).fetchone() == (0,)
        assert app.execute("update jobs.procrastinate_jobs set status = 'failed'").rowcount == 0
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            app.execute("insert into jobs.procrastinate_jobs (queue_name, task_name) values ('x', 'x')")
    assert await counts(tools) == (1, 0, 0, 0)


async def test_a_worker_is_called_and_stops_when_told(
    tools: Tools, database: Database, worker: Callable[..., Worker]
) -> None:
    """Called: it is far from its next look of its own accord."""
    ran: list[UUID] = []

    async def run(tools: Tools, session_id: UUID) -> None:
        ran.append(session_id)

    expected = [uuid4() for _ in range(2)]
    listening = "select pid from pg_stat_activity where query like 'LISTEN %' and datname = current_database()"
    async with worker(run, poll=600):
        await until(lambda: rows(database, listening) != [])
        await asyncio.sleep(0.3)  # its first look is over by now
        await put(tools, session_id=expected[0])
        await until(lambda: len(ran) == 1)
    await put(tools, session_id=expected[1])
    await asyncio.sleep(0.1)
    assert ran == expected[:1]
    assert await counts(tools) == (1, 0, 0, 0)


async def test_a_worker_that_is_not_called_looks_of_its_own_accord(
    tools: Tools, database: Database, worker: Callable[..., Worker]
) -> None:
    rows(
        database, "alter table jobs.procrastinate_jobs disable trigger procrastinate_jobs_notify_queue_job_inserted_v1"
    )
    ran: list[UUID] = []

    async def run(tools: Tools, session_id: UUID) -> None:
        ran.append(session_id)

    async with worker(run, poll=0.05):
        await asyncio.sleep(0.3)
        await put(tools, session_id=uuid4())
        await until(lambda: len(ran) == 1)


async def test_a_job_that_fails_is_tried_again_later_and_then_no_more(
    tools: Tools, database: Database, worker: Callable[..., Worker], caplog: pytest.LogCaptureFixture
) -> None:
    """Nothing of an error's text is kept, for it may quote people: not in the database, not in the log."""
    tried = 0

    async def run(tools: Tools, session_id: UUID) -> None:
        nonlocal tried
        tried += 1
        raise ValueError("Maya said: I do not get fractions")

    caplog.set_level(logging.DEBUG)
    await put(tools, session_id=uuid4())
    await worker(run).run_waiting()
    assert (tried, await counts(tools)) == (1, (0, 1, 0, 0))
    assert rows(database, "select attempt, error, place from jobs.errors") == [(1, "ValueError", None)]
    ((delay,),) = rows(database, "select extract(epoch from scheduled_at - now())::float from jobs.procrastinate_jobs")
    assert 0 < delay <= 10
    for _ in range(ATTEMPTS + 1):
        rows(database, "update jobs.procrastinate_jobs set scheduled_at = now() where status = 'todo'")
        await worker(run).run_waiting()
    assert (tried, await counts(tools)) == (ATTEMPTS, (0, 0, 0, 1))
    assert rows(database, "select attempt from jobs.errors order by id") == [(n,) for n in range(1, ATTEMPTS + 1)]
    assert "fractions" not in caplog.text
    assert "ValueError" in caplog.text


async def test_an_error_may_say_when_to_come_back(
    tools: Tools, database: Database, worker: Callable[..., Worker]
) -> None:
    async def run(tools: Tools) -> None:
        async with tools.database.system_work() as work:
            await job_counts(work)
        raise TryLater("The model server asks for patience.", after=timedelta(hours=3))

    await put(tools)
    await worker(run).run_waiting()
    assert rows(
        database,
        "select error, scheduled_at - now() between interval '2h59m' and interval '3h'"
        " from jobs.errors, jobs.procrastinate_jobs",
    ) == [("The model server asks for patience.", True)]


async def test_what_a_stopping_worker_gives_up_is_done_by_the_next(tools: Tools, worker: Callable[..., Worker]) -> None:
    begun, done = asyncio.Event(), []

    async def slow(tools: Tools) -> None:
        begun.set()
        await asyncio.sleep(600)

    async def quick(tools: Tools) -> None:
        done.append(1)

    async with worker(slow, finish_seconds=0.1):
        await put(tools)
        await asyncio.wait_for(begun.wait(), 10)
    assert await counts(tools) == (1, 0, 0, 0)
    await worker(quick).run_waiting()
    assert done == [1]


async def test_a_stopping_worker_lets_a_job_finish(tools: Tools, worker: Callable[..., Worker]) -> None:
    begun, done = asyncio.Event(), []

    async def run(tools: Tools) -> None:
        begun.set()
        await asyncio.sleep(0.3)
        done.append(1)

    async with worker(run, finish_seconds=30):
        await put(tools)
        await asyncio.wait_for(begun.wait(), 10)
    assert done == [1]
    assert await counts(tools) == (0, 0, 0, 0)


async def test_the_jobs_of_dead_workers_are_freed_and_those_of_living_ones_not(
    tools: Tools, database: Database, worker: Callable[..., Worker]
) -> None:
    for _ in range(3):
        await put(tools)
    rows(
        database,
        """
        insert into jobs.procrastinate_workers (last_heartbeat) values (now()), (now() - interval '5 minutes');
        update jobs.procrastinate_jobs set status = 'doing', worker_id = case id when 3 then null else id end;
        """,
    )

    async def never(tools: Tools) -> None:
        raise AssertionError

    assert await worker(never, silence=60).sweep() == 2
    assert rows(database, "select id, status::text, attempts from jobs.procrastinate_jobs order by id") == [
        (1, "doing", 0),
        (2, "todo", 1),
        (3, "todo", 1),
    ]
    assert await worker(never, silence=60).sweep() == 0
    # One that always takes its worker along is given up in the end.
    rows(
        database,
        f"update jobs.procrastinate_jobs set status = 'doing', attempts = {ATTEMPTS - 1} where id = 2",
    )
    assert await worker(never, silence=60).sweep() == 1
    assert rows(database, "select status::text from jobs.procrastinate_jobs where id = 2") == [("failed",)]
    assert rows(database, "select job_id, attempt, error from jobs.errors order by id")[-1] == (
        2,
        ATTEMPTS,
        "The worker ended in mid-job.",
    )


async def test_jobs_go_on_after_the_database_was_away(
    tools: Tools, database: Database, worker: Callable[..., Worker]
) -> None:
    ran: list[int] = []

    async def run(tools: Tools) -> None:
        ran.append(1)

    async with worker(run, poll=0.1):
        await put(tools)
        await until(lambda: len(ran) == 1)
        await until(lambda: rows(database, "select id from jobs.procrastinate_jobs") == [])
        rows(
            database,
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where datname = current_database() and application_name = 'study-companion jobs'",
        )
        await put(tools)
        await until(lambda: len(ran) == 2)


async def test_a_job_that_could_not_be_reported_as_done_is_freed_though_its_worker_lives(
    tools: Tools, database: Database
) -> None:
    await put(tools)
    await put(tools)
    rows(
        database,
        """
        insert into jobs.procrastinate_workers default values;
        update jobs.procrastinate_jobs set status = 'doing', worker_id = 1;
        """,
    )
    async with tools.database.system_work() as work:
        assert await sweep_jobs(work, timedelta(seconds=60), 2, {1: 0, 2: 0}) == 0
        assert await sweep_jobs(work, timedelta(seconds=60), 1, {2: 0}) == 1
    assert rows(database, "select id, status::text from jobs.procrastinate_jobs order by id") == [
        (1, "doing"),
        (2, "todo"),
    ]


async def test_a_job_that_begins_again_while_a_sweep_waits_is_not_freed(
    tools: Tools, database: Database, worker: Callable[..., Worker]
) -> None:
    await put(tools)
    rows(
        database,
        """
        insert into jobs.procrastinate_workers default values;
        update jobs.procrastinate_jobs set status = 'doing', worker_id = 1, attempts = 1;
        """,
    )
    sweeper = worker(TASKS[KIND].run, heartbeat=0)
    runner: Any = SimpleNamespace(worker_id=1)

    async def first() -> None:
        """What is said of it to the database comes late."""

    def run_of(attempts: int) -> Any:
        return SimpleNamespace(job=SimpleNamespace(id=1, attempts=attempts, task_name=KIND.value))

    await sweeper._watch(first, run_of(0), runner)
    with psycopg.connect(database.owner_url) as owner:
        owner.execute("lock table jobs.errors")
        sweeping = asyncio.create_task(sweeper.sweep())
        waits = "select pid from pg_locks where relation = 'jobs.errors'::regclass and not granted"
        await until(lambda: rows(database, waits) != [])

        async def second() -> None:
            owner.rollback()
            assert await sweeping == 0

        await sweeper._watch(second, run_of(1), runner)
    assert rows(database, "select status::text, attempts from jobs.procrastinate_jobs") == [("doing", 1)]
    # Nobody says to the database that this run has ended, so in the end it is freed.
    assert await sweeper.sweep() == 1
