"""Students with known abilities practise what is chosen for them: does it come out as aimed, do ratings come true?"""

import math
import random
from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from statistics import fmean
from uuid import UUID

from domain.practice_choice import RECENT, Candidate, choose
from domain.rating import (
    K_FACTOR,
    NEW_STUDENT,
    UNKNOWN,
    Familiarity,
    Standing,
    answered,
    guess_chance,
    new_question,
    predicted_success,
)

SETTLING = 30
"""Answers of each student before anything is counted: the ratings come from the same place for all."""
LESSON = 60.0
"""Points by which a question gets easier each time that it is answered and its solution seen."""
SITTING = 5
"""Questions that are chosen at once; one sitting a day."""
_BEGIN = datetime(2026, 1, 1, 16, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a simulation ended."""

    answers: int
    """Those that were counted."""
    target: float
    observed: float
    """The mean score."""
    predicted: float
    """The mean score that was expected."""
    inflation: float
    """Points by which the students' ratings are above their abilities in the mean, counted answers only."""
    drift: float
    """By how many points that grew from the first half of the counted answers to the second."""
    error: float
    """Points; root of the mean squared distance of ratings from abilities at the end, where both count from the mean
    of the questions: only differences of ratings mean anything."""
    deviation: float
    """Points; what the ratings themselves say of that distance."""


@dataclass(slots=True)
class _Item:
    truth: float
    level: int
    choices: int
    topic: str
    now: Standing


@dataclass(slots=True)
class _Student:
    ability: float
    now: Standing
    known: dict[int, tuple[Familiarity, Decimal, datetime]]
    lessons: dict[int, int]
    """How often each question was answered."""
    topics: deque[str]


def simulate(
    *,
    students: int,
    items: int,
    answers: int,
    target: Decimal,
    seed: int = 1,
    choices: int = 0,
    lesson: float = LESSON,
    k: int = K_FACTOR,
) -> Outcome:
    """`students` answer `answers` questions each from a bank of `items`, sitting by sitting.

    Abilities are normal (mean 1000, standard deviation 200), questions spread over the ten levels with an error of 150
    points in their difficulty; every third has `choices` choices. Abilities stay as they are; a question gets easier by
    `lesson` points for who has answered it, about what the answers of docs/decisions/0008 show.
    """
    chance = random.Random(seed)  # noqa: S311 - a simulation
    bank = [_item(chance, number, choices) for number in range(items)]
    school = [_Student(chance.gauss(1000, 200), NEW_STUDENT, {}, {}, deque(maxlen=RECENT)) for _ in range(students)]
    scores: list[float] = []
    expected: list[float] = []
    above: list[tuple[int, float]] = []
    for sitting in range(math.ceil(answers / SITTING)):
        day = _BEGIN + timedelta(days=sitting)
        for student in chance.sample(school, len(school)):
            for place, number in enumerate(_chosen(student, bank, target, day)):
                item = bank[number]
                guess = guess_chance(item.choices)
                remembered = Familiarity(lesson * student.lessons.get(number, 0))
                right = chance.random() < predicted_success(student.ability, item.truth, remembered, guess)
                student.lessons[number] = student.lessons.get(number, 0) + 1
                known = student.known.get(number, (UNKNOWN,))[0]
                moved = answered(student.now, item.now, known, Decimal(int(right)), guess=guess, k=k)
                student.now, item.now = moved.student, moved.question
                student.known[number] = moved.familiarity, Decimal(int(right)), day
                student.topics.append(item.topic)
                if sitting * SITTING + place >= SETTLING:
                    scores.append(float(right))
                    expected.append(moved.predicted)
                    above.append((sitting, student.now.points - student.ability))
    half = (SETTLING / SITTING + math.ceil(answers / SITTING)) / 2
    first = fmean(distance for sitting, distance in above if sitting < half)
    second = fmean(distance for sitting, distance in above if sitting >= half)
    shift = fmean(item.now.points - item.truth for item in bank)
    return Outcome(
        answers=len(scores),
        target=float(target),
        observed=fmean(scores),
        predicted=fmean(expected),
        inflation=fmean(distance for _, distance in above),
        drift=second - first,
        error=math.sqrt(fmean((student.now.points - shift - student.ability) ** 2 for student in school)),
        deviation=math.sqrt(fmean(student.now.deviation**2 for student in school)),
    )


def _item(chance: random.Random, number: int, choices: int) -> _Item:
    level = 1 + number % 10
    start = new_question(level)
    return _Item(chance.gauss(start.points, 150), level, choices if number % 3 == 0 else 0, f"t{number % 12}", start)


def _chosen(student: _Student, bank: list[_Item], target: Decimal, day: datetime) -> list[int]:
    candidates = []
    for number, item in enumerate(bank):
        known, score, when = student.known.get(number, (None, None, None))
        candidates.append(
            Candidate(
                item_id=UUID(int=number),
                difficulty_level=item.level,
                goal_tags=(),
                topic_tags=(item.topic,),
                choices=item.choices,
                rating=Decimal(f"{item.now.points:.2f}"),
                familiarity=None if known is None else Decimal(f"{known.points:.2f}"),
                times_answered=None if known is None else known.answers,
                last_score=score,
                last_answered_at=when,
            )
        )
    chosen = choose(
        candidates, rating=student.now.points, target=target, count=SITTING, recent_topics=list(student.topics), now=day
    )
    return [one.candidate.item_id.int for one in chosen]
