"""The practice bank: who adds, changes and reads its items."""

import asyncio
from typing import Any

import pytest

from schema.ids import to_global
from tests.api import Api
from tests.make import Make, Person
from tests.schema.conftest import Statements

CREATE = """
mutation ($input: CreatePracticeItemInput!) {
  createPracticeItem(input: $input) {
    practiceItem {
      questionText choices answerType difficultyLevel goalTags topicTags source licence version isActive
      subject { name } createdBy { __typename email } solution { answer explanation }
    }
    userErrors { field code message }
  }
}
"""
UPDATE = """
mutation ($input: UpdatePracticeItemInput!) {
  updatePracticeItem(input: $input) {
    practiceItem { questionText choices answerType goalTags version solution { answer explanation } }
    userErrors { field code }
  }
}
"""
SWITCH = """
mutation ($input: SetPracticeItemActiveInput!) {
  setPracticeItemActive(input: $input) { practiceItem { isActive version } userErrors { field code } }
}
"""
SUM = {"questionText": "2 + 2 = ?", "answerText": "4", "difficultyLevel": 1}


def _item(row_id: Any) -> str:
    return to_global("PracticeItem", row_id)


async def _stored(make: Make) -> list[Any]:
    cursor = await make.owner.execute("select question_text, answer_text, version, is_active from practice_bank_items")
    return await cursor.fetchall()


# Adding


@pytest.mark.parametrize("role", ["tutor", "admin"])
async def test_staff_add_an_item(api: Api, make: Make, role: str) -> None:
    person = await make.person(role, "tess")
    given = {
        "subjectId": to_global("Subject", await make.subject()),
        "questionText": " Which is even? ",
        "answerText": "2",
        "explanation": "Halve it.",
        "answerType": "MULTIPLE_CHOICE",
        "choices": ["1", " 2 ", "3"],
        "difficultyLevel": 10,
        "goalTags": ["SAT", "SAT", " "],
        "topicTags": ["parity"],
        "source": "A book",
        "licence": "CC BY 4.0",
    }
    data = await api.data(CREATE, person, input=given)
    assert data["createPracticeItem"] == {
        "practiceItem": {
            "questionText": "Which is even?",
            "choices": ["1", "2", "3"],
            "answerType": "MULTIPLE_CHOICE",
            "difficultyLevel": 10,
            "goalTags": ["SAT"],
            "topicTags": ["parity"],
            "source": "A book",
            "licence": "CC BY 4.0",
            "version": 1,
            "isActive": True,
            "subject": {"name": "Algebra"},
            "createdBy": {"__typename": role.title(), "email": "tess@school.test"},
            "solution": {"answer": "2", "explanation": "Halve it."},
        },
        "userErrors": [],
    }


async def test_what_is_not_sound_is_not_added(api: Api, make: Make) -> None:
    tess = await make.tutor()
    sound = {"subjectId": to_global("Subject", await make.subject()), **SUM}
    choice = {"answerType": "MULTIPLE_CHOICE", "choices": ["3", "4"]}
    unsound: list[tuple[dict[str, Any], str | None, str]] = [
        ({"questionText": " "}, "questionText", "INVALID"),
        ({"questionText": "x" * 10_001}, "questionText", "TOO_LONG"),
        ({"questionText": "a\x00"}, "questionText", "INVALID"),
        ({"answerText": ""}, "answerText", "INVALID"),
        ({"answerText": "x" * 10_001}, "answerText", "TOO_LONG"),
        ({"explanation": "x" * 20_001}, "explanation", "TOO_LONG"),
        ({"difficultyLevel": 0}, "difficultyLevel", "INVALID"),
        ({"difficultyLevel": 11}, "difficultyLevel", "INVALID"),
        ({"choices": ["3", "4"]}, "choices", "INVALID"),
        ({**choice, "choices": None}, "choices", "INVALID"),
        ({**choice, "choices": []}, "choices", "INVALID"),
        ({**choice, "choices": ["4"]}, "choices", "INVALID"),
        ({**choice, "choices": ["4", "4"]}, "choices", "INVALID"),
        ({**choice, "choices": ["4", "5", " "]}, "choices", "INVALID"),
        ({**choice, "choices": [str(number) for number in range(21)]}, "choices", "TOO_LONG"),
        ({**choice, "choices": ["4", "x" * 1_001]}, "choices", "TOO_LONG"),
        ({**choice, "choices": ["3", "5"]}, "answerText", "INVALID"),
        ({"goalTags": [str(number) for number in range(21)]}, "goalTags", "TOO_LONG"),
        ({"topicTags": ["x" * 201]}, "topicTags", "TOO_LONG"),
        ({"source": "x" * 501}, "source", "TOO_LONG"),
        ({"licence": "\x00"}, "licence", "INVALID"),
        ({"subjectId": to_global("Subject", tess.id)}, None, "NOT_FOUND"),
    ]
    for wrong, field, code in unsound:
        data = await api.data(CREATE, tess, input={**sound, **wrong})
        assert data["createPracticeItem"]["practiceItem"] is None
        errors = [(error["field"], error["code"]) for error in data["createPracticeItem"]["userErrors"]]
        assert errors == [(field, code)], wrong
    assert await api.error_codes(CREATE, tess, input={**sound, "subjectId": tess.gid}) == ["BAD_ID"]
    assert await api.error_codes(CREATE, tess, input={**sound, "difficultyLevel": 2**31}) == ["BAD_REQUEST"]
    assert await _stored(make) == []


@pytest.mark.parametrize("who", ["nobody", "student", "parent"])
async def test_the_bank_is_closed_to_others(api: Api, make: Make, who: str) -> None:
    person = None if who == "nobody" else await make.person(who, "pat")
    expected = ["UNAUTHENTICATED" if who == "nobody" else "FORBIDDEN"]
    subject = await make.subject()
    item = _item(await make.practice_item(subject))
    assert await api.error_codes("{ practiceBank { nodes { id } } }", person) == expected
    given = {"subjectId": to_global("Subject", subject), **SUM}
    assert await api.error_codes(CREATE, person, input=given) == expected
    assert await api.error_codes(UPDATE, person, input={"id": item, "answerText": "5"}) == expected
    assert await api.error_codes(SWITCH, person, input={"id": item, "active": False}) == expected
    assert await _stored(make) == [("2 + 2 = ?", "4", 1, True)]


# Changing


async def test_whoever_added_an_item_changes_it(api: Api, make: Make, statements: Statements) -> None:
    tess = await make.tutor()
    item = _item(
        await make.practice_item(
            await make.subject(),
            created_by=tess.id,
            explanation="Count.",
            choices=["3", "4"],
            answer_type="multiple_choice",
            goal_tags=["SAT"],
        )
    )
    statements.clear()
    given = {"id": item, "expectedVersion": 1, "questionText": "2 * 2 = ?", "explanation": None, "goalTags": None}
    data = await api.data(UPDATE, tess, input=given)
    assert data["updatePracticeItem"] == {
        "practiceItem": {
            "questionText": "2 * 2 = ?",
            "choices": ["3", "4"],
            "answerType": "MULTIPLE_CHOICE",
            "goalTags": [],
            "version": 2,
            "solution": {"answer": "4", "explanation": None},
        },
        "userErrors": [],
    }
    assert statements.names == [
        "lock_practice_item",
        "solutions_by_item",
        "is_practice_item_assigned",
        "update_practice_item",
        "lock_practice_item",
        "solutions_by_item",
    ]
    changes: list[tuple[dict[str, Any], str | None, str]] = [
        ({"expectedVersion": 1, "questionText": "?"}, "expectedVersion", "STALE_VERSION"),
        ({"answerText": "5"}, "answerText", "INVALID"),
        ({"answerType": "NUMERIC"}, "choices", "INVALID"),
        ({"answerType": None}, "answerType", "INVALID"),
        ({"questionText": None}, "questionText", "INVALID"),
        ({"difficultyLevel": None}, "difficultyLevel", "INVALID"),
        ({"subjectId": None}, "subjectId", "INVALID"),
        ({"subjectId": to_global("Subject", tess.id)}, None, "NOT_FOUND"),
    ]
    for change, field, code in changes:
        data = await api.data(UPDATE, tess, input={"id": item, **change})
        assert data["updatePracticeItem"] == {"practiceItem": None, "userErrors": [{"field": field, "code": code}]}
    data = await api.data(UPDATE, tess, input={"id": item, "answerType": "NUMERIC", "choices": [], "answerText": "5"})
    assert (data["updatePracticeItem"]["practiceItem"]["version"], data["updatePracticeItem"]["userErrors"]) == (3, [])
    assert await _stored(make) == [("2 * 2 = ?", "5", 3, True)]


async def test_of_changes_to_one_version_at_once_one_is_made(api: Api, make: Make) -> None:
    tess = await make.tutor()
    item = _item(await make.practice_item(await make.subject(), created_by=tess.id))
    answers = await asyncio.gather(
        *(
            api.data(UPDATE, tess, input={"id": item, "expectedVersion": 1, "answerText": str(number)})
            for number in range(10)
        )
    )
    codes = [[error["code"] for error in answer["updatePracticeItem"]["userErrors"]] for answer in answers]
    assert sorted(codes) == [[], *[["STALE_VERSION"]] * 9]
    winner = str(codes.index([]))
    assert await _stored(make) == [("2 + 2 = ?", winner, 2, True)]


async def test_an_administrator_changes_any_item_and_a_tutor_no_others(api: Api, make: Make) -> None:
    tess, tom, ada = await make.tutor(), await make.tutor("tom"), await make.admin()
    subject = await make.subject()
    hers, imported = [_item(await make.practice_item(subject, created_by=creator)) for creator in (tess.id, None)]
    for item in (hers, imported):
        for document, root, given in [
            (UPDATE, "updatePracticeItem", {"id": item, "answerText": "5"}),
            (SWITCH, "setPracticeItemActive", {"id": item, "active": False}),
        ]:
            refused = {"practiceItem": None, "userErrors": [{"field": "id", "code": "NOT_FOUND"}]}
            assert (await api.data(document, tom, input=given))[root] == refused
    assert await _stored(make) == [("2 + 2 = ?", "4", 1, True)] * 2
    for item in (hers, imported):
        data = await api.data(UPDATE, ada, input={"id": item, "answerText": "5"})
        assert data["updatePracticeItem"]["userErrors"] == []
    assert await _stored(make) == [("2 + 2 = ?", "5", 2, True)] * 2


async def test_an_item_goes_out_of_use_and_comes_back(api: Api, make: Make) -> None:
    tess = await make.tutor()
    item = _item(await make.practice_item(await make.subject(), created_by=tess.id))
    for active in (False, True):
        given = {"id": item, "active": active}
        expected = {"practiceItem": {"isActive": active, "version": 1}, "userErrors": []}
        assert (await api.data(SWITCH, tess, input=given))["setPracticeItemActive"] == expected
        refused = {"practiceItem": None, "userErrors": [{"field": "active", "code": "ALREADY_DONE"}]}
        assert (await api.data(SWITCH, tess, input=given))["setPracticeItemActive"] == refused


# Reading


async def test_who_sees_the_solution_of_an_item(api: Api, make: Make) -> None:
    sam = await make.student()
    done, open_ = [await make.practice_item(await make.subject(name)) for name in ("Algebra", "Biology")]
    await make.practice(sam, done, completed=True)
    await make.practice(sam, open_)
    document = """query ($ids: [ID!]!) { nodes(ids: $ids) { ... on PracticeItem {
      questionText solution { answer } assignments { totalCount } } } }"""
    viewers: list[tuple[Person, list[str | None], int]] = [
        (sam, ["4", None], 1),
        (await make.parent(of=sam), ["4", None], 1),
        (await make.tutor(), ["4", "4"], 0),
        (await make.admin(), ["4", "4"], 1),
    ]
    for person, answers, assigned in viewers:
        data = await api.data(document, person, ids=[_item(done), _item(open_)])
        assert data["nodes"] == [
            {
                "questionText": "2 + 2 = ?",
                "solution": answer and {"answer": answer},
                "assignments": {"totalCount": assigned},
            }
            for answer in answers
        ]


async def test_items_are_reached_from_whoever_added_them(api: Api, make: Make) -> None:
    tess, ada = await make.tutor(), await make.admin()
    subject = await make.subject()
    await make.practice_item(subject, "hers", created_by=tess.id)
    await make.practice_item(subject, "ours", created_by=ada.id)
    document = """{ viewer {
      ... on Tutor { practiceItems { totalCount nodes { questionText createdBy { email } } } }
      ... on Admin { practiceItems { totalCount nodes { questionText createdBy { email } } } }
    } }"""
    for person, question in [(tess, "hers"), (ada, "ours")]:
        assert (await api.data(document, person))["viewer"]["practiceItems"] == {
            "totalCount": 1,
            "nodes": [{"questionText": question, "createdBy": {"email": person.email}}],
        }
