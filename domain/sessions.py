"""Tutoring sessions."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from domain.errors import Code, Refused
from domain.text import optional_text, text_list
from domain.transcripts import Transcript, Turn
from domain.viewer import Role, Viewer

MAX_MINUTES = 1_440
MAX_TOPIC = 200
MAX_TOPICS = 50
MAX_NOTES = 10_000

# A date outside these is a slip of the keyboard; a day ahead is a matter of time zones.
_EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
_AHEAD = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Session:
    """One tutoring session, without its transcript and notes."""

    id: UUID
    student_id: UUID
    tutor_id: UUID | None
    session_date: datetime
    duration_minutes: int | None
    subject_id: UUID | None
    transcript_available: bool
    topics_covered: tuple[str, ...]
    source: str | None
    licence: str | None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class SessionTranscript:
    """What was said in one session."""

    session_id: UUID
    transcript: Transcript

    @property
    def turns(self) -> tuple[Turn, ...]:
        """In the order they were said."""
        return self.transcript.turns

    @property
    def word_count(self) -> int:
        """Words that were said."""
        return self.transcript.word_count


@dataclass(frozen=True, slots=True)
class SessionFilter:
    """Narrows a list of sessions; None does not narrow. `date_from` is included, `date_to` is not."""

    subject_id: UUID | None = None
    date_from: datetime | None = None
    date_to: datetime | None = None


@dataclass(frozen=True, slots=True)
class SessionChange:
    """The plain columns of a session that a person may edit, as they will be."""

    session_date: datetime
    duration_minutes: int | None
    subject_id: UUID | None
    topics_covered: tuple[str, ...]

    def values(self) -> dict[str, Any]:
        """By column name."""
        return asdict(self) | {"topics_covered": list(self.topics_covered)}


def held_by(viewer: Viewer, tutor_id: UUID | None) -> UUID:
    """The tutor of a session that the viewer records: oneself, or for an administrator whoever is named.

    Raises Refused (FORBIDDEN, INVALID).
    """
    if viewer.role is Role.ADMIN:
        if tutor_id is None:
            raise Refused(Code.INVALID, "Say which tutor held the session.", "tutor_id")
        return tutor_id
    if tutor_id not in (None, viewer.id):
        raise Refused(Code.FORBIDDEN, "Tutors record the sessions they held themselves; leave this out.", "tutor_id")
    return viewer.id


def content(
    *,
    session_date: datetime,
    duration_minutes: int | None,
    subject_id: UUID | None,
    topics_covered: Sequence[str],
    now: datetime,
) -> SessionChange:
    """The plain columns of a new session. Raises Refused (INVALID, TOO_LONG)."""
    return SessionChange(
        session_date=_date(session_date, now),
        duration_minutes=_minutes(duration_minutes),
        subject_id=subject_id,
        topics_covered=_topics(topics_covered),
    )


def edit(session: Session, now: datetime, **edits: Any) -> SessionChange:
    """The session's plain columns with some of them changed. Raises Refused (INVALID, TOO_LONG).

    Only what is changed is checked: an imported session may be older than a person could enter.
    """
    if "session_date" in edits:
        edits["session_date"] = _date(edits["session_date"], now)
    if "duration_minutes" in edits:
        edits["duration_minutes"] = _minutes(edits["duration_minutes"])
    if "topics_covered" in edits:
        edits["topics_covered"] = _topics(edits["topics_covered"] or ())
    kept = {name: getattr(session, name) for name in SessionChange.__dataclass_fields__}
    return SessionChange(**(kept | edits))


def checked_notes(notes: str | None) -> str | None:
    """A tutor's notes as they are kept; None when nothing is left. Raises Refused (INVALID, TOO_LONG)."""
    return optional_text(notes, "notes", MAX_NOTES)


def _date(value: datetime | None, now: datetime) -> datetime:
    if value is None:
        raise Refused(Code.INVALID, "A session has a date; it cannot be cleared.", "started_at")
    if value > now + _AHEAD:
        raise Refused(Code.INVALID, "This is in the future; record a session once it has been held.", "started_at")
    if value < _EARLIEST:
        raise Refused(Code.INVALID, "This is before the year 2000; check the date.", "started_at")
    return value


def _minutes(value: int | None) -> int | None:
    if value is not None and not 1 <= value <= MAX_MINUTES:
        raise Refused(Code.INVALID, f"A session lasts 1 to {MAX_MINUTES:,} minutes.", "duration_minutes")
    return value


def _topics(values: Sequence[str]) -> tuple[str, ...]:
    topics = text_list(values, "topics_covered", longest=MAX_TOPIC, most=MAX_TOPICS)
    return tuple(dict.fromkeys(topics))
