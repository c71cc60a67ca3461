"""Summaries of sessions."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from domain.errors import Code, Refused
from domain.events import CURRENT, HEARTBEAT


class SummaryType(StrEnum):
    """How much a summary had to go on."""

    NORMAL = "normal"
    BRIEF = "brief"
    MISSING_TRANSCRIPT = "missing_transcript"


class SummaryChange(StrEnum):
    """What a stream of summaries tells; each but the last two is the event kind of that value."""

    READY = "summary_ready"
    CURRENT = CURRENT
    HEARTBEAT = HEARTBEAT


class ClaimPart(StrEnum):
    """Where in a summary a claim stands."""

    NARRATIVE = "narrative"
    NEXT_STEP = "next_step"


class ClaimStatus(StrEnum):
    """Whether the turns of a claim bear it out."""

    SUPPORTED = "supported"
    UNSUPPORTED = "unsupported"


@dataclass(frozen=True, slots=True)
class SummaryClaim:
    """A sentence of a summary, or a next step, and the turns that it rests on, numbered from 1."""

    id: UUID
    summary_id: UUID
    session_id: UUID
    position: int
    part: ClaimPart
    text: str
    turn_numbers: tuple[int, ...]
    status: ClaimStatus

    @property
    def reference(self) -> tuple[UUID, tuple[int, ...]]:
        """Its turns: the session, and their numbers."""
        return self.session_id, self.turn_numbers


@dataclass(frozen=True, slots=True)
class Summary:
    """What was done in a session and what comes next."""

    id: UUID
    session_id: UUID
    student_id: UUID
    tutor_id: UUID | None
    narrative: str
    next_steps: tuple[str, ...]
    subjects_covered: tuple[str, ...]
    summary_type: SummaryType | None
    overridden: bool
    override_id: UUID | None
    version: int
    generation_id: UUID | None
    created_at: datetime
    updated_at: datetime


def require_own_words(summary: Summary) -> None:
    """Raise Refused (CONFLICT) for a summary that stands in a tutor's words: those stay."""
    if summary.overridden:
        raise Refused(Code.CONFLICT, "A tutor's override is in force; revert it first, then write anew.", "id")


@dataclass(frozen=True, slots=True)
class SummaryFilter:
    """Narrows a list of summaries; None does not narrow. `date_from` is included, `date_to` is not."""

    summary_type: SummaryType | None = None
    overridden: bool | None = None
    date_from: datetime | None = None
    date_to: datetime | None = None
