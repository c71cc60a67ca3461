"""The sentence that answers a question, and the words in it that were asked for, by extraction: no model needed.

Every stretch of words that could be an answer gets the features below; a log-linear model weighs them. Its weights were
fitted to 152 questions on four topics (tests/bench/fit_answers.py), strongly drawn to zero, so that other texts find it
much the same. Of its stretches the one is taken that agrees best with all others by their probability, which is right
more often than the most probable one (minimum Bayes risk: Kumar and Byrne, HLT-NAACL 2004).
"""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from domain.companion.question_kinds import QuestionKind, Wanted
from domain.companion.retrieval import Asked, Corpus, Found, Passage
from domain.companion.sentences import Sentence
from domain.companion.spans import Marks, marks_of, stretches
from domain.companion.words import content_stems, placed_words, spanned

SENTENCES = 4
"""So many sentences are searched for an answer."""
STRETCHES = 25
"""So many of the best stretches have a say."""

WEIGHTS = {
    "own": 2.5,
    "before": 0.087,
    "fit": 1.5,
    "place": -0.53,
    "typed": 1.2,
    "pure": 2.7,
    "length": -0.018,
    "near": 8.4,
    "noun": 1.5,
    "side": 0.38,
    "after": 1.1,
    "verb_inside": -0.29,
    "verb_first": -0.56,
    "name": 1.5,
    "by": 2.0,
    "defined": 1.8,
    "expanded": 5.0,
}
"""What each feature adds to the logarithm of a stretch's odds."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Words of a sentence that could be what was asked for."""

    text: str
    sentence: int
    """Its place among the sentences that were searched."""
    features: dict[str, float]


@dataclass(frozen=True, slots=True)
class Searched:
    """A sentence that was searched for an answer."""

    passage: Passage
    sentence: Sentence
    coverage: float
    """The share of the question's words, by weight, that it has."""


@dataclass(frozen=True, slots=True)
class Extracted:
    """The answer that was found."""

    passage: Passage
    sentence: Sentence
    highlight: str
    """The words of the sentence that were most likely asked for."""
    probability: float
    """That it is in this sentence and no other, as the model has it; not calibrated."""
    coverage: float
    """The share of the question's words, by weight, that the sentence has."""


def extract(asked: Asked, found: Sequence[Found], corpus: Corpus) -> Extracted | None:
    """The best answer in the passages; None where there is nothing that could be one."""
    searched, tried = candidates(asked, found, corpus)
    if not tried:
        return None
    scores = [sum(WEIGHTS[name] * value for name, value in each.features.items()) for each in tried]
    highest = max(scores)
    masses = [math.exp(score - highest) for score in scores]
    total = sum(masses)
    best = tried[_agreed([each.text for each in tried], masses)]
    chosen = searched[best.sentence]
    mass = sum(mass for mass, each in zip(masses, tried, strict=True) if each.sentence == best.sentence)
    return Extracted(chosen.passage, chosen.sentence, best.text, mass / total, chosen.coverage)


def candidates(asked: Asked, found: Sequence[Found], corpus: Corpus) -> tuple[list[Searched], list[Stretch]]:
    """The sentences that fit the question best, and what in them could be an answer."""
    wanted = Wanted.read(asked.text)
    total = sum(corpus.weight(stem) for stem in asked.stems)
    if not total or not found:
        return [], []
    best = found[0].score
    ranked = sorted(_sentences(asked, found, corpus, total, best), key=lambda each: -each[0])[:SENTENCES]
    searched = [Searched(passage, sentence, own) for _, own, _, _, passage, sentence in ranked]
    tried = []
    for place, (_, own, before, fit, _, sentence) in enumerate(ranked):
        shared = {"own": own, "before": before, "fit": fit, "place": float(place)}
        marks = marks_of(sentence, asked, corpus)
        tried += [
            Stretch(
                spanned(sentence.text, sentence.words[first : last + 1]),
                place,
                {**shared, **_features(marks, wanted, first, last, total)},
            )
            for first, last in stretches(marks, clauses=wanted.kind in _CLAUSES)
        ]
    return searched, tried


_CLAUSES = frozenset({QuestionKind.REASON, QuestionKind.MANNER, QuestionKind.THING, QuestionKind.YES_OR_NO})


def _sentences(
    asked: Asked, found: Sequence[Found], corpus: Corpus, total: float, best: float
) -> Iterator[tuple[float, float, float, float, Passage, Sentence]]:
    """Each sentence with its rank: what it has of the question, what the one before it has, how its passage fits."""
    for each in found:
        before: set[str] = set()
        for sentence in each.passage.sentences:
            there = sentence.stems
            own = sum(corpus.weight(stem) for stem in asked.stems if stem in there) / total
            context = sum(corpus.weight(stem) for stem in asked.stems if stem in before - there) / total
            fit = each.score / best
            if sentence.quotable:
                yield own + 0.25 * context + 0.35 * fit, own, context, fit, each.passage, sentence
            before = set(there)


def _features(marks: Marks, wanted: Wanted, first: int, last: int, total: float) -> dict[str, float]:
    content = [i for i in range(first, last + 1) if not marks.stop[i]]
    typed, pure = _of_kind(marks, wanted.kind, first, last, content)
    length = (last - first + 1) / 5
    near = sum(marks.weight[i] / (1 + min(abs(i - first), abs(i - last))) for i in marks.asked if i < first or i > last)
    before = first - 1
    while before >= 0 and marks.stop[before] and not marks.pause[before]:
        before -= 1
    side = 0.0
    if wanted.side and (verbs := [i for i, stem in enumerate(marks.stems) if stem in wanted.verbs]):
        verb = min(verbs, key=lambda i: min(abs(i - first), abs(i - last)))
        side = wanted.side if first > verb else -wanted.side if last < verb else 0.0
    return {
        "typed": float(typed),
        "pure": float(pure),
        "length": length * length,
        "near": near / total,
        "noun": float(any(marks.stems[i] in wanted.nouns for i in content)),
        "side": side,
        "after": float(before in marks.asked and not marks.pause[before]),
        "verb_inside": float(any(marks.verb[first + 1 : last + 1])),
        "verb_first": float(marks.verb[first]),
        "name": float(wanted.kind is QuestionKind.THING and all(marks.capital[i] for i in content)),
        "by": float(wanted.kind is QuestionKind.PERSON and "by" in marks.lower[max(0, first - 2) : first]),
        "defined": float(wanted.definition and _is_defined(marks, first)),
        "expanded": float(wanted.expansion and _is_expansion(marks, first, last)),
    }


_TO_PLACES = frozenset({"in", "at", "to", "from", "into", "near", "of"})
_CAUSES = frozenset({"because", "due", "since", "to", "so", "as"})
_MEANS = frozenset({"by", "through", "with", "via", "using"})


def _of_kind(marks: Marks, kind: QuestionKind, first: int, last: int, content: list[int]) -> tuple[bool, bool]:
    """Whether a stretch holds the kind of thing that is asked for, and whether it is nothing else."""
    near = marks.lower[max(0, first - 2) : first]
    match kind:
        case QuestionKind.NUMBER:
            return any(marks.number[i] for i in content), marks.number[first] and last - first < 3
        case QuestionKind.DATE:
            return any(marks.date[i] for i in content), all(marks.date[i] or marks.number[i] for i in content)
        case QuestionKind.PERSON:
            return any(marks.capital[i] for i in content), all(marks.capital[i] for i in content)
        case QuestionKind.PLACE:
            led = bool(near) and (near[-1] in _TO_PLACES or (near[-1] == "the" and near[0] in _TO_PLACES))
            return any(marks.capital[i] for i in content), led
        case QuestionKind.REASON:
            return not _CAUSES.isdisjoint(near), marks.pause[last] and last - first > 2
        case QuestionKind.MANNER:
            return not _MEANS.isdisjoint(near), last - first > 2
        case _:
            return False, False


def _is_defined(marks: Marks, first: int) -> bool:
    """Whether the words before are those of the question and "is", as in a definition."""
    before = first - 1
    while before >= 0 and marks.lower[before] in {"a", "an", "the"}:
        before -= 1
    return before > 0 and marks.lower[before] in {"is", "are", "was", "were"} and before - 1 in marks.asked


def _is_expansion(marks: Marks, first: int, last: int) -> bool:
    """Whether an abbreviation of the question follows, or comes before, in brackets."""
    follows = last + 1 in marks.asked and "(" in marks.gaps[last]
    return follows or (first - 1 in marks.asked and "(" in marks.gaps[first - 1])


def _agreed(texts: Sequence[str], masses: Sequence[float]) -> int:
    """The stretch with the highest expected token F1 against the others."""
    order = sorted(range(len(texts)), key=lambda i: -masses[i])[:STRETCHES]
    tokens = {i: Counter(plain(texts[i])) for i in order}
    return max(order, key=lambda i: sum(masses[k] * token_f1(tokens[i], tokens[k]) for k in order))


def plain(text: str) -> list[str]:
    """The words of an answer as they are compared: lower case, no articles, no punctuation (as SQuAD has it)."""
    kept = "".join(character for character in text.lower() if character.isalnum() or character.isspace())
    return [word for word in kept.split() if word not in {"a", "an", "the"}]


def token_f1(one: Counter[str], other: Counter[str]) -> float:
    """How far two answers share their words, 0 to 1."""
    shared = (one & other).total()
    return 2 * shared / (one.total() + other.total()) if shared else 0.0


def agree(answer: str, tutors: str) -> bool:
    """Whether a tutor's answer says what the companion's does, near enough: half of its telling words are there."""
    said = set(content_stems(placed_words(tutors)))
    return bool(said) and 2 * len(said & set(content_stems(placed_words(answer)))) >= len(said)
