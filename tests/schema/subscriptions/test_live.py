"""What open streams receive: overrides and nudges, each as it is, for those who may see it."""

import asyncio
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

from domain.events import Event, EventKind
from schema.ids import to_global
from tests.api import Socket
from tests.make import Make
from tests.schema.subscriptions.conftest import Family
from tests.schema.subscriptions.watching import (
    NUDGES,
    OVERRIDES,
    Watch,
    message,
    narrative,
    refusal,
    start,
)
from tests.schema.telling import tell

ERASE = "mutation ($input: EraseUserInput!) { eraseUser(input: $input) { userErrors { code } } }"
REVERT = "mutation ($input: RevertOverrideInput!) { revertOverride(input: $input) { userErrors { code } } }"
CONTENT = """
subscription { overrideUpdates {
  kind
  override {
    targetKind tutor { email } question { query } practice { questionText }
    content {
      before { ... on PracticeContent { question answer explanation } ... on AnswerContent { text: answer } }
      after { ... on PracticeContent { question answer explanation } ... on AnswerContent { text: answer } }
    }
  }
} }
"""


@pytest.mark.parametrize("named", [True, False])
async def test_an_override_reaches_everyone_around_the_student(watch: Watch, family: Family, named: bool) -> None:
    everyone = [family.sam, family.tess, family.toby, family.pat, family.ada]
    student = family.sam.gid if named else None
    async with watch.streams(*((person, OVERRIDES, student) for person in everyone)) as sockets:
        override = await watch.override(family.tess, family.summary, 1, "Better.", reason="vague")
        given = {"id": override, "expectedVersion": 2}
        assert (await watch.api.data(REVERT, family.toby, input=given))["revertOverride"]["userErrors"] == []
        about = {"reason": "vague", "student": {"email": "sam@school.test", "displayName": "Sam"}}
        for socket in sockets:
            first = (await socket.next())["data"]["overrideUpdates"]
            # Sent as it is when it is sent: the reverting may have come before.
            assert first["kind"] == "MADE"
            assert await socket.next() == {
                "data": {
                    "overrideUpdates": {
                        "kind": "REVERTED",
                        "override": {
                            **about,
                            "active": False,
                            "summary": {"narrative": "We solved equations.", "version": 3},
                        },
                    }
                }
            }


async def test_a_nudge_reaches_everyone_around_the_student(watch: Watch, family: Family) -> None:
    everyone = [family.sam, family.tess, family.toby, family.pat, family.ada]
    async with watch.streams(*((person, NUDGES, None) for person in everyone)) as sockets:
        await watch.nudge(family.tess, family.sam, "Come back")
        for socket in sockets:
            assert await socket.next() == {
                "data": {
                    "newNudges": {
                        "kind": "SENT",
                        "nudge": {"message": "Come back", "user": {"email": "sam@school.test"}},
                    }
                }
            }


async def test_the_events_of_others_do_not_come(watch: Watch, family: Family, make: Make) -> None:
    sue = await make.student("sue")
    sues = await make.tutor("sues", of=sue)
    await make.assignment(family.tess, sue)
    summary = await make.summary(await make.session(sue, sues), sue)
    watchers = [(family.sam, None), (family.pat, None), (family.toby, None), (family.tess, family.sam.gid)]
    async with watch.streams(
        *((person, OVERRIDES, student) for person, student in watchers),
        *((person, NUDGES, student) for person, student in watchers),
    ) as sockets:
        await watch.override(sues, summary, 1, "Not for Sam's people.")
        await watch.nudge(sues, sue, "Not for Sam's people.")
        await watch.override(family.tess, family.summary, 1, "For them.")
        await watch.nudge(family.tess, family.sam, "For them.")
        for socket in sockets[:4]:
            assert await narrative(socket) == "For them."
        for socket in sockets[4:]:
            assert await message(socket) == "For them."


async def test_a_tutors_own_nudges_come_to_them_alone(watch: Watch, family: Family, make: Make) -> None:
    async with watch.streams(*((person, NUDGES, None) for person in (family.tess, family.sam))) as (tess, sam):
        nudge = await make.nudge(family.tess, "Two answers wait")
        await tell(watch.services, Event(EventKind.NUDGE_SENT, None, nudge, family.tess.id))
        await watch.nudge(family.toby, family.sam, "Come back")
        assert [await message(tess), await message(tess)] == ["Two answers wait", "Come back"]
        assert await message(sam) == "Come back"


async def test_parents_hear_nothing_of_answers_and_practice_keeps_its_secret(
    watch: Watch, family: Family, make: Make
) -> None:
    item = await make.practice_item(await make.subject(), explanation="Count.")
    practice = to_global("PracticeAssignment", await make.practice(family.sam, item))
    asked = to_global("Question", await make.question(family.sam))
    people = [family.sam, family.toby, family.pat]
    async with watch.streams(*((person, CONTENT, None) for person in people)) as (sam, toby, pat):
        for name, kind, given in [
            ("overrideAnswer", "Answer", {"id": asked, "answer": "By convention."}),
            ("overridePractice", "Practice", {"id": practice, "answer": "four"}),
        ]:
            document = (
                f"mutation ($input: Override{kind}Input!) {{ {name}(input: $input) {{ userErrors {{ code }} }} }}"
            )
            data = await watch.api.data(document, family.tess, input={**given, "expectedVersion": 1})
            assert data[name]["userErrors"] == []

        def answer(kind: str = "MADE") -> Any:
            return {
                "kind": kind,
                "override": {
                    "targetKind": "QA_ANSWER",
                    "tutor": {"email": "tess@school.test"},
                    "question": {"query": "Why is 0! = 1?"},
                    "practice": None,
                    "content": {"before": {"text": "Because it is."}, "after": {"text": "By convention."}},
                },
            }

        def corrected(before: str | None, after: str | None, explanation: str | None) -> Any:
            whole = {"question": "2 + 2 = ?", "explanation": explanation}
            return {
                "kind": "MADE",
                "override": {
                    "targetKind": "PRACTICE",
                    "tutor": {"email": "tess@school.test"},
                    "question": None,
                    "practice": {"questionText": "2 + 2 = ?"},
                    "content": {"before": {**whole, "answer": before}, "after": {**whole, "answer": after}},
                },
            }

        async def next_of(socket: Socket) -> Any:
            return (await socket.next())["data"]["overrideUpdates"]

        assert [await next_of(toby), await next_of(toby)] == [answer(), corrected("4", "four", "Count.")]
        assert [await next_of(sam), await next_of(sam)] == [answer(), corrected(None, None, None)]
        assert await next_of(pat) == corrected(None, None, None)


@pytest.mark.parametrize("named", [True, False])
@pytest.mark.parametrize("how", ["paused", "completed"])
async def test_an_assignment_that_ends_ends_what_comes_until_it_begins_again(
    watch: Watch, family: Family, named: bool, how: str
) -> None:
    student = family.sam.gid if named else None
    watchers = [(family.tess, OVERRIDES, student), (family.tess, NUDGES, student), (family.toby, OVERRIDES, student)]
    async with watch.streams(*watchers) as (overrides, nudges, witness):
        await watch.override(family.toby, family.summary, 1, "before")
        assert await narrative(overrides) == await narrative(witness) == "before"
        await watch.move(family.ada, family.tess_sam, how.upper())
        await watch.override(family.toby, family.summary, 2, "hidden")
        await watch.nudge(family.toby, family.sam, "hidden")
        assert await narrative(witness) == "hidden"
        await watch.settled()
        await watch.move(family.ada, family.tess_sam, "ACTIVE")
        await watch.override(family.toby, family.summary, 3, "after")
        await watch.nudge(family.toby, family.sam, "after")
        assert await narrative(overrides) == "after"
        assert await message(nudges) == "after"


async def test_what_row_security_hides_at_sending_time_is_not_sent(watch: Watch, family: Family, make: Make) -> None:
    """Rights that end where no event tells of it: another program, or SQL by hand."""
    async with watch.streams(
        (family.tess, OVERRIDES, None),
        (family.pat, OVERRIDES, family.sam.gid),
        (family.toby, OVERRIDES, None),
    ) as (tess, pat, witness):
        await make.owner.execute(
            "update tutor_student_assignments set status = 'paused' where tutor_id = %s", [family.tess.id]
        )
        await make.owner.execute("update parent_student_links set status = 'ended'")
        await watch.override(family.toby, family.summary, 1, "hidden")
        assert await narrative(witness) == "hidden"
        await watch.settled()
        # The same streams go on where the right does.
        sue = await make.student("sue")
        summary = await make.summary(await make.session(sue, family.toby), sue)
        for tutor in (family.tess, family.toby):
            await make.assignment(tutor, sue)
        await make.owner.execute("update parent_student_links set status = 'active'")
        await watch.override(family.toby, summary, 1, "shown")
        await watch.override(family.toby, family.summary, 2, "shown to Pat")
        assert await narrative(tess) == "shown"
        assert await narrative(pat) == "shown to Pat"


async def test_a_new_student_is_heard_of_on_an_open_stream(watch: Watch, family: Family, make: Make) -> None:
    sue = await make.student("sue")
    summary = await make.summary(await make.session(sue), sue)
    assignment = """
        mutation ($input: CreateTutorAssignmentInput!) { createTutorAssignment(input: $input) { userErrors { code } } }
    """
    link = "mutation ($input: CreateParentLinkInput!) { createParentLink(input: $input) { userErrors { code } } }"
    async with watch.streams((family.tess, OVERRIDES, None), (family.pat, NUDGES, None)) as (tess, pat):
        await watch.api.data(assignment, family.ada, input={"tutorId": family.tess.gid, "studentId": sue.gid})
        await watch.api.data(link, family.ada, input={"parentId": family.pat.gid, "studentId": sue.gid})
        await watch.override(family.tess, summary, 1, "Sue's")
        await watch.nudge(family.tess, sue, "Sue's")
        assert await narrative(tess) == "Sue's"
        assert await message(pat) == "Sue's"


async def test_edges_are_read_again_for_each_event(watch: Watch, family: Family, make: Make) -> None:
    async with watch.streams((family.pat, OVERRIDES, None)) as (pat,):
        seen = []
        for version, name in enumerate(["Sam", "Samuel", "Samson"], 1):
            await make.owner.execute("update users set display_name = %s where id = %s", [name, family.sam.id])
            await watch.override(family.tess, family.summary, version, f"v{version}")
            override = (await pat.next())["data"]["overrideUpdates"]["override"]
            seen.append((override["student"]["displayName"], override["summary"]["narrative"]))
        assert seen == [("Sam", "v1"), ("Samuel", "v2"), ("Samson", "v3")]


async def test_what_was_refused_is_not_announced(watch: Watch, family: Family, make: Make) -> None:
    async with watch.streams((family.sam, OVERRIDES, None), (family.sam, NUDGES, None)) as (overrides, nudges):
        with pytest.raises(AssertionError):
            await watch.override(family.tess, family.summary, 7, "stale")
        with pytest.raises(AssertionError):
            await watch.nudge(family.tess, family.sam, " ")
        await watch.override(family.tess, family.summary, 1, "kept")
        await watch.nudge(family.tess, family.sam, "kept")
        assert await narrative(overrides) == "kept"
        assert await message(nudges) == "kept"


async def test_events_of_a_student_come_in_the_order_of_their_making(watch: Watch, family: Family) -> None:
    async with watch.streams((family.sam, OVERRIDES, None), (family.ada, OVERRIDES, None)) as sockets:
        for version in range(1, 31):
            await watch.override(family.tess, family.summary, version, f"v{version}")
        for socket in sockets:
            # Each comes as it is when it is sent, so a later one may show through, an earlier one never.
            seen = [int((await narrative(socket))[1:]) for _ in range(30)]
            assert seen == sorted(seen)
            assert all(number >= event for event, number in enumerate(seen, 1))
            assert seen[-1] == 30


@pytest.mark.parametrize("document", [OVERRIDES, NUDGES])
async def test_a_student_who_is_out_of_sight_is_no_student(
    watch: Watch, family: Family, make: Make, document: str
) -> None:
    sue = await make.student("sue")
    nobody = to_global("Student", family.tess.id)
    for person in (family.sam, family.tess, family.pat, family.ada):
        async with watch.api.socket(person) as socket:
            for student in [nobody, *([] if person is family.ada else [sue.gid])]:
                await start(socket, document, id=student)
                assert await refusal(socket) == ["NOT_FOUND"]
            for bad in (family.tess.gid, "", "x", "é" * 50):
                await start(socket, document, id=bad)
                assert await refusal(socket) == ["BAD_ID"]
    assert watch.services.live.feed.status.streams == 0
    await watch.idle()


async def test_the_first_streams_of_all_hear_the_first_event(watch: Watch, family: Family) -> None:
    people = [family.sam, family.tess, family.toby, family.pat, family.ada] * 6
    sockets = [watch.api.socket(person) for person in people]
    async with asyncio.timeout(60):
        opened = await asyncio.gather(*(socket.__aenter__() for socket in sockets))
        await asyncio.gather(*(start(socket, OVERRIDES) for socket in opened))
        await watch.listening(len(people))
        await watch.override(family.tess, family.summary, 1, "first")
        assert await asyncio.gather(*(narrative(socket) for socket in opened)) == ["first"] * len(people)
        await asyncio.gather(*(socket.__aexit__(None, None, None) for socket in sockets))


async def test_a_person_who_is_erased_hears_no_more(watch: Watch, family: Family, make: Make) -> None:
    async with watch.streams((family.toby, OVERRIDES, None), (family.ada, OVERRIDES, None)) as (toby, ada):
        given = {"id": to_global("Tutor", family.toby.id)}
        assert (await watch.api.data(ERASE, family.ada, input=given))["eraseUser"]["userErrors"] == []
        with pytest.raises(ConnectionClosed):
            await toby.receive()
        assert toby.connection.close_code == 4403
        await watch.override(family.tess, family.summary, 1, "after")
        assert await narrative(ada) == "after"
        await watch.listening(1)
