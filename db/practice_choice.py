"""Reading what a choice of practice goes by, and assigning what was chosen."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from psycopg.errors import InsufficientPrivilege
from sqlalchemy import (
    DateTime,
    Integer,
    Numeric,
    Text,
    Uuid,
    bindparam,
    case,
    column,
    func,
    insert,
    or_,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.sql import ColumnElement

from db.batch import ByKey
from db.engine import Transaction, Work
from db.practice import practice_by_id
from db.statement import Compiled, Statement
from db.tables import (
    practice_assignments,
    practice_bank_items,
    practice_candidates,
    practice_familiarity,
    practice_settings,
    student_ratings,
)
from domain.errors import Code, Refused
from domain.practice import PracticeAssignment, PracticeSource
from domain.practice_choice import (
    CONSIDERED,
    RECENT,
    RIGHT_FROM,
    RIGHT_RESTS,
    TARGET,
    WRONG_RESTS,
    Candidate,
    Chosen,
    PracticeSettings,
    choose,
)
from domain.rating import START

GUARD = "guard_practice_taken"
"""The trigger that holds what a student takes against the bank as it is by then."""


@dataclass(frozen=True, slots=True)
class Situation:
    """Where a student stands in a subject when practice is chosen."""

    rating: int
    target_success: Decimal
    open_now: int
    """How much practice there is to do in the subject already."""


_settings = ByKey(
    "practice_settings_by_student",
    select(practice_settings.c.student_id, practice_settings.c.target_success, practice_settings.c.review_first),
    PracticeSettings,
    key=practice_settings.c.student_id,
)

_student = bindparam("student_id", type_=Uuid())
_subject = bindparam("subject_id", type_=Uuid())
_open = (
    practice_assignments.c.student_id == _student,
    practice_assignments.c.completed.is_(False),
    practice_assignments.c.held.is_(False),
)
_situation = Statement(
    "practice_situation",
    select(
        func.coalesce(
            select(student_ratings.c.rating)
            .where(student_ratings.c.student_id == _student, student_ratings.c.subject_id == _subject)
            .scalar_subquery(),
            START,
        ).label("rating"),
        func.coalesce(
            select(practice_settings.c.target_success)
            .where(practice_settings.c.student_id == _student)
            .scalar_subquery(),
            TARGET,
        ).label("target_success"),
        select(func.count())
        .select_from(practice_assignments)
        .where(*_open, practice_assignments.c.subject_id == _subject)
        .scalar_subquery()
        .label("open_now"),
    ),
    Situation,
)

_latest = (
    select(practice_familiarity.c.bank_item_id, practice_familiarity.c.last_answered_at)
    .where(practice_familiarity.c.student_id == _student)
    .order_by(practice_familiarity.c.last_answered_at.desc())
    .limit(RECENT)
    .subquery()
)
_topic = func.unnest(practice_bank_items.c.topic_tags).table_valued(column("name", Text())).lateral("topic")
_recent_topics = Compiled(
    "recent_topics",
    select(_topic.c.name).select_from(
        _latest.join(practice_bank_items, practice_bank_items.c.id == _latest.c.bank_item_id).join(_topic, true())
    ),
)

_known = practice_familiarity.c
_guess = case((practice_candidates.c.choices > 1, 1.0 / practice_candidates.c.choices), else_=0.0)
# Only to look at those near the aim first: domain.practice_choice works the chance out again, and decides.
_behind = practice_candidates.c.rating - bindparam("rating", type_=Integer()) - func.coalesce(_known.points, 0)
_chance = _guess + (1 - _guess) / (1 + func.power(10.0, func.least(func.greatest(_behind, -4000), 4000) / 400.0))


def _rested_before(score: ColumnElement[Any]) -> ColumnElement[Any]:
    """An answer that is not later than this has rested."""
    right, wrong = (bindparam(name, type_=DateTime(timezone=True)) for name in ("right_before", "wrong_before"))
    return case((score >= RIGHT_FROM, right), else_=wrong)


_candidates = Statement(
    "practice_candidates",
    select(
        practice_candidates.c.item_id,
        practice_candidates.c.difficulty_level,
        practice_candidates.c.goal_tags,
        practice_candidates.c.topic_tags,
        practice_candidates.c.choices,
        practice_candidates.c.rating,
        _known.points.label("familiarity"),
        _known.answers.label("times_answered"),
        _known.last_score,
        _known.last_answered_at,
    )
    .select_from(
        practice_candidates.outerjoin(
            practice_familiarity,
            (_known.bank_item_id == practice_candidates.c.item_id) & (_known.student_id == _student),
        )
    )
    .where(
        practice_candidates.c.subject_id == _subject,
        or_(_known.last_answered_at.is_(None), _known.last_answered_at <= _rested_before(_known.last_score)),
        ~select(practice_assignments.c.id)
        .where(
            practice_assignments.c.bank_item_id == practice_candidates.c.item_id,
            practice_assignments.c.student_id == _student,
            # Whose solution can be read: also what was answered in a tutor's words, which no familiarity tells.
            or_(
                practice_assignments.c.completed.is_(False),
                practice_assignments.c.completed_at > _rested_before(practice_assignments.c.performance_score),
            ),
        )
        .exists(),
    )
    .order_by(func.abs(_chance - bindparam("target", type_=Numeric())), practice_candidates.c.item_id)
    .limit(CONSIDERED),
    Candidate,
)


async def practice_settings_by_student(read: Transaction, student_ids: Sequence[UUID]) -> list[PracticeSettings]:
    """What each student's tutors have set, or what holds until somebody sets it."""
    found = await _settings.read(read, student_ids)
    pairs = zip(found, student_ids, strict=True)
    return [settings or PracticeSettings(student_id, TARGET, False) for settings, student_id in pairs]


async def set_practice_settings(work: Work, settings: PracticeSettings) -> None:
    """Keep what a tutor has set."""
    values = {"target_success": settings.target_success, "review_first": settings.review_first}
    statement = upsert(practice_settings).values(student_id=settings.student_id, **values)
    statement = statement.on_conflict_do_update(index_elements=[practice_settings.c.student_id], set_=values)
    await work.execute("set_practice_settings", statement)


async def situation_of(read: Transaction, student_id: UUID, subject_id: UUID) -> Situation:
    """Where a student stands in a subject."""
    (situation,) = await read.rows(_situation, student_id=student_id, subject_id=subject_id)
    return situation


async def choose_practice(
    read: Transaction, student_id: UUID, subject_id: UUID, situation: Situation, count: int, now: datetime
) -> list[Chosen]:
    """What the bank has for a student at this moment, best first; fewer than `count` where it has too little."""
    candidates = await read.rows(
        _candidates,
        student_id=student_id,
        subject_id=subject_id,
        rating=situation.rating,
        target=situation.target_success,
        right_before=now - RIGHT_RESTS,
        wrong_before=now - WRONG_RESTS,
    )
    topics = await read.run(_recent_topics, {"student_id": student_id})
    return choose(
        candidates,
        rating=situation.rating,
        target=situation.target_success,
        count=count,
        recent_topics=[name for (name,) in topics],
        now=now,
    )


async def assign_chosen(
    work: Work, student_id: UUID, subject_id: UUID, chosen: Sequence[Chosen], ids: Sequence[UUID]
) -> list[PracticeAssignment]:
    """What was chosen, assigned under these ids, in its order.

    lock_assigning must hold the student since before the choice. Raises Refused (CONFLICT) for a student when the bank
    has changed since then.
    """
    if not chosen:
        return []
    rows = [
        {
            "id": practice_id,
            "student_id": student_id,
            "source": PracticeSource.BANK.value,
            "bank_item_id": one.candidate.item_id,
            "subject_id": subject_id,
            "difficulty_level": one.candidate.difficulty_level,
            "goal_tags": list(one.candidate.goal_tags),
            "predicted_success": one.predicted_success,
            "choice_kind": one.kind.value,
            "choice_reason": one.reason,
        }
        for practice_id, one in zip(ids, chosen, strict=False)
    ]
    try:
        await work.execute("insert_chosen_practice", insert(practice_assignments).values(rows))
    except InsufficientPrivilege as error:
        if GUARD not in (error.diag.context or ""):
            raise
        raise Refused(Code.CONFLICT, "The practice bank has just been changed; ask again.") from error
    assigned = await practice_by_id(work, list(ids[: len(rows)]))
    return [practice for practice in assigned if practice is not None]
