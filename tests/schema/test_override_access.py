"""Overrides: who makes them, who sees them, and what of them."""

from typing import Any

import pytest

from schema.ids import to_global
from tests.api import Api
from tests.make import Make, Person
from tests.schema.conftest import Statements
from tests.schema.override_scene import CONTENT, MUTATIONS, REVERT, Scene, made_by

DENIED = {
    "anonymous": "UNAUTHENTICATED",
    "student": "FORBIDDEN",
    "parent": "FORBIDDEN",
    "admin": "FORBIDDEN",
    "other tutor": "NOT_FOUND",
    "paused tutor": "NOT_FOUND",
}


@pytest.mark.parametrize("mutation", [*MUTATIONS, "revertOverride"])
@pytest.mark.parametrize("who", DENIED)
async def test_nobody_else_overrides_or_reverts(
    api: Api, scene: Scene, make: Make, statements: Statements, who: str, mutation: str
) -> None:
    people: dict[str, Person | None] = {
        "anonymous": None,
        "student": scene.sam,
        "parent": await make.parent(of=scene.sam),
        "admin": await make.admin(),
        "other tutor": await make.tutor("other"),
        "paused tutor": await make.tutor("paused"),
    }
    paused = people["paused tutor"]
    assert paused
    await make.assignment(paused, scene.sam, status="paused")
    if mutation == "revertOverride":
        made = await make.override(scene.tess, scene.sam, summary_id=scene.summary)
        document, given = REVERT, {"id": to_global("Override", made), "expectedVersion": 1}
    else:
        document, change = MUTATIONS[mutation]
        given = {"id": scene.ids[mutation], "expectedVersion": 1, **change}
    answer = await api.run(document, people[who], input=given)
    payload = (answer["data"] or {}).get(mutation)
    errors = [error["extensions"]["code"] for error in answer.get("errors", [])]
    assert errors + [error["code"] for error in (payload or {"userErrors": []})["userErrors"]] == [DENIED[who]]
    if payload:
        assert payload["override"] is None
    if mutation == "revertOverride":
        assert await scene.all("select reverted_at from overrides") == [(None,)]
        await make.owner.execute("delete from overrides")
    await scene.untouched()


# Reading

OVERRIDES = """
query ($where: OverrideWhere) {
  students { nodes { overrides(where: $where, orderBy: OLDEST) { nodes { targetKind active } totalCount } } }
}
"""


async def test_overrides_are_found_from_every_side(api: Api, scene: Scene) -> None:
    first = await made_by(api, scene.tess, scene, "overrideSummary", 1)
    await made_by(api, scene.toby, scene, "overridePractice", 1)
    await api.data(REVERT, scene.toby, input={"id": first, "expectedVersion": 2})

    async def listed(where: Any) -> Any:
        (student,) = (await api.data(OVERRIDES, scene.sam, where=where))["students"]["nodes"]
        return [node["targetKind"] for node in student["overrides"]["nodes"]], student["overrides"]["totalCount"]

    assert await listed(None) == (["SUMMARY", "PRACTICE"], 2)
    assert await listed({"active": True}) == (["PRACTICE"], 1)
    assert await listed({"active": False}) == (["SUMMARY"], 1)
    assert await listed({"targetKind": "PRACTICE", "active": False}) == ([], 0)
    data = await api.data(
        """{ subjects { nodes { overrides(orderBy: OLDEST) { nodes { targetKind tutor {
            overrides { totalCount } revertedOverrides { nodes { id } totalCount }
        } } } } } }""",
        scene.tess,
    )
    assert data["subjects"]["nodes"] == [
        {
            "overrides": {
                "nodes": [
                    {
                        "targetKind": "SUMMARY",
                        "tutor": {"overrides": {"totalCount": 1}, "revertedOverrides": {"nodes": [], "totalCount": 0}},
                    },
                    {
                        "targetKind": "PRACTICE",
                        "tutor": {
                            "overrides": {"totalCount": 1},
                            "revertedOverrides": {"nodes": [{"id": first}], "totalCount": 1},
                        },
                    },
                ]
            }
        }
    ]


SEEN = f"""query ($id: ID!) {{ node(id: $id) {{ ... on Override {{
  targetKind content {{ before {{ {CONTENT} }} after {{ {CONTENT} }} }}
}} }} }}"""


async def test_who_sees_an_override_and_what_of_it(api: Api, scene: Scene, make: Make) -> None:
    ids = {mutation: await made_by(api, scene.tess, scene, mutation, 1) for mutation in MUTATIONS}
    pat, ada = await make.parent(of=scene.sam), await make.admin()
    strangers = [await make.tutor("other"), await make.student("sue"), await make.parent("pia")]
    paused = await make.tutor("paused")
    await make.assignment(paused, scene.sam, status="paused")
    whole = [scene.tess, scene.toby, ada]

    async def node(person: Person, mutation: str) -> Any:
        return (await api.data(SEEN, person, id=ids[mutation]))["node"]

    for person in [*whole, scene.sam, pat]:
        assert (await node(person, "overrideSummary"))["content"]["after"]["narrative"] == "Better."
    for person in [*whole, scene.sam]:
        assert (await node(person, "overrideAnswer"))["content"]["after"]["text"] == "By convention."
    for person in [*strangers, paused]:
        assert [await node(person, mutation) for mutation in MUTATIONS] == [None, None, None], person.email
    # What a student asked is not for their parents.
    assert await node(pat, "overrideAnswer") is None

    def practice(answer: str | None, explanation: str | None) -> Any:
        before = {
            "__typename": "PracticeContent",
            "question": "2 + 2 = ?",
            "answer": answer,
            "explanation": explanation,
            "difficultyLevel": 5,
        }
        after = before | {"question": "1 + 3 = ?"}
        return {"targetKind": "PRACTICE", "content": {"before": before, "after": after}}

    for person in whole:
        assert await node(person, "overridePractice") == practice("4", "Count.")
    for person in [scene.sam, pat]:
        assert await node(person, "overridePractice") == practice(None, None)
    await make.owner.execute("update practice_assignments set completed = true, completed_at = now()")
    for person in [scene.sam, pat]:
        assert await node(person, "overridePractice") == practice("4", "Count.")


async def test_contents_cost_one_statement_however_many(api: Api, scene: Scene, statements: Statements) -> None:
    for mutation in MUTATIONS:
        await made_by(api, scene.tess, scene, mutation, 1)
    statements.clear()
    document = f"""{{ students {{ nodes {{ overrides {{ nodes {{
        content {{ before {{ {CONTENT} }} after {{ {CONTENT} }} }} tutor {{ email }} subject {{ name }}
        summary {{ version }} practice {{ version }} question {{ version }}
    }} }} }} }} }}"""
    await api.data(document, scene.tess)
    assert sorted(statements.names) == [
        "contents_by_override",
        "overrides_by_student",
        "practice_by_id",
        "questions_by_id",
        "students",
        "subjects_by_id",
        "summaries_by_id",
        "users_by_id",
    ]


async def test_an_old_snapshot_of_any_shape_is_read(api: Api, scene: Scene, make: Make) -> None:
    made = {
        "summary_id": (scene.summary, {"narrative": 7, "next_steps": "no", "subjects_covered": [1, "Algebra"]}),
        "practice_assignment_id": (scene.practice, {"question": None, "answer": ["4"], "difficulty_level": True}),
        "qa_interaction_id": (scene.question, {}),
    }
    empty = []
    for column, (target, stored) in made.items():
        override = await make.override(scene.tess, scene.sam, **{column: target}, original_content=stored)
        data = await api.data(SEEN, scene.tess, id=to_global("Override", override))
        empty.append(data["node"]["content"]["before"])
    assert empty == [
        {"__typename": "SummaryContent", "narrative": "", "nextSteps": [], "subjectsCovered": ["Algebra"]},
        {
            "__typename": "PracticeContent",
            "question": "",
            "answer": None,
            "explanation": None,
            "difficultyLevel": None,
        },
        {"__typename": "AnswerContent", "text": ""},
    ]


async def test_what_is_left_of_an_override_once_its_people_are_erased(api: Api, scene: Scene, make: Make) -> None:
    override = await made_by(api, scene.tess, scene, "overrideSummary", 1)
    ada = await make.admin()
    await make.owner.execute("delete from users where id = %s", [scene.tess.id])
    document = f"""query ($id: ID!) {{ node(id: $id) {{ ... on Override {{
      action reason tutor {{ email }} student {{ email }} summary {{ narrative }} content {{ after {{ {CONTENT} }} }}
    }} }} }}"""
    data = await api.data(document, ada, id=override)
    assert data["node"]["tutor"] is None
    assert data["node"]["content"]["after"]["narrative"] == "Better."
    await make.owner.execute("delete from users where id = %s", [scene.sam.id])
    data = await api.data(document, ada, id=override)
    assert data["node"] == {
        "action": "erased",
        "reason": None,
        "tutor": None,
        "student": None,
        "summary": None,
        "content": {"after": None},
    }
