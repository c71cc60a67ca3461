"""A person erased: what is theirs goes, what belongs to others stays without them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from db import people
from db.encryption import KeyRing, context_of
from schema.ids import split, to_global
from server import create_app
from settings import Settings
from tests.api import Api, serving
from tests.make import Make, Person
from tests.schema.stored import log, rows, value
from tests.schema.world import World, world
from tests.servers import Database

ERASE = """
mutation ($input: EraseUserInput!) { eraseUser(input: $input) { erasedId userErrors { field code } } }
"""
NODES = "query ($ids: [ID!]!) { nodes(ids: $ids) { __typename } }"
RELATIONS = {"tutor_student_assignments": 3, "parent_student_links": 2}


async def counts(make: Make) -> dict[str, int]:
    """How many rows each table has, but for the news of what happened, which any change may add to."""
    tables = await rows(
        make,
        """select relname::text from pg_class
        where relkind = 'r' and relnamespace = 'public'::regnamespace and relname not like 'event%'""",
    )
    return {name: await value(make, f"select count(*) from {name}") for (name,) in tables}


async def mentions(make: Make, person: UUID) -> set[str]:
    """The columns that still hold the person's id."""
    found = set()
    columns = await rows(
        make,
        "select table_name::text, column_name::text from information_schema.columns where table_schema = 'public'"
        " and table_name in (select relname from pg_class where relkind = 'r')",
    )
    for table, column in columns:
        if await value(make, f"select count(*) from {table} where {column}::text like %s", f"%{person}%"):
            found.add(f"{table}.{column}")
    return found


async def erase(api: Api, by: Person, whom: Person) -> None:
    """Erase, which must succeed."""
    data = await api.data(ERASE, by, input={"id": whom.gid})
    assert data["eraseUser"] == {"erasedId": whom.gid, "userErrors": []}


async def around(make: Make) -> World:
    """The world, where the tutor has had a hand in everything and the audit log tells of everyone."""
    made = await world(make)
    await make.owner.execute(
        """update qa_interactions set escalated_to_tutor_id = %(tess)s, answered_by_tutor_id = %(tess)s,
        tutor_answer = 'x', answered_at = now()""",
        {"tess": made.tess.id},
    )
    await make.owner.execute(
        "update overrides set reverted_at = now(), reverted_by_tutor_id = %s, reason = 'why'", [made.tess.id]
    )
    await make.owner.execute("update practice_bank_items set created_by = %s", [made.ada.id])
    for person in (made.sam, made.tess, made.pat, made.ada):
        await make.owner.execute(
            """insert into audit_log (actor_id, actor_role, action, target_type, student_id)
            values (%s, %s, 'x', 'x', %s)""",
            [person.id, person.role, made.sam.id],
        )
    return made


# What goes and what stays


async def test_a_student_goes_with_all_that_is_theirs(api: Api, make: Make) -> None:
    made = await around(make)
    sam, before = made.sam, await counts(make)
    await erase(api, made.ada, sam)
    own = {
        "users": 1,
        **RELATIONS,
        "goals": 1,
        "sessions": 1,
        "summaries": 1,
        "practice_assignments": 2,
        "student_ratings": 1,
        "qa_interactions": 1,
        "nudges": 1,
        "audit_log": -1,
    }
    left = {table: count - own.get(table, 0) for table, count in before.items()}
    assert await counts(make) == left
    overrides = await rows(
        make,
        """select action, tutor_id, num_nonnulls(student_id, summary_id, practice_assignment_id, qa_interaction_id,
        original_content, new_content, reason) from overrides""",
    )
    assert overrides == [("erased", made.tess.id, 0)] * 2
    assert await rows(make, "select distinct student_id from audit_log") == [(None,)]
    assert (await log(make))[-1] == ("user.erase", "User", sam.id, None, {"role": "student"})
    # That it was this id that was erased must be known, or a restored backup would bring the person back.
    assert await mentions(make, sam.id) == {"audit_log.target_id", "events.target_id"}

    stay = {"subject", "item", "material", "override", "answer_override", "tess", "pat", "other"}
    nodes = (await api.data(NODES, made.ada, ids=list(made.ids.values())))["nodes"]
    assert {name for name, node in zip(made.ids, nodes, strict=True) if node} == stay
    override = """query ($id: ID!) { node(id: $id) { ... on Override {
        action reason student { id } tutor { email } } } }"""
    assert await api.data(override, made.ada, id=made.ids["override"]) == {
        "node": {"action": "erased", "reason": None, "student": None, "tutor": {"email": "tess@school.test"}}
    }
    for person in (made.tess, made.pat):
        assert await api.data("{ students { nodes { id } } }", person) == {"students": {"nodes": []}}
    assert (await api.post("{ viewer { id } }", sam)).status_code == 401


async def test_a_tutor_goes_and_the_students_work_stays(api: Api, make: Make) -> None:
    made = await around(make)
    tess, before = made.tess, await counts(make)
    await erase(api, made.ada, tess)
    own = {"users": 1, "tutor_student_assignments": 1, "audit_log": -1}
    left = {table: count - own.get(table, 0) for table, count in before.items()}
    assert await counts(make) == left
    assert await mentions(make, tess.id) == {"audit_log.target_id", "events.target_id"}
    data = await api.data(
        """{ students { nodes {
            goals { nodes { title createdBy { id } } }
            sessions { nodes { tutor { id } transcript { wordCount } } }
            summaries { nodes { narrative tutor { id } } }
            tutorAssignments { totalCount }
        } } }""",
        made.sam,
    )
    assert data["students"]["nodes"] == [
        {
            "goals": {"nodes": [{"title": "Pass the exam", "createdBy": None}]},
            "sessions": {"nodes": [{"tutor": None, "transcript": {"wordCount": 9}}]},
            "summaries": {"nodes": [{"narrative": "We solved equations.", "tutor": None}]},
            "tutorAssignments": {"totalCount": 2},
        }
    ]
    released = await rows(
        make,
        """select tutor_answer, num_nonnulls(answered_by_tutor_id, escalated_to_tutor_id) from qa_interactions
        union all select reason, num_nonnulls(tutor_id, reverted_by_tutor_id) from overrides""",
    )
    assert sorted(released) == [("why", 0), ("why", 0), ("x", 0)]
    assert (await log(make))[-1] == ("user.erase", "User", tess.id, None, {"role": "tutor"})


@pytest.mark.parametrize("role", ["parent", "admin"])
async def test_parents_and_administrators_go_alone(api: Api, make: Make, role: str) -> None:
    made = await around(make)
    bea = await make.admin("bea")
    gone, own = (made.pat, {"parent_student_links": 1}) if role == "parent" else (made.ada, {})
    before = await counts(make)
    await erase(api, bea, gone)
    left = {table: count - {"users": 1, "audit_log": -1, **own}.get(table, 0) for table, count in before.items()}
    assert await counts(make) == left
    assert await mentions(make, gone.id) == {"audit_log.target_id", "events.target_id"}
    assert (await log(make))[-1] == ("user.erase", "User", gone.id, None, {"role": role})
    data = await api.data(NODES, bea, ids=[made.ids["item"], made.sam.gid, gone.gid])
    assert data["nodes"] == [{"__typename": "PracticeItem"}, {"__typename": "Student"}, None]


async def test_an_administrator_may_erase_themselves(api: Api, make: Make) -> None:
    ada, bea = await make.admin("ada"), await make.admin("bea")
    document = """mutation ($id: ID!) {
        eraseUser(input: {id: $id}) { erasedId userErrors { code } }
        updateProfile(input: {displayName: "still here"}) { userErrors { code } }
    }"""
    answer = await api.run(document, ada, id=ada.gid)
    assert answer["data"] is None, "updateProfile is not null, and nobody is there any more to whom it applies"
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["UNAUTHENTICATED"]
    assert await rows(make, "select email from users") == [(bea.email,)]
    assert await rows(make, "select actor_id, actor_role, action from audit_log") == [(None, "admin", "user.erase")]


# Who may, and whom


async def test_the_last_administrator_is_not_erased(api: Api, make: Make) -> None:
    ada = await make.admin("ada")
    data = await api.data(ERASE, ada, input={"id": ada.gid})
    assert data["eraseUser"] == {"erasedId": None, "userErrors": [{"field": "id", "code": "CONFLICT"}]}
    assert await log(make) == []
    admins = [ada, *[await make.admin(name) for name in ("bea", "cem", "dee")]]
    await asyncio.gather(
        *(api.post(ERASE, by, input={"id": whom.gid}) for by in admins for whom in admins if by is not whom)
    )
    assert await value(make, "select count(*) from users where role = 'admin'") == 1


async def test_nobody_is_erased_twice_or_under_another_name(api: Api, make: Make) -> None:
    ada, sam = await make.admin(), await make.student()
    for nobody in (to_global("Tutor", sam.id), to_global("Student", UUID(int=7)), to_global("Student", ada.id)):
        data = await api.data(ERASE, ada, input={"id": nobody})
        assert data["eraseUser"] == {"erasedId": None, "userErrors": [{"field": "id", "code": "NOT_FOUND"}]}
    for wrong in (to_global("User", sam.id), to_global("Goal", sam.id), "nonsense"):
        assert await api.error_codes(ERASE, ada, input={"id": wrong}) == ["BAD_ID"]
    answers = await asyncio.gather(*(api.data(ERASE, ada, input={"id": sam.gid}) for _ in range(4)))
    outcomes = sorted(str(answer["eraseUser"]["userErrors"]) for answer in answers)
    assert outcomes == ["[]", *["[{'field': 'id', 'code': 'NOT_FOUND'}]"] * 3]
    assert len(await log(make)) == 1


@pytest.mark.parametrize("role", ["student", "tutor", "parent", "anonymous"])
async def test_nobody_else_erases(api: Api, make: Make, role: str) -> None:
    made = await world(make)
    person = made.viewer(role)
    before = await counts(make)
    denied = ["UNAUTHENTICATED" if person is None else "FORBIDDEN"]
    for whom in (made.sam, made.tess, made.pat, made.ada):
        assert await api.error_codes(ERASE, person, input={"id": whom.gid}) == denied
    assert await counts(make) == before


async def test_two_changes_in_each_others_way_are_told_to_try_again(api: Api, make: Make) -> None:
    sam, ada = await make.student(), await make.admin()
    await make.goal(sam)
    async with make.owner.transaction():
        await make.owner.execute("set local deadlock_timeout = '1min'")
        await make.owner.execute("update goals set title = 'held'")
        erasing = asyncio.create_task(api.run(ERASE, ada, input={"id": sam.gid}))
        waiting = (
            "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"
        )
        while await value(make, waiting) == 0:  # noqa: ASYNC110 - it happens in the database
            await asyncio.sleep(0.01)
        # The erasure waits for the goal; this waits for the erasure, which is the first to find out.
        await make.owner.execute("select from users where id = %s for key share", [sam.id])
    answer = await erasing
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["UNAVAILABLE"]
    assert answer["errors"][0]["message"].startswith("Another change got in the way")
    await erase(api, ada, sam)


# Transcripts outside the database

RECORD = """
mutation ($input: RecordSessionInput!) { recordSession(input: $input) { session { id } userErrors { field code } } }
"""


@asynccontextmanager
async def with_store(database: Database, data_dir: Path, folder: Path | None) -> AsyncIterator[Api]:
    """The application with its transcripts in a folder, or in none."""
    settings = Settings(study_data_dir=data_dir, transcript_store_url=None if folder is None else folder.as_uri())
    async with serving(create_app(settings, database.app_url)) as running:
        yield running


async def recorded(api: Api, tutor: Person, student: Person) -> UUID:
    """A session with a transcript."""
    sent = {"studentId": student.gid, "startedAt": "2026-03-02T16:00:00Z", "transcript": {"text": "Tutor: Hello"}}
    data = await api.data(RECORD, tutor, input=sent)
    return split(data["recordSession"]["session"]["id"])[1]


def kept(folder: Path) -> set[str]:
    """The sessions that have objects in the folder."""
    return {path.parent.name for path in folder.rglob("*") if path.is_file()}


async def test_a_students_transcripts_leave_the_store(
    database: Database, data_dir: Path, tmp_path: Path, make: Make
) -> None:
    folder = tmp_path / "kept"
    sam, sue, ada = await make.student("sam"), await make.student("sue"), await make.admin()
    tess = await make.tutor(of=sam)
    await make.assignment(tess, sue)
    async with with_store(database, data_dir, folder) as api:
        first, second, other = [await recorded(api, tess, student) for student in (sam, sam, sue)]
        (folder / str(first) / "replaced-long-ago.enc").write_text("v1:x:y")
        # One object that a recording service put there for two students, and one for one of them.
        for name in ("both.json", "one.json"):
            (folder / name).write_text('{"turns":[{"speaker":"tutor","text":"Hello"}]}')
        shared = "update sessions set transcript_storage_url = %s where id = any(%s)"
        await make.owner.execute(shared, [f"{folder.as_uri()}/both.json", [second, other]])
        third = await make.session(
            sam, tess, transcript_storage_url=f"{folder.as_uri()}/one.json", transcript_available=True
        )
        assert kept(folder) == {str(first), str(second), str(other), "kept"}
        await erase(api, ada, sam)
        assert kept(folder) == {str(other), "kept"}
        assert {path.name for path in folder.glob("*.json")} == {"both.json"}
    assert await rows(make, "select id from sessions where id = any(%s)", [first, second, third]) == []


async def test_nobody_is_erased_while_their_transcripts_cannot_be(
    database: Database, data_dir: Path, tmp_path: Path, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "kept"
    sam, ada = await make.student("sam"), await make.admin()
    tess = await make.tutor(of=sam)
    refused = {"eraseUser": {"erasedId": None, "userErrors": [{"field": "id", "code": "UNAVAILABLE"}]}}
    async with with_store(database, data_dir, folder) as api:
        session = await recorded(api, tess, sam)
        before = await counts(make)
        moved = folder.rename(tmp_path / "elsewhere")
        folder.write_text("no folder")
        assert await api.data(ERASE, ada, input={"id": sam.gid}) == refused
        folder.unlink()
        moved.rename(folder)
        with monkeypatch.context() as patch:
            patch.setattr(people, "PATIENCE", 0)
            assert await api.data(ERASE, ada, input={"id": sam.gid}) == refused
        other_place = "update sessions set transcript_storage_url = 's3://other/x.enc' where id = %s"
        stored = await value(make, "select transcript_storage_url from sessions")
        await make.owner.execute(other_place, [session])
        assert await api.data(ERASE, ada, input={"id": sam.gid}) == refused
        await make.owner.execute("update sessions set transcript_storage_url = %s", [stored])
        assert await counts(make) == before
    async with with_store(database, data_dir, None) as api:
        assert await api.data(ERASE, ada, input={"id": sam.gid}) == refused
        assert await counts(make) == before
    async with with_store(database, data_dir, folder) as api:
        await erase(api, ada, sam)
    assert kept(folder) == set()


async def test_a_tutors_erasure_leaves_the_students_transcripts(
    database: Database, data_dir: Path, tmp_path: Path, make: Make, keys: KeyRing
) -> None:
    folder = tmp_path / "kept"
    sam, ada = await make.student("sam"), await make.admin()
    tess = await make.tutor(of=sam)
    async with with_store(database, data_dir, folder) as api:
        session = await recorded(api, tess, sam)
        await erase(api, ada, tess)
        read: Any = "{ students { nodes { sessions { nodes { transcript { turns { text } } } } } } }"
        (student,) = (await api.data(read, sam))["students"]["nodes"]
        assert student["sessions"]["nodes"] == [{"transcript": {"turns": [{"text": "Hello"}]}}]
    (body,) = [path.read_text() for path in folder.rglob("*") if path.is_file()]
    assert "Hello" in keys.decrypt(body, context_of("sessions", "transcript_storage_url", session))
