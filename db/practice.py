"""Reading and writing the practice that is assigned to students."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Text, Uuid, bindparam, func, insert, select, update

from db.answers import record_answer
from db.batch import ByKey, Order, Page, Paged, reads
from db.engine import Database, Transaction, Work
from db.statement import Compiled, Statement
from db.tables import practice_assignments, practice_bank_items, practice_solutions
from domain.errors import Code, Refused
from domain.grading import grade
from domain.practice import (
    AnswerType,
    Attempt,
    PracticeAssignment,
    PracticeFilter,
    PracticeItem,
    PracticeSource,
    Solution,
)

NEWEST = Order("newest", "assigned_at", descending=True, parse=datetime.fromisoformat)
OLDEST = Order("oldest", "assigned_at", descending=False, parse=datetime.fromisoformat)

# Without an item there is nothing to join, and the question is the companion's.
_PRACTICE = select(
    practice_assignments.c.id,
    practice_assignments.c.student_id,
    practice_assignments.c.source,
    practice_assignments.c.bank_item_id,
    func.coalesce(practice_assignments.c.ai_question_text, practice_bank_items.c.question_text).label("question_text"),
    practice_bank_items.c.choices,
    func.coalesce(
        practice_bank_items.c.answer_type, practice_assignments.c.ai_answer_type, AnswerType.FREE_TEXT.value
    ).label("answer_type"),
    practice_assignments.c.flagged,
    practice_assignments.c.subject_id,
    practice_assignments.c.difficulty_level,
    practice_assignments.c.goal_tags,
    practice_assignments.c.student_rating_before,
    practice_assignments.c.student_rating_after,
    practice_assignments.c.performance_score,
    practice_assignments.c.predicted_success,
    practice_assignments.c.choice_kind,
    practice_assignments.c.choice_reason,
    practice_assignments.c.held,
    practice_assignments.c.generation_id,
    practice_assignments.c.response_text,
    practice_assignments.c.completed,
    practice_assignments.c.completed_at,
    practice_assignments.c.overridden,
    practice_assignments.c.override_id,
    practice_assignments.c.version,
    practice_assignments.c.assigned_at,
    practice_assignments.c.created_at,
).select_from(
    practice_assignments.outerjoin(practice_bank_items, practice_assignments.c.bank_item_id == practice_bank_items.c.id)
)
_CONDITIONS = {
    "completed": practice_assignments.c.completed == bindparam("completed"),
    "flagged": practice_assignments.c.flagged == bindparam("flagged"),
    "source": practice_assignments.c.source == bindparam("source"),
    "subject_id": practice_assignments.c.subject_id == bindparam("subject_id"),
}

_by_id = ByKey("practice_by_id", _PRACTICE, PracticeAssignment, key=practice_assignments.c.id)
_by_student = Paged(
    "practice_by_student",
    _PRACTICE,
    PracticeAssignment,
    key=practice_assignments.c.student_id,
    conditions=_CONDITIONS,
)
_by_subject = Paged(
    "practice_by_subject",
    _PRACTICE,
    PracticeAssignment,
    key=practice_assignments.c.subject_id,
    conditions=_CONDITIONS,
    students=practice_assignments.c.student_id,
)
_by_item = Paged(
    "practice_by_item",
    _PRACTICE,
    PracticeAssignment,
    key=practice_assignments.c.bank_item_id,
    conditions=_CONDITIONS,
    students=practice_assignments.c.student_id,
)
_solutions = ByKey(
    "solutions_by_practice",
    select(practice_solutions.c.answer_text.label("answer"), practice_solutions.c.explanation),
    Solution,
    key=practice_solutions.c.practice_assignment_id,
)
_lock = Statement(
    "lock_practice",
    _PRACTICE.where(practice_assignments.c.id == bindparam("practice_id")).with_for_update(of=practice_assignments),
    PracticeAssignment,
)
_one = Statement(
    "practice_to_compare", _PRACTICE.where(practice_assignments.c.id == bindparam("practice_id")), PracticeAssignment
)
_lock_assigning = Compiled(
    "lock_assigning",
    select(func.pg_advisory_xact_lock(func.hashtextextended(bindparam("name", type_=Text()), 0))),
)
_answer_to_grade = Compiled(
    "answer_to_grade", select(func.answer_to_grade(bindparam("practice_id", type_=Uuid()), type_=Text()))
)
_is_open = Compiled(
    "is_practice_open",
    select(
        select(practice_assignments.c.id)
        .where(
            practice_assignments.c.student_id == bindparam("student_id"),
            practice_assignments.c.bank_item_id == bindparam("bank_item_id"),
            practice_assignments.c.completed.is_(False),
        )
        .exists()
    ),
)


@reads(_by_id)
async def practice_by_id(read: Transaction, practice_ids: Sequence[UUID]) -> list[PracticeAssignment | None]:
    """The assigned practice of each id; None for one the viewer may not see."""
    return await _by_id.read(read, practice_ids)


@reads(_by_student)
async def practice_by_student(
    read: Transaction, student_ids: Sequence[UUID], page: Page, where: PracticeFilter | None = None
) -> list[list[PracticeAssignment]]:
    """A page of the practice assigned to each student; [] for one with none."""
    return await _by_student.read(read, student_ids, page, where)


async def count_practice_by_student(
    read: Transaction, student_ids: Sequence[UUID], where: PracticeFilter | None = None
) -> list[int]:
    """How much practice is assigned to each student."""
    return await _by_student.count(read, student_ids, where)


@reads(_by_subject)
async def practice_by_subject(
    read: Transaction, subject_ids: Sequence[UUID], page: Page, where: PracticeFilter | None = None
) -> list[list[PracticeAssignment]]:
    """A page of the practice assigned in each subject, to students whom the viewer may see."""
    return await _by_subject.read(read, subject_ids, page, where)


async def count_practice_by_subject(
    read: Transaction, subject_ids: Sequence[UUID], where: PracticeFilter | None = None
) -> list[int]:
    """How much practice is assigned in each subject."""
    return await _by_subject.count(read, subject_ids, where)


@reads(_by_item)
async def practice_by_item(
    read: Transaction, item_ids: Sequence[UUID], page: Page, where: PracticeFilter | None = None
) -> list[list[PracticeAssignment]]:
    """A page of the assignments of each item of the bank, to students whom the viewer may see."""
    return await _by_item.read(read, item_ids, page, where)


async def count_practice_by_item(
    read: Transaction, item_ids: Sequence[UUID], where: PracticeFilter | None = None
) -> list[int]:
    """How often each item of the bank is assigned."""
    return await _by_item.count(read, item_ids, where)


@reads(_solutions)
async def solutions_by_practice(read: Transaction, practice_ids: Sequence[UUID]) -> list[Solution | None]:
    """The solution of each assigned item; None for one that the viewer may not see, or not yet."""
    return await _solutions.read(read, practice_ids)


async def lock_practice(work: Work, practice_id: UUID) -> PracticeAssignment:
    """The assigned item, held against other writers until the work ends. Raises Refused (NOT_FOUND)."""
    practice = await work.first(_lock, practice_id=practice_id)
    if practice is None:
        raise Refused(Code.NOT_FOUND, "There is no such practice.", "id")
    return practice


async def lock_practice_content(work: Work, practice_id: UUID) -> tuple[PracticeAssignment, Solution]:
    """Like lock_practice, with the solution as it stands under the lock.

    For those who always see solutions, tutors and administrators; others are refused (NOT_FOUND) until the item is
    completed. The solution is a statement of its own: the lock may have waited for a writer, and only a later
    statement sees what that one wrote.
    """
    practice = await lock_practice(work, practice_id)
    (solution,) = await solutions_by_practice(work, [practice_id])
    if solution is None:
        raise Refused(Code.NOT_FOUND, "There is no such practice.", "id")
    return practice, solution


async def update_practice(work: Work, practice_id: UUID, **values: Any) -> PracticeAssignment:
    """The assigned item after the change; `values` by column of practice_assignments.

    `ai_question_text`, `ai_answer_text` and `ai_explanation` go before the bank's texts; None gives way to them.
    """
    statement = update(practice_assignments).where(practice_assignments.c.id == practice_id)
    await work.execute("update_practice", statement.values(**values))
    return await lock_practice(work, practice_id)


async def lock_assigning(work: Work, student_id: UUID) -> None:
    """Keep others from assigning practice to a student until the work ends.

    No row stands for an item that a student does not have yet, so a lock on the student keeps a second request waiting.
    """
    await work.run(_lock_assigning, {"name": f"practice of {student_id}"})


async def assign_practice(work: Work, student_id: UUID, item: PracticeItem) -> PracticeAssignment:
    """An item of the bank, assigned to a student. Raises Refused (ALREADY_DONE) while the student has it to do."""
    await lock_assigning(work, student_id)
    ((is_open,),) = await work.run(_is_open, {"student_id": student_id, "bank_item_id": item.id})
    if is_open:
        raise Refused(Code.ALREADY_DONE, "The student has this item to do already.", "item_id")
    statement = insert(practice_assignments).values(
        student_id=student_id,
        source=PracticeSource.BANK.value,
        bank_item_id=item.id,
        subject_id=item.subject_id,
        difficulty_level=item.difficulty_level,
        goal_tags=list(item.goal_tags),
    )
    ((practice_id,),) = await work.execute("insert_practice", statement.returning(practice_assignments.c.id))
    return await lock_practice(work, practice_id)


async def answer_to_compare(database: Database, practice_id: UUID) -> str | None:
    """The answer to an item, for the product itself to compare a response with; None when it is completed or gone.

    The student who answers may not read it yet, and comparing takes longer than a transaction should be open.
    """
    async with database.system_work() as work:
        practice = await work.first(_one, practice_id=practice_id)
        (solution,) = await solutions_by_practice(work, [practice_id])
    return None if practice is None or practice.completed or solution is None else solution.answer


async def complete_practice(
    work: Work, practice: PracticeAssignment, attempt: Attempt, now: datetime, k: int
) -> PracticeAssignment:
    """The practice, completed: graded unless a tutor gave the score, and the ratings moved with it.

    `practice` must be held by lock_practice and not be completed. Practice without a subject moves no rating; `k`,
    the setting RATING_K, says how far an answer moves one.
    """
    completed = update(practice_assignments).where(practice_assignments.c.id == practice.id)
    completed = completed.values(completed=True, completed_at=now, response_text=attempt.response)
    await work.execute("complete_practice", completed)
    score = attempt.score
    if score is None:
        ((answer,),) = await work.run(_answer_to_grade, {"practice_id": practice.id})
        if answer is None or attempt.response is None:
            raise LookupError(f"practice {practice.id} cannot be graded")
        score = grade(attempt.response, answer, practice.answer_type, practice.choices, practice.question_text)
        worked_out = attempt.worked_out
        if worked_out is not None and worked_out.version == practice.version:
            score = max(score, worked_out.score)
    moved = await record_answer(work, practice, score, k)
    return await update_practice(work, practice.id, performance_score=score, **moved.values())
