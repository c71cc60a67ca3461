"""Goals changed, listed and fetched: by whom, and in what order."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from schema.ids import to_global
from tests.api import Api
from tests.make import Make
from tests.schema.stored import rows, value
from tests.schema.world import world

UPDATE = """
mutation ($input: UpdateGoalInput!) {
  updateGoal(input: $input) {
    goal { title description kind targetCompletionDate subject { name } }
    userErrors { field code }
  }
}
"""
STATUS = """
mutation ($input: ChangeGoalStatusInput!) {
  changeGoalStatus(input: $input) { goal { status completionPercentage completedAt } userErrors { field code } }
}
"""
PROGRESS = """
mutation ($input: ReportGoalProgressInput!) {
  reportGoalProgress(input: $input) { goal { status completionPercentage } userErrors { field code } }
}
"""
NODE = "query ($id: ID!) { node(id: $id) { ... on Goal { title createdBy { __typename } } } }"


def gid(goal_id: UUID) -> str:
    """The global id of a goal."""
    return to_global("Goal", goal_id)


async def test_what_is_left_out_stays_and_null_clears(api: Api, make: Make) -> None:
    sam, algebra = await make.student(), await make.subject()
    goal = await make.goal(sam, "Old", description="Why", goal_type="SAT", target_completion_date="2026-06-01")
    before: dict[str, Any] = {
        "title": "Old",
        "description": "Why",
        "kind": "SAT",
        "targetCompletionDate": "2026-06-01",
        "subject": None,
    }
    changes: list[tuple[dict[str, Any], dict[str, Any]]] = [
        ({}, {}),
        ({"title": " New "}, {"title": "New"}),
        ({"subjectId": to_global("Subject", algebra)}, {"subject": {"name": "Algebra"}}),
        ({"kind": "AP", "description": None}, {"kind": "AP", "description": None}),
        ({"kind": None, "targetCompletionDate": None}, {"kind": None, "targetCompletionDate": None}),
        ({"subjectId": None}, {"subject": None}),
    ]
    for sent, changed in changes:
        before |= changed
        data = await api.data(UPDATE, sam, input={"id": gid(goal), **sent})
        assert data["updateGoal"] == {"goal": before, "userErrors": []}
    for sent, field, code in (
        ({"title": None}, "title", "INVALID"),
        ({"description": "x" * 5_001}, "description", "TOO_LONG"),
        ({"subjectId": to_global("Subject", UUID(int=7))}, "subjectId", "NOT_FOUND"),
    ):
        data = await api.data(UPDATE, sam, input={"id": gid(goal), **sent})
        assert data["updateGoal"] == {"goal": None, "userErrors": [{"field": field, "code": code}]}
    assert await rows(make, "select title, description, subject_id from goals") == [("New", None, None)]


async def test_a_goal_is_completed_and_reopened(api: Api, make: Make) -> None:
    sam = await make.student()
    goal = gid(await make.goal(sam, completion_percentage=40))
    for status, percentage, completed in (
        ("PAUSED", "40.00", False),
        ("COMPLETED", "100.00", True),
        ("ACTIVE", "100.00", False),
        ("CANCELLED", "100.00", False),
    ):
        changed = (await api.data(STATUS, sam, input={"id": goal, "status": status}))["changeGoalStatus"]["goal"]
        assert (changed["status"], changed["completionPercentage"]) == (status, percentage)
        assert (changed["completedAt"] is not None) == completed
    data = await api.data(STATUS, sam, input={"id": goal, "status": "CANCELLED"})
    assert data["changeGoalStatus"] == {"goal": None, "userErrors": [{"field": "status", "code": "ALREADY_DONE"}]}


CONFIRM = """
mutation ($id: ID!) {
  confirmGoal(input: { id: $id }) { goal { confirmedBy { email } } userErrors { field code } }
}
"""
WAITING = """
{ students { nodes { goals(where: { status: COMPLETED, confirmed: false }) { nodes { title confirmedAt } } } } }
"""


async def test_what_a_student_says_is_reached_waits_for_a_tutor(api: Api, make: Make) -> None:
    sam = await make.student()
    tess, tom = await make.tutor(of=sam), await make.tutor("tom")
    mine, theirs = gid(await make.goal(sam, "Mine")), gid(await make.goal(sam, "Theirs"))
    data = await api.data(CONFIRM, tess, id=mine)
    assert data["confirmGoal"] == {"goal": None, "userErrors": [{"field": "id", "code": "CONFLICT"}]}
    for who, goal in ((sam, mine), (tess, theirs)):
        await api.data(PROGRESS, who, input={"id": goal, "completionPercentage": "100"})
    for who in (sam, tess):
        (student,) = (await api.data(WAITING, who))["students"]["nodes"]
        assert student["goals"]["nodes"] == [{"title": "Mine", "confirmedAt": None}]
    data = await api.data(CONFIRM, tom, id=mine)
    assert data["confirmGoal"] == {"goal": None, "userErrors": [{"field": "id", "code": "NOT_FOUND"}]}
    data = await api.data(CONFIRM, tess, id=mine)
    assert data["confirmGoal"] == {"goal": {"confirmedBy": {"email": "tess@school.test"}}, "userErrors": []}
    (student,) = (await api.data(WAITING, tess))["students"]["nodes"]
    assert student["goals"]["nodes"] == []


@pytest.mark.parametrize("percentage", ["-0.01", "100.01", "NaN", "Infinity", "1e400"])
async def test_progress_beyond_its_bounds_is_refused(api: Api, make: Make, percentage: str) -> None:
    sam = await make.student()
    goal = gid(await make.goal(sam))
    data = await api.data(PROGRESS, sam, input={"id": goal, "completionPercentage": percentage})
    refused = {"goal": None, "userErrors": [{"field": "completionPercentage", "code": "INVALID"}]}
    assert data["reportGoalProgress"] == refused
    assert await value(make, "select completion_percentage from goals") == 0


async def test_changes_at_once_are_all_kept(api: Api, make: Make) -> None:
    sam = await make.student()
    goal = gid(await make.goal(sam, "t"))
    await asyncio.gather(
        *(api.data(UPDATE, sam, input={"id": goal, "title": "new"}) for _ in range(3)),
        *(api.data(UPDATE, sam, input={"id": goal, "description": "new"}) for _ in range(3)),
        *(api.data(PROGRESS, sam, input={"id": goal, "completionPercentage": "30"}) for _ in range(3)),
        *(api.data(UPDATE, sam, input={"id": goal, "kind": "AP"}) for _ in range(3)),
    )
    kept = await rows(make, "select title, description, completion_percentage, goal_type from goals")
    assert kept == [("new", "new", 30, "AP")]
    assert await rows(make, "select kind from events") == [("goal_progress",)]  # once: then it was at 30


@pytest.mark.parametrize("role", ["student", "tutor", "parent", "admin", "anonymous"])
async def test_who_may_change_and_see_a_goal(api: Api, make: Make, role: str) -> None:
    made = await world(make)
    person, goal = made.viewer(role), made.ids["goal"]
    may = role in ("student", "tutor", "admin")
    changes = {UPDATE: {"title": "New"}, STATUS: {"status": "PAUSED"}, PROGRESS: {"completionPercentage": "5"}}
    for document, sent in reversed(changes.items()):
        answer = await api.run(document, person, input={"id": goal, **sent})
        if may:
            ((_, payload),) = answer["data"].items()
            assert payload["userErrors"] == []
        else:
            denied = "UNAUTHENTICATED" if person is None else "FORBIDDEN"
            assert [error["extensions"]["code"] for error in answer["errors"]] == [denied]
    expected = ("New", "paused", 5) if may else ("Pass the exam", "active", 0)
    assert await rows(make, "select title, status, completion_percentage from goals") == [expected]
    if person is not None:
        data = await api.data(NODE, person, id=goal)
        assert data["node"] == {"title": expected[0], "createdBy": {"__typename": "Tutor"}}
    for stranger in made.strangers:
        assert await api.data(NODE, stranger, id=goal) == {"node": None}
        answer = await api.run(UPDATE, stranger, input={"id": goal, "title": "Mine"})
        if stranger.role == "parent":
            assert [error["extensions"]["code"] for error in answer["errors"]] == ["FORBIDDEN"]
        else:
            refused = {"goal": None, "userErrors": [{"field": "id", "code": "NOT_FOUND"}]}
            assert answer == {"data": {"updateGoal": refused}}
    assert await value(make, "select title from goals") == expected[0]


@pytest.mark.parametrize("side", ["student", "subject", "creator"])
async def test_goals_are_filtered_and_ordered_from_every_side(api: Api, make: Make, side: str) -> None:
    sam, algebra = await make.student(), await make.subject()
    for day, (status, kind) in enumerate(
        [("active", "SAT"), ("completed", "AP"), ("active", None), ("paused", "SAT")], start=1
    ):
        await make.goal(
            sam,
            f"g{day}",
            status=status,
            goal_type=kind,
            subject_id=algebra,
            created_by=sam.id,
            created_at=f"2026-03-0{day}T00:00:00Z",
        )
    field = {
        "student": "students { nodes { goals(ARGUMENTS) { nodes { title } totalCount } } }",
        "subject": "subjects { nodes { goals(ARGUMENTS) { nodes { title } totalCount } } }",
        "creator": "students { nodes { goals: createdGoals(ARGUMENTS) { nodes { title } totalCount } } }",
    }[side]
    arguments = "where: $where, orderBy: $by"
    root = field.replace("ARGUMENTS", arguments)
    query = f"query ($where: GoalWhere, $by: GoalOrder! = NEWEST) {{ root: {root} }}"

    async def listed(**arguments: Any) -> tuple[list[str], int]:
        (node,) = (await api.data(query, sam, **arguments))["root"]["nodes"]
        return [goal["title"] for goal in node["goals"]["nodes"]], node["goals"]["totalCount"]

    assert await listed() == (["g4", "g3", "g2", "g1"], 4)
    assert await listed(by="OLDEST") == (["g1", "g2", "g3", "g4"], 4)
    assert await listed(where={"status": "ACTIVE"}) == (["g3", "g1"], 2)
    assert await listed(where={"kind": "SAT"}, by="OLDEST") == (["g1", "g4"], 2)
    assert await listed(where={"kind": "SAT", "status": "ACTIVE"}) == (["g1"], 1)
    assert await listed(where={"subjectId": to_global("Subject", UUID(int=7))}) == ([], 0)
