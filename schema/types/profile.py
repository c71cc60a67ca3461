"""What is kept with a person, typed: the JSONB columns of users."""

from __future__ import annotations

import datetime as dt
from typing import cast

import strawberry

from domain import nudges, users
from schema.enums import describe_enum

describe_enum(
    users.LearningStyle,
    "How a student likes things explained.",
    VISUAL="With pictures.",
    TEXTUAL="In words.",
    MIXED="With both.",
)


@strawberry.type(description="What a person has chosen.")
class Preferences:
    """A view of domain.users.Preferences."""

    learning_style: users.LearningStyle = strawberry.field(description="How things are to be explained.")
    nudge_frequency_cap: int = strawberry.field(
        description="Nudges a day at most; 0 to 10. What a tutor sends counts, and is never held back."
    )
    nudge_channel: nudges.NudgeChannel = strawberry.field(description="Where nudges come; BOTH unless chosen.")
    time_zone: str = strawberry.field(
        description="The zone that days and quiet hours go by, such as America/New_York; UTC unless chosen."
    )
    quiet_from: dt.time = strawberry.field(
        description="From when on no nudges come but a tutor's own, in the zone; 21:00:00 unless chosen."
    )
    quiet_until: dt.time = strawberry.field(
        description="Until when no nudges come; 08:00:00 unless chosen. The same as quietFrom: always let through."
    )


@strawberry.type(description="Progress in one subject, as kept with the person.")
class SubjectProgress:
    """A view of domain.users.SubjectProgress."""

    subject: str = strawberry.field(description="The subject's name.")
    completion: float = strawberry.field(description="Percent, 0 to 100.")
    streak: int = strawberry.field(description="Days in a row with work on it.")
    xp: int = strawberry.field(description="Experience points earned in it.")


@strawberry.type(description="A person's profile.")
class Profile:
    """A view of domain.users.Profile."""

    goals: list[str] = strawberry.field(description="Aims in the person's own words.")
    subjects: list[str] = strawberry.field(description="Subjects of interest.")
    preferences: Preferences = strawberry.field(description="What the person has chosen.")
    progress: list[SubjectProgress] = strawberry.field(description="Progress by subject.")


@strawberry.type(description="Points, level and badges.")
class Gamification:
    """A view of domain.users.Gamification."""

    xp: int = strawberry.field(description="Experience points.")
    level: int = strawberry.field(description="Level, from 1.")
    badges: list[str] = strawberry.field(description="Badges earned.")
    streaks: int = strawberry.field(description="Days in a row with work.")
    meta_rewards: list[str] = strawberry.field(description="Rewards for rewards.")


@strawberry.type(description="Percent of answers at each confidence.")
class ConfidenceShares:
    """A view of domain.users.ConfidenceShares."""

    high: float = strawberry.field(description="Percent answered with high confidence, 0 to 100.")
    medium: float = strawberry.field(description="Percent answered with medium confidence, 0 to 100.")
    low: float = strawberry.field(description="Percent answered with low confidence, 0 to 100.")


@strawberry.type(description="Percent of nudges that were noticed.")
class EngagementShares:
    """A view of domain.users.EngagementShares."""

    opened: float = strawberry.field(description="Percent opened, 0 to 100.")
    clicked: float = strawberry.field(description="Percent clicked, 0 to 100.")


@strawberry.type(description="Aggregates kept with a person.")
class UserAnalytics:
    """A view of domain.users.UserAnalytics."""

    override_count: int = strawberry.field(description="Overrides made by a tutor; 0 for others.")
    confidence_distribution: ConfidenceShares = strawberry.field(description="How sure the answers to a student were.")
    nudge_engagement: EngagementShares = strawberry.field(description="How a student took the nudges.")


@strawberry.type(description="The part of a person that only those close to them see.")
class UserDetails:
    """A view of domain.users.UserDetails."""

    profile: Profile = strawberry.field(description="Aims, subjects, preferences and progress.")
    gamification: Gamification = strawberry.field(description="Points, level and badges.")
    analytics: UserAnalytics = strawberry.field(description="Aggregates.")
    disclaimer_shown: bool = strawberry.field(description="Whether the person has been shown the disclaimer.")

    @classmethod
    def view(cls, record: users.UserDetails) -> UserDetails:
        """A record as this type."""
        return cast("UserDetails", record)
