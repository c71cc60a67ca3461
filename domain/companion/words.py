"""The words of a text, in English and by plain rules: as they stand there, or of letters alone; their stems.

A search needs words with their places, numbers among them, and what a hyphen joins as one. What was said is compared
by its words of letters: there the numbers are looked at by themselves (domain.companion.numbers), and in talk `so.but`
is two words.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from snowballstemmer.english_stemmer import EnglishStemmer


def listed(text: str) -> frozenset[str]:
    """The words of a text as a set."""
    return frozenset(text.split())


STOP_WORDS = listed(
    """a about above after again against all also am an and any are aren't as at be because been before being below
    between both but by can can't cannot could couldn't did didn't do does doesn't doing don't down during each
    either else etc even every few for from further had hadn't has hasn't have haven't having he her here hers
    herself him himself his how i i'd i'll i'm i've if in into is isn't it it's its itself just let let's like
    many may me might more most much must my myself near no nor not now of off oh ok okay on once only or other
    ought our ours ourselves out over own please really same shall shan't she should shouldn't so some such than
    that that's the their theirs them themselves then there there's these they they're this those though through
    to too under until up upon us very was wasn't we we'll we're were weren't what what's when when's where
    where's whether which while who who's whom whose why why's will with won't would wouldn't yeah yes yet you
    you'll you're you've your yours yourself yourselves"""
)
"""What says little by itself. `right`, `one` and `well` do not: there are right angles."""

LONGEST_SAID = 20_000
"""Characters of what was said that are looked at word by word; more is a paste, not talk."""

_PLACED = re.compile(r"[^\W_]+(?:[.,]\d+)*(?:['\u2019.-][^\W_]+)*%?")
_LETTERED = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)*")


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
        return self.text.lower().replace("\u2019", "'") in STOP_WORDS


def placed_words(text: str) -> list[Word]:
    """The words of a text in order, with their places; numbers keep their points and commas, names their hyphens."""
    return [Word(found[0], stem(found[0]), found.start(), found.end()) for found in _PLACED.finditer(text)]


def lettered_words(text: str) -> list[str]:
    """The words of a text in order, of letters alone: in lower case, without numbers, parted at hyphens."""
    return [word.replace("\u2019", "'") for word in _LETTERED.findall(respelled(text).lower())]


def capitalised_words(text: str) -> list[tuple[int, str]]:
    """The words of letters that begin with a capital, and where in a text that is `respelled`; `I` is none."""
    found = ((match.start(), match[0].replace("\u2019", "'")) for match in _LETTERED.finditer(text))
    return [(start, word) for start, word in found if word[0].isupper() and word.partition("'")[0] != "I"]


def respelled(text: str) -> str:
    """One spelling for what looks alike (NFKC), at most `LONGEST_SAID` of it."""
    return unicodedata.normalize("NFKC", text[:LONGEST_SAID])


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """A word in lower case without its ending: forms of one word mostly have one stem. Numbers stay as they are.

    Porter2 (snowballstem.org), which is also the english dictionary of PostgreSQL.
    """
    text = without_possessive(word.lower().replace("\u2019", "'")).strip(".'")
    if any(character.isdigit() for character in text):
        return text
    # One for each word: it holds the word that it works on, and threads must not share it.
    found: str = EnglishStemmer().stemWord(text)
    return found


def without_possessive(word: str) -> str:
    """A word in lower case without the ending of a possessive."""
    return word.removesuffix("'s").removesuffix("'")


def stems_of(word: Word) -> tuple[str, ...]:
    """The stems that a word is found by: of "two-man" also those of its parts."""
    parts = word.text.split("-")
    return (word.stem,) if len(parts) == 1 else (word.stem, *(stem(part) for part in parts if part))


def content_stems(found: Iterable[Word]) -> list[str]:
    """The stems of the words that say something, each once, in order."""
    return list(dict.fromkeys(word.stem for word in found if not word.is_stopword))


def lettered_stems(text: str) -> list[str]:
    """The stems of the words of letters that say something, each as often as it stands there, in order."""
    return [stem(word) for word in lettered_words(text) if word not in STOP_WORDS and len(word) > 1]


def spanned(text: str, span: Sequence[Word]) -> str:
    """The piece of a text from the first of some neighbouring words to the last."""
    return text[span[0].start : span[-1].end]
