"""Background jobs that failed for good: seen and retried."""

import strawberry

from db import jobs as jobs_db
from db.audit import record
from domain.permissions import Permission
from schema.context import Info
from schema.errors import Payload
from schema.fields import mutation, query_connection
from schema.ids import row_id
from schema.types.connection import Connection
from schema.types.job import FailedJob, FailedJobOrder


@strawberry.input(description="A failed job to try again, with all its attempts.")
class RetryJobInput:
    """One job."""

    id: strawberry.ID = strawberry.field(description="The failed job.")


@strawberry.type(description="Whether the job is tried again: it is no failed job any more, so there is none to give.")
class RetryJobPayload(Payload):
    """The answer of retryJob."""

    retried: bool = strawberry.field(default=False, description="Whether it is.")


@strawberry.type
class JobQueries:
    """Queries for background jobs."""

    failed_jobs: Connection[FailedJob] = query_connection(
        jobs_db.failed_jobs,
        jobs_db.count_failed_jobs,
        permission=Permission.MANAGE_JOBS,
        order=FailedJobOrder.NEWEST,
        description="Background jobs that failed for good; for administrators.",
    )


@strawberry.type
class JobMutations:
    """Mutations of background jobs."""

    @mutation(Permission.MANAGE_JOBS, "Have a failed job tried again, within seconds; for administrators.")
    async def retry_job(self, info: Info, input: RetryJobInput) -> RetryJobPayload:
        async with info.context.unit_of_work() as work:
            job_id = row_id(input.id, "FailedJob")
            kind = await jobs_db.retry_failed_job(work, job_id)
            await record(work, "job.retry", "FailedJob", job_id, None, {"kind": kind})
        return RetryJobPayload(retried=True)
