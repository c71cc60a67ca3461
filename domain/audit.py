"""The audit log as administrators read it: what was done, by whom, to what."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID


class Actor(StrEnum):
    """What somebody was when they acted: a role of a person, or the product itself."""

    STUDENT = "student"
    TUTOR = "tutor"
    PARENT = "parent"
    ADMIN = "admin"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class AuditDetail:
    """One thing more that is known of an act."""

    name: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One act."""

    id: UUID
    """The row's number, in the shape that all ids have."""
    occurred_at: datetime
    actor_id: UUID | None
    actor_role: Actor
    action: str
    target_type: str
    target_id: UUID | None
    student_id: UUID | None
    details: tuple[AuditDetail, ...]


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Narrows the log; None does not narrow. `date_from` is included, `date_to` is not."""

    actor_id: UUID | None = None
    student_id: UUID | None = None
    action: str | None = None
    target_type: str | None = None
    target_id: UUID | None = None
    date_from: datetime | None = None
    date_to: datetime | None = None


def details_of(stored: Mapping[str, Any]) -> tuple[AuditDetail, ...]:
    """Read `audit_log.details`: each name with its value, or with each value of its list."""
    return tuple(
        AuditDetail(name, tuple(map(_shown, value)) if isinstance(value, list) else (_shown(value),))
        for name, value in stored.items()
    )


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)
