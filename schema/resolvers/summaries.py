"""Having a summary written anew."""

import strawberry

from db import audit
from db.jobs import defer
from db.summaries import lock_summary
from domain import overrides, summaries
from domain.jobs import JobKind
from domain.permissions import Permission
from schema.context import Info
from schema.errors import Payload, user_error
from schema.fields import mutation
from schema.ids import row_id
from schema.types.summary import Summary


@strawberry.type(description="The summary that is to be written anew.")
class RegenerateSummaryPayload(Payload):
    """The answer of regenerateSummary."""

    summary: Summary | None = strawberry.field(
        default=None,
        description="The summary as it still is: the new text comes later, with a higher version and `summaryReady`. "
        "Null when there is no such summary.",
    )


@strawberry.input(description="A summary to write anew from its session.")
class RegenerateSummaryInput:
    """It keeps its id."""

    id: strawberry.ID = strawberry.field(description="The summary; one that a tutor has overridden is refused.")
    expected_version: int = strawberry.field(
        description="The version of it that was read; another one is refused with STALE_VERSION."
    )


@strawberry.type
class SummaryMutations:
    """Mutations of summaries, but for overrides."""

    @mutation(
        Permission.TEACH,
        "Have the companion write a summary anew, in the background: a tutor of the student or an administrator. "
        "A tutor's override is never written over, not even one that is made meanwhile.",
    )
    async def regenerate_summary(self, info: Info, input: RegenerateSummaryInput) -> RegenerateSummaryPayload:
        async with info.context.unit_of_work() as work:
            summary = await lock_summary(work, row_id(input.id, "Summary"))
            if stale := overrides.staleness(summary.version, input.expected_version):
                return RegenerateSummaryPayload(summary=Summary.view(summary), user_errors=[user_error(stale)])
            summaries.require_own_words(summary)
            await defer(work, JobKind.SUMMARISE, session_id=summary.session_id, version=summary.version)
            await audit.record(work, "summary.regenerate", "Summary", summary.id, summary.student_id)
        return RegenerateSummaryPayload(summary=Summary.view(summary))
