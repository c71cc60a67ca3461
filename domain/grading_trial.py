"""Grading tried on a bank: its answers as students would write them, and what is nearly them and wrong."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

from domain.algebra.process import Algebra
from domain.equivalence import equivalence
from domain.grading import RIGHT, WRONG, grade
from domain.imports import PracticeRecord
from domain.numerals import number
from domain.practice import AnswerType
from domain.wording import words

Written = tuple[str, str]
"""What way of writing a text is an example of, and the text."""

_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
)
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_HOW_MANY = re.compile(r"\bhow many ([a-z]+)\b(?![^?]*\bhow many\b)[^?]*\?\s*$", re.I)
_NO_NOUN = frozenset(words("more of total fewer less did do does will are were is was in much pairs dozen"))
_PER_CENT = re.compile(r"\b(?:what|the) percent(?:age)? (?:of|increase|did)\b[^?]*\?\s*$", re.I)


@dataclass(slots=True)
class GradingTrial:
    """Counts over a bank, by the way of writing; `misjudged` are examples of what went wrong."""

    items: int = 0
    written: Counter[str] = field(default_factory=Counter)
    taken: Counter[str] = field(default_factory=Counter)
    planted: Counter[str] = field(default_factory=Counter)
    fooled: Counter[str] = field(default_factory=Counter)
    misjudged: list[tuple[PracticeRecord, str, Decimal]] = field(default_factory=list)


async def try_out(records: Iterable[PracticeRecord], algebra: Algebra) -> GradingTrial:
    """Grade every right and every wrong writing of every answer."""
    found = GradingTrial()
    for record in records:
        found.items += 1
        for way, text in right_ways(record):
            score = await score_of(text, record, algebra)
            found.written[way] += 1
            found.taken[way] += score == RIGHT
            if score != RIGHT:
                found.misjudged.append((record, text, score))
        for way, text in wrong_ways(record):
            score = await score_of(text, record, algebra)
            found.planted[way] += 1
            found.fooled[way] += score > WRONG
            if score > WRONG:
                found.misjudged.append((record, text, score))
    return found


async def score_of(response: str, record: PracticeRecord, algebra: Algebra) -> Decimal:
    """What a response to the question scores, as when practice is completed."""
    score = grade(response, record.answer, record.answer_type, record.choices, record.question)
    if score == RIGHT or record.answer_type is not AnswerType.MATH_EXPRESSION:
        return score
    return await equivalence(response, record.answer, record.question, algebra)


def right_ways(record: PracticeRecord) -> Iterator[Written]:
    """The answer in ways that a tutor takes."""
    if record.answer_type is AnswerType.MULTIPLE_CHOICE:
        yield from _choice_ways(record, record.choices.index(record.answer))
        return
    bare = _typed(record.answer)
    yield "as it is", record.answer
    yield "full stop", f"{bare}."
    yield "lead-in", f"the answer is {bare}"
    yield "lead-in", f"It is {bare}."
    yield "equals sign", f"= {bare}"
    yield "invisible marks", f"\u200f{bare}\u200e"
    value = number(record.answer)
    if value is not None:
        yield from _number_ways(bare, value, record)
    else:
        yield "spaces", re.sub(r"([-+*/()=^])", r" \1 ", bare)
        yield "capitals", bare.upper()
        yield (
            "superscripts",
            re.sub(r"\^([0-9])(?![0-9])", _up, bare),
        )
        yield "times signs", re.sub(r"(?<=[0-9])(?=[a-z(])", "*", bare)
        yield "double stars", bare.replace("^", "**")


def _choice_ways(record: PracticeRecord, position: int) -> Iterator[Written]:
    text, letter = record.choices[position], "ABCDEFGHIJ"[position]
    texts = [choice.casefold() for choice in record.choices]
    if texts.count(text.casefold()) == 1:
        yield "lower case", text.lower()
        yield "capitals", text.upper()
    yield "full stop", f"{text.removesuffix('.')}."
    yield "quotes", f'"{text}"'
    yield "lead-in", f"It is {text}"
    yield "lead-in", f"I think it's {text}."
    yield "lead-in", f"The answer is {text}!"
    if not any(re.fullmatch(r"[A-Za-z]", choice) for choice in record.choices):
        yield "letter", letter.lower()
        yield "letter", f"({letter})"
        yield "letter", f"The answer is {letter}."
        yield "letter", f"Option {letter}"
        yield "letter and text", f"{letter}) {text}"


def _number_ways(bare: str, value: Fraction, record: PracticeRecord) -> Iterator[Written]:
    yield "unknown", f"x = {bare}" if "=" not in bare else bare
    if (
        "$" in record.question.replace("$$", "")
        and "cents" not in record.question
        and record.answer_type is AnswerType.NUMERIC
    ):
        yield "dollars", f"${bare}"
        yield "dollars", f"{bare} dollars"
    if (asked := _HOW_MANY.search(record.question)) and asked[1].lower() not in _NO_NOUN:
        yield "noun of the question", f"{bare} {asked[1]}"
        yield "noun of the question", f"There are {bare} {asked[1]} in total."
    if _PER_CENT.search(record.question):
        yield "per cent", f"{bare}%"
        yield "per cent", f"{bare} percent"
    if value.denominator == 1:
        yield "decimals", f"{bare}.0"
        yield "other digits", "".join(chr(0xFF10 + int(one)) if one.isdigit() else one for one in bare)
        yield "words", ("minus " if value < 0 else "") + _in_words(abs(int(value)))
        yield "working", f"{value.numerator - 1} + 1 = {bare}"
        if abs(value) >= 1000:
            yield "thousands", f"{value.numerator:,}"
            yield "thousands", f"{value.numerator:,}".replace(",", " ")
            yield "thousands", f"{value.numerator:,},00".replace(",", ".", 1) if abs(value) < 10**6 else bare
            yield "exponent", f"{value.numerator / 1000}e3"
            yield "exponent", f"{value.numerator / 1000} x 10^3"
    elif "." in bare:
        yield "decimal comma", bare.replace(".", ",")
        yield "no leading zero", bare.replace("0.", ".", 1) if bare.startswith(("0.", "-0.")) else bare
        yield "hundredths", f"{float(value * 100):.6g}%" if abs(value) < 1 else bare
    else:
        yield "two places", f"{float(value):.2f}" if abs(value) > Fraction(1, 10) else bare
        yield "decimal comma", f"{float(value):.4f}".replace(".", ",")
        yield "typed fraction", f"{value.numerator} / {value.denominator}"
        yield "LaTeX", f"\\( \\dfrac{{{value.numerator}}}{{{value.denominator}}} \\)"
        whole, rest = divmod(abs(value.numerator), value.denominator)
        if whole:
            yield "mixed", f"{'-' if value < 0 else ''}{whole} {rest}/{value.denominator}"


def wrong_ways(record: PracticeRecord) -> Iterator[Written]:
    """What a tutor does not take, though it comes near."""
    if record.answer_type is AnswerType.MULTIPLE_CHOICE:
        position = record.choices.index(record.answer)
        for other, text in enumerate(record.choices):
            if other != position and text.casefold() != record.answer.casefold():
                for way, wrong in _choice_ways(record, other):
                    yield f"another choice: {way}", wrong
                yield "two choices", f"{record.answer} or {text}"
                yield "two choices", f"{text} and {record.answer}"
                yield "another letter", f"{'ABCDEFGHIJ'[other]}) {record.answer}"
        yield "denied", f"not {record.answer}"
        yield "denied", f"It is not {record.answer}"
        yield "denied", f"It isn't {record.answer}."
        yield "denied", f"{record.answer} is wrong"
        return
    bare = _typed(record.answer)
    last = bare.rpartition("=")[2]
    yield "denied", f"not {bare}"
    yield "denied", f"It is not {bare}."
    yield "denied", f"{bare} is wrong"
    yield "two answers", f"{bare} or {last}+1"
    yield "two answers", f"{bare} or 987"
    yield "one more", f"{last}+1"
    yield "other words around it", f"more than {bare}"
    yield "other words around it", f"half of {bare}"
    yield "other words around it", f"{bare} squared"
    yield "other words around it", f"if Tom is 7 then {bare}"
    yield "false working", f"5 + 987 = {bare}"
    value = number(record.answer)
    if value is None:
        return
    if value:
        yield "times", f"2*({last})"
    for off in (value + 1, value - 1, value * 10, value / 10, -value):
        if value and off:
            for way, text in _number_ways(_plain(off), off, record):
                yield f"another number: {way}", text
    for scale in ("thousand", "million", "dozen"):
        if value and scale not in record.question:
            yield "another scale", f"{last} {scale}"
    if value and not _PER_CENT.search(record.question) and "percent" not in record.question:
        yield "another scale", f"{last}%"
    if value.denominator == 1 and abs(value) >= 10:
        yield "comma moved", f"{last[:-1]},{last[-1]}"


def _typed(text: str) -> str:
    """LaTeX as keyboards have it."""
    text = re.sub(r"\\left|\\right|\$\$", "", text)
    for _ in range(5):
        text = re.sub(r"\\sqrt\{([^{}]*)\}", r"sqrt(\1)", text)
        text = re.sub(r"\\frac\{(-?[0-9]+)\}\{([0-9]+)\}", r"\1/\2", text)
        text = re.sub(r"\\frac\{([^{}]*)\}\{([^{}]*)\}", r"((\1)/(\2))", text)
    return re.sub(r"\^\{([^{}]*)\}", r"^(\1)", text).strip()


def _up(found: re.Match[str]) -> str:
    return "\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079"[int(found[1])]


def _plain(value: Fraction) -> str:
    return (
        str(value) if value.denominator not in {2, 4, 5, 10, 20, 25, 50, 100, 1000, 10000} else f"{float(value):.10g}"
    )


def _in_words(value: int) -> str:
    if value < 20:
        return _ONES.split()[value]
    if value < 100:
        return _TENS.split()[value // 10 - 2] + (f"-{_in_words(value % 10)}" if value % 10 else "")
    for name, scale in (("million", 10**6), ("thousand", 1000), ("hundred", 100)):
        if value >= scale:
            return f"{_in_words(value // scale)} {name}" + (f" {_in_words(value % scale)}" if value % scale else "")
    return ""
