"""Study material as a client sees it."""

from __future__ import annotations

import datetime as dt
from enum import Enum
from typing import TYPE_CHECKING, Annotated

import strawberry

from db import study_material as material_db
from db.subjects import subjects_by_id
from db.users import users_by_id
from domain import study_material
from schema.fields import edge
from schema.ids import optional_row_id
from schema.types.node import Node

if TYPE_CHECKING:
    from schema.types.subject import Subject
    from schema.types.user import User


@strawberry.enum(description="The order of a list of study material.")
class StudyMaterialOrder(Enum):
    """Each is served by an index."""

    NEWEST = strawberry.enum_value(material_db.NEWEST, description="Latest added first.")
    OLDEST = strawberry.enum_value(material_db.OLDEST, description="Earliest added first.")


@strawberry.input(description="Which study material to list.")
class StudyMaterialWhere:
    """Fields left out do not narrow."""

    subject_id: strawberry.ID | None = strawberry.field(default=None, description="Only material in this subject.")
    active: bool | None = strawberry.field(default=None, description="Only material in use, or only that out of use.")

    def filter(self) -> study_material.StudyMaterialFilter:
        """As the database layer takes it."""
        return study_material.StudyMaterialFilter(
            subject_id=optional_row_id(self.subject_id, "Subject"), active=self.active
        )


@strawberry.type(description="A text that the companion answers from, such as a chapter or a hand-out.")
class StudyMaterial(Node):
    """A view of domain.study_material.StudyMaterial."""

    record = study_material.StudyMaterial
    by_id = material_db.study_materials_by_id

    title: str = strawberry.field(description="Its title; questions that name it are answered from it.")
    is_active: bool = strawberry.field(description="Whether the companion answers from it.")
    source: str | None = strawberry.field(description="Where it was taken from; null when that was not said.")
    licence: str | None = strawberry.field(description="The licence it was taken under; null when that was not said.")
    created_at: dt.datetime = strawberry.field(description="When it was added.")

    text: str = edge(material_db.texts_by_study_material, key="id", description="The whole text.")
    subject: Annotated[Subject, strawberry.lazy("schema.types.subject")] | None = edge(
        subjects_by_id, key="subject_id", description="The subject it is about; null when it is of no subject."
    )
    created_by: Annotated[User, strawberry.lazy("schema.types.user")] | None = edge(
        users_by_id,
        key="created_by_id",
        description="Who added it; null for imported material, or when the viewer may not see them.",
    )
