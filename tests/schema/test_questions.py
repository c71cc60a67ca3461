"""Questions: read by the student, their tutors and administrators, passed on and answered; parents see none."""

from typing import Any

import pytest

from schema.ids import to_global
from tests.api import Api
from tests.make import Make, Person
from tests.schema.conftest import Statements

QUESTION = """
query ($id: ID!) {
  node(id: $id) { ... on Question {
    query answer confidence confidenceScore contextSubjects clarificationRequested outOfScope
    tutorEscalationSuggested tutorAnswer answeredAt overridden version disclaimerShown createdAt
    student { email } escalatedTo { email } answeredBy { email } activeOverride { id }
    overrides { totalCount }
  } }
}
"""
QUESTIONS = """
query ($where: QuestionWhere, $order: QuestionOrder! = NEWEST) {
  students { nodes { questions(where: $where, orderBy: $order) { nodes { query } totalCount } } }
}
"""
ESCALATE = """
mutation ($input: EscalateQuestionInput!) {
  escalateQuestion(input: $input) {
    question { version escalatedTo { email } }
    userErrors { field code message }
  }
}
"""
ANSWER = """
mutation ($input: AnswerQuestionInput!) {
  answerQuestion(input: $input) {
    question { answer tutorAnswer answeredBy { email } answeredAt version }
    userErrors { field code message }
  }
}
"""


def gid(row_id: Any) -> str:
    """A question's global id."""
    return to_global("Question", row_id)


async def stored(make: Make) -> tuple[Any, ...] | None:
    """What the only question has of a tutor."""
    cursor = await make.owner.execute(
        "select escalated_to_tutor_id, tutor_answer, answered_by_tutor_id, version from qa_interactions"
    )
    return await cursor.fetchone()


async def test_a_question_is_read_whole(api: Api, make: Make, statements: Statements) -> None:
    sam = await make.student()
    tess = await make.tutor(of=sam)
    asked = await make.question(
        sam,
        confidence_score="0.35",
        context_subjects=["Algebra"],
        tutor_escalation_suggested=True,
        escalated_to_tutor_id=tess.id,
        tutor_answer="By convention.",
        answered_by_tutor_id=tess.id,
        answered_at="2026-03-02T10:00:00Z",
        created_at="2026-03-01T10:00:00Z",
    )
    statements.clear()
    data = await api.data(QUESTION, sam, id=gid(asked))
    assert data["node"] == {
        "query": "Why is 0! = 1?",
        "answer": "Because it is.",
        "confidence": "LOW",
        "confidenceScore": "0.35",
        "contextSubjects": ["Algebra"],
        "clarificationRequested": False,
        "outOfScope": False,
        "tutorEscalationSuggested": True,
        "tutorAnswer": "By convention.",
        "answeredAt": "2026-03-02T10:00:00+00:00",
        "overridden": False,
        "version": 1,
        "disclaimerShown": True,
        "createdAt": "2026-03-01T10:00:00+00:00",
        "student": {"email": "sam@school.test"},
        "escalatedTo": {"email": "tess@school.test"},
        "answeredBy": {"email": "tess@school.test"},
        "activeOverride": None,
        "overrides": {"totalCount": 0},
    }
    assert statements.names == [
        "questions_by_id",
        "users_by_id",
        "overrides_by_question",
        "overrides_by_question_count",
    ]


async def test_who_sees_a_question(api: Api, make: Make) -> None:
    sam = await make.student()
    asked = gid(await make.question(sam))
    former = await make.tutor("former")
    await make.assignment(former, sam, status="completed")
    see = [sam, await make.tutor(of=sam), await make.admin()]
    do_not = [former, await make.parent(of=sam), await make.student("other"), await make.tutor("stranger")]
    for person in see:
        data = await api.data(QUESTION, person, id=asked)
        assert data["node"]["query"] == "Why is 0! = 1?", person.email
    for person in do_not:
        assert await api.data(QUESTION, person, id=asked) == {"node": None}, person.email


async def test_a_parent_finds_no_questions_on_their_child(api: Api, make: Make) -> None:
    sam = await make.student()
    tess = await make.tutor(of=sam)
    pat = await make.parent(of=sam)
    await make.question(sam, escalated_to_tutor_id=tess.id)
    data = await api.data(QUESTIONS, pat)
    assert data["students"]["nodes"] == [{"questions": {"nodes": [], "totalCount": 0}}]
    walk = "query ($id: ID!) { node(id: $id) { ... on Tutor { escalatedQuestions { totalCount nodes { query } } } } }"
    data = await api.data(walk, pat, id=tess.gid)
    assert data["node"] == {"escalatedQuestions": {"totalCount": 0, "nodes": []}}


@pytest.mark.parametrize(
    ("where", "found"),
    [
        (None, ["answered", "escalated", "sure"]),
        ({"confidence": "HIGH"}, ["sure"]),
        ({"confidence": "LOW"}, ["answered", "escalated"]),
        ({"escalated": True}, ["answered", "escalated"]),
        ({"escalated": False}, ["sure"]),
        ({"answered": True}, ["answered"]),
        ({"escalated": True, "answered": False, "confidence": "LOW"}, ["escalated"]),
    ],
)
async def test_questions_are_filtered(api: Api, make: Make, where: Any, found: list[str]) -> None:
    sam = await make.student()
    tess = await make.tutor(of=sam)
    await make.question(sam, "sure", confidence="High", created_at="2026-03-01T00:00:00Z")
    await make.question(sam, "escalated", escalated_to_tutor_id=tess.id, created_at="2026-03-02T00:00:00Z")
    await make.question(
        sam,
        "answered",
        escalated_to_tutor_id=tess.id,
        tutor_answer="So.",
        answered_by_tutor_id=tess.id,
        answered_at="2026-03-04T00:00:00Z",
        created_at="2026-03-03T00:00:00Z",
    )
    data = await api.data(QUESTIONS, sam, where=where)
    listed = data["students"]["nodes"][0]["questions"]
    assert ([node["query"] for node in listed["nodes"]], listed["totalCount"]) == (found, len(found))
    data = await api.data(QUESTIONS, sam, where=where, order="OLDEST")
    assert [node["query"] for node in data["students"]["nodes"][0]["questions"]["nodes"]] == found[::-1]


async def test_a_tutors_questions(api: Api, make: Make) -> None:
    sam = await make.student()
    tess = await make.tutor(of=sam)
    await make.question(sam, "passed on", escalated_to_tutor_id=tess.id)
    await make.question(
        sam, "answered", tutor_answer="So.", answered_by_tutor_id=tess.id, answered_at="2026-03-04T00:00:00Z"
    )
    data = await api.data(
        """{ viewer { ... on Tutor {
            escalatedQuestions { nodes { query } totalCount } answeredQuestions { nodes { query } totalCount }
        } } }""",
        tess,
    )
    assert data["viewer"] == {
        "escalatedQuestions": {"nodes": [{"query": "passed on"}], "totalCount": 1},
        "answeredQuestions": {"nodes": [{"query": "answered"}], "totalCount": 1},
    }


@pytest.mark.parametrize("who", ["student", "tutor", "admin"])
async def test_a_question_goes_to_the_only_tutor(api: Api, make: Make, who: str) -> None:
    sam = await make.student()
    people = {"student": sam, "tutor": await make.tutor(of=sam), "admin": await make.admin()}
    # A second subject makes no second tutor, a paused tutor is none.
    await make.assignment(people["tutor"], sam, subject_id=await make.subject())
    await make.assignment(await make.tutor("paused"), sam, status="paused")
    asked = gid(await make.question(sam))
    data = await api.data(ESCALATE, people[who], input={"id": asked})
    assert data["escalateQuestion"] == {
        "question": {"version": 1, "escalatedTo": {"email": "tess@school.test"}},
        "userErrors": [],
    }
    data = await api.data(ESCALATE, people[who], input={"id": asked, "tutorId": people["tutor"].gid})
    assert refusals(data) == [("tutorId", "ALREADY_DONE")]


async def test_one_of_several_tutors_is_named(api: Api, make: Make) -> None:
    sam = await make.student()
    tess = await make.tutor(of=sam)
    toby = await make.tutor("toby", of=sam)
    paused = await make.tutor("paused")
    await make.assignment(paused, sam, status="paused")
    asked = gid(await make.question(sam))
    assert refusals(await api.data(ESCALATE, sam, input={"id": asked})) == [("tutorId", "INVALID")]
    data = await api.data(ESCALATE, sam, input={"id": asked, "tutorId": paused.gid})
    assert refusals(data) == [("tutorId", "INVALID")]
    data = await api.data(ESCALATE, sam, input={"id": asked, "tutorId": toby.gid})
    assert data["escalateQuestion"]["question"]["escalatedTo"] == {"email": "toby@school.test"}
    # It can be handed on.
    data = await api.data(ESCALATE, toby, input={"id": asked, "tutorId": tess.gid})
    assert data["escalateQuestion"]["question"]["escalatedTo"] == {"email": "tess@school.test"}
    assert await api.error_codes(ESCALATE, sam, input={"id": asked, "tutorId": sam.gid}) == ["BAD_ID"]


async def test_what_may_be_about_a_tutor_goes_to_nobody_unnamed(api: Api, make: Make) -> None:
    """The only one there is may be the one."""
    sam = await make.student()
    tess = await make.tutor(of=sam)
    asked = gid(await make.question(sam, kept_from_tutors=True))
    assert refusals(await api.data(ESCALATE, sam, input={"id": asked})) == [("tutorId", "INVALID")]
    data = await api.data(ESCALATE, sam, input={"id": asked, "tutorId": tess.gid})
    assert data["escalateQuestion"]["userErrors"] == []


async def test_what_cannot_be_escalated(api: Api, make: Make) -> None:
    sam = await make.student()
    asked = gid(await make.question(sam))
    assert refusals(await api.data(ESCALATE, sam, input={"id": asked})) == [("id", "CONFLICT")]
    tess = await make.tutor(of=sam)
    answered = gid(
        await make.question(sam, tutor_answer="So.", answered_by_tutor_id=tess.id, answered_at="2026-03-04T00:00:00Z")
    )
    assert refusals(await api.data(ESCALATE, sam, input={"id": answered})) == [("id", "CONFLICT")]
    assert await api.error_codes(ESCALATE, sam, input={"id": sam.gid}) == ["BAD_ID"]
    assert await api.error_codes(ESCALATE, sam, input={"id": ""}) == ["BAD_ID"]


async def test_a_tutor_answers_and_mends_their_answer(api: Api, make: Make) -> None:
    sam = await make.student()
    tess = await make.tutor(of=sam)
    toby = await make.tutor("toby", of=sam)
    asked = gid(await make.question(sam))
    data = await api.data(ANSWER, tess, input={"id": asked, "expectedVersion": 1, "answer": "  By convention. "})
    question = data["answerQuestion"]["question"]
    assert question.pop("answeredAt") is not None
    assert question == {
        "answer": "Because it is.",
        "tutorAnswer": "By convention.",
        "answeredBy": {"email": "tess@school.test"},
        "version": 2,
    }
    # What they had not read is not written over.
    mended = {"id": asked, "answer": "So that n! = n (n - 1)!"}
    data = await api.data(ANSWER, tess, input=mended | {"expectedVersion": 1})
    assert data["answerQuestion"]["question"]["tutorAnswer"] == "By convention."
    assert refusals(data, "answerQuestion") == [("expectedVersion", "STALE_VERSION")]
    data = await api.data(ANSWER, tess, input=mended | {"expectedVersion": 2})
    assert data["answerQuestion"]["question"]["tutorAnswer"] == "So that n! = n (n - 1)!"
    data = await api.data(ANSWER, toby, input={"id": asked, "expectedVersion": 3, "answer": "No!"})
    assert (data["answerQuestion"]["question"], refusals(data, "answerQuestion")) == (None, [("id", "ALREADY_DONE")])
    assert await stored(make) == (None, "So that n! = n (n - 1)!", tess.id, 3)


@pytest.mark.parametrize(
    ("text", "code"),
    [(" \n", "INVALID"), ("x" * 10_001, "TOO_LONG"), ("a\x00", "INVALID")],
)
async def test_a_bad_answer_is_refused(api: Api, make: Make, text: str, code: str) -> None:
    sam = await make.student()
    tess = await make.tutor(of=sam)
    data = await api.data(
        ANSWER, tess, input={"id": gid(await make.question(sam)), "expectedVersion": 1, "answer": text}
    )
    assert refusals(data, "answerQuestion") == [("answer", code)]
    assert await stored(make) == (None, None, None, 1)


async def test_a_very_long_answer_is_kept_whole(api: Api, make: Make) -> None:
    sam = await make.student()
    tess = await make.tutor(of=sam)
    text = "é😀" * 5_000
    data = await api.data(
        ANSWER, tess, input={"id": gid(await make.question(sam)), "expectedVersion": 1, "answer": text}
    )
    assert data["answerQuestion"]["question"]["tutorAnswer"] == text


# By viewer: the codes of the operation's errors, or of its user errors.
DENIED = {
    "anonymous": ("UNAUTHENTICATED", "UNAUTHENTICATED"),
    "parent": ("FORBIDDEN", "FORBIDDEN"),
    "other student": ("NOT_FOUND", "FORBIDDEN"),
    "other tutor": ("NOT_FOUND", "NOT_FOUND"),
    "paused tutor": ("NOT_FOUND", "NOT_FOUND"),
}


@pytest.mark.parametrize("who", [*DENIED, "student", "admin"])
async def test_nobody_else_changes_a_question(api: Api, make: Make, who: str) -> None:
    sam = await make.student()
    await make.tutor(of=sam)
    people: dict[str, Person | None] = {
        "anonymous": None,
        "parent": await make.parent(of=sam),
        "other student": await make.student("other"),
        "other tutor": await make.tutor("stranger"),
        "paused tutor": await make.tutor("paused"),
        "student": sam,
        "admin": await make.admin(),
    }
    paused = people["paused tutor"]
    assert paused
    await make.assignment(paused, sam, status="paused")
    asked = gid(await make.question(sam))
    person = people[who]
    if who == "parent":
        refused = await api.run(ESCALATE, person, input={"id": asked})
        assert refused["errors"][0]["message"] == (
            "A parent may not set goals, work on practice or pass questions on; a student, a tutor or an admin may."
        )
    if who in DENIED:
        assert await codes(api, ESCALATE, person, input={"id": asked}) == [DENIED[who][0]]
    answering = {"student": "FORBIDDEN", "admin": "FORBIDDEN"}.get(who) or DENIED[who][1]
    assert await codes(api, ANSWER, person, input={"id": asked, "expectedVersion": 1, "answer": "Mine"}) == [answering]
    assert await stored(make) == (None, None, None, 1)


async def codes(api: Api, document: str, person: Person | None, **variables: Any) -> list[str]:
    """The codes of an operation's errors and user errors."""
    answer = await api.run(document, person, **variables)
    payloads = [payload for payload in (answer.get("data") or {}).values() if payload]
    return [error["extensions"]["code"] for error in answer.get("errors", [])] + [
        error["code"] for payload in payloads for error in payload["userErrors"]
    ]


def refusals(data: Any, field: str = "escalateQuestion") -> list[tuple[str, str]]:
    """The field and code of each user error."""
    return [(error["field"], error["code"]) for error in data[field]["userErrors"]]
