"""Which parent belongs to which student."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class LinkStatus(StrEnum):
    """Only `active` lets the parent see the child."""

    ACTIVE = "active"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class ParentLink:
    """A parent and a child."""

    id: UUID
    parent_id: UUID
    student_id: UUID
    status: LinkStatus
    created_at: datetime
