"""What a job works with."""

from dataclasses import dataclass

from db.engine import Database
from domain.companion.model import Model
from jobs.mail import Mail


@dataclass(frozen=True, slots=True)
class Tools:
    """One object a process. Jobs run as the product itself: `database.system_work()`."""

    database: Database
    model: Model | None = None
    """None where no key is set: the embedded engine does what it can."""
    mail: Mail | None = None
    """None where nothing is to be mailed: such jobs wait."""
    public_url: str = ""
    """Where people reach the server, for links in mails; without a slash at its end."""
