"""Which function does which job, and the worker that runs them: procrastinate's, kept alive and watched over.

The worker lives in `serve` or in a process of its own; any number of them share the work.
"""

import asyncio
import logging
import random
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Any, Self
from uuid import UUID

import psycopg
from procrastinate import App, BaseRetryStrategy, JobContext, PsycopgConnector, RetryDecision
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Job
from procrastinate.worker import Worker as Runner
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg_pool import PoolTimeout

from db.dedicated import delays
from db.engine import APPLICATION_ROLE
from db.jobs import keep_job_error, sweep_jobs
from db.lines import KEEPALIVE
from domain.jobs import ATTEMPTS, Failure, JobKind, delay_after, failure_of
from jobs.cleaning import clean_up
from jobs.nudges import evaluate_nudges, mail_nudge, send_nudge
from jobs.practice import write_practice
from jobs.progress import count_goal, count_practice, count_session, end_streaks, refresh_analytics
from jobs.summaries import summarise
from jobs.tools import Tools

log = logging.getLogger("study.jobs")


@dataclass(frozen=True, slots=True)
class Task:
    """How a job is done: `run` gets the tools and the job's arguments."""

    run: Callable[..., Awaitable[None]]
    cron: str | None = None
    """When it is done of its own accord, by one worker at a time; in UTC."""


TASKS: Mapping[JobKind, Task] = {
    JobKind.SUMMARISE: Task(summarise),
    JobKind.WRITE_PRACTICE: Task(write_practice),
    JobKind.CLEAN_UP: Task(clean_up, cron="17 * * * *"),
    JobKind.COUNT_PRACTICE: Task(count_practice),
    JobKind.COUNT_SESSION: Task(count_session),
    JobKind.COUNT_GOAL: Task(count_goal),
    JobKind.END_STREAKS: Task(end_streaks, cron="23 * * * *"),
    JobKind.REFRESH_ANALYTICS: Task(refresh_analytics, cron="*/10 * * * *"),
    JobKind.EVALUATE_NUDGES: Task(evaluate_nudges, cron="*/10 * * * *"),
    JobKind.SEND_NUDGE: Task(send_nudge),
    JobKind.MAIL_NUDGE: Task(mail_nudge),
}


class JobFailed(Exception):
    """Stands for a job's error: it has no text that people wrote, so that it may be logged."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(f"{failure.error} at {failure.place}")
        self.failure = failure


class _Backoff(BaseRetryStrategy):
    """Ever later, until it has been tried often enough; at once for what a stopping worker gave up."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        if isinstance(exception, asyncio.CancelledError):
            return RetryDecision(retry_at=datetime.now(UTC))
        if job.attempts + 1 >= ATTEMPTS:
            return None
        after = exception.failure.after if isinstance(exception, JobFailed) else None
        delay = delay_after(job.attempts + 1, random.random(), after)  # noqa: S311 - to spread, not to hide
        return RetryDecision(retry_at=datetime.now(UTC) + delay)


class Worker:
    """Runs jobs for as long as the block.

    It starts over, with growing pauses, when the database has been away.
    """

    def __init__(
        self,
        tools: Tools,
        *,
        address: str,
        at_once: int = 4,
        finish_seconds: float = 10,
        poll: float = 2,
        heartbeat: float = 10,
        silence: float = 60,
        tasks: Mapping[JobKind, Task] = TASKS,
    ) -> None:
        """`address` is libpq's, around a pooler if there is one: the worker listens there.

        `at_once` jobs run at a time. Once told to stop, a job has `finish_seconds` to finish, and is left to be tried
        again after that. `poll` are the seconds between looks for jobs whose call was missed or never made, `heartbeat`
        those between signs of life, `silence` those after which a worker without one is taken for dead.
        """
        self._tools = tools
        self._address = _address(address)
        self._tasks = tasks
        self._sweeping = min(heartbeat, silence)
        self._silence = timedelta(seconds=silence)
        self._ended: dict[int, tuple[int, float]] = {}
        """For each job that this worker has done with, which attempt that was, and since when."""
        self._number: int | None = None
        self._begun = 0
        self._running: asyncio.Task[None] | None = None
        self._leaving = False
        self._options: dict[str, Any] = {
            "queues": [kind.value for kind in tasks],
            "concurrency": at_once,
            "fetch_job_polling_interval": poll,
            "shutdown_graceful_timeout": finish_seconds,
            # What is done is gone; what has failed stays, to be seen and retried.
            "delete_jobs": "successful",
            "install_signal_handlers": False,
            "update_heartbeat_interval": heartbeat,
            "stalled_worker_timeout": silence,
            "worker_middleware": [self._watch],
        }

    async def __aenter__(self) -> Self:
        self._running = asyncio.create_task(self._keep_running(), name="jobs")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._running is not None:
            self._leaving = True
            self._running.cancel()
            await asyncio.wait({self._running})

    async def run_waiting(self) -> None:
        """Do what is due, and what becomes due by it, and no more."""
        app = self._app()
        async with app.open_async():
            begun = -1
            while begun < self._begun:
                begun = self._begun
                await app.run_worker_async(**self._options, wait=False)

    async def _keep_running(self) -> None:
        sweeping = asyncio.create_task(self._keep_sweeping(), name="sweeping of jobs")
        try:
            pauses = delays()
            # Told to stop while the database is away, the runner ends with its own error and not as told.
            while not self._leaving:
                begun = time.monotonic()
                app = self._app()
                try:
                    async with app.open_async():
                        await app.run_worker_async(**self._options)
                    log.warning("the worker of the jobs lost its way to the database, and starts over")
                except (ConnectorException, psycopg.Error, PoolTimeout) as error:
                    log.warning("jobs wait, for the database does not answer: %s", error.__cause__ or error)
                except Exception:
                    log.exception("the worker of the jobs ended, and starts over")
                if time.monotonic() - begun > 60:
                    pauses = delays()
                if not self._leaving:
                    await asyncio.sleep(next(pauses))
        finally:
            sweeping.cancel()
            await asyncio.wait({sweeping})

    async def _keep_sweeping(self) -> None:
        while True:
            await asyncio.sleep(self._sweeping * random.uniform(0.5, 1))  # noqa: S311 - to spread, not to hide
            with suppress(psycopg.Error, PoolTimeout):
                await self.sweep()

    async def sweep(self) -> int:
        """Free the jobs of workers that are gone, and those that could not be reported as done; how many."""
        now = time.monotonic()
        ended = {number: run for number, run in self._ended.items() if now - run[1] > self._sweeping}
        async with self._tools.database.system_work() as work:
            attempts = {number: attempt for number, (attempt, _) in ended.items()}
            found = await sweep_jobs(work, self._silence, self._number, attempts)
        for number, run in ended.items():
            # It may have begun again meanwhile, and ended again.
            if self._ended.get(number) == run:
                del self._ended[number]
        if found:
            log.warning("%d jobs were left by a worker that is gone, and are tried again", found)
        return found

    def _app(self) -> App:
        app = App(connector=PsycopgConnector(conninfo=self._address, min_size=1, max_size=2, timeout=5))
        for kind, task in self._tasks.items():
            declared = app.task(name=kind.value, queue=kind.value, retry=_Backoff())(_bound(task, self._tools))
            if task.cron is not None:
                app.periodic(cron=task.cron, lock=kind.value, queue=kind.value)(declared)
        return app

    async def _watch(self, run: Callable[[], Awaitable[Any]], context: JobContext, runner: Runner) -> Any:
        """Around every job: its error is kept, and goes on without the text of it."""
        number = context.job.id
        assert number is not None  # noqa: S101 - it came from the database
        self._number = runner.worker_id
        self._begun += 1
        self._ended.pop(number, None)
        try:
            return await run()
        except Exception as error:  # noqa: BLE001 - whatever a job raises
            failure = failure_of(error)
            log.warning("job %s (%s) failed: %s at %s", number, context.job.task_name, failure.error, failure.place)
            with suppress(psycopg.Error, PoolTimeout):
                async with self._tools.database.system_work() as work:
                    await keep_job_error(work, number, failure)
            raise JobFailed(failure) from None
        finally:
            self._ended[number] = context.job.attempts, time.monotonic()


def _bound(task: Task, tools: Tools) -> Callable[..., Awaitable[None]]:
    async def run(timestamp: int | None = None, **arguments: str | int) -> None:
        """`timestamp` is what a periodic job was due at."""
        values = {name: UUID(value) if isinstance(value, str) else value for name, value in arguments.items()}
        await task.run(tools, **values)

    return run


def _address(address: str) -> str:
    """The address as the worker connects: as the product itself, in the schema of the jobs."""
    # A transaction left open on a line that has gone dead would hold back the event log, and with it all live delivery.
    given = conninfo_to_dict(address)
    options = f"{given.get('options') or ''} -c statement_timeout=30000 -c idle_in_transaction_session_timeout=30000"
    options += " -c search_path=jobs -c app.viewer_role=system"
    if given.get("user") != APPLICATION_ROLE:
        options += f" -c role={APPLICATION_ROLE}"
    defaults: dict[str, Any] = dict(KEEPALIVE)
    return make_conninfo(
        **{**defaults, **given, "options": options.strip(), "application_name": "study-companion jobs"}
    )
