"""A question as a client sees it."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING, Annotated

import strawberry

from db import overrides as overrides_db
from db import questions as questions_db
from db.generations import generations_by_id
from db.goals import goals_by_id
from db.practice_bank import practice_items_by_id
from db.replies import citations_by_question
from db.sessions import sessions_by_id
from db.study_material import study_materials_by_id
from db.summaries import summaries_by_id
from db.users import users_by_id
from domain import questions
from domain.companion import retrieval
from schema.enums import describe_enum
from schema.fields import connection, edge
from schema.types.connection import Connection
from schema.types.generation import Generation
from schema.types.node import Node
from schema.types.override import Override, OverrideOrder, OverrideWhere

if TYPE_CHECKING:
    from schema.types.goal import Goal
    from schema.types.practice import PracticeItem
    from schema.types.session import Session
    from schema.types.study_material import StudyMaterial
    from schema.types.summary import Summary
    from schema.types.user import Student, Tutor

describe_enum(
    questions.Confidence,
    "How sure the companion is of an answer.",
    HIGH="The answer can be relied on.",
    MEDIUM="The answer is likely right.",
    LOW="The answer may be wrong; a tutor should look at it.",
)


describe_enum(
    questions.AnswerOutcome,
    "What the companion made of a question.",
    ANSWERED="It answered.",
    CLARIFICATION="It asked back: one cannot tell what is asked.",
    OUT_OF_SCOPE="It declined: the question has nothing to do with learning.",
    NOT_FOUND="It has no answer: nothing that it may answer from has one. A tutor may.",
    SAFEGUARDING="It says to talk to a person now: the student may be in danger, by their own hand or by others. A "
    "tutor is told at once, or, see `keptFromTutors`, administrators only; parents are not. It is in the review queue "
    "and counts in no figure of confidence.",
    OWN_PRACTICE="It left it to the student: this is practice that they have yet to do.",
)
describe_enum(
    retrieval.SourceKind,
    "What an answer can rest on.",
    MATERIAL="Study material that a tutor or an administrator added.",
    BANK_ITEM="A task of the practice bank, worked out.",
    SESSION="What a tutor said in one of the student's sessions.",
    SUMMARY="The summary of one of the student's sessions.",
    GOAL="One of the student's goals.",
)


@strawberry.type(description="Something that an answer rests on.")
class Citation:
    """A view of domain.questions.Citation."""

    position: int = strawberry.field(description="Its place among the answer's citations, from 1.")
    kind: retrieval.SourceKind = strawberry.field(description="What it is.")
    title: str = strawberry.field(description="What it is called, as it was when the question was asked.")
    quote: str | None = strawberry.field(description="The words that count, as they were; null where the answer is.")

    material: Annotated[StudyMaterial, strawberry.lazy("schema.types.study_material")] | None = edge(
        study_materials_by_id, key="material_id", description="The material; null for anything else."
    )
    practice_item: Annotated[PracticeItem, strawberry.lazy("schema.types.practice")] | None = edge(
        practice_items_by_id,
        key="bank_item_id",
        description="The task; null for anything else, and for who may not see it: students see what they were given.",
    )
    session: Annotated[Session, strawberry.lazy("schema.types.session")] | None = edge(
        sessions_by_id, key="session_id", description="The session; null for anything else."
    )
    summary: Annotated[Summary, strawberry.lazy("schema.types.summary")] | None = edge(
        summaries_by_id, key="summary_id", description="The summary; null for anything else, and once it is gone."
    )
    goal: Annotated[Goal, strawberry.lazy("schema.types.goal")] | None = edge(
        goals_by_id, key="goal_id", description="The goal; null for anything else."
    )

    @classmethod
    def is_type_of(cls, value: object, info: object) -> bool:
        """Whether a value that an edge returned is of this type."""
        return isinstance(value, questions.Citation)


@strawberry.enum(description="The order of a list of questions.")
class QuestionOrder(Enum):
    """Each is served by an index."""

    NEWEST = strawberry.enum_value(questions_db.NEWEST, description="Latest asked first.")
    OLDEST = strawberry.enum_value(questions_db.OLDEST, description="Earliest asked first.")


@strawberry.input(description="Which questions to list.")
class QuestionWhere:
    """Fields left out do not narrow."""

    confidence: questions.Confidence | None = strawberry.field(
        default=None, description="Only questions answered with this confidence."
    )
    escalated: bool | None = strawberry.field(
        default=None, description="Only questions that were passed on to a tutor, or only those that were not."
    )
    answered: bool | None = strawberry.field(
        default=None, description="Only questions that a tutor has answered, or only those that none has."
    )

    def filter(self) -> questions.QuestionFilter:
        """As the database layer takes it."""
        return questions.QuestionFilter(confidence=self.confidence, escalated=self.escalated, answered=self.answered)


@strawberry.type(description="A question that a student asked the companion; parents do not see it.")
class Question(Node):
    """A view of domain.questions.Question."""

    record = questions.Question
    by_id = questions_db.questions_by_id

    query: str = strawberry.field(description="What the student asked.")
    outcome: questions.AnswerOutcome = strawberry.field(description="What the companion made of it.")
    hint: str | None = strawberry.field(
        description="What helps to find the answer oneself, shown before it; null where there is no answer to find."
    )
    answer: str | None = strawberry.field(
        description="The answer in force: the companion's, or a tutor's override of it. Null for the student while "
        "the hint stands before it, see `revealAnswer`; once a tutor said that it is wrong; and as long as it rests on "
        "a task that the student has to do, or that may come again as practice."
    )
    highlight: str | None = strawberry.field(
        description="The words of the companion's answer that most likely are what was asked for, to be marked in it; "
        "less sure than the answer itself. Null where the answer is, and when there are none."
    )
    revealed_at: dt.datetime | None = strawberry.field(
        description="When the student had the answer behind the hint shown; null until then."
    )
    confidence: questions.Confidence = strawberry.field(description="How sure the companion was of its answer.")
    confidence_score: Decimal | None = strawberry.field(
        description="The same as a number, 0 to 1; null when it was not measured."
    )
    context_subjects: list[str] = strawberry.field(description="Names of the subjects the question touches.")
    clarification_requested: bool = strawberry.field(description="Whether the companion asked back.")
    out_of_scope: bool = strawberry.field(description="Whether the question has nothing to do with learning.")
    tutor_escalation_suggested: bool = strawberry.field(
        description="Whether the companion advised to pass the question on to a tutor."
    )
    tutor_answer: str | None = strawberry.field(
        description="What a tutor answered themselves, beside the companion; null until then."
    )
    answered_at: dt.datetime | None = strawberry.field(description="When a tutor answered; null until then.")
    companion_right: bool | None = strawberry.field(
        description="Whether the companion's own answer was right, as a tutor said; null while none has."
    )
    overridden: bool = strawberry.field(description="Whether a tutor's override of the answer is in force.")
    version: int = strawberry.field(
        description="Counts changes of the answer and of the tutor's own, from 1; name it when changing either."
    )
    kept_from_tutors: bool = strawberry.field(
        description="Whether it may be about a tutor or teacher: then only the student, administrators and a tutor "
        "whom it was passed on to see it."
    )
    disclaimer_shown: bool = strawberry.field(
        description="Whether the student was told that the companion can be wrong."
    )
    created_at: dt.datetime = strawberry.field(description="When it was asked.")

    citations: list[Citation] = edge(
        citations_by_question, key="id", description="What the companion's answer rests on, the most important first."
    )
    generation: Generation | None = edge(
        generations_by_id, key="generation_id", description="What answered, and when; null for what is older than that."
    )
    student: Annotated[Student, strawberry.lazy("schema.types.user")] = edge(
        users_by_id, key="student_id", description="Who asked."
    )
    escalated_to: Annotated[Tutor, strawberry.lazy("schema.types.user")] | None = edge(
        users_by_id,
        key="escalated_to_tutor_id",
        description="The tutor it was passed on to; null when it was not, or once that tutor is erased.",
    )
    answered_by: Annotated[Tutor, strawberry.lazy("schema.types.user")] | None = edge(
        users_by_id,
        key="answered_by_tutor_id",
        description="The tutor who answered; null until then, and once that tutor is erased.",
    )
    active_override: Override | None = edge(
        overrides_db.overrides_by_id,
        key="override_id",
        description="The override of the answer that is in force; null when none is.",
    )
    overrides: Connection[Override] = connection(
        overrides_db.overrides_by_question,
        overrides_db.count_overrides_by_question,
        key="id",
        order=OverrideOrder.NEWEST,
        where=OverrideWhere,
        description="All overrides of the answer, reverted ones too.",
    )
