"""Summaries through a killed worker and through a model that is away: each session gets its one, told of once."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from db.jobs import defer
from domain.companion.model import Model
from domain.jobs import JobKind
from jobs.app import TASKS, Worker
from jobs.tools import Tools
from tests import openai_server as fake
from tests.eventually import until
from tests.make import Make
from tests.openai_server import OpenAIServer, completion, openai_server
from tests.servers import Database

SUMMARISE = {JobKind.SUMMARISE: TASKS[JobKind.SUMMARISE]}
CHECKOUT = Path(__file__).parents[2]
LESSON = "Tutor: The ladder is 5 m long. How high?\nStudent: 25 - 9 = 16, so it reaches 4 m.\nTutor: Exactly!"
ANSWER = completion(
    {"claims": [{"text": "The student found that it reaches 4 m.", "turns": [2]}], "next_steps": [], "subjects": []}
)


@pytest.fixture
async def server() -> AsyncIterator[OpenAIServer]:
    """OpenAI."""
    async with openai_server() as running:
        yield running


@pytest.fixture
async def modelled(tools: Tools, server: OpenAIServer) -> AsyncIterator[Tools]:
    """With a model."""
    model = Model(
        key=fake.KEY,
        base_url=server.url,
        model="large",
        small_model="little",
        timeout=60,
        tokens_per_day=1_000_000,
        backoff=0.001,
    )
    yield Tools(tools.database, model)
    await model.aclose()


async def recorded(make: Make, tools: Tools, count: int) -> None:
    """Sessions whose summaries are to be written."""
    sam = await make.student()
    for _ in range(count):
        session = await make.session(sam, transcript=LESSON)
        async with tools.database.system_work() as work:
            await defer(work, JobKind.SUMMARISE, session_id=session, version=0)


async def found(make: Make, query: str) -> list[Any]:
    return await (await make.owner.execute(query)).fetchall()


async def one_each(make: Make, count: int) -> None:
    """Every session has one whole summary by the model, one event tells of it, and no job is left."""
    per_session = "select session_id, count(*), max(version) from summaries group by session_id"
    assert [row[1:] for row in await found(make, per_session)] == [(1, 1)] * count
    claims = await found(make, "select count(*) from summary_claims group by summary_id")
    assert claims == [(1,)] * count
    assert await found(make, "select count(*) from events where kind = 'summary_ready'") == [(count,)]
    assert await found(make, "select count(*) from generations where outcome = 'used'") == [(count,)]
    assert await found(make, "select * from jobs.procrastinate_jobs") == []


async def test_a_worker_killed_in_mid_summary(
    make: Make, modelled: Tools, server: OpenAIServer, database: Database, data_dir: Path
) -> None:
    await recorded(make, modelled, 2)
    server.says(fake.hang)
    arguments = [database.app_url, str(data_dir), "summary", server.url]
    process = subprocess.Popen(  # noqa: ASYNC220 - it is begun, not waited for
        [sys.executable, "-m", "tests.jobs.program", *arguments], cwd=CHECKOUT
    )
    try:
        await until(lambda: len(server.requests) == 2 or process.poll() is not None)
    finally:
        process.kill()
        await asyncio.to_thread(process.wait)
    assert len(server.requests) == 2
    assert await found(make, "select status::text from jobs.procrastinate_jobs") == [("doing",)] * 2
    assert await found(make, "select count(*) from summaries") == [(0,)]
    server.says(ANSWER)
    async with Worker(modelled, address=database.app_url, tasks=SUMMARISE, heartbeat=0.2, silence=2, poll=0.1):
        for _ in range(600):
            if not await found(make, "select * from jobs.procrastinate_jobs"):
                break
            await asyncio.sleep(0.1)
    await one_each(make, 2)
    # What the killed one was about to spend stays taken from the day's budget: nobody knows what it took.
    begun = "select outcome, reserved_tokens > 0 from generations where outcome <> 'used'"
    assert await found(make, begun) == [("begun", True)] * 2


async def test_a_model_that_is_away_for_an_hour(
    make: Make, modelled: Tools, server: OpenAIServer, database: Database
) -> None:
    """Time goes by in the table of jobs: what is due later is made due now, and the wait is added up."""
    await recorded(make, modelled, 3)
    away, tries = timedelta(0), 0
    server.says(fake.drop)
    while away < timedelta(hours=1):
        await Worker(modelled, address=database.app_url, tasks=SUMMARISE).run_waiting()
        tries += 1
        waiting = await found(make, "select status::text, scheduled_at - now() from jobs.procrastinate_jobs")
        assert [status for status, _ in waiting] == ["todo"] * 3
        assert await found(make, "select count(*) from summaries") == [(0,)]
        away += min(wait for _, wait in waiting)
        await make.owner.execute("update jobs.procrastinate_jobs set scheduled_at = now()")
    assert 4 <= tries <= 10
    server.says(ANSWER)
    await Worker(modelled, address=database.app_url, tasks=SUMMARISE).run_waiting()
    await one_each(make, 3)
    # Again, as a job that was not reported as done would be: nothing changes.
    session = (await found(make, "select id from sessions limit 1"))[0][0]
    async with modelled.database.system_work() as work:
        await defer(work, JobKind.SUMMARISE, session_id=session, version=0)
    await Worker(modelled, address=database.app_url, tasks=SUMMARISE).run_waiting()
    await one_each(make, 3)
