"""Questions about one's own goals: answered from the goals themselves, and from nothing else."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from domain.companion.words import content_stems, placed_words

_ASKS = re.compile(
    r"\bmy (?:\w+ ){0,3}?(?:goals?|deadlines?|targets?|progress)\b|\bgoals? (?:do|did|have|am) i\b"
    r"|\b(?:do|have|did) i (?:\w+ ){0,3}?goals?\b|\bam i on track\b|\bhow far (?:am i|have i (?:come|got(?:ten)?))\b"
    r"|\bwhat am i working (?:on|towards?)\b",
    re.IGNORECASE,
)
_ABOUT_GOALS = frozenset(
    content_stems(
        placed_words(
            """goal goals due deadline target progress reach reached far on track date end ends finish complete done
            percent percentage working work many much come got active completed next first time day now currently set"""
        )
    )
)
MOST = 5


@dataclass(frozen=True, slots=True)
class OwnGoal:
    """A goal of the student who asks."""

    id: UUID
    title: str
    status: str
    percentage: Decimal
    target: date | None
    subject: str | None

    @property
    def told(self) -> str:
        """Where it stands, in a sentence."""
        due = f", to be reached by {self.target.day} {self.target:%B %Y}" if self.target else ", without a date"
        return f"Your goal \u201c{self.title}\u201d is {self.status}, {self.percentage.normalize():f} % done{due}."


def asks_about_goals(question: str) -> bool:
    """Whether it is the student's own goals that are asked about."""
    return _ASKS.search(question) is not None


def goals_meant(question: str, goals: Sequence[OwnGoal]) -> list[OwnGoal]:
    """The goals that a question names, else those that are being worked on, else all; the first few."""
    asked = set(content_stems(placed_words(question))) - _ABOUT_GOALS
    named = [goal for goal in goals if asked & set(content_stems(placed_words(f"{goal.title} {goal.subject or ''}")))]
    active = [goal for goal in goals if goal.status == "active"]
    return (named or active or list(goals))[:MOST]
