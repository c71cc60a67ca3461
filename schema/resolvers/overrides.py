"""Overriding what the companion wrote, and reverting that."""

from typing import Any
from uuid import UUID

import strawberry

from db import overrides as overrides_db
from db import practice as practice_db
from db import questions as questions_db
from db import summaries as summaries_db
from db.audit import record
from db.engine import Work
from db.jobs import defer
from db.sessions import sessions_by_id
from domain import overrides
from domain.clock import now
from domain.errors import Code, Refused
from domain.events import Event, EventKind
from domain.jobs import JobKind
from domain.permissions import Permission
from domain.practice import PracticeAssignment as PracticeRecord
from domain.summaries import Summary as SummaryRecord
from schema.context import Info
from schema.errors import Payload, user_error
from schema.fields import mutation
from schema.ids import row_id
from schema.types.override import Override
from schema.types.practice import PracticeAssignment
from schema.types.question import Question
from schema.types.summary import Summary

_VERSION = "The version of it that the tutor has read; another one is refused with STALE_VERSION."
_REASON = "Why; at most 2,000 characters. The student sees it."
_MADE = "The override that was made; null when refused."
_KEEPS = "Left out or null: stays."


@strawberry.type(description="The override of a summary.")
class OverrideSummaryPayload(Payload):
    """The answer of overrideSummary."""

    override: Override | None = strawberry.field(default=None, description=_MADE)
    summary: Summary | None = strawberry.field(
        default=None,
        description="The summary as it is now, also when the version was stale; null when refused for another reason.",
    )


@strawberry.type(description="The override of an assigned practice item.")
class OverridePracticePayload(Payload):
    """The answer of overridePractice."""

    override: Override | None = strawberry.field(default=None, description=_MADE)
    practice: PracticeAssignment | None = strawberry.field(
        default=None,
        description="The item as it is now, also when the version was stale; null when refused for another reason.",
    )


@strawberry.type(description="The override of an answer.")
class OverrideAnswerPayload(Payload):
    """The answer of overrideAnswer."""

    override: Override | None = strawberry.field(default=None, description=_MADE)
    question: Question | None = strawberry.field(
        default=None,
        description="The question as it is now, also when the version was stale; null when refused for another reason.",
    )


@strawberry.type(description="The end of an override.")
class RevertOverridePayload(Payload):
    """The answer of revertOverride."""

    override: Override | None = strawberry.field(
        default=None,
        description="The override as it is now, its target with it, also when the version was stale; null when "
        "refused for another reason.",
    )


@strawberry.input(description="A summary in a tutor's words.")
class OverrideSummaryInput:
    """At least one text must differ."""

    id: strawberry.ID = strawberry.field(description="The summary.")
    expected_version: int = strawberry.field(description=_VERSION)
    narrative: str | None = strawberry.field(default=None, description=f"At most 20,000 characters. {_KEEPS}")
    next_steps: list[str] | None = strawberry.field(
        default=None, description=f"At most 50 texts of 1,000 characters. {_KEEPS}"
    )
    subjects_covered: list[str] | None = strawberry.field(
        default=None, description=f"At most 50 names of 100 characters. {_KEEPS}"
    )
    reason: str | None = strawberry.field(default=None, description=_REASON)


@strawberry.input(description="An assigned practice item in a tutor's words; the bank's item stays as it is.")
class OverridePracticeInput:
    """At least one thing must differ. A completed item can be corrected too. It counts as a review of the item."""

    id: strawberry.ID = strawberry.field(description="The assigned item.")
    expected_version: int = strawberry.field(description=_VERSION)
    question: str | None = strawberry.field(default=None, description=f"At most 10,000 characters. {_KEEPS}")
    answer: str | None = strawberry.field(
        default=None, description=f"At most 5,000 characters; one of the choices where there are any. {_KEEPS}"
    )
    explanation: str | None = strawberry.field(default=None, description=f"At most 20,000 characters. {_KEEPS}")
    difficulty_level: int | None = strawberry.field(default=None, description=f"1 to 10. {_KEEPS}")
    reason: str | None = strawberry.field(default=None, description=_REASON)


@strawberry.input(description="A tutor's answer in the place of the companion's.")
class OverrideAnswerInput:
    """The answer must differ."""

    id: strawberry.ID = strawberry.field(description="The question.")
    expected_version: int = strawberry.field(description=_VERSION)
    answer: str = strawberry.field(description="The new answer; 1 to 10,000 characters.")
    reason: str | None = strawberry.field(default=None, description=_REASON)


@strawberry.input(
    description="An override to end: its target says again what it said before. A summary whose session has changed "
    "since it was written is written anew."
)
class RevertOverrideInput:
    """Only the latest override in force of a target can be reverted."""

    id: strawberry.ID = strawberry.field(description="The override.")
    expected_version: int = strawberry.field(
        description="The version of the override's target that the tutor has read; another one is refused with "
        "STALE_VERSION."
    )


@strawberry.type
class OverrideMutations:
    """Mutations of overrides."""

    @mutation(Permission.OVERRIDE, "Put a summary in one's own words: a tutor of the student.")
    async def override_summary(self, info: Info, input: OverrideSummaryInput) -> OverrideSummaryPayload:
        async with info.context.unit_of_work() as work:
            summary = await summaries_db.lock_summary(work, row_id(input.id, "Summary"))
            if stale := overrides.staleness(summary.version, input.expected_version):
                return OverrideSummaryPayload(summary=Summary.view(summary), user_errors=[user_error(stale)])
            (session,) = await sessions_by_id(work, [summary.session_id])
            draft = overrides.rewrite_summary(
                summary,
                narrative=input.narrative,
                next_steps=input.next_steps,
                subjects_covered=input.subjects_covered,
                reason=input.reason,
                subject_id=session.subject_id if session else None,
            )
            override, changed = await _keep(work, draft)
        return OverrideSummaryPayload(override=override, summary=Summary.view(changed))

    @mutation(Permission.OVERRIDE, "Correct an assigned practice item for its student: a tutor of theirs.")
    async def override_practice(self, info: Info, input: OverridePracticeInput) -> OverridePracticePayload:
        async with info.context.unit_of_work() as work:
            practice_id = row_id(input.id, "PracticeAssignment")
            practice, solution = await practice_db.lock_practice_content(work, practice_id)
            if stale := overrides.staleness(practice.version, input.expected_version):
                return OverridePracticePayload(
                    practice=PracticeAssignment.view(practice), user_errors=[user_error(stale)]
                )
            draft = overrides.rewrite_practice(
                practice,
                solution,
                question=input.question,
                answer=input.answer,
                explanation=input.explanation,
                difficulty_level=input.difficulty_level,
                reason=input.reason,
            )
            override, changed = await _keep(work, draft)
            if practice.held and not draft.held:
                work.tell(Event(EventKind.PRACTICE_ASSIGNED, practice.student_id, practice_id))
        return OverridePracticePayload(override=override, practice=PracticeAssignment.view(changed))

    @mutation(Permission.OVERRIDE, "Replace the answer to a student's question: a tutor of the student.")
    async def override_answer(self, info: Info, input: OverrideAnswerInput) -> OverrideAnswerPayload:
        async with info.context.unit_of_work() as work:
            question = await questions_db.lock_question(work, row_id(input.id, "Question"))
            if stale := overrides.staleness(question.version, input.expected_version):
                return OverrideAnswerPayload(question=Question.view(question), user_errors=[user_error(stale)])
            draft = overrides.rewrite_answer(
                question,
                answer=input.answer,
                reason=input.reason,
                subject_id=await questions_db.subject_of_question(work, question),
            )
            override, changed = await _keep(work, draft)
        return OverrideAnswerPayload(override=override, question=Question.view(changed))

    @mutation(Permission.OVERRIDE, "End an override: any tutor of the student.")
    async def revert_override(self, info: Info, input: RevertOverrideInput) -> RevertOverridePayload:
        async with info.context.unit_of_work() as work:
            override_id = row_id(input.id, "Override")
            target = await overrides_db.lock_target(work, await _visible(work, override_id))
            override = await _visible(work, override_id)  # as it is under the lock
            if override.active and (stale := overrides.staleness(target.version, input.expected_version)):
                return RevertOverridePayload(override=Override.view(override), user_errors=[user_error(stale)])
            active = await overrides_db.active_overrides_of_target(work, override)
            (contents,) = await overrides_db.contents_by_override(work, [override_id])
            reverting = overrides.revert(override, active, contents.before if contents else None, target.version)
            bank = None
            if isinstance(target, PracticeRecord) and target.bank_item_id is not None:
                bank = await overrides_db.bank_content(work, target.bank_item_id)
            values = reverting.target_values(bank)
            target = await overrides_db.update_target(work, override.override_type, target.id, values)
            override = await overrides_db.end_override(work, override_id, now())
            if isinstance(target, SummaryRecord):
                await _write_anew(work, target)
            await _tell(work, "override.revert", EventKind.OVERRIDE_REVERTED, override, target)
        return RevertOverridePayload(override=Override.view(override))


async def _write_anew(work: Work, summary: SummaryRecord) -> None:
    """Have the companion's own words again written anew if they are of another transcript: an override kept them."""
    if not summary.overridden and await summaries_db.is_outdated(work, summary.id):
        await defer(work, JobKind.SUMMARISE, session_id=summary.session_id, version=summary.version)


async def _visible(work: Work, override_id: UUID) -> overrides.Override:
    (override,) = await overrides_db.overrides_by_id(work, [override_id])
    if override is None:
        raise Refused(Code.NOT_FOUND, "There is no such override.", "id")
    return override


async def _keep(work: Work, draft: overrides.OverrideDraft) -> tuple[Override, overrides_db.Target]:
    """Everything that an override writes. Gives it, and its target as it is now."""
    override = await overrides_db.insert_override(work, draft)
    target = await overrides_db.update_target(
        work, draft.override_type, draft.target_id, draft.target_values(override.id)
    )
    await _tell(work, "override.make", EventKind.OVERRIDE_MADE, override, target, fields=list(draft.changed))
    return Override.view(override), target


async def _tell(
    work: Work,
    action: str,
    kind: EventKind,
    override: overrides.Override,
    target: overrides_db.Target,
    **details: Any,
) -> None:
    """In the audit log, for later, and to those who watch."""
    about = {"override_type": override.override_type, "target_id": str(target.id), "version": target.version}
    await record(work, action, "Override", override.id, target.student_id, about | details)
    work.tell(Event(kind, target.student_id, override.id))
