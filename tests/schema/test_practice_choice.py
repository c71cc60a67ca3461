"""What comes next for a student, over the API: proposed, taken, set by tutors, and kept to what is theirs."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from schema.ids import to_global
from tests.api import Api
from tests.make import Make, Person
from tests.schema.conftest import Statements

NEXT = """
query ($subject: ID!, $count: Int! = 5, $student: ID) {
  nextPractice(subjectId: $subject, count: $count, studentId: $student) {
    rating targetSuccess missing note
    proposals { predictedSuccess kind reason difficultyLevel topicTags item { questionText } }
  }
}
"""
TAKE = """
mutation ($input: TakeNextPracticeInput!) {
  takeNextPractice(input: $input) {
    missing note userErrors { field code }
    practice { predictedSuccess choiceKind choiceReason difficultyLevel questionText student { email } }
  }
}
"""
SET = """
mutation ($input: SetPracticeSettingsInput!) {
  setPracticeSettings(input: $input) { settings { targetSuccess reviewFirst } userErrors { field code } }
}
"""
SETTINGS = "query ($id: ID!) { node(id: $id) { ... on Student { practiceSettings { targetSuccess reviewFirst } } } }"
REASON = "Not answered before. Expected success 76%, near the aim of 75%. Topic: sums, which has not come up lately."


def _subject(subject: UUID) -> str:
    return to_global("Subject", subject)


async def _taken(api: Api, person: Person, subject: UUID, **given: Any) -> Any:
    data = await api.data(TAKE, person, input={"subjectId": _subject(subject), **given})
    return data["takeNextPractice"]


async def _bank(make: Make) -> UUID:
    """Algebra with one question for each of the levels 1 to 6; level 3 is near the aim of a new student."""
    algebra = await make.subject()
    for level in range(1, 7):
        await make.practice_item(algebra, f"Level {level}?", difficulty_level=level, topic_tags=["sums"])
    return algebra


async def test_what_is_proposed_is_what_is_taken(api: Api, make: Make, statements: Statements) -> None:
    sam, algebra = await make.student(), await _bank(make)
    tess = await make.tutor(of=sam)
    statements.clear()
    data = await api.data(NEXT, sam, subject=_subject(algebra), count=1)
    proposal = {"predictedSuccess": "0.760", "kind": "NEW", "reason": REASON}
    assert data["nextPractice"] == {
        "rating": 1000,
        "targetSuccess": "0.75",
        "missing": 0,
        "note": None,
        "proposals": [{**proposal, "difficultyLevel": 3, "topicTags": ["sums"], "item": None}],
    }
    assert statements.names == [
        "users_by_id",
        "practice_situation",
        "practice_candidates",
        "recent_topics",
        "practice_items_by_id",
    ]
    data = await api.data(NEXT, tess, subject=_subject(algebra), count=1, student=sam.gid)
    assert data["nextPractice"]["proposals"][0]["item"] == {"questionText": "Level 3?"}
    assert await _taken(api, sam, algebra, count=1) == {
        "missing": 0,
        "note": None,
        "userErrors": [],
        "practice": [
            {
                "predictedSuccess": "0.760",
                "choiceKind": "NEW",
                "choiceReason": REASON,
                "difficultyLevel": 3,
                "questionText": "Level 3?",
                "student": {"email": "sam@school.test"},
            }
        ],
    }
    # What is the student's to do is not proposed again.
    data = await api.data(NEXT, tess, subject=_subject(algebra), count=6, student=sam.gid)
    found = data["nextPractice"]
    assert (len(found["proposals"]), found["missing"]) == (5, 1)
    assert found["note"].startswith("The practice bank has no more questions")
    assert "Level 3?" not in [one["item"]["questionText"] for one in found["proposals"]]


async def test_the_rating_and_the_tutors_aim_decide(api: Api, make: Make) -> None:
    sam, algebra = await make.student(), await _bank(make)
    tess = await make.tutor(of=sam)
    await make.rating(sam, algebra, 1200)
    data = await api.data(NEXT, sam, subject=_subject(algebra), count=1)
    assert data["nextPractice"]["proposals"][0]["difficultyLevel"] == 5
    given = {"studentId": sam.gid, "targetSuccess": "0.904", "reviewFirst": True}
    assert (await api.data(SET, tess, input=given))["setPracticeSettings"] == {
        "settings": {"targetSuccess": "0.90", "reviewFirst": True},
        "userErrors": [],
    }
    data = await api.data(NEXT, sam, subject=_subject(algebra), count=1)
    assert data["nextPractice"]["targetSuccess"] == "0.90"
    assert data["nextPractice"]["proposals"][0]["difficultyLevel"] == 3
    # What is left out stays.
    data = await api.data(SET, tess, input={"studentId": sam.gid, "targetSuccess": "0.5"})
    assert data["setPracticeSettings"]["settings"] == {"targetSuccess": "0.50", "reviewFirst": True}
    for person in (sam, await make.parent(of=sam)):
        shown = await api.data(SETTINGS, person, id=sam.gid)
        assert shown["node"]["practiceSettings"] == {"targetSuccess": "0.50", "reviewFirst": True}
    other = await make.student("max")
    assert (await api.data(SETTINGS, other, id=other.gid))["node"]["practiceSettings"] == {
        "targetSuccess": "0.75",
        "reviewFirst": False,
    }


async def test_a_question_moves_by_its_answers_and_its_guesses(api: Api, make: Make) -> None:
    sam, algebra = await make.student(), await make.subject()
    hard = await make.practice_item(algebra, "Hard?", difficulty_level=3)
    choices: dict[str, Any] = {"answer": "a1", "choices": ["a1", "b1", "c1", "d1"], "answer_type": "multiple_choice"}
    await make.practice_item(algebra, "Choose!", difficulty_level=5, **choices)
    await make.row("practice_item_ratings", bank_item_id=hard, rating=1300, deviation=80, answers=40)
    data = await api.data(NEXT, sam, subject=_subject(algebra))
    found = {one["difficultyLevel"]: one["predictedSuccess"] for one in data["nextPractice"]["proposals"]}
    assert found == {5: "0.625", 3: "0.151"}


async def test_taking_at_the_same_time_gives_nothing_twice(api: Api, make: Make) -> None:
    sam, algebra = await make.student(), await _bank(make)
    taken = await asyncio.gather(*(_taken(api, sam, algebra, count=2) for _ in range(5)))
    questions = [one["questionText"] for answer in taken for one in answer["practice"]]
    assert len(questions) == len(set(questions)) == 6
    assert sum(answer["missing"] for answer in taken) == 4
    told = await make.owner.execute("select kind, student_id, target_id from events order by target_id")
    ids = await make.owner.execute("select id from practice_assignments order by id")
    assert await told.fetchall() == [("practice_assigned", sam.id, each) for (each,) in await ids.fetchall()]


async def test_there_is_a_limit_to_what_waits(api: Api, make: Make) -> None:
    sam, algebra = await make.student(), await make.subject()
    for number in range(51):
        item = await make.practice_item(algebra, f"{number}?")
        if number < 49:
            await make.practice(sam, item)
    answer = await _taken(api, sam, algebra, count=2)
    assert (answer["practice"], answer["userErrors"]) == ([], [{"field": "count", "code": "CONFLICT"}])
    assert len((await _taken(api, sam, algebra, count=1))["practice"]) == 1


@pytest.mark.parametrize("count", [0, 21, -5])
async def test_absurd_counts(api: Api, make: Make, count: int) -> None:
    sam, algebra = await make.student(), await make.subject()
    assert await api.error_codes(NEXT, sam, subject=_subject(algebra), count=count) == ["BAD_USER_INPUT"]
    answer = await _taken(api, sam, algebra, count=count)
    assert answer["userErrors"] == [{"field": "count", "code": "INVALID"}]


async def test_who_may_ask_for_whom(api: Api, make: Make) -> None:
    sam, algebra = await make.student(), await _bank(make)
    tess, ada = await make.tutor(of=sam), await make.admin()
    strangers = [await make.tutor("tom"), await make.student("max")]
    subject = {"subject": _subject(algebra)}
    for person in (tess, ada):
        data = await api.data(NEXT, person, **subject, student=sam.gid)
        assert len(data["nextPractice"]["proposals"]) == 5
        assert await api.error_codes(NEXT, person, **subject) == ["BAD_USER_INPUT"]
    for person in strangers:
        assert await api.data(NEXT, person, **subject, student=sam.gid) == {"nextPractice": None}
        answer = await _taken(api, person, algebra, studentId=sam.gid)
        assert answer["userErrors"] == [{"field": "studentId", "code": "FORBIDDEN"}]
        given = {"studentId": sam.gid, "targetSuccess": "0.9"}
        if person.role == "tutor":
            assert (await api.data(SET, person, input=given))["setPracticeSettings"]["settings"] is None
    nobody = to_global("Student", UUID(int=1))
    assert await api.data(NEXT, ada, **subject, student=nobody) == {"nextPractice": None}
    assert (await _taken(api, ada, algebra, studentId=nobody))["userErrors"] == [{"field": None, "code": "NOT_FOUND"}]
    assert len((await _taken(api, tess, algebra, studentId=sam.gid))["practice"]) == 5
    assert await (await make.owner.execute("select count(*) from practice_assignments")).fetchall() == [(5,)]


@pytest.mark.parametrize("aim", ["0.4", "1", "NaN"])
async def test_absurd_aims(api: Api, make: Make, aim: str) -> None:
    sam = await make.student()
    tess = await make.tutor(of=sam)
    data = await api.data(SET, tess, input={"studentId": sam.gid, "targetSuccess": aim})
    assert data["setPracticeSettings"] == {
        "settings": None,
        "userErrors": [{"field": "targetSuccess", "code": "INVALID"}],
    }


# What is held


HELD = "query ($id: ID!) { node(id: $id) { ... on PracticeAssignment { held flagged } } }"


async def test_what_is_held_is_for_those_who_review_it(api: Api, make: Make) -> None:
    sam, algebra = await make.student(), await make.subject()
    tess, pat, ada = await make.tutor(of=sam), await make.parent(of=sam), await make.admin()
    held = {"id": to_global("PracticeAssignment", await make.written_practice(sam, subject_id=algebra, held=True))}
    for person in (sam, pat):
        assert await api.data(HELD, person, **held) == {"node": None}
    for person in (tess, ada):
        assert await api.data(HELD, person, **held) == {"node": {"held": True, "flagged": True}}
    complete = 'mutation ($id: ID!) { completePractice(input: {id: $id, response: "6"}) { userErrors { code } } }'
    assert (await api.data(complete, sam, **held))["completePractice"]["userErrors"] == [{"code": "NOT_FOUND"}]
    approve = "mutation ($id: ID!) { approvePractice(input: {id: $id}) { userErrors { code } } }"
    assert (await api.data(approve, tess, **held))["approvePractice"]["userErrors"] == []
    for person in (sam, pat):
        assert await api.data(HELD, person, **held) == {"node": {"held": False, "flagged": False}}
    told = await make.owner.execute("select kind from events order by id")
    assert await told.fetchall() == [("practice_reviewed",), ("practice_assigned",)]


async def test_a_tutor_says_no(api: Api, make: Make) -> None:
    sam, algebra = await make.student(), await make.subject()
    tess = await make.tutor(of=sam)
    shown = {"id": to_global("PracticeAssignment", await make.written_practice(sam, subject_id=algebra))}
    done = {"id": to_global("PracticeAssignment", await make.written_practice(sam, completed=True))}
    reject = "mutation ($id: ID!) { rejectPractice(input: {id: $id}) { practice { held } userErrors { code } } }"
    assert (await api.data(reject, tess, **shown))["rejectPractice"] == {"practice": {"held": True}, "userErrors": []}
    assert await api.data(HELD, sam, **shown) == {"node": None}
    again = (await api.data(reject, tess, **shown))["rejectPractice"]
    assert again == {"practice": None, "userErrors": [{"code": "ALREADY_DONE"}]}
    late = (await api.data(reject, tess, **done))["rejectPractice"]
    assert late == {"practice": None, "userErrors": [{"code": "CONFLICT"}]}
