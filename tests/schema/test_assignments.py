"""Tutors' assignments: made by administrators, kept by their own tutors, and what decides whom a tutor sees."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from db.encryption import context_of
from schema.ids import to_global
from tests.api import Api
from tests.make import Make
from tests.schema.conftest import Statements
from tests.schema.stored import log, rows, value

CREATE = """
mutation ($input: CreateTutorAssignmentInput!) {
  createTutorAssignment(input: $input) {
    assignment {
      status startDate endDate notes tutor { email } student { email } subject { name }
    }
    userErrors { field code }
  }
}
"""
UPDATE = """
mutation ($input: UpdateTutorAssignmentInput!) {
  updateTutorAssignment(input: $input) {
    assignment { status startDate endDate notes }
    userErrors { field code }
  }
}
"""
STATUS = """
mutation ($input: ChangeTutorAssignmentStatusInput!) {
  changeTutorAssignmentStatus(input: $input) {
    assignment { status tutor { email } student { email } }
    userErrors { field code }
  }
}
"""
NODE = "query ($id: ID!) { node(id: $id) { __typename ... on TutorAssignment { status notes } } }"


def gid(assignment_id: UUID) -> str:
    """The global id of an assignment."""
    return to_global("TutorAssignment", assignment_id)


async def noted(make: Make, assignment_id: UUID, notes: str) -> None:
    """Put notes on an assignment as the application would."""
    place = context_of("tutor_student_assignments", "notes", assignment_id)
    await make.owner.execute(
        "update tutor_student_assignments set notes = %s where id = %s",
        [make.keys.encrypt(notes, place), assignment_id],
    )


# Making


async def test_an_administrator_assigns_a_tutor(api: Api, make: Make) -> None:
    sam, tess, ada = await make.student(), await make.tutor(), await make.admin()
    algebra = await make.subject("Algebra")
    students = "{ students { nodes { email } } }"
    assert await api.data(students, tess) == {"students": {"nodes": []}}
    data = await api.data(
        CREATE,
        ada,
        input={
            "tutorId": tess.gid,
            "studentId": sam.gid,
            "subjectId": to_global("Subject", algebra),
            "startDate": "2026-03-01",
            "endDate": "2026-03-01",
            "notes": " Shy at first. ",
        },
    )
    assert data["createTutorAssignment"] == {
        "assignment": {
            "status": "ACTIVE",
            "startDate": "2026-03-01",
            "endDate": "2026-03-01",
            "notes": "Shy at first.",
            "tutor": {"email": "tess@school.test"},
            "student": {"email": "sam@school.test"},
            "subject": {"name": "Algebra"},
        },
        "userErrors": [],
    }
    assert await api.data(students, tess) == {"students": {"nodes": [{"email": "sam@school.test"}]}}
    ((assignment_id, stored),) = await rows(make, "select id, notes from tutor_student_assignments")
    assert stored.startswith("v1:")
    assert "Shy" not in stored
    assert await log(make) == [("tutor_assignment.create", "TutorAssignment", assignment_id, sam.id, {})]


async def test_a_tutor_and_a_student_go_together_once_in_a_subject(api: Api, make: Make) -> None:
    sam, tess, ada = await make.student(), await make.tutor(), await make.admin()
    algebra, physics = await make.subject("Algebra"), await make.subject("Physics")
    pair = {"tutorId": tess.gid, "studentId": sam.gid}
    for subject in (None, to_global("Subject", algebra), to_global("Subject", physics)):
        sent = {**pair, "subjectId": subject}
        assert (await api.data(CREATE, ada, input=sent))["createTutorAssignment"]["userErrors"] == []
        assert (await api.data(CREATE, ada, input=sent))["createTutorAssignment"] == {
            "assignment": None,
            "userErrors": [{"field": "studentId", "code": "CONFLICT"}],
        }
    assert await value(make, "select count(*) from tutor_student_assignments") == 3
    assert len(await log(make)) == 3


@pytest.mark.parametrize("with_subject", [True, False])
async def test_of_many_who_assign_at_once_one_succeeds(api: Api, make: Make, with_subject: bool) -> None:
    sam, tess, ada = await make.student(), await make.tutor(), await make.admin()
    subject = to_global("Subject", await make.subject()) if with_subject else None
    sent = {"tutorId": tess.gid, "studentId": sam.gid, "subjectId": subject}
    answers = await asyncio.gather(*(api.data(CREATE, ada, input=sent) for _ in range(8)))
    payloads = [answer["createTutorAssignment"] for answer in answers]
    assert sum(payload["assignment"] is not None for payload in payloads) == 1
    errors = [error for payload in payloads for error in payload["userErrors"]]
    assert errors == [{"field": "studentId", "code": "CONFLICT"}] * 7
    assert await value(make, "select count(*) from tutor_student_assignments") == 1


@pytest.mark.parametrize(
    ("sent", "field", "code"),
    [
        ({"startDate": "2026-03-02", "endDate": "2026-03-01"}, "endDate", "INVALID"),
        ({"notes": "x" * 5_001}, "notes", "TOO_LONG"),
        ({"notes": "a\x00b"}, "notes", "INVALID"),
        ({"tutorId": ("Tutor", "student")}, "tutorId", "NOT_FOUND"),
        ({"tutorId": ("Tutor", None)}, "tutorId", "NOT_FOUND"),
        ({"studentId": ("Student", "tutor")}, "studentId", "NOT_FOUND"),
        ({"studentId": ("Student", None)}, "studentId", "NOT_FOUND"),
        ({"subjectId": ("Subject", "tutor")}, "subjectId", "NOT_FOUND"),
    ],
)
async def test_an_assignment_that_cannot_be_is_refused(
    api: Api, make: Make, sent: dict[str, Any], field: str, code: str
) -> None:
    sam, tess, ada = await make.student(), await make.tutor(), await make.admin()
    people = {"student": sam.id, "tutor": tess.id, None: UUID(int=7)}
    sent = {
        name: to_global(each[0], people[each[1]]) if isinstance(each, tuple) else each for name, each in sent.items()
    }
    data = await api.data(CREATE, ada, input={"tutorId": tess.gid, "studentId": sam.gid, **sent})
    assert data["createTutorAssignment"] == {"assignment": None, "userErrors": [{"field": field, "code": code}]}
    assert await value(make, "select count(*) from tutor_student_assignments") == 0
    assert await log(make) == []


async def test_ids_of_other_types_are_the_programs_mistake(api: Api, make: Make) -> None:
    sam, tess, ada = await make.student(), await make.tutor(), await make.admin()
    assert await api.error_codes(CREATE, ada, input={"tutorId": sam.gid, "studentId": sam.gid}) == ["BAD_ID"]
    assert await api.error_codes(CREATE, ada, input={"tutorId": tess.gid, "studentId": tess.gid}) == ["BAD_ID"]
    for document in (UPDATE, STATUS):
        sent = {"id": sam.gid} | ({"status": "PAUSED"} if document is STATUS else {})
        assert await api.error_codes(document, ada, input=sent) == ["BAD_ID"]


@pytest.mark.parametrize("role", ["student", "tutor", "parent", None])
async def test_only_administrators_assign(api: Api, make: Make, role: str | None) -> None:
    sam = await make.student("sam")
    people = {"student": sam, "tutor": await make.tutor(), "parent": await make.parent(of=sam)}
    sent = {"tutorId": people["tutor"].gid, "studentId": sam.gid}
    denied = ["FORBIDDEN" if role else "UNAUTHENTICATED"]
    assert await api.error_codes(CREATE, people[role] if role else None, input=sent) == denied
    assert await value(make, "select count(*) from tutor_student_assignments") == 0


# Changing


async def test_a_tutor_pauses_their_own_and_an_administrator_resumes_it(api: Api, make: Make) -> None:
    sam, ada = await make.student(), await make.admin()
    tess = await make.tutor()
    assignment = await make.assignment(tess, sam)
    data = await api.data(STATUS, tess, input={"id": gid(assignment), "status": "PAUSED"})
    assert data["changeTutorAssignmentStatus"] == {
        "assignment": {"status": "PAUSED", "tutor": {"email": "tess@school.test"}, "student": None},
        "userErrors": [],
    }
    data = await api.data(STATUS, ada, input={"id": gid(assignment), "status": "PAUSED"})
    assert data["changeTutorAssignmentStatus"]["userErrors"] == [{"field": "status", "code": "ALREADY_DONE"}]
    data = await api.data(STATUS, ada, input={"id": gid(assignment), "status": "ACTIVE"})
    assert data["changeTutorAssignmentStatus"]["assignment"]["student"] == {"email": "sam@school.test"}
    action, target = "tutor_assignment.change_status", ("TutorAssignment", assignment, sam.id)
    assert await log(make) == [
        (action, *target, {"from": "active", "to": "paused"}),
        (action, *target, {"from": "paused", "to": "active"}),
    ]


@pytest.mark.parametrize("by", ["the tutor", "an administrator"])
@pytest.mark.parametrize("status", ["PAUSED", "COMPLETED"])
async def test_a_tutor_who_was_cut_off_stays_cut_off(api: Api, make: Make, status: str, by: str) -> None:
    sam, ada = await make.student(), await make.admin()
    tess = await make.tutor()
    assignment = await make.assignment(tess, sam)
    who = tess if by == "the tutor" else ada
    data = await api.data(STATUS, who, input={"id": gid(assignment), "status": status})
    assert data["changeTutorAssignmentStatus"]["assignment"]["status"] == status
    for document, payload, sent in (
        (STATUS, "changeTutorAssignmentStatus", {"status": "ACTIVE"}),
        (STATUS, "changeTutorAssignmentStatus", {"status": "COMPLETED"}),
        (UPDATE, "updateTutorAssignment", {"notes": "x"}),
    ):
        data = await api.data(document, tess, input={"id": gid(assignment), **sent})
        assert data[payload] == {"assignment": None, "userErrors": [{"field": "id", "code": "FORBIDDEN"}]}
    assert await value(make, "select status from tutor_student_assignments") == status.lower()
    assert await api.data("{ students { nodes { id } } }", tess) == {"students": {"nodes": []}}
    data = await api.data(STATUS, ada, input={"id": gid(assignment), "status": "ACTIVE"})
    assert data["changeTutorAssignmentStatus"]["assignment"]["status"] == "ACTIVE"


async def test_dates_and_notes_are_changed_one_by_one(api: Api, make: Make) -> None:
    sam, ada = await make.student(), await make.admin()
    tess = await make.tutor()
    assignment = await make.assignment(tess, sam, start_date="2026-01-10")
    await noted(make, assignment, "old")

    async def change(**sent: Any) -> Any:
        person = ada if sent.pop("as_admin", False) else tess
        return (await api.data(UPDATE, person, input={"id": gid(assignment), **sent}))["updateTutorAssignment"]

    kept = {"status": "ACTIVE", "startDate": "2026-01-10", "endDate": None, "notes": "old"}
    assert (await change())["assignment"] == kept
    assert (await change(endDate="2026-02-01"))["assignment"] == {**kept, "endDate": "2026-02-01"}
    assert await change(endDate="2026-01-09") == {
        "assignment": None,
        "userErrors": [{"field": "endDate", "code": "INVALID"}],
    }
    assert await change(startDate="2026-02-02") == {
        "assignment": None,
        "userErrors": [{"field": "startDate", "code": "INVALID"}],
    }
    moved = await change(startDate="2026-03-01", endDate="2026-03-02", notes="new", as_admin=True)
    assert moved["assignment"] == {**kept, "startDate": "2026-03-01", "endDate": "2026-03-02", "notes": "new"}
    cleared = await change(startDate=None, endDate=None, notes=None)
    assert cleared["assignment"] == {"status": "ACTIVE", "startDate": None, "endDate": None, "notes": None}
    assert (await change(notes="x" * 5_001))["userErrors"] == [{"field": "notes", "code": "TOO_LONG"}]
    assert await rows(make, "select notes, start_date, end_date from tutor_student_assignments") == [(None,) * 3]
    fields = [details["fields"] for *_, details in await log(make)]
    assert fields == [[], ["end_date"], ["start_date", "end_date", "notes"], ["start_date", "end_date", "notes"]]


@pytest.mark.parametrize(
    ("who", "code"),
    [
        ("another tutor of the student", "FORBIDDEN"),
        ("a tutor of nobody", "NOT_FOUND"),
        ("the student", "door"),
        ("the parent", "door"),
        (None, "door"),
    ],
)
async def test_nobody_else_changes_an_assignment(api: Api, make: Make, who: str | None, code: str) -> None:
    sam = await make.student()
    assignment = await make.assignment(await make.tutor(), sam)
    people = {
        "another tutor of the student": await make.tutor("tim", of=sam),
        "a tutor of nobody": await make.tutor("tom"),
        "the student": sam,
        "the parent": await make.parent(of=sam),
    }
    person = people[who] if who else None
    for document, payload, sent in (
        (STATUS, "changeTutorAssignmentStatus", {"status": "COMPLETED"}),
        (UPDATE, "updateTutorAssignment", {"notes": "mine"}),
    ):
        answer = await api.run(document, person, input={"id": gid(assignment), **sent})
        if code == "door":
            assert answer["data"] is None
            denied = ["FORBIDDEN" if who else "UNAUTHENTICATED"]
            assert [error["extensions"]["code"] for error in answer["errors"]] == denied
        else:
            refused = {"assignment": None, "userErrors": [{"field": "id", "code": code}]}
            assert answer == {"data": {payload: refused}}
    stored = await rows(make, "select status, notes from tutor_student_assignments where id = %s", assignment)
    assert stored == [("active", None)]
    assert await log(make) == []


# Reading


async def test_assignments_are_seen_from_every_side(api: Api, make: Make) -> None:
    sam, sue = await make.student("sam"), await make.student("sue")
    tess, tim = await make.tutor("tess"), await make.tutor("tim")
    pat, ada = await make.parent(of=sam), await make.admin()
    active = await make.assignment(tess, sam)
    paused = await make.assignment(tess, sue, status="paused")
    done = await make.assignment(tim, sam, status="completed")
    for assignment in (active, paused, done):
        await noted(make, assignment, f"about {assignment}")
    everything = {active, paused, done}
    notes_of = {sam: set(), tess: {active, paused}, tim: {done}, pat: set(), ada: everything, sue: set()}
    sees = {sam: {active, done}, sue: {paused}, tess: everything, tim: {done}, pat: {active, done}, ada: everything}
    for person, visible in sees.items():
        for assignment in everything:
            data = await api.data(NODE, person, id=gid(assignment))
            if assignment not in visible:
                assert data == {"node": None}, person.email
                continue
            notes = f"about {assignment}" if assignment in notes_of[person] else None
            assert (data["node"]["__typename"], data["node"]["notes"]) == ("TutorAssignment", notes), person.email
    assert await api.error_codes(NODE, id=gid(active)) == ["UNAUTHENTICATED"]


async def test_the_edges_of_an_assignment_cost_one_statement_each(api: Api, make: Make, statements: Statements) -> None:
    algebra = await make.subject()
    ada = await make.admin()
    for number in range(3):
        sam = await make.student(f"s{number}")
        await make.assignment(await make.tutor(f"t{number}"), sam, subject_id=algebra)
    query = """{ subjects { nodes { assignments { totalCount nodes {
        notes student { email tutorAssignments { totalCount } } tutor { email assignments { nodes { status } } }
        subject { name }
    } } } } }"""
    statements.clear()
    data = await api.data(query, ada)
    assert sorted(statements.names) == [
        "assignments_by_student",
        "assignments_by_student_count",
        "assignments_by_subject",
        "assignments_by_subject_count",
        "assignments_by_tutor",
        "notes_by_assignment",
        "subjects",
        "subjects_by_id",
        "users_by_id",
    ]
    (subject,) = data["subjects"]["nodes"]
    assert subject["assignments"]["totalCount"] == 3
    assert subject["assignments"]["nodes"][0] == {
        "notes": None,
        "student": {"email": "s2@school.test", "tutorAssignments": {"totalCount": 1}},
        "tutor": {"email": "t2@school.test", "assignments": {"nodes": [{"status": "ACTIVE"}]}},
        "subject": {"name": "Algebra"},
    }


@pytest.mark.parametrize("side", ["student", "tutor"])
async def test_assignments_are_filtered_and_paged_from_both_ends(api: Api, make: Make, side: str) -> None:
    physics = await make.subject("Physics")
    people = {"student": await make.student("one"), "tutor": await make.tutor("two")}
    for number, status in enumerate(["active", "paused", "completed", "active"], start=1):
        other = await make.person("tutor" if side == "student" else "student", f"p{number}")
        pair = (other, people["student"]) if side == "student" else (people["tutor"], other)
        subject = physics if number == 4 else None
        at = f"2026-03-0{number}T00:00:00Z"
        await make.assignment(*pair, status=status, assigned_at=at, start_date=f"2026-03-0{number}", subject_id=subject)
    type_name, field = ("Student", "tutorAssignments") if side == "student" else ("Tutor", "assignments")
    query = f"""
    query ($first: Int, $after: String, $last: Int, $before: String, $by: AssignmentOrder! = NEWEST,
           $where: AssignmentWhere) {{
      viewer {{ ... on {type_name} {{ list: {field}(
        first: $first, after: $after, last: $last, before: $before, orderBy: $by, where: $where
      ) {{ nodes {{ startDate }} totalCount pageInfo {{ startCursor endCursor hasNextPage hasPreviousPage }} }} }} }}
    }}"""

    async def listed(**arguments: Any) -> tuple[list[int], Any]:
        found = (await api.data(query, people[side], **arguments))["viewer"]["list"]
        return [int(node["startDate"][-1]) for node in found["nodes"]], found

    days, found = await listed(first=3)
    assert (days, found["totalCount"], found["pageInfo"]["hasNextPage"]) == ([4, 3, 2], 4, True)
    assert (await listed(after=found["pageInfo"]["endCursor"]))[0] == [1]
    days, found = await listed(last=2, by="OLDEST")
    assert (days, found["pageInfo"]["hasPreviousPage"]) == ([3, 4], True)
    assert (await listed(last=2, before=found["pageInfo"]["startCursor"], by="OLDEST"))[0] == [1, 2]
    assert (await listed(where={"status": "ACTIVE"}))[0] == [4, 1]
    assert (await listed(where={"status": "COMPLETED"}))[1]["totalCount"] == 1
    assert (await listed(where={"subjectId": to_global("Subject", physics)}))[0] == [4]


async def test_notes_that_do_not_open_spoil_nothing_else(api: Api, make: Make) -> None:
    sam, ben = await make.student("sam"), await make.student("ben")
    tess = await make.tutor()
    good, bad = await make.assignment(tess, sam), await make.assignment(tess, ben)
    await noted(make, good, "fine")
    await make.owner.execute(
        """update tutor_student_assignments set notes = (
            select notes from tutor_student_assignments where id = %s) where id = %s""",
        [good, bad],
    )
    query = "{ viewer { ... on Tutor { assignments(orderBy: OLDEST) { nodes { notes } } } } }"
    answer = await api.run(query, tess)
    assert answer["data"]["viewer"]["assignments"]["nodes"] == [{"notes": "fine"}, {"notes": None}]
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["CIPHERTEXT_DAMAGED"]
