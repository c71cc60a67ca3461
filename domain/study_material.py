"""Study material: texts that tutors and administrators give the companion to answer from."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from domain.errors import Code, Refused
from domain.practice import MAX_SOURCE
from domain.text import optional_text, required_text
from domain.viewer import Role, Viewer

MAX_TITLE = 200
MAX_TEXT = 200_000


@dataclass(frozen=True, slots=True)
class StudyMaterial:
    """A text, without its words."""

    id: UUID
    title: str
    subject_id: UUID | None
    created_by_id: UUID | None
    is_active: bool
    source: str | None
    licence: str | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class StudyMaterialFilter:
    """Narrows a list of materials; None does not narrow."""

    subject_id: UUID | None = None
    active: bool | None = None


@dataclass(frozen=True, slots=True)
class StudyMaterialDraft:
    """A new material; its texts have been checked."""

    title: str
    text: str
    subject_id: UUID | None
    source: str | None
    licence: str | None
    created_by: UUID

    def values(self) -> dict[str, Any]:
        """By column name."""
        return asdict(self)


def draft(
    by: Viewer, *, title: str, text: str, subject_id: UUID | None, source: str | None, licence: str | None
) -> StudyMaterialDraft:
    """A material in the viewer's name. Raises Refused (INVALID, TOO_LONG)."""
    return StudyMaterialDraft(
        title=required_text(title, "title", MAX_TITLE),
        text=required_text(text, "text", MAX_TEXT),
        subject_id=subject_id,
        source=optional_text(source, "source", MAX_SOURCE),
        licence=optional_text(licence, "licence", MAX_SOURCE),
        created_by=by.id,
    )


def set_active(material: StudyMaterial, active: bool, by: Viewer) -> dict[str, Any]:
    """The change by column. Raises Refused (FORBIDDEN) for another's, (ALREADY_DONE) when it is so already."""
    if by.role is not Role.ADMIN and material.created_by_id != by.id:
        raise Refused(Code.FORBIDDEN, "Only whoever added this material, or an administrator, changes it.", "id")
    if material.is_active is active:
        raise Refused(Code.ALREADY_DONE, f"The material is {'in' if active else 'out of'} use already.", "active")
    return {"is_active": active}
