"""A parent's link to a student as a client sees it."""

from __future__ import annotations

import datetime as dt
from enum import Enum
from typing import TYPE_CHECKING, Annotated

import strawberry

from db import parent_links as links_db
from db.users import users_by_id
from domain import parent_links
from schema.enums import describe_enum
from schema.fields import edge
from schema.types.node import Node

if TYPE_CHECKING:
    from schema.types.user import Parent, Student

describe_enum(
    parent_links.LinkStatus,
    "Where a parent's link stands. The parent sees the child while it is active, and only then.",
    ACTIVE="The parent follows the child's progress.",
    ENDED="The parent no longer does.",
)


@strawberry.enum(description="The order of a list of parent links.")
class ParentLinkOrder(Enum):
    """Each is served by an index."""

    NEWEST = strawberry.enum_value(links_db.NEWEST, description="Latest made first.")
    OLDEST = strawberry.enum_value(links_db.OLDEST, description="Earliest made first.")


@strawberry.input(description="Which parent links to list.")
class ParentLinkWhere:
    """Fields left out do not narrow."""

    status: parent_links.LinkStatus | None = strawberry.field(default=None, description="Only links in this status.")

    def filter(self) -> parent_links.LinkFilter:
        """As the database layer takes it."""
        return parent_links.LinkFilter(status=self.status)


@strawberry.type(description="That a person is a student's parent, or stands in for one.")
class ParentLink(Node):
    """A view of domain.parent_links.ParentLink."""

    record = parent_links.ParentLink
    by_id = links_db.links_by_id

    status: parent_links.LinkStatus = strawberry.field(description="Where it stands.")
    created_at: dt.datetime = strawberry.field(description="When it was made.")

    parent: Annotated[Parent, strawberry.lazy("schema.types.user")] | None = edge(
        users_by_id,
        key="parent_id",
        description="The parent; null once the link has ended, except to that parent and administrators.",
    )
    student: Annotated[Student, strawberry.lazy("schema.types.user")] | None = edge(
        users_by_id, key="student_id", description="The child; null to the parent once the link has ended."
    )
