"""Practice that the companion writes: what it is written from, and keeping it, by the product itself."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Integer, Text, Uuid, bindparam, cast, column, func, insert, select, true

from db.engine import Database, Work
from db.generations import mark
from db.practice import lock_assigning
from db.practice_choice import practice_settings_by_student, situation_of
from db.statement import Compiled
from db.subjects import subjects_by_id
from db.tables import practice_assignments, practice_bank_items
from domain.companion.practice import MOST_TOPICS, ItemFacts, WrittenItem, difficulty_for, is_copy
from domain.events import Event, EventKind
from domain.generations import Outcome
from domain.practice import PracticeSource

COMPARED = 2_000
"""Questions that a new one is compared with at most: those of the subject nearest in difficulty."""

_assigned = practice_assignments.c
_subject = bindparam("subject_id", type_=Uuid())
_written = (
    _assigned.student_id == bindparam("student_id", type_=Uuid()),
    _assigned.subject_id == _subject,
    _assigned.source == PracticeSource.AI_GENERATED.value,
)
_count = Compiled("count_written_practice", select(func.count()).select_from(practice_assignments).where(*_written))
_waiting = Compiled(
    "count_practice_to_review",
    select(func.count()).select_from(practice_assignments).where(*_written, _assigned.flagged, ~_assigned.completed),
)
_of_student = Compiled(
    "written_questions", select(_assigned.ai_question_text).where(*_written).order_by(_assigned.assigned_at.desc())
)
_of_bank = Compiled(
    "questions_near",
    select(practice_bank_items.c.question_text)
    .where(practice_bank_items.c.subject_id == _subject)
    .order_by(
        func.abs(practice_bank_items.c.difficulty_level - bindparam("level", type_=Integer())), practice_bank_items.c.id
    )
    .limit(COMPARED),
)
_topic = func.unnest(practice_bank_items.c.topic_tags).table_valued(column("name", Text())).lateral("topic")
_topics = Compiled(
    "topics_of_subject",
    select(_topic.c.name)
    .select_from(practice_bank_items.join(_topic, true()))
    .where(practice_bank_items.c.subject_id == _subject)
    .group_by(_topic.c.name)
    .order_by(func.count().desc(), _topic.c.name)
    .limit(cast(MOST_TOPICS, Integer)),
)


@dataclass(frozen=True, slots=True)
class ToWrite:
    """What a question is written from."""

    facts: ItemFacts
    written: int
    """How many there are already."""


@dataclass(frozen=True, slots=True)
class WrittenSoFar:
    """What the companion has written for a student in a subject."""

    ever: int
    """Also what a tutor said no to."""
    to_review: int
    """Not answered, and no tutor has looked at it."""


async def written_so_far(database: Database, student_id: UUID, subject_id: UUID) -> WrittenSoFar:
    """How much the companion has written for a student, as the product itself sees it: students do not see all."""
    values = {"student_id": student_id, "subject_id": subject_id}
    async with database.system_work() as work:
        ((ever,),), ((to_review,),) = await work.run(_count, values), await work.run(_waiting, values)
    return WrittenSoFar(int(ever), int(to_review))


async def practice_to_write(work: Work, student_id: UUID, subject_id: UUID) -> ToWrite | None:
    """What the next question for a student is written from; None when the subject is gone."""
    (subject,) = await subjects_by_id(work, [subject_id])
    if subject is None:
        return None
    situation = await situation_of(work, student_id, subject_id)
    level = difficulty_for(situation.rating, situation.target_success)
    own = await work.run(_of_student, {"student_id": student_id, "subject_id": subject_id})
    bank = await work.run(_of_bank, {"subject_id": subject_id, "level": level})
    topics = await work.run(_topics, {"subject_id": subject_id})
    facts = ItemFacts(
        subject=subject.name,
        topics=[name for (name,) in topics],
        difficulty=level,
        existing=[text for (text,) in [*own, *bank]],
    )
    return ToWrite(facts, len(own))


async def keep_written(
    work: Work, student_id: UUID, subject_id: UUID, until: int, difficulty: int, item: WrittenItem, generation_id: UUID
) -> bool:
    """Give a written question to a student, flagged for review.

    False when there are `until` of them by now, or one like it: somebody else writes for the student too.
    """
    await lock_assigning(work, student_id)
    own = await work.run(_of_student, {"student_id": student_id, "subject_id": subject_id})
    if len(own) >= until or any(is_copy(item.question, text) for (text,) in own):
        return False
    (settings,) = await practice_settings_by_student(work, [student_id])
    values = {
        "student_id": student_id,
        "source": PracticeSource.AI_GENERATED.value,
        "ai_question_text": item.question,
        "ai_answer_text": item.answer,
        "ai_explanation": item.explanation,
        "ai_answer_type": item.answer_type,
        "ai_topic": item.topic,
        "flagged": True,
        "held": settings.review_first,
        "subject_id": subject_id,
        "difficulty_level": difficulty,
        "generation_id": generation_id,
    }
    statement = insert(practice_assignments).values(values).returning(_assigned.id)
    ((practice_id,),) = await work.execute("insert_written_practice", statement)
    await mark(work, generation_id, Outcome.USED)
    if not settings.review_first:
        work.tell(Event(EventKind.PRACTICE_ASSIGNED, student_id, practice_id))
    return True
