"""Ratings from the answers alone: what many people at once have left is what a replay comes to."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import func, select

from db.answers import ANSWERING
from db.replay import Replay, replay
from schema.context import Services
from schema.ids import to_global
from tests.api import Api
from tests.make import Make, Person

COMPLETE = """
mutation ($input: CompletePracticeInput!) {
  completePractice(input: $input) { practice { completed } userErrors { code } }
}
"""
RATED = """
{ students { nodes { ratings { rating deviation answers } } }
  practiceBank { nodes { rating { rating deviation answers } } } }
"""


async def _school(make: Make) -> tuple[Person, list[tuple[Person, str, str]]]:
    """A tutor of three students who each have every item to do, one of them twice; each with a response."""
    tess, algebra = await make.tutor(), await make.subject()
    items = [await make.practice_item(algebra, difficulty_level=level) for level in (2, 5, 8)]
    choices: dict[str, Any] = {"answer": "Rome", "choices": ["Oslo", "Rome"], "answer_type": "multiple_choice"}
    items.append(await make.practice_item(algebra, **choices))
    todo: list[tuple[Person, str, str]] = []
    for number, name in enumerate(("sam", "max", "kim")):
        student = await make.student(name)
        await make.assignment(tess, student)
        for place, item in enumerate([*items, items[0]]):
            practice = to_global("PracticeAssignment", await make.practice(student, item))
            todo.append((student, practice, "4" if (number + place) % 2 else "b"))
        written = await make.written_practice(student, subject_id=algebra, difficulty_level=3)
        todo.append((student, to_global("PracticeAssignment", written), "6"))
    return tess, todo


async def _answer_all(api: Api, todo: list[tuple[Person, str, str]]) -> None:
    answers = await asyncio.gather(
        *(api.data(COMPLETE, student, input={"id": practice, "response": text}) for student, practice, text in todo)
    )
    assert [answer["completePractice"] for answer in answers] == [
        {"practice": {"completed": True}, "userErrors": []}
    ] * len(todo)


async def _stored(make: Make) -> list[list[tuple[Any, ...]]]:
    found = []
    for query in (
        "select student_id, subject_id, rating, deviation, answers from student_ratings order by 1, 2",
        "select bank_item_id, rating, deviation, answers from practice_item_ratings order by 1",
        "select student_id, bank_item_id, points, answers, last_score from practice_familiarity order by 1, 2",
    ):
        found.append(await (await make.owner.execute(query.encode())).fetchall())
    return found


async def test_answers_at_the_same_time_replay_to_what_is_stored(api: Api, make: Make, services: Services) -> None:
    tess, todo = await _school(make)
    await _answer_all(api, todo)
    assert await replay(services.database, services.rating_k) == Replay(18, 3, 4, 12, 0, 0, 0)
    data = await api.data(RATED, tess)
    ratings = [rating for student in data["students"]["nodes"] for rating in student["ratings"]]
    assert [rating["answers"] for rating in ratings] == [6, 6, 6]
    assert all(74.56 <= float(rating["deviation"]) < 180 for rating in ratings)
    questions = [item["rating"] for item in data["practiceBank"]["nodes"]]
    assert sorted(question["answers"] for question in questions) == [3, 3, 3, 6]
    assert len({question["rating"] for question in questions}) == 4


async def test_what_is_stored_otherwise_is_found_and_written(api: Api, make: Make, services: Services) -> None:
    _, todo = await _school(make)
    await _answer_all(api, todo)
    before = await _stored(make)
    await make.owner.execute("update student_ratings set rating = rating + 1 where student_id = %s", [todo[0][0].id])
    await make.owner.execute("delete from practice_item_ratings where answers = 6")
    await make.owner.execute("update practice_familiarity set points = 0 where student_id = %s", [todo[0][0].id])
    found = await replay(services.database, services.rating_k)
    assert (found.other_students, found.other_questions, found.other_familiarity) == (1, 1, 4)
    assert (await replay(services.database, services.rating_k, write=True)).differences == 6
    assert await _stored(make) == before
    # Another K is another history.
    assert (await replay(services.database, 200, write=True)).differences > 0
    assert (await replay(services.database, 200)).differences == 0
    assert await _stored(make) != before


async def test_an_answer_waits_for_a_replay(api: Api, make: Make, services: Services) -> None:
    _, todo = await _school(make)
    async with services.database.system_work() as work:
        alone = select(func.pg_advisory_xact_lock(func.hashtext(ANSWERING)))
        await work.execute("lock_answering_alone", alone)
        answering = asyncio.create_task(_answer_all(api, todo[:1]))
        done, _ = await asyncio.wait([answering], timeout=0.3)
        assert not done
    await answering


async def test_a_tutors_words_leave_the_banks_question_alone(api: Api, make: Make, services: Services) -> None:
    sam, algebra = await make.student(), await make.subject()
    practice = await make.practice(sam, await make.practice_item(algebra), ai_answer_text="5", overridden=True)
    data = await api.data(COMPLETE, sam, input={"id": to_global("PracticeAssignment", practice), "response": "5"})
    assert data["completePractice"]["userErrors"] == []
    (ratings, questions, familiarity) = await _stored(make)
    assert (len(ratings), questions, familiarity) == (1, [], [])
    assert (await replay(services.database, services.rating_k)).differences == 0


@pytest.mark.parametrize("who", ["parent", "student"])
async def test_who_sees_a_questions_rating(api: Api, make: Make, who: str) -> None:
    sam = await make.student()
    item = await make.practice_item(await make.subject())
    await make.row("practice_item_ratings", bank_item_id=item, rating=1100, deviation=100, answers=7)
    query = "query ($id: ID!) { node(id: $id) { ... on PracticeItem { rating { rating answers } } } }"
    person = sam if who == "student" else await make.parent(of=sam)
    shown = {"id": to_global("PracticeItem", item)}
    assert await api.data(query, person, **shown) == {"node": None}
    await make.practice(sam, item)
    assert await api.data(query, person, **shown) == {"node": {"rating": {"rating": "1100.00", "answers": 7}}}
