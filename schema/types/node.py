"""What every object with an identity shares."""

from collections.abc import Mapping
from typing import Any, ClassVar, Self, cast

import strawberry

from schema.context import Batch
from schema.execution.edges import BREADTH_FIRST, Computed
from schema.ids import global_ids, to_global


def _global_id(root: Any, info: strawberry.Info) -> strawberry.ID:
    return to_global(info._raw_info.parent_type.name, root.id)


@strawberry.interface(description="An object that can be fetched again by its id.")
class Node:
    """A type is a view of a domain record: its scalars are the record's attributes."""

    record: ClassVar[type]
    by_id: ClassVar[Batch]
    """The batch function that finds the type's records by row id."""

    id: strawberry.ID = strawberry.field(
        resolver=_global_id,
        metadata={BREADTH_FIRST: Computed("id", global_ids)},
        description="The object's global id; opaque, unique over all types, never reused.",
    )

    @classmethod
    def is_type_of(cls, value: object, info: object) -> bool:
        """Whether a value that an edge returned is of this type."""
        return isinstance(value, cls.record)

    @classmethod
    def marks(cls) -> Mapping[str, str]:
        """What is_type_of looks at in a record beside its class: columns, and what each has to hold."""
        return {}

    @classmethod
    def view(cls, record: object) -> Self:
        """A record as this type, for payloads; costs nothing."""
        return cast("Self", record)
