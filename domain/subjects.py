"""The subject catalogue."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from domain.errors import Code, Refused
from domain.text import optional_text, required_text

MAX_NAME = 100
MAX_CATEGORY = 50
MAX_DESCRIPTION = 5_000
MAX_RELATED = 20


@dataclass(frozen=True, slots=True)
class Subject:
    """One subject that is taught, such as Algebra."""

    id: UUID
    name: str
    category: str | None
    description: str | None
    related_subject_ids: tuple[UUID, ...]
    created_at: datetime


@dataclass(frozen=True, slots=True)
class SubjectFilter:
    """Narrows a list of subjects; None does not narrow."""

    category: str | None = None
    search: str | None = None


def checked(**values: Any) -> dict[str, Any]:
    """The fields of a subject as they may be stored; only those given. Raises Refused (INVALID, TOO_LONG).

    Related subjects are each named once, in the order given; that they exist is for the database to say.
    """
    if "name" in values:
        values["name"] = required_text(values["name"], "name", MAX_NAME)
    if "category" in values:
        values["category"] = optional_text(values["category"], "category", MAX_CATEGORY)
    if "description" in values:
        values["description"] = optional_text(values["description"], "description", MAX_DESCRIPTION)
    if "related_subject_ids" in values:
        values["related_subject_ids"] = _related(values["related_subject_ids"] or ())
    return values


def check_related(related: Sequence[UUID], existing: Sequence[Subject | None], subject_id: UUID | None = None) -> None:
    """Each related subject is in the catalogue and another than the subject itself.

    Raises Refused (NOT_FOUND, INVALID).
    """
    if None in existing:
        raise Refused(Code.NOT_FOUND, "One of these subjects does not exist; check their ids.", "related_subject_ids")
    if subject_id in related:
        raise Refused(Code.INVALID, "A subject is not related to itself; leave it out.", "related_subject_ids")


def _related(subject_ids: Sequence[UUID]) -> list[UUID]:
    unique = list(dict.fromkeys(subject_ids))
    if len(unique) > MAX_RELATED:
        message = f"At most {MAX_RELATED} related subjects fit here; there are {len(unique)}."
        raise Refused(Code.TOO_LONG, message, "related_subject_ids")
    return unique
