"""Finding study material, adding to it, and putting it out of use."""

import strawberry

from db import study_material as material_db
from db.retries import created_before, id_for, same_request
from domain import study_material
from domain.permissions import Permission
from schema.context import Info
from schema.errors import Payload
from schema.fields import mutation, query_connection
from schema.ids import optional_row_id, row_id
from schema.inputs import IDEMPOTENCY_KEY
from schema.types.connection import Connection
from schema.types.study_material import StudyMaterial, StudyMaterialOrder, StudyMaterialWhere


@strawberry.type
class StudyMaterialQueries:
    """Queries for study material."""

    study_materials: Connection[StudyMaterial] = query_connection(
        material_db.all_study_materials,
        material_db.count_all_study_materials,
        permission=Permission.SIGNED_IN,
        order=StudyMaterialOrder.NEWEST,
        where=StudyMaterialWhere,
        description="The texts that the companion answers from.",
    )


@strawberry.type(description="The study material that was added or changed.")
class StudyMaterialPayload(Payload):
    """The answer of every mutation of study material."""

    study_material: StudyMaterial | None = strawberry.field(
        default=None, description="The material as it is now; null when refused."
    )


@strawberry.input(description="A text for the companion to answer from.")
class AddStudyMaterialInput:
    """A text does not change; one that is to be replaced is put out of use."""

    title: str = strawberry.field(description="Its title; 1 to 200 characters.")
    text: str = strawberry.field(description="The text; 1 to 200,000 characters.")
    subject_id: strawberry.ID | None = strawberry.field(default=None, description="The subject it is about.")
    source: str | None = strawberry.field(default=None, description="Where it was taken from; at most 500 characters.")
    licence: str | None = strawberry.field(
        default=None, description="The licence it was taken under; at most 500 characters."
    )
    idempotency_key: str | None = strawberry.field(default=None, description=IDEMPOTENCY_KEY)


@strawberry.input(description="Whether the companion answers from a text.")
class SetStudyMaterialActiveInput:
    """Answers that rest on it stay as they are."""

    id: strawberry.ID = strawberry.field(description="The material.")
    active: bool = strawberry.field(description="True puts it in use, false out of use.")


@strawberry.type
class StudyMaterialMutations:
    """Mutations of study material."""

    @mutation(Permission.TEACH, "Add a text for the companion to answer from: a tutor or an administrator.")
    async def add_study_material(self, info: Info, input: AddStudyMaterialInput) -> StudyMaterialPayload:
        async with info.context.unit_of_work() as work:
            draft = study_material.draft(
                work.viewer,
                title=input.title,
                text=input.text,
                subject_id=optional_row_id(input.subject_id, "Subject"),
                source=input.source,
                licence=input.licence,
            )
            material_id = id_for(work.viewer.id, "addStudyMaterial", input.idempotency_key)
            made = await created_before(work, input.idempotency_key, material_id, material_db.study_materials_by_id)
            if made is not None:
                same_request(made.title == draft.title)
                return StudyMaterialPayload(study_material=StudyMaterial.view(made))
            material = await material_db.insert_study_material(work, material_id, draft)
        return StudyMaterialPayload(study_material=StudyMaterial.view(material))

    @mutation(Permission.TEACH, "Put a text in or out of use: whoever added it, or an administrator.")
    async def set_study_material_active(self, info: Info, input: SetStudyMaterialActiveInput) -> StudyMaterialPayload:
        async with info.context.unit_of_work() as work:
            material = await material_db.lock_study_material(work, row_id(input.id, "StudyMaterial"))
            change = study_material.set_active(material, input.active, work.viewer)
            material = await material_db.update_study_material(work, material.id, change)
        return StudyMaterialPayload(study_material=StudyMaterial.view(material))
