"""A student's rating as a client sees it."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING, Annotated

import strawberry

from db import ratings as ratings_db
from db.subjects import subjects_by_id
from db.users import users_by_id
from domain import rating
from schema.fields import edge
from schema.types.node import Node

if TYPE_CHECKING:
    from schema.types.subject import Subject
    from schema.types.user import Student


@strawberry.enum(description="The order of a list of ratings.")
class RatingOrder(Enum):
    """Each is served by an index."""

    HIGHEST = strawberry.enum_value(ratings_db.HIGHEST, description="Highest first.")
    LOWEST = strawberry.enum_value(ratings_db.LOWEST, description="Lowest first.")


@strawberry.type(
    description="How hard a question of the bank is by the answers to it, on the scale of students' ratings."
)
class QuestionRating:
    """A view of domain.rating.QuestionRating."""

    rating: Decimal = strawberry.field(
        description="The rating, with two decimals. It begins at 500 points and 100 for each level of difficulty."
    )
    deviation: Decimal = strawberry.field(
        description="Its standard deviation in points, with two decimals; 190 before the first answer."
    )
    answers: int = strawberry.field(description="How many answers it rests on.")
    last_updated: dt.datetime = strawberry.field(description="When an answer last moved it.")


@strawberry.type(
    description="How well a student does in a subject, as an Elo rating: 1000 to begin with, never below 100."
)
class StudentRating(Node):
    """A view of domain.rating.StudentRating."""

    record = rating.StudentRating
    by_id = ratings_db.ratings_by_id

    rating: int = strawberry.field(
        description="The rating. On a question of the same rating the student is expected to score one half; "
        "questions go from 600 (difficulty 1) to 1500 (difficulty 10)."
    )
    deviation: Decimal = strawberry.field(
        description="How sure the rating is: its standard deviation in points, with two decimals. The student's level "
        "is within one deviation of the rating two times in three; 180 before the first answer."
    )
    answers: int = strawberry.field(description="How many answers the rating rests on.")
    last_updated: dt.datetime = strawberry.field(description="When an answer last moved it.")

    student: Annotated[Student, strawberry.lazy("schema.types.user")] = edge(
        users_by_id, key="student_id", description="Whose rating it is."
    )
    subject: Annotated[Subject, strawberry.lazy("schema.types.subject")] = edge(
        subjects_by_id, key="subject_id", description="The subject it is in."
    )
