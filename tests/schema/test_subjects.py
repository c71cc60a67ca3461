"""The subject catalogue: read by everyone signed in, kept by administrators."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from schema.ids import to_global
from tests.api import Api
from tests.make import Make
from tests.schema.conftest import Statements
from tests.schema.stored import log, rows, value

SUBJECTS = """
query ($first: Int, $after: String, $last: Int, $before: String, $where: SubjectWhere) {
  subjects(first: $first, after: $after, last: $last, before: $before, where: $where) {
    nodes { name category description relatedSubjects { name } }
    totalCount
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}
"""
CREATE = """
mutation ($input: CreateSubjectInput!) {
  createSubject(input: $input) {
    subject { name category description relatedSubjects { name } }
    userErrors { field code }
  }
}
"""
UPDATE = """
mutation ($input: UpdateSubjectInput!) {
  updateSubject(input: $input) {
    subject { name category description relatedSubjects { name } }
    userErrors { field code }
  }
}
"""
NODE = "query ($id: ID!) { node(id: $id) { ... on Subject { name } } }"


def gid(subject_id: UUID) -> str:
    """The global id of a subject."""
    return to_global("Subject", subject_id)


def names(connection: Any) -> list[str]:
    """The subjects' names."""
    return [node["name"] for node in connection["nodes"]]


# Reading


@pytest.mark.parametrize("role", ["student", "tutor", "parent", "admin"])
async def test_everyone_signed_in_reads_the_catalogue(api: Api, make: Make, role: str) -> None:
    kim = await make.person(role, "kim")
    algebra = await make.subject("Algebra", category="Math", description="x")
    data = await api.data(SUBJECTS, kim)
    assert data["subjects"]["nodes"] == [
        {"name": "Algebra", "category": "Math", "description": "x", "relatedSubjects": []}
    ]
    assert await api.data(NODE, kim, id=gid(algebra)) == {"node": {"name": "Algebra"}}
    assert await api.data(NODE, kim, id=gid(UUID(int=7))) == {"node": None}


async def test_nobody_reads_it_unknown(api: Api, make: Make) -> None:
    algebra = await make.subject("Algebra")
    assert await api.error_codes(SUBJECTS) == ["UNAUTHENTICATED"]
    assert await api.error_codes(NODE, id=gid(algebra)) == ["UNAUTHENTICATED"]


async def test_subjects_are_paged_from_both_ends(api: Api, make: Make, statements: Statements) -> None:
    sam = await make.student()
    for name in ("Physics", "Algebra", "Chemistry", "Biology"):
        await make.subject(name)
    statements.clear()
    first = (await api.data(SUBJECTS, sam, first=3))["subjects"]
    assert statements.names == ["subjects", "subjects_count"]
    assert (names(first), first["totalCount"]) == (["Algebra", "Biology", "Chemistry"], 4)
    assert (first["pageInfo"]["hasNextPage"], first["pageInfo"]["hasPreviousPage"]) == (True, False)
    rest = (await api.data(SUBJECTS, sam, after=first["pageInfo"]["endCursor"]))["subjects"]
    assert (names(rest), rest["pageInfo"]["hasNextPage"]) == (["Physics"], False)
    last = (await api.data(SUBJECTS, sam, last=2))["subjects"]
    assert (names(last), last["pageInfo"]["hasPreviousPage"]) == (["Chemistry", "Physics"], True)
    before = (await api.data(SUBJECTS, sam, last=2, before=last["pageInfo"]["startCursor"]))["subjects"]
    assert (names(before), before["pageInfo"]["hasPreviousPage"]) == (["Algebra", "Biology"], False)


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ({"category": "Math"}, ["Algebra", "Geometry"]),
        ({"category": "math"}, []),
        ({"search": "GE"}, ["Algebra", "Geometry"]),
        ({"search": "ge", "category": "Science"}, []),
        ({"search": " chem "}, ["Chemistry"]),
        ({"search": "%"}, []),
        ({"search": ""}, ["Algebra", "Chemistry", "Geometry"]),
    ],
)
async def test_subjects_are_searched(api: Api, make: Make, where: dict[str, str], expected: list[str]) -> None:
    sam = await make.student()
    for name, category in (("Geometry", "Math"), ("Algebra", "Math"), ("Chemistry", "Science")):
        await make.subject(name, category=category)
    found = (await api.data(SUBJECTS, sam, where=where))["subjects"]
    assert (names(found), found["totalCount"]) == (expected, len(expected))


@pytest.mark.parametrize("where", [{"search": "x" * 101}, {"search": "a\x00"}, {"category": "a\x00"}])
async def test_a_search_that_cannot_be_is_refused(api: Api, make: Make, where: dict[str, str]) -> None:
    assert await api.error_codes(SUBJECTS, await make.student(), where=where) == ["BAD_USER_INPUT"]


async def test_related_subjects_cost_one_statement_and_skip_one_that_is_gone(
    api: Api, make: Make, statements: Statements
) -> None:
    sam = await make.student()
    biology, physics = await make.subject("Biology"), await make.subject("Physics")
    await make.subject("Algebra", related_subjects=[physics, UUID(int=7), biology])
    await make.subject("Zoology", related_subjects=[biology])
    statements.clear()
    data = await api.data(SUBJECTS, sam)
    assert statements.names[0] == "subjects"
    assert sorted(statements.names[1:]) == ["subjects_by_id", "subjects_count"]
    related = {node["name"]: [each["name"] for each in node["relatedSubjects"]] for node in data["subjects"]["nodes"]}
    assert related == {"Algebra": ["Physics", "Biology"], "Biology": [], "Physics": [], "Zoology": ["Biology"]}


async def test_what_belongs_to_a_subject_is_what_one_may_see(api: Api, make: Make) -> None:
    algebra = await make.subject()
    sam, sue = await make.student("sam"), await make.student("sue")
    tess, ada = await make.tutor(), await make.admin()
    await make.assignment(tess, sam, subject_id=algebra)
    for student in (sam, sue):
        await make.goal(student, student.email, subject_id=algebra)
        await make.assignment(await make.tutor(f"t-{student.role}-{student.id.hex[:4]}"), student, subject_id=algebra)
    query = "{ subjects { nodes { goals { totalCount } assignments { totalCount } } } }"
    expected = {sam: (1, 2), sue: (1, 1), tess: (1, 2), ada: (2, 3), await make.parent(): (0, 0)}
    for person, (goals, assignments) in expected.items():
        (node,) = (await api.data(query, person))["subjects"]["nodes"]
        assert node == {"goals": {"totalCount": goals}, "assignments": {"totalCount": assignments}}, person.email


# Keeping


async def test_an_administrator_adds_and_changes_a_subject(api: Api, make: Make) -> None:
    ada = await make.admin()
    biology, physics = await make.subject("Biology"), await make.subject("Physics")
    data = await api.data(
        CREATE,
        ada,
        input={
            "name": " Algebra ",
            "category": "Math",
            "description": "  ",
            "relatedSubjectIds": [gid(physics), gid(biology), gid(physics)],
        },
    )
    added = {
        "name": "Algebra",
        "category": "Math",
        "description": None,
        "relatedSubjects": [{"name": "Physics"}, {"name": "Biology"}],
    }
    assert data["createSubject"] == {"subject": added, "userErrors": []}
    algebra = await value(make, "select id from subjects where name = 'Algebra'")
    data = await api.data(UPDATE, ada, input={"id": gid(algebra), "description": "Letters", "category": None})
    changed = {**added, "description": "Letters", "category": None}
    assert data["updateSubject"] == {"subject": changed, "userErrors": []}
    data = await api.data(UPDATE, ada, input={"id": gid(algebra), "relatedSubjectIds": [gid(biology)]})
    assert data["updateSubject"]["subject"] == {**changed, "relatedSubjects": [{"name": "Biology"}]}
    data = await api.data(UPDATE, ada, input={"id": gid(algebra), "relatedSubjectIds": None, "name": "Algebra I"})
    assert data["updateSubject"]["subject"] == {**changed, "relatedSubjects": [], "name": "Algebra I"}
    data = await api.data(UPDATE, ada, input={"id": gid(algebra)})
    assert data["updateSubject"]["subject"] == {**changed, "relatedSubjects": [], "name": "Algebra I"}
    target = ("Subject", algebra, None)
    assert await log(make) == [
        ("subject.create", *target, {}),
        ("subject.update", *target, {"fields": ["category", "description"]}),
        ("subject.update", *target, {"fields": ["related_subject_ids"]}),
        ("subject.update", *target, {"fields": ["name", "related_subject_ids"]}),
        ("subject.update", *target, {"fields": []}),
    ]


@pytest.mark.parametrize(
    ("sent", "field", "code"),
    [
        ({"name": "  "}, "name", "INVALID"),
        ({"name": "x" * 101}, "name", "TOO_LONG"),
        ({"name": "a\x00"}, "name", "INVALID"),
        ({"category": "x" * 51}, "category", "TOO_LONG"),
        ({"description": "x" * 5_001}, "description", "TOO_LONG"),
        ({"relatedSubjectIds": [gid(UUID(int=7))]}, "relatedSubjectIds", "NOT_FOUND"),
        ({"relatedSubjectIds": [gid(UUID(int=number)) for number in range(21)]}, "relatedSubjectIds", "TOO_LONG"),
    ],
)
async def test_a_subject_that_cannot_be_is_refused(
    api: Api, make: Make, sent: dict[str, Any], field: str, code: str
) -> None:
    ada = await make.admin()
    algebra = await make.subject("Algebra")
    refused = {"subject": None, "userErrors": [{"field": field, "code": code}]}
    assert await api.data(CREATE, ada, input={"name": "New", **sent}) == {"createSubject": refused}
    assert await api.data(UPDATE, ada, input={"id": gid(algebra), **sent}) == {"updateSubject": refused}
    assert await rows(make, "select name from subjects") == [("Algebra",)]
    assert await log(make) == []


@pytest.mark.parametrize("name", ["Algebra", " ALGEBRA "])
async def test_a_name_is_one_subjects(api: Api, make: Make, name: str) -> None:
    ada, algebra, art = await make.admin(), await make.subject("Algebra"), await make.subject("Art")
    refused = {"subject": None, "userErrors": [{"field": "name", "code": "CONFLICT"}]}
    assert await api.data(CREATE, ada, input={"name": name}) == {"createSubject": refused}
    assert await api.data(UPDATE, ada, input={"id": gid(art), "name": name}) == {"updateSubject": refused}
    data = await api.data(UPDATE, ada, input={"id": gid(algebra), "name": name})
    assert data["updateSubject"]["subject"]["name"] == name.strip()
    assert await rows(make, "select name from subjects order by name") == [(name.strip(),), ("Art",)]


async def test_of_many_who_add_a_subject_at_once_one_does(api: Api, make: Make) -> None:
    ada = await make.admin()
    names = ["Algebra", "algebra"] * 4
    answers = await asyncio.gather(*(api.data(CREATE, ada, input={"name": name}) for name in names))
    errors = [[error["code"] for error in answer["createSubject"]["userErrors"]] for answer in answers]
    assert sorted(errors) == [[], *[["CONFLICT"]] * 7]
    assert await value(make, "select count(*) from subjects") == 1


async def test_a_subject_is_not_related_to_itself(api: Api, make: Make) -> None:
    ada, algebra = await make.admin(), await make.subject("Algebra")
    data = await api.data(UPDATE, ada, input={"id": gid(algebra), "relatedSubjectIds": [gid(algebra)]})
    assert data["updateSubject"]["userErrors"] == [{"field": "relatedSubjectIds", "code": "INVALID"}]
    assert await api.error_codes(UPDATE, ada, input={"id": gid(algebra), "relatedSubjectIds": [ada.gid]}) == ["BAD_ID"]
    data = await api.data(UPDATE, ada, input={"id": gid(UUID(int=7)), "name": "x"})
    assert data["updateSubject"] == {"subject": None, "userErrors": [{"field": "id", "code": "NOT_FOUND"}]}
    data = await api.data(UPDATE, ada, input={"id": gid(algebra), "name": None})
    assert data["updateSubject"]["userErrors"] == [{"field": "name", "code": "INVALID"}]


@pytest.mark.parametrize("role", ["student", "tutor", "parent", None])
async def test_nobody_else_keeps_the_catalogue(api: Api, make: Make, role: str | None) -> None:
    person = await make.person(role, "kim") if role else None
    algebra = await make.subject("Algebra")
    denied = ["FORBIDDEN" if role else "UNAUTHENTICATED"]
    assert await api.error_codes(CREATE, person, input={"name": "Mine"}) == denied
    assert await api.error_codes(UPDATE, person, input={"id": gid(algebra), "name": "Mine"}) == denied
    assert await rows(make, "select name from subjects") == [("Algebra",)]
