"""A worker as a process of its own, to be killed in mid-job.

Its job has one effect that people see: a row in `effects`. It tells in files how far it is, and waits there.
"""

import asyncio
import sys
from pathlib import Path
from uuid import UUID

from domain.companion.model import Model
from domain.jobs import JobKind
from jobs.app import TASKS, Task, Worker
from jobs.tools import Tools
from server import database_of
from settings import Settings


async def leave_effect(tools: Tools, session_id: UUID, folder: Path | None = None, stop: str = "") -> None:
    """What every job must do: look, in the transaction that writes, whether its effect is there."""
    async with tools.database.system_work() as work:
        cursor = await work._connection.execute(
            "insert into effects (session_id) values (%s) on conflict do nothing", [session_id]
        )
        if cursor.rowcount and stop == "within":
            await _wait(folder)
    if stop == "after":
        await _wait(folder)


async def _wait(folder: Path | None) -> None:
    if folder is not None:
        (folder / "begun").touch()
        await asyncio.sleep(600)


async def summarise(url: str, folder: Path, server: str) -> None:
    """Work as the product does, with a model at this address, until killed."""
    model = Model(
        key="sk-test", base_url=server, model="large", small_model="little", timeout=600, tokens_per_day=1_000_000
    )
    tasks = {JobKind.SUMMARISE: TASKS[JobKind.SUMMARISE]}
    async with (
        database_of(Settings(study_data_dir=folder), url) as database,
        Worker(Tools(database, model), address=url, tasks=tasks, heartbeat=0.2, poll=0.2),
    ):
        await asyncio.sleep(600)


async def main(url: str, folder: Path, stop: str) -> None:
    """Work until killed."""

    async def run(tools: Tools, session_id: UUID) -> None:
        await leave_effect(tools, session_id, folder, stop)

    async with database_of(Settings(study_data_dir=folder), url) as database:
        worker = Worker(Tools(database), address=url, tasks={JobKind.CLEAN_UP: Task(run)}, heartbeat=0.2, poll=0.2)
        async with worker:
            await asyncio.sleep(600)


if __name__ == "__main__":
    if sys.argv[3] == "summary":
        asyncio.run(summarise(sys.argv[1], Path(sys.argv[2]), sys.argv[4]))
    else:
        asyncio.run(main(sys.argv[1], Path(sys.argv[2]), sys.argv[3]))
