"""What the search finds for a question, for whom, and what it withholds."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import psycopg
import pytest

from db.encryption import KeyRing
from db.engine import Database
from db.retrieval import ENOUGH, rarest, search, unsealed
from db.vault import Vault
from domain.companion.replies import Grounds, extracted, grounds_for
from domain.companion.retrieval import Asked, Findings, SourceKind
from domain.identity.local_issuer import LocalIssuer
from tests import servers
from tests.make import Make, Person


@pytest.fixture
async def opened(database: servers.Database, keys: KeyRing) -> AsyncIterator[Database]:
    """The application's connections."""
    async with Database(database.app_url, vault=Vault(keys, None)) as running:
        yield running


@pytest.fixture
async def make(database: servers.Database, issuer: LocalIssuer, keys: KeyRing) -> AsyncIterator[Make]:
    """Rows."""
    async with await psycopg.AsyncConnection.connect(database.owner_url, autocommit=True) as owner:
        yield Make(owner, issuer, keys)


async def material(make: Make, title: str, text: str, **values: Any) -> UUID:
    """Study material of one passage."""
    row_id = await make.row("study_materials", title=title, text=text, **values)
    await make.row("study_passages", material_id=row_id, position=0, title=title, text=text)
    return row_id


async def findings(database: Database, who: Person, question: str, student: Person | None = None) -> Findings:
    """What is found when `who` asks for a student, themselves unless said otherwise."""
    asked = Asked.read(question)
    async with database.read(f"sub-{who.email.partition('@')[0]}") as read:
        searched = await search(read, (student or who).id, asked)
    return await unsealed(database.vault, asked, searched)


def sources(found: Findings) -> set[tuple[str, UUID]]:
    """What was found, by kind and id."""
    return {(passage.kind.value, passage.source_id) for passage in found.passages}


async def test_everything_of_the_students_and_the_schools_is_found(opened: Database, make: Make) -> None:
    sam = await make.student()
    tess = await make.tutor(of=sam)
    algebra = await make.subject("Algebra")
    chapter = await material(make, "Roots", "A root is where a graph meets the axis.", subject_id=algebra)
    await material(make, "Old roots", "A root was something else.", is_active=False)
    await material(make, "Verbs", "A verb says what is done.")
    item = await make.practice_item(
        algebra, "Find the roots of x^2 = 4.", "2 and -2", explanation="Take the square root."
    )
    session = await make.session(sam, tess, transcript="Student: What are roots?\nTutor: Zeros of a function.")
    summary = await make.summary(session, sam, tess, narrative="We found roots.", next_steps=["Draw a graph."])
    goal = await make.goal(sam, "Master roots", target_completion_date="2026-06-01")
    found = await findings(opened, sam, "What are the roots of a function?")
    assert sources(found) == {
        ("material", chapter),
        ("bank_item", item),
        ("session", session),
        ("summary", summary),
    }
    by_kind = {passage.kind: passage for passage in found.passages}
    assert by_kind[SourceKind.MATERIAL].subject == "Algebra"
    assert by_kind[SourceKind.SESSION].title == "Session of 2 March 2026"
    assert [(each.text, each.quotable) for each in by_kind[SourceKind.SESSION].sentences] == [
        ("What are roots?", False),
        ("Zeros of a function.", True),
    ]
    assert by_kind[SourceKind.SUMMARY].text == "We found roots. Draw a graph."
    (own,) = found.goals
    assert own.id == goal
    assert own.told == "Your goal \u201cMaster roots\u201d is active, 0 % done, to be reached by 1 June 2026."
    assert by_kind[SourceKind.BANK_ITEM].text == "Find the roots of x^2 = 4. Answer: 2 and -2 Take the square root."
    assert found.subjects == ["Algebra"]
    # "roots" is in three passages and an item of the bank, and in two of what is the student's own.
    assert (found.corpus.size, found.corpus.frequency["root"]) == (6, 5)


async def test_nothing_of_anybody_else_is_found(opened: Database, make: Make) -> None:
    sam, other = await make.student(), await make.student("other")
    tess = await make.tutor(of=sam)
    session = await make.session(sam, tess, transcript="Tutor: Zeros of a function.")
    await make.summary(session, sam, tess)
    await make.goal(sam)
    assert (await findings(opened, other, "What are zeros?", sam)).passages == []
    assert (await findings(opened, await make.parent(of=sam), "What are zeros?", sam)).open_items == []


async def test_parents_do_not_search(opened: Database, make: Make) -> None:
    sam = await make.student()
    pat = await make.parent(of=sam)
    await material(make, "Roots", "A root is where a graph meets the axis.")
    await make.practice_item(await make.subject(), "Find the root.")
    found = await findings(opened, pat, "What is a root?", sam)
    assert (found.passages, found.open_items, found.corpus.size) == ([], [], 0)


async def test_the_solution_of_practice_to_do_is_withheld(opened: Database, make: Make) -> None:
    sam, other = await make.student(), await make.student("other")
    algebra = await make.subject()
    item = await make.practice_item(algebra, "Find the root of x = 4.", "secret", explanation="secret")
    await make.practice(other, item)
    question = "Find the root of x = 4"
    assert sources(await findings(opened, sam, question)) == {("bank_item", item)}
    done = await make.practice(sam, item, completed=True, completed_at="now")
    assert sources(await findings(opened, sam, question)) == {("bank_item", item)}
    # So is what a tutor made of it, and what the companion wrote.
    await make.written_practice(other, "Find the root of y = 5", flagged=False)
    await make.written_practice(sam, "Find the root of z = 6", flagged=False)
    assert [each.question_text for each in (await findings(opened, sam, question)).open_items] == [
        "Find the root of z = 6"
    ]
    await make.owner.execute("delete from practice_assignments where source = 'ai_generated'")
    # Assigned again, it is to be done again.
    await make.practice(sam, item)
    found = await findings(opened, sam, question)
    assert (found.passages, [each.item_id for each in found.open_items]) == ([], [item])
    assert "secret" not in repr(found)
    assert sources(await findings(opened, other, question)) == set()
    # What nobody may ask for a stranger: the bank is searched for a student whom one sees.
    assert sources(await findings(opened, other, question, sam)) == set()
    assert done


async def test_a_transcript_that_cannot_be_read_is_left_out(opened: Database, make: Make) -> None:
    sam = await make.student()
    tess = await make.tutor(of=sam)
    readable = await make.session(sam, tess, transcript="Tutor: Zeros of a function.")
    await make.session(sam, tess, transcript_text="v1:gone:AAAA", transcript_available=True)
    await make.session(sam, tess, transcript_storage_url="s3://gone/x", transcript_available=True)
    assert sources(await findings(opened, sam, "What are zeros?")) == {("session", readable)}


def test_rare_words_are_searched_for_first() -> None:
    counted = {"common": ENOUGH, "rare": 3, "usual": ENOUGH, "absent": 0}
    assert rarest(["common", "rare", "usual", "absent"], counted) == ["rare", "common"]
    assert rarest(["common"], counted) == ["common"]
    assert rarest(["absent", "unknown"], counted) == []


@pytest.mark.parametrize(
    "question",
    [
        *(
            "",
            "?",
            "'; drop table users --",
            "a & b | !c",
            "\\ ' \" <-> :*",
            "the of and",
            "\u0645\u0631\u062d\u0628\u0627",
        ),
        *("x" * 5_000, "word " * 1_000),
    ],
)
async def test_any_question_can_be_searched_for(opened: Database, make: Make, question: str) -> None:
    sam = await make.student()
    await material(make, "Roots", "A root is where a graph meets the axis.")
    assert (await findings(opened, sam, question)).corpus.size == 1


async def test_on_each_server(database_on_each_server: servers.Database, issuer: LocalIssuer, keys: KeyRing) -> None:
    async with (
        Database(database_on_each_server.app_url, vault=Vault(keys, None)) as opened,
        await psycopg.AsyncConnection.connect(database_on_each_server.owner_url, autocommit=True) as owner,
    ):
        make = Make(owner, issuer, keys)
        sam = await make.student()
        await material(make, "Tides", "The tides are caused by the pull of the Moon. Ships wait for high water.")
        asked = Asked.read("What causes tides?")
        grounds = grounds_for(asked, await findings(opened, sam, asked.text))
        assert isinstance(grounds, Grounds)
        assert extracted(grounds).answer == "The tides are caused by the pull of the Moon."
