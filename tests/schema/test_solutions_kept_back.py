"""A solution is out of reach while its question is the student's to do, also once more, by every way there."""

import json
from typing import Any

import pytest

from schema.ids import to_global
from tests.api import Api
from tests.make import Make, Person

SECRET = "forty-two"
QUOTED = "How many? Answer: forty-two"
EVERYTHING = """
query ($student: ID!, $practice: ID!, $item: ID!, $override: ID!, $question: ID!) {
  student: node(id: $student) { ...students }
  practice: node(id: $practice) { ...practice }
  item: node(id: $item) { ...item }
  override: node(id: $override) { ...override }
  question: node(id: $question) { ...question }
}
fragment item on PracticeItem { solution { answer explanation } assignments { nodes { ...practice } } }
fragment students on Student {
  practice { nodes { ...practice } }
  questions { nodes { ...question } }
  overrides { nodes { ...override } }
}
fragment practice on PracticeAssignment {
  completed
  solution { answer explanation }
  bankItem { solution { answer explanation } }
  overrides { nodes { ...override } }
}
fragment override on Override { content { before { ... on PracticeContent { answer explanation } } } }
fragment question on Question {
  answer highlight tutorAnswer
  citations { quote practiceItem { solution { answer explanation } } }
}
"""
EXPORT = "mutation ($input: ExportUserInput!) { exportUser(input: $input) { content userErrors { code } } }"
TAKE = """
mutation ($input: TakeNextPracticeInput!) {
  takeNextPractice(input: $input) { practice { id choiceKind questionText solution { answer } } userErrors { code } }
}
"""
COMPLETE = """
mutation ($input: CompletePracticeInput!) {
  completePractice(input: $input) { practice { performanceScore solution { answer } } userErrors { code } }
}
"""


class Scene:
    """Sam did a question some days ago, a tutor had a word with it, and an answer of the companion quotes it."""

    def __init__(self, make: Make) -> None:
        self.make = make

    async def build(self, *, days: int, score: float) -> "Scene":
        """The question was answered so long ago, so well."""
        make = self.make
        self.sam = await make.student()
        self.tess, self.pat = await make.tutor(of=self.sam), await make.parent(of=self.sam)
        self.subject = await make.subject()
        item = await make.practice_item(self.subject, "How many?", SECRET, explanation=f"It is {SECRET}.")
        done = await make.practice(self.sam, item, completed=True, performance_score=score, response_text="who knows")
        content = {"question": "How many?", "answer": SECRET, "explanation": SECRET}
        override = await make.override(
            self.tess, self.sam, override_type="practice", practice_assignment_id=done, original_content=content
        )
        asked = await make.question(
            self.sam, "How many?", answer=QUOTED, highlight=SECRET, outcome="answered", confidence="High"
        )
        cited = {"kind": "bank_item", "title": "How many?", "quote": QUOTED, "bank_item_id": item}
        await make.row("answer_citations", question_id=asked, student_id=self.sam.id, position=1, **cited)
        await make.row(
            "practice_familiarity",
            student_id=self.sam.id,
            bank_item_id=item,
            points=40,
            answers=1,
            last_score=score,
        )
        for statement in (
            "update practice_assignments set completed_at = now() - make_interval(days => %s)",
            "update practice_familiarity set last_answered_at = now() - make_interval(days => %s)",
        ):
            await make.owner.execute(statement, [days])
        self.item, self.ids = (
            item,
            {
                "student": self.sam.gid,
                "practice": to_global("PracticeAssignment", done),
                "item": to_global("PracticeItem", item),
                "override": to_global("Override", override),
                "question": to_global("Question", asked),
            },
        )
        return self

    async def told(self, api: Api, who: Person) -> dict[str, int]:
        """How often each way leads to the solution."""
        data = await api.data(EVERYTHING, who, **self.ids)
        return {name: json.dumps(found).count(SECRET) for name, found in data.items()}


NOTHING = dict.fromkeys(("student", "practice", "item", "override", "question"), 0)


@pytest.mark.parametrize(
    ("days", "score", "shown"), [(1, 0, True), (3, 0, False), (20, 1, True), (22, 1, False), (3, 0.5, True)]
)
async def test_what_may_come_again_is_kept_back(api: Api, make: Make, days: int, score: float, shown: bool) -> None:
    scene = await Scene(make).build(days=days, score=score)
    tutors = await scene.told(api, scene.tess)
    assert all(tutors.values())
    parents = {**tutors, "question": 0}
    parents["student"] -= tutors["question"]
    assert await scene.told(api, scene.sam) == (tutors if shown else NOTHING)
    assert await scene.told(api, scene.pat) == (parents if shown else NOTHING)
    exported = await api.data(EXPORT, scene.sam, input={"userId": scene.sam.gid})
    assert (SECRET in exported["exportUser"]["content"]) is shown


async def test_a_repeat_is_done_without_its_solution_and_shows_it_after(api: Api, make: Make) -> None:
    scene = await Scene(make).build(days=3, score=0)
    given = {"subjectId": to_global("Subject", scene.subject), "count": 1}
    (taken,) = (await api.data(TAKE, scene.sam, input=given))["takeNextPractice"]["practice"]
    assert {key: taken[key] for key in ("choiceKind", "questionText", "solution")} == {
        "choiceKind": "RETRY",
        "questionText": "How many?",
        "solution": None,
    }
    assert await scene.told(api, scene.sam) == await scene.told(api, scene.pat) == NOTHING
    data: Any = await api.data(COMPLETE, scene.sam, input={"id": taken["id"], "response": SECRET})
    assert data["completePractice"] == {
        "practice": {"performanceScore": "1.00", "solution": {"answer": SECRET}},
        "userErrors": [],
    }
    assert all((await scene.told(api, scene.sam)).values())


async def test_what_is_out_of_use_does_not_come_again(api: Api, make: Make) -> None:
    scene = await Scene(make).build(days=30, score=0)
    await make.owner.execute("update practice_bank_items set is_active = false")
    assert all((await scene.told(api, scene.sam)).values())
