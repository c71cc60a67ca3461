"""The review queue as a client sees it."""

from __future__ import annotations

from enum import Enum
from typing import Annotated, TypeAlias

import strawberry

from db import review as review_db
from domain import review
from schema.enums import describe_enum
from schema.ids import optional_row_id
from schema.types.practice import PracticeAssignment
from schema.types.question import Question

describe_enum(
    review.ReviewKind,
    "What kind of thing waits for review.",
    PRACTICE="Practice that the companion wrote and no tutor has approved.",
    QUESTION="A question that no tutor has answered: the companion was not sure, or it was passed on to a tutor.",
)

ReviewItem: TypeAlias = Annotated[
    PracticeAssignment | Question,
    strawberry.union("ReviewItem", description="Something that waits for a tutor's review."),
]


@strawberry.enum(description="The order of the review queue.")
class ReviewOrder(Enum):
    """By when a thing was made."""

    OLDEST = strawberry.enum_value(review_db.OLDEST, description="What has waited longest first.")
    NEWEST = strawberry.enum_value(review_db.NEWEST, description="What came last first.")


@strawberry.input(description="Which part of the review queue to list.")
class ReviewWhere:
    """Fields left out do not narrow."""

    kind: review.ReviewKind | None = strawberry.field(default=None, description="Only things of this kind.")
    student_id: strawberry.ID | None = strawberry.field(default=None, description="Only what concerns this student.")

    def filter(self) -> review.ReviewFilter:
        """As the database layer takes it."""
        return review.ReviewFilter(kind=self.kind, student_id=optional_row_id(self.student_id, "Student"))
