"""A worker that is killed in mid-job: nothing is lost, and nobody sees anything twice."""

import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from db.jobs import defer
from domain.jobs import JobKind
from jobs.app import Task, Worker
from jobs.tools import Tools
from tests.eventually import until
from tests.jobs.program import leave_effect
from tests.servers import Database

CHECKOUT = Path(__file__).parents[2]


@pytest.mark.parametrize("stop", ["within", "after"])
async def test_killed(stop: str, tools: Tools, database: Database, tmp_path: Path) -> None:
    """In the transaction of its effect, and when that is kept and the job not yet reported as done."""
    with psycopg.connect(database.owner_url, autocommit=True) as owner:
        owner.execute("create table effects (session_id uuid primary key, at timestamptz default now())")
        owner.execute("grant select, insert on effects to study_app")
        session_id = uuid4()
        async with tools.database.system_work() as work:
            await defer(work, JobKind.CLEAN_UP, session_id=session_id)
        process = subprocess.Popen(  # noqa: ASYNC220 - it is begun, not waited for
            [sys.executable, "-m", "tests.jobs.program", database.app_url, str(tmp_path), stop], cwd=CHECKOUT
        )
        try:
            await until(lambda: (tmp_path / "begun").exists() or process.poll() is not None)
        finally:
            process.kill()
            process.wait()
        jobs = "select status::text, attempts from jobs.procrastinate_jobs"
        assert owner.execute(jobs).fetchall() == [("doing", 0)]
        effects = owner.execute("select session_id, at from effects").fetchall()
        assert len(effects) == (1 if stop == "after" else 0)

        next_one = Worker(
            tools,
            address=database.app_url,
            tasks={JobKind.CLEAN_UP: Task(leave_effect)},
            heartbeat=0.2,
            silence=2,
            poll=0.1,
        )
        async with next_one:
            await until(lambda: owner.execute(jobs).fetchall() == [])
        after = owner.execute("select session_id, at from effects").fetchall()
        assert [row[0] for row in after] == [session_id]
        assert after == effects or stop != "after"
