"""Background jobs in the database: deferred with their cause, watched over, and failed ones shown and retried.

procrastinate's tables, with statements of our own where a job has to be part of our transactions.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Integer,
    any_,
    bindparam,
    cast,
    func,
    insert,
    literal_column,
    select,
    text,
    true,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.sql import ColumnElement

from db.batch import Order, Page, Paged
from db.engine import Transaction, Work
from db.job_tables import errors, job_events, jobs
from db.statement import Compiled, Statement
from domain.errors import Code, Refused
from domain.jobs import ATTEMPTS, BEHIND, KEPT, LIVE, FailedJob, Failure, JobArgument, JobCounts, JobKind

NEWEST = Order("newest", "failed_at", descending=True, parse=datetime.fromisoformat)
OLDEST = Order("oldest", "failed_at", descending=False, parse=datetime.fromisoformat)

_LARGEST = 2**63 - 1

# A job's queue has the name of its kind: workers ask for the kinds that they know, so that an older program leaves what
# it does not know to a newer one.
_defer = Compiled(
    "defer",
    insert(jobs)
    .values(
        queue_name=bindparam("kind"),
        task_name=bindparam("kind"),
        priority=bindparam("priority"),
        args=bindparam("arguments"),
        scheduled_at=bindparam("at"),
    )
    # It would ask for the job's number, which whoever causes a job may not read.
    .inline(),
)


async def defer(
    work: Work, kind: JobKind, *, at: datetime | None = None, behind: bool = False, **arguments: UUID | int
) -> None:
    """Have a job done once this work is kept, or at a time after that; never when the work is not kept.

    `behind` is for what comes in masses and nobody waits for: it is begun when nothing else is due.

    The arguments are ids and numbers: what a job needs to know besides, it reads. It may run more than once, so it
    makes sure, in the transaction that writes, that its effect has not happened.
    """
    values = {name: str(value) if isinstance(value, UUID) else value for name, value in arguments.items()}
    await work.run(_defer, {"kind": kind.value, "arguments": values, "at": at, "priority": BEHIND if behind else LIVE})


# Watching over them

_NONE: Mapping[int, int] = MappingProxyType({})
_sweep = Compiled(
    "sweep_jobs",
    text("""
        with stalled as (
            select job.id from jobs.procrastinate_jobs as job
            left join jobs.procrastinate_workers as worker on worker.id = job.worker_id
            where job.status = 'doing' and (
                worker.last_heartbeat is null
                or worker.last_heartbeat < now() - cast(:silence as interval)
                or (
                    worker.id = :worker_id
                    and (job.id, job.attempts) in (
                        select * from unnest(cast(:ended as bigint []), cast(:ended_attempts as integer []))
                    )
                )
            )
            for update of job skip locked
        ), released as (
            update jobs.procrastinate_jobs as job set
                status = cast(case when attempts + 1 < :attempts then 'todo' else 'failed' end
                    as jobs.procrastinate_job_status),
                -- At once at first; a job that ends its workers does not get to end all of them in a row.
                scheduled_at = now() + interval '20 seconds' * attempts,
                attempts = attempts + 1,
                worker_id = null
            from stalled where job.id = stalled.id and job.status = 'doing'
            returning job.id, job.attempts
        )
        insert into jobs.errors (job_id, attempt, error)
        select id, attempts, 'The worker ended in mid-job.' from released
        returning job_id
    """),
)
_remove_old = Compiled(
    "remove_old_jobs",
    text("""
        delete from jobs.procrastinate_jobs as job
        where job.status in ('failed', 'cancelled', 'aborted', 'succeeded') and not exists (
            select from jobs.procrastinate_events as event
            where event.job_id = job.id and event.at > now() - cast(:kept as interval)
        )
        returning job.id
    """),
)
_keep_error = Compiled(
    "keep_job_error",
    insert(errors).from_select(
        ["job_id", "attempt", "error", "place"],
        select(jobs.c.id, jobs.c.attempts + 1, bindparam("error"), bindparam("place")).where(
            jobs.c.id == bindparam("job_id")
        ),
    ),
)


async def sweep_jobs(
    work: Work, silence: timedelta, worker_id: int | None = None, ended: Mapping[int, int] = _NONE
) -> int:
    """Free the jobs of workers that are gone, to be tried again; how many there were.

    Gone is who gave no sign of life for `silence`. `ended` are jobs that this very worker has done with, and could not
    say so, and at which attempt: they are freed too, unless another attempt has begun.
    """
    values = {
        "silence": silence,
        "worker_id": worker_id,
        "ended": list(ended),
        "ended_attempts": list(ended.values()),
        "attempts": ATTEMPTS,
    }
    return len(await work.run(_sweep, values))


async def remove_old_jobs(work: Work) -> int:
    """Remove jobs that failed for good long ago, with their errors; how many there were."""
    return len(await work.run(_remove_old, {"kept": KEPT}))


async def keep_job_error(work: Work, number: int, failure: Failure) -> None:
    """Keep why the present run of a job failed."""
    await work.run(_keep_error, {"job_id": number, "error": failure.error, "place": failure.place})


# How they are doing

_due = (jobs.c.status == literal_column("'todo'")) & (
    jobs.c.scheduled_at.is_(None) | (jobs.c.scheduled_at <= func.now())
)
_deferred_at = (
    select(func.min(job_events.c.at))
    .where(job_events.c.job_id == jobs.c.id, job_events.c.type == literal_column("'deferred'"))
    .scalar_subquery()
)
_count = func.count()
_numbers: list[ColumnElement[Any]] = [
    _count.filter(_due).label("waiting"),
    _count.filter(jobs.c.status == literal_column("'todo'"), jobs.c.scheduled_at > func.now()).label("later"),
    _count.filter(jobs.c.status == literal_column("'doing'")).label("running"),
    _count.filter(jobs.c.status == literal_column("'failed'")).label("failed"),
    func.coalesce(
        cast(
            func.extract("epoch", func.max(func.now() - func.coalesce(jobs.c.scheduled_at, _deferred_at)).filter(_due)),
            Integer,
        ),
        0,
    ).label("oldest_seconds"),
]
_counts = Statement("job_counts", select(*_numbers), JobCounts)


async def job_counts(work: Work) -> JobCounts:
    """How the jobs are doing, all kinds together."""
    (found,) = await work.rows(_counts)
    return found


# Failed ones, for administrators

_error = (
    select(errors.c.error, errors.c.place)
    .where(errors.c.job_id == jobs.c.id)
    .order_by(errors.c.id.desc())
    .limit(1)
    .lateral("last")
)
_failed_at = (
    select(func.coalesce(func.max(job_events.c.at), func.to_timestamp(0)))
    .where(job_events.c.job_id == jobs.c.id, job_events.c.type == literal_column("'failed'"))
    .scalar_subquery()
)
_FAILED = (
    select(
        jobs.c.id,
        jobs.c.task_name,
        jobs.c.args,
        jobs.c.attempts,
        _deferred_at.label("deferred_at"),
        _failed_at.label("failed_at"),
        _error.c.error,
        _error.c.place,
    )
    .select_from(jobs.outerjoin(_error, true()))
    # Row security says so too, but row by row.
    .where(jobs.c.status == literal_column("'failed'"), func.sees_all())
)


def _failed(
    id: int,
    task_name: str,
    args: Mapping[str, Any],
    attempts: int,
    deferred_at: datetime | None,
    failed_at: datetime,
    error: str | None,
    place: str | None,
) -> FailedJob:
    arguments = tuple(JobArgument(name, str(value)) for name, value in args.items())
    return FailedJob(UUID(int=id), task_name, arguments, attempts, deferred_at, failed_at, error, place)


_all_failed = Paged("failed_jobs", _FAILED, _failed)
_failed_by_id = Statement(
    "failed_jobs_by_id", _FAILED.where(jobs.c.id == any_(bindparam("numbers", type_=ARRAY(BigInteger())))), _failed
)
_retry = Compiled(
    "retry_failed_job",
    update(jobs)
    .where(jobs.c.id == bindparam("number", type_=BigInteger()), jobs.c.status == literal_column("'failed'"))
    .values(status=literal_column("'todo'"), attempts=0, scheduled_at=None)
    .returning(jobs.c.task_name),
)


async def failed_jobs(
    read: Transaction, viewer_ids: Sequence[UUID], page: Page, where: None = None
) -> list[list[FailedJob]]:
    """A page of the jobs that failed for good; empty for those who may not see them."""
    return await _all_failed.read(read, viewer_ids, _numbered(page))


async def count_failed_jobs(read: Transaction, viewer_ids: Sequence[UUID], where: None = None) -> list[int]:
    """How many there are."""
    return await _all_failed.count(read, viewer_ids)


async def failed_jobs_by_id(read: Transaction, job_ids: Sequence[UUID]) -> list[FailedJob | None]:
    """The failed job of each id; None for one that has not failed, or is not there to see."""
    numbers = [job_id.int for job_id in job_ids if job_id.int <= _LARGEST]
    found = {job.id: job for job in await read.rows(_failed_by_id, numbers=numbers)}
    return [found.get(job_id) for job_id in job_ids]


async def retry_failed_job(work: Work, job_id: UUID) -> str:
    """Have a failed job tried again, with all its attempts; its kind. Raises Refused where there is none."""
    found = await work.run(_retry, {"number": job_id.int}) if job_id.int <= _LARGEST else []
    if not found:
        raise Refused(Code.NOT_FOUND, "There is no such failed job.", "id")
    kind: str = found[0][0]
    return kind


def _numbered(page: Page) -> Page:
    """The page with the job's number where a cursor has its id."""
    if page.start is None:
        return page
    value, job_id = page.start
    return replace(page, start=(value, min(job_id.int, _LARGEST)))
