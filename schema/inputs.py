"""Reading input objects whose fields may be left out."""

from datetime import datetime
from typing import Any

import strawberry

from domain.errors import BadRequest


def given(input: object, *names: str) -> dict[str, Any]:
    """The named fields that the client sent, null included."""
    values = {name: getattr(input, name) for name in names}
    return {name: value for name, value in values.items() if value is not strawberry.UNSET}


def moment(value: datetime | None) -> datetime | None:
    """A time that a client sent. Raises BadRequest (BAD_TIME) for one without its zone, which could be any moment."""
    if value is not None and value.utcoffset() is None:
        raise BadRequest("BAD_TIME", "Give times with their zone, such as 2026-03-02T16:00:00Z.")
    return value
