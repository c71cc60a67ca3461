"""What a job works with."""

from dataclasses import dataclass

from db.engine import Database


@dataclass(frozen=True, slots=True)
class Tools:
    """One object a process. Jobs run as the product itself: `database.system_work()`."""

    database: Database
