"""Parents' links: made by administrators, ended by parents, and what decides whom a parent sees."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from schema.ids import to_global
from tests.api import Api
from tests.make import Make
from tests.schema.conftest import Statements
from tests.schema.stored import log, rows, value

CREATE = """
mutation ($input: CreateParentLinkInput!) {
  createParentLink(input: $input) {
    link { status parent { email } student { email } }
    userErrors { field code }
  }
}
"""
END = """
mutation ($input: EndParentLinkInput!) {
  endParentLink(input: $input) {
    link { status parent { email } student { email } }
    userErrors { field code }
  }
}
"""
RESUME = """
mutation ($input: ResumeParentLinkInput!) {
  resumeParentLink(input: $input) {
    link { status student { email } }
    userErrors { field code }
  }
}
"""
NODE = "query ($id: ID!) { node(id: $id) { __typename ... on ParentLink { status } } }"
STUDENTS = "{ students { nodes { email } } }"


def gid(link_id: UUID) -> str:
    """The global id of a link."""
    return to_global("ParentLink", link_id)


async def test_an_administrator_links_a_parent(api: Api, make: Make) -> None:
    sam, pat, ada = await make.student(), await make.parent(), await make.admin()
    assert await api.data(STUDENTS, pat) == {"students": {"nodes": []}}
    data = await api.data(CREATE, ada, input={"parentId": pat.gid, "studentId": sam.gid})
    assert data["createParentLink"] == {
        "link": {
            "status": "ACTIVE",
            "parent": {"email": "pat@school.test"},
            "student": {"email": "sam@school.test"},
        },
        "userErrors": [],
    }
    assert await api.data(STUDENTS, pat) == {"students": {"nodes": [{"email": "sam@school.test"}]}}
    link_id = await value(make, "select id from parent_student_links")
    assert await log(make) == [("parent_link.create", "ParentLink", link_id, sam.id, {})]


async def test_of_many_who_link_at_once_one_succeeds(api: Api, make: Make) -> None:
    sam, pat, ada = await make.student(), await make.parent(), await make.admin()
    sent = {"parentId": pat.gid, "studentId": sam.gid}
    answers = await asyncio.gather(*(api.data(CREATE, ada, input=sent) for _ in range(8)))
    payloads = [answer["createParentLink"] for answer in answers]
    assert sum(payload["link"] is not None for payload in payloads) == 1
    errors = [error for payload in payloads for error in payload["userErrors"]]
    assert errors == [{"field": "studentId", "code": "CONFLICT"}] * 7
    assert await value(make, "select count(*) from parent_student_links") == 1
    await make.owner.execute("update parent_student_links set status = 'ended'")
    data = await api.data(CREATE, ada, input=sent)
    assert data["createParentLink"]["userErrors"] == [{"field": "studentId", "code": "CONFLICT"}]


@pytest.mark.parametrize("wrong", ["parentId", "studentId"])
@pytest.mark.parametrize("who", ["tutor", "nobody"])
async def test_only_a_parent_and_a_student_are_linked(api: Api, make: Make, wrong: str, who: str) -> None:
    sam, pat, tess, ada = await make.student(), await make.parent(), await make.tutor(), await make.admin()
    wrong_id = tess.id if who == "tutor" else UUID(int=7)
    type_name = wrong.removesuffix("Id").title()
    sent = {"parentId": pat.gid, "studentId": sam.gid, wrong: to_global(type_name, wrong_id)}
    data = await api.data(CREATE, ada, input=sent)
    assert data["createParentLink"] == {"link": None, "userErrors": [{"field": wrong, "code": "NOT_FOUND"}]}
    assert await api.error_codes(CREATE, ada, input={**sent, wrong: tess.gid}) == ["BAD_ID"]
    assert await value(make, "select count(*) from parent_student_links") == 0
    assert await log(make) == []


async def test_a_parent_ends_a_link_and_an_administrator_resumes_it(api: Api, make: Make) -> None:
    sam, ada, pat = await make.student(), await make.admin(), await make.parent()
    link = await make.link(pat, sam)
    data = await api.data(END, pat, input={"id": gid(link)})
    assert data["endParentLink"] == {
        "link": {"status": "ENDED", "parent": {"email": "pat@school.test"}, "student": None},
        "userErrors": [],
    }
    assert await api.data(STUDENTS, pat) == {"students": {"nodes": []}}
    data = await api.data(END, pat, input={"id": gid(link)})
    assert data["endParentLink"] == {"link": None, "userErrors": [{"field": "id", "code": "ALREADY_DONE"}]}
    assert await api.error_codes(RESUME, pat, input={"id": gid(link)}) == ["FORBIDDEN"]
    data = await api.data(RESUME, ada, input={"id": gid(link)})
    assert data["resumeParentLink"] == {
        "link": {"status": "ACTIVE", "student": {"email": "sam@school.test"}},
        "userErrors": [],
    }
    data = await api.data(RESUME, ada, input={"id": gid(link)})
    assert data["resumeParentLink"] == {"link": None, "userErrors": [{"field": "id", "code": "ALREADY_DONE"}]}
    data = await api.data(END, ada, input={"id": gid(link)})
    assert data["endParentLink"]["link"]["status"] == "ENDED"
    target: tuple[Any, ...] = ("ParentLink", link, sam.id, {})
    assert await log(make) == [
        ("parent_link.end", *target),
        ("parent_link.resume", *target),
        ("parent_link.end", *target),
    ]


@pytest.mark.parametrize("role", ["student", "tutor", "other parent", None])
async def test_nobody_else_changes_a_link(api: Api, make: Make, role: str | None) -> None:
    sam = await make.student()
    pat = await make.parent("pat")
    link = await make.link(pat, sam)
    people = {"student": sam, "tutor": await make.tutor(of=sam), "other parent": await make.parent("pip", of=sam)}
    person = people[role] if role else None
    denied = ["FORBIDDEN" if role else "UNAUTHENTICATED"]
    if role == "other parent":
        data = await api.data(END, person, input={"id": gid(link)})
        assert data["endParentLink"] == {"link": None, "userErrors": [{"field": "id", "code": "NOT_FOUND"}]}
    else:
        assert await api.error_codes(END, person, input={"id": gid(link)}) == denied
    assert await api.error_codes(RESUME, person, input={"id": gid(link)}) == denied
    sent = {"parentId": (people["other parent"]).gid, "studentId": sam.gid}
    assert await api.error_codes(CREATE, person, input=sent) == denied
    assert await rows(make, "select status from parent_student_links") == [("active",)] * 2
    assert await log(make) == []


async def test_links_are_seen_from_every_side(api: Api, make: Make) -> None:
    sam, sue = await make.student("sam"), await make.student("sue")
    pat, pip, ada = await make.parent("pat"), await make.parent("pip"), await make.admin()
    tess = await make.tutor(of=sam)
    active, other = await make.link(pat, sam), await make.link(pip, sam)
    ended = await make.link(pat, sue, status="ended")
    everything = [active, other, ended]
    sees = {
        sam: {active, other},
        sue: {ended},
        tess: {active, other},
        pat: {active, ended},
        pip: {other},
        ada: set(everything),
    }
    for person, visible in sees.items():
        for link in everything:
            data = await api.data(NODE, person, id=gid(link))
            assert (data["node"] is not None) == (link in visible), person.email
    assert await api.error_codes(NODE, id=gid(active)) == ["UNAUTHENTICATED"]

    query = "{ students { nodes { parentLinks(orderBy: OLDEST) { nodes { parent { email } } totalCount } } } }"
    for person, shown in ((sam, ["pat", "pip"]), (tess, ["pat", "pip"]), (pat, ["pat"]), (pip, ["pip"])):
        (student,) = (await api.data(query, person))["students"]["nodes"]
        assert student["parentLinks"] == {
            "nodes": [{"parent": {"email": f"{name}@school.test"}} for name in shown],
            "totalCount": len(shown),
        }, person.email


async def test_an_ended_link_shows_a_student_no_parent(api: Api, make: Make) -> None:
    sam, pat, ada = await make.student(), await make.parent(), await make.admin()
    await make.link(pat, sam, status="ended")
    query = "{ students { nodes { parentLinks { nodes { status parent { email } } } } } }"
    for person, parent in ((sam, None), (ada, {"email": "pat@school.test"})):
        (student,) = (await api.data(query, person))["students"]["nodes"]
        assert student["parentLinks"]["nodes"] == [{"status": "ENDED", "parent": parent}]


async def test_a_parents_links_are_filtered_and_paged_from_both_ends(
    api: Api, make: Make, statements: Statements
) -> None:
    pat = await make.parent()
    for number, status in enumerate(["active", "ended", "active"], start=1):
        child = await make.student(f"s{number}")
        await make.link(pat, child, status=status, created_at=f"2026-03-0{number}T00:00:00Z")
    query = """
    query ($first: Int, $after: String, $last: Int, $before: String, $by: ParentLinkOrder! = NEWEST,
           $where: ParentLinkWhere) {
      viewer { ... on Parent { links(
        first: $first, after: $after, last: $last, before: $before, orderBy: $by, where: $where
      ) { nodes { createdAt student { email } } totalCount pageInfo { startCursor endCursor hasNextPage } } } }
    }"""

    async def listed(**arguments: Any) -> tuple[list[int], Any]:
        found = (await api.data(query, pat, **arguments))["viewer"]["links"]
        return [int(node["createdAt"][9]) for node in found["nodes"]], found

    statements.clear()
    days, found = await listed(first=2)
    assert statements.names[:2] == ["users_by_id", "links_by_parent"]
    assert sorted(statements.names[2:]) == ["links_by_parent_count", "users_by_id"]
    assert (days, found["totalCount"], found["pageInfo"]["hasNextPage"]) == ([3, 2], 3, True)
    assert [node["student"] for node in found["nodes"]] == [{"email": "s3@school.test"}, None]
    assert (await listed(after=found["pageInfo"]["endCursor"]))[0] == [1]
    days, found = await listed(last=1, by="OLDEST")
    assert days == [3]
    assert (await listed(before=found["pageInfo"]["startCursor"], by="OLDEST"))[0] == [1, 2]
    assert (await listed(where={"status": "ACTIVE"}))[0] == [3, 1]
    assert (await listed(where={"status": "ENDED"}))[1]["totalCount"] == 1
