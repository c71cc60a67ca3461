"""The audit log as administrators see it."""

from __future__ import annotations

import datetime as dt
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from db import audit as audit_db
from db.users import users_by_id
from domain import audit
from schema.context import Info
from schema.enums import describe_enum
from schema.fields import edge
from schema.ids import optional_row_id, split
from schema.inputs import moment
from schema.types.node import Node

if TYPE_CHECKING:
    from schema.types.user import Student, User

_PEOPLE = ("Student", "Tutor", "Parent", "Admin")

describe_enum(
    audit.Actor,
    "What somebody was when they acted.",
    name="AuditActor",
    STUDENT="A student.",
    TUTOR="A tutor.",
    PARENT="A parent.",
    ADMIN="An administrator.",
    SYSTEM="The product itself: an import, a job, a command.",
)


@strawberry.enum(description="The order of the audit log.")
class AuditOrder(Enum):
    """Each is served by an index."""

    NEWEST = strawberry.enum_value(audit_db.NEWEST, description="Latest act first.")
    OLDEST = strawberry.enum_value(audit_db.OLDEST, description="Earliest act first.")


@strawberry.input(description="Which entries of the audit log to list.")
class AuditWhere:
    """Fields left out do not narrow."""

    actor_id: strawberry.ID | None = strawberry.field(default=None, description="Only acts of this person.")
    student_id: strawberry.ID | None = strawberry.field(
        default=None, description="Only acts that concern this student."
    )
    action: str | None = strawberry.field(
        default=None, description="Only this action, such as `transcript.read`, exactly as written."
    )
    target_id: strawberry.ID | None = strawberry.field(default=None, description="Only acts on this object.")
    date_from: dt.datetime | None = strawberry.field(
        default=None, description="Only acts at this time or later; with a zone."
    )
    date_to: dt.datetime | None = strawberry.field(default=None, description="Only acts before this time; with a zone.")

    def filter(self) -> audit.AuditFilter:
        """As the database layer takes it."""
        target_type, target_id = (None, None) if self.target_id is None else split(self.target_id)
        return audit.AuditFilter(
            actor_id=optional_row_id(self.actor_id, *_PEOPLE),
            student_id=optional_row_id(self.student_id, "Student"),
            action=self.action,
            target_type="User" if target_type in _PEOPLE else target_type,
            target_id=target_id,
            date_from=moment(self.date_from),
            date_to=moment(self.date_to),
        )


@strawberry.type(description="One thing more that is known of an act: ids, names of fields, versions, counts.")
class AuditDetail:
    """A view of domain.audit.AuditDetail."""

    name: str = strawberry.field(description="What it is.")
    values: list[str] = strawberry.field(description="Its value, or each value of a list.")


async def _target(root: Any, info: Info) -> Node | None:
    if root.target_id is None:
        return None
    origin = getattr(info.schema.get_type_by_name(root.target_type), "origin", None)
    if not (isinstance(origin, type) and issubclass(origin, Node) and hasattr(origin, "by_id")):
        return None
    found: Node | None = await info.context.load(origin.by_id, root.target_id)
    return found


@strawberry.type(description="One entry of the audit log: who did what, to what, when. Nobody can change or remove it.")
class AuditEntry(Node):
    """A view of domain.audit.AuditEntry."""

    record = audit.AuditEntry
    by_id = audit_db.audit_entries_by_id

    occurred_at: dt.datetime = strawberry.field(description="When.")
    actor_role: audit.Actor = strawberry.field(description="What the person who acted was then.")
    action: str = strawberry.field(description="What was done: `<thing>.<verb>`, such as `transcript.read`.")
    target_type: str = strawberry.field(description="The type of the object it was done to; `User` for a person.")
    details: list[AuditDetail] = strawberry.field(description="What more is known of it; never a person's text.")

    actor: Annotated[User, strawberry.lazy("schema.types.user")] | None = edge(
        users_by_id,
        key="actor_id",
        description="Who did it; null for the product itself, and once that person is erased.",
    )
    student: Annotated[Student, strawberry.lazy("schema.types.user")] | None = edge(
        users_by_id,
        key="student_id",
        description="The student it concerns; null for none, and once that student is erased.",
    )
    target: Node | None = strawberry.field(
        resolver=_target,
        description="The object it was done to; null for acts on none or on many, and once it is gone.",
    )
