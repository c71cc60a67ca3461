"""Reading and writing the questions that students ask the companion."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Text, and_, bindparam, case, false, func, or_, select, update
from sqlalchemy.dialects.postgresql import ARRAY

from db.batch import ByKey, Order, Page, Paged, reads
from db.engine import Transaction, Work
from db.statement import Compiled, Statement
from db.tables import answer_citations, sessions, subjects, tutor_student_assignments
from db.tables import qa_interactions as qa
from domain.assignments import AssignmentStatus
from domain.errors import Code, Refused
from domain.questions import AnswerOutcome, Question, QuestionFilter
from domain.viewer import Role

NEWEST = Order("newest", "created_at", descending=True, parse=datetime.fromisoformat)
OLDEST = Order("oldest", "created_at", descending=False, parse=datetime.fromisoformat)

# The student gets the answer when they ask for it, or when a tutor has written it.
_IS_BEHIND_HINT = and_(
    func.viewer_role() == Role.STUDENT.value, qa.c.hint.is_not(None), qa.c.revealed_at.is_(None), ~qa.c.overridden
)
_told = answer_citations.alias("told")
# What it tells is the solution of practice that the student is to do, or to do again; a tutor may tell it all the same.
_IS_KEPT_BACK = and_(
    func.viewer_role() == Role.STUDENT.value,
    qa.c.outcome == AnswerOutcome.ANSWERED.value,
    ~qa.c.overridden,
    select(_told.c.id)
    .where(
        _told.c.question_id == qa.c.id,
        _told.c.bank_item_id.is_not(None),
        func.is_kept_back(_told.c.student_id, _told.c.bank_item_id),
    )
    .correlate(qa)
    .exists(),
)
# A tutor said that it is wrong; theirs stands beside it.
_IS_DISPROVED = and_(
    func.viewer_role() == Role.STUDENT.value, func.coalesce(~qa.c.companion_right, false()), ~qa.c.overridden
)
IS_WITHHELD = or_(_IS_BEHIND_HINT, _IS_KEPT_BACK, _IS_DISPROVED)
_QUESTIONS = select(
    qa.c.id,
    qa.c.student_id,
    qa.c.query,
    case((IS_WITHHELD, None), else_=qa.c.answer).label("answer"),
    qa.c.confidence,
    qa.c.confidence_score,
    qa.c.context_subjects,
    qa.c.clarification_requested,
    qa.c.out_of_scope,
    qa.c.tutor_escalation_suggested,
    qa.c.escalated_to_tutor_id,
    qa.c.tutor_answer,
    qa.c.answered_by_tutor_id,
    qa.c.answered_at,
    qa.c.overridden,
    qa.c.override_id,
    qa.c.version,
    qa.c.disclaimer_shown,
    qa.c.outcome,
    qa.c.hint,
    case((IS_WITHHELD, None), else_=qa.c.highlight).label("highlight"),
    qa.c.revealed_at,
    qa.c.companion_right,
    qa.c.generation_id,
    qa.c.kept_from_tutors,
    qa.c.created_at,
)
_CONDITIONS = {
    "confidence": qa.c.confidence == bindparam("confidence"),
    "escalated": qa.c.escalated_to_tutor_id.is_not(None) == bindparam("escalated"),
    "answered": qa.c.answered_at.is_not(None) == bindparam("answered"),
}

_by_id = ByKey("questions_by_id", _QUESTIONS, Question, key=qa.c.id)
_by_student = Paged("questions_by_student", _QUESTIONS, Question, key=qa.c.student_id, conditions=_CONDITIONS)
_by_escalated_tutor = Paged(
    "questions_by_escalated_tutor",
    _QUESTIONS,
    Question,
    key=qa.c.escalated_to_tutor_id,
    conditions=_CONDITIONS,
    students=qa.c.student_id,
)
_by_answering_tutor = Paged(
    "questions_by_answering_tutor",
    _QUESTIONS,
    Question,
    key=qa.c.answered_by_tutor_id,
    conditions=_CONDITIONS,
    students=qa.c.student_id,
)
_lock = Statement("lock_question", _QUESTIONS.where(qa.c.id == bindparam("question_id")).with_for_update(), Question)

_tutors = Compiled(
    "active_tutors_of_student",
    select(tutor_student_assignments.c.tutor_id)
    .where(
        tutor_student_assignments.c.student_id == bindparam("student_id"),
        tutor_student_assignments.c.status == AssignmentStatus.ACTIVE.value,
    )
    .distinct(),
)
_tutor_to_tell = Compiled(
    "tutor_to_tell",
    select(tutor_student_assignments.c.tutor_id)
    .outerjoin(
        sessions,
        and_(
            sessions.c.tutor_id == tutor_student_assignments.c.tutor_id,
            sessions.c.student_id == tutor_student_assignments.c.student_id,
        ),
    )
    .where(
        tutor_student_assignments.c.student_id == bindparam("student_id"),
        tutor_student_assignments.c.status == AssignmentStatus.ACTIVE.value,
    )
    .order_by(sessions.c.session_date.desc().nulls_last(), tutor_student_assignments.c.tutor_id)
    .limit(1),
)
_NAMES = func.unnest(bindparam("names", type_=ARRAY(Text()))).column_valued("name")
_subject = Compiled(
    "subject_of_question",
    select(subjects.c.id).where(func.lower(subjects.c.name).in_(select(func.lower(_NAMES)))).limit(2),
)


@reads(_by_id)
async def questions_by_id(read: Transaction, question_ids: Sequence[UUID]) -> list[Question | None]:
    """The question of each id; None for one the viewer may not see."""
    return await _by_id.read(read, question_ids)


@reads(_by_student)
async def questions_by_student(
    read: Transaction, student_ids: Sequence[UUID], page: Page, where: QuestionFilter | None = None
) -> list[list[Question]]:
    """A page of what each student asked; [] for one who asked nothing, and for parents."""
    return await _by_student.read(read, student_ids, page, where)


async def count_questions_by_student(
    read: Transaction, student_ids: Sequence[UUID], where: QuestionFilter | None = None
) -> list[int]:
    """How many questions each student asked."""
    return await _by_student.count(read, student_ids, where)


@reads(_by_escalated_tutor)
async def questions_by_escalated_tutor(
    read: Transaction, tutor_ids: Sequence[UUID], page: Page, where: QuestionFilter | None = None
) -> list[list[Question]]:
    """A page of the questions that were passed on to each tutor."""
    return await _by_escalated_tutor.read(read, tutor_ids, page, where)


async def count_questions_by_escalated_tutor(
    read: Transaction, tutor_ids: Sequence[UUID], where: QuestionFilter | None = None
) -> list[int]:
    """How many questions were passed on to each tutor."""
    return await _by_escalated_tutor.count(read, tutor_ids, where)


@reads(_by_answering_tutor)
async def questions_by_answering_tutor(
    read: Transaction, tutor_ids: Sequence[UUID], page: Page, where: QuestionFilter | None = None
) -> list[list[Question]]:
    """A page of the questions that each tutor answered."""
    return await _by_answering_tutor.read(read, tutor_ids, page, where)


async def count_questions_by_answering_tutor(
    read: Transaction, tutor_ids: Sequence[UUID], where: QuestionFilter | None = None
) -> list[int]:
    """How many questions each tutor answered."""
    return await _by_answering_tutor.count(read, tutor_ids, where)


async def lock_question(work: Work, question_id: UUID) -> Question:
    """The question, held against other writers until the work ends. Raises Refused (NOT_FOUND)."""
    question = await work.first(_lock, question_id=question_id)
    if question is None:
        raise Refused(Code.NOT_FOUND, "There is no such question.", "id")
    return question


async def update_question(work: Work, question_id: UUID, **values: Any) -> Question:
    """The question after the change; `values` by column."""
    await work.execute("update_question", update(qa).where(qa.c.id == question_id).values(**values))
    return await lock_question(work, question_id)


async def active_tutors_of_student(work: Work, student_id: UUID) -> list[UUID]:
    """The tutors who teach the student now."""
    return [tutor_id for (tutor_id,) in await work.run(_tutors, {"student_id": student_id})]


async def tutor_to_tell(work: Work, student_id: UUID) -> UUID | None:
    """The tutor who knows the student best: who held the last session of those who teach them now."""
    found = await work.run(_tutor_to_tell, {"student_id": student_id})
    return found[0][0] if found else None


async def subject_of_question(work: Work, question: Question) -> UUID | None:
    """The subject a question is about: of those whose names, in any case, it touches the only one, else None."""
    if not question.context_subjects:
        return None
    found = await work.run(_subject, {"names": list(question.context_subjects)})
    return found[0][0] if len(found) == 1 else None
