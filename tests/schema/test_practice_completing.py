"""Completing practice: grading, the rating that moves with it, and many answers at once."""

import asyncio
from itertools import pairwise
from typing import Any

import pytest

from schema.ids import to_global
from tests.api import Api
from tests.make import Make
from tests.schema.conftest import Statements

COMPLETE = """
mutation ($input: CompletePracticeInput!) {
  completePractice(input: $input) {
    practice {
      completed responseText performanceScore studentRatingBefore studentRatingAfter
      solution { answer explanation }
      student { ratings { rating subject { name } } }
    }
    userErrors { field code message }
  }
}
"""


def _practice(row_id: Any) -> str:
    return to_global("PracticeAssignment", row_id)


async def _item(make: Make, **values: Any) -> Any:
    return await make.practice_item(await make.subject(), **values)


async def _stored(make: Make) -> list[Any]:
    cursor = await make.owner.execute(
        "select completed, completed_at is null, response_text, performance_score, student_rating_before,"
        " student_rating_after, flagged from practice_assignments"
    )
    return [
        *await cursor.fetchall(),
        *await (await make.owner.execute("select rating from student_ratings")).fetchall(),
    ]


UNTOUCHED = [(False, True, None, None, None, None, False)]


async def test_a_student_answers_and_then_sees_the_solution(api: Api, make: Make, statements: Statements) -> None:
    sam = await make.student()
    item = await _item(make, explanation="Count on.", answer_type="numeric")
    practice = _practice(await make.practice(sam, item))
    statements.clear()
    data = await api.data(COMPLETE, sam, input={"id": practice, "response": " 4.0 "})
    assert data["completePractice"] == {
        "practice": {
            "completed": True,
            "responseText": "4.0",
            "performanceScore": "1.00",
            "studentRatingBefore": 1000,
            "studentRatingAfter": 1052,
            "solution": {"answer": "4", "explanation": "Count on."},
            "student": {"ratings": [{"rating": 1052, "subject": {"name": "Algebra"}}]},
        },
        "userErrors": [],
    }
    assert statements.names[:19] == [
        "practice_by_id",
        "lock_practice",
        "complete_practice",
        "answer_to_grade",
        "lock_answering",
        "open_rating",
        "lock_rating",
        "open_item_rating",
        "lock_item_rating",
        "familiarity",
        "update_student_rating",
        "narrow_rating",
        "update_item_rating",
        "remember_item",
        "answer_numbers",
        "update_practice",
        "lock_practice",
        "defer",
        "append_events",
    ]
    assert sorted(statements.names[19:]) == [
        "ratings_by_student",
        "solutions_by_practice",
        "subjects_by_id",
        "users_by_id",
    ]


async def test_a_wrong_answer_scores_nothing(api: Api, make: Make) -> None:
    sam = await make.student()
    practice = _practice(await make.practice(sam, await _item(make, difficulty_level=1)))
    data = await api.data(COMPLETE, sam, input={"id": practice, "response": "5"})
    # Difficulty 1 is a question of 600: 10/11 was expected, and 148 points are at stake for a new student.
    assert data["completePractice"]["practice"] == {
        "completed": True,
        "responseText": "5",
        "performanceScore": "0.00",
        "studentRatingBefore": 1000,
        "studentRatingAfter": 865,
        "solution": {"answer": "4", "explanation": None},
        "student": {"ratings": [{"rating": 865, "subject": {"name": "Algebra"}}]},
    }


async def test_a_choice_is_answered_by_its_letter(api: Api, make: Make) -> None:
    sam = await make.student()
    item = await _item(make, answer="Rome", choices=["Oslo", "Rome"], answer_type="multiple_choice")
    practice = _practice(await make.practice(sam, item))
    data = await api.data(COMPLETE, sam, input={"id": practice, "response": "b)"})
    assert data["completePractice"]["practice"]["performanceScore"] == "1.00"


async def test_practice_without_a_subject_moves_no_rating(api: Api, make: Make) -> None:
    sam = await make.student()
    practice = _practice(await make.written_practice(sam))
    data = await api.data(COMPLETE, sam, input={"id": practice, "response": "6"})
    assert data["completePractice"]["practice"] == {
        "completed": True,
        "responseText": "6",
        "performanceScore": "1.00",
        "studentRatingBefore": None,
        "studentRatingAfter": None,
        "solution": {"answer": "6", "explanation": None},
        "student": {"ratings": []},
    }


async def test_a_tutors_words_for_an_item_are_what_is_asked_and_graded(api: Api, make: Make) -> None:
    sam = await make.student()
    question = "What percentage of 20 is 1?"
    practice = await make.practice(
        sam,
        await _item(make, answer_type="numeric"),
        ai_question_text=question,
        ai_answer_text="5",
        ai_explanation="One in twenty.",
    )
    data = await api.data(
        "query ($id: ID!) { node(id: $id) { ... on PracticeAssignment { questionText } } }", sam, id=_practice(practice)
    )
    assert data["node"] == {"questionText": question}
    data = await api.data(COMPLETE, sam, input={"id": _practice(practice), "response": "5 %"})
    assert data["completePractice"]["practice"]["performanceScore"] == "1.00"
    assert data["completePractice"]["practice"]["solution"] == {"answer": "5", "explanation": "One in twenty."}


@pytest.mark.parametrize("who", ["tutor", "admin"])
async def test_staff_may_give_the_score(api: Api, make: Make, who: str) -> None:
    sam = await make.student()
    person = await make.tutor(of=sam) if who == "tutor" else await make.admin()
    algebra = await make.subject()
    await make.rating(sam, algebra, 1200)
    practice = _practice(await make.practice(sam, await make.practice_item(algebra)))
    given = {"id": practice, "response": "about four", "performanceScore": "0.666"}
    data = await api.data(COMPLETE, person, input=given)
    assert data["completePractice"]["practice"] == {
        "completed": True,
        "responseText": "about four",
        "performanceScore": "0.67",
        "studentRatingBefore": 1200,
        "studentRatingAfter": 1189,
        "solution": {"answer": "4", "explanation": None},
        "student": {"ratings": [{"rating": 1189, "subject": {"name": "Algebra"}}]},
    }


async def test_a_score_alone_is_enough_and_so_is_a_response(api: Api, make: Make) -> None:
    sam = await make.student()
    tess = await make.tutor(of=sam)
    scored, answered = [_practice(await make.written_practice(sam)) for _ in range(2)]
    data = await api.data(COMPLETE, tess, input={"id": scored, "performanceScore": "1"})
    assert data["completePractice"]["practice"]["responseText"] is None
    assert data["completePractice"]["practice"]["performanceScore"] == "1.00"
    data = await api.data(COMPLETE, tess, input={"id": answered, "response": "7"})
    assert data["completePractice"]["practice"]["performanceScore"] == "0.00"


async def test_students_do_not_score_themselves(api: Api, make: Make) -> None:
    sam = await make.student()
    practice = _practice(await make.practice(sam, await _item(make)))
    data = await api.data(COMPLETE, sam, input={"id": practice, "response": "4", "performanceScore": "1"})
    assert data["completePractice"]["practice"] is None
    assert [(error["field"], error["code"]) for error in data["completePractice"]["userErrors"]] == [
        ("performanceScore", "FORBIDDEN")
    ]
    assert await _stored(make) == UNTOUCHED


async def test_bad_answers_are_refused(api: Api, make: Make) -> None:
    sam = await make.student()
    tess = await make.tutor(of=sam)
    practice = _practice(await make.practice(sam, await _item(make)))
    responses = {None: "INVALID", " \n\t": "INVALID", "x" * 10_001: "TOO_LONG", "4\x00": "INVALID"}
    scores = ["1.01", "-0.01", "1e999999", "NaN", "sNaN", "-Infinity"]
    bad: list[tuple[dict[str, Any], str, str]] = [
        ({}, "response", "INVALID"),
        *(({"response": response}, "response", code) for response, code in responses.items()),
        *(({"performanceScore": score}, "performanceScore", "INVALID") for score in scores),
    ]
    for given, field, code in bad:
        data = await api.data(COMPLETE, tess, input={"id": practice, **given})
        assert data["completePractice"]["practice"] is None
        assert [(error["field"], error["code"]) for error in data["completePractice"]["userErrors"]] == [(field, code)]
    for wrong in (sam.gid, "nonsense", ""):
        assert await api.error_codes(COMPLETE, tess, input={"id": wrong, "response": "4"}) == ["BAD_ID"]
    assert await api.error_codes(COMPLETE, tess, input={"id": practice, "performanceScore": "half"}) == ["BAD_REQUEST"]
    assert await _stored(make) == UNTOUCHED


async def test_a_tiny_score_is_none(api: Api, make: Make) -> None:
    sam = await make.student()
    tess = await make.tutor(of=sam)
    practice = _practice(await make.practice(sam, await _item(make)))
    data = await api.data(COMPLETE, tess, input={"id": practice, "performanceScore": "1e-999999"})
    assert data["completePractice"]["practice"]["performanceScore"] == "0.00"


@pytest.mark.parametrize("who", ["another student", "another tutor", "a former tutor"])
async def test_strangers_find_nothing_to_complete(api: Api, make: Make, who: str) -> None:
    sam = await make.student()
    stranger = await (make.student("max") if who == "another student" else make.tutor())
    if who == "a former tutor":
        await make.assignment(stranger, sam, status="completed")
    practice = _practice(await make.practice(sam, await _item(make)))
    data = await api.data(COMPLETE, stranger, input={"id": practice, "response": "4"})
    assert data["completePractice"]["practice"] is None
    assert [(error["field"], error["code"]) for error in data["completePractice"]["userErrors"]] == [
        ("id", "NOT_FOUND")
    ]
    assert await _stored(make) == UNTOUCHED


@pytest.mark.parametrize("who", ["nobody", "parent"])
async def test_a_parent_does_not_practise(api: Api, make: Make, who: str) -> None:
    sam = await make.student()
    person = await make.parent(of=sam) if who == "parent" else None
    practice = _practice(await make.practice(sam, await _item(make)))
    expected = "UNAUTHENTICATED" if who == "nobody" else "FORBIDDEN"
    assert await api.error_codes(COMPLETE, person, input={"id": practice, "response": "4"}) == [expected]
    assert await _stored(make) == UNTOUCHED


# At the same time


async def test_answers_at_the_same_time_lose_no_rating_update(api: Api, make: Make) -> None:
    sam = await make.student()
    algebra = await make.subject()
    practice = []
    for number in range(50):
        item = await make.practice_item(algebra, difficulty_level=number % 10 + 1)
        practice.append(_practice(await make.practice(sam, item)))
    answers = await asyncio.gather(
        *(
            api.data(COMPLETE, sam, input={"id": one, "response": "4" if number % 3 else "5"})
            for number, one in enumerate(practice)
        )
    )
    moves = [answer["completePractice"]["practice"] for answer in answers]
    assert len({move["studentRatingBefore"] for move in moves}) > 10
    ((final,),) = await (await make.owner.execute("select rating from student_ratings")).fetchall()
    assert _is_chain([(move["studentRatingBefore"], move["studentRatingAfter"]) for move in moves], 1000, final)
    # By sums as well: what the answers moved is how far the rating has come.
    assert sum(move["studentRatingAfter"] - move["studentRatingBefore"] for move in moves) == final - 1000


def _is_chain(moves: list[tuple[int, int]], start: int, end: int) -> bool:
    """Whether the moves can be put in an order in which each begins where the one before it ended.

    They are the edges of a graph over ratings, and such an order is an Eulerian path (Hierholzer's algorithm).
    """
    leaving: dict[int, list[int]] = {}
    for before, after in moves:
        leaving.setdefault(before, []).append(after)
    stack, path = [start], []
    while stack:
        if leaving.get(stack[-1]):
            stack.append(leaving[stack[-1]].pop())
        else:
            path.append(stack.pop())
    path.reverse()
    return len(path) == len(moves) + 1 and path[-1] == end and set(pairwise(path)) == set(moves)


async def test_of_answers_to_one_question_at_the_same_time_one_counts(api: Api, make: Make) -> None:
    sam = await make.student()
    practice = _practice(await make.practice(sam, await _item(make)))
    answers = await asyncio.gather(
        *(api.data(COMPLETE, sam, input={"id": practice, "response": str(number)}) for number in range(20))
    )
    won = [answer["completePractice"]["practice"] for answer in answers if answer["completePractice"]["practice"]]
    lost = [error["code"] for answer in answers for error in answer["completePractice"]["userErrors"]]
    assert lost == ["ALREADY_DONE"] * 19
    ((response, before, after),) = await (
        await make.owner.execute(
            "select response_text, student_rating_before, student_rating_after from practice_assignments"
        )
    ).fetchall()
    assert [(one["responseText"], one["studentRatingBefore"], one["studentRatingAfter"]) for one in won] == [
        (response, before, after)
    ]
    assert await (await make.owner.execute("select rating from student_ratings")).fetchall() == [(after,)]
