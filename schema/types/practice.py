"""Practice as a client sees it: the bank of items, and what is assigned to students."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING, Annotated

import strawberry

from db import overrides as overrides_db
from db import practice as practice_db
from db import practice_bank as bank_db
from db.generations import generations_by_id
from db.ratings import ratings_by_item
from db.subjects import subjects_by_id
from db.users import users_by_id
from domain import practice
from schema.enums import describe_enum
from schema.fields import connection, edge
from schema.ids import optional_row_id
from schema.types.connection import Connection
from schema.types.generation import Generation
from schema.types.node import Node
from schema.types.override import Override, OverrideOrder, OverrideWhere
from schema.types.rating import QuestionRating

if TYPE_CHECKING:
    from schema.types.subject import Subject
    from schema.types.user import Student, User

describe_enum(
    practice.PracticeSource,
    "Where assigned practice comes from.",
    BANK="The practice bank.",
    AI_GENERATED="The companion wrote it.",
)
describe_enum(
    practice.AnswerType,
    "What form an answer takes, and so how a response is compared with it.",
    MULTIPLE_CHOICE="One of the choices, by its text or its letter.",
    NUMERIC="A number, as exact as the answer is given; 0.5, 1/2 and 50e-2 are the same.",
    MATH_EXPRESSION="A mathematical expression, equation or several with commas; what is equal is the same.",
    FREE_TEXT="Words, compared as written but for case and white space.",
)


describe_enum(
    practice.ChoiceKind,
    "What a question is to the student for whom it is chosen.",
    NEW="The student has not answered it before.",
    RETRY="The student answered it wrong, at least two days ago.",
    REVIEW="The student answered it right, at least three weeks ago.",
)


@strawberry.enum(description="The order of a list of items of the bank.")
class PracticeItemOrder(Enum):
    """Each is served by an index, over the whole bank and within a subject."""

    NEWEST = strawberry.enum_value(bank_db.NEWEST, description="Latest added first.")
    OLDEST = strawberry.enum_value(bank_db.OLDEST, description="Earliest added first.")
    EASIEST = strawberry.enum_value(bank_db.EASIEST, description="Lowest difficulty first.")
    HARDEST = strawberry.enum_value(bank_db.HARDEST, description="Highest difficulty first.")


@strawberry.enum(description="The order of a list of the items that one person added.")
class AddedPracticeItemOrder(Enum):
    """Each is served by an index."""

    NEWEST = strawberry.enum_value(bank_db.NEWEST, description="Latest added first.")
    OLDEST = strawberry.enum_value(bank_db.OLDEST, description="Earliest added first.")


@strawberry.enum(description="The order of a list of assigned practice.")
class PracticeOrder(Enum):
    """Each is served by an index."""

    NEWEST = strawberry.enum_value(practice_db.NEWEST, description="Latest assigned first.")
    OLDEST = strawberry.enum_value(practice_db.OLDEST, description="Earliest assigned first.")


@strawberry.input(description="Which items of the bank to list.")
class PracticeItemWhere:
    """Fields left out do not narrow."""

    subject_id: strawberry.ID | None = strawberry.field(default=None, description="Only items in this subject.")
    difficulty_from: int | None = strawberry.field(default=None, description="Only items at least this difficult.")
    difficulty_to: int | None = strawberry.field(default=None, description="Only items at most this difficult.")
    goal_tag: str | None = strawberry.field(default=None, description="Only items with this goal tag, such as SAT.")
    topic_tag: str | None = strawberry.field(default=None, description="Only items with this topic tag.")
    active: bool | None = strawberry.field(default=None, description="Only items in use, or only those out of use.")

    def filter(self) -> practice.PracticeItemFilter:
        """As the database layer takes it."""
        return practice.PracticeItemFilter(
            subject_id=optional_row_id(self.subject_id, "Subject"),
            difficulty_from=self.difficulty_from,
            difficulty_to=self.difficulty_to,
            goal_tag=self.goal_tag,
            topic_tag=self.topic_tag,
            active=self.active,
        )


@strawberry.input(description="Which assigned practice to list.")
class PracticeWhere:
    """Fields left out do not narrow."""

    completed: bool | None = strawberry.field(default=None, description="Only completed practice, or only open.")
    flagged: bool | None = strawberry.field(
        default=None, description="Only practice that waits for a tutor's review, or only that which does not."
    )
    source: practice.PracticeSource | None = strawberry.field(
        default=None, description="Only practice that comes from there."
    )
    subject_id: strawberry.ID | None = strawberry.field(default=None, description="Only practice in this subject.")

    def filter(self) -> practice.PracticeFilter:
        """As the database layer takes it."""
        return practice.PracticeFilter(
            completed=self.completed,
            flagged=self.flagged,
            source=self.source,
            subject_id=optional_row_id(self.subject_id, "Subject"),
        )


@strawberry.type(description="The answer to a question and how one gets there.")
class Solution:
    """A view of domain.practice.Solution."""

    answer: str = strawberry.field(description="The answer; of a multiple choice item the text of the right choice.")
    explanation: str | None = strawberry.field(description="How one gets there; null when nothing was written.")


@strawberry.type(description="A question of the practice bank.")
class PracticeItem(Node):
    """A view of domain.practice.PracticeItem."""

    record = practice.PracticeItem
    by_id = bank_db.practice_items_by_id

    question_text: str = strawberry.field(description="The question; LaTeX stands between `$$`.")
    choices: list[str] = strawberry.field(description="What to choose from; empty unless it is multiple choice.")
    answer_type: practice.AnswerType = strawberry.field(description="What form an answer takes.")
    difficulty_level: int = strawberry.field(description="1, the easiest, to 10.")
    goal_tags: list[str] = strawberry.field(description="Goals it serves, such as SAT.")
    topic_tags: list[str] = strawberry.field(description="Topics it practises, such as factoring.")
    source: str | None = strawberry.field(description="Where the question was taken from; null when it is our own.")
    licence: str | None = strawberry.field(description="Under which licence; null when it is our own.")
    version: int = strawberry.field(description="Counts changes of the item, from 1; name it when changing it.")
    is_active: bool = strawberry.field(description="Whether it is in use; one out of use cannot be assigned.")
    created_at: dt.datetime = strawberry.field(description="When it was added.")
    updated_at: dt.datetime = strawberry.field(description="When anything in it last changed.")

    subject: Annotated[Subject, strawberry.lazy("schema.types.subject")] = edge(
        subjects_by_id, key="subject_id", description="The subject it practises."
    )
    created_by: Annotated[User, strawberry.lazy("schema.types.user")] | None = edge(
        users_by_id,
        key="created_by_id",
        description="Who added it; null for an imported item, and when that person is erased or out of sight.",
    )
    solution: Solution | None = edge(
        bank_db.solutions_by_item,
        key="id",
        description="Its solution; null for students and parents until the student has completed it, while one of the "
        "students whom they see has it to do, and once it may come again as practice: 21 days after a right answer, 2 "
        "after a wrong one, until it is answered again.",
    )
    rating: QuestionRating | None = edge(
        ratings_by_item,
        key="id",
        description="How hard it is by the answers to it; null before the first, when its difficulty level says.",
    )
    assignments: Connection[PracticeAssignment] = connection(
        practice_db.practice_by_item,
        practice_db.count_practice_by_item,
        key="id",
        order=PracticeOrder.NEWEST,
        where=PracticeWhere,
        description="To whom it is assigned, among the students whom the viewer may see.",
    )


@strawberry.type(description="A question that a student is to answer, or has answered.")
class PracticeAssignment(Node):
    """A view of domain.practice.PracticeAssignment."""

    record = practice.PracticeAssignment
    by_id = practice_db.practice_by_id

    source: practice.PracticeSource = strawberry.field(description="Where it comes from.")
    question_text: str = strawberry.field(
        description="The question, in a tutor's words where one has overridden it; LaTeX stands between `$$`."
    )
    choices: list[str] = strawberry.field(description="What to choose from; empty unless it is multiple choice.")
    answer_type: practice.AnswerType = strawberry.field(description="What form an answer takes.")
    flagged: bool = strawberry.field(description="Whether the companion wrote it and no tutor has reviewed it yet.")
    difficulty_level: int | None = strawberry.field(description="1, the easiest, to 10; null when not known.")
    goal_tags: list[str] = strawberry.field(description="Goals it serves, such as SAT.")
    completed: bool = strawberry.field(description="Whether the student has answered it.")
    completed_at: dt.datetime | None = strawberry.field(description="When; null until then.")
    response_text: str | None = strawberry.field(
        description="What the student answered; null until then, and when a tutor gave the score without one."
    )
    performance_score: Decimal | None = strawberry.field(
        description="How right the answer was, 0 to 1 with two decimals; null until completed."
    )
    student_rating_before: int | None = strawberry.field(
        description="The student's rating in the subject before the answer; null until completed, and for practice "
        "without a subject."
    )
    student_rating_after: int | None = strawberry.field(
        description="The rating that followed from the answer; null until completed, and for practice without a "
        "subject."
    )
    predicted_success: Decimal | None = strawberry.field(
        description="The score that was expected, 0 to 1 with three decimals: just before the answer, and until then "
        "when it was chosen for the student; null when neither is known."
    )
    choice_kind: practice.ChoiceKind | None = strawberry.field(
        description="What it was to the student when it was chosen; null for what a person assigned or the companion "
        "wrote."
    )
    choice_reason: str | None = strawberry.field(
        description="Why it was chosen, in a sentence or two; null for what a person assigned or the companion wrote."
    )
    held: bool = strawberry.field(
        description="Whether it is kept from the student and their parents: until a tutor reviews it, or for good when "
        "one has said no to it."
    )
    overridden: bool = strawberry.field(description="Whether a tutor's override is in force.")
    version: int = strawberry.field(
        description="Counts changes of the question and its solution, from 1; name it when overriding."
    )
    assigned_at: dt.datetime = strawberry.field(description="When it was assigned.")
    created_at: dt.datetime = strawberry.field(description="When it was recorded.")

    student: Annotated[Student, strawberry.lazy("schema.types.user")] = edge(
        users_by_id, key="student_id", description="Who is to answer it."
    )
    subject: Annotated[Subject, strawberry.lazy("schema.types.subject")] | None = edge(
        subjects_by_id, key="subject_id", description="The subject it practises; null for one across subjects."
    )
    bank_item: PracticeItem | None = edge(
        bank_db.practice_items_by_id,
        key="bank_item_id",
        description="The item of the bank; null for one that the companion wrote.",
    )
    solution: Solution | None = edge(
        practice_db.solutions_by_practice,
        key="id",
        description="Its solution; null for students and parents until it is completed, and when the same question is "
        "to be done again or may be: 21 days after a right answer, 2 after a wrong one.",
    )
    generation: Generation | None = edge(
        generations_by_id,
        key="generation_id",
        description="What wrote it; null for what a person assigned or that comes from the bank.",
    )
    active_override: Override | None = edge(
        overrides_db.overrides_by_id,
        key="override_id",
        description="The override of the item that is in force; null when none is.",
    )
    overrides: Connection[Override] = connection(
        overrides_db.overrides_by_practice,
        overrides_db.count_overrides_by_practice,
        key="id",
        order=OverrideOrder.NEWEST,
        where=OverrideWhere,
        description="All overrides of the item, reverted ones too.",
    )
