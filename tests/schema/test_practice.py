"""Assigning, reading and approving practice."""

import asyncio
from typing import Any

import pytest

from schema.ids import to_global
from tests.api import Api
from tests.make import Make, Person
from tests.schema.conftest import Statements

ASSIGN = """
mutation ($input: AssignPracticeInput!) {
  assignPractice(input: $input) {
    practice {
      source questionText choices answerType flagged difficultyLevel goalTags completed completedAt responseText
      performanceScore studentRatingBefore studentRatingAfter overridden version
      student { email } subject { name } bankItem { questionText } solution { answer }
    }
    userErrors { field code message }
  }
}
"""
APPROVE = """
mutation ($input: ApprovePracticeInput!) {
  approvePractice(input: $input) { practice { flagged questionText } userErrors { field code } }
}
"""
NOT_FOUND = {"practice": None, "userErrors": [{"field": "id", "code": "NOT_FOUND"}]}


def _practice(row_id: Any) -> str:
    return to_global("PracticeAssignment", row_id)


async def _item(make: Make, **values: Any) -> Any:
    return await make.practice_item(await make.subject(), **values)


async def _stored(make: Make) -> list[Any]:
    cursor = await make.owner.execute(
        "select completed, completed_at is null, response_text, performance_score, student_rating_before,"
        " student_rating_after, flagged from practice_assignments"
    )
    return [
        *await cursor.fetchall(),
        *await (await make.owner.execute("select rating from student_ratings")).fetchall(),
    ]


UNTOUCHED = [(False, True, None, None, None, None, False)]


# Assigning


async def test_a_tutor_assigns_an_item_of_the_bank(api: Api, make: Make, statements: Statements) -> None:
    sam = await make.student()
    tess = await make.tutor(of=sam)
    item = await _item(
        make,
        question="Which is even?",
        answer="2",
        choices=["1", "2"],
        answer_type="multiple_choice",
        difficulty_level=3,
        goal_tags=["SAT"],
    )
    statements.clear()
    data = await api.data(ASSIGN, tess, input={"studentId": sam.gid, "itemId": to_global("PracticeItem", item)})
    assert data["assignPractice"] == {
        "practice": {
            "source": "BANK",
            "questionText": "Which is even?",
            "choices": ["1", "2"],
            "answerType": "MULTIPLE_CHOICE",
            "flagged": False,
            "difficultyLevel": 3,
            "goalTags": ["SAT"],
            "completed": False,
            "completedAt": None,
            "responseText": None,
            "performanceScore": None,
            "studentRatingBefore": None,
            "studentRatingAfter": None,
            "overridden": False,
            "version": 1,
            "student": {"email": "sam@school.test"},
            "subject": {"name": "Algebra"},
            "bankItem": {"questionText": "Which is even?"},
            "solution": {"answer": "2"},
        },
        "userErrors": [],
    }
    assert statements.names[:5] == [
        "practice_items_by_id",
        "lock_assigning",
        "is_practice_open",
        "insert_practice",
        "lock_practice",
    ]
    assert sorted(statements.names[5:]) == [
        "append_events",
        "practice_items_by_id",
        "solutions_by_practice",
        "subjects_by_id",
        "users_by_id",
    ]


async def test_an_administrator_assigns_to_anybody(api: Api, make: Make) -> None:
    sam, ada = await make.student(), await make.admin()
    given = {"studentId": sam.gid, "itemId": to_global("PracticeItem", await _item(make))}
    assert (await api.data(ASSIGN, ada, input=given))["assignPractice"]["userErrors"] == []
    assert await _stored(make) == UNTOUCHED


@pytest.mark.parametrize("who", ["nobody", "student", "parent"])
async def test_only_staff_assign(api: Api, make: Make, who: str) -> None:
    sam = await make.student()
    people = {"nobody": None, "student": sam, "parent": await make.parent(of=sam)}
    given = {"studentId": sam.gid, "itemId": to_global("PracticeItem", await _item(make))}
    expected = "UNAUTHENTICATED" if who == "nobody" else "FORBIDDEN"
    assert await api.error_codes(ASSIGN, people[who], input=given) == [expected]
    assert await _stored(make) == []


@pytest.mark.parametrize("status", [None, "paused", "completed"])
async def test_a_tutor_assigns_to_nobody_elses_student(api: Api, make: Make, status: str | None) -> None:
    sam, tess = await make.student(), await make.tutor()
    if status:
        await make.assignment(tess, sam, status=status)
    given = {"studentId": sam.gid, "itemId": to_global("PracticeItem", await _item(make))}
    errors = (await api.data(ASSIGN, tess, input=given))["assignPractice"]["userErrors"]
    assert [(error["field"], error["code"]) for error in errors] == [("studentId", "FORBIDDEN")]
    assert await _stored(make) == []


async def test_only_what_is_in_the_bank_and_in_use_is_assigned(api: Api, make: Make) -> None:
    sam = await make.student()
    tess = await make.tutor(of=sam)
    retired = await _item(make, is_active=False)
    for item, code in [(retired, "CONFLICT"), (sam.id, "NOT_FOUND")]:
        given = {"studentId": sam.gid, "itemId": to_global("PracticeItem", item)}
        errors = (await api.data(ASSIGN, tess, input=given))["assignPractice"]["userErrors"]
        assert [(error["field"], error["code"]) for error in errors] == [("itemId", code)]
    for given in (
        {"studentId": sam.gid, "itemId": to_global("Goal", retired)},
        {"studentId": tess.gid, "itemId": to_global("PracticeItem", retired)},
        {"studentId": sam.gid, "itemId": "nonsense"},
    ):
        assert await api.error_codes(ASSIGN, tess, input=given) == ["BAD_ID"]
    assert await _stored(make) == []


async def test_an_item_is_assigned_again_only_once_it_is_done(api: Api, make: Make) -> None:
    sam = await make.student()
    tess = await make.tutor(of=sam)
    item = await _item(make)
    given = {"studentId": sam.gid, "itemId": to_global("PracticeItem", item)}
    answers = await asyncio.gather(*(api.data(ASSIGN, tess, input=given) for _ in range(10)))
    codes = [[error["code"] for error in answer["assignPractice"]["userErrors"]] for answer in answers]
    assert sorted(codes) == [[], *[["ALREADY_DONE"]] * 9]
    assert await _stored(make) == UNTOUCHED
    await make.owner.execute("update practice_assignments set completed = true, completed_at = now()")
    assert (await api.data(ASSIGN, tess, input=given))["assignPractice"]["userErrors"] == []


# Reading

SOLUTION = """
query ($id: ID!) { node(id: $id) { ... on PracticeAssignment { responseText performanceScore solution { answer } } } }
"""


@pytest.mark.parametrize("completed", [False, True])
async def test_who_sees_the_solution(api: Api, make: Make, completed: bool) -> None:
    sam = await make.student()
    done = {"completed": True, "completed_at": "now", "response_text": "5", "performance_score": 0}
    practice = _practice(await make.practice(sam, await _item(make), **(done if completed else {})))
    shown = (
        {"responseText": "5", "performanceScore": "0.00"}
        if completed
        else dict.fromkeys(["responseText", "performanceScore"])
    )
    early = [await make.tutor(of=sam), await make.admin()]
    late = [sam, await make.parent(of=sam)]
    never = [await make.student("max"), await make.tutor("tom"), await make.parent("paul")]
    for person in early:
        assert (await api.data(SOLUTION, person, id=practice))["node"] == {**shown, "solution": {"answer": "4"}}
    for person in late:
        expected = {**shown, "solution": {"answer": "4"} if completed else None}
        assert (await api.data(SOLUTION, person, id=practice))["node"] == expected
    for person in never:
        assert (await api.data(SOLUTION, person, id=practice))["node"] is None
    assert await api.error_codes(SOLUTION, None, id=practice) == ["UNAUTHENTICATED"]


PRACTICE = """
query ($where: PracticeWhere, $orderBy: PracticeOrder! = NEWEST, $first: Int, $after: String) {
  students { nodes { practice(where: $where, orderBy: $orderBy, first: $first, after: $after) {
    totalCount
    nodes { questionText solution { answer } bankItem { version } subject { name } }
    pageInfo { hasNextPage endCursor }
  } } }
}
"""


async def test_practice_is_listed_and_narrowed(api: Api, make: Make) -> None:
    sam = await make.student()
    algebra, biology = await make.subject("Algebra"), await make.subject("Biology")
    for day, (subject, question, done) in enumerate(
        [(algebra, "a", True), (biology, "b", False), (algebra, "c", False)]
    ):
        item = await make.practice_item(subject, question)
        await make.practice(sam, item, completed=done, assigned_at=f"2026-03-0{day + 1}T00:00:00Z")
    await make.written_practice(sam, "d", assigned_at="2026-03-04T00:00:00Z")

    async def questions(**arguments: Any) -> str:
        data = await api.data(PRACTICE, sam, **arguments)
        listed = data["students"]["nodes"][0]["practice"]
        assert listed["totalCount"] == len(listed["nodes"]) or "first" in arguments
        return "".join(node["questionText"] for node in listed["nodes"])

    assert await questions() == "dcba"
    assert await questions(orderBy="OLDEST") == "abcd"
    assert await questions(where={"completed": True}) == "a"
    assert await questions(where={"completed": False}) == "dcb"
    assert await questions(where={"flagged": True}) == "d"
    assert await questions(where={"source": "BANK"}) == "cba"
    assert await questions(where={"subjectId": to_global("Subject", algebra), "completed": False}) == "c"
    first = (await api.data(PRACTICE, sam, first=3))["students"]["nodes"][0]["practice"]
    assert (first["totalCount"], first["pageInfo"]["hasNextPage"]) == (4, True)
    assert await questions(first=3, after=first["pageInfo"]["endCursor"]) == "a"


@pytest.mark.parametrize("students", [1, 8])
async def test_practice_costs_the_same_for_any_number_of_students(
    api: Api, make: Make, statements: Statements, students: int
) -> None:
    tess = await make.tutor()
    item = await _item(make)
    for number in range(students):
        sam = await make.student(f"s{number}")
        await make.assignment(tess, sam)
        for done in (True, False):
            await make.practice(sam, item, completed=done)
    statements.clear()
    data = await api.data(PRACTICE, tess)
    assert [len(node["practice"]["nodes"]) for node in data["students"]["nodes"]] == [2] * students
    assert statements.names[0] == "students"
    assert sorted(statements.names[1:]) == [
        "practice_by_student",
        "practice_by_student_count",
        "practice_items_by_id",
        "solutions_by_practice",
        "subjects_by_id",
    ]


async def test_practice_is_reached_from_its_subject_and_item(api: Api, make: Make) -> None:
    sam, max_ = await make.student(), await make.student("max")
    item = await _item(make)
    for student in (sam, max_):
        await make.practice(student, item)
    document = """{ subjects { nodes {
      practice { totalCount nodes { student { email } } }
      practiceItems { nodes { solution { answer } assignments { totalCount nodes { student { email } } } } }
    } } }"""
    seen = {"totalCount": 1, "nodes": [{"student": {"email": "sam@school.test"}}]}
    tess = await make.tutor(of=sam)
    assert (await api.data(document, tess))["subjects"]["nodes"] == [
        {"practice": seen, "practiceItems": {"nodes": [{"solution": {"answer": "4"}, "assignments": seen}]}}
    ]
    assert (await api.data(document, sam))["subjects"]["nodes"] == [{"practice": seen, "practiceItems": {"nodes": []}}]


# Approving


@pytest.mark.parametrize("who", ["tutor", "admin"])
async def test_staff_approve_what_the_companion_wrote(api: Api, make: Make, who: str) -> None:
    sam = await make.student()
    person = await make.tutor(of=sam) if who == "tutor" else await make.admin()
    given = {"id": _practice(await make.written_practice(sam))}
    assert (await api.data(APPROVE, person, input=given))["approvePractice"] == {
        "practice": {"flagged": False, "questionText": "3 + 3 = ?"},
        "userErrors": [],
    }
    assert (await api.data(APPROVE, person, input=given))["approvePractice"] == {
        "practice": None,
        "userErrors": [{"field": "id", "code": "ALREADY_DONE"}],
    }


@pytest.mark.parametrize("who", ["nobody", "student", "parent", "another tutor"])
async def test_nobody_else_approves(api: Api, make: Make, who: str) -> None:
    sam = await make.student()
    people: dict[str, Person | None] = {
        "nobody": None,
        "student": sam,
        "parent": await make.parent(of=sam),
        "another tutor": await make.tutor(),
    }
    given = {"id": _practice(await make.written_practice(sam))}
    answer = await api.run(APPROVE, people[who], input=given)
    if who == "another tutor":
        assert answer["data"]["approvePractice"] == NOT_FOUND
    else:
        expected = "UNAUTHENTICATED" if who == "nobody" else "FORBIDDEN"
        assert [error["extensions"]["code"] for error in answer["errors"]] == [expected]
    assert [flagged for *_, flagged in await _stored(make)] == [True]
