"""A small school to count in, and the operations that count."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from tests.api import Api
from tests.make import Make, Person

OVERRIDES = """
query ($from: Date, $to: Date, $groupBy: [OverrideGrouping!]! = [], $studentId: ID) {
  overrideAnalytics(from: $from, to: $to, groupBy: $groupBy, studentId: $studentId) {
    periodStart overrideType subject { name } difficultyLevel tutor { email } student { email }
    overrideCount uniqueTutors uniqueStudents
  }
}
"""
ANSWERS = """
query ($from: Date, $to: Date, $groupBy: [ConfidenceGrouping!]! = [], $studentId: ID) {
  confidenceDistribution(from: $from, to: $to, groupBy: $groupBy, studentId: $studentId) {
    periodStart subjectName student { email } confidence count percentage
  }
}
"""
NUDGES = """
query ($from: Date, $to: Date, $groupBy: [NudgeGrouping!]! = [], $studentId: ID) {
  nudgeEngagement(from: $from, to: $to, groupBy: $groupBy, studentId: $studentId) {
    periodStart type channel person { email }
    sentCount openedCount clickedCount openedPercentage clickedPercentage
  }
}
"""
PROGRESS = """
query ($studentId: ID!, $from: Date, $to: Date) {
  studentProgress(studentId: $studentId, from: $from, to: $to) {
    goal { title } subjectName completionPercentage currentStreak xpEarned status targetCompletionDate
    sessionsCount practiceItemsCompleted averageRating
  }
}
"""
ROOTS = {OVERRIDES: "overrideAnalytics", ANSWERS: "confidenceDistribution", NUDGES: "nudgeEngagement"}
MARCH = {"from": "2026-03-01", "to": "2026-04-01"}


async def rows_of(api: Api, document: str, person: Person, **variables: Any) -> list[dict[str, Any]]:
    """The rows of a root, each without what is null."""
    (rows,) = (await api.data(document, person, **variables)).values()
    return [{name: value for name, value in row.items() if value is not None} for row in rows]


@dataclass
class School:
    """Two students, each with a tutor, two subjects, and one of each thing that can be overridden."""

    sam: Person
    sue: Person
    tess: Person
    tom: Person
    ada: Person
    algebra: Any
    art: Any
    targets: dict[str, dict[str, dict[str, Any]]]
    """By student and type: the column of overrides that names the target."""


async def school_of(make: Make) -> School:
    """Tess teaches Sam, Tom teaches Sue and once taught Sam."""
    sam, sue = await make.student("sam"), await make.student("sue")
    tess, tom = await make.tutor("tess", of=sam), await make.tutor("tom", of=sue)
    await make.assignment(tom, sam, status="completed")
    algebra, art = await make.subject("Algebra"), await make.subject("Art")
    item = await make.practice_item(algebra)
    targets = {}
    for student in (sam, sue):
        session = await make.session(student)
        targets[student.email] = {
            "summary": {"summary_id": await make.summary(session, student)},
            "practice": {"practice_assignment_id": await make.practice(student, item)},
            "qa_answer": {"qa_interaction_id": await make.question(student, created_at="2020-01-01T00:00:00Z")},
        }
    return School(sam, sue, tess, tom, await make.admin(), algebra, art, targets)


async def override(
    make: Make, school: School, tutor: Person, student: Person, kind: str, created_at: str, **values: Any
) -> None:
    """An override of what the student has of that kind."""
    await make.override(tutor, student, created_at=created_at, **school.targets[student.email][kind], **values)


async def progressing(make: Make, school: School) -> None:
    """Goals of Sam and Sue, and things done for them."""
    await make.goal(school.sam, "Later", subject_id=school.algebra, target_completion_date=date(2026, 9, 1))
    await make.goal(
        school.sam, "Sooner", subject_id=school.algebra, target_completion_date=date(2026, 5, 1),
        completion_percentage=Decimal("12.5"), current_streak=3, xp_earned=40,
    )  # fmt: skip
    await make.goal(school.sam, "Everything")
    await make.goal(school.sam, "Done", status="completed")
    await make.goal(school.sue, "Hers", subject_id=school.algebra)
    item, drawing = await make.practice_item(school.algebra), await make.practice_item(school.art)
    for day in (1, 2, 31):
        done = datetime(2026, 3, day, 12, tzinfo=UTC)
        await make.session(school.sam, subject_id=school.algebra, session_date=done)
        await make.practice(school.sam, item, completed=True, completed_at=done)
    await make.session(school.sam, subject_id=school.art, session_date="2026-03-05T00:00:00Z")
    await make.practice(school.sam, drawing, completed=True, completed_at="2026-03-05T00:00:00Z")
    await make.practice(school.sam, item)
    await make.rating(school.sam, school.algebra, 1100)
    await make.rating(school.sam, school.art, 1001)
    await make.rating(school.sue, school.algebra, 900)
