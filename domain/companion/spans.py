"""Which stretches of a sentence could be an answer: runs of words without pauses, joined, and whole clauses."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from domain.companion.question_kinds import is_verb
from domain.companion.retrieval import Asked, Corpus
from domain.companion.sentences import Sentence
from domain.companion.words import listed, stems_of

LONGEST = 14
LONGEST_CLAUSE = 26
"""Words."""
JOINS = 3
_JOINING = listed("of the and a an or in to for with on at from")
_PAUSE = re.compile(r"[,;:()\"\u201c\u201d\u2013\u2014.?!]")
_BREAK = re.compile(r"[;:()\u2013\u2014?!]|\.\s|^\.$")
_YEAR = re.compile(r"1\d{3}s?|20\d{2}s?")
_MONTHS = listed(
    """january february march april may june july august september october november december spring summer autumn
    winter"""
)
_NUMBERS = listed(
    """one two three four five six seven eight nine ten eleven twelve twenty thirty forty fifty hundred thousand million
    billion half third quarter dozen first second once twice several zero"""
)


@dataclass(frozen=True, slots=True)
class Marks:
    """What is to be known of each word of a sentence, by its place."""

    lower: list[str]
    stems: list[str]
    stop: list[bool]
    verb: list[bool]
    capital: list[bool]
    """Whether it is written like a name; the first word only if the second is too."""
    number: list[bool]
    date: list[bool]
    gaps: list[str]
    """What stands between it and the next."""
    pause: list[bool]
    """Whether that holds a comma, a bracket or the like."""
    breaks: list[bool]
    """Whether that divides clauses."""
    weight: list[float]
    asked: frozenset[int]
    """The places of the question's words."""


def marks_of(sentence: Sentence, asked: Asked, corpus: Corpus) -> Marks:
    """The marks of a sentence for a question."""
    found = sentence.words
    count = len(found)
    gaps = [
        sentence.text[word.end : found[place + 1].start] if place + 1 < count else "."
        for place, word in enumerate(found)
    ]
    stop = [word.is_stopword for word in found]
    upper = [word.text[0].isupper() for word in found]
    stems = set(asked.stems)
    places = frozenset(i for i, word in enumerate(found) if not stop[i] and not stems.isdisjoint(stems_of(word)))
    return Marks(
        lower=[word.text.lower() for word in found],
        stems=[word.stem for word in found],
        stop=stop,
        verb=[is_verb(word) for word in found],
        capital=[up and (i > 0 or count == 1 or stop[1] or upper[1]) for i, up in enumerate(upper)],
        number=[any(c.isdigit() for c in w.text) or w.text.lower() in _NUMBERS for w in found],
        date=[_YEAR.fullmatch(w.text) is not None or w.text.lower() in _MONTHS for w in found],
        gaps=gaps,
        pause=[_PAUSE.search(gap) is not None for gap in gaps],
        breaks=[_BREAK.search(gap) is not None for gap in gaps],
        weight=[corpus.weight(found[i].stem) if i in places else 0.0 for i in range(count)],
        asked=places,
    )


def stretches(marks: Marks, *, clauses: bool) -> Iterator[tuple[int, int]]:
    """First and last place of each stretch; one of nothing but the question's own words is left out."""
    found = _runs(marks)
    found |= _joined(marks, found)
    if clauses:
        found |= _clauses(marks)
    for first, last in sorted(found):
        if any(not marks.stop[i] and i not in marks.asked for i in range(first, last + 1)):
            yield first, last


def _runs(marks: Marks) -> set[tuple[int, int]]:
    """Runs of words that say something, whole, and divided at verbs, names and numbers."""
    found: set[tuple[int, int]] = set()
    count = len(marks.lower)
    first = 0
    while first < count:
        if marks.stop[first]:
            first += 1
            continue
        last = first
        while last + 1 < count and not marks.stop[last + 1] and not marks.pause[last]:
            last += 1
        starts = {first, *(i + 1 for i in range(first, last) if marks.verb[i])}
        ends = {last, *(i - 1 for i in range(first + 1, last + 1) if marks.verb[i])}
        for begin, end in _names_and_numbers(marks, first, last):
            starts.add(begin)
            ends.add(end)
        found |= {(a, b) for a in starts for b in ends if a <= b < a + LONGEST}
        first = last + 1
    return found


def _names_and_numbers(marks: Marks, first: int, last: int) -> Iterator[tuple[int, int]]:
    place = first
    while place <= last:
        end = place
        if marks.capital[place]:
            while end < last and marks.capital[end + 1]:
                end += 1
            yield place, end
        elif marks.number[place]:
            yield place, place
            # With its unit.
            end = min(place + 1, last)
            while end < last and marks.number[end + 1]:
                end += 1
            yield place, end
        place = end + 1


def _joined(marks: Marks, runs: set[tuple[int, int]]) -> set[tuple[int, int]]:
    """Runs that "of", "and the", a comma or the like joins to one."""
    begins: dict[int, list[int]] = {}
    for first, last in runs:
        begins.setdefault(first, []).append(last)
    found: set[tuple[int, int]] = set()
    latest = runs
    for _ in range(JOINS):
        latest = {
            (first, end)
            for first, last in latest
            if (place := _after_join(marks, last)) is not None
            for end in begins.get(place, ())
            if end - first < LONGEST
        } - found
        found |= latest
    return found


def _after_join(marks: Marks, last: int) -> int | None:
    """Where the words go on after a joining word or two."""
    count = len(marks.lower)
    place = last + 1
    if place >= count or marks.breaks[last]:
        return None
    while place < count and place - last <= 2 and marks.lower[place] in _JOINING and not marks.pause[place]:
        place += 1
    if place >= count or marks.stop[place] or (place == last + 1 and not marks.pause[last]):
        return None
    return place


def _clauses(marks: Marks) -> set[tuple[int, int]]:
    """From a beginning to the next commas and the end."""
    found: set[tuple[int, int]] = set()
    count = len(marks.lower)
    for first in range(count):
        after = first == 0 or marks.stop[first - 1] or marks.pause[first - 1] or marks.verb[first - 1]
        if marks.stop[first] or not (after or marks.verb[first]):
            continue
        pauses = 0
        for last in range(first, min(count, first + LONGEST_CLAUSE)):
            pauses += marks.pause[last]
            if last > first and not marks.stop[last] and (marks.pause[last] or last == count - 1):
                found.add((first, last))
            if marks.breaks[last] or pauses >= 3:
                break
    return found
