"""Reading input objects whose fields may be left out."""

from datetime import datetime
from typing import Any

import strawberry

from domain.errors import BadRequest

MAX_SEARCH = 100
IDEMPOTENCY_KEY = (
    "A text of the client's own for this one request, such as a UUID; 1 to 100 characters. Sent again with the same "
    "key, by the same person, nothing is created a second time: what was created then is returned, as it is now. "
    "Without one, each request creates."
)


def given(input: object, *names: str) -> dict[str, Any]:
    """The named fields that the client sent, null included."""
    values = {name: getattr(input, name) for name in names}
    return {name: value for name, value in values.items() if value is not strawberry.UNSET}


def moment(value: datetime | None) -> datetime | None:
    """A time that a client sent. Raises BadRequest (BAD_TIME) for one without its zone, which could be any moment."""
    if value is not None and value.utcoffset() is None:
        raise BadRequest("BAD_TIME", "Give times with their zone, such as 2026-03-02T16:00:00Z.")
    return value


def searched(text: str | None) -> str | None:
    """What a client looks for, without the space around it; None for nothing. Raises BadRequest (BAD_USER_INPUT)."""
    found = (text or "").strip()
    if len(found) > MAX_SEARCH:
        raise BadRequest("BAD_USER_INPUT", f"Search for at most {MAX_SEARCH} characters.")
    return found or None
