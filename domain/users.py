"""People: students, tutors, parents and administrators."""

import math
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from enum import StrEnum
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from domain.errors import Code, Refused
from domain.nudges import NudgeChannel
from domain.text import optional_text, required_text, text_list
from domain.viewer import Role, Viewer

MAX_EMAIL = 255
MAX_SUBJECT = 255
"""Of a token's subject, `users.cognito_sub`."""
MAX_DISPLAY_NAME = 100
MAX_PROFILE_TEXTS = 20
MAX_PROFILE_TEXT = 200
MAX_NUDGES_A_DAY = 10
QUIET_FROM, QUIET_UNTIL = time(21), time(8)

# ASCII, because both sides of `email = lower(email)` must agree on what lower case is: Python here, and whatever
# locale the database was made with. Otherwise as HTML has it (the HTML Standard, "valid e-mail address").
_EMAIL = re.compile(r"[a-z0-9.!#$%&'*+/=?^_`{|}~-]+@[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})+")
_SUBJECT = re.compile(r"[!-~]+")
_BIGGEST = 2**31 - 1
"""Of GraphQL's Int."""


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
    ids: tuple[UUID, ...] | None = None
    """Only these people; an empty tuple leaves nobody."""


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
    nudge_channel: NudgeChannel
    """Where nudges come."""
    time_zone: str
    """The name of the zone that days, and quiet hours, go by."""
    quiet_from: time
    """From when on no nudges come, in the zone."""
    quiet_until: time
    """Until when; as quiet_from: never quiet."""


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


@dataclass(frozen=True, slots=True)
class UserDraft:
    """A person about to be added; everything has been checked."""

    email: str
    role: Role
    display_name: str
    cognito_sub: str


def draft(*, email: str, role: Role, display_name: str | None, cognito_sub: str) -> UserDraft:
    """A new person. Raises Refused (INVALID, TOO_LONG)."""
    return UserDraft(email_address(email), role, shown_name(display_name), token_subject(cognito_sub))


def edit(**edits: Any) -> dict[str, Any]:
    """What an administrator changes of a person, by column. Raises Refused (INVALID, TOO_LONG)."""
    checks = {"email": email_address, "display_name": shown_name, "cognito_sub": token_subject, "role": _role}
    return {name: checks[name](value) for name, value in edits.items()}


def email_address(text: str | None) -> str:
    """The address in lower case. Raises Refused (INVALID, TOO_LONG)."""
    address = required_text(text, "email", MAX_EMAIL).lower()
    if not _EMAIL.fullmatch(address):
        raise Refused(Code.INVALID, "Write an e-mail address such as name@school.org, without accents.", "email")
    return address


def shown_name(text: str | None) -> str:
    """The name to show; empty when none is given. Raises Refused (INVALID, TOO_LONG)."""
    return optional_text(text, "display_name", MAX_DISPLAY_NAME) or ""


def token_subject(text: str | None) -> str:
    """The subject of the person's tokens. Raises Refused (INVALID, TOO_LONG)."""
    subject = required_text(text, "cognito_sub", MAX_SUBJECT)
    if not _SUBJECT.fullmatch(subject):
        raise Refused(Code.INVALID, "A token's subject has no spaces and only ASCII characters.", "cognito_sub")
    return subject


def keep_an_admin(person: UUID, admins: Collection[UUID], field: str) -> None:
    """Somebody must be left who can add people. Raises Refused (CONFLICT) when this would be the last to go."""
    if set(admins) == {person}:
        raise Refused(Code.CONFLICT, "This is the only administrator; make somebody else one first.", field)


def keep_signed_in(viewer: Viewer, cognito_sub: str | None) -> None:
    """Nobody takes the token subject away that they are signed in with. Raises Refused (CONFLICT)."""
    if cognito_sub not in (None, viewer.subject):
        message = "This would sign you out for good; ask another administrator to do it."
        raise Refused(Code.CONFLICT, message, "cognito_sub")


def edit_profile(stored: Mapping[str, Any], **edits: Sequence[str] | None) -> dict[str, Any]:
    """`users.profile` with other `goals` or `subjects`; every other key stays. Raises Refused (INVALID, TOO_LONG)."""
    texts = {
        name: text_list(values or [], name, longest=MAX_PROFILE_TEXT, most=MAX_PROFILE_TEXTS)
        for name, values in edits.items()
    }
    return {**stored, **texts}


def edit_preferences(stored: Mapping[str, Any], **edits: Any) -> dict[str, Any]:
    """`users.profile` with other preferences; every other key stays, and None takes one back to its default.

    Raises Refused (INVALID).
    """
    cap = edits.get("nudge_frequency_cap")
    if cap is not None and not 0 <= cap <= MAX_NUDGES_A_DAY:
        message = f"Between 0 and {MAX_NUDGES_A_DAY} nudges a day can be chosen."
        raise Refused(Code.INVALID, message, "nudge_frequency_cap")
    zone = edits.get("time_zone")
    if zone is not None and _zone(zone) is None:
        raise Refused(Code.INVALID, "Write the name of a time zone, such as America/New_York.", "time_zone")
    for name in ("quiet_from", "quiet_until"):
        if edits.get(name) is not None and edits[name].tzinfo is not None:
            raise Refused(Code.INVALID, "Give quiet hours without a zone; they are in the time zone chosen.", name)
    kept = {name: value for name, value in _mapping(stored.get("preferences")).items() if name not in edits}
    chosen = {
        name: value.strftime("%H:%M") if isinstance(value, time) else value
        for name, value in edits.items()
        if value is not None
    }
    return {**stored, "preferences": {**kept, **chosen}}


def profile_of(stored: Mapping[str, Any]) -> Profile:
    """Read `users.profile`; a key that is missing or of another kind gives its default, never an error.

    The column was free-form before the API typed it, so old rows may hold anything.
    """
    preferences = _mapping(stored.get("preferences"))
    style = preferences.get("learning_style")
    channel = preferences.get("nudge_channel")
    tracked = _mapping(stored.get("progress")).get("multi_goal_tracking")
    return Profile(
        goals=_texts(stored.get("goals")),
        subjects=_texts(stored.get("subjects")),
        preferences=Preferences(
            learning_style=LearningStyle(style) if style in list(LearningStyle) else LearningStyle.MIXED,
            nudge_frequency_cap=_whole(preferences.get("nudge_frequency_cap"), default=1),
            nudge_channel=NudgeChannel(channel) if channel in list(NudgeChannel) else NudgeChannel.BOTH,
            time_zone=zone_of(stored).key,
            quiet_from=_time(preferences.get("quiet_from"), QUIET_FROM),
            quiet_until=_time(preferences.get("quiet_until"), QUIET_UNTIL),
        ),
        progress=tuple(
            SubjectProgress(
                subject=_text(entry.get("subject")),
                completion=_number(entry.get("completion")),
                streak=_whole(entry.get("streak")),
                xp=_whole(entry.get("xp")),
            )
            for entry in (tracked if isinstance(tracked, list) else [])
            if isinstance(entry, Mapping)
        ),
    )


def zone_of(stored: Mapping[str, Any]) -> ZoneInfo:
    """The time zone that `users.profile` names; UTC where it names none that is known."""
    return _zone(_mapping(stored.get("preferences")).get("time_zone")) or ZoneInfo("UTC")


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


def _zone(name: object) -> ZoneInfo | None:
    if not isinstance(name, str) or not _ZONE.fullmatch(name) or name in _NOT_EVERYWHERE:
        return None
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


_ZONE = re.compile(r"(?!posix|right/)[A-Za-z0-9_+/-]{1,64}")
_NOT_EVERYWHERE = frozenset({"localtime", "Factory"})
"""What some machines have beside the zones of IANA's list, for themselves; so with what begins with posix or right."""


def _time(value: object, default: time) -> time:
    try:
        return (
            time.fromisoformat(value).replace(second=0, microsecond=0, tzinfo=None)
            if isinstance(value, str)
            else default
        )
    except ValueError:
        return default


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _texts(value: object) -> tuple[str, ...]:
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()


def _whole(value: object, default: int = 0) -> int:
    """A count; GraphQL's Int is where it ends."""
    whole = value if isinstance(value, int) and not isinstance(value, bool) else default
    return max(-_BIGGEST, min(whole, _BIGGEST))


def _number(value: object) -> float:
    """A percentage; the document writes some of them as text, "40%"."""
    if isinstance(value, str):
        try:
            value = float(value.strip().rstrip("%"))
        except ValueError:
            return 0.0
    if not isinstance(value, int | float) or isinstance(value, bool) or math.isnan(value):
        return 0.0
    return float(max(0, min(value, 100)))


def _role(role: Role | None) -> Role:
    if role is None:
        raise Refused(Code.INVALID, "A person has a role; choose one.", "role")
    return role
