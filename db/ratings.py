"""Reading and moving the ratings of students."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, Numeric, bindparam, func, select
from sqlalchemy.dialects.postgresql import insert

from db.batch import ByKey, Listed, Order, Page, Paged
from db.engine import Transaction, Work
from db.statement import Compiled
from db.tables import student_ratings
from domain.rating import FLOOR, StudentRating


def _points(value: Any) -> int:
    if type(value) is not int or not FLOOR <= value < 2**31:
        raise ValueError("not a rating")
    return value


HIGHEST = Order("highest", "rating", descending=True, parse=_points)
LOWEST = Order("lowest", "rating", descending=False, parse=_points)

_RATINGS = select(
    student_ratings.c.id,
    student_ratings.c.student_id,
    student_ratings.c.subject_id,
    student_ratings.c.rating,
    student_ratings.c.last_updated,
)

_by_id = ByKey("ratings_by_id", _RATINGS, StudentRating, key=student_ratings.c.id)
_by_student = Listed(
    "ratings_by_student",
    _RATINGS,
    StudentRating,
    key=student_ratings.c.student_id,
    order=[student_ratings.c.last_updated.desc(), student_ratings.c.id.desc()],
)
_by_subject = Paged(
    "ratings_by_subject",
    _RATINGS,
    StudentRating,
    key=student_ratings.c.subject_id,
    students=student_ratings.c.student_id,
)

_student, _subject = student_ratings.c.student_id, student_ratings.c.subject_id
_open = Compiled(
    "open_rating",
    insert(student_ratings)
    .inline()
    .values(student_id=bindparam("student_id"), subject_id=bindparam("subject_id"))
    .on_conflict_do_nothing(index_elements=[_student, _subject]),
)
_lock = Compiled(
    "lock_rating",
    select(student_ratings.c.rating)
    .where(_student == bindparam("student_id"), _subject == bindparam("subject_id"))
    .with_for_update(),
)
_move = Compiled(
    "update_student_rating",
    select(
        func.update_student_rating(
            bindparam("student_id", type_=_student.type),
            bindparam("subject_id", type_=_subject.type),
            bindparam("question_rating", type_=Integer()),
            bindparam("score", type_=Numeric()),
        )
    ),
)


async def ratings_by_id(read: Transaction, rating_ids: Sequence[UUID]) -> list[StudentRating | None]:
    """The rating of each id; None for one the viewer may not see."""
    return await _by_id.read(read, rating_ids)


async def ratings_by_student(read: Transaction, student_ids: Sequence[UUID]) -> list[list[StudentRating]]:
    """The ratings of each student, last moved first: one for each subject with an answer."""
    return await _by_student.read(read, student_ids)


async def ratings_by_subject(
    read: Transaction, subject_ids: Sequence[UUID], page: Page, where: None = None
) -> list[list[StudentRating]]:
    """A page of the ratings in each subject, of students whom the viewer may see."""
    return await _by_subject.read(read, subject_ids, page, where)


async def count_ratings_by_subject(read: Transaction, subject_ids: Sequence[UUID], where: None = None) -> list[int]:
    """How many students have a rating in each subject."""
    return await _by_subject.count(read, subject_ids, where)


async def move_rating(
    work: Work, student_id: UUID, subject_id: UUID, question_rating: int, score: Decimal
) -> tuple[int, int]:
    """A student's rating in a subject before and after one answer.

    The row is held from here to the end of the work, so of answers given at once each starts where another ended.
    """
    row = {"student_id": student_id, "subject_id": subject_id}
    await work.run(_open, row)
    ((before,),) = await work.run(_lock, row)
    ((after,),) = await work.run(_move, row | {"question_rating": question_rating, "score": score})
    return before, after
