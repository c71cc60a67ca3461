"""What is quoted in a text, and what it is compared by."""

import re

from domain.companion.words import respelled

_QUOTED = re.compile(r"“([^”]+)”")
_STRAIGHT = re.compile(r"(?<!\w)\"([^\"]{2,})\"(?!\w)")
_QUOTE_MARKS = dict.fromkeys(map(ord, "\"'“”‘’«»`´"))


def quotations(text: str) -> list[tuple[int, str]]:
    """What stands in quotation marks, and where: in curly ones, or, in a text without those, in straight ones."""
    pattern = _QUOTED if "“" in text else _STRAIGHT
    return [(match.start(), match[1]) for match in pattern.finditer(text, 0, _last_mark(text))]


def without_quotations(text: str) -> str:
    """A text without what `quotations` finds in it."""
    end = _last_mark(text)
    return (_QUOTED if "“" in text else _STRAIGHT).sub(" ", text[:end]) + text[end:]


def _last_mark(text: str) -> int:
    """Where the last quotation can end: what is opened later would be sought to the end of the text, each time."""
    return text.rfind("”") + 1 if "“" in text else len(text)


def bare(text: str) -> str:
    """A text for comparing word for word: no quotation marks, one space, lower case."""
    return " ".join(respelled(text).translate(_QUOTE_MARKS).split()).casefold()
