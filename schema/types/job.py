"""Background jobs that failed for good, as administrators see them."""

from __future__ import annotations

import datetime as dt
from enum import Enum

import strawberry

from db import jobs as jobs_db
from domain import jobs
from schema.types.node import Node


@strawberry.enum(description="The order of failed jobs.")
class FailedJobOrder(Enum):
    """By when they failed."""

    NEWEST = strawberry.enum_value(jobs_db.NEWEST, description="Latest failure first.")
    OLDEST = strawberry.enum_value(jobs_db.OLDEST, description="Earliest failure first.")


@strawberry.type(description="What a job was told: an id or a number.")
class JobArgument:
    """A view of domain.jobs.JobArgument."""

    name: str = strawberry.field(description="What it is, such as `session_id`.")
    value: str = strawberry.field(description="The row's own id, without its type, or the number.")


@strawberry.type(
    description="A background job that failed as often as it is tried by itself, and waits for an administrator; "
    "it is removed after 30 days."
)
class FailedJob(Node):
    """A view of domain.jobs.FailedJob."""

    record = jobs.FailedJob
    by_id = jobs_db.failed_jobs_by_id

    kind: str = strawberry.field(description="What was to be done, such as `summarise`.")
    arguments: list[JobArgument] = strawberry.field(description="With what.")
    attempts: int = strawberry.field(description="How often it was tried since it was deferred or last retried.")
    deferred_at: dt.datetime | None = strawberry.field(
        description="When it was asked for; null where that is not known."
    )
    failed_at: dt.datetime = strawberry.field(description="When it failed for good.")
    error: str | None = strawberry.field(
        description="The kind of the last error, never a text that may quote somebody; null where none could be kept."
    )
    place: str | None = strawberry.field(
        description="The line of the program that the last error passed; null outside of it."
    )
