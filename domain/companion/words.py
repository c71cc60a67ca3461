"""Words and sentences of a text, with their places: what retrieval and the search for an answer work on."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache


def listed(text: str) -> frozenset[str]:
    """The words of a text as a set."""
    return frozenset(text.split())


STOPWORDS = listed(
    """a about above after again against all also am an and any are aren't as at be because been before being below
    between both but by can can't cannot could couldn't did didn't do does doesn't doing don't down during each
    either few for from further had hadn't has hasn't have haven't having he her here hers herself him himself his
    how i i'd i'll i'm i've if in into is isn't it it's its itself just let let's like many may me might more most
    much must my myself near nor now not of off on once only or other ought our ours ourselves out over own please
    same shall shan't she should shouldn't so some such than that that's the their theirs them themselves then there
    there's these they they're this those through to too under until up upon us very was wasn't we we're were
    weren't what what's when when's where where's whether which while who who's whom whose why why's will with won't
    would wouldn't you you're your yours yourself yourselves"""
)

LONGEST_JOINED = 2_000
"""Characters from which on neither a quotation nor an abbreviation keeps a sentence from ending."""

_WORD = re.compile(r"[^\W_]+(?:[.,]\d+)*(?:['\u2019.-][^\W_]+)*%?")
_ENDINGS = tuple(
    sorted(
        listed(
            """isations izations isation ization ations ation ments ment nesses ness ings ing edly ies ied ers er es ed
            ely ly ally al ives ive ions ion ors or ities ity able ible ance ence ant ent ous ic s e y"""
        ),
        key=len,
        reverse=True,
    )
)
_VOWEL = re.compile(r"[aeiouy]")
_SENTENCE_END = re.compile(r"(?<=[.!?])([\"'\u201d\u2019)\]]*)\s+(?=[\"'\u201c\u2018(\[]?[A-Z0-9])|\n+")
_ABBREVIATION = re.compile(r"(?:\b(?:[A-Z]|Mr|Mrs|Ms|Dr|St|vs?|No|Art|e\.g|i\.e|cf|c|ca|al|Fig|Eq|approx|[a-z]))\.$")


@dataclass(frozen=True, slots=True)
class Word:
    """A word as it stands in a text."""

    text: str
    stem: str
    start: int
    """Characters from the beginning of the text."""
    end: int

    @property
    def is_stopword(self) -> bool:
        """Whether it says little by itself."""
        return self.text.lower() in STOPWORDS


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


def words(text: str) -> list[Word]:
    """The words of a text in order; numbers keep their points and commas, names their hyphens."""
    return [Word(found[0], stem(found[0]), found.start(), found.end()) for found in _WORD.finditer(text)]


def sentences(text: str) -> list[Sentence]:
    """The sentences of a text in order, without the space around them. Abbreviations do not end one."""
    found: list[Sentence] = []
    start = 0
    ends = [(m.end(1) if m[1] else m.start(), m.end()) for m in _SENTENCE_END.finditer(text)]
    for end, following in [*ends, (len(text), len(text))]:
        piece = text[start:end]
        if following < len(text) and len(piece) < LONGEST_JOINED:
            if piece.count("\u201c") > piece.count("\u201d") and text.find("\u201d", end) >= 0:
                # Within a quotation, which is not torn apart.
                continue
            if "\n" not in text[end:following] and _ABBREVIATION.search(piece[-12:]):
                continue
        if stripped := piece.strip():
            found.append(Sentence(stripped, start + piece.index(stripped[0]), tuple(words(stripped))))
        start = following
    return found


def sentence(text: str, *, quotable: bool = True) -> Sentence:
    """A text as one sentence, whatever stands in it."""
    return Sentence(text, 0, tuple(words(text)), quotable)


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """A word without its ending: forms of one word mostly have one stem. Numbers stay as they are."""
    text = word.lower().replace("\u2019", "'").removesuffix("'s").strip(".'")
    if len(text) < 4 or any(character.isdigit() for character in text):
        return text
    # Twice, for words such as "operational".
    for _ in range(2):
        for ending in _ENDINGS:
            rest = text.removesuffix(ending)
            if rest != text and len(rest) >= 3 and _VOWEL.search(rest):
                text = rest
                break
    if len(text) > 3 and text[-1] == text[-2] and text[-1] not in "aeiou":
        text = text[:-1]
    return text[:-1] + "i" if text.endswith("y") else text


def stems_of(word: Word) -> tuple[str, ...]:
    """The stems that a word is found by: of "two-man" also those of its parts."""
    parts = word.text.split("-")
    return (word.stem,) if len(parts) == 1 else (word.stem, *(stem(part) for part in parts if part))


def content_stems(found: Iterable[Word]) -> list[str]:
    """The stems of the words that say something, each once, in order."""
    return list(dict.fromkeys(word.stem for word in found if not word.is_stopword))


def spanned(text: str, span: Sequence[Word]) -> str:
    """The piece of a text from the first of some neighbouring words to the last."""
    return text[span[0].start : span[-1].end]
