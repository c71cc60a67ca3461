"""Answers that a language model writes from the sources that were found, and the checks that they have to stand.

Sources and question are data in the prompt. What comes back is used only if it cites sources that it was given and if
each of its numbers stands in one of those, in the question, or is worked out in plain sight from ones that do; and
each of its names. Of a question that tries to direct the answer, what does so counts for nothing. Where there is no
answer, the companion's own words say so: a model's would stand on nothing that could be checked.
"""

import re
from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal, InvalidOperation
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic_core import from_json

from domain.companion.answers import plain
from domain.companion.calibration import log_odds
from domain.companion.names import bare_words, names
from domain.companion.numbers import numbers
from domain.companion.prompts import Prompt, instructions
from domain.companion.replies import LONGEST_QUOTE, NOT_FOUND, OUT_OF_SCOPE, Cited, Grounds, Reply
from domain.companion.retrieval import Found, Passage
from domain.companion.sentences import sentence_texts, sentences
from domain.companion.speech_acts import directs
from domain.questions import MAX_ANSWER, AnswerOutcome

LONGEST_HINT = 1_000
LONGEST_ASKED_BACK = 300
LONGEST = 900
"""Tokens of an answer."""
PATIENCE = 30.0
"""Seconds that a student waits for the model; then the embedded engine answers."""

_INSTRUCTIONS = instructions("answer", 2)
_NUMBER = re.compile(
    r"(?<![\w.])[-\u2212]?\d[\d,]*+(?:\.\d++)?+"
    r"(?:(?!\w)|(?=(?:st|nd|rd|th|[kcm]m|[km]g|[cm]l|k?hz|min|mph|kcal)(?![^\W\u00b2\u00b3])))",
    re.IGNORECASE,
)
"""Not the number of a term, as in `3x`; that of a unit or an order right behind it."""
_SUM = re.compile(
    r"(?<![\d,.])([-\u2212]?\d[\d,]*+(?:\.\d++)?)\s*+([-+*/\u00d7\u00f7\u2212\u00b7])\s*([-\u2212]?\d[\d,]*(?:\.\d+)?)\s*=\s*"
    r"([-\u2212]?\d[\d,]*(?:\.\d+)?)"
)


class WrittenAnswer(BaseModel):
    """The shape that a model answers in; in this order, so that what is said first comes first."""

    model_config = ConfigDict(extra="forbid")
    outcome: Literal["answered", "clarification", "out_of_scope", "not_found", "safeguarding"]
    hint: str
    answer: str
    sources: list[int]
    confidence: float = Field(description="0 to 1", allow_inf_nan=False)


class Aloud:
    """What of an answer in the making a student may hear: the hint."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._json = ""
        """All that has come."""
        self._said = ""

    def __call__(self, piece: str) -> None:
        """Take a piece of the JSON."""
        self._json += piece
        with suppress(ValueError):  # what is no JSON is refused when it is whole
            match from_json(self._json, allow_partial="trailing-strings"):
                case {"outcome": "answered", "hint": str(hint)} if len(hint) > len(self._said):
                    self._say(hint[len(self._said) :])
                    self._said = hint


class Unsupported(Exception):
    """An answer does not stand the checks; the text says which, and quotes nothing."""


def prompt_for(grounds: Grounds) -> Prompt:
    """What the model is asked: the question and the numbered sources, as data."""
    sources = [
        {
            "number": number,
            "title": found.passage.title,
            "kind": found.passage.kind.value,
            "text": _marked(found.passage),
        }
        for number, found in enumerate(grounds.found, start=1)
    ]
    return _INSTRUCTIONS.about({"question": grounds.asked.text, "sources": sources}, longest=LONGEST, patience=PATIENCE)


def _marked(passage: Passage) -> str:
    """The text of a source; what somebody asked, or tried without being told that it is right, is in brackets."""
    return " ".join(each.text if each.quotable else f"[asked or tried: {each.text}]" for each in passage.sentences)


def checked(written: WrittenAnswer, grounds: Grounds) -> Reply:
    """The answer as a reply. Raises Unsupported."""
    text = written.answer.strip()[:MAX_ANSWER]
    if not text:
        raise Unsupported("the answer is blank")
    if "\x00" in text + written.hint:
        raise Unsupported("the answer holds a character that cannot be stored")
    outcome = AnswerOutcome(written.outcome)
    if outcome is not AnswerOutcome.ANSWERED:
        return Reply(outcome, _without_answer(outcome, text, grounds), subjects=grounds.subjects)
    cited = list(dict.fromkeys(written.sources))
    if not cited:
        raise Unsupported("the answer cites no source")
    if any(not 1 <= number <= len(grounds.found) for number in cited):
        raise Unsupported("the answer cites a source that it was not given")
    hint = written.hint.strip()[:LONGEST_HINT]
    if not hint:
        raise Unsupported("the answer has no hint")
    if f" {' '.join(plain(text))} " in f" {' '.join(plain(hint))} ":
        raise Unsupported("the hint gives the answer away")
    chosen = [grounds.found[number - 1] for number in cited]
    known = _numbers(" ".join([grounds.asked.text, *(found.passage.evidence for found in chosen)]))
    if not all(found.passage.evidence for found in chosen):
        raise Unsupported("the answer cites a source that has nothing but what was asked or tried")
    # An order in the question is nothing to know anything from.
    asked = " ".join(each for each in sentence_texts(grounds.asked.text) if not directs(each))
    told = " ".join([asked, *(f"{found.passage.title} {found.passage.evidence}" for found in chosen)])
    for each in (hint, text):
        if directs(each) or not names(each) <= bare_words(told):
            raise Unsupported("the answer has a name that is in none of its sources")
        if not numbers_follow(each, known):
            raise Unsupported("the answer has a number that is in none of its sources")
    return Reply(
        outcome,
        text,
        hint=hint,
        evidence=log_odds(min(max(written.confidence, 0.0), 1.0)),
        citations=tuple(_cite(found, text) for found in chosen),
        subjects=grounds.subjects,
    )


def _without_answer(outcome: AnswerOutcome, text: str, grounds: Grounds) -> str:
    """What is said where there is no answer: a question back is the model's, if it is one. Raises Unsupported."""
    if outcome is AnswerOutcome.OUT_OF_SCOPE:
        return OUT_OF_SCOPE
    if outcome is not AnswerOutcome.CLARIFICATION:
        return NOT_FOUND
    asked = " ".join(each for each in sentence_texts(grounds.asked.text) if not directs(each))
    known = " ".join([asked, *(f"{found.passage.title} {found.passage.evidence}" for found in grounds.found)])
    is_question = text.endswith("?") and len(text) <= LONGEST_ASKED_BACK and len(sentence_texts(text)) <= 2
    if not is_question or directs(text) or not names(text) <= bare_words(known):
        raise Unsupported("what it asks back is no question about the question")
    if not _numbers(text) <= _numbers(known):
        raise Unsupported("what it asks back has a number that is nowhere else")
    return text


def numbers_follow(text: str, known: set[Decimal]) -> bool:
    """Whether each number is known, or the result of a sum in the text whose numbers are, and which is right."""
    reached = set(known)
    for one, sign, other, result in _SUM.findall(text):
        a, b, c = (_value(each) for each in (one, other, result))
        if a is not None and b is not None and c is not None and {abs(a), abs(b)} <= reached and _is(a, sign, b, c):
            reached.add(abs(c))
    # The small ones count steps and things: "in 2 steps", "1.", "both 3s".
    return all(number in reached or (number <= 3 and number == int(number)) for number in _numbers(text))


def _is(a: Decimal, sign: str, b: Decimal, c: Decimal) -> bool:
    if sign in "-\u2212":
        return a - b == c
    if sign == "+":
        return a + b == c
    if sign in "*\u00d7\u00b7":
        return a * b == c
    return b != 0 and abs(a / b - c) <= Decimal("0.01")


def _numbers(text: str) -> set[Decimal]:
    in_words = numbers(text) - numbers(text, counted=False)
    return in_words | {abs(value) for found in _NUMBER.findall(text) if (value := _value(found)) is not None}


def _value(text: str) -> Decimal | None:
    try:
        return Decimal(text.replace(",", "").replace("\u2212", "-"))
    except InvalidOperation:
        return None


def _cite(found: Found, answer: str) -> Cited:
    """The sentence of a source that has most of the answer's words."""
    said = frozenset(stem for sentence in sentences(answer) for stem in sentence.stems)
    best = max(
        (each for each in found.passage.sentences if each.quotable), key=lambda sentence: len(sentence.stems & said)
    )
    return Cited(found.passage.kind, found.passage.source_id, found.passage.title, best.text[:LONGEST_QUOTE])
