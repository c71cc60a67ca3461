"""Reading and writing tutors' overrides."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, TypeAlias
from uuid import UUID

from sqlalchemy import Integer, Numeric, Uuid, any_, bindparam, case, cast, func, insert, or_, select, text, update
from sqlalchemy.dialects.postgresql import ARRAY

from db.batch import ByKey, Order, Page, Paged, reads
from db.engine import Transaction, Work
from db.practice import lock_practice, update_practice
from db.questions import lock_question, update_question
from db.statement import Compiled, Statement
from db.summaries import lock_summary, update_summary
from db.tables import bank_solutions, override_contents, overrides, practice_bank_items, user_details, users
from domain.errors import Code, Refused
from domain.overrides import (
    Override,
    OverrideContents,
    OverrideDraft,
    OverrideFilter,
    OverrideType,
    PracticeContent,
    content_of,
)
from domain.practice import PracticeAssignment
from domain.questions import Question
from domain.summaries import Summary

NEWEST = Order("newest", "created_at", descending=True, parse=datetime.fromisoformat)
OLDEST = Order("oldest", "created_at", descending=False, parse=datetime.fromisoformat)

_OVERRIDES = select(
    overrides.c.id,
    overrides.c.tutor_id,
    overrides.c.student_id,
    overrides.c.override_type,
    overrides.c.action,
    overrides.c.summary_id,
    overrides.c.practice_assignment_id,
    overrides.c.qa_interaction_id,
    overrides.c.reason,
    overrides.c.subject_id,
    overrides.c.difficulty_level,
    overrides.c.target_version,
    overrides.c.reverted_at,
    overrides.c.reverted_by_tutor_id,
    overrides.c.created_at,
)
_CONDITIONS = {
    "override_type": overrides.c.override_type == bindparam("override_type"),
    "active": overrides.c.reverted_at.is_(None) == bindparam("active"),
}
_by_id = ByKey("overrides_by_id", _OVERRIDES, Override, key=overrides.c.id)
_by_student = Paged("overrides_by_student", _OVERRIDES, Override, key=overrides.c.student_id, conditions=_CONDITIONS)
_by_tutor = Paged(
    "overrides_by_tutor",
    _OVERRIDES,
    Override,
    key=overrides.c.tutor_id,
    conditions=_CONDITIONS,
    students=overrides.c.student_id,
)
_by_reverting_tutor = Paged(
    "overrides_by_reverting_tutor",
    _OVERRIDES,
    Override,
    key=overrides.c.reverted_by_tutor_id,
    conditions=_CONDITIONS,
    students=overrides.c.student_id,
)
_by_subject = Paged(
    "overrides_by_subject",
    _OVERRIDES,
    Override,
    key=overrides.c.subject_id,
    conditions=_CONDITIONS,
    students=overrides.c.student_id,
)
_by_summary = Paged("overrides_by_summary", _OVERRIDES, Override, key=overrides.c.summary_id, conditions=_CONDITIONS)
_by_practice = Paged(
    "overrides_by_practice", _OVERRIDES, Override, key=overrides.c.practice_assignment_id, conditions=_CONDITIONS
)
_by_question = Paged(
    "overrides_by_question", _OVERRIDES, Override, key=overrides.c.qa_interaction_id, conditions=_CONDITIONS
)
_contents = Compiled(
    "contents_by_override",
    select(
        overrides.c.id,
        overrides.c.override_type,
        override_contents.c.original_content,
        override_contents.c.new_content,
    )
    .join_from(overrides, override_contents, overrides.c.id == override_contents.c.override_id)
    .where(overrides.c.id == any_(bindparam("keys", type_=ARRAY(Uuid())))),
)
_active = Statement(
    "active_overrides_of_target",
    _OVERRIDES.where(
        overrides.c.reverted_at.is_(None),
        or_(
            overrides.c.summary_id == bindparam("summary_id"),
            overrides.c.practice_assignment_id == bindparam("practice_assignment_id"),
            overrides.c.qa_interaction_id == bindparam("qa_interaction_id"),
        ),
    ).order_by(overrides.c.target_version.desc()),
    Override,
)
_active_of_students = Compiled(
    "active_overrides",
    select(overrides.c.id, overrides.c.student_id)
    .where(
        overrides.c.reverted_at.is_(None),
        overrides.c.student_id == any_(bindparam("students", type_=ARRAY(Uuid()))),
    )
    .order_by(overrides.c.created_at, overrides.c.id)
    .limit(bindparam("count", type_=Integer())),
)
_bank_content = Statement(
    "bank_content",
    select(
        practice_bank_items.c.question_text.label("question"),
        bank_solutions.c.answer_text.label("answer"),
        bank_solutions.c.explanation,
        practice_bank_items.c.difficulty_level,
    )
    .join_from(practice_bank_items, bank_solutions, practice_bank_items.c.id == bank_solutions.c.bank_item_id)
    .where(practice_bank_items.c.id == bindparam("bank_item_id")),
    PracticeContent,
)
# Not `for update`: other rows that point at the tutor may be written meanwhile.
_lock_tutor = Compiled(
    "lock_tutor_analytics",
    select(users.c.id).where(users.c.id == bindparam("tutor_id")).with_for_update(key_share=True),
)
_count = user_details.c.analytics["override_count"]
_count_override = Compiled(
    "count_override",
    update(users)
    .where(users.c.id == bindparam("tutor_id"), user_details.c.user_id == users.c.id)
    .values(
        analytics=func.jsonb_set(
            user_details.c.analytics,
            text("'{override_count}'"),
            func.to_jsonb(case((func.jsonb_typeof(_count) == "number", cast(_count.astext, Numeric)), else_=0) + 1),
        )
    ),
)
Target: TypeAlias = Summary | PracticeAssignment | Question

_TARGETS: dict[OverrideType, tuple[Callable[..., Awaitable[Target]], Callable[..., Awaitable[Target]], str]] = {
    OverrideType.SUMMARY: (lock_summary, update_summary, "summary_id"),
    OverrideType.PRACTICE: (lock_practice, update_practice, "practice_assignment_id"),
    OverrideType.QA_ANSWER: (lock_question, update_question, "qa_interaction_id"),
}
"""How what an override of this type is about is locked and changed, and the column of overrides that names it."""


@reads(_by_id)
async def overrides_by_id(read: Transaction, override_ids: Sequence[UUID]) -> list[Override | None]:
    """The override of each id; None for one the viewer may not see."""
    return await _by_id.read(read, override_ids)


@reads(_by_student)
async def overrides_by_student(
    read: Transaction, student_ids: Sequence[UUID], page: Page, where: OverrideFilter | None = None
) -> list[list[Override]]:
    """A page of the overrides made for each student; [] for one with none."""
    return await _by_student.read(read, student_ids, page, where)


async def count_overrides_by_student(
    read: Transaction, student_ids: Sequence[UUID], where: OverrideFilter | None = None
) -> list[int]:
    """How many overrides were made for each student."""
    return await _by_student.count(read, student_ids, where)


@reads(_by_tutor)
async def overrides_by_tutor(
    read: Transaction, tutor_ids: Sequence[UUID], page: Page, where: OverrideFilter | None = None
) -> list[list[Override]]:
    """A page of the overrides that each tutor made."""
    return await _by_tutor.read(read, tutor_ids, page, where)


async def count_overrides_by_tutor(
    read: Transaction, tutor_ids: Sequence[UUID], where: OverrideFilter | None = None
) -> list[int]:
    """How many overrides each tutor made."""
    return await _by_tutor.count(read, tutor_ids, where)


@reads(_by_reverting_tutor)
async def overrides_by_reverting_tutor(
    read: Transaction, tutor_ids: Sequence[UUID], page: Page, where: OverrideFilter | None = None
) -> list[list[Override]]:
    """A page of the overrides that each tutor reverted."""
    return await _by_reverting_tutor.read(read, tutor_ids, page, where)


async def count_overrides_by_reverting_tutor(
    read: Transaction, tutor_ids: Sequence[UUID], where: OverrideFilter | None = None
) -> list[int]:
    """How many overrides each tutor reverted."""
    return await _by_reverting_tutor.count(read, tutor_ids, where)


@reads(_by_subject)
async def overrides_by_subject(
    read: Transaction, subject_ids: Sequence[UUID], page: Page, where: OverrideFilter | None = None
) -> list[list[Override]]:
    """A page of the overrides in each subject."""
    return await _by_subject.read(read, subject_ids, page, where)


async def count_overrides_by_subject(
    read: Transaction, subject_ids: Sequence[UUID], where: OverrideFilter | None = None
) -> list[int]:
    """How many overrides there are in each subject."""
    return await _by_subject.count(read, subject_ids, where)


@reads(_by_summary)
async def overrides_by_summary(
    read: Transaction, summary_ids: Sequence[UUID], page: Page, where: OverrideFilter | None = None
) -> list[list[Override]]:
    """A page of the overrides of each summary."""
    return await _by_summary.read(read, summary_ids, page, where)


async def count_overrides_by_summary(
    read: Transaction, summary_ids: Sequence[UUID], where: OverrideFilter | None = None
) -> list[int]:
    """How many overrides each summary has had."""
    return await _by_summary.count(read, summary_ids, where)


@reads(_by_practice)
async def overrides_by_practice(
    read: Transaction, practice_ids: Sequence[UUID], page: Page, where: OverrideFilter | None = None
) -> list[list[Override]]:
    """A page of the overrides of each assigned practice item."""
    return await _by_practice.read(read, practice_ids, page, where)


async def count_overrides_by_practice(
    read: Transaction, practice_ids: Sequence[UUID], where: OverrideFilter | None = None
) -> list[int]:
    """How many overrides each assigned practice item has had."""
    return await _by_practice.count(read, practice_ids, where)


@reads(_by_question)
async def overrides_by_question(
    read: Transaction, question_ids: Sequence[UUID], page: Page, where: OverrideFilter | None = None
) -> list[list[Override]]:
    """A page of the overrides of each question's answer."""
    return await _by_question.read(read, question_ids, page, where)


async def count_overrides_by_question(
    read: Transaction, question_ids: Sequence[UUID], where: OverrideFilter | None = None
) -> list[int]:
    """How many overrides the answer to each question has had."""
    return await _by_question.count(read, question_ids, where)


async def active_overrides(
    read: Transaction, student_ids: Sequence[UUID], limit: int
) -> list[tuple[UUID, UUID | None]]:
    """The ids of the overrides in force and their students, `limit` at most in all, oldest first."""
    rows = await read.run(_active_of_students, {"students": list(student_ids), "count": limit})
    return [(override_id, student_id) for override_id, student_id in rows]


async def contents_by_override(read: Transaction, override_ids: Sequence[UUID]) -> list[OverrideContents | None]:
    """What the target of each override said before and after, without what the viewer may not see of it."""
    found = {
        override_id: OverrideContents(
            before=content_of(OverrideType(override_type), original),
            after=content_of(OverrideType(override_type), new),
        )
        for override_id, override_type, original, new in await read.run(_contents, {"keys": list(override_ids)})
    }
    return [found.get(override_id) for override_id in override_ids]


async def active_overrides_of_target(work: Work, override: Override) -> list[Override]:
    """The overrides in force of what this one is about, latest first.

    True until the work ends only when the target is locked: all overrides of it are made and reverted under its lock.
    """
    return await work.rows(
        _active,
        summary_id=override.summary_id,
        practice_assignment_id=override.practice_assignment_id,
        qa_interaction_id=override.qa_interaction_id,
    )


async def bank_content(work: Work, bank_item_id: UUID) -> PracticeContent | None:
    """What the practice bank says of an item now, for a tutor."""
    return await work.first(_bank_content, bank_item_id=bank_item_id)


async def lock_target(work: Work, override: Override) -> Target:
    """What an override is about, held against other writers until the work ends. Raises Refused (NOT_FOUND)."""
    lock, _, column = _TARGETS[override.override_type]
    target_id: UUID | None = getattr(override, column)
    if target_id is None:
        raise Refused(Code.NOT_FOUND, "What this override was about has been erased.", "id")
    return await lock(work, target_id)


async def update_target(work: Work, override_type: OverrideType, target_id: UUID, values: Mapping[str, Any]) -> Target:
    """What an override is about after the change; `values` by column of its table."""
    _, change, _ = _TARGETS[override_type]
    return await change(work, target_id, **values)


async def insert_override(work: Work, draft: OverrideDraft) -> Override:
    """A new override by the viewer as it is stored, and one more in the tutor's own count."""
    _, _, column = _TARGETS[draft.override_type]
    statement = insert(overrides).values(
        {
            "tutor_id": work.viewer.id,
            "student_id": draft.student_id,
            "override_type": draft.override_type,
            "action": draft.action,
            column: draft.target_id,
            "original_content": asdict(draft.before),
            "new_content": asdict(draft.after),
            "reason": draft.reason,
            "subject_id": draft.subject_id,
            "difficulty_level": draft.difficulty_level,
            "target_version": draft.target_version,
        }
    )
    ((override_id,),) = await work.execute("insert_override", statement.returning(overrides.c.id))
    # Two statements, because of two at once the later must count on from what the earlier has written.
    await work.run(_lock_tutor, {"tutor_id": work.viewer.id})
    await work.run(_count_override, {"tutor_id": work.viewer.id})
    return await _made(work, override_id)


async def end_override(work: Work, override_id: UUID, now: datetime) -> Override:
    """The override after the viewer has reverted it."""
    statement = (
        update(overrides)
        .where(overrides.c.id == override_id)
        .values(reverted_at=now, reverted_by_tutor_id=work.viewer.id)
    )
    await work.execute("end_override", statement)
    return await _made(work, override_id)


async def _made(work: Work, override_id: UUID) -> Override:
    (override,) = await overrides_by_id(work, [override_id])
    if override is None:
        raise LookupError("a tutor does not see the override they have just written")
    return override
