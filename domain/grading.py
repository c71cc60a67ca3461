"""Whether a response to a practice question is right.

A response is right when it says the same as the answer, whatever its writing: case, spacing, Unicode variants, a full
stop, LaTeX's delimiters and sizes, thousands separators, `1/2` for `0.5`, the letter of a choice for its text; so is a
number, as far as the answer is exact. `x+1` and `1+x` differ here: whether they say the same is for domain.equivalence
to work out, which takes its time.
"""

import re
import unicodedata
from collections.abc import Callable, Sequence
from decimal import Decimal
from fractions import Fraction

from domain.practice import AnswerType

_MATHEMATICAL = frozenset({AnswerType.NUMERIC, AnswerType.MATH_EXPRESSION})

RIGHT = Decimal("1.00")
WRONG = Decimal("0.00")

LONGEST_NUMBER = 100
"""Characters; a longer text is compared as text."""

# By escapes: many of these look like the plain character that they stand for.
_SUPERSCRIPTS = dict(
    zip(
        "\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079\u207a\u207b\u207f\u2071",
        "0123456789+-ni",
        strict=True,
    )
)
_SIGNS = str.maketrans(
    {
        **dict.fromkeys("\u2212\u2010\u2011\u2012\u2013\u2014\ufe63", "-"),  # hyphens, dashes, minus
        **dict.fromkeys("\u00d7\u22c5\u00b7\u2219\u2217", "*"),  # times, dots
        **dict.fromkeys("\u00f7\u2044\u2215", "/"),  # division, fraction and division slash
        **dict.fromkeys("\u2018\u2019\u201b\u2032", "'"),
        **dict.fromkeys("\u201c\u201d\u201e\u2033", '"'),
    }
)
_LATEX = [
    (re.compile(r"\\[()\[\]]|\\?\$"), ""),  # delimiters, and an escaped dollar sign
    (re.compile(r"\\[,;:! ]"), " "),  # spaces
    (re.compile(r"\\(?:left|right|displaystyle)(?![a-z])"), " "),
    (re.compile(r"\\[dt]frac(?![a-z])"), r"\\frac"),
    (re.compile(r"\\(?:cdot|times)(?![a-z])"), "*"),
    (re.compile(r"\\%"), "%"),
    # Of more than a number or a letter the braces hold together what is raised: `e^{2x}` is not `e^2x`.
    (re.compile(r"\^ ?\{ ?(-?(?:[0-9]+|[a-z])) ?\}(?![0-9a-z])"), r"^\1"),
]
_THOUSANDS = re.compile(r"(?<![0-9.,])[0-9]{1,3}(?:,[0-9]{2,3})*,[0-9]{3}(?![0-9,])")
_SPACE_THOUSANDS = re.compile(r"[+-]?[0-9]{1,3}(?: [0-9]{3})+(?:\.[0-9]+)?")
# A space counts only between two words: `x = 3` is `x=3`, but `3 4` is not `34`.
_LOOSE_SPACE = re.compile(r"(?<![^\W_]) | (?![^\W_])")
_LETTER = re.compile(r"\(?([a-z])[).:]?")

_DECIMAL = re.compile(r"[+-]?[0-9]*\.([0-9]+)")
_UNIT = re.compile(r"(?<=[0-9.]) ?[^\W\d_]{2,20}(?: [^\W\d_]{1,20}){0,2}$")

_UNSIGNED = r"(?:[0-9]+\.?[0-9]*|\.[0-9]+)"
_NUMBER = re.compile(rf"([+-]?) ?({_UNSIGNED}(?:e[+-]?[0-9]{{1,3}})?)")
_FRACTION = re.compile(rf"([+-]?) ?(?:([0-9]+) )?({_UNSIGNED}) ?/ ?({_UNSIGNED})")
_LATEX_FRACTION = re.compile(
    rf"([+-]?) ?(?:([0-9]+) ?)?\\frac ?\{{ ?([+-]?{_UNSIGNED}) ?\}} ?\{{ ?([+-]?{_UNSIGNED}) ?\}}"
)


def grade(response: str, answer: str, answer_type: AnswerType, choices: Sequence[str] = ()) -> Decimal:
    """1.00 for a right response, 0.00 for any other."""
    if answer_type is AnswerType.MULTIPLE_CHOICE:
        wanted = chosen(answer, choices)
        # An answer that a tutor has put in place of the bank's need not be among the bank's choices.
        if wanted is not None:
            return RIGHT if chosen(response, choices) == wanted else WRONG
    mathematical = answer_type in _MATHEMATICAL
    if same(response, answer, mathematical=mathematical) or (mathematical and rounds_to(response, answer)):
        return RIGHT
    return WRONG


def rounds_to(response: str, answer: str) -> bool:
    """Whether a number is the answer as far as the less exact of the two goes.

    An answer with decimals stands for all that round to it: 3.142 and 22/7 are 3.14. A fraction may be given as a
    decimal of two places or more: 0.67 is 2/3. Whole answers are exact. Units after a number are passed over.
    """
    given, wanted = number(_without_unit(response)), number(_without_unit(answer))
    if given is None or wanted is None:
        return False
    places = _decimals(answer)
    if places:
        return abs(given - wanted) * 2 <= Fraction(1, 10**places)
    if wanted.denominator > 1:
        places = _decimals(response)
        return given == wanted or (places >= 2 and abs(given - wanted) * 2 <= Fraction(1, 10**places))
    return given == wanted


def _decimals(text: str) -> int:
    """How many places a plain decimal has; 0 for any other text."""
    found = _DECIMAL.fullmatch(normalised(_without_unit(text)))
    return len(found[1]) if found else 0


def _without_unit(text: str) -> str:
    """`2100 dollars` and `$5` as the number alone; a percent sign is no unit."""
    if len(text) > LONGEST_NUMBER:
        return text
    return _UNIT.sub("", normalised(text))


def chosen(response: str, choices: Sequence[str]) -> int | None:
    """The position of the choice that a response means, by its text or by its letter; None when that is none or
    not clear.

    The text goes first, as written, then normalised, then as a number. Letters mean positions only where no choice
    is a single letter itself.
    """
    readings: list[Callable[[str], object]] = [str.strip, normalised, number]
    for reading in readings:
        wanted = reading(response)
        if wanted is None or wanted == "":
            continue
        found = [position for position, choice in enumerate(choices) if reading(choice) == wanted]
        if found:
            return found[0] if len(found) == 1 else None
    letter = _LETTER.fullmatch(normalised(response))
    if letter is None or any(_LETTER.fullmatch(normalised(choice)) for choice in choices):
        return None
    position = ord(letter[1]) - ord("a")
    return position if position < len(choices) else None


def same(one: str, other: str, *, mathematical: bool = False) -> bool:
    """Whether two texts say the same; as numbers, if both are. In mathematical text white space means little."""
    numbers = number(one), number(other)
    if None not in numbers:
        return numbers[0] == numbers[1]
    texts = normalised(one, mathematical=mathematical), normalised(other, mathematical=mathematical)
    return bool(texts[0]) and texts[0] == texts[1]


def normalised(text: str, *, mathematical: bool = False) -> str:
    """The text in one way of writing: Unicode NFKC, no case, single spaces, no LaTeX delimiters, no full stop.

    Thousands separators go, except from mathematical text, where `(1,200)` may be a point.
    """
    text = "".join(_unfolded(text)).translate(_SIGNS)
    text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold()).translate(_SIGNS)
    text = "".join(_plain(character) for character in text)
    for pattern, replacement in _LATEX:
        text = pattern.sub(replacement, text)
    text = " ".join(text.split()).removesuffix(".")
    if mathematical:
        return _LOOSE_SPACE.sub("", text)
    return _THOUSANDS.sub(lambda found: found[0].replace(",", ""), text)


def number(text: str) -> Fraction | None:
    """The number that a text is: whole, decimal, with an exponent, a fraction or a mixed one; else None."""
    if len(text) > LONGEST_NUMBER:
        return None
    text = normalised(text)
    if _SPACE_THOUSANDS.fullmatch(text):
        text = text.replace(" ", "")
    if found := _NUMBER.fullmatch(text):
        sign, value = found.groups()
        return _signed(sign, Fraction(value))
    if found := _FRACTION.fullmatch(text) or _LATEX_FRACTION.fullmatch(text):
        sign, whole, above, below = found.groups()
        if Fraction(below) == 0:
            return None
        return _signed(sign, Fraction(whole or 0) + Fraction(above) / Fraction(below))
    return None


def _signed(sign: str, value: Fraction) -> Fraction:
    return -value if sign == "-" else value


def _unfolded(text: str) -> list[str]:
    """The characters, with those that NFKC would fold into their neighbours set apart.

    NFKC makes `10²` into `102` and `1½` into `11/2`.
    """
    characters: list[str] = []
    raised = False
    for character in text:
        if character in _SUPERSCRIPTS:
            characters.append(_SUPERSCRIPTS[character] if raised else "^" + _SUPERSCRIPTS[character])
            raised = True
            continue
        raised = False
        folded = unicodedata.decomposition(character).startswith("<fraction>")
        characters.append(f" {character}" if folded else character)
    return characters


def _plain(character: str) -> str:
    """The character; nothing for an invisible one, 0 to 9 for the digits of any script."""
    if unicodedata.category(character) == "Cf":
        return ""
    digit = unicodedata.decimal(character, None)
    return character if digit is None else str(digit)
