"""What is done at once for a student who may be in danger: told whom to talk to, and somebody is told of it.

Parents are not: it may be one of them. Nor is a tutor when it may be about one.
"""

from datetime import timedelta
from uuid import UUID

from db import questions as questions_db
from db import replies as replies_db
from db.engine import Work
from db.generations import add_embedded
from domain import questions
from domain.clock import now
from domain.companion.replies import Reply
from domain.companion.safeguarding import Concern, words_of_care
from domain.events import Event, EventKind
from domain.generations import GenerationKind
from domain.questions import AnswerOutcome, Confidence, Question
from schema.context import Services

DAY = timedelta(days=1)
MOST = 20
"""So many such messages of one student in 24 hours are each told of; further ones get the same reply, no more."""


async def care_for(services: Services, student_id: UUID, subject: str, query: str, found: Concern) -> Question:
    """The question with words of care, kept and told to a tutor; no limit of questions holds it up."""
    async with services.database.system_work() as work:
        await replies_db.lock_asking(work, student_id)
        told = await _told_already(work, student_id, query)
        question_id = told or (await keep(work, services, student_id, query, found)).id
    async with services.database.read(subject) as read:
        (seen,) = await questions_db.questions_by_id(read, [question_id])
    if seen is None:
        raise LookupError("a student does not see their own question")
    return seen


async def keep(
    work: Work, services: Services, student_id: UUID, query: str, found: Concern, generation_id: UUID | None = None
) -> Question:
    """Write it down and tell of it, in the work that has `lock_asking`; `generation_id` if a model saw the danger."""
    tutor_id = None if found.about_teacher else await questions_db.tutor_to_tell(work, student_id)
    text = words_of_care(services.safeguarding_contact, tutor_told=tutor_id is not None)
    question = await replies_db.insert_answer(
        work,
        student_id,
        query,
        Reply(AnswerOutcome.SAFEGUARDING, text),
        confidence=Confidence.LOW,
        score=None,
        generation_id=generation_id or await add_embedded(work, GenerationKind.ANSWER, student_id),
        escalated_to_tutor_id=tutor_id,
        kept_from_tutors=found.about_teacher,
    )
    work.tell(Event(EventKind.QUESTION_ESCALATED, student_id, question.id))
    return question


async def _told_already(work: Work, student_id: UUID, query: str) -> UUID | None:
    """What the student wrote a moment ago in the same words; the latest of all when there are very many."""
    moment = now()
    before = await replies_db.worries_since(work, student_id, moment - DAY)
    for question_id, words, written_at in before:
        same = questions.same_words(words) == questions.same_words(query)
        if same and moment - written_at <= questions.AT_ONCE:
            return question_id
    return before[0][0] if len(before) >= MOST else None
