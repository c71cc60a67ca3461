"""Tasks and sums in questions: whether two are one task however they are typed, and what of a question is a formula."""

import re
import unicodedata

_SIGNS = str.maketrans({"\u00d7": "*", "\u00b7": "*", "\u00f7": "/", "\u2212": "-", "\u2013": "-", "\u2022": "*"})
_LEAD = re.compile(
    r"^(?:please|can you|could you|tell me|help me|how do i|how to|what is|whats|what's|what are|solve|calculate"
    r"|compute|find|evaluate|simplify|work out|answer|the answer (?:to|of)|the value of|question|for me|now|:|,|\s)+",
)
_MARKS_AT_END = "=?.! \t\r\n\f\v"
_SIGN = r"[-+*/^=<>]"
_FORMULA = re.compile(rf"(?:\d|\b[a-z]\b|[()\u221a])[\w().\u221a ]{{0,12}}?\s*(?:{_SIGN}\s*[\w().\u221a?]+\s*)+")
_LEAST = 10
"""Characters that a task must have to be recognised inside a longer question."""


def plain_task(text: str) -> str:
    """A task without what does not tell it from another: case, spaces, marks, "what is" before it, "= ?" after."""
    low = unicodedata.normalize("NFKC", text).lower().translate(_SIGNS)
    low = re.sub(r"(?<=\d)\s*x\s*(?=\d)", "*", low)
    bare = _without_end(_LEAD.sub("", low))
    return re.sub(rf"(?!{_SIGN})[^\w.%$\u20ac]|_|(?<!\d)\.|\.(?!\d)", "", bare)


def _without_end(text: str) -> str:
    before = None
    while text != before:
        before = text
        text = text.rstrip(_MARKS_AT_END).removesuffix("please").removesuffix("for me")
    return text


def is_same_task(question: str, task: str) -> bool:
    """Whether a question is a task word for word, or has it in it."""
    one, other = plain_task(question), plain_task(task)
    return bool(other) and (one == other or (len(other) >= _LEAST and other in one))


def formulas(text: str) -> list[str]:
    """The sums and equations in a text, without spaces."""
    low = unicodedata.normalize("NFKC", text).lower().translate(_SIGNS)
    low = re.sub(r"(?<=\d)\s*x\s*(?=\d)", "*", low)
    found = (re.sub(r"\s", "", each[0]).rstrip("=?") for each in _FORMULA.finditer(low))
    return [each for each in found if re.search(_SIGN, each) and re.search(r"\d", each)]
