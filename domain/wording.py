"""Texts in one way of writing, and what somebody says without the words that only lead up to it."""

import re
import unicodedata

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
        **dict.fromkeys("\u2265\u2a7e", ">="),
        **dict.fromkeys("\u2264\u2a7d", "<="),
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
    (re.compile(r"\\geq?(?![a-z])"), ">="),
    (re.compile(r"\\leq?(?![a-z])"), "<="),
    (re.compile(r"\\neq?(?![a-z])"), "\u2260"),
    (re.compile(r"\\%"), "%"),
    # Of more than a number or a letter the braces hold together what is raised: `e^{2x}` is not `e^2x`.
    (re.compile(r"\^ ?\{ ?(-?(?:[0-9]+|[a-z])) ?\}(?![0-9a-z])"), r"^\1"),
]
_LONGEST = 20_000
"""Characters; more than any text that is stored, but NFKC writes some characters as eighteen."""
_THOUSANDS = re.compile(r"(?<![0-9.,])[1-9][0-9]{0,2}(?:,[0-9]{2,3})*,[0-9]{3}(?![0-9,])")
# A space counts only between two words: `x = 3` is `x=3`, but `3 4` is not `34`.
_LOOSE_SPACE = re.compile(r"(?<![^\W_]) | (?![^\W_])")

_HEDGE = r"(?:so|well|i (?:think|believe|guess)|therefore|thus|hence)[, ]+(?:that )?"
_SUBJECT = (
    r"(?:it|that|this|they|these|those|(?:(?:the|my) )?(?:(?:final|correct|right) )?(?:answer|ans|result|solution))"
)
_COPULA = r"(?: (?:is|are|was|were|must be|would be|will be)\b|'s\b|'re\b| ?[:=])"
_LEAD = re.compile(rf"^(?:{_HEDGE})*(?:{_SUBJECT}{_COPULA} ?)?")
_ECHO = re.compile(r"(.{1,200}?) (?:is|are|was|were|equals) ")
_WORD = re.compile(r"[^\W\d_]+(?:'[a-z]+)?")
_QUOTED = re.compile(r"\"(.+)\"|'(.+)'")

DENIALS = frozenset(
    _WORD.findall("not no nor never none neither cannot without except but or wrong false incorrect if")
)
"""Words with which a text says something else than the words after them, or more than one thing."""


def said(text: str, question: str = "") -> str:
    """The normalised text without its lead-in: `canberra` for `I think it is Canberra!`.

    A lead-in is one of a few fixed ones, or, given a question, says again in its words what was asked. What denies,
    hedges between two things or says more is none, and stays.
    """
    text = without_lead(normalised(text).rstrip("!."))
    echo = _ECHO.match(text)
    if echo and question and words(echo[1]) and echoes(words(echo[1]), question):
        text = text[echo.end() :]
    if quoted := _QUOTED.fullmatch(text):
        text = quoted[1] or quoted[2]
    return text


def without_lead(text: str) -> str:
    """The normalised text without a fixed lead-in."""
    return _LEAD.sub("", text, count=1)


def echoes(told: list[str], question: str) -> bool:
    """Whether words are the question's, whatever their endings, and deny nothing."""
    asked = {word[:4] for word in words(normalised(question))} | {"the", "a", "an"}
    return not denies(told) and all(word[:4] in asked for word in told)


def denies(told: list[str]) -> bool:
    """Whether one of the words denies the others or offers something else."""
    return any(word in DENIALS or word.endswith("n't") for word in told)


def words(text: str) -> list[str]:
    """The words of a normalised text, without numbers and signs."""
    return _WORD.findall(text)


def normalised(text: str, *, mathematical: bool = False) -> str:
    """The text in one way of writing: Unicode NFKC, no case, single spaces, no LaTeX delimiters, no full stop.

    Thousands separators go, except from mathematical text, where `(1,200)` may be a point.
    """
    text = "".join(_unfolded(text)).translate(_SIGNS)
    text = unicodedata.normalize("NFKC", text)[:_LONGEST]
    text = unicodedata.normalize("NFKC", text.casefold()).translate(_SIGNS)
    text = "".join(_plain(character) for character in text)
    for pattern, replacement in _LATEX:
        text = pattern.sub(replacement, text)
    text = " ".join(text.split()).removesuffix(".")
    if mathematical:
        return _LOOSE_SPACE.sub("", text)
    return _THOUSANDS.sub(lambda found: found[0].replace(",", ""), text)


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
