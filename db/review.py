"""Reading the review queue."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Text, Uuid, any_, bindparam, literal_column, or_, select, union_all
from sqlalchemy.dialects.postgresql import ARRAY

from db.batch import Order, Page, Paged
from db.engine import Transaction
from db.practice import practice_by_id
from db.questions import questions_by_id
from db.tables import practice_assignments as practice
from db.tables import qa_interactions as questions
from domain.practice import PracticeAssignment
from domain.questions import AnswerOutcome, Question
from domain.review import ReviewEntry, ReviewFilter, ReviewKind
from domain.viewer import Role

# Both kinds of record have the column, so a record is its own place in the queue.
OLDEST = Order("oldest", "created_at", descending=False, parse=datetime.fromisoformat)
NEWEST = Order("newest", "created_at", descending=True, parse=datetime.fromisoformat)

_PRACTICE = literal_column(f"'{ReviewKind.PRACTICE}'", Text()).label("kind")
_QUESTION = literal_column(f"'{ReviewKind.QUESTION}'", Text()).label("kind")
# A literal, because the partial index of the queue is matched with the text of the statement.
_LOW = questions.c.confidence == literal_column("'Low'")
_DANGER = AnswerOutcome.SAFEGUARDING
# Asked back, declined, left to the student: there is nothing to review in that.
_REVIEWABLE = or_(*(questions.c.outcome == o.value for o in (AnswerOutcome.ANSWERED, AnswerOutcome.NOT_FOUND, _DANGER)))

_flagged = select(practice.c.id, _PRACTICE, practice.c.student_id, practice.c.created_at).where(
    practice.c.flagged, ~practice.c.completed
)
_unanswered = select(questions.c.id, _QUESTION, questions.c.student_id, questions.c.created_at).where(
    questions.c.answered_at.is_(None), ~questions.c.overridden
)
_waiting = union_all(
    _flagged,
    _unanswered.where(_LOW, _REVIEWABLE | questions.c.escalated_to_tutor_id.is_not(None)),
    _unanswered.where(questions.c.escalated_to_tutor_id.is_not(None), ~_LOW),
).subquery("waiting")
_queue = Paged(
    "review_queue",
    select(_waiting.c.id, _waiting.c.kind, _waiting.c.created_at),
    ReviewEntry,
    conditions={
        "kind": _waiting.c.kind == bindparam("kind"),
        "student_id": _waiting.c.student_id == bindparam("student_id"),
        "student_ids": _waiting.c.student_id == any_(bindparam("student_ids", type_=ARRAY(Uuid()))),
    },
)


@dataclass(frozen=True, slots=True)
class _Own(ReviewFilter):
    """The queue of these students only, found through the indexes, which begin with the student.

    Row policies leave out all others anyway, but by looking at each thing that waits for anybody.
    """

    student_ids: list[UUID] | None = None


def _own(read: Transaction, where: ReviewFilter | None) -> ReviewFilter | None:
    if read.viewer.role is Role.ADMIN:
        return where
    where = where or ReviewFilter()
    return _Own(kind=where.kind, student_id=where.student_id, student_ids=list(read.viewer.students))


async def review_queue(
    read: Transaction, viewer_ids: Sequence[UUID], page: Page, where: ReviewFilter | None = None
) -> list[list[PracticeAssignment | Question]]:
    """A page of what waits for review, about the students whom the viewer may see.

    One statement for the queue and one for each kind of thing on the page.
    """
    pages = await _queue.read(read, viewer_ids, page, _own(read, where))
    waiting: dict[ReviewKind, list[UUID]] = {}
    for entry in (entry for entries in pages for entry in entries):
        waiting.setdefault(entry.kind, []).append(entry.id)
    found: dict[UUID, PracticeAssignment | Question | None] = {}
    if practice_ids := waiting.get(ReviewKind.PRACTICE):
        found.update(zip(practice_ids, await practice_by_id(read, practice_ids), strict=True))
    if question_ids := waiting.get(ReviewKind.QUESTION):
        found.update(zip(question_ids, await questions_by_id(read, question_ids), strict=True))
    return [[record for entry in entries if (record := found[entry.id]) is not None] for entries in pages]


async def count_review_queue(
    read: Transaction, viewer_ids: Sequence[UUID], where: ReviewFilter | None = None
) -> list[int]:
    """How much waits for review."""
    return await _queue.count(read, viewer_ids, _own(read, where))
