"""The numbers of a text, in figures and in words."""

import re
from decimal import Decimal, InvalidOperation

from domain.companion.words import lettered_words, respelled

_NUMBER = re.compile(r"(?<![\w.,])[.]\d+|\d+(?:[.,]\d+)*")
_THOUSANDS = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_COUNTED = {
    word: number
    for number, words in {
        0: "zero", 1: "one once", 2: "two twice double doubled", 3: "three thrice triple tripled", 4: "four", 5: "five",
        6: "six", 7: "seven", 8: "eight", 9: "nine", 10: "ten", 11: "eleven", 12: "twelve dozen", 13: "thirteen",
        14: "fourteen", 15: "fifteen", 16: "sixteen", 17: "seventeen", 18: "eighteen", 19: "nineteen", 20: "twenty",
        30: "thirty", 40: "forty", 50: "fifty", 60: "sixty", 70: "seventy", 80: "eighty", 90: "ninety",
        100: "hundred", 1000: "thousand", 1000000: "million",
    }.items()
    for word in words.split()
}  # fmt: skip


def numbers(text: str, *, counted: bool = True) -> set[Decimal]:
    """The numbers of a text, those in words as well if `counted`; 1,000 and 1000.0 are the same.

    A fraction is its two numbers, 2x11 is 2 and 11. Signs are left out: whether a dash is one depends.
    """
    found = {value for token in _NUMBER.findall(respelled(text)) for value in _values(token)}
    if counted:
        found |= {Decimal(_COUNTED[word]) for word in lettered_words(text) if word in _COUNTED}
    return found


def claimed_numbers(text: str) -> set[Decimal]:
    """The numbers that a sentence about a text states. `one` and `once` are left out: seldom a count."""
    said = [word for word in lettered_words(text) if word not in ("one", "once", "double", "dozen")]
    return numbers(text, counted=False) | {Decimal(_COUNTED[word]) for word in said if word in _COUNTED}


def _values(token: str) -> list[Decimal]:
    """A number as it is written; where commas and points do not make one number, they part several."""
    whole = token.replace(",", "") if _THOUSANDS.fullmatch(token) else token.replace(",", ".")
    try:
        return [Decimal(whole).normalize() + 0]
    except InvalidOperation:
        return [Decimal(part).normalize() + 0 for part in re.split(r"[.,]", token) if part]
