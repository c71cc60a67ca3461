"""What was counted, as a client sees it."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import strawberry

# These describe the enums of the domain for the schema, which has to be before a type uses them.
import schema.types.goal
import schema.types.nudge
import schema.types.override
import schema.types.question  # noqa: F401
from db.goals import goals_by_id
from db.subjects import subjects_by_id
from db.users import users_by_id
from domain import analytics
from domain.goals import GoalStatus
from domain.nudges import NudgeChannel, NudgeType
from domain.overrides import OverrideType
from domain.questions import Confidence
from schema.enums import describe_enum
from schema.fields import edge

if TYPE_CHECKING:
    from schema.types.goal import Goal
    from schema.types.subject import Subject
    from schema.types.user import Student, Tutor, User

_PERIODS = {
    "DAY": "By day, in UTC.",
    "WEEK": "By week; a week begins on Monday, in UTC.",
    "MONTH": "By calendar month, in UTC.",
}
describe_enum(
    analytics.OverrideGrouping,
    "What overrides can be counted by.",
    **_PERIODS,
    TYPE="By what was overridden.",
    SUBJECT="By subject.",
    DIFFICULTY="By the difficulty of the item; summaries and answers have none.",
    TUTOR="By the tutor who made them.",
    STUDENT="By the student whom they are for.",
)
describe_enum(
    analytics.ConfidenceGrouping,
    "What answers can be counted by, besides their confidence.",
    **_PERIODS,
    SUBJECT="By the subjects that the question was about; one about two counts in both.",
    STUDENT="By the student who asked.",
)
describe_enum(
    analytics.NudgeGrouping,
    "What nudges can be counted by.",
    **_PERIODS,
    TYPE="By why they were sent.",
    CHANNEL="By where they were shown.",
    PERSON="By the person whom they were sent to.",
)

_PERIOD = "The first day of the day, week or month; null when not grouped by one."


@strawberry.type(description="Overrides of one group. What they are not grouped by is null.")
class OverrideAnalytics:
    """A view of domain.analytics.OverrideCount."""

    period_start: dt.date | None = strawberry.field(description=_PERIOD)
    override_type: OverrideType | None = strawberry.field(
        description="What was overridden; null when not grouped by it."
    )
    subject: Annotated[Subject, strawberry.lazy("schema.types.subject")] | None = edge(
        subjects_by_id,
        key="subject_id",
        description="The subject; null when not grouped by it, and for overrides without one.",
    )
    difficulty_level: int | None = strawberry.field(
        description="1 to 10; null when not grouped by it, and for overrides without one."
    )
    tutor: Annotated[Tutor, strawberry.lazy("schema.types.user")] | None = edge(
        users_by_id,
        key="tutor_id",
        description="The tutor who made them; null when not grouped by it, and once that tutor is erased.",
    )
    student: Annotated[Student, strawberry.lazy("schema.types.user")] | None = edge(
        users_by_id,
        key="student_id",
        description="The student; null when not grouped by it, and once that student is erased.",
    )
    override_count: int = strawberry.field(description="How many were made, reverted ones included.")
    unique_tutors: int = strawberry.field(description="By how many tutors.")
    unique_students: int = strawberry.field(description="For how many students.")


@strawberry.type(description="The answers of one confidence in one group. What they are not grouped by is null.")
class ConfidenceDistribution:
    """A view of domain.analytics.ConfidenceCount."""

    period_start: dt.date | None = strawberry.field(description=_PERIOD)
    subject_name: str | None = strawberry.field(
        description="The name of a subject that the questions were about; null when not grouped by it, and for "
        "questions about none."
    )
    student: Annotated[Student, strawberry.lazy("schema.types.user")] | None = edge(
        users_by_id, key="student_id", description="The student who asked; null when not grouped by it."
    )
    confidence: Confidence = strawberry.field(description="How sure the companion was.")
    count: int = strawberry.field(description="How many answers.")
    percentage: Decimal = strawberry.field(
        description="Of all answers in the group, 0 to 100, rounded to two decimals."
    )


@strawberry.type(description="The answers with scores of one tenth that a tutor judged.")
class ConfidenceCalibration:
    """A view of domain.analytics.Calibrated."""

    score_from: Decimal = strawberry.field(
        description="Where the tenth begins: 0.0 to 0.9. It ends before the next; the last one with 1."
    )
    judged_count: int = strawberry.field(description="How many answers, at least one.")
    right_count: int = strawberry.field(description="How many of them were right.")
    mean_score: Decimal = strawberry.field(description="The mean of their scores, 0 to 1, rounded to two decimals.")
    right_percentage: Decimal = strawberry.field(
        description="Percent right, 0 to 100, rounded to two decimals; 100 times the score if that means what it says."
    )


@strawberry.type(description="The nudges of one group. What they are not grouped by is null.")
class NudgeEngagement:
    """A view of domain.analytics.NudgeCount."""

    period_start: dt.date | None = strawberry.field(description=_PERIOD)
    type: NudgeType | None = strawberry.field(description="Why they were sent; null when not grouped by it.")
    channel: NudgeChannel | None = strawberry.field(description="Where they were shown; null when not grouped by it.")
    person: Annotated[User, strawberry.lazy("schema.types.user")] | None = edge(
        users_by_id, key="user_id", description="Whom they were sent to; null when not grouped by it."
    )
    sent_count: int = strawberry.field(description="How many were sent.")
    opened_count: int = strawberry.field(description="How many of them were opened, whenever that was.")
    clicked_count: int = strawberry.field(description="How many of them were clicked, whenever that was.")
    opened_percentage: Decimal | None = strawberry.field(
        description="Percent opened, 0 to 100, rounded to two decimals; null when none were sent."
    )
    clicked_percentage: Decimal | None = strawberry.field(
        description="Percent clicked, 0 to 100, rounded to two decimals; null when none were sent."
    )


@strawberry.type(description="How a student gets on with one active goal.")
class GoalProgress:
    """A view of domain.analytics.GoalProgress."""

    goal: Annotated[Goal, strawberry.lazy("schema.types.goal")] = edge(
        goals_by_id, key="goal_id", description="The goal."
    )
    subject_name: str | None = strawberry.field(description="Its subject; null for a goal across subjects.")
    completion_percentage: Decimal = strawberry.field(description="How far it is reached, 0 to 100.")
    current_streak: int = strawberry.field(description="Days in a row with work on it.")
    xp_earned: int = strawberry.field(description="Experience points earned with it.")
    status: GoalStatus = strawberry.field(description="Where it stands; only active goals are listed.")
    target_completion_date: dt.date | None = strawberry.field(description="The day to reach it by; null when open.")
    sessions_count: int = strawberry.field(
        description="The student's sessions in the goal's subject, or in all for a goal across subjects."
    )
    practice_items_completed: int = strawberry.field(
        description="Practice that the student has completed in the goal's subject, or in all."
    )
    average_rating: Decimal | None = strawberry.field(
        description="The student's rating in the subject as it is now, or the mean over all subjects, rounded to two "
        "decimals; null before the first answer."
    )
