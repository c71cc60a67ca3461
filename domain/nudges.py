"""Nudges: the few messages that call a student back to work."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class NudgeType(StrEnum):
    """Why a nudge was sent."""

    LOGIN = "login"
    INACTIVITY = "inactivity"
    CROSS_SUBJECT = "cross_subject"


class NudgeChannel(StrEnum):
    """Where a nudge is shown."""

    IN_APP = "in_app"
    EMAIL = "email"
    BOTH = "both"


@dataclass(frozen=True, slots=True)
class Nudge:
    """One message to one person."""

    id: UUID
    user_id: UUID
    type: NudgeType
    channel: NudgeChannel
    message: str
    personalized: bool
    sent_at: datetime
    opened_at: datetime | None
    clicked_at: datetime | None
    trigger_reason: str | None
    suggestions_made: tuple[str, ...]
    created_at: datetime


@dataclass(frozen=True, slots=True)
class NudgeFilter:
    """Narrows a list of nudges; None does not narrow."""

    type: NudgeType | None = None
    opened: bool | None = None
