"""Goals: read by everyone around the student, changed by the student and their tutors."""

from typing import Any

import pytest

from schema.ids import to_global
from tests.api import Api
from tests.make import Make, Person
from tests.schema.conftest import Statements

CREATE = """
mutation ($input: CreateGoalInput!) {
  createGoal(input: $input) {
    goal { title status completionPercentage student { email } createdBy { __typename email } subject { name } }
    userErrors { field code message }
  }
}
"""
PROGRESS = """
mutation ($input: ReportGoalProgressInput!) {
  reportGoalProgress(input: $input) {
    goal { status completionPercentage completedAt }
    userErrors { field code message }
  }
}
"""
GOALS = """
query ($first: Int, $after: String, $last: Int, $before: String, $where: GoalWhere) {
  students { nodes { goals(first: $first, after: $after, last: $last, before: $before, where: $where) {
    nodes { title }
    totalCount
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  } } }
}
"""


async def test_a_tutor_sets_a_goal_for_their_student(api: Api, make: Make) -> None:
    sam = await make.student()
    tess = await make.tutor(of=sam)
    algebra = await make.subject("Algebra")
    data = await api.data(
        CREATE,
        tess,
        input={"studentId": sam.gid, "title": "  Solve quadratics ", "subjectId": to_global("Subject", algebra)},
    )
    assert data["createGoal"] == {
        "goal": {
            "title": "Solve quadratics",
            "status": "ACTIVE",
            "completionPercentage": "0.00",
            "student": {"email": "sam@school.test"},
            "createdBy": {"__typename": "Tutor", "email": "tess@school.test"},
            "subject": {"name": "Algebra"},
        },
        "userErrors": [],
    }


@pytest.mark.parametrize("role", ["student", "tutor", "parent"])
async def test_nobody_else_sets_a_goal(api: Api, make: Make, role: str) -> None:
    sam = await make.student()
    if role == "parent":
        other = await make.parent(of=sam)
        assert await api.error_codes(CREATE, other, input={"studentId": sam.gid, "title": "x"}) == ["FORBIDDEN"]
    else:
        other = await make.person(role, "other")
        data = await api.data(CREATE, other, input={"studentId": sam.gid, "title": "x"})
        assert data["createGoal"]["goal"] is None
        assert [error["code"] for error in data["createGoal"]["userErrors"]] == ["FORBIDDEN"]
    assert await (await make.owner.execute("select count(*) from goals")).fetchone() == (0,)


@pytest.mark.parametrize(("field", "type_name"), [("studentId", "Student"), ("subjectId", "Subject")])
async def test_a_goal_for_nobody_or_in_no_subject_is_refused(api: Api, make: Make, field: str, type_name: str) -> None:
    sam, tess, ada = await make.student(), await make.tutor(), await make.admin()
    sent = {"studentId": sam.gid, "title": "x", field: to_global(type_name, tess.id)}
    data = await api.data(CREATE, ada, input=sent)
    assert data["createGoal"]["goal"] is None
    assert [(error["field"], error["code"]) for error in data["createGoal"]["userErrors"]] == [(field, "NOT_FOUND")]


@pytest.mark.parametrize(("title", "code"), [("   ", "INVALID"), ("x" * 256, "TOO_LONG"), ("a\x00b", "INVALID")])
async def test_a_bad_title_is_refused(api: Api, make: Make, title: str, code: str) -> None:
    sam = await make.student()
    data = await api.data(CREATE, sam, input={"studentId": sam.gid, "title": title})
    assert [(error["field"], error["code"]) for error in data["createGoal"]["userErrors"]] == [("title", code)]


async def test_progress_to_the_end_completes_a_goal(api: Api, make: Make) -> None:
    sam = await make.student()
    goal = to_global("Goal", await make.goal(sam))
    data = await api.data(PROGRESS, sam, input={"id": goal, "completionPercentage": "40.126"})
    assert data["reportGoalProgress"]["goal"] == {
        "status": "ACTIVE",
        "completionPercentage": "40.12",
        "completedAt": None,
    }
    data = await api.data(PROGRESS, sam, input={"id": goal, "completionPercentage": "100"})
    assert data["reportGoalProgress"]["goal"]["status"] == "COMPLETED"
    assert data["reportGoalProgress"]["goal"]["completedAt"] is not None
    data = await api.data(PROGRESS, sam, input={"id": goal, "completionPercentage": "10"})
    assert [error["code"] for error in data["reportGoalProgress"]["userErrors"]] == ["CONFLICT"]


async def test_goals_are_paged_from_both_ends(api: Api, make: Make, statements: Statements) -> None:
    sam = await make.student()
    for number in range(5):
        await make.goal(sam, f"g{number}", created_at=f"2026-03-0{number + 1}T00:00:00Z")
    statements.clear()
    first = await _goals(api, sam, first=2)
    assert statements.names == ["students", "goals_by_student", "goals_by_student_count"]
    assert [goal["title"] for goal in first["nodes"]] == ["g4", "g3"]
    assert first["totalCount"] == 5
    assert (first["pageInfo"]["hasNextPage"], first["pageInfo"]["hasPreviousPage"]) == (True, False)
    second = await _goals(api, sam, first=2, after=first["pageInfo"]["endCursor"])
    assert [goal["title"] for goal in second["nodes"]] == ["g2", "g1"]
    back = await _goals(api, sam, last=2, before=second["pageInfo"]["startCursor"])
    assert [goal["title"] for goal in back["nodes"]] == ["g4", "g3"]
    assert (back["pageInfo"]["hasNextPage"], back["pageInfo"]["hasPreviousPage"]) == (True, False)
    end = await _goals(api, sam, last=2)
    assert [goal["title"] for goal in end["nodes"]] == ["g1", "g0"]
    none = await _goals(api, sam, first=0)
    assert none["nodes"] == []


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"first": 101}, "BAD_PAGE"),
        ({"first": -1}, "BAD_PAGE"),
        ({"first": 1, "last": 1}, "BAD_PAGE"),
        ({"after": "nonsense"}, "BAD_CURSOR"),
        ({"after": "W10"}, "BAD_CURSOR"),
        ({"after": "é"}, "BAD_CURSOR"),
        ({"where": {"subjectId": "U3R1ZGVudDox"}}, "BAD_ID"),
    ],
)
async def test_a_bad_page_is_refused(api: Api, make: Make, arguments: dict[str, Any], code: str) -> None:
    assert await api.error_codes(GOALS, await make.student(), **arguments) == [code]


async def _goals(api: Api, person: Person, **arguments: Any) -> Any:
    data = await api.data(GOALS, person, **arguments)
    return data["students"]["nodes"][0]["goals"]
