"""Which of the passages that a search found bear on a question: BM25 over the words of the question.

The search in PostgreSQL finds what has any word of a question; here it is ranked, together with what the student
alone has, which is never in an index in plain text. Source of the formula: Robertson and Zaragoza, The Probabilistic
Relevance Framework: BM25 and Beyond, 2009.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from enum import StrEnum
from uuid import UUID

from domain.companion.own_goals import OwnGoal
from domain.companion.sentences import Sentence, sentences
from domain.companion.words import Word, content_stems, placed_words, stems_of

SATURATION = 1.2
LENGTH = 0.6
"""k1 and b of BM25, as its authors recommend them for short texts."""
ALIKE = 0.82
"""How alike a word that occurs nowhere and one of a passage must be for the first to be a misspelling of the second."""
PASSAGE_CHARACTERS = 1_500
"""About the length of a passage; a sentence is never divided for it."""


class SourceKind(StrEnum):
    """What an answer can rest on."""

    MATERIAL = "material"
    BANK_ITEM = "bank_item"
    SESSION = "session"
    SUMMARY = "summary"
    GOAL = "goal"


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of a source, short enough to be read at once."""

    kind: SourceKind
    source_id: UUID
    title: str
    sentences: tuple[Sentence, ...]
    """Each can be an answer by itself."""
    subject: str | None = None
    part: int = 0
    """Which piece of its source, from 0."""

    @property
    def text(self) -> str:
        """The whole piece."""
        return " ".join(sentence.text for sentence in self.sentences)

    @property
    def evidence(self) -> str:
        """What of it can be an answer."""
        return " ".join(sentence.text for sentence in self.sentences if sentence.quotable)


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, taken apart."""

    text: str
    words: tuple[Word, ...]
    stems: tuple[str, ...]
    """Of the words that say something, each once."""

    @classmethod
    def read(cls, text: str) -> "Asked":
        """The question that a text asks."""
        found = tuple(placed_words(text))
        return cls(text, found, tuple(content_stems(found)))

    def corrected(self, passages: Iterable[Passage], known: Iterable[str]) -> "Asked":
        """The same question, a stem that occurs nowhere replaced by the one of the passages that it is a slip of."""
        unknown = set(self.stems) - set(known)
        there = {
            stem
            for passage in passages
            for sentence in passage.sentences
            for w in sentence.words
            for stem in stems_of(w)
        }
        unknown -= there
        if not unknown or not there:
            return self
        slips: dict[str, str] = {}
        for stem in unknown:
            # Short words are alike by chance.
            if len(stem) >= 5 and (close := get_close_matches(stem, there, n=1, cutoff=ALIKE)):
                slips[stem] = close[0]
        stems = tuple(dict.fromkeys(slips.get(stem, stem) for stem in self.stems))
        return Asked(self.text, self.words, stems)


@dataclass(frozen=True, slots=True)
class Corpus:
    """How common words are in all that could be found."""

    size: int
    """Passages in all."""
    frequency: Mapping[str, int]
    """For stems of the question the number of passages that have them."""

    def weight(self, stem: str) -> float:
        """How much a word tells: its inverse document frequency."""
        found = min(self.frequency.get(stem, 0), self.size)
        return math.log(1 + (self.size - found + 0.5) / (found + 0.5))

    @classmethod
    def of(cls, asked: Asked, size: int, having: Mapping[str, int], own: Sequence[Passage]) -> "Corpus":
        """From what the search counted of each word of the question, and from passages that it does not know."""
        frequency = Counter({word.stem: having.get(word.text, 0) for word in asked.words})
        for passage in own:
            frequency.update(set(_counted(passage)).intersection(asked.stems))
        return cls(size + len(own), frequency)


@dataclass(frozen=True, slots=True)
class OpenItem:
    """Practice that the student has yet to do: its solution is not theirs to have."""

    item_id: UUID | None
    """None where it is not from the bank."""
    question_text: str


@dataclass(frozen=True, slots=True)
class Findings:
    """All that was found for a question."""

    passages: list[Passage]
    corpus: Corpus
    open_items: list[OpenItem]
    subjects: list[str]
    """The names of all subjects there are."""
    goals: Sequence[OwnGoal] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """A passage and how well it fits the question."""

    passage: Passage
    score: float
    coverage: float
    """The share of the question's words, by weight, that it has; 0 to 1."""
    stems: frozenset[str] = field(repr=False, default=frozenset())


def passages_of(
    kind: SourceKind, source_id: UUID, title: str, text: str | Iterable[Sentence], subject: str | None = None
) -> list[Passage]:
    """A text, or sentences of one's own making, as passages; divided between sentences."""
    found: list[Passage] = []
    held: list[Sentence] = []
    size = 0
    for sentence in sentences(text) if isinstance(text, str) else text:
        if held and size + len(sentence.text) > PASSAGE_CHARACTERS:
            found.append(Passage(kind, source_id, title, tuple(held), subject, len(found)))
            held, size = [], 0
        held.append(sentence)
        size += len(sentence.text)
    if held:
        found.append(Passage(kind, source_id, title, tuple(held), subject, len(found)))
    return found


@dataclass(frozen=True, slots=True)
class Disproved:
    """What an answer rested on that a tutor called wrong, or put other words in the place of."""

    source_id: UUID
    quote: str


def without(passages: Sequence[Passage], disproved: Sequence[Disproved]) -> list[Passage]:
    """The passages without the sentences that led to wrong answers; of a worked task nothing is left."""
    quotes: dict[UUID, list[str]] = {}
    for each in disproved:
        quotes.setdefault(each.source_id, []).append(each.quote)
    kept: list[Passage] = []
    for passage in passages:
        bad = quotes.get(passage.source_id)
        if not bad:
            kept.append(passage)
        elif passage.kind is not SourceKind.BANK_ITEM:
            rest = tuple(s for s in passage.sentences if not any(s.text in quote or quote in s.text for quote in bad))
            if rest:
                kept.append(replace(passage, sentences=rest))
    return kept


def rank(asked: Asked, passages: Sequence[Passage], corpus: Corpus, limit: int = 3) -> list[Found]:
    """The passages that fit best, best first; none without a word of the question."""
    counted = [_counted(passage) for passage in passages]
    usual = sum(counts.total() for counts in counted) / len(counted) if counted else 1.0
    total = sum(corpus.weight(stem) for stem in asked.stems)
    found = []
    for passage, counts in zip(passages, counted, strict=True):
        there = [stem for stem in asked.stems if counts[stem]]
        if not there:
            continue
        norm = SATURATION * (1 - LENGTH + LENGTH * counts.total() / usual)
        score = sum(corpus.weight(s) * counts[s] * (SATURATION + 1) / (counts[s] + norm) for s in there)
        coverage = sum(corpus.weight(stem) for stem in there) / total
        found.append(Found(passage, score, coverage, frozenset(there)))
    found.sort(key=lambda each: -each.score)
    return found[:limit]


def _counted(passage: Passage) -> Counter[str]:
    """How often a passage has each stem; its title counts once."""
    counts = Counter(content_stems(placed_words(passage.title)))
    for sentence in passage.sentences:
        for word in sentence.words:
            if not word.is_stopword:
                counts.update(stems_of(word))
    return counts
