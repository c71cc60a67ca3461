"""A question as a client sees it."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING, Annotated

import strawberry

from db import overrides as overrides_db
from db import questions as questions_db
from db.users import users_by_id
from domain import questions
from schema.enums import describe_enum
from schema.fields import connection, edge
from schema.types.connection import Connection
from schema.types.node import Node
from schema.types.override import Override, OverrideOrder, OverrideWhere

if TYPE_CHECKING:
    from schema.types.user import Student, Tutor

describe_enum(
    questions.Confidence,
    "How sure the companion is of an answer.",
    HIGH="The answer can be relied on.",
    MEDIUM="The answer is likely right.",
    LOW="The answer may be wrong; a tutor should look at it.",
)


@strawberry.enum(description="The order of a list of questions.")
class QuestionOrder(Enum):
    """Each is served by an index."""

    NEWEST = strawberry.enum_value(questions_db.NEWEST, description="Latest asked first.")
    OLDEST = strawberry.enum_value(questions_db.OLDEST, description="Earliest asked first.")


@strawberry.input(description="Which questions to list.")
class QuestionWhere:
    """Fields left out do not narrow."""

    confidence: questions.Confidence | None = strawberry.field(
        default=None, description="Only questions answered with this confidence."
    )
    escalated: bool | None = strawberry.field(
        default=None, description="Only questions that were passed on to a tutor, or only those that were not."
    )
    answered: bool | None = strawberry.field(
        default=None, description="Only questions that a tutor has answered, or only those that none has."
    )

    def filter(self) -> questions.QuestionFilter:
        """As the database layer takes it."""
        return questions.QuestionFilter(confidence=self.confidence, escalated=self.escalated, answered=self.answered)


@strawberry.type(description="A question that a student asked the companion; parents do not see it.")
class Question(Node):
    """A view of domain.questions.Question."""

    record = questions.Question
    by_id = questions_db.questions_by_id

    query: str = strawberry.field(description="What the student asked.")
    answer: str = strawberry.field(description="The answer in force: the companion's, or a tutor's override of it.")
    confidence: questions.Confidence = strawberry.field(description="How sure the companion was of its answer.")
    confidence_score: Decimal | None = strawberry.field(
        description="The same as a number, 0 to 1; null when it was not measured."
    )
    context_subjects: list[str] = strawberry.field(description="Names of the subjects the question touches.")
    clarification_requested: bool = strawberry.field(description="Whether the companion asked back.")
    out_of_scope: bool = strawberry.field(description="Whether the question has nothing to do with learning.")
    tutor_escalation_suggested: bool = strawberry.field(
        description="Whether the companion advised to pass the question on to a tutor."
    )
    tutor_answer: str | None = strawberry.field(
        description="What a tutor answered themselves, beside the companion; null until then."
    )
    answered_at: dt.datetime | None = strawberry.field(description="When a tutor answered; null until then.")
    overridden: bool = strawberry.field(description="Whether a tutor's override of the answer is in force.")
    version: int = strawberry.field(description="Counts changes of the answer, from 1; name it when overriding.")
    disclaimer_shown: bool = strawberry.field(
        description="Whether the student was told that the companion can be wrong."
    )
    created_at: dt.datetime = strawberry.field(description="When it was asked.")

    student: Annotated[Student, strawberry.lazy("schema.types.user")] = edge(
        users_by_id, key="student_id", description="Who asked."
    )
    escalated_to: Annotated[Tutor, strawberry.lazy("schema.types.user")] | None = edge(
        users_by_id,
        key="escalated_to_tutor_id",
        description="The tutor it was passed on to; null when it was not, or once that tutor is erased.",
    )
    answered_by: Annotated[Tutor, strawberry.lazy("schema.types.user")] | None = edge(
        users_by_id,
        key="answered_by_tutor_id",
        description="The tutor who answered; null until then, and once that tutor is erased.",
    )
    active_override: Override | None = edge(
        overrides_db.overrides_by_id,
        key="override_id",
        description="The override of the answer that is in force; null when none is.",
    )
    overrides: Connection[Override] = connection(
        overrides_db.overrides_by_question,
        overrides_db.count_overrides_by_question,
        key="id",
        order=OverrideOrder.NEWEST,
        where=OverrideWhere,
        description="All overrides of the answer, reverted ones too.",
    )
