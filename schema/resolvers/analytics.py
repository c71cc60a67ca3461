"""Counting for those who teach and run the product, and a student's progress for those around them."""

import datetime as dt
from typing import Annotated, cast

import strawberry

from db import analytics as analytics_db
from domain.analytics import ConfidenceGrouping, NudgeGrouping, OverrideGrouping, counted, window
from domain.clock import now
from domain.permissions import Permission
from schema.context import Info
from schema.fields import query
from schema.ids import optional_row_id, row_id
from schema.types.analytics import (
    ConfidenceCalibration,
    ConfidenceDistribution,
    GoalProgress,
    NudgeEngagement,
    OverrideAnalytics,
)

From = Annotated[
    dt.date | None,
    strawberry.argument(name="from", description="The first day (UTC) that counts; 30 days before `to` unless given."),
]
To = Annotated[
    dt.date | None,
    strawberry.argument(
        name="to",
        description="The day (UTC) after the last that counts; tomorrow unless given. At most 3,660 days after `from`.",
    ),
]
OfStudent = Annotated[
    strawberry.ID | None, strawberry.argument(description="Counts only what concerns this student; all unless given.")
]
_GROUPS = "What to have a row for, at most 1,000 rows and one of DAY, WEEK and MONTH; all together unless given."
_SEEN = "Only what concerns students whom the viewer may see is counted."


def _today() -> dt.date:
    return now().astimezone(dt.UTC).date()


@strawberry.type
class AnalyticsQueries:
    """Queries that count."""

    @query(
        Permission.SIGNED_IN,
        "How a student gets on with each active goal, the next due first; empty for a student whom the viewer may not "
        "see. With `from` or `to`, only sessions and practice of that time are counted; ratings, percentages and "
        "streaks are as they are now.",
    )
    async def student_progress(
        self,
        info: Info,
        student_id: Annotated[strawberry.ID, strawberry.argument(description="The student.")],
        from_: Annotated[
            dt.date | None,
            strawberry.argument(
                name="from", description="The first day (UTC) that counts; the first of all unless given."
            ),
        ] = None,
        to: Annotated[
            dt.date | None,
            strawberry.argument(name="to", description="The day (UTC) after the last that counts; open unless given."),
        ] = None,
    ) -> list[GoalProgress]:
        found = await info.context.load(
            analytics_db.progress_by_student, row_id(student_id, "Student"), window(from_, to)
        )
        return cast("list[GoalProgress]", found)

    @query(Permission.READ_ANALYTICS, f"Overrides by tutors, counted; a single row when they are not grouped. {_SEEN}")
    async def override_analytics(
        self,
        info: Info,
        from_: From = None,
        to: To = None,
        group_by: Annotated[list[OverrideGrouping], strawberry.argument(description=_GROUPS)] = [],  # noqa: B006
        student_id: OfStudent = None,
    ) -> list[OverrideAnalytics]:
        count = counted(from_, to, group_by, optional_row_id(student_id, "Student"), today=_today())
        found = await analytics_db.override_analytics(await info.context.read(), count)
        return cast("list[OverrideAnalytics]", found)

    @query(
        Permission.READ_ANALYTICS,
        f"Answers of the companion, counted by its confidence; no row for a confidence that no answer has. {_SEEN}",
    )
    async def confidence_distribution(
        self,
        info: Info,
        from_: From = None,
        to: To = None,
        group_by: Annotated[list[ConfidenceGrouping], strawberry.argument(description=_GROUPS)] = [],  # noqa: B006
        student_id: OfStudent = None,
    ) -> list[ConfidenceDistribution]:
        count = counted(from_, to, group_by, optional_row_id(student_id, "Student"), today=_today())
        found = await analytics_db.confidence_distribution(await info.context.read(), count)
        return cast("list[ConfidenceDistribution]", found)

    @query(
        Permission.READ_ANALYTICS,
        "Answers that a tutor judged, by tenths of the companion's score, lowest first; no row for a tenth without. "
        f"Right or wrong is what the tutor said (`companionRight`); an override alone says wrong. {_SEEN}",
    )
    async def confidence_calibration(
        self, info: Info, from_: From = None, to: To = None, student_id: OfStudent = None
    ) -> list[ConfidenceCalibration]:
        nothing: list[ConfidenceGrouping] = []
        count = counted(from_, to, nothing, optional_row_id(student_id, "Student"), today=_today())
        found = await analytics_db.confidence_calibration(await info.context.read(), count)
        return cast("list[ConfidenceCalibration]", found)

    @query(
        Permission.READ_ANALYTICS,
        "Nudges by the day they were sent, counted with how many were opened and clicked; a single row when they are "
        "not grouped. Only nudges that the viewer may see are counted.",
    )
    async def nudge_engagement(
        self,
        info: Info,
        from_: From = None,
        to: To = None,
        group_by: Annotated[list[NudgeGrouping], strawberry.argument(description=_GROUPS)] = [],  # noqa: B006
        student_id: OfStudent = None,
    ) -> list[NudgeEngagement]:
        count = counted(from_, to, group_by, optional_row_id(student_id, "Student"), today=_today())
        found = await analytics_db.nudge_engagement(await info.context.read(), count)
        return cast("list[NudgeEngagement]", found)
