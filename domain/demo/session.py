"""What a demo session is made of."""

from dataclasses import dataclass


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
    notes: str | None = None
    summarised: bool = True
    """Whether the companion has written its summary, as it does of any session."""
