"""People: students, tutors, parents and administrators."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from domain.viewer import Role


@dataclass(frozen=True, slots=True)
class User:
    """What everyone who may see a person sees of them."""

    id: UUID
    role: Role
    email: str
    display_name: str
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class UserFilter:
    """Narrows a list of people; None does not narrow."""

    role: Role | None = None
    search: str | None = None


class LearningStyle(StrEnum):
    """How a student likes things explained."""

    VISUAL = "visual"
    TEXTUAL = "textual"
    MIXED = "mixed"


@dataclass(frozen=True, slots=True)
class Preferences:
    """`users.profile.preferences`."""

    learning_style: LearningStyle
    nudge_frequency_cap: int
    """Nudges a day at most; 0 to 10."""


@dataclass(frozen=True, slots=True)
class SubjectProgress:
    """One entry of `users.profile.progress.multi_goal_tracking`."""

    subject: str
    completion: float
    """Percent, 0 to 100."""
    streak: int
    xp: int


@dataclass(frozen=True, slots=True)
class Profile:
    """`users.profile`, typed."""

    goals: tuple[str, ...]
    subjects: tuple[str, ...]
    preferences: Preferences
    progress: tuple[SubjectProgress, ...]


@dataclass(frozen=True, slots=True)
class Gamification:
    """`users.gamification`, typed."""

    xp: int
    level: int
    badges: tuple[str, ...]
    streaks: int
    meta_rewards: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ConfidenceShares:
    """Percent of answers at each confidence, 0 to 100; 0 where there are none."""

    high: float
    medium: float
    low: float


@dataclass(frozen=True, slots=True)
class EngagementShares:
    """Percent of nudges opened and clicked, 0 to 100."""

    opened: float
    clicked: float


@dataclass(frozen=True, slots=True)
class UserAnalytics:
    """`users.analytics`, typed: aggregates kept with the person."""

    override_count: int
    confidence_distribution: ConfidenceShares
    nudge_engagement: EngagementShares


@dataclass(frozen=True, slots=True)
class UserDetails:
    """The part of a person that only they, their tutors, their parents and administrators see."""

    user_id: UUID
    profile: Profile
    gamification: Gamification
    analytics: UserAnalytics
    disclaimer_shown: bool


def profile_of(stored: Mapping[str, Any]) -> Profile:
    """Read `users.profile`; a key that is missing or of another kind gives its default, never an error.

    The column was free-form before the API typed it, so old rows may hold anything.
    """
    preferences = _mapping(stored.get("preferences"))
    style = preferences.get("learning_style")
    tracked = _mapping(stored.get("progress")).get("multi_goal_tracking")
    return Profile(
        goals=_texts(stored.get("goals")),
        subjects=_texts(stored.get("subjects")),
        preferences=Preferences(
            learning_style=LearningStyle(style) if style in set(LearningStyle) else LearningStyle.MIXED,
            nudge_frequency_cap=_whole(preferences.get("nudge_frequency_cap"), default=1),
        ),
        progress=tuple(
            SubjectProgress(
                subject=str(entry.get("subject", "")),
                completion=_number(entry.get("completion")),
                streak=_whole(entry.get("streak")),
                xp=_whole(entry.get("xp")),
            )
            for entry in (tracked if isinstance(tracked, list) else [])
            if isinstance(entry, Mapping)
        ),
    )


def gamification_of(stored: Mapping[str, Any]) -> Gamification:
    """Read `users.gamification`; defaults where a key is missing or of another kind."""
    return Gamification(
        xp=_whole(stored.get("xp")),
        level=_whole(stored.get("level"), default=1),
        badges=_texts(stored.get("badges")),
        streaks=_whole(stored.get("streaks")),
        meta_rewards=_texts(stored.get("meta_rewards")),
    )


def analytics_of(stored: Mapping[str, Any]) -> UserAnalytics:
    """Read `users.analytics`; defaults where a key is missing or of another kind."""
    confidence = _mapping(stored.get("confidence_distribution"))
    engagement = _mapping(stored.get("nudge_engagement"))
    return UserAnalytics(
        override_count=_whole(stored.get("override_count")),
        confidence_distribution=ConfidenceShares(
            high=_number(confidence.get("High")),
            medium=_number(confidence.get("Medium")),
            low=_number(confidence.get("Low")),
        ),
        nudge_engagement=EngagementShares(
            opened=_number(engagement.get("opened")), clicked=_number(engagement.get("clicked"))
        ),
    )


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _texts(value: object) -> tuple[str, ...]:
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()


def _whole(value: object, default: int = 0) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else default


def _number(value: object) -> float:
    """A percentage; the document writes some of them as text, "40%"."""
    if isinstance(value, str):
        try:
            value = float(value.strip().rstrip("%"))
        except ValueError:
            return 0.0
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else 0.0
