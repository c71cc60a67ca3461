"""A student with tutors and one thing of each kind to override, and the operations that do it."""

from typing import Any
from uuid import UUID

from schema.ids import to_global
from tests.api import Api
from tests.make import Make, Person

CONTENT = """
__typename
... on SummaryContent { narrative nextSteps subjectsCovered }
... on PracticeContent { question answer explanation difficultyLevel }
... on AnswerContent { text: answer }
"""
ERRORS = "userErrors { field code message }"
SUMMARY = f"""
mutation ($input: OverrideSummaryInput!) {{ overrideSummary(input: $input) {{
  override {{
    id targetKind action reason active targetVersion revertedAt difficultyLevel
    tutor {{ email }} student {{ email }} subject {{ name }} revertedBy {{ email }}
    summary {{ version }} practice {{ version }} question {{ version }}
    content {{ before {{ {CONTENT} }} after {{ {CONTENT} }} }}
  }}
  summary {{
    narrative nextSteps subjectsCovered overridden version
    activeOverride {{ action }} overrides {{ totalCount nodes {{ targetVersion }} }}
  }}
  {ERRORS}
}} }}
"""
PRACTICE = f"""
mutation ($input: OverridePracticeInput!) {{ overridePractice(input: $input) {{
  override {{
    id targetKind action subject {{ name }} difficultyLevel practice {{ version }}
    content {{ before {{ {CONTENT} }} after {{ {CONTENT} }} }}
  }}
  practice {{
    questionText solution {{ answer explanation }} difficultyLevel flagged completed overridden version
    activeOverride {{ action }} overrides {{ totalCount }}
  }}
  {ERRORS}
}} }}
"""
ANSWER = f"""
mutation ($input: OverrideAnswerInput!) {{ overrideAnswer(input: $input) {{
  override {{
    id targetKind action subject {{ name }} question {{ version }}
    content {{ before {{ {CONTENT} }} after {{ {CONTENT} }} }}
  }}
  question {{ answer overridden version activeOverride {{ action }} overrides {{ totalCount }} }}
  {ERRORS}
}} }}
"""
REVERT = f"""
mutation ($input: RevertOverrideInput!) {{ revertOverride(input: $input) {{
  override {{
    active revertedAt revertedBy {{ email }}
    summary {{ narrative nextSteps overridden version activeOverride {{ id }} }}
    practice {{
      questionText solution {{ answer explanation }} difficultyLevel overridden version activeOverride {{ id }}
    }}
    question {{ answer overridden version activeOverride {{ id }} }}
  }}
  {ERRORS}
}} }}
"""


class Scene:
    """A student with two tutors, and one target of each kind."""

    def __init__(self, make: Make) -> None:
        self.make = make

    async def set(self) -> "Scene":
        """Make the rows."""
        make = self.make
        self.algebra = await make.subject("Algebra")
        self.sam = await make.student()
        self.tess = await make.tutor(of=self.sam, analytics={"override_count": 2, "mood": ["good"]})
        self.toby = await make.tutor("toby", of=self.sam)
        self.session = await make.session(self.sam, self.tess, subject_id=self.algebra)
        self.summary = await make.summary(self.session, self.sam, self.tess, subjects_covered=["Algebra"])
        self.item = await make.practice_item(self.algebra, explanation="Count.")
        self.practice = await make.practice(self.sam, self.item)
        self.written = await make.written_practice(self.sam, subject_id=self.algebra)
        self.question = await make.question(self.sam, context_subjects=["Algebra", "Chess"])
        return self

    @property
    def ids(self) -> dict[str, str]:
        """The targets' global ids by mutation."""
        return {
            "overrideSummary": to_global("Summary", self.summary),
            "overridePractice": to_global("PracticeAssignment", self.practice),
            "overrideAnswer": to_global("Question", self.question),
        }

    async def row(self, table: str, row_id: UUID, columns: str) -> tuple[Any, ...]:
        """Some columns of a row."""
        cursor = await self.make.owner.execute(f"select {columns} from {table} where id = %s", [row_id])
        row = await cursor.fetchone()
        assert row is not None
        return tuple(row)

    async def all(self, query: str) -> list[tuple[Any, ...]]:
        """The rows of a query."""
        return await (await self.make.owner.execute(query)).fetchall()

    async def untouched(self) -> None:
        """Assert that nothing was overridden."""
        assert await self.all("select * from overrides") == []
        assert await self.all("select * from audit_log") == []
        assert await self.row("summaries", self.summary, "version, overridden, narrative") == (
            1,
            False,
            "We solved equations.",
        )
        assert await self.row("practice_assignments", self.practice, "version, overridden, ai_question_text") == (
            1,
            False,
            None,
        )
        assert await self.row("qa_interactions", self.question, "version, overridden, answer") == (
            1,
            False,
            "Because it is.",
        )
        assert await self.row("users", self.tess.id, "analytics") == ({"override_count": 2, "mood": ["good"]},)


def refusals(data: Any) -> list[tuple[str | None, str]]:
    """The field and code of each user error."""
    (payload,) = data.values()
    return [(error["field"], error["code"]) for error in payload["userErrors"]]


MUTATIONS = {
    "overrideSummary": (SUMMARY, {"narrative": "Better."}),
    "overridePractice": (PRACTICE, {"question": "1 + 3 = ?"}),
    "overrideAnswer": (ANSWER, {"answer": "By convention."}),
}


async def made_by(api: Api, tutor: Person, scene: Scene, mutation: str, version: int, **change: Any) -> str:
    """The id of a new override."""
    document, usual = MUTATIONS[mutation]
    given = {"id": scene.ids[mutation], "expectedVersion": version, **(change or usual)}
    data = await api.data(document, tutor, input=given)
    override_id: str = data[mutation]["override"]["id"]
    return override_id
