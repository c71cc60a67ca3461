"""Reading input objects whose fields may be left out."""

from typing import Any

import strawberry


def given(input: object, *names: str) -> dict[str, Any]:
    """The named fields that the client sent, null included."""
    values = {name: getattr(input, name) for name in names}
    return {name: value for name, value in values.items() if value is not strawberry.UNSET}
