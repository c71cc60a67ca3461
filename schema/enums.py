"""Enums of the domain as the schema shows them."""

from enum import Enum
from typing import Any, TypeVar

import strawberry

E = TypeVar("E", bound=type[Enum])


def describe_enum(members: E, description: str, *, name: str | None = None, **values: str) -> E:
    """Put an enum of the domain in the schema, each of its members (by name) with a description."""
    if set(values) != {member.name for member in members}:
        raise TypeError(f"{members.__name__} needs a description for each of its members, no more and no less")
    strawberry.enum(members, name=name, description=description)
    definition: Any = members.__dict__["__strawberry_definition__"]
    for value in definition.values:
        value.description = values[value.name]
    return members
