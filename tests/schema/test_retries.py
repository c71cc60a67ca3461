"""What a flaky network sends again is created once: a key of the client's own says that it is the same."""

import asyncio
from typing import Any

import pytest

from schema.ids import to_global
from tests.api import Api
from tests.make import Make

FIELDS = {
    "createGoal": ("CreateGoalInput", "goal { id }", "goals"),
    "recordSession": ("RecordSessionInput", "session { id }", "sessions"),
    "sendNudge": ("SendNudgeInput", "nudge { id }", "nudges"),
    "addStudyMaterial": ("AddStudyMaterialInput", "studyMaterial { id }", "study_materials"),
    "createPracticeItem": ("CreatePracticeItemInput", "practiceItem { id }", "practice_bank_items"),
    "takeNextPractice": ("TakeNextPracticeInput", "practice { id } missing", "practice_assignments"),
}


def document(name: str) -> str:
    """The mutation."""
    kind, selection, _ = FIELDS[name]
    return f"mutation ($input: {kind}!) {{ {name}(input: $input) {{ {selection} userErrors {{ field code }} }} }}"


async def held(make: Make, table: str) -> tuple[Any, ...]:
    """How many rows there are, jobs waiting, and events told."""
    found = await make.owner.execute(
        f"select (select count(*) from {table}), (select count(*) from jobs.procrastinate_jobs),"
        " (select count(*) from events)"
    )
    row = await found.fetchone()
    assert row is not None
    return tuple(row)


@pytest.mark.parametrize("name", FIELDS)
async def test_what_is_sent_again_is_created_once(api: Api, make: Make, name: str) -> None:
    sam, kim = await make.student(), await make.student("kim")
    tess = await make.tutor(of=sam)
    await make.assignment(tess, kim)
    algebra = await make.subject("Algebra")
    if name == "takeNextPractice":
        for number in range(7):
            await make.practice_item(algebra, f"What is {number} + 1?", str(number + 1))
    content: dict[str, Any] = {
        "createGoal": {"studentId": sam.gid, "title": "Fractions"},
        "recordSession": {
            "studentId": sam.gid,
            "startedAt": "2026-03-02T16:00:00Z",
            "transcript": {"text": "Tutor: 3 + 4?\nStudent: 7"},
        },
        "sendNudge": {"studentId": sam.gid, "type": "LOGIN", "channel": "BOTH", "message": "Well done"},
        "addStudyMaterial": {"title": "Tides", "text": "The Moon pulls the sea."},
        "createPracticeItem": {
            "subjectId": to_global("Subject", algebra),
            "questionText": "3 + 4?",
            "answerText": "7",
            "difficultyLevel": 1,
        },
        "takeNextPractice": {"studentId": sam.gid, "subjectId": to_global("Subject", algebra), "count": 3},
    }
    table = FIELDS[name][2]
    given = {**content[name], "idempotencyKey": " one request "}
    before = await held(make, table)
    at_once = await asyncio.gather(*(api.data(document(name), tess, input=given) for _ in range(3)))
    made = await held(make, table)
    assert made[0] - before[0] == (3 if name == "takeNextPractice" else 1)
    assert [answer[name]["userErrors"] for answer in at_once] == [[], [], []]
    again = await api.data(document(name), tess, input=given)
    assert again == at_once[0] == at_once[1] == at_once[2]
    assert await held(make, table) == made

    other = {**given, "studentId": kim.gid} if "studentId" in given else {**given, "title": "Another"}
    if name != "createPracticeItem":
        refused = await api.data(document(name), tess, input=other)
        assert refused[name]["userErrors"] == [{"field": "idempotencyKey", "code": "INVALID"}]
    for key in (" ", "k" * 101):
        refused = await api.data(document(name), tess, input={**given, "idempotencyKey": key})
        assert [error["field"] for error in refused[name]["userErrors"]] == ["idempotencyKey"]
    assert await held(make, table) == made
    # Another person's key is another key, and without one each request creates.
    tom = await make.tutor("tom", of=sam)
    await api.data(document(name), tom, input=given)
    await api.data(document(name), tess, input=content[name])
    assert (await held(make, table))[0] == made[0] + (4 if name == "takeNextPractice" else 2)


async def test_a_key_that_made_what_cannot_be_seen_is_refused(api: Api, make: Make) -> None:
    """Because it is made at the same moment, or for a student whom the tutor teaches no more."""
    sam, kim, algebra = await make.student(), await make.student("kim"), await make.subject()
    tess = await make.tutor(of=sam)
    await make.assignment(tess, kim)
    await make.practice_item(algebra, "3 + 4?", "7")
    refused = {"userErrors": [{"field": "idempotencyKey", "code": "INVALID"}]}
    given = {"subjectId": to_global("Subject", algebra), "count": 1, "idempotencyKey": "one request"}
    answers = await asyncio.gather(
        *(api.data(document("takeNextPractice"), tess, input={**given, "studentId": one.gid}) for one in (sam, kim))
    )
    assert sorted(len(answer["takeNextPractice"]["practice"]) for answer in answers) == [0, 1]
    assert [each for answer in answers for each in answer["takeNextPractice"]["userErrors"]] == refused["userErrors"]
    goal = {"title": "Fractions", "idempotencyKey": "one request"}
    await api.data(document("createGoal"), tess, input={**goal, "studentId": kim.gid})
    await make.owner.execute("update tutor_student_assignments set status = 'paused' where student_id = %s", [kim.id])
    data = await api.data(document("createGoal"), tess, input={**goal, "studentId": sam.gid})
    assert data["createGoal"] == {"goal": None, **refused}
