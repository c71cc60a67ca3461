"""Counting: what is counted, by what, and for whom."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from domain import analytics
from domain.clock import now
from schema.ids import to_global
from tests.api import Api
from tests.make import Make
from tests.schema.conftest import Statements
from tests.schema.school import ANSWERS, MARCH, NUDGES, OVERRIDES, ROOTS, School, override, rows_of, school_of


@pytest.fixture
async def school(make: Make) -> School:
    """Tess teaches Sam, Tom teaches Sue and once taught Sam."""
    return await school_of(make)


@pytest.fixture
async def overridden(make: Make, school: School) -> School:
    """Overrides in March 2026, at the borders of days, weeks and the month."""
    algebra, art = school.algebra, school.art
    for tutor, student, kind, created_at, values in (
        (school.tess, school.sam, "summary", "2026-02-28T23:59:59.999999Z", {}),
        (school.tess, school.sam, "summary", "2026-03-01T00:00:00Z", {"subject_id": algebra}),  # Sunday
        (school.tess, school.sam, "practice", "2026-03-02T00:00:00Z", {"subject_id": algebra, "difficulty_level": 5}),
        (school.tess, school.sam, "practice", "2026-03-08T23:59:59Z", {"subject_id": art, "difficulty_level": 7}),
        (school.tom, school.sam, "qa_answer", "2026-03-09T01:00:00+02:00", {}),  # the 8th in UTC
        (school.tom, school.sue, "summary", "2026-03-31T23:59:59.999999Z", {"subject_id": algebra}),
        (school.tom, school.sue, "summary", "2026-04-01T00:00:00Z", {}),
    ):  # fmt: skip
        await override(make, school, tutor, student, kind, created_at, **values)
    return school


async def test_overrides_of_a_month_in_all(api: Api, overridden: School, statements: Statements) -> None:
    statements.clear()
    assert await rows_of(api, OVERRIDES, overridden.ada, **MARCH) == [
        {"overrideCount": 5, "uniqueTutors": 2, "uniqueStudents": 2}
    ]
    assert statements.names == ["override_analytics"]


@pytest.mark.parametrize(
    ("group_by", "expected"),
    [
        (
            ["DAY"],
            [("2026-03-01", 1), ("2026-03-02", 1), ("2026-03-08", 2), ("2026-03-31", 1)],
        ),
        (["WEEK"], [("2026-02-23", 1), ("2026-03-02", 3), ("2026-03-30", 1)]),
        (["MONTH"], [("2026-03-01", 5)]),
        (["TYPE"], [("PRACTICE", 2), ("QA_ANSWER", 1), ("SUMMARY", 2)]),
        (["DIFFICULTY"], [(5, 1), (7, 1), (None, 3)]),
        (["TYPE", "WEEK"], [("2026-02-23", "SUMMARY", 1), ("2026-03-02", "PRACTICE", 2), ("2026-03-02", "QA_ANSWER", 1),
                            ("2026-03-30", "SUMMARY", 1)]),
    ],
    ids=lambda value: " ".join(value) if isinstance(value[0], str) else "",
)  # fmt: skip
async def test_overrides_by_group(
    api: Api, overridden: School, group_by: list[str], expected: list[tuple[Any, ...]]
) -> None:
    rows = await rows_of(api, OVERRIDES, overridden.ada, groupBy=group_by, **MARCH)
    found = [
        (
            *(
                row.get(field)
                for field, grouped in (
                    ("periodStart", {"DAY", "WEEK", "MONTH"}),
                    ("overrideType", {"TYPE"}),
                    ("difficultyLevel", {"DIFFICULTY"}),
                )
                if grouped.intersection(group_by)
            ),
            row["overrideCount"],
        )
        for row in rows
    ]
    assert found == expected


async def test_overrides_by_people_and_subject(api: Api, overridden: School, statements: Statements) -> None:
    statements.clear()
    rows = await rows_of(api, OVERRIDES, overridden.ada, groupBy=["TUTOR", "STUDENT", "SUBJECT"], **MARCH)
    assert sorted(
        (row["tutor"]["email"], row["student"]["email"], row.get("subject", {}).get("name", "")) for row in rows
    ) == [
        ("tess@school.test", "sam@school.test", "Algebra"),
        ("tess@school.test", "sam@school.test", "Art"),
        ("tom@school.test", "sam@school.test", ""),
        ("tom@school.test", "sue@school.test", "Algebra"),
    ]  # fmt: skip
    # One to count, one for each kind of thing that the rows name: people are read in one, whatever their role.
    assert sorted(set(statements.names)) == ["override_analytics", "subjects_by_id", "users_by_id"]


async def test_a_tutor_counts_only_their_own_students(api: Api, overridden: School) -> None:
    by_tutor = {"groupBy": ["TUTOR", "STUDENT"], **MARCH}
    # Also what another tutor did for Sam; not what Tom did for Sue.
    tess = await rows_of(api, OVERRIDES, overridden.tess, **by_tutor)
    assert sorted((row["tutor"]["email"], row["student"]["email"], row["overrideCount"]) for row in tess) == [
        ("tess@school.test", "sam@school.test", 3),
        ("tom@school.test", "sam@school.test", 1),
    ]
    # Sam is Tom's no longer, so not even what Tom did himself.
    tom = await rows_of(api, OVERRIDES, overridden.tom, **by_tutor)
    assert [(row["student"]["email"], row["overrideCount"]) for row in tom] == [("sue@school.test", 1)]


async def test_counting_for_one_student(api: Api, overridden: School, make: Make) -> None:
    await make.nudge(overridden.sue, sent_at="2026-03-05T00:00:00Z")
    for document, count in ((OVERRIDES, "overrideCount"), (NUDGES, "sentCount")):
        rows = await rows_of(api, document, overridden.ada, studentId=overridden.sue.gid, **MARCH)
        assert [row[count] for row in rows] == [1]
        hidden = await rows_of(api, document, overridden.tess, studentId=overridden.sue.gid, **MARCH)
        assert [row[count] for row in hidden] == [0]
    await make.question(overridden.sue, created_at="2026-03-05T00:00:00Z")
    assert len(await rows_of(api, ANSWERS, overridden.ada, studentId=overridden.sue.gid, **MARCH)) == 1
    assert await rows_of(api, ANSWERS, overridden.tess, studentId=overridden.sue.gid, **MARCH) == []


@pytest.fixture
async def asked(make: Make, school: School) -> School:
    """Answers of each confidence."""
    for student, confidence, day, subjects in (
        (school.sam, "High", 2, ["Algebra"]),
        (school.sam, "High", 3, ["Algebra", "Art"]),
        (school.sam, "Low", 9, []),
        (school.sue, "Medium", 9, None),
    ):
        created = datetime(2026, 3, day, 12, tzinfo=UTC)
        await make.question(student, confidence=confidence, created_at=created, context_subjects=subjects)
    return school


async def test_answers_by_confidence(api: Api, asked: School, statements: Statements) -> None:
    statements.clear()
    assert await rows_of(api, ANSWERS, asked.ada, **MARCH) == [
        {"confidence": "HIGH", "count": 2, "percentage": "50.00"},
        {"confidence": "LOW", "count": 1, "percentage": "25.00"},
        {"confidence": "MEDIUM", "count": 1, "percentage": "25.00"},
    ]
    assert statements.names == ["confidence_distribution"]
    assert await rows_of(api, ANSWERS, asked.ada, groupBy=["WEEK", "STUDENT"], studentId=asked.sam.gid, **MARCH) == [
        {
            "periodStart": monday,
            "student": {"email": "sam@school.test"},
            "confidence": confidence,
            "count": count,
            "percentage": "100.00",
        }
        for monday, confidence, count in (("2026-03-02", "HIGH", 2), ("2026-03-09", "LOW", 1))
    ]


async def test_a_question_about_two_subjects_counts_in_both(api: Api, asked: School) -> None:
    assert await rows_of(api, ANSWERS, asked.ada, groupBy=["SUBJECT"], **MARCH) == [
        {"subjectName": "Algebra", "confidence": "HIGH", "count": 2, "percentage": "100.00"},
        {"subjectName": "Art", "confidence": "HIGH", "count": 1, "percentage": "100.00"},
        {"confidence": "LOW", "count": 1, "percentage": "50.00"},
        {"confidence": "MEDIUM", "count": 1, "percentage": "50.00"},
    ]


async def test_no_answers_norows_of(api: Api, asked: School) -> None:
    assert await rows_of(api, ANSWERS, asked.ada, **{"from": "2026-01-01", "to": "2026-02-01"}) == []


@pytest.fixture
async def nudged(make: Make, school: School) -> School:
    """Nudges that were opened and clicked, or not."""
    for student, kind, channel, day, opened, clicked in (
        (school.sam, "login", "email", 2, 3, 3),
        # Opened long after the month in which it was sent.
        (school.sam, "login", "in_app", 3, 60, None),
        (school.sam, "inactivity", "in_app", 9, None, None),
        (school.sue, "inactivity", "both", 31, None, None),
    ):
        sent = datetime(2026, 3, day, 12, tzinfo=UTC)
        later = [None if days is None else sent + timedelta(days=days) for days in (opened, clicked)]
        await make.nudge(student, type=kind, channel=channel, sent_at=sent, opened_at=later[0], clicked_at=later[1])
    return school


async def test_nudges_and_what_became_of_them(api: Api, nudged: School, statements: Statements) -> None:
    statements.clear()
    assert await rows_of(api, NUDGES, nudged.ada, **MARCH) == [
        {"sentCount": 4, "openedCount": 2, "clickedCount": 1, "openedPercentage": "50.00", "clickedPercentage": "25.00"}
    ]
    assert statements.names == ["nudge_engagement"]
    assert await rows_of(api, NUDGES, nudged.tess, groupBy=["TYPE", "CHANNEL", "PERSON", "MONTH"], **MARCH) == [
        {
            "periodStart": "2026-03-01",
            "type": kind,
            "channel": channel,
            "person": {"email": "sam@school.test"},
            "sentCount": 1,
            "openedCount": opened,
            "clickedCount": clicked,
            "openedPercentage": f"{100 * opened}.00" if opened else "0.00",
            "clickedPercentage": f"{100 * clicked}.00" if clicked else "0.00",
        }
        for kind, channel, opened, clicked in (
            ("INACTIVITY", "IN_APP", 0, 0),
            ("LOGIN", "EMAIL", 1, 1),
            ("LOGIN", "IN_APP", 1, 0),
        )
    ]


async def test_a_share_of_nothing_is_null(api: Api, nudged: School) -> None:
    assert await rows_of(api, NUDGES, nudged.ada, **{"from": "2026-01-01", "to": "2026-02-01"}) == [
        {"sentCount": 0, "openedCount": 0, "clickedCount": 0}
    ]


async def test_unless_said_otherwise_the_last_thirty_days_count(api: Api, make: Make, school: School) -> None:
    midnight = now().replace(hour=0, minute=0, second=0, microsecond=0)
    for ago in (timedelta(days=29), timedelta(days=29, microseconds=1), timedelta()):
        await make.nudge(school.sam, sent_at=midnight - ago)
        await make.question(school.sam, created_at=midnight - ago)
        await override(make, school, school.tess, school.sam, "summary", str(midnight - ago))
    assert (await rows_of(api, NUDGES, school.ada))[0]["sentCount"] == 2
    assert (await rows_of(api, OVERRIDES, school.ada))[0]["overrideCount"] == 2
    assert [row["count"] for row in await rows_of(api, ANSWERS, school.ada)] == [2]
    until = {"to": str(midnight.date())}
    assert (await rows_of(api, NUDGES, school.ada, **until))[0]["sentCount"] == 2
    since = {"from": str(midnight.date())}
    assert (await rows_of(api, NUDGES, school.ada, **since))[0]["sentCount"] == 1


@pytest.mark.parametrize("document", ROOTS)
@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"from": "2026-03-02", "to": "2026-03-02"}, "BAD_RANGE"),
        ({"from": "2026-03-03", "to": "2026-03-02"}, "BAD_RANGE"),
        ({"from": "2016-01-01", "to": "2026-03-02"}, "BAD_RANGE"),
        ({"from": "9999-12-31"}, "BAD_RANGE"),
        ({"to": "0001-01-02"}, "BAD_RANGE"),
        ({"groupBy": ["DAY", "MONTH"]}, "BAD_GROUPING"),
        ({"studentId": to_global("Tutor", UUID(int=0))}, "BAD_ID"),
    ],
)
async def test_what_cannot_be_counted(
    api: Api, school: School, document: str, arguments: dict[str, Any], code: str
) -> None:
    assert await api.error_codes(document, school.ada, **arguments) == [code]


async def test_more_rows_than_anyone_wants(api: Api, school: School, make: Make) -> None:
    await make.owner.execute(
        "insert into nudges (user_id, type, channel, message, sent_at)"
        " select %s, 'login', 'email', 'hi', date '2020-01-01' + day from generate_series(1, 1001) as day",
        [school.sam.id],
    )
    days: dict[str, Any] = {"groupBy": ["DAY"], "to": "2026-01-01"}
    assert await api.error_codes(NUDGES, school.ada, **{"from": "2020-01-01"}, **days) == ["TOO_MANY_ROWS"]
    assert len(await rows_of(api, NUDGES, school.ada, **{"from": "2020-01-03"}, **days)) == 1000


@pytest.mark.parametrize("document", ROOTS)
async def test_counting_is_for_staff(api: Api, make: Make, school: School, document: str) -> None:
    for person in (school.sam, await make.parent(of=school.sam)):
        assert await api.error_codes(document, person) == ["FORBIDDEN"]
    assert await api.error_codes(document) == ["UNAUTHENTICATED"]


def test_groupings_are_named_like_the_fields_of_their_rows() -> None:
    for grouping, record in (
        (analytics.OverrideGrouping, analytics.OverrideCount),
        (analytics.ConfidenceGrouping, analytics.ConfidenceCount),
        (analytics.NudgeGrouping, analytics.NudgeCount),
    ):
        fields = set(record.__dataclass_fields__)
        assert {group.value for group in grouping} - analytics.PERIODS <= fields


JUDGED = """
query ($from: Date, $to: Date, $studentId: ID) {
  confidenceCalibration(from: $from, to: $to, studentId: $studentId) {
    scoreFrom judgedCount rightCount meanScore rightPercentage
  }
}
"""


async def test_what_a_score_was_worth(api: Api, school: School, make: Make, statements: Statements) -> None:
    for student, score, day, values in (
        (school.sam, "0.80", "2026-03-01T00:00:00Z", {"companion_right": True}),
        (school.sam, "0.89", "2026-03-31T23:59:59.999999Z", {"companion_right": False}),
        (school.sam, "0.85", "2026-03-05T00:00:00Z", {"overridden": True}),
        (school.sam, "1.00", "2026-03-05T00:00:00Z", {"companion_right": True, "overridden": True}),
        (school.sue, "0.90", "2026-03-05T00:00:00Z", {"companion_right": True}),
        (school.sue, "0.00", "2026-03-05T00:00:00Z", {"companion_right": False}),
        # Nobody judged it, it is no answer, it has no score, it is of another month.
        (school.sam, "0.80", "2026-03-05T00:00:00Z", {}),
        (school.sam, "0.80", "2026-03-05T00:00:00Z", {"companion_right": True, "outcome": "not_found"}),
        (school.sam, None, "2026-03-05T00:00:00Z", {"companion_right": True}),
        (school.sam, "0.80", "2026-04-01T00:00:00Z", {"companion_right": True}),
    ):  # fmt: skip
        given = score and Decimal(score)
        await make.question(student, confidence="High", confidence_score=given, created_at=day, **values)
    statements.clear()
    found = await rows_of(api, JUDGED, school.ada, **MARCH)
    assert [tuple(row.values()) for row in found] == [
        ("0.0", 1, 0, "0.00", "0.00"),
        ("0.8", 3, 1, "0.85", "33.33"),
        ("0.9", 2, 2, "0.95", "100.00"),
    ]
    assert statements.names == ["confidence_calibration"]
    one = [("0.8", 3, 1, "0.85", "33.33"), ("0.9", 1, 1, "1.00", "100.00")]
    # A tutor counts their own students, and so does an administrator who names one.
    for person, variables in ((school.tess, {}), (school.ada, {"studentId": school.sam.gid})):
        assert [tuple(row.values()) for row in await rows_of(api, JUDGED, person, **variables, **MARCH)] == one
    assert await rows_of(api, JUDGED, school.tess, studentId=school.sue.gid, **MARCH) == []
