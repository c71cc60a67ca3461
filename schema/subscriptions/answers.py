"""The reply to a question as it is said, word by word."""

import asyncio
import re
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from typing import Annotated, cast

import strawberry

from domain.errors import Refused
from domain.permissions import Permission
from domain.questions import Question as Asked
from schema.asking import UnderWay, begin_asking
from schema.context import Info
from schema.errors import UserError, user_error
from schema.fields import subscription
from schema.types.question import Question

_TOKEN = re.compile(r"\s*\S+\s*$|\s*\S+")


@strawberry.type(description="A piece of the reply to a question.")
class AnswerPart:
    """One event of answerStream."""

    text: str = strawberry.field(description="The next words, with the space before them; put together, the whole.")
    anew: bool = strawberry.field(
        default=False,
        description="Whether what came before in this stream is not to stand, as it did not hold: the reply begins "
        "again after this part, which has no words.",
    )
    question: Question | None = strawberry.field(
        default=None, description="The question with its reply, as it is kept; null but in the last part."
    )
    disclaimer: str | None = strawberry.field(
        default=None, description="In the last part, once: that the companion can be wrong. Null otherwise."
    )
    user_errors: list[UserError] = strawberry.field(
        default_factory=list, description="Why there is no reply; empty when there is one."
    )


@strawberry.type
class AnswerSubscriptions:
    """Subscriptions to answers."""

    @subscription(
        Permission.ASK,
        "Ask the companion, as `askQuestion` does, and get what it says token by token: the hint, or, when the "
        "same is asked again, the answer. A model's words are sent as it writes them and checked at the end: see "
        "`anew`. Nothing is kept but a whole reply, and that also when nobody listens any more. A student's own; "
        "no other stream tells of it.",
    )
    async def answer_stream(
        self,
        info: Info,
        query: Annotated[str, strawberry.argument(description="The question; 1 to 2,000 characters.")],
    ) -> AsyncGenerator[AnswerPart, None]:
        heard = ""
        try:
            begun = await begin_asking(info.context, query, aloud=True)
            if isinstance(begun, UnderWay):
                async with aclosing(begun.telling.follow(begun.task)) as pieces:
                    async for piece in pieces:
                        heard = "" if piece is None else heard + piece
                        yield AnswerPart(text=piece or "", anew=piece is None)
                begun = await asyncio.shield(begun.task)
        except Refused as refused:
            yield AnswerPart(text="", user_errors=[user_error(refused)])
            return
        whole = said(begun.question)
        if heard.strip() != whole:
            # It was not as the model had it, or nobody said it while it was made.
            if heard:
                yield AnswerPart(text="", anew=True)
            for token in tokens(whole):
                yield AnswerPart(text=token)
        view = cast("Question", begun.question)
        yield AnswerPart(text="", question=view, disclaimer=begun.disclaimer)


def said(question: Asked) -> str:
    """What the student is told now: a tutor's answer, the companion's, or the hint that stands before it."""
    return question.tutor_answer or question.answer or question.hint or ""


def tokens(text: str) -> Iterator[str]:
    """Word by word; joined, they are the text."""
    for found in _TOKEN.finditer(text):
        yield found[0]
