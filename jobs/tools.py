"""What a job works with."""

from dataclasses import dataclass

from db.engine import Database
from domain.companion.model import Model


@dataclass(frozen=True, slots=True)
class Tools:
    """One object a process. Jobs run as the product itself: `database.system_work()`."""

    database: Database
    model: Model | None = None
    """None where no key is set: the embedded engine does what it can."""
