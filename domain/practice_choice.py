"""What a student practises next: a decision over plain facts, with its reason for each question.

It aims at a chance of success. Wilson, Shenhav, Straccia and Cohen (The eighty five percent rule for optimal learning,
2019) put the fastest learning of their models at 0.85, item response theory the most information at 0.5; practice
platforms settle in between (Klinkenberg, Straatemeier and van der Maas, 2011, offer 0.6, 0.75 and 0.9). The default
here is 0.75, and a tutor sets it for each student.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from domain.errors import Code, Refused
from domain.practice import ChoiceKind
from domain.rating import Familiarity, guess_chance, predicted_success

TARGET = Decimal("0.75")
LOWEST_TARGET = Decimal("0.50")
HIGHEST_TARGET = Decimal("0.95")

NEAR = 0.10
"""How far from the aim a question may be and still count as near it; among those variety decides."""
RIGHT_RESTS = timedelta(days=21)
"""A question that was answered right does not come back sooner."""
WRONG_RESTS = timedelta(days=2)
"""A question that was answered wrong, and whose solution was seen, does not come back sooner."""
RIGHT_FROM = Decimal("0.50")
"""The score from which an answer counts as right."""
RECENT = 20
"""How many of the latest answers count for variety."""
CONSIDERED = 300
"""How many candidates are looked at: those nearest to the aim."""
MOST_AT_ONCE = 20
MOST_WRITTEN = 5
"""How many questions the companion writes where the bank has too little, until some are reviewed or answered."""
MOST_OPEN = 50
"""How much practice a student may have to do in a subject before more can be taken."""


@dataclass(frozen=True, slots=True)
class PracticeSettings:
    """What a student's tutors have set for the choice of practice."""

    student_id: UUID
    target_success: Decimal
    review_first: bool
    """Whether what the companion writes is kept from the student until a tutor has reviewed it."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A question that may be chosen for a student, and what is known of the two."""

    item_id: UUID
    difficulty_level: int
    goal_tags: tuple[str, ...]
    topic_tags: tuple[str, ...]
    choices: int
    rating: Decimal
    familiarity: Decimal | None
    """Points; None when the student has never answered it."""
    times_answered: int | None
    last_score: Decimal | None
    last_answered_at: datetime | None

    @property
    def kind(self) -> ChoiceKind:
        """What it would be for the student."""
        if self.last_score is None:
            return ChoiceKind.NEW
        return ChoiceKind.REVIEW if self.last_score >= RIGHT_FROM else ChoiceKind.RETRY

    def predicted(self, rating: float) -> float:
        """The score that a student of that rating is expected to reach on it."""
        known = Familiarity(float(self.familiarity or 0))
        return predicted_success(rating, float(self.rating), known, guess_chance(self.choices))


@dataclass(frozen=True, slots=True)
class Chosen:
    """A question that was chosen, and why."""

    candidate: Candidate
    predicted_success: Decimal
    """Three decimals."""
    kind: ChoiceKind
    reason: str


def count_wanted(count: int, field: str = "count") -> int:
    """How many questions are asked for. Raises Refused (INVALID) outside 1 to 20."""
    if not 1 <= count <= MOST_AT_ONCE:
        raise Refused(Code.INVALID, f"Ask for 1 to {MOST_AT_ONCE} questions at once.", field)
    return count


def room_for_more(open_now: int, count: int) -> None:
    """Raises Refused (CONFLICT) when a student would have too much to do in a subject."""
    if open_now + count > MOST_OPEN:
        raise Refused(
            Code.CONFLICT, f"There are {open_now} questions to do in this subject already; answer some first.", "count"
        )


def settings(student_id: UUID, target_success: Decimal, review_first: bool) -> PracticeSettings:
    """What a tutor sets. Raises Refused (INVALID) for an aim outside 0.50 to 0.95."""
    if not (target_success.is_finite() and LOWEST_TARGET <= target_success <= HIGHEST_TARGET):
        raise Refused(
            Code.INVALID, f"The aim goes from {LOWEST_TARGET} to {HIGHEST_TARGET} of success.", "target_success"
        )
    return PracticeSettings(student_id, target_success.quantize(Decimal("0.01")), review_first)


def has_rested(candidate: Candidate, now: datetime) -> bool:
    """Whether enough time has passed since the student answered the question, if ever."""
    if candidate.last_answered_at is None or candidate.last_score is None:
        return True
    rest = RIGHT_RESTS if candidate.last_score >= RIGHT_FROM else WRONG_RESTS
    return now - candidate.last_answered_at >= rest


def choose(
    candidates: Iterable[Candidate],
    *,
    rating: float,
    target: Decimal,
    count: int,
    recent_topics: Sequence[str],
    now: datetime,
) -> list[Chosen]:
    """At most `count` questions for a student of that rating, in the order to practise them.

    `recent_topics` are those of the student's latest answers, repeated as they came. Each question is aimed so that
    the questions chosen so far come to the target together; among those near the aim the topics that were seen least
    go first, and of these a question that was answered wrong once and has rested. The same facts lead to the same
    choice.
    """
    left = {candidate.item_id: candidate for candidate in candidates if has_rested(candidate, now)}
    chances = {item_id: candidate.predicted(rating) for item_id, candidate in left.items()}
    seen = Counter(recent_topics)
    chosen: list[Chosen] = []
    owed = 0.0
    while left and len(chosen) < count:
        aim = min(max(float(target) + owed, float(target) - NEAR), float(target) + NEAR)
        item_id = min(left, key=lambda each: _rank(left[each], chances[each], aim, float(target), seen))
        candidate = left.pop(item_id)
        owed = float(target) + owed - chances[item_id]
        chosen.append(_because(candidate, chances[item_id], float(target), seen, now))
        # What comes twice in one sitting is noticed more than what came last week.
        seen.update(dict.fromkeys(candidate.topic_tags, RECENT // 4))
    return chosen


def _rank(
    candidate: Candidate, chance: float, aim: float, target: float, seen: Mapping[str, int]
) -> tuple[bool, int, bool, float, UUID]:
    distance = abs(chance - aim)
    if abs(chance - target) > NEAR:
        return True, 0, True, distance, candidate.item_id
    # On the side where the aim has moved to, or the questions together would miss the target.
    wrong_side = (chance - target) * (aim - target) < 0
    repeated = max((seen.get(topic, 0) for topic in candidate.topic_tags), default=0)
    return False, repeated + wrong_side * RECENT, candidate.kind is not ChoiceKind.RETRY, distance, candidate.item_id


def _because(candidate: Candidate, chance: float, target: float, seen: Mapping[str, int], now: datetime) -> Chosen:
    kind = candidate.kind
    days = 0 if candidate.last_answered_at is None else (now - candidate.last_answered_at).days
    ago = f"{days} days ago" if days > 1 else "yesterday"
    parts = [
        {
            ChoiceKind.NEW: "Not answered before.",
            ChoiceKind.RETRY: f"Answered wrong {ago}, so worth another try.",
            ChoiceKind.REVIEW: f"Answered right {ago}, so time to see whether it has stayed.",
        }[kind]
    ]
    if abs(chance - target) <= NEAR:
        parts.append(f"Expected success {chance:.0%}, near the aim of {target:.0%}.")
    else:
        level = "easier" if chance > target else "harder"
        parts.append(f"Expected success {chance:.0%}: {level} than the aim of {target:.0%}, but the nearest there is.")
    if candidate.topic_tags:
        topic = candidate.topic_tags[0]
        fresh = not any(seen.get(each) for each in candidate.topic_tags)
        parts.append(f"Topic: {topic}{', which has not come up lately' if fresh else ''}.")
    return Chosen(candidate, Decimal(f"{chance:.3f}"), kind, " ".join(parts))


def shortage(missing: int, *, model: bool, written: int = 0, to_review: int = 0) -> str | None:
    """Why there is less than was asked for, and what is done about it; None when there is not.

    `model` is whether there is one that writes; `written` how many questions it has been asked for; `to_review` how
    many of its questions wait for a tutor.
    """
    if not missing:
        return None
    few = (
        "The practice bank has no more questions in this subject that the student does not have to do and that have "
        "rested since they were answered."
    )
    if not model:
        return f"{few} Without a language model there is nothing but the bank."
    if written:
        return f"{few} The companion is writing {written} more."
    return f"{few} What the companion wrote waits for a tutor's review." if to_review else few


def more_to_write(missing: int, to_review: int) -> int:
    """How many questions the companion is asked for, where so many are missing and so many wait for a review."""
    return max(0, min(missing, MOST_WRITTEN - to_review))
