"""The time, in one place, so that a test can set it."""

from datetime import UTC, datetime


def now() -> datetime:
    """The moment, with its zone."""
    return datetime.now(UTC)
