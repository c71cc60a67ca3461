"""Nudges: the few messages that call a student back to work."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from domain.errors import Code, Refused
from domain.events import CURRENT, HEARTBEAT
from domain.text import optional_text, required_text, text_list
from domain.viewer import Viewer

MAX_MESSAGE = 1_000
MAX_REASON = 500
MAX_SUGGESTION = 200
MAX_SUGGESTIONS = 10


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


class MailState(StrEnum):
    """What became of a nudge's mail."""

    DUE = "due"
    HANDING = "handing"
    """The mail server has the text, and has not said that it takes it."""
    SENT = "sent"
    REFUSED = "refused"
    """The mail server will never take it."""
    UNKNOWN = "unknown"
    """The line was cut while it was handed over: it may have arrived, and is not sent again."""


class NudgeChange(StrEnum):
    """What a stream of nudges tells; each but the last two is the event kind of that value."""

    SENT = "nudge_sent"
    CURRENT = CURRENT
    HEARTBEAT = HEARTBEAT


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
    mail_state: MailState | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class NudgeFilter:
    """Narrows a list of nudges; None does not narrow."""

    type: NudgeType | None = None
    opened: bool | None = None


@dataclass(frozen=True, slots=True)
class NudgeDraft:
    """A nudge about to be sent; its texts have been checked."""

    user_id: UUID
    type: NudgeType
    channel: NudgeChannel
    message: str
    personalized: bool
    trigger_reason: str | None
    suggestions_made: list[str]

    def values(self) -> dict[str, Any]:
        """By column name."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Engagement:
    """When a nudge was noticed."""

    opened_at: datetime | None
    clicked_at: datetime | None

    def values(self) -> dict[str, Any]:
        """By column name."""
        return asdict(self)


def draft(
    *,
    user_id: UUID,
    type: NudgeType,
    channel: NudgeChannel,
    message: str,
    personalized: bool,
    trigger_reason: str | None,
    suggestions_made: Sequence[str],
) -> NudgeDraft:
    """A new nudge. Raises Refused (INVALID, TOO_LONG)."""
    return NudgeDraft(
        user_id=user_id,
        type=type,
        channel=channel,
        message=required_text(message, "message", MAX_MESSAGE),
        personalized=personalized,
        trigger_reason=optional_text(trigger_reason, "trigger_reason", MAX_REASON),
        suggestions_made=text_list(suggestions_made, "suggestions_made", longest=MAX_SUGGESTION, most=MAX_SUGGESTIONS),
    )


def opened(nudge: Nudge, by: Viewer, now: datetime) -> Engagement:
    """The nudge as seen by its recipient; the first time counts. Raises Refused (FORBIDDEN) for anybody else."""
    _require_recipient(nudge, by)
    return Engagement(opened_at=nudge.opened_at or now, clicked_at=nudge.clicked_at)


def clicked(nudge: Nudge, by: Viewer, now: datetime) -> Engagement:
    """The nudge as followed by its recipient, who has thereby opened it; the first time counts.

    Raises Refused (FORBIDDEN) for anybody else.
    """
    _require_recipient(nudge, by)
    return Engagement(opened_at=nudge.opened_at or now, clicked_at=nudge.clicked_at or now)


def seen(nudge: Nudge, now: datetime, *, followed: bool) -> Engagement:
    """The nudge after a link in its mail was opened, or followed; the first time counts."""
    return Engagement(nudge.opened_at or now, nudge.clicked_at or (now if followed else None))


def _require_recipient(nudge: Nudge, by: Viewer) -> None:
    if nudge.user_id != by.id:
        raise Refused(Code.FORBIDDEN, "Only the person a nudge was sent to opens it.", "id")
