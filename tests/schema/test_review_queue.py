"""The review queue: what waits for a tutor, oldest first."""

from typing import Any

import pytest

from schema.ids import to_global
from tests.api import Api
from tests.make import Make, Person
from tests.schema.conftest import Statements

QUEUE = """
query ($where: ReviewWhere, $orderBy: ReviewOrder! = OLDEST, $first: Int, $after: String, $last: Int) {
  reviewQueue(where: $where, orderBy: $orderBy, first: $first, after: $after, last: $last) {
    totalCount
    nodes {
      __typename
      ... on PracticeAssignment { questionText solution { answer } student { email } }
      ... on Question { query answer student { email } }
    }
    pageInfo { hasNextPage hasPreviousPage endCursor }
  }
}
"""


async def _asked(make: Make, student: Person, query: str, day: int, **values: Any) -> None:
    await make.question(student, query, created_at=f"2026-03-{day:02}T00:00:00Z", **values)


async def _written(make: Make, student: Person, question: str, day: int, **values: Any) -> None:
    await make.written_practice(student, question, created_at=f"2026-03-{day:02}T00:00:00Z", **values)


async def _queue(make: Make, sam: Person, tess: Person) -> None:
    """a to e wait, from the eldest; nothing else does."""
    answered = {"tutor_answer": "No.", "answered_at": "2026-03-09", "answered_by_tutor_id": tess.id}
    await _asked(make, sam, "a", 1)
    await _written(make, sam, "b", 2)
    await _asked(make, sam, "c", 3, confidence="High", escalated_to_tutor_id=tess.id)
    await _asked(make, sam, "d", 4, escalated_to_tutor_id=tess.id)
    await _written(make, sam, "e", 5)
    await _written(make, sam, "approved", 6, flagged=False)
    await _written(make, sam, "completed", 6, completed=True)
    await make.practice(sam, await make.practice_item(await make.subject()))
    await _asked(make, sam, "sure", 6, confidence="High")
    await _asked(make, sam, "rather sure", 6, confidence="Medium")
    await _asked(make, sam, "answered", 6, **answered)
    await _asked(make, sam, "escalated and answered", 6, escalated_to_tutor_id=tess.id, **answered)
    await _asked(make, sam, "overridden", 6, overridden=True)


def _named(node: dict[str, Any]) -> Any:
    return node["query"] if node["__typename"] == "Question" else node["questionText"]


async def _names(api: Api, person: Person, **arguments: Any) -> str:
    return "".join(_named(node) for node in (await api.data(QUEUE, person, **arguments))["reviewQueue"]["nodes"])


async def test_a_tutor_finds_what_waits(api: Api, make: Make, statements: Statements) -> None:
    sam = await make.student()
    tess = await make.tutor(of=sam)
    await _queue(make, sam, tess)
    statements.clear()
    queue = (await api.data(QUEUE, tess))["reviewQueue"]
    assert queue["totalCount"] == 5
    assert queue["nodes"][:2] == [
        {"__typename": "Question", "query": "a", "answer": "Because it is.", "student": {"email": "sam@school.test"}},
        {
            "__typename": "PracticeAssignment",
            "questionText": "b",
            "solution": {"answer": "6"},
            "student": {"email": "sam@school.test"},
        },
    ]
    assert [_named(node) for node in queue["nodes"]] == ["a", "b", "c", "d", "e"]
    assert statements.names[:3] == ["review_queue", "practice_by_id", "questions_by_id"]
    assert sorted(statements.names[3:]) == ["review_queue_count", "solutions_by_practice", "users_by_id"]


async def test_the_queue_is_paged_narrowed_and_ordered(api: Api, make: Make, statements: Statements) -> None:
    sam, max_ = await make.student(), await make.student("max")
    tess = await make.tutor(of=sam)
    await make.assignment(tess, max_)
    await _queue(make, sam, tess)
    await _asked(make, max_, "f", 8)
    paged, after = "", None
    for more in (True, True, False):
        page = (await api.data(QUEUE, tess, first=2, after=after))["reviewQueue"]
        paged += "".join(_named(node) for node in page["nodes"])
        after = page["pageInfo"]["endCursor"]
        assert page["pageInfo"]["hasNextPage"] is more
    assert paged == "abcdef"
    assert await _names(api, tess, last=2) == "ef"
    assert await _names(api, tess, orderBy="NEWEST") == "fedcba"
    assert await _names(api, tess, where={"studentId": max_.gid}) == "f"
    assert await _names(api, tess, where={"kind": "PRACTICE"}) == "be"
    statements.clear()
    assert await _names(api, tess, where={"kind": "QUESTION", "studentId": sam.gid}) == "acd"
    assert statements.names[:2] == ["review_queue", "questions_by_id"]
    assert "practice_by_id" not in statements.names
    assert await api.error_codes(QUEUE, tess, where={"studentId": tess.gid}) == ["BAD_ID"]
    assert await api.error_codes(QUEUE, tess, orderBy="NEWEST", after=after) == ["BAD_CURSOR"]


async def test_the_queue_is_of_ones_own_students(api: Api, make: Make) -> None:
    sam = await make.student()
    tess = await make.tutor(of=sam)
    await _queue(make, sam, tess)
    paused = await make.tutor("paul")
    await make.assignment(paused, sam, status="paused")
    assert await _names(api, await make.admin()) == "abcde"
    for tutor in (paused, await make.tutor("tom")):
        assert await _names(api, tutor) == ""
        assert await _names(api, tutor, where={"studentId": sam.gid}) == ""


@pytest.mark.parametrize("who", ["nobody", "student", "parent"])
async def test_the_queue_is_closed_to_others(api: Api, make: Make, who: str) -> None:
    sam = await make.student()
    await make.written_practice(sam)
    people = {"nobody": None, "student": sam, "parent": await make.parent(of=sam)}
    answer = await api.run(QUEUE, people[who])
    assert answer["data"] is None
    expected = "UNAUTHENTICATED" if who == "nobody" else "FORBIDDEN"
    assert [error["extensions"]["code"] for error in answer["errors"]] == [expected]


async def test_approved_practice_leaves_the_queue(api: Api, make: Make) -> None:
    sam = await make.student()
    tess = await make.tutor(of=sam)
    practice = await make.written_practice(sam, "a")
    assert await _names(api, tess) == "a"
    document = "mutation ($id: ID!) { approvePractice(input: {id: $id}) { userErrors { code } } }"
    await api.data(document, tess, id=to_global("PracticeAssignment", practice))
    assert await _names(api, tess) == ""


@pytest.mark.parametrize("waiting", [1, 12])
async def test_the_queue_costs_the_same_at_any_length(
    api: Api, make: Make, statements: Statements, waiting: int
) -> None:
    tess = await make.tutor()
    for number in range(waiting):
        student = await make.student(f"s{number}")
        await make.assignment(tess, student)
        await make.written_practice(student)
        await make.question(student)
    statements.clear()
    queue = (await api.data(QUEUE, tess))["reviewQueue"]
    assert queue["totalCount"] == 2 * waiting
    assert len(queue["nodes"]) == min(2 * waiting, 20)
    assert statements.names[0] == "review_queue"
    assert sorted(statements.names[1:]) == [
        "practice_by_id",
        "questions_by_id",
        "review_queue_count",
        "solutions_by_practice",
        "users_by_id",
    ]
