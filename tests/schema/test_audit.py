"""The audit log: everybody's acts, read by administrators, changed by nobody."""

from base64 import urlsafe_b64encode
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from psycopg.types.json import Jsonb

from schema.ids import to_global
from tests.api import Api
from tests.make import Make, Person

LOG = """
query ($first: Int, $after: String, $last: Int, $before: String, $orderBy: AuditOrder, $where: AuditWhere) {
  auditLog(first: $first, after: $after, last: $last, before: $before, orderBy: $orderBy, where: $where) {
    nodes { action }
    totalCount
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}
"""
ENTRIES = """
{ auditLog(orderBy: OLDEST) { nodes {
  action actorRole targetType details { name values }
  actor { __typename email } student { email }
  target { __typename ... on Session { durationMinutes } ... on Tutor { email } }
} } }
"""


async def test_an_admin_reads_who_did_what(api: Api, make: Make) -> None:
    sam, ada = await make.student(), await make.admin()
    tess = await make.tutor(of=sam)
    session = await make.session(sam, tess, duration_minutes=50)
    details = {"fields": ["notes", "transcript"], "version": 2, "kept": True, "reason": None}
    await _act(make, tess, "session.update", "Session", session, sam, details)
    await _act(make, ada, "user.update", "User", tess.id)
    await _act(make, None, "import", "Import", None)
    await _act(make, ada, "session.erase", "Session", UUID(int=7))
    assert await api.data(ENTRIES, ada) == {
        "auditLog": {
            "nodes": [
                {
                    "action": "session.update",
                    "actorRole": "TUTOR",
                    "targetType": "Session",
                    # In the order of PostgreSQL's jsonb, which is stable.
                    "details": [
                        {"name": "kept", "values": ["true"]},
                        {"name": "fields", "values": ["notes", "transcript"]},
                        {"name": "reason", "values": [""]},
                        {"name": "version", "values": ["2"]},
                    ],
                    "actor": {"__typename": "Tutor", "email": "tess@school.test"},
                    "student": {"email": "sam@school.test"},
                    "target": {"__typename": "Session", "durationMinutes": 50},
                },
                {
                    "action": "user.update",
                    "actorRole": "ADMIN",
                    "targetType": "User",
                    "details": [],
                    "actor": {"__typename": "Admin", "email": "ada@school.test"},
                    "student": None,
                    "target": {"__typename": "Tutor", "email": "tess@school.test"},
                },
                {
                    "action": "import",
                    "actorRole": "SYSTEM",
                    "targetType": "Import",
                    "details": [],
                    "actor": None,
                    "student": None,
                    "target": None,
                },
                {
                    "action": "session.erase",
                    "actorRole": "ADMIN",
                    "targetType": "Session",
                    "details": [],
                    "actor": {"__typename": "Admin", "email": "ada@school.test"},
                    "student": None,
                    "target": None,
                },
            ]
        }
    }


@pytest.mark.parametrize("role", ["student", "tutor", "parent", None])
async def test_nobody_else_reads_it(api: Api, make: Make, role: str | None) -> None:
    sam = await make.student()
    tess, pat = await make.tutor(of=sam), await make.parent(of=sam)
    person = {"student": sam, "tutor": tess, "parent": pat, None: None}[role]
    await _act(make, person, "transcript.read", "User", sam.id, sam)
    assert await api.error_codes(LOG, person) == ["FORBIDDEN" if role else "UNAUTHENTICATED"]
    if person is None:
        return
    # Nor by the other ways to it: one's own acts, the trail of a student, an entry's id.
    document = "{ viewer { acts { totalCount nodes { action } } } students { nodes { auditTrail { totalCount } } } }"
    assert await api.data(document, person) == {
        "viewer": {"acts": {"totalCount": 0, "nodes": []}},
        "students": {"nodes": [{"auditTrail": {"totalCount": 0}}]},
    }
    number = await (await make.owner.execute("select id from audit_log")).fetchone()
    assert number is not None
    node = "query ($id: ID!) { node(id: $id) { id } }"
    assert await api.data(node, person, id=to_global("AuditEntry", UUID(int=number[0]))) == {"node": None}


async def test_an_entry_is_found_by_its_id(api: Api, make: Make) -> None:
    ada = await make.admin()
    await _act(make, ada, "user.create", "User", None)
    data = await api.data("{ auditLog { nodes { id } } }", ada)
    (entry,) = data["auditLog"]["nodes"]
    document = "query ($ids: [ID!]!) { nodes(ids: $ids) { ... on AuditEntry { action } } }"
    unknown = [to_global("AuditEntry", UUID(int=number)) for number in (0, 7_000, 2**63 - 1, 2**63, 2**128 - 1)]
    assert await api.data(document, ada, ids=[entry["id"], *unknown]) == {
        "nodes": [{"action": "user.create"}] + [None] * 5
    }


async def test_the_log_is_paged_from_both_ends(api: Api, make: Make) -> None:
    ada = await make.admin()
    moment = datetime(2026, 3, 2, tzinfo=UTC)
    # At one moment, as in one transaction: their numbers decide.
    for number in range(12):
        await _act(make, ada, str(number), "User", None, at=moment)
    first = await _page(api, ada, first=5)
    assert _actions(first) == ["11", "10", "9", "8", "7"]
    assert first["totalCount"] == 12
    second = await _page(api, ada, first=5, after=first["pageInfo"]["endCursor"])
    assert _actions(second) == ["6", "5", "4", "3", "2"]
    back = await _page(api, ada, last=5, before=second["pageInfo"]["startCursor"])
    assert _actions(back) == _actions(first)
    assert back["pageInfo"] == first["pageInfo"] | {"hasNextPage": True}
    oldest = await _page(api, ada, first=2, orderBy="OLDEST")
    assert _actions(oldest) == ["0", "1"]
    rest = await _page(api, ada, first=2, orderBy="OLDEST", after=oldest["pageInfo"]["endCursor"])
    assert _actions(rest) == ["2", "3"]


async def test_the_log_is_narrowed(api: Api, make: Make) -> None:
    sam, sue, ada = await make.student(), await make.student("sue"), await make.admin()
    tess = await make.tutor(of=sam)
    session = await make.session(sam, tess)
    await _act(make, tess, "session.update", "Session", session, sam, at=datetime(2026, 3, 1, tzinfo=UTC))
    await _act(make, ada, "transcript.read", "Session", session, sam, at=datetime(2026, 3, 2, tzinfo=UTC))
    await _act(make, ada, "user.update", "User", tess.id, at=datetime(2026, 3, 3, tzinfo=UTC))
    for where, expected in [
        ({"actorId": tess.gid}, ["session.update"]),
        ({"actorId": ada.gid}, ["user.update", "transcript.read"]),
        ({"studentId": sam.gid}, ["transcript.read", "session.update"]),
        ({"studentId": sue.gid}, []),
        ({"action": "transcript.read"}, ["transcript.read"]),
        ({"action": "transcript"}, []),
        ({"targetId": to_global("Session", session)}, ["transcript.read", "session.update"]),
        ({"targetId": tess.gid}, ["user.update"]),
        ({"dateFrom": "2026-03-02T00:00:00Z", "dateTo": "2026-03-03T00:00:00Z"}, ["transcript.read"]),
        ({"actorId": ada.gid, "studentId": sam.gid}, ["transcript.read"]),
    ]:
        page = await _page(api, ada, where=where)
        assert (_actions(page), page["totalCount"]) == (expected, len(expected))
    document = """
    query ($id: ID!) { node(id: $id) { ... on Student { auditTrail { nodes { action } } acts { totalCount } } } }
    """
    assert await api.data(document, ada, id=sam.gid) == {
        "node": {
            "auditTrail": {"nodes": [{"action": "transcript.read"}, {"action": "session.update"}]},
            "acts": {"totalCount": 0},
        }
    }
    data = await api.data("{ viewer { acts { nodes { action } } } }", ada)
    assert data["viewer"]["acts"] == {"nodes": [{"action": "user.update"}, {"action": "transcript.read"}]}


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"first": 101}, "BAD_PAGE"),
        ({"after": "nonsense"}, "BAD_CURSOR"),
        ({"where": {"actorId": to_global("Session", UUID(int=1))}}, "BAD_ID"),
        ({"where": {"studentId": to_global("Tutor", UUID(int=1))}}, "BAD_ID"),
        ({"where": {"targetId": "nonsense"}}, "BAD_ID"),
        ({"where": {"dateFrom": "2026-03-02"}}, "BAD_TIME"),
        ({"where": {"action": "a\x00b"}}, "BAD_USER_INPUT"),
    ],
)
async def test_a_bad_page_is_refused(api: Api, make: Make, arguments: dict[str, Any], code: str) -> None:
    assert await api.error_codes(LOG, await make.admin(), **arguments) == [code]


async def test_a_cursor_from_nowhere_finds_the_end(api: Api, make: Make) -> None:
    ada = await make.admin()
    await _act(make, ada, "user.create", "User", None)
    # A number larger than any row's, which a client could only have made up.
    forged = urlsafe_b64encode(b'["oldest", "2999-01-01T00:00:00+00:00", "%s"]' % (b"f" * 32)).decode()
    page = await _page(api, ada, orderBy="OLDEST", after=forged)
    assert page["nodes"] == []


async def _act(
    make: Make,
    actor: Person | None,
    action: str,
    target_type: str,
    target_id: UUID | None,
    student: Person | None = None,
    details: dict[str, Any] | None = None,
    *,
    at: datetime | None = None,
) -> None:
    await make.owner.execute(
        "insert into audit_log (actor_id, actor_role, action, target_type, target_id, student_id, details, occurred_at)"
        " values (%s, %s, %s, %s, %s, %s, %s, coalesce(%s, clock_timestamp()))",
        (
            actor and actor.id,
            actor.role if actor else "system",
            action,
            target_type,
            target_id,
            student and student.id,
            Jsonb(details or {}),
            at,
        ),
    )


async def _page(api: Api, person: Person, **arguments: Any) -> Any:
    return (await api.data(LOG, person, **arguments))["auditLog"]


def _actions(page: Any) -> list[str]:
    return [node["action"] for node in page["nodes"]]


async def test_no_transcript_leaves_when_its_line_cannot_be_kept(api: Api, make: Make) -> None:
    """A later statement that fails undoes the whole transaction, and PostgreSQL answers its commit without an error."""
    sam, ada = await make.student(), await make.admin()
    session = to_global("Session", await make.session(sam, transcript="Tutor: heliotrope"))
    await make.owner.execute("alter table student_ratings rename column rating to score")
    document = """query ($session: ID!, $sam: ID!) {
      a: node(id: $session) { ... on Session { transcript { turns { text } } } }
      b: node(id: $sam) { ... on Student { goals { nodes { id } } ratings { rating } } }
    }"""
    answer = await api.run(document, ada, session=session, sam=sam.gid)
    assert answer.get("data") is None
    assert "heliotrope" not in str(answer)
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["UNAVAILABLE"]
