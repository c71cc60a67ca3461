"""People: found by those around them."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

import pytest

from schema.ids import to_global
from tests.api import Api
from tests.make import Make, Person
from tests.schema.conftest import Statements

VIEWER = "{ viewer { __typename id email role displayName cognitoSub details { disclaimerShown } } }"
STUDENTS = """
query (
  $first: Int, $after: String, $last: Int, $before: String, $orderBy: UserOrder! = BY_EMAIL, $where: StudentWhere
) {
  students(first: $first, after: $after, last: $last, before: $before, orderBy: $orderBy, where: $where) {
    nodes { email }
    totalCount
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}
"""
USERS = """
query ($first: Int, $after: String, $last: Int, $before: String, $orderBy: UserOrder! = BY_EMAIL, $where: UserWhere) {
  users(first: $first, after: $after, last: $last, before: $before, orderBy: $orderBy, where: $where) {
    nodes { __typename email }
    totalCount
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}
"""

ROLES = ["student", "tutor", "parent", "admin"]


def emails(connection: Any) -> list[str]:
    """The first part of each address."""
    return [node["email"].partition("@")[0] for node in connection["nodes"]]


# Who sees whom


@pytest.mark.parametrize("role", ROLES)
async def test_everybody_is_their_own_viewer(api: Api, make: Make, statements: Statements, role: str) -> None:
    kim = await make.person(role, "kim")
    statements.clear()
    data = await api.data(VIEWER, kim)
    assert data["viewer"] == {
        "__typename": role.title(),
        "id": kim.gid,
        "email": "kim@school.test",
        "role": role.upper(),
        "displayName": "Kim",
        "cognitoSub": "sub-kim" if role == "admin" else None,
        "details": {"disclaimerShown": False},
    }
    assert statements.names == ["users_by_id", "cognito_subs_by_user", "user_details_by_user"]


async def test_the_token_subject_is_for_administrators(api: Api, make: Make) -> None:
    sam = await make.student()
    around = [sam, await make.tutor(of=sam), await make.parent(of=sam)]
    query = "{ students { nodes { email cognitoSub } } }"
    for person in around:
        data = await api.data(query, person)
        assert data["students"]["nodes"] == [{"email": "sam@school.test", "cognitoSub": None}]
    data = await api.data(query, await make.admin())
    assert data["students"]["nodes"] == [{"email": "sam@school.test", "cognitoSub": "sub-sam"}]


async def test_students_are_ones_own(api: Api, make: Make) -> None:
    sam, sue, ben = await make.student("sam"), await make.student("sue"), await make.student("ben")
    tess, pat, ada = await make.tutor(of=sam), await make.parent(of=sue), await make.admin()
    await make.assignment(tess, sue, status="paused")
    await make.link(pat, ben, status="ended")
    nobody = await make.tutor("tim")
    seen = {
        person.email.partition("@")[0]: (emails(data["students"]), data["students"]["totalCount"])
        for person in (sam, tess, pat, ada, nobody)
        if (data := await api.data(STUDENTS, person))
    }
    assert seen == {
        "sam": (["sam"], 1),
        "tess": (["sam"], 1),
        "pat": (["sue"], 1),
        "ada": (["ben", "sam", "sue"], 3),
        "tim": ([], 0),
    }
    assert await api.error_codes(STUDENTS) == ["UNAUTHENTICATED"]


@pytest.mark.parametrize("role", ["student", "tutor", "parent", None])
async def test_only_administrators_list_everyone(api: Api, make: Make, role: str | None) -> None:
    person = await make.person(role, "kim") if role else None
    answer = await api.run(USERS, person)
    assert answer["data"] is None
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["FORBIDDEN" if role else "UNAUTHENTICATED"]


# Lists


async def _school(make: Make) -> Person:
    ada = await make.admin("ada", created_at="2026-01-01T00:00:00Z")
    for number, name in enumerate(["eve", "bob", "dan", "cat"], start=2):
        await make.student(name, created_at=f"2026-01-0{number}T00:00:00Z")
    await make.tutor("tess", created_at="2026-01-09T00:00:00Z")
    return ada


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("BY_EMAIL", ["bob", "cat", "dan", "eve"]),
        ("NEWEST", ["cat", "dan", "bob", "eve"]),
        ("OLDEST", ["eve", "bob", "dan", "cat"]),
    ],
)
async def test_students_are_paged_from_both_ends(
    api: Api, make: Make, statements: Statements, order: str, expected: list[str]
) -> None:
    ada = await _school(make)
    statements.clear()
    first = (await api.data(STUDENTS, ada, first=3, orderBy=order))["students"]
    assert statements.names == ["students", "students_count"]
    assert (emails(first), first["totalCount"]) == (expected[:3], 4)
    assert (first["pageInfo"]["hasNextPage"], first["pageInfo"]["hasPreviousPage"]) == (True, False)
    after = first["pageInfo"]["endCursor"]
    rest = (await api.data(STUDENTS, ada, first=3, after=after, orderBy=order))["students"]
    assert (emails(rest), rest["pageInfo"]["hasNextPage"]) == (expected[3:], False)
    last = (await api.data(STUDENTS, ada, last=2, orderBy=order))["students"]
    assert emails(last) == expected[2:]
    before = last["pageInfo"]["startCursor"]
    start = (await api.data(STUDENTS, ada, last=9, before=before, orderBy=order))["students"]
    assert (emails(start), start["pageInfo"]["hasPreviousPage"]) == (expected[:2], False)


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("BY_EMAIL", ["ada", "bob", "cat", "dan", "eve", "tess"]),
        ("NEWEST", ["tess", "cat", "dan", "bob", "eve", "ada"]),
        ("OLDEST", ["ada", "eve", "bob", "dan", "cat", "tess"]),
    ],
)
async def test_everyone_is_paged_from_both_ends(
    api: Api, make: Make, statements: Statements, order: str, expected: list[str]
) -> None:
    ada = await _school(make)
    statements.clear()
    first = (await api.data(USERS, ada, first=4, orderBy=order))["users"]
    assert statements.names == ["users", "users_count"]
    assert (emails(first), first["totalCount"]) == (expected[:4], 6)
    after = first["pageInfo"]["endCursor"]
    assert emails((await api.data(USERS, ada, after=after, orderBy=order))["users"]) == expected[4:]
    last = (await api.data(USERS, ada, last=4, orderBy=order))["users"]
    assert emails(last) == expected[2:]
    before = last["pageInfo"]["startCursor"]
    assert emails((await api.data(USERS, ada, before=before, orderBy=order))["users"]) == expected[:2]
    other = "OLDEST" if order == "NEWEST" else "NEWEST"
    assert await api.error_codes(USERS, ada, after=after, orderBy=other) == ["BAD_CURSOR"]
    name, _, row_id = json.loads(urlsafe_b64decode(after + "=="))
    for value in ("a\0b", "a\ud800"):
        place = json.dumps([name, value, row_id]).encode()
        unheard = urlsafe_b64encode(place).decode().rstrip("=")
        assert await api.error_codes(USERS, ada, after=unheard, orderBy=order) == ["BAD_CURSOR"]


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ({}, ["ada", "bob", "cat", "dan", "eve", "tess"]),
        ({"role": "STUDENT"}, ["bob", "cat", "dan", "eve"]),
        ({"role": "TUTOR"}, ["tess"]),
        ({"role": "PARENT"}, []),
        ({"search": "  EVE "}, ["eve"]),
        ({"search": "School"}, ["ada", "bob", "cat", "dan", "eve", "tess"]),
        (
            {
                "search": "a",
                "role": "STUDENT",
            },
            ["cat", "dan"],
        ),
        ({"search": "%"}, []),
        ({"search": "_"}, []),
        ({"search": "\\"}, []),
        ({"search": "   "}, ["ada", "bob", "cat", "dan", "eve", "tess"]),
    ],
)
async def test_everyone_is_searched(api: Api, make: Make, where: dict[str, str], expected: list[str]) -> None:
    ada = await _school(make)
    found = (await api.data(USERS, ada, where=where))["users"]
    assert (emails(found), found["totalCount"]) == (expected, len(expected))


async def test_a_search_looks_at_names_too(api: Api, make: Make) -> None:
    ada = await make.admin()
    zoe, _ = (
        await make.student(
            "s1",
        ),
        await make.student("s2"),
    )
    await make.owner.execute("update users set display_name = 'Zoë Ångström' where id = %s", [zoe.id])
    found = await api.data(STUDENTS, ada, where={"search": "zoË å"})
    assert (emails(found["students"]), found["students"]["totalCount"]) == (["s1"], 1)


@pytest.mark.parametrize("search", ["x" * 101, "a\x00b"])
async def test_a_search_that_cannot_be_is_refused(api: Api, make: Make, search: str) -> None:
    ada = await make.admin()
    assert await api.error_codes(USERS, ada, where={"search": search}) == ["BAD_USER_INPUT"]
    assert await api.error_codes(STUDENTS, ada, where={"search": search}) == ["BAD_USER_INPUT"]


async def test_a_tutors_students_cost_one_statement(api: Api, make: Make, statements: Statements) -> None:
    tess, ada = await make.tutor(), await make.admin()
    tim = await make.tutor("tim")
    algebra = await make.subject("Algebra")
    for name in ("sam", "sue", "ben"):
        student = await make.student(name)
        await make.assignment(tess, student)
        await make.assignment(tess, student, subject_id=algebra)
    await make.assignment(tim, student)
    await make.assignment(tim, await make.student("gone"), status="completed")
    query = """{ users(where: {role: TUTOR}) { nodes { email ... on Tutor {
        students(first: 2) { nodes { email } totalCount pageInfo { hasNextPage } } } } } }"""
    statements.clear()
    data = await api.data(query, ada)
    assert statements.names == ["users", "students_by_tutor", "students_by_tutor_count"]
    assert [
        (node["email"], emails(node["students"]), node["students"]["totalCount"]) for node in data["users"]["nodes"]
    ] == [("tess@school.test", ["ben", "sam"], 3), ("tim@school.test", ["ben"], 1)]
    own = """query ($where: StudentWhere) { viewer { ... on Tutor {
        students(where: $where, last: 2) { nodes { email } } } } }"""
    assert emails((await api.data(own, tess))["viewer"]["students"]) == ["sam", "sue"]
    assert emails((await api.data(own, tess, where={"search": "sa"}))["viewer"]["students"]) == ["sam"]


async def test_a_tutors_students_are_shown_as_far_as_one_sees_them(api: Api, make: Make) -> None:
    sam, sue = await make.student("sam"), await make.student("sue")
    tess = await make.tutor(of=sam)
    await make.assignment(tess, sue)
    pat = await make.parent(of=sam)
    query = """{ students { nodes { tutorAssignments { nodes {
        tutor { students { nodes { email } totalCount } } } } } } }"""
    for person in (sam, pat):
        (student,) = (await api.data(query, person))["students"]["nodes"]
        assert student["tutorAssignments"]["nodes"] == [
            {"tutor": {"students": {"nodes": [{"email": "sam@school.test"}], "totalCount": 1}}}
        ]


async def test_a_parents_children_cost_one_statement(api: Api, make: Make, statements: Statements) -> None:
    pat, ada = await make.parent(), await make.admin()
    for name in ("sam", "sue"):
        await make.link(pat, await make.student(name))
    await make.link(pat, await make.student("gone"), status="ended")
    query = "{ users(where: {role: PARENT}) { nodes { ... on Parent { children { nodes { email } totalCount } } } } }"
    statements.clear()
    data = await api.data(query, ada)
    assert statements.names == ["users", "children_by_parent", "children_by_parent_count"]
    (node,) = data["users"]["nodes"]
    assert (emails(node["children"]), node["children"]["totalCount"]) == (["sam", "sue"], 2)


async def test_goals_by_who_set_them(api: Api, make: Make, statements: Statements) -> None:
    sam, sue = await make.student("sam"), await make.student("sue")
    tess = await make.tutor(of=sam)
    await make.goal(sam, "by tess", created_by=tess.id, created_at="2026-01-01T00:00:00Z")
    await make.goal(sam, "an exam", created_by=tess.id, goal_type="SAT", created_at="2026-01-02T00:00:00Z")
    await make.goal(sue, "before tess left", created_by=tess.id)
    query = """query ($where: GoalWhere) {
      viewer { createdGoals(where: $where) { nodes { title } totalCount } } }"""
    statements.clear()
    data = await api.data(query, tess)
    assert statements.names == ["users_by_id", "goals_by_creator", "goals_by_creator_count"]
    assert data["viewer"]["createdGoals"] == {"nodes": [{"title": "an exam"}, {"title": "by tess"}], "totalCount": 2}
    data = await api.data(query, tess, where={"kind": "SAT"})
    assert data["viewer"]["createdGoals"] == {"nodes": [{"title": "an exam"}], "totalCount": 1}


# By id

NODE = "query ($id: ID!) { node(id: $id) { __typename id } }"
NODES = "query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }"


async def test_a_person_is_fetched_by_id_where_visible(api: Api, make: Make, statements: Statements) -> None:
    sam, sue = await make.student("sam"), await make.student("sue")
    tess, pat, ada = await make.tutor(of=sam), await make.parent(of=sam), await make.admin()
    everyone = [sam, sue, tess, pat, ada]
    seen = {sam: [sam, tess, pat], sue: [sue], tess: [sam, tess, pat], pat: [sam, tess, pat], ada: everyone}
    for person, visible in seen.items():
        statements.clear()
        data = await api.data(NODES, person, ids=[each.gid for each in everyone])
        assert statements.names == ["users_by_id"]
        assert data["nodes"] == [
            {"__typename": each.role.title(), "id": each.gid} if each in visible else None for each in everyone
        ], person.email
        for each in everyone:
            data = await api.data(NODE, person, id=each.gid)
            assert (data["node"] is not None) == (each in visible)


@pytest.mark.parametrize("type_name", ["Tutor", "Parent", "Admin", "Goal", "Subject", "TutorAssignment", "ParentLink"])
async def test_an_id_under_another_types_name_is_nothing(api: Api, make: Make, type_name: str) -> None:
    sam = await make.student()
    assert await api.data(NODE, sam, id=to_global(type_name, sam.id)) == {"node": None}


@pytest.mark.parametrize("type_name", ["User", "Node", "Query", "Role", "String", "UserWhere", "GoalPayload", "", "x"])
async def test_an_id_of_no_type_is_refused(api: Api, make: Make, type_name: str) -> None:
    sam = await make.student()
    assert await api.error_codes(NODE, sam, id=to_global(type_name, sam.id)) == ["BAD_ID"]
    assert await api.error_codes(NODES, sam, ids=[sam.gid, to_global(type_name, sam.id)]) == ["BAD_ID"]


async def test_nobody_signed_in_fetches_nothing(api: Api, make: Make) -> None:
    sam = await make.student()
    assert await api.error_codes(NODE, id=sam.gid) == ["UNAUTHENTICATED"]
