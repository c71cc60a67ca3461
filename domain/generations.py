"""What the companion wrote, by what, and at what cost; no word of the content itself."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class Engine(StrEnum):
    """What wrote something."""

    OPENAI = "OPENAI"
    EXTRACTIVE = "EXTRACTIVE"


class GenerationKind(StrEnum):
    """What was to be written."""

    SUMMARY = "summary"
    PRACTICE_ITEM = "practice_item"
    ANSWER = "answer"
    NUDGE = "nudge"


class Outcome(StrEnum):
    """What became of an attempt to write something."""

    BEGUN = "begun"
    """Under way, or broken off; it counts with all that it might have cost."""
    USED = "used"
    UNUSED = "unused"
    """A good answer, come too late: what it was for had changed, or was gone."""
    REFUSED = "refused"
    """The model would not, or its provider would not let it."""
    REJECTED = "rejected"
    """The provider did not accept the request."""
    CUT_OFF = "cut_off"
    EMPTY = "empty"
    UNUSABLE = "unusable"
    """Not of the shape that was asked for."""
    UNSUPPORTED = "unsupported"
    """Of the right shape, and not borne out by what it was written from."""
    UNAVAILABLE = "unavailable"
    """No answer: overloaded, out of reach, too slow."""


@dataclass(frozen=True, slots=True)
class Generation:
    """One attempt to write something."""

    id: UUID
    kind: GenerationKind
    engine: Engine
    outcome: Outcome
    created_at: datetime


@dataclass(frozen=True, slots=True)
class GenerationDetails:
    """What it was written with, and what it took."""

    generation_id: UUID
    model: str | None
    """None for the embedded engine; as the provider names it otherwise."""
    prompt_version: str | None
    input_tokens: int
    output_tokens: int


@dataclass(frozen=True, slots=True)
class Usage:
    """What a model's answer took; zeros where it did not say."""

    model: str
    input_tokens: int = 0
    output_tokens: int = 0
