"""Numbers as people write them: `1,200`, `1 200`, `3,5`, `1.2e3`, `1.2 x 10^3`, `1 1/2`, `twenty-five`.

`3,500` is three thousand five hundred, as English has it, and never three and a half; a comma before any other number
of digits is a decimal comma, where one can be: two values may stand beside each other with a comma between.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from domain.wording import normalised

LONGEST_NUMBER = 100
"""Characters; a longer text is compared as text."""


@dataclass(frozen=True, slots=True)
class Numeral:
    """The value that a number has, and to how many decimal places a plain decimal gives it; 0 for any other."""

    value: Fraction
    places: int = 0


_GROUPED = r"[1-9][0-9]{0,2}(?:,[0-9]{2,3})*,[0-9]{3}(?![0-9])|[1-9][0-9]{0,2}(?:(?:[ '][0-9]{3}(?![0-9]))+)"
_DOTTED = r"[1-9][0-9]{0,2}(?:\.[0-9]{3})+(?=,[0-9])|[1-9][0-9]{0,2}(?:\.[0-9]{3}){2,}"
_PLAIN = rf"(?:(?:{_GROUPED}|{_DOTTED}|[0-9]+)(?:[.,][0-9]+|\.(?![0-9]))?|[.,][0-9]+)"
_EXPONENT = r"(?:e[+-]?[0-9]{1,3}(?![0-9])| ?[*x] ?10 ?(?:\^|\*\*) ?[({]?[+-]?[0-9]{1,3}(?![0-9])[)}]?)"
_SIGN = r"(?:[+-]|(?:minus|negative)(?= )) ?"
NUMERAL = re.compile(
    rf"(?P<sign>{_SIGN})?(?:"
    rf"(?:(?P<whole>[0-9]+) ?)?\\frac ?\{{ ?(?P<over>[+-]?{_PLAIN}) ?\}} ?\{{ ?(?P<under>[+-]?{_PLAIN}) ?\}}"
    rf"|(?:(?P<units>[0-9]+) )?(?P<above>{_PLAIN}) ?/ ?(?P<below>{_PLAIN})"
    r"|10 ?(?:\^|\*\*) ?[({]?(?P<power>[+-]?[0-9]{1,3}(?![0-9]))[)}]?"
    rf"|(?P<plain>{_PLAIN})(?P<exponent>{_EXPONENT})?"
    r")(?![0-9])"
)
"""One number in a normalised text."""

_DIGITS = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
_TEENS = ["ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"]
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_NAMED = {
    "zero": 0,
    "a": 1,
    **{name: value for value, name in enumerate(_DIGITS + _TEENS, start=1)},
    **{name: value for value, name in zip(range(20, 100, 10), _TENS, strict=True)},
}


def _any(names: Iterable[str]) -> str:
    return "(?:" + "|".join(names) + ")"


_TO_99 = rf"(?:{_any(_TENS)}(?:[ -]{_any(_DIGITS)})?|{_any(_TEENS)}|{_any(_DIGITS)})"
_TO_999 = rf"(?:(?:a|{_any(_DIGITS)}) hundred(?: (?:and )?{_TO_99})?|{_TO_99})"
_TO_999999 = rf"(?:(?:a|{_TO_999}) thousand(?: (?:and )?{_TO_999})?|{_TO_999})"
_SPELLED = re.compile(rf"\b(?:(?:a|{_TO_999}) million(?: (?:and )?{_TO_999999})?|{_TO_999999}|zero)\b")
_HALF = re.compile(r"(?:(?P<whole>[0-9]+) and )?(?:\b(?:a|1) )?\bhalf\b")


def number(text: str, *, decimal_comma: bool = False) -> Fraction | None:
    """The number that a text is: whole, decimal, with an exponent, a fraction or a mixed one; else None."""
    if len(text) > LONGEST_NUMBER:
        return None
    found = NUMERAL.fullmatch(in_digits(normalised(text)))
    numeral = read(found, decimal_comma=decimal_comma) if found else None
    return numeral.value if numeral else None


def fraction(text: str) -> tuple[str, str] | None:
    """Above and below the line, if a text is one common fraction of whole numbers: its writing, not its value."""
    text = normalised(text)
    found = NUMERAL.fullmatch(text) if len(text) <= LONGEST_NUMBER else None
    above, below = (found["over"] or found["above"], found["under"] or found["below"]) if found else ("", "")
    if found is None or not above or not below or found["whole"] or found["units"]:
        return None
    negative = ((found["sign"] or "") + above + below).count("-") % 2
    return "-" * negative + above.lstrip("+-"), below.lstrip("+-")


def in_digits(text: str) -> str:
    """The normalised text with numbers in English words, up to 999,999,999, in digits: `25` for `twenty-five`."""
    text = _SPELLED.sub(lambda found: str(_spelled(found[0])), text)
    return _HALF.sub(lambda found: f"{found['whole']} 1/2" if found["whole"] else "1/2", text)


def read(found: re.Match[str], *, decimal_comma: bool) -> Numeral | None:
    """What a match of NUMERAL says; None for a division by zero, and for a decimal comma where there can be none."""
    part = found.groupdict()
    sign = -1 if (part["sign"] or "").strip() in {"-", "minus", "negative"} else 1
    if part["power"]:
        return Numeral(sign * Fraction(10) ** int(part["power"]))
    above, below = part["over"] or part["above"], part["under"] or part["below"]
    if above is not None and below is not None:
        one, other = _plain(above, decimal_comma), _plain(below, decimal_comma)
        if one is None or other is None or other.value == 0:
            return None
        return Numeral(sign * (int(part["whole"] or part["units"] or 0) + one.value / other.value))
    numeral = _plain(part["plain"], decimal_comma)
    if numeral is None:
        return None
    if not part["exponent"]:
        return Numeral(sign * numeral.value, numeral.places)
    exponent = re.search(r"[+-]?[0-9]+(?=[)}]?$)", part["exponent"])
    return Numeral(sign * numeral.value * Fraction(10) ** int(exponent[0] if exponent else 0))


def _plain(text: str, decimal_comma: bool) -> Numeral | None:
    """Digits with whatever separates them."""
    sign = -1 if text.startswith("-") else 1
    text = text.lstrip("+-")
    mark = ""
    if not re.fullmatch(rf"{_GROUPED}|{_DOTTED}", text):
        mark = "".join(re.findall(r"[.,](?=[0-9]*$)", text))
    if mark == "," and not decimal_comma:
        return None
    whole, _, decimals = text.rpartition(mark) if mark else (text, "", "")
    return Numeral(sign * Fraction(f"{re.sub('[^0-9]', '', whole) or 0}.{decimals or 0}"), len(decimals))


def _spelled(text: str) -> int:
    total, group = 0, 0
    for word in re.split(r"[ -]", text):
        if word == "hundred":
            group *= 100
        elif word in {"thousand", "million"}:
            total, group = total + group * (1000 if word == "thousand" else 10**6), 0
        elif word != "and":
            group += _NAMED[word]
    return total + group
