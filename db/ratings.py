"""Reading the ratings of students and of the questions of the bank; db.answers moves them."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select

from db.batch import ByKey, Listed, Order, Page, Paged, reads
from db.engine import Transaction
from db.tables import practice_item_ratings, student_ratings
from domain.rating import FLOOR, QuestionRating, StudentRating


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
    student_ratings.c.deviation,
    student_ratings.c.answers,
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

_item_ratings = ByKey(
    "ratings_by_item",
    select(
        practice_item_ratings.c.rating,
        practice_item_ratings.c.deviation,
        practice_item_ratings.c.answers,
        practice_item_ratings.c.last_updated,
    ),
    QuestionRating,
    key=practice_item_ratings.c.bank_item_id,
)


@reads(_by_id)
async def ratings_by_id(read: Transaction, rating_ids: Sequence[UUID]) -> list[StudentRating | None]:
    """The rating of each id; None for one the viewer may not see."""
    return await _by_id.read(read, rating_ids)


@reads(_by_student)
async def ratings_by_student(read: Transaction, student_ids: Sequence[UUID]) -> list[list[StudentRating]]:
    """The ratings of each student, last moved first: one for each subject with an answer."""
    return await _by_student.read(read, student_ids)


@reads(_by_subject)
async def ratings_by_subject(
    read: Transaction, subject_ids: Sequence[UUID], page: Page, where: None = None
) -> list[list[StudentRating]]:
    """A page of the ratings in each subject, of students whom the viewer may see."""
    return await _by_subject.read(read, subject_ids, page, where)


async def count_ratings_by_subject(read: Transaction, subject_ids: Sequence[UUID], where: None = None) -> list[int]:
    """How many students have a rating in each subject."""
    return await _by_subject.count(read, subject_ids, where)


@reads(_item_ratings)
async def ratings_by_item(read: Transaction, item_ids: Sequence[UUID]) -> list[QuestionRating | None]:
    """The rating of each item of the bank; None for one that nobody has answered or the viewer may not see."""
    return await _item_ratings.read(read, item_ids)
