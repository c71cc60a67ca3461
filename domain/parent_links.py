"""Which parent belongs to which student."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from domain.errors import Code, Refused


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


@dataclass(frozen=True, slots=True)
class LinkFilter:
    """Narrows a list of links; None does not narrow."""

    status: LinkStatus | None = None


def move(link: ParentLink, status: LinkStatus) -> LinkStatus:
    """The status it goes to. Raises Refused (ALREADY_DONE) when it has that status."""
    if link.status is status:
        raise Refused(Code.ALREADY_DONE, f"The link is {status} already.", "id")
    return status
