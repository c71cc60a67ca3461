"""Whether a response to a practice question is right.

A response is right when it says the same as the answer, whatever its writing: case, spacing, Unicode variants, a full
stop, LaTeX's delimiters and sizes, words that lead up to it, the letter of a choice for its text; a number in any
writing of domain.numerals and with the unit that was asked for, as far as the answer is exact. `x+1` and `1+x` differ
here: whether they say the same is for domain.equivalence to work out, which takes its time.

What denies the answer, offers another beside it or makes another statement of it is not right.
"""

import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from fractions import Fraction

from domain.amounts import same_amount, says
from domain.numerals import Numeral, fraction, number
from domain.practice import AnswerType
from domain.wording import normalised, said

_MATHEMATICAL = frozenset({AnswerType.NUMERIC, AnswerType.MATH_EXPRESSION})

RIGHT = Decimal("1.00")
WRONG = Decimal("0.00")

ASKS_FORM = re.compile(r"\b(?:simplify|evaluate|compute|calculate|add|subtract|divide|multiply|expand|factor)", re.I)
"""Questions that give the answer away but for its form."""

_LETTER = re.compile(r"(?:(?:option|choice|letter) )?\(?([a-z])[).:]?")
_LETTERED = re.compile(r"\(?([a-z])[).:]+ ?(.+)", re.S)
_ARTICLE = re.compile(r"(?:the|an?) (?=.)")


def grade(
    response: str, answer: str, answer_type: AnswerType, choices: Sequence[str] = (), question: str = ""
) -> Decimal:
    """1.00 for a right response, 0.00 for any other. The question's own words and units help to read a response."""
    if answer_type is AnswerType.MULTIPLE_CHOICE:
        wanted = chosen(answer, choices)
        # An answer that a tutor has put in place of the bank's need not be among the bank's choices.
        if wanted is not None:
            return RIGHT if chosen(response, choices, question) == wanted else WRONG
    if answer_type in _MATHEMATICAL:
        mathematical = answer_type is AnswerType.MATH_EXPRESSION
        if mathematical and _only_repeats(response, answer, question):
            return WRONG
        right = same(response, answer, mathematical=True) or rounds_to(
            response, answer, question, mathematical=mathematical
        )
    else:
        right = same(response, answer) or same(said(response, question), answer)
    return RIGHT if right else WRONG


def _only_repeats(response: str, answer: str, question: str) -> bool:
    """Whether a response is a fraction that the question gives to be simplified."""
    given = fraction(response)
    if given is None or given == fraction(answer) or not ASKS_FORM.search(question):
        return False
    return any(fraction(segment) == given for segment in question.split("$$")[1::2])


def rounds_to(response: str, answer: str, question: str = "", *, mathematical: bool = False) -> bool:
    """Whether a number is the answer as far as the less exact of the two goes.

    An answer with decimals stands for all that round to it: 3.142 and 22/7 are 3.14. A fraction may be given as a
    decimal of two places or more, and two digits after any leading zeros: 0.67 is 2/3, but 0.01 is not 1/90. Whole
    answers are exact.
    """
    found = says(response, answer, question, mathematical=mathematical)
    return found is not None and any(_rounds(given, found[0]) for given in found[1])


def _rounds(given: Numeral, wanted: Numeral) -> bool:
    places = wanted.places
    if not places and wanted.value.denominator > 1 and given.places >= 2 and abs(given.value) * 10**given.places >= 10:
        places = given.places
    return given.value == wanted.value or (
        places > 0 and abs(given.value - wanted.value) * 2 <= Fraction(1, 10**places)
    )


def chosen(response: str, choices: Sequence[str], question: str = "") -> int | None:
    """The position of the choice that a response means, by its text or by its letter; None when that is none or
    not clear.

    The text goes first, as written, then normalised, then as a number, then without what leads up to it, then
    without an article, then by its letter, then as a number with a unit. Letters mean positions only where no choice
    is a single letter itself; a letter before a text must mean the same.
    """
    if found := _by_text(response, choices, question):
        return _only(found)
    if not any(_LETTER.fullmatch(normalised(choice)) for choice in choices):
        if lettered := _LETTERED.fullmatch(said(response)):
            position = _position(lettered[1])
            text = lettered[2]
            named = _by_text(text, choices, question) or _by_amount(text, choices, question)
            return position if named == [position] else None
        if letter := _LETTER.fullmatch(said(response, question)):
            position = _position(letter[1])
            return position if position < len(choices) else None
    return _only(_by_amount(response, choices, question))


def _by_text(response: str, choices: Sequence[str], question: str) -> list[int]:
    """The positions of the choices that a response is, in the first reading in which it is any."""
    plain, echoed = said(response), said(response, question)
    readings: list[tuple[str, Callable[[str], object]]] = [
        (response, str.strip),
        (response, normalised),
        (response, number),
        (plain, normalised),
        (echoed, normalised),
        (echoed, lambda text: _ARTICLE.sub("", normalised(text), count=1)),
    ]
    for text, reading in readings:
        wanted = reading(text)
        if wanted is None or wanted == "":
            continue
        found = [position for position, choice in enumerate(choices) if reading(choice) == wanted]
        if found:
            return found
    return []


def _by_amount(response: str, choices: Sequence[str], question: str) -> list[int]:
    return [position for position, choice in enumerate(choices) if same_amount(response, choice, question)]


def _only(found: Sequence[int]) -> int | None:
    return found[0] if len(found) == 1 else None


def _position(letter: str) -> int:
    return ord(letter) - ord("a")


def same(one: str, other: str, *, mathematical: bool = False) -> bool:
    """Whether two texts say the same; as numbers, if both are. In mathematical text white space means little."""
    numbers = number(one), number(other)
    if None not in numbers:
        return numbers[0] == numbers[1]
    texts = normalised(one, mathematical=mathematical), normalised(other, mathematical=mathematical)
    return bool(texts[0]) and texts[0] == texts[1]
