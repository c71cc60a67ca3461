"""Asking the companion: found, answered, checked, calibrated and kept; the same for the mutation and for the stream.

A question is answered in a task of its own, so that whoever waits for it may leave: the answer is kept all the same. No
transaction is open while a model is asked.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from db import questions as questions_db
from db import replies as replies_db
from db.engine import Database, Work
from db.generations import add_embedded, ask, ask_aloud, mark
from db.retrieval import search, unsealed
from domain import questions
from domain.clock import now
from domain.companion.calibration import level
from domain.companion.model import Model, ModelFailed
from domain.companion.replies import Grounds, Reply, extracted, grounds_for
from domain.companion.retrieval import Asked
from domain.companion.safeguarding import concern, concern_of_others
from domain.companion.written_answers import Aloud, Unsupported, WrittenAnswer, checked, prompt_for
from domain.errors import Code, Refused
from domain.generations import Engine, GenerationKind, Outcome
from domain.questions import AnswerOutcome, Confidence, Question
from schema.caring import care_for, keep
from schema.context import Context, Services

DAY = timedelta(days=1)

log = logging.getLogger("study.questions")


@dataclass(frozen=True, slots=True)
class Reached:
    """What asking led to."""

    question: Question
    disclaimer: str | None
    """To be shown with it, once."""


@dataclass(frozen=True, slots=True)
class _Made:
    """A reply, and who made it: the model's has its record already."""

    reply: Reply
    engine: Engine
    generation_id: UUID | None = None


class Telling:
    """What is said of a reply while it is being made, for all who listen."""

    def __init__(self) -> None:
        self._said: list[str | None] = []
        self._more = asyncio.Event()

    def say(self, text: str) -> None:
        """The next words."""
        self._add(text)

    def take_back(self) -> None:
        """All that has been said is not to stand."""
        if any(self._said):
            self._add(None)

    def _add(self, text: str | None) -> None:
        self._said.append(text)
        self._more.set()
        self._more = asyncio.Event()

    async def follow(self, task: "asyncio.Task[Any]") -> AsyncGenerator[str | None, None]:
        """From the beginning until the task is done; None where what came before it is taken back."""
        place = 0
        while True:
            while place < len(self._said):
                yield self._said[place]
                place += 1
            if task.done():
                return
            more = asyncio.ensure_future(self._more.wait())
            try:
                await asyncio.wait({task, more}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                more.cancel()


@dataclass(frozen=True, slots=True)
class UnderWay:
    """A question that is being answered; the task goes on when nobody waits for it."""

    task: "asyncio.Task[Reached]"
    telling: Telling


async def ask_companion(context: Context, text: str) -> Reached:
    """The viewer's question with its reply; what they asked before is that question, with its answer shown.

    Raises Refused (INVALID, TOO_LONG) for the text, (CONFLICT) when the day's questions are used up, or another one of
    theirs is still being answered.
    """
    begun = await begin_asking(context, text, aloud=False)
    return begun if isinstance(begun, Reached) else await asyncio.shield(begun.task)


async def begin_asking(context: Context, text: str, *, aloud: bool) -> Reached | UnderWay:
    """The same, not waited for; `aloud` if somebody listens while it is made. Raises Refused likewise."""
    query = questions.asked_text(text)
    viewer = (await context.read()).viewer
    danger = concern(query)
    if danger is not None:
        await context.release()
        return Reached(await care_for(context.services, viewer.id, viewer.subject, query, danger), None)
    again = await _asked_before(context, viewer.id, query)
    if again is not None:
        await context.release()
        return Reached(await _shown(context, *again), None)
    services, same = context.services, questions.same_words(query)
    await context.release()
    before: tuple[str, UnderWay] | None = services.asking.get(viewer.id)
    if before is None:
        telling = Telling()
        task = asyncio.create_task(answered(services, viewer.id, viewer.subject, query, telling if aloud else None))
        services.asking[viewer.id] = same, (begun := UnderWay(task, telling))
        task.add_done_callback(lambda done: _forget(services, viewer.id, done))
        return begun
    if before[0] != same:
        raise Refused(Code.CONFLICT, "Your last question is still being answered; ask one after the other.", "query")
    return before[1]


def _forget(services: Services, student_id: UUID, done: "asyncio.Task[Reached]") -> None:
    del services.asking[student_id]
    # Whoever waited has the error; if all have left, it is not lost on them.
    if not done.cancelled() and (error := done.exception()) is not None and not isinstance(error, Refused):
        log.error("a question was not answered", exc_info=error)


async def _asked_before(context: Context, student_id: UUID, query: str) -> tuple[UUID, bool] | None:
    """The same question of the last day, and whether it is asked for once more."""
    read, moment = await context.read(), now()
    for question_id, words, asked_at in await replies_db.answered_since(read, student_id, moment - questions.AGAIN):
        if questions.same_words(words) == questions.same_words(query):
            return question_id, moment - asked_at > questions.AT_ONCE
    return None


async def _shown(context: Context, question_id: UUID, again: bool) -> Question:
    async with context.unit_of_work() as work:
        question = await questions_db.lock_question(work, question_id)
        by_tutor = question.tutor_answer is not None or question.overridden
        if again and question.revealed_at is None and question.hint is not None and not by_tutor:
            change = questions.reveal(question, work.viewer, now())
            question = await questions_db.update_question(work, question_id, **change)
    return question


async def answered(services: Services, student_id: UUID, subject: str, query: str, telling: Telling | None) -> Reached:
    """A question as it is answered and kept, whoever waits for it; asked twice at once on two servers, it is one.

    Raises Refused (CONFLICT) when the day's questions are used up.
    """
    database, asked, begun = services.database, Asked.read(query), now()
    async with database.read(subject) as read:
        since = now() - DAY
        questions.check_limit(await replies_db.questions_asked_since(read, student_id, since), services.questions_a_day)
        searched = await search(read, student_id, asked)
    findings = await unsealed(database.vault, asked, searched)
    grounds = await asyncio.to_thread(grounds_for, asked, findings)
    made = await _reply(database, services.model, student_id, grounds, telling)
    async with database.system_work() as work:
        await replies_db.lock_asking(work, student_id)
        count = await replies_db.questions_asked_since(work, student_id, since)
        questions.check_limit(count, services.questions_a_day)
        if made.reply.outcome is AnswerOutcome.SAFEGUARDING:
            found = concern_of_others(query)
            question, new = await keep(work, services, student_id, query, found, made.generation_id), False
        elif (same := await _written_meanwhile(work, student_id, query, begun)) is not None:
            question, new, made = same, False, replace(made, generation_id=None)
        else:
            question, new = await _kept(work, student_id, query, made)
        if made.generation_id is not None:
            await mark(work, made.generation_id, Outcome.USED)
    async with database.read(subject) as read:
        # As the student may see it: without the answer that the hint stands before.
        (seen,) = await questions_db.questions_by_id(read, [question.id])
    return Reached(seen or question, questions.DISCLAIMER if new else None)


async def _written_meanwhile(work: Work, student_id: UUID, query: str, begun: datetime) -> Question | None:
    """The same question, if another server that was asked at the same time has answered it."""
    since = begun - questions.AT_ONCE
    for question_id, words, asked_at in await replies_db.answered_since(work, student_id, since):
        if asked_at >= since and questions.same_words(words) == questions.same_words(query):
            return await questions_db.lock_question(work, question_id)
    return None


async def _kept(work: Work, student_id: UUID, query: str, made: _Made) -> tuple[Question, bool]:
    """The question as it is written down, and whether the student is to be told what the companion is."""
    calibration = await replies_db.latest_calibration(work, made.engine)
    score = None if made.reply.evidence is None else calibration.score(made.reply.evidence)
    question = await replies_db.insert_answer(
        work,
        student_id,
        query,
        made.reply,
        confidence=Confidence.LOW if score is None else level(score),
        score=score,
        generation_id=made.generation_id or await add_embedded(work, GenerationKind.ANSWER, student_id),
    )
    return question, await replies_db.show_disclaimer(work, student_id)


async def _reply(
    database: Database, model: Model | None, student_id: UUID, grounds: Grounds | Reply, telling: Telling | None
) -> _Made:
    """By the model where there is one and it answers soundly, else by the embedded engine."""
    if isinstance(grounds, Reply):
        return _Made(grounds, Engine.EXTRACTIVE)
    if model is not None:
        try:
            return await _written(database, model, student_id, grounds, telling)
        except ModelFailed as failed:
            log.warning("the embedded engine answers: %s", failed)
            if telling is not None:
                telling.take_back()
    return _Made(await asyncio.to_thread(extracted, grounds), Engine.EXTRACTIVE)


async def _written(
    database: Database, model: Model, student_id: UUID, grounds: Grounds, telling: Telling | None
) -> _Made:
    prompt, kind = prompt_for(grounds), GenerationKind.ANSWER
    if telling is None:
        written = await ask(database, model, prompt, WrittenAnswer, kind=kind, student_id=student_id)
    else:
        aloud = Aloud(telling.say)
        written = await ask_aloud(database, model, prompt, WrittenAnswer, aloud, kind=kind, student_id=student_id)
    try:
        return _Made(checked(written.value, grounds), Engine.OPENAI, written.generation_id)
    except Unsupported as unsupported:
        async with database.system_work() as work:
            await mark(work, written.generation_id, Outcome.UNSUPPORTED, str(unsupported))
        raise ModelFailed(Outcome.UNSUPPORTED, str(unsupported)) from unsupported
