"""An override as a client sees it."""

from __future__ import annotations

import datetime as dt
from enum import Enum
from typing import TYPE_CHECKING, Annotated, TypeAlias

import strawberry

from db import overrides as overrides_db
from db.practice import practice_by_id
from db.questions import questions_by_id
from db.subjects import subjects_by_id
from db.summaries import summaries_by_id
from db.users import users_by_id
from domain import overrides
from schema.enums import describe_enum
from schema.fields import edge
from schema.types.node import Node

if TYPE_CHECKING:
    from schema.types.practice import PracticeAssignment
    from schema.types.question import Question
    from schema.types.subject import Subject
    from schema.types.summary import Summary
    from schema.types.user import Student, Tutor

describe_enum(
    overrides.OverrideType,
    "What an override corrects.",
    SUMMARY="The summary of a session.",
    PRACTICE="An assigned practice item.",
    QA_ANSWER="The answer to a question.",
)


@strawberry.enum(description="The order of a list of overrides.")
class OverrideOrder(Enum):
    """Each is served by an index."""

    NEWEST = strawberry.enum_value(overrides_db.NEWEST, description="Latest made first.")
    OLDEST = strawberry.enum_value(overrides_db.OLDEST, description="Earliest made first.")


@strawberry.input(description="Which overrides to list.")
class OverrideWhere:
    """Fields left out do not narrow."""

    override_type: overrides.OverrideType | None = strawberry.field(
        name="targetKind", default=None, description="Only overrides of this kind of thing."
    )
    active: bool | None = strawberry.field(
        default=None, description="Only overrides that have not been reverted, or only those that have."
    )

    def filter(self) -> overrides.OverrideFilter:
        """As the database layer takes it."""
        return overrides.OverrideFilter(override_type=self.override_type, active=self.active)


@strawberry.type(description="What a summary says at one time.")
class SummaryContent:
    """A view of domain.overrides.SummaryContent."""

    narrative: str = strawberry.field(description="What was done in the session.")
    next_steps: list[str] = strawberry.field(description="What comes next.")
    subjects_covered: list[str] = strawberry.field(description="Names of the subjects that came up.")

    @classmethod
    def is_type_of(cls, value: object, info: object) -> bool:
        """Whether a content is this one."""
        return isinstance(value, overrides.SummaryContent)


@strawberry.type(description="What an assigned practice item says at one time.")
class PracticeContent:
    """A view of domain.overrides.PracticeContent."""

    question: str = strawberry.field(description="What is asked.")
    answer: str | None = strawberry.field(
        description="The right answer; null for students and parents as long as `solution` of the practice is."
    )
    explanation: str | None = strawberry.field(
        description="How one gets to the answer; null where there is none, "
        "and for students and parents as long as `solution` of the practice is null."
    )
    difficulty_level: int | None = strawberry.field(description="How hard it is, 1 to 10; null when not stated.")

    @classmethod
    def is_type_of(cls, value: object, info: object) -> bool:
        """Whether a content is this one."""
        return isinstance(value, overrides.PracticeContent)


@strawberry.type(description="What a question is answered at one time.")
class AnswerContent:
    """A view of domain.overrides.AnswerContent."""

    answer: str = strawberry.field(description="The answer.")

    @classmethod
    def is_type_of(cls, value: object, info: object) -> bool:
        """Whether a content is this one."""
        return isinstance(value, overrides.AnswerContent)


OverrideContent: TypeAlias = Annotated[
    SummaryContent | PracticeContent | AnswerContent,
    strawberry.union(
        "OverrideContent", description="What the target of an override says at one time, whole, by kind of target."
    ),
]


@strawberry.type(description="What the target of an override said before and after it.")
class OverrideContents:
    """A view of domain.overrides.OverrideContents."""

    before: OverrideContent | None = strawberry.field(
        description="What it said before; null once the student has been erased."
    )
    after: OverrideContent | None = strawberry.field(
        description="What the tutor made of it; null once the student has been erased."
    )


@strawberry.type(description="A tutor's correction of what the companion wrote.")
class Override(Node):
    """A view of domain.overrides.Override."""

    record = overrides.Override
    by_id = overrides_db.overrides_by_id

    override_type: overrides.OverrideType = strawberry.field(
        name="targetKind", description="What kind of thing it corrects."
    )
    action: str = strawberry.field(description="What was done, in a line; `erased` once the student has been erased.")
    reason: str | None = strawberry.field(description="Why, in the tutor's words; null when they gave none.")
    difficulty_level: int | None = strawberry.field(
        description="The difficulty of the practice item after it, 1 to 10; null for other things."
    )
    target_version: int = strawberry.field(description="The version of the target that this override made.")
    active: bool = strawberry.field(description="Whether it has not been reverted.")
    reverted_at: dt.datetime | None = strawberry.field(description="When it was reverted; null until then.")
    created_at: dt.datetime = strawberry.field(description="When it was made.")

    content: OverrideContents | None = edge(
        overrides_db.contents_by_override,
        key="id",
        description="The target's content before and after, as kept with the override.",
    )
    tutor: Annotated[Tutor, strawberry.lazy("schema.types.user")] | None = edge(
        users_by_id, key="tutor_id", description="Who made it; null once that tutor is erased or out of sight."
    )
    student: Annotated[Student, strawberry.lazy("schema.types.user")] | None = edge(
        users_by_id, key="student_id", description="Whom it concerns; null once that student is erased."
    )
    subject: Annotated[Subject, strawberry.lazy("schema.types.subject")] | None = edge(
        subjects_by_id, key="subject_id", description="The subject it belongs to; null when that is not known."
    )
    reverted_by: Annotated[Tutor, strawberry.lazy("schema.types.user")] | None = edge(
        users_by_id,
        key="reverted_by_tutor_id",
        description="Who reverted it; null until then, and once that tutor is erased or out of sight.",
    )
    summary: Annotated[Summary, strawberry.lazy("schema.types.summary")] | None = edge(
        summaries_by_id, key="summary_id", description="The summary that it corrects; null for another target."
    )
    practice: Annotated[PracticeAssignment, strawberry.lazy("schema.types.practice")] | None = edge(
        practice_by_id,
        key="practice_assignment_id",
        description="The practice item that it corrects; null for another target.",
    )
    question: Annotated[Question, strawberry.lazy("schema.types.question")] | None = edge(
        questions_by_id,
        key="qa_interaction_id",
        description="The question whose answer it corrects; null for another target.",
    )
