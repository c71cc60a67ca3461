"""The sentences of a text: where they end, and what their words are."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from domain.companion.words import LONGEST_SAID, Word, placed_words, stems_of

LONGEST_JOINED = 2_000
"""Characters from which on neither a quotation nor an abbreviation keeps a sentence from ending."""

_END = re.compile(r"(?<=[.!?…])([\"'”’)\]]*)\s+|\n+")
_ABBREVIATION = re.compile(
    r"(?:\b(?:[a-z]|mrs?|ms|dr|st|vs|no|art|e\.g|i\.e|cf|ca|al|fig|eq|pp|approx))\.$",
    re.IGNORECASE,
)
_LONGEST_ABBREVIATION = 12
"""Characters at the end of a piece that tell whether it ends with one."""
_GOES_ON = re.compile(r"(?:…|\.\.\.|[\"'”’)\]]|\b(?:etc|jr|sr|inc|corp|ltd)\.)$", re.IGNORECASE)
"""After which a small letter begins no sentence."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of a text."""

    text: str
    start: int
    words: tuple[Word, ...]
    """Their places are those in the sentence."""
    quotable: bool = True
    """Whether it can be an answer; what a student said in a session only leads to one."""

    @property
    def stems(self) -> frozenset[str]:
        """What it is found by."""
        return frozenset(stem for word in self.words if not word.is_stopword for stem in stems_of(word))


def sentences(text: str) -> list[Sentence]:
    """The sentences of a text in order, with their words and places."""
    return [Sentence(piece, start, tuple(placed_words(piece))) for start, piece in _pieces(text)]


def sentence_texts(text: str) -> list[str]:
    """The sentences of what was said, bare, in order; of a paste those of its beginning (`LONGEST_SAID`)."""
    return [piece for _, piece in _pieces(text[:LONGEST_SAID])]


def sentence(text: str, *, quotable: bool = True) -> Sentence:
    """A text as one sentence, whatever stands in it."""
    return Sentence(text, 0, tuple(placed_words(text)), quotable)


def _pieces(text: str) -> Iterator[tuple[int, str]]:
    """Where each sentence begins, and it, without the space around it. What has no end mark ends with its line."""
    start = 0
    ends = [(m.end(1) if m[1] else m.start(), m.end()) for m in _END.finditer(text)]
    for end, following in [*ends, (len(text), len(text))]:
        piece = text[start:end]
        if following < len(text) and len(piece) < LONGEST_JOINED and _is_torn(text, piece, end, following):
            continue
        if stripped := piece.strip():
            yield start + piece.index(stripped[0]), stripped
        start = following


def _is_torn(text: str, piece: str, end: int, following: int) -> bool:
    """Whether a sentence would be torn apart here: in a quotation, after an abbreviation, before a small letter."""
    if piece.count("“") > piece.count("”") and text.find("”", end) >= 0:
        return True
    if "\n" in text[end:following]:
        return False
    tail = piece[-_LONGEST_ABBREVIATION:]
    if text[following].islower() and _GOES_ON.search(tail):
        return True
    short = _ABBREVIATION.search(tail)
    # "No. 5", and "No." as an answer.
    return short is not None and (short[0].lower() != "no." or text[following].isdigit())
