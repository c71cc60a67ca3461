"""Finding and changing items of the practice bank."""

import strawberry

from db import practice_bank as bank_db
from db.retries import created_before, id_for
from domain import practice
from domain.permissions import Permission
from schema.context import Info
from schema.errors import Payload
from schema.fields import mutation, query_connection
from schema.ids import optional_row_id, row_id
from schema.inputs import IDEMPOTENCY_KEY, given
from schema.types.connection import Connection
from schema.types.practice import PracticeItem, PracticeItemOrder, PracticeItemWhere


@strawberry.type(description="The item of the bank that was made or changed.")
class PracticeItemPayload(Payload):
    """The answer of every mutation of the bank."""

    practice_item: PracticeItem | None = strawberry.field(
        default=None, description="The item as it is now; null when refused."
    )


@strawberry.input(description="A new item for the practice bank.")
class CreatePracticeItemInput:
    """A multiple choice item has choices, and one of them is the answer; no other item has choices."""

    subject_id: strawberry.ID = strawberry.field(description="The subject it practises.")
    question_text: str = strawberry.field(description="The question; 1 to 10,000 characters, LaTeX between `$$`.")
    answer_text: str = strawberry.field(
        description="The answer; 1 to 10,000 characters, of a multiple choice item one of the choices word for word."
    )
    explanation: str | None = strawberry.field(
        default=None, description="How one gets to the answer; at most 20,000 characters."
    )
    answer_type: practice.AnswerType = strawberry.field(
        default=practice.AnswerType.FREE_TEXT, description="What form an answer takes."
    )
    choices: list[str] | None = strawberry.field(
        default=None, description="2 to 20 different texts of at most 1,000 characters, for multiple choice only."
    )
    difficulty_level: int = strawberry.field(description="1, the easiest, to 10.")
    goal_tags: list[str] | None = strawberry.field(
        default=None, description="Goals it serves; at most 20 of at most 200 characters."
    )
    topic_tags: list[str] | None = strawberry.field(
        default=None, description="Topics it practises; at most 20 of at most 200 characters."
    )
    source: str | None = strawberry.field(
        default=None, description="Where the question was taken from; at most 500 characters."
    )
    licence: str | None = strawberry.field(
        default=None, description="The licence it was taken under; at most 500 characters."
    )
    idempotency_key: str | None = strawberry.field(default=None, description=IDEMPOTENCY_KEY)


@strawberry.input(description="Changes to an item of the bank; what is left out stays as it is.")
class UpdatePracticeItemInput:
    """Null clears a field, where it can be empty. The item must be sound as it will be.

    The content of an item that has been assigned is refused with IN_USE; its subject, difficulty, tags, source and
    licence are not part of it.
    """

    id: strawberry.ID = strawberry.field(description="The item.")
    expected_version: int | None = strawberry.field(
        default=None,
        description="The version that the changes were made to; refused if the item has another by now. Not "
        "checked unless given.",
    )
    subject_id: strawberry.ID | None = strawberry.field(default=strawberry.UNSET, description="Another subject.")
    question_text: str | None = strawberry.field(default=strawberry.UNSET, description="Another question.")
    answer_text: str | None = strawberry.field(default=strawberry.UNSET, description="Another answer.")
    explanation: str | None = strawberry.field(default=strawberry.UNSET, description="Another explanation.")
    answer_type: practice.AnswerType | None = strawberry.field(
        default=strawberry.UNSET, description="Another form of answer."
    )
    choices: list[str] | None = strawberry.field(default=strawberry.UNSET, description="All choices as they will be.")
    difficulty_level: int | None = strawberry.field(default=strawberry.UNSET, description="Another difficulty.")
    goal_tags: list[str] | None = strawberry.field(
        default=strawberry.UNSET, description="All goal tags as they will be."
    )
    topic_tags: list[str] | None = strawberry.field(
        default=strawberry.UNSET, description="All topic tags as they will be."
    )
    source: str | None = strawberry.field(default=strawberry.UNSET, description="Another source.")
    licence: str | None = strawberry.field(default=strawberry.UNSET, description="Another licence.")


@strawberry.input(description="Whether an item of the bank is in use.")
class SetPracticeItemActiveInput:
    """What has been assigned already stays assigned."""

    id: strawberry.ID = strawberry.field(description="The item.")
    active: bool = strawberry.field(description="True puts it in use, false out of use.")


_EDITABLE = (
    "question_text",
    "answer_text",
    "explanation",
    "answer_type",
    "choices",
    "difficulty_level",
    "goal_tags",
    "topic_tags",
    "source",
    "licence",
)


@strawberry.type
class PracticeBankQueries:
    """Queries for the bank."""

    practice_bank: Connection[PracticeItem] = query_connection(
        bank_db.practice_bank,
        bank_db.count_practice_bank,
        permission=Permission.BROWSE_BANK,
        order=PracticeItemOrder.NEWEST,
        where=PracticeItemWhere,
        description="The practice bank.",
    )


@strawberry.type
class PracticeBankMutations:
    """Mutations of the bank."""

    @mutation(Permission.TEACH, "Add an item to the practice bank.")
    async def create_practice_item(self, info: Info, input: CreatePracticeItemInput) -> PracticeItemPayload:
        async with info.context.unit_of_work() as work:
            draft = practice.draft_item(
                subject_id=row_id(input.subject_id, "Subject"), **{name: getattr(input, name) for name in _EDITABLE}
            )
            item_id = id_for(work.viewer.id, "createPracticeItem", input.idempotency_key)
            made = await created_before(work, input.idempotency_key, item_id, bank_db.practice_items_by_id)
            if made is not None:
                return PracticeItemPayload(practice_item=PracticeItem.view(made))
            item = await bank_db.insert_practice_item(work, item_id, draft, work.viewer.id)
        return PracticeItemPayload(practice_item=PracticeItem.view(item))

    @mutation(
        Permission.TEACH,
        "Change an item of the bank: whoever added it, or an administrator. Raises its version. Once it has been "
        "assigned to anybody, its question, answer, explanation, choices and answer type stay as they are.",
    )
    async def update_practice_item(self, info: Info, input: UpdatePracticeItemInput) -> PracticeItemPayload:
        async with info.context.unit_of_work() as work:
            item, solution = await bank_db.lock_practice_item_content(work, row_id(input.id, "PracticeItem"))
            edits = given(input, *_EDITABLE)
            if input.subject_id is not strawberry.UNSET:
                edits["subject_id"] = optional_row_id(input.subject_id, "Subject")
            draft = practice.edit_item(item, solution, expected_version=input.expected_version, **edits)
            if field := practice.content_changed(item, solution, draft):
                practice.keep_content(await bank_db.is_practice_item_assigned(work, item.id), field)
            item = await bank_db.update_practice_item(work, item.id, version=item.version + 1, **draft.values())
        return PracticeItemPayload(practice_item=PracticeItem.view(item))

    @mutation(Permission.TEACH, "Put an item of the bank in or out of use: whoever added it, or an administrator.")
    async def set_practice_item_active(self, info: Info, input: SetPracticeItemActiveInput) -> PracticeItemPayload:
        async with info.context.unit_of_work() as work:
            item = await bank_db.lock_practice_item(work, row_id(input.id, "PracticeItem"))
            practice.switch_item(item, input.active)
            item = await bank_db.update_practice_item(work, item.id, is_active=input.active)
        return PracticeItemPayload(practice_item=PracticeItem.view(item))
