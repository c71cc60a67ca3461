"""What a text is made of: sentences, words, numbers, names, quotations. English, and plain rules."""

import re
import unicodedata
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation

_STOP = """a about after again all also am an and any are aren't as at be because been before being but by can can't
    could couldn't did didn't do does doesn't doing don't each else etc even every few for from further get gets got
    had has hasn't have haven't having he her here hers him his how i i'd i'll i'm i've if in into is isn't it it's
    its itself just let let's like may me might more most much must my no nor not now of off oh ok okay on once one
    only or other our out over own please really right same she should shouldn't so some such than that that's the
    their them then there these they they're this those though through to too under until up upon us very want was
    wasn't we we'll we're well were weren't what what's when where which while who whose why will with won't would
    yeah yes yet you you'll you're you've your yours"""
STOP_WORDS = frozenset(_STOP.split())

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_NUMBER = re.compile(r"(?<![\w.,])[.]\d+|\d+(?:[.,]\d+)*")
_THOUSANDS = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_SENTENCE_END = re.compile(r"(?<=[.!?…])[\"”’')\]]*\s+|\n+")
_ABBREVIATION = re.compile(r"(?:\b(?:e\.g|i\.e|etc|vs|mr|mrs|ms|dr|st|no|fig|p|pp|approx)|\b[A-Z])\.$", re.IGNORECASE)
_QUOTED = re.compile(r"“([^”]+)”")
_STRAIGHT = re.compile(r"(?<!\w)\"([^\"]{2,})\"(?!\w)")
_QUOTE_MARKS = dict.fromkeys(map(ord, "\"'“”‘’«»`´"))
_LONGEST_ABBREVIATION = 12
"""Characters at the end of a piece that tell whether it ends with one."""
_LONGEST = 20_000
"""Characters of one text that are looked at word by word; more is a paste, not talk."""

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


def plain(text: str) -> str:
    """One spelling for what looks alike (NFKC), at most so long."""
    return unicodedata.normalize("NFKC", text[:_LONGEST])


def sentences(text: str) -> list[str]:
    """The sentences of a text, in order; what has no end mark ends with its line."""
    found: list[str] = []
    joined = ""
    for piece in _pieces(text[:_LONGEST]):
        joined = f"{joined} {piece}".strip()
        if not _ABBREVIATION.search(joined[-_LONGEST_ABBREVIATION:]):
            found.append(joined)
            joined = ""
    return [*found, joined] if joined else found


def _pieces(text: str) -> Iterator[str]:
    start = 0
    for end in _SENTENCE_END.finditer(text):
        if piece := text[start : end.end()].strip():
            yield piece
        start = end.end()
    if piece := text[start:].strip():
        yield piece


def words(text: str) -> list[str]:
    """The words in lower case, without numbers."""
    return [word.replace("’", "'") for word in _WORD.findall(plain(text).lower())]


def bare_words(text: str) -> set[str]:
    """The words in lower case, without the ending of a possessive."""
    return {bare_name(word) for word in words(text)}


def bare_name(word: str) -> str:
    """A word without the ending of a possessive."""
    return word.removesuffix("'s").removesuffix("'")


def stem(word: str) -> str:
    """A word without its commonest English endings, so that `multiplied` and `multiply` meet."""
    word = word.removesuffix("'s").removesuffix("'")
    if word.endswith("ply"):  # multiply, apply
        return word
    for ending, least, put in (
        ("ication", 4, "y"), ("ations", 4, ""), ("ation", 4, ""), ("ingly", 4, ""), ("tions", 4, "t"), ("tion", 4, "t"),
        ("sses", 2, "ss"), ("ying", 2, "y"), ("ies", 3, "y"), ("ied", 3, "y"), ("ing", 3, ""), ("edly", 4, ""),
        ("ed", 3, ""), ("es", 4, ""), ("ly", 4, ""), ("s", 3, ""),
    ):  # fmt: skip
        if word.endswith(ending) and len(word) - len(ending) >= least and not (ending == "s" and word.endswith("ss")):
            word = word[: -len(ending)] + put
            break
    if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "lsz":
        word = word[:-1]
    return word[:-1] if len(word) > 3 and word[-1] == "e" else word


def stems(text: str) -> list[str]:
    """The words that mean something, as stems; a word comes as often as it stands there."""
    return [stem(word) for word in words(text) if word not in STOP_WORDS and len(word) > 1]


def numbers(text: str, *, counted: bool = True) -> set[Decimal]:
    """The numbers of a text, those in words as well if `counted`; 1,000 and 1000.0 are the same.

    A fraction is its two numbers, 2x11 is 2 and 11. Signs are left out: whether a dash is one depends.
    """
    found = {value for token in _NUMBER.findall(plain(text)) for value in _values(token)}
    if counted:
        found |= {Decimal(_COUNTED[word]) for word in words(text) if word in _COUNTED}
    return found


def claimed_numbers(text: str) -> set[Decimal]:
    """The numbers that a sentence about a text states. `one` and `once` are left out: seldom a count."""
    said = [word for word in words(text) if word not in ("one", "once", "double", "dozen")]
    return numbers(text, counted=False) | {Decimal(_COUNTED[word]) for word in said if word in _COUNTED}


def _values(token: str) -> list[Decimal]:
    """A number as it is written; where commas and points do not make one number, they part several."""
    whole = token.replace(",", "") if _THOUSANDS.fullmatch(token) else token.replace(",", ".")
    try:
        return [Decimal(whole).normalize() + 0]
    except InvalidOperation:
        return [Decimal(part).normalize() + 0 for part in re.split(r"[.,]", token) if part]


def quotations(text: str) -> list[tuple[int, str]]:
    """What stands in quotation marks, and where: in curly ones, or, in a text without those, in straight ones."""
    pattern = _QUOTED if "“" in text else _STRAIGHT
    return [(match.start(), match[1]) for match in pattern.finditer(text)]


def without_quotations(text: str) -> str:
    """A text without what `quotations` finds in it."""
    return (_QUOTED if "“" in text else _STRAIGHT).sub(" ", text)


def bare(text: str) -> str:
    """A text for comparing word for word: no quotation marks, one space, lower case."""
    return " ".join(plain(text).translate(_QUOTE_MARKS).split()).casefold()


def capitalised(text: str) -> list[tuple[str, bool]]:
    """The words that begin with a capital, and whether they begin a sentence; `I` is none."""
    found = []
    for sentence in map(plain, sentences(text)):
        for match in _WORD.finditer(sentence):
            word = match[0].replace("’", "'")
            if word[0].isupper() and word.partition("'")[0] != "I":
                before = sentence[: match.start()].rstrip(" \t\"“‘'(")
                found.append((word, not before or before[-1] in ":.!?…"))
    return found
