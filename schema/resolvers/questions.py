"""Asking the companion, passing questions on to tutors, and answering them."""

import strawberry

from db import questions as questions_db
from domain import questions
from domain.clock import now
from domain.events import Event, EventKind
from domain.overrides import staleness
from domain.permissions import Permission
from schema.asking import ask_companion
from schema.context import Info
from schema.errors import Payload, user_error
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
        description="A tutor who teaches the student now; may be left out when there is only one, unless the question "
        "is kept from tutors.",
    )


@strawberry.input(description="A tutor's own answer to a question, beside the companion's.")
class AnswerQuestionInput:
    """Answering again replaces one's own answer."""

    id: strawberry.ID = strawberry.field(description="The question.")
    expected_version: int = strawberry.field(
        description="The version of it that the tutor has read; another one is refused with STALE_VERSION."
    )
    answer: str = strawberry.field(description="The answer; 1 to 10,000 characters.")
    companion_right: bool | None = strawberry.field(
        default=None,
        description="Whether the companion's own answer was right; its confidence learns from that. Left out, the two "
        "answers are compared.",
    )


@strawberry.type(description="The question that was asked, with the companion's reply.")
class AskQuestionPayload(Payload):
    """The answer of askQuestion."""

    question: Question | None = strawberry.field(
        default=None, description="The question as it is now; null if refused."
    )
    disclaimer: str | None = strawberry.field(
        default=None, description="What the student is to be told, once: that the companion can be wrong. Null after."
    )


@strawberry.input(description="A question for the companion.")
class AskQuestionInput:
    """Asked once more within a day, a question is not answered anew: its answer is shown."""

    query: str = strawberry.field(description="The question; 1 to 2,000 characters.")


@strawberry.input(description="A question whose answer is to be shown.")
class RevealAnswerInput:
    """From the student who asked."""

    id: strawberry.ID = strawberry.field(description="The question.")


@strawberry.type
class QuestionMutations:
    """Mutations of questions."""

    @mutation(
        Permission.ASK,
        "Ask the companion: a student. A hint comes first; the answer is shown by `revealAnswer`, or when the same is "
        "asked again. Only so many questions in 24 hours, one after the other.",
    )
    async def ask_question(self, info: Info, input: AskQuestionInput) -> AskQuestionPayload:
        reached = await ask_companion(info.context, input.query)
        return AskQuestionPayload(question=Question.view(reached.question), disclaimer=reached.disclaimer)

    @mutation(Permission.ASK, "Have the answer behind the hint shown, which is kept with the question: who asked it.")
    async def reveal_answer(self, info: Info, input: RevealAnswerInput) -> QuestionPayload:
        async with info.context.unit_of_work() as work:
            question = await questions_db.lock_question(work, row_id(input.id, "Question"))
            change = questions.reveal(question, work.viewer, now())
            question = await questions_db.update_question(work, question.id, **change)
        return QuestionPayload(question=Question.view(question))

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
            if stale := staleness(question.version, input.expected_version):
                return QuestionPayload(question=Question.view(question), user_errors=[user_error(stale)])
            answer = questions.answer(question, input.answer, work.viewer, now(), input.companion_right)
            question = await questions_db.update_question(work, question.id, **answer.values())
            work.tell(Event(EventKind.QUESTION_ANSWERED, question.student_id, question.id))
        return QuestionPayload(question=Question.view(question))
