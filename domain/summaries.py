"""Summaries of sessions."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class SummaryType(StrEnum):
    """How much a summary had to go on."""

    NORMAL = "normal"
    BRIEF = "brief"
    MISSING_TRANSCRIPT = "missing_transcript"


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


@dataclass(frozen=True, slots=True)
class SummaryFilter:
    """Narrows a list of summaries; None does not narrow. `date_from` is included, `date_to` is not."""

    summary_type: SummaryType | None = None
    overridden: bool | None = None
    date_from: datetime | None = None
    date_to: datetime | None = None
