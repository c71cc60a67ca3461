"""Items of the bank that have been assigned: their content stays, and who gets to see them."""

import asyncio
from typing import Any

import pytest

from db import practice_bank as bank_db
from schema.context import Services
from schema.ids import to_global
from tests.api import Api
from tests.make import Make, Person

UPDATE = """
mutation ($input: UpdatePracticeItemInput!) {
  updatePracticeItem(input: $input) {
    practiceItem { questionText version }
    userErrors { field code message }
  }
}
"""
ASSIGN = """
mutation ($input: AssignPracticeInput!) {
  assignPractice(input: $input) { practice { questionText } userErrors { field code } }
}
"""
_BLOCKED = (
    "select exists (select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database())"
)


def _item(row_id: Any) -> str:
    return to_global("PracticeItem", row_id)


async def _choice(make: Make, creator: Person) -> Any:
    return await make.practice_item(
        await make.subject(),
        created_by=creator.id,
        choices=["3", "4"],
        answer_type="multiple_choice",
        explanation="Count.",
    )


async def _until_somebody_waits(make: Make) -> None:
    async with asyncio.timeout(15):
        while await (await make.owner.execute(_BLOCKED)).fetchone() != (True,):  # noqa: ASYNC110 - PostgreSQL's state
            await asyncio.sleep(0.005)


# What was assigned stays as it was


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"questionText": "3 + 3 = ?"}, "questionText"),
        ({"answerText": "3"}, "answerText"),
        ({"explanation": None}, "explanation"),
        ({"choices": ["4", "3"]}, "choices"),
        ({"choices": None, "answerType": "NUMERIC"}, "choices"),
        ({"answerType": "NUMERIC", "choices": [], "answerText": "6"}, "answerText"),
    ],
)
@pytest.mark.parametrize("who", ["its author", "an administrator"])
@pytest.mark.parametrize("completed", [True, False])
async def test_the_content_of_an_item_that_anybody_has_stays(
    api: Api, make: Make, change: dict[str, Any], field: str, who: str, completed: bool
) -> None:
    """Of a student whom the author does not see, too."""
    tess, ada = await make.tutor(), await make.admin()
    item = await _choice(make, tess)
    await make.practice(await make.student(), item, completed=completed)
    editor = tess if who == "its author" else ada
    data = await api.data(UPDATE, editor, input={"id": _item(item), **change})
    message = "The item has been assigned already; put it out of use and add a new one instead."
    assert data["updatePracticeItem"] == {
        "practiceItem": None,
        "userErrors": [{"field": field, "code": "IN_USE", "message": message}],
    }
    stored = await make.owner.execute(
        "select question_text, answer_text, explanation, choices, answer_type, version from practice_bank_items"
    )
    assert await stored.fetchall() == [("2 + 2 = ?", "4", "Count.", ["3", "4"], "multiple_choice", 1)]


async def test_what_surrounds_the_content_may_change(api: Api, make: Make) -> None:
    tess = await make.tutor()
    item = await _choice(make, tess)
    await make.practice(await make.student(), item)
    physics = await make.subject("Physics")
    changes: list[dict[str, Any]] = [
        {"difficultyLevel": 9},
        {"goalTags": ["SAT"], "topicTags": ["sums"]},
        {"source": "A book", "licence": "CC0"},
        {"subjectId": to_global("Subject", physics)},
        # sent as it is, which is no change
        {"questionText": " 2 + 2 = ? ", "answerText": "4", "choices": ["3", "4"], "answerType": "MULTIPLE_CHOICE"},
    ]
    for version, change in enumerate(changes, start=2):
        data = await api.data(UPDATE, tess, input={"id": _item(item), **change})
        assert data["updatePracticeItem"] == {
            "practiceItem": {"questionText": "2 + 2 = ?", "version": version},
            "userErrors": [],
        }


async def test_an_item_that_changes_while_a_student_takes_it_is_a_reason_to_try_again(api: Api, make: Make) -> None:
    sam, algebra = await make.student(), await make.subject()
    item = await make.practice_item(algebra)
    take = """mutation ($subject: ID!) { takeNextPractice(input: {subjectId: $subject}) {
      practice { difficultyLevel } userErrors { field code }
    } }"""
    subject = to_global("Subject", algebra)
    async with make.owner.transaction():
        await make.owner.execute("select from practice_bank_items where id = %s for update", [item])
        taking = asyncio.create_task(api.data(take, sam, subject=subject))
        await _until_somebody_waits(make)
        await make.owner.execute("update practice_bank_items set difficulty_level = 9 where id = %s", [item])
    refused = {"practice": [], "userErrors": [{"field": None, "code": "CONFLICT"}]}
    assert (await taking)["takeNextPractice"] == refused
    again = await api.data(take, sam, subject=subject)
    assert again["takeNextPractice"] == {"practice": [{"difficultyLevel": 9}], "userErrors": []}


async def test_an_edit_waits_for_an_assignment_under_way_and_is_refused(api: Api, make: Make) -> None:
    tess, sam = await make.tutor(), await make.student()
    item = await _choice(make, tess)
    async with make.owner.transaction():
        await make.practice(sam, item)
        edit = asyncio.create_task(api.data(UPDATE, tess, input={"id": _item(item), "questionText": "3 + 3 = ?"}))
        await _until_somebody_waits(make)
    errors = (await edit)["updatePracticeItem"]["userErrors"]
    assert [error["code"] for error in errors] == ["IN_USE"]
    stored = await make.owner.execute("select question_text from practice_bank_items")
    assert await stored.fetchall() == [("2 + 2 = ?",)]


async def test_an_assignment_waits_for_an_edit_under_way_and_has_its_text(
    api: Api, make: Make, services: Services
) -> None:
    tess, sam = await make.tutor(), await make.student()
    tom = await make.tutor("tom", of=sam)
    item = await _choice(make, tess)
    async with services.database.work("sub-tess") as work:
        await bank_db.lock_practice_item_content(work, item)
        assert not await bank_db.is_practice_item_assigned(work, item)
        assign = asyncio.create_task(api.data(ASSIGN, tom, input={"studentId": sam.gid, "itemId": _item(item)}))
        await _until_somebody_waits(make)
        assert not await bank_db.is_practice_item_assigned(work, item)
        await bank_db.update_practice_item(work, item, question_text="3 + 1 = ?", version=2)
    assert (await assign)["assignPractice"] == {"practice": {"questionText": "3 + 1 = ?"}, "userErrors": []}


# Who sees what of the bank


async def test_students_and_parents_see_the_items_they_were_given(api: Api, make: Make) -> None:
    sam = await make.student()
    tess = await make.tutor()
    subject = await make.subject()
    given, retired, other = [
        await make.practice_item(subject, name, created_by=tess.id, is_active=name != "retired")
        for name in ("given", "retired", "other")
    ]
    await make.practice(sam, given)
    await make.practice(sam, retired, completed=True)
    await make.practice(await make.student("sue"), other)
    document = """query ($ids: [ID!]!) {
      nodes(ids: $ids) { ... on PracticeItem { questionText } }
      subjects { nodes { practiceItems { totalCount nodes { questionText } } } }
    }"""
    ids = [_item(item) for item in (given, retired, other)]
    staff = {"totalCount": 3, "nodes": [{"questionText": name} for name in ("other", "retired", "given")]}
    nobody: dict[str, Any] = {"totalCount": 0, "nodes": []}
    viewers: list[tuple[Person, list[str | None], dict[str, Any]]] = [
        (sam, ["given", "retired", None], nobody),
        (await make.parent(of=sam), ["given", "retired", None], nobody),
        (await make.student("max"), [None, None, None], nobody),
        (await make.parent("paul"), [None, None, None], nobody),
        (tess, ["given", "retired", "other"], staff),
        (await make.admin(), ["given", "retired", "other"], staff),
    ]
    for person, seen, listed in viewers:
        data = await api.data(document, person, ids=ids)
        assert data["nodes"] == [name and {"questionText": name} for name in seen], person.email
        assert data["subjects"]["nodes"] == [{"practiceItems": listed}], person.email
    document = "{ students { nodes { practice { nodes { questionText bankItem { questionText } } } } } }"
    for person in (sam, viewers[1][0]):
        data = await api.data(document, person)
        assert data["students"]["nodes"] == [
            {"practice": {"nodes": [{"questionText": name, "bankItem": {"questionText": name}} for name in names]}}
            for names in [("retired", "given")]
        ]


async def test_the_items_that_a_tutor_added_are_not_listed_to_a_student(api: Api, make: Make) -> None:
    sam = await make.student()
    tess = await make.tutor(of=sam)
    await make.practice(sam, await _choice(make, tess))
    document = """query ($tess: ID!) { node(id: $tess) { ... on Tutor { practiceItems { totalCount } } } }"""
    for person, count in ((sam, 0), (await make.parent(of=sam), 0), (tess, 1)):
        data = await api.data(document, person, tess=tess.gid)
        assert data["node"]["practiceItems"]["totalCount"] == count


async def test_an_item_assigned_again_keeps_its_solution_back(api: Api, make: Make) -> None:
    sam = await make.student()
    pat, tess = await make.parent(of=sam), await make.tutor(of=sam)
    item = await _choice(make, tess)
    await make.practice(sam, item, completed=True)
    document = "query ($item: ID!) { node(id: $item) { ... on PracticeItem { solution { answer } } } }"
    for person in (sam, pat):
        assert (await api.data(document, person, item=_item(item)))["node"] == {"solution": {"answer": "4"}}
    again = {"studentId": sam.gid, "itemId": _item(item)}
    assert (await api.data(ASSIGN, tess, input=again))["assignPractice"]["userErrors"] == []
    for person, solution in ((sam, None), (pat, None), (tess, {"answer": "4"})):
        assert (await api.data(document, person, item=_item(item)))["node"] == {"solution": solution}
