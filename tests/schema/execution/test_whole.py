"""Sub-trees that PostgreSQL writes out whole are what Python would have written."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from domain.identity.tokens import Identity
from schema.context import Services
from schema.execution.run import Run
from schema.ids import to_global
from tests.api import Api
from tests.make import MONDAY, Make, Person
from tests.schema.conftest import Statements
from tests.schema.execution.comparing import Different, Pair, pair

HARD = 'He said "no\\no"\u2028 \x1f\x7f\t\r\n\b\f </é€😀> %s {} $1 :x \ufeff'
SESSION = "id startedAt durationMinutes topicsCovered transcriptAvailable source createdAt updatedAt"
DASHBOARD = """query ($first: Int, $after: String, $status: GoalStatus, $from: DateTime, $order: SessionOrder) {
  viewer { ... on Tutor { students(first: 5) { __typename nodes { ...Parts } } } ... on Student { ...Parts } }
}
fragment Parts on Student {
  id role email __typename
  goals(first: $first, where: {status: $status}) { n: nodes {
    id title description status kind completionPercentage currentStreak targetCompletionDate completedAt
    subject { id name student: __typename } student { email more: goals(where: {status: COMPLETED}) { nodes { id } } }
  } __typename }
  a: sessions(first: $first, after: $after, orderBy: $order, where: {dateFrom: $from}) { nodes { ...SessionParts } }
  b: sessions(last: 2) { nodes { id startedAt } m: nodes { tutor { id } } }
}
fragment SessionParts on Session { SESSION
  tutor { id role displayName } summaries { id narrative nextSteps subjectsCovered basis version createdAt
    session { id tutor { id students(first: 1) { nodes { id } } } } }
}""".replace("SESSION\n", f"{SESSION}\n")


@pytest.fixture
async def tess(make: Make) -> Person:
    """Has students with what is hard to write."""
    sam, kim = await make.student(), await make.student("kim")
    tess = await make.tutor(of=sam)
    await make.assignment(tess, kim)
    subject = await make.subject(HARD)
    for number, status in enumerate(("active", "completed", "paused", "cancelled")):
        await make.goal(
            sam,
            HARD,
            description=None if number else "",
            subject_id=subject if number % 2 else None,
            status=status,
            goal_type=("SAT", "AP", "General", "General")[number],
            completion_percentage=(0, 12.5, 100, 99.99)[number],
            target_completion_date=date(1999 + number, 1, 9) if number else None,
            created_at=MONDAY + timedelta(days=number),
        )
    for number, fraction in enumerate((0, 1, 120_000, 999_999, 100)):
        session = await make.session(
            sam if number < 4 else kim,
            tess if number else None,
            session_date=datetime(2026, 3, 2 + number, 1, 2, 3, fraction, tzinfo=UTC),
            duration_minutes=None if number else 1440,
            topics_covered=([], None, [HARD, ""], ["null", "NULL", '{"a"}'], ["a,b"])[number],
        )
        for _ in range(number % 3):
            await make.summary(session, sam if number < 4 else kim, tess, narrative=HARD, next_steps=[HARD])
    return tess


async def identity(services: Services, person: Person) -> Identity:
    """Of a person."""
    return await services.verifier.verify(person.token)


async def ask(executors: Pair, services: Services, person: Person, document: str, **variables: Any) -> Any:
    """The answer of both executors, twice: reading whole is every other time."""
    who = await identity(services, person)
    await executors.compare(services, who, document, variables)
    return await executors.compare(services, who, document, variables)


async def test_what_is_hard_to_write_is_written_the_same(
    api: Api, services: Services, tess: Person, make: Make
) -> None:
    executors = pair()
    data, errors = await ask(executors, services, tess, DASHBOARD)
    (sam,) = (each for each in data["viewer"]["students"]["nodes"] if each["email"] == "sam@school.test")
    assert not errors
    assert [goal["title"] for goal in sam["goals"]["n"]] == [HARD] * 4
    assert sam["b"]["nodes"][0]["startedAt"] == "2026-03-03T01:02:03.000001+00:00"
    for variables in (
        {"first": 0},
        {"first": 2, "status": "PAUSED", "from": "2026-03-03T00:00:00+00:00", "order": "OLDEST"},
        {"first": 100, "order": "OLDEST"},
        {"first": 101},
        {"after": "nonsense"},
    ):
        await ask(executors, services, tess, DASHBOARD, **variables)
    admin, pat = await make.admin(), await make.parent()
    for person in (admin, pat):
        await ask(executors, services, person, "{ students(first: 9) { nodes { id goals { nodes { id title } } } } }")


async def test_it_is_one_statement(api: Api, services: Services, tess: Person, statements: Statements) -> None:
    lists = "goals { nodes { id } } sessions { nodes { id } }"
    document = f"{{ viewer {{ ... on Tutor {{ students {{ nodes {{ id {lists} }} }} }} }} }}"
    await ask(pair(), services, tess, document)
    assert statements.names.count("users_by_id_students_by_tutor_goals_by_student_sessions_by_student") == 1
    for role, wanted in (("Tutor", True), ("Student", False), ("Session", False), ("Query", False)):
        document = (
            "query ($id: ID!) { node(id: $id) { id ... on Tutor { email } } other: node(id: $id) { __typename } }"
        )
        data, _ = await ask(pair(), services, tess, document, id=to_global(role, tess.id))
        assert bool(data["node"]) is wanted


async def test_what_no_text_says_is_read_level_by_level(api: Api, services: Services, tess: Person, make: Make) -> None:
    """A list with a null in it, in a place where there may be none."""
    student = await make.student("nul")
    await make.assignment(tess, student)
    await make.session(student, tess, topics_covered=["a", None])
    _, errors = await ask(pair(), services, tess, DASHBOARD)
    assert [error.path[-2:] for error in errors if error.path] == [["topicsCovered", 1]] * len(errors)
    assert errors


class Misplacing(Run):
    """Gives each parent what belongs to another."""

    def _place(self, frame: Any, field: Any, values: Any) -> None:
        super()._place(frame, field, values and list(reversed(values)))


async def test_one_that_is_wrong_is_found_out(api: Api, services: Services, tess: Person) -> None:
    document = "{ students { nodes { email goals { nodes { id } } } pageInfo { hasNextPage } } }"
    with pytest.raises(Different):
        await ask(pair(run=Misplacing), services, tess, document)
