"""A student's progress; and the roots that count held against the document's views."""

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from tests.api import Api
from tests.make import Make, Person
from tests.schema.conftest import Statements
from tests.schema.school import (
    ANSWERS,
    NUDGES,
    OVERRIDES,
    PROGRESS,
    School,
    override,
    progressing,
    rows_of,
    school_of,
)
from tests.servers import Database


@pytest.fixture
async def school(make: Make) -> School:
    """Tess teaches Sam, Tom teaches Sue and once taught Sam."""
    return await school_of(make)


def _progress(sessions: Sequence[int], practice: Sequence[int]) -> list[dict[str, Any]]:
    """Sam's three active goals, with what was counted for each."""
    goals = (
        {"goal": {"title": "Sooner"}, "subjectName": "Algebra", "completionPercentage": "12.50", "currentStreak": 3,
         "xpEarned": 40, "status": "ACTIVE", "targetCompletionDate": "2026-05-01", "averageRating": "1100.00"},
        {"goal": {"title": "Later"}, "subjectName": "Algebra", "completionPercentage": "0.00", "currentStreak": 0,
         "xpEarned": 0, "status": "ACTIVE", "targetCompletionDate": "2026-09-01", "averageRating": "1100.00"},
        {"goal": {"title": "Everything"}, "completionPercentage": "0.00", "currentStreak": 0,
         "xpEarned": 0, "status": "ACTIVE", "averageRating": "1050.50"},
    )  # fmt: skip
    return [
        goal | {"sessionsCount": held, "practiceItemsCompleted": done}
        for goal, held, done in zip(goals, sessions, practice, strict=True)
    ]


async def test_progress_of_a_student(api: Api, make: Make, school: School, statements: Statements) -> None:
    await progressing(make, school)
    statements.clear()
    # The session of the fixture has no subject: it counts for the goal across subjects alone.
    assert await rows_of(api, PROGRESS, school.sam, studentId=school.sam.gid) == _progress((3, 3, 5), (3, 3, 4))
    assert statements.names == ["progress_by_student", "goals_by_id"]


async def test_progress_within_a_time(api: Api, make: Make, school: School, statements: Statements) -> None:
    await progressing(make, school)
    statements.clear()
    within = {"from": "2026-03-02", "to": "2026-03-31", "studentId": school.sam.gid}
    assert await rows_of(api, PROGRESS, school.sam, **within) == _progress((1, 1, 3), (1, 1, 2))
    assert statements.names == ["progress_by_student", "goals_by_id"]
    since = {"from": "2026-03-31", "studentId": school.sam.gid}
    assert await rows_of(api, PROGRESS, school.sam, **since) == _progress((1, 1, 1), (1, 1, 1))
    before = {"to": "2026-03-02", "studentId": school.sam.gid}
    assert await rows_of(api, PROGRESS, school.sam, **before) == _progress((1, 1, 1), (1, 1, 1))
    assert await api.error_codes(PROGRESS, school.sam, **before, **{"from": "2026-03-02"}) == ["BAD_RANGE"]


async def test_whose_progress_one_sees(api: Api, make: Make, school: School) -> None:
    await progressing(make, school)
    pat = await make.parent(of=school.sam)
    for person, sees in (
        (school.sam, 3),
        (school.tess, 3),
        (pat, 3),
        (school.ada, 3),
        (school.sue, 0),
        (school.tom, 0),
    ):
        assert len(await rows_of(api, PROGRESS, person, studentId=school.sam.gid)) == sees, person.email


@pytest.mark.parametrize("who", ["ada", "tess", "tom"])
async def test_the_roots_say_what_the_views_say(
    api: Api, make: Make, school: School, database: Database, who: str
) -> None:
    """On a year of random rows, as whoever asks sees them."""
    chance = random.Random(7)  # noqa: S311 - it only has to be the same every time
    await progressing(make, school)
    for _ in range(120):
        student = chance.choice((school.sam, school.sue))
        tutor = chance.choice((school.tess, school.tom))
        moment = datetime(2025, 6, 1, tzinfo=UTC) + timedelta(seconds=chance.randrange(30 * 86_400))
        subject = chance.choice((None, school.algebra, school.art))
        level = chance.choice((None, 1, 2))
        kind = chance.choice(("summary", "practice", "qa_answer"))
        await override(make, school, tutor, student, kind, str(moment), subject_id=subject, difficulty_level=level)
        await make.question(student, confidence=chance.choice(("High", "Medium", "Low")), created_at=moment)
        opened = chance.choice((None, moment))
        await make.nudge(
            student,
            type=chance.choice(("login", "inactivity", "cross_subject")),
            sent_at=moment,
            opened_at=opened,
            clicked_at=opened and chance.choice((None, moment)),
        )
    person: Person = getattr(school, who)
    always = {"from": "2018-01-01", "to": "2027-01-01"}

    rows = await rows_of(api, OVERRIDES, person, groupBy=["DAY", "TYPE", "SUBJECT", "DIFFICULTY"], **always)
    seen = _view(
        database,
        person,
        "select override_type, subject_name, difficulty_level, override_count, unique_tutors, unique_students,"
        " (override_date at time zone 'UTC')::date::text from v_override_analytics",
    )
    assert sorted(map(repr, seen)) == sorted(
        repr(
            (
                row["overrideType"].lower(),
                row.get("subject", {}).get("name"),
                row.get("difficultyLevel"),
                row["overrideCount"],
                row["uniqueTutors"],
                row["uniqueStudents"],
                row["periodStart"],
            )
        )
        for row in rows
    )

    rows = await rows_of(api, ANSWERS, person, groupBy=["STUDENT"], **always)
    seen = _view(
        database,
        person,
        "select email, confidence, count, percentage::text from v_confidence_distribution"
        " join users on users.id = student_id",
    )
    assert sorted(seen) == sorted(
        (row["student"]["email"], row["confidence"].title(), row["count"], row["percentage"]) for row in rows
    )

    rows = await rows_of(api, NUDGES, person, groupBy=["DAY", "TYPE", "PERSON"], **always)
    seen = _view(
        database,
        person,
        "select email, type, sent_count, opened_count, clicked_count, (nudge_date at time zone 'UTC')::date::text"
        " from v_nudge_engagement join users on users.id = user_id",
    )
    assert sorted(seen) == sorted(
        (
            row["person"]["email"],
            row["type"].lower(),
            row["sentCount"],
            row["openedCount"],
            row["clickedCount"],
            row["periodStart"],
        )
        for row in rows
    )

    seen = _view(
        database,
        person,
        "select p.student_id, title, sessions_count, practice_items_completed, round(average_rating, 2)::text"
        " from v_student_progress as p join goals on goals.id = goal_id",
    )
    for student in (school.sam, school.sue):
        wanted = sorted(row[1:] for row in seen if row[0] == student.id)
        # Over all time the two statements count the same.
        for window in ({}, {"from": "0001-01-01"}):
            rows = await rows_of(api, PROGRESS, person, studentId=student.gid, **window)
            assert wanted == sorted(
                (row["goal"]["title"], row["sessionsCount"], row["practiceItemsCompleted"], row["averageRating"])
                for row in rows
            )
    assert bool(seen)


def _view(database: Database, person: Person, query: str) -> list[tuple[Any, ...]]:
    """What a view shows a person."""
    with psycopg.connect(database.app_url) as app:
        app.execute("select set_viewer(%s, true)", [f"sub-{person.email.partition('@')[0]}"])
        return app.execute(query.encode()).fetchall()
