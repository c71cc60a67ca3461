"""What a field of a type says of itself, so that it can be read for many objects at once.

These stand in a field's metadata under BREADTH_FIRST, beside a resolver that does the same for one object. A field
without one is read by its resolver, object by object.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from schema.context import Batch

BREADTH_FIRST = "breadth_first"


@dataclass(frozen=True, slots=True)
class EdgeTo:
    """What `batch` finds for the parent's attribute `key`; None leads to null without a statement."""

    batch: Batch
    key: str


@dataclass(frozen=True, slots=True)
class EdgesTo:
    """What `batch` finds for each key in the parent's attribute `keys`; what is not found is left out."""

    batch: Batch
    keys: str


@dataclass(frozen=True, slots=True)
class SliceOf:
    """A page of what `batch` finds for the parent's attribute `key`.

    `asked` makes of the field's arguments those of `batch`, `cut` of what it finds, the key and those arguments the
    value of the field. Both may refuse; the error is that of each parent.
    """

    batch: Batch
    key: str
    asked: Callable[..., tuple[Any, ...]]
    cut: Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Named:
    """What a batch function finds that the parent itself names: its attribute `call` is (batch, key, *arguments)."""

    call: str


@dataclass(frozen=True, slots=True)
class Computed:
    """What `of(type name)` makes of the parent's attribute `attribute`; it waits for nothing and never fails."""

    attribute: str
    of: Callable[[str], Callable[[Any], Any]]


@dataclass(frozen=True, slots=True)
class Found:
    """What a batch function finds for a key that a root field's arguments name.

    `find` takes the context, the schema and the arguments, does all that the resolver does before it reads, and gives
    (batch, key, name of the type that it is of), or None for null. The resolver reads when this does not suffice.
    """

    find: Callable[..., Awaitable[tuple[Batch, Any, str] | None]]
