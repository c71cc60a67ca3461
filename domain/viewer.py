"""Who is asking, and whom they may see."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID


class Role(StrEnum):
    """What a person is to the product; decided by the users table, never by a token."""

    STUDENT = "student"
    TUTOR = "tutor"
    PARENT = "parent"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Viewer:
    """The person an operation runs for, as the database saw them when its transaction began."""

    id: UUID
    role: Role
    subject: str
    students: frozenset[UUID]
    """The students whose rows the viewer may see: oneself, those actively assigned, or linked children."""
