"""What a student practises next, as a client sees it."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Self

import strawberry

from db.practice_bank import practice_items_by_id
from domain import practice, practice_choice
from schema.fields import edge

if TYPE_CHECKING:
    from schema.types.practice import PracticeItem


@strawberry.type(description="By what practice is chosen for a student.")
class PracticeSettings:
    """A view of domain.practice_choice.PracticeSettings."""

    target_success: Decimal = strawberry.field(
        description="The chance of success that questions are chosen by, 0.50 to 0.95 with two decimals; 0.75 until a "
        "tutor sets it."
    )
    review_first: bool = strawberry.field(
        description="Whether what the companion writes is kept from the student until a tutor has reviewed it; false "
        "until a tutor sets it."
    )


@strawberry.type(description="A question that fits a student now.")
class PracticeProposal:
    """A view of domain.practice_choice.Chosen."""

    item_id: strawberry.Private[object]
    predicted_success: Decimal = strawberry.field(
        description="The score that the student is expected to reach, 0 to 1 with three decimals."
    )
    kind: practice.ChoiceKind = strawberry.field(description="What the question is to the student.")
    reason: str = strawberry.field(description="Why it was chosen, in a sentence or two.")
    difficulty_level: int = strawberry.field(description="1, the easiest, to 10.")
    topic_tags: list[str] = strawberry.field(description="Topics it practises, such as factoring.")

    item: Annotated[PracticeItem, strawberry.lazy("schema.types.practice")] | None = edge(
        practice_items_by_id,
        key="item_id",
        description="The question; null for students and parents until it has been the student's, which "
        "`takeNextPractice` makes it.",
    )

    @classmethod
    def view(cls, chosen: practice_choice.Chosen) -> Self:
        """As the client sees it."""
        return cls(
            item_id=chosen.candidate.item_id,
            predicted_success=chosen.predicted_success,
            kind=chosen.kind,
            reason=chosen.reason,
            difficulty_level=chosen.candidate.difficulty_level,
            topic_tags=list(chosen.candidate.topic_tags),
        )


@strawberry.type(description="What fits a student now, best first.")
class NextPractice:
    """The answer of `nextPractice`."""

    proposals: list[PracticeProposal] = strawberry.field(
        description="At most as many as were asked for, in the order to practise them."
    )
    target_success: Decimal = strawberry.field(description="The chance of success that was aimed at.")
    rating: int = strawberry.field(description="The student's rating in the subject; 1000 before the first answer.")
    missing: int = strawberry.field(description="How many fewer there are than were asked for.")
    note: str | None = strawberry.field(description="Why there are fewer, for people; null when there are not.")
