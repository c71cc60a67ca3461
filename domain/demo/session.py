"""What a demo session is made of."""

from dataclasses import dataclass

from domain.summaries import SummaryType


@dataclass(frozen=True, slots=True)
class DemoSession:
    """One session; `talk` are lines that begin with `Tutor:` or `Student:`, empty where nothing was recorded."""

    key: str
    student: str
    tutor: str
    subject: str
    days: int
    minutes: int
    topics: tuple[str, ...]
    talk: str
    summary: str = ""
    """Empty where none has been written yet."""
    next_steps: tuple[str, ...] = ()
    notes: str | None = None
    summary_type: SummaryType = SummaryType.NORMAL
