"""Passing questions on to tutors, and answering them."""

import strawberry

from db import questions as questions_db
from domain import questions
from domain.clock import now
from domain.events import Event, EventKind
from domain.permissions import Permission
from schema.context import Info
from schema.errors import Payload
from schema.fields import mutation
from schema.ids import optional_row_id, row_id
from schema.types.question import Question


@strawberry.type(description="The question that was passed on or answered.")
class QuestionPayload(Payload):
    """The answer of every mutation of a question."""

    question: Question | None = strawberry.field(
        default=None, description="The question as it is now; null if refused."
    )


@strawberry.input(description="A question for a tutor.")
class EscalateQuestionInput:
    """From the student who asked, or from a tutor of theirs who hands it on."""

    id: strawberry.ID = strawberry.field(description="The question.")
    tutor_id: strawberry.ID | None = strawberry.field(
        default=None,
        description="A tutor who teaches the student now; may be left out when there is only one.",
    )


@strawberry.input(description="A tutor's own answer to a question, beside the companion's.")
class AnswerQuestionInput:
    """Answering again replaces one's own answer."""

    id: strawberry.ID = strawberry.field(description="The question.")
    answer: str = strawberry.field(description="The answer; 1 to 10,000 characters.")


@strawberry.type
class QuestionMutations:
    """Mutations of questions."""

    @mutation(
        Permission.STUDY, "Pass a question on to a tutor: the student who asked, their tutor or an administrator."
    )
    async def escalate_question(self, info: Info, input: EscalateQuestionInput) -> QuestionPayload:
        async with info.context.unit_of_work() as work:
            question = await questions_db.lock_question(work, row_id(input.id, "Question"))
            tutors = await questions_db.active_tutors_of_student(work, question.student_id)
            escalation = questions.escalate(question, tutors, optional_row_id(input.tutor_id, "Tutor"))
            question = await questions_db.update_question(work, question.id, **escalation.values())
            work.tell(Event(EventKind.QUESTION_ESCALATED, question.student_id, question.id))
        return QuestionPayload(question=Question.view(question))

    @mutation(Permission.TEACH, "Answer a student's question oneself: a tutor of the student.")
    async def answer_question(self, info: Info, input: AnswerQuestionInput) -> QuestionPayload:
        async with info.context.unit_of_work() as work:
            question = await questions_db.lock_question(work, row_id(input.id, "Question"))
            answer = questions.answer(question, input.answer, work.viewer, now())
            question = await questions_db.update_question(work, question.id, **answer.values())
            work.tell(Event(EventKind.QUESTION_ANSWERED, question.student_id, question.id))
        return QuestionPayload(question=Question.view(question))
