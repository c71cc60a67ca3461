"""The stream of all activity: every kind of event, from the change that tells of it to those who may hear."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from domain.events import ActivityKind, Event, EventKind
from schema.ids import to_global
from tests.api import Socket
from tests.make import Make, Person
from tests.schema.subscriptions.conftest import Family
from tests.schema.subscriptions.watching import NUDGES, Watch, start
from tests.schema.telling import tell

ACTIVITY = """
subscription ($id: ID, $kinds: [ActivityKind!]) {
  activity(studentId: $id, kinds: $kinds) { kind occurredAt student { id } node { __typename id } }
}
"""


def mutation(field: str) -> str:
    """A mutation that says whether it was refused."""
    kind = field[0].upper() + field[1:]
    return f"mutation ($input: {kind}Input!) {{ {field}(input: $input) {{ userErrors {{ field code }} }} }}"


async def change(watch: Watch, person: Person, field: str, **given: Any) -> None:
    """A mutation that is not refused."""
    data = await watch.api.data(mutation(field), person, input=given)
    assert data[field]["userErrors"] == []


async def told(socket: Socket, count: int) -> list[tuple[str, str | None, bool]]:
    """The kinds and types of nodes of the next events, and whether they have their student."""
    events = [(await socket.next())["data"]["activity"] for _ in range(count)]
    assert all(event["occurredAt"] for event in events)
    return [(event["kind"], event["node"]["__typename"], event["student"] is not None) for event in events]


Change = Callable[[Watch, Family, Make], Awaitable[None]]


async def _goal(watch: Watch, family: Family, make: Make) -> None:
    goal = to_global("Goal", await make.goal(family.sam))
    await change(watch, family.tess, "createGoal", studentId=family.sam.gid, title="Pass")
    await change(watch, family.sam, "reportGoalProgress", id=goal, completionPercentage="40")
    await change(watch, family.sam, "changeGoalStatus", id=goal, status="COMPLETED")


async def _practice(watch: Watch, family: Family, make: Make) -> None:
    item = await make.practice_item(await make.subject())
    given = {"studentId": family.sam.gid, "itemId": to_global("PracticeItem", item)}
    await change(watch, family.tess, "assignPractice", **given)
    (assigned,) = await (await make.owner.execute("select id from practice_assignments")).fetchall()
    await change(watch, family.sam, "completePractice", id=to_global("PracticeAssignment", assigned[0]), response="4")
    written = await make.written_practice(family.sam)
    await change(watch, family.tess, "approvePractice", id=to_global("PracticeAssignment", written))


async def _question(watch: Watch, family: Family, make: Make) -> None:
    question = to_global("Question", await make.question(family.sam))
    await change(watch, family.sam, "escalateQuestion", id=question, tutorId=family.tess.gid)
    await change(watch, family.tess, "answerQuestion", id=question, expectedVersion=1, answer="Because.")


async def _nudge(watch: Watch, family: Family, make: Make) -> None:
    await watch.nudge(family.tess, family.sam, "Come back")
    (sent,) = await (await make.owner.execute("select id from nudges")).fetchall()
    for field in ("markNudgeOpened", "markNudgeClicked", "markNudgeOpened"):
        await change(watch, family.sam, field, id=to_global("Nudge", sent[0]))


async def _override(watch: Watch, family: Family, make: Make) -> None:
    override = await watch.override(family.tess, family.summary, 1, "Better.")
    await change(watch, family.tess, "revertOverride", id=override, expectedVersion=2)


async def _summary(watch: Watch, family: Family, make: Make) -> None:
    await tell(watch.services, Event(EventKind.SUMMARY_READY, family.sam.id, family.summary))


async def _progress(watch: Watch, family: Family, make: Make) -> None:
    await tell(watch.services, Event(EventKind.PROGRESS_CHANGED, family.sam.id, family.sam.id))


KINDS: list[tuple[Change, list[tuple[str, str]]]] = [
    (_goal, [("GOAL_PROGRESS", "Goal")] * 3),
    (
        _practice,
        [
            ("PRACTICE_ASSIGNED", "PracticeAssignment"),
            ("PRACTICE_COMPLETED", "PracticeAssignment"),
            ("PRACTICE_REVIEWED", "PracticeAssignment"),
        ],
    ),
    (_question, [("QUESTION_ESCALATED", "Question"), ("QUESTION_ANSWERED", "Question")]),
    (_nudge, [("NUDGE_SENT", "Nudge"), ("NUDGE_OPENED", "Nudge")]),
    (_override, [("OVERRIDE_MADE", "Override"), ("OVERRIDE_REVERTED", "Override")]),
    (_summary, [("SUMMARY_READY", "Summary")]),
    (_progress, [("PROGRESS_CHANGED", "Student")]),
]


@pytest.mark.parametrize(("making", "expected"), KINDS, ids=[making.__name__.strip("_") for making, _ in KINDS])
async def test_what_happens_is_told(
    watch: Watch, family: Family, make: Make, making: Change, expected: list[tuple[str, str]]
) -> None:
    people = [family.sam, family.tess, family.toby, family.ada, family.pat]
    async with watch.streams(*((person, ACTIVITY, None) for person in people)) as sockets:
        await making(watch, family, make)
        await tell(watch.services, Event(EventKind.GOAL_PROGRESS, family.sam.id, await make.goal(family.sam)))
        everything = [(kind, node, True) for kind, node in expected] + [("GOAL_PROGRESS", "Goal", True)]
        for person, socket in zip(people, sockets, strict=True):
            # Parents see no questions.
            heard = [each for each in everything if person is not family.pat or each[1] != "Question"]
            assert await told(socket, len(heard)) == heard


async def test_beginnings_and_ends_are_told_to_both_sides(watch: Watch, family: Family, make: Make) -> None:
    link = to_global(
        "ParentLink", (await (await make.owner.execute("select id from parent_student_links")).fetchall())[0][0]
    )
    assignment = to_global("TutorAssignment", family.tess_sam)
    people = [family.sam, family.tess, family.pat, family.toby]
    async with watch.streams(*((person, ACTIVITY, None) for person in people)) as (sam, tess, pat, toby):
        links, assignments = ("ParentLink", True), ("TutorAssignment", True)
        await change(watch, family.ada, "endParentLink", id=link)
        for socket in (sam, tess, toby):
            assert await told(socket, 1) == [("LINK_ENDED", *links)]
        # Whoever sees the student no more hears that, and then nothing about them.
        assert await told(pat, 1) == [("LINK_ENDED", "ParentLink", False)]
        await change(watch, family.ada, "changeTutorAssignmentStatus", id=assignment, status="PAUSED")
        for socket in (sam, toby):
            assert await told(socket, 1) == [("ASSIGNMENT_ENDED", *assignments)]
        assert await told(tess, 1) == [("ASSIGNMENT_ENDED", "TutorAssignment", False)]
        await watch.settled()
        await change(watch, family.ada, "resumeParentLink", id=link)
        for socket in (sam, pat, toby):
            assert await told(socket, 1) == [("LINK_BEGUN", *links)]
        await watch.settled()
        await change(watch, family.ada, "changeTutorAssignmentStatus", id=assignment, status="ACTIVE")
        for socket in (sam, tess, pat, toby):
            assert await told(socket, 1) == [("ASSIGNMENT_BEGUN", *assignments)]


async def test_a_stream_of_some_kinds_about_one_student(watch: Watch, family: Family, make: Make) -> None:
    sue = await make.student("sue")
    await make.assignment(family.tess, sue)
    chosen: dict[str, Any] = {"id": family.sam.gid, "kinds": ["GOAL_PROGRESS", "OVERRIDE_MADE"]}
    async with watch.api.socket(family.tess) as tess:
        await start(tess, ACTIVITY, **chosen)
        await watch.listening(1)
        await change(watch, family.tess, "createGoal", studentId=sue.gid, title="Sue's")
        await watch.nudge(family.tess, family.sam, "another kind")
        await change(watch, family.tess, "createGoal", studentId=family.sam.gid, title="Sam's")
        await watch.override(family.tess, family.summary, 1, "Better.")
        assert await told(tess, 2) == [("GOAL_PROGRESS", "Goal", True), ("OVERRIDE_MADE", "Override", True)]


async def test_what_one_hears_of_others_nudges(watch: Watch, family: Family) -> None:
    """A nudge between others goes to those around the student; the streams of nudges have no other kinds."""
    async with watch.streams((family.pat, ACTIVITY, None), (family.pat, NUDGES, None)) as (activity, nudges):
        await watch.override(family.tess, family.summary, 1, "Better.")
        await watch.nudge(family.tess, family.sam, "Come back")
        assert await told(activity, 2) == [("OVERRIDE_MADE", "Override", True), ("NUDGE_SENT", "Nudge", True)]
        assert (await nudges.next())["data"]["newNudges"]["nudge"]["message"] == "Come back"


def test_every_kind_is_told() -> None:
    assert {kind.value for kind in ActivityKind} - {"current", "heartbeat"} == {
        kind.value for kind in EventKind if kind is not EventKind.DISCONNECTED
    }
