"""Practice that the companion writes where the bank has too little: what is asked of the model, and what stands."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from pydantic import BaseModel, ConfigDict

from domain.algebra.grammar import NotMathematics, Tree, parse_statement
from domain.algebra.numeric import close, proportional, value, variables
from domain.algebra.process import Algebra
from domain.companion.prompts import Prompt, instructions
from domain.equivalence import equivalence
from domain.grading import RIGHT, grade
from domain.numerals import number
from domain.practice import AnswerType
from domain.rating import DIFFICULTY_STEP, EASIEST_QUESTION
from domain.wording import normalised

INSTRUCTIONS = instructions("practice_item", 1)
LONGEST_ANSWER_TOKENS = 1_500
MOST_EXISTING = 30
"""Questions of the bank that the model is shown, so that it does not write them again."""
MOST_TOPICS = 20
LENGTHS = {"question": (10, 2_000), "answer": (1, 200), "explanation": (10, 4_000), "topic": (1, 200)}
"""Characters that each may have."""
COPY = 0.8
"""Share of its words in threes that a question may have in common with another before it counts as a copy."""

_SEGMENT = re.compile(r"\$\$(.+?)\$\$", re.S)
_WORD = re.compile(r"\w+")


class WrittenItem(BaseModel):
    """The shape that the model answers in."""

    model_config = ConfigDict(extra="forbid")
    question: str
    answer: str
    answer_type: Literal["numeric", "math_expression"]
    explanation: str
    topic: str


@dataclass(frozen=True, slots=True)
class ItemFacts:
    """What a question is to be written for."""

    subject: str
    topics: Sequence[str]
    difficulty: int
    existing: Sequence[str]
    """Questions of the bank in the subject, nearest in difficulty first, and what was written for the student."""


def item_prompt(facts: ItemFacts) -> Prompt:
    """What the model is asked."""
    return INSTRUCTIONS.about(
        {
            "subject": facts.subject,
            "topics": list(facts.topics[:MOST_TOPICS]),
            "difficulty": facts.difficulty,
            "existing_questions": [question[:300] for question in facts.existing[:MOST_EXISTING]],
        },
        longest=LONGEST_ANSWER_TOKENS,
    )


def difficulty_for(rating: int, target: Decimal) -> int:
    """The level, 1 to 10, on which a student of that rating comes nearest to the target."""
    wanted = rating - 400 * float((target / (1 - target)).log10())
    return min(max(round((wanted - EASIEST_QUESTION) / DIFFICULTY_STEP) + 1, 1), 10)


async def fault(item: WrittenItem, facts: ItemFacts, algebra: Algebra) -> str | None:
    """Why a written question does not stand; None when nothing speaks against it.

    The answer must be of its kind, be right by the grading that students get, and stand in the explanation; the
    question must not be a copy; and where it is one equation or one expression, computer algebra must come to the
    answer.
    """
    for name, (shortest, longest) in LENGTHS.items():
        text = getattr(item, name)
        if not shortest <= len(text.strip()) <= len(text) <= longest or "\x00" in text:
            return f"the {name} is too short or too long"
    kind = AnswerType(item.answer_type)
    if kind is AnswerType.NUMERIC and number(item.answer) is None:
        return "the answer is no number"
    try:
        _, answers = parse_statement(normalised(item.answer, mathematical=True))
    except NotMathematics:
        return "the answer cannot be read as mathematics"
    if grade(item.answer, item.answer, kind) != RIGHT:
        return "the answer is not right by its own measure"
    if _bare(item.answer) not in _bare(item.explanation):
        return "the explanation does not come to the answer"
    if any(is_copy(item.question, other) for other in facts.existing):
        return "it is a copy of another question"
    return await _worked(item, answers, algebra)


def is_copy(question: str, other: str) -> bool:
    """Whether two questions say nearly the same: most of their words in threes, or all of it but for spaces."""
    if _bare(question) == _bare(other):
        return True
    one, two = _threes(question), _threes(other)
    return bool(one and two) and len(one & two) / min(len(one), len(two)) >= COPY


def _threes(text: str) -> set[tuple[str, ...]]:
    words = _WORD.findall(normalised(text))
    return set(zip(words, words[1:], words[2:], strict=False)) if len(words) > 4 else set()


def _bare(text: str) -> str:
    return re.sub(r"[\s$]+", "", normalised(text, mathematical=True))


async def _worked(item: WrittenItem, answers: list[list[Tree]], algebra: Algebra) -> str | None:
    segments = _SEGMENT.findall(item.question)
    if len(segments) != 1:
        return None
    try:
        _, statements = parse_statement(normalised(segments[0], mathematical=True))
    except NotMathematics:
        return None
    if len(statements) != 1:
        return None
    if len(statements[0]) == 1:
        asks = re.search(r"\b(?:simplify|factor|expand|multiply|compute|evaluate|calculate)", item.question, re.I)
        # Without the question, for here only the value counts.
        if asks and await equivalence(segments[0], item.answer, "", algebra) != RIGHT:
            return "computer algebra comes to another answer"
        return None
    left, right = statements[0]
    unknowns = variables(left) | variables(right)
    if len(unknowns) != 1 or any(variables(sides[-1]) for sides in answers):
        return None
    (name,) = unknowns
    for sides in answers:
        found = value(sides[-1], {})
        both = None if found is None else (value(left, {name: found}), value(right, {name: found}))
        if both is None or both[0] is None or both[1] is None or not close(both[0], both[1]):
            return "the answer does not solve the equation"
    return "the equation says nothing" if proportional(left, right) and left == right else None
