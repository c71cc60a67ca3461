"""Finding subjects, and keeping the catalogue."""

import strawberry

from db import audit
from db import subjects as subjects_db
from domain import subjects
from domain.permissions import Permission
from schema.context import Info
from schema.errors import Payload
from schema.fields import mutation, query_connection
from schema.ids import row_id
from schema.inputs import given
from schema.types.connection import Connection
from schema.types.subject import Subject, SubjectOrder, SubjectWhere


@strawberry.type
class SubjectQueries:
    """Queries for subjects."""

    subjects: Connection[Subject] = query_connection(
        subjects_db.all_subjects,
        subjects_db.count_all_subjects,
        permission=Permission.SIGNED_IN,
        order=SubjectOrder.BY_NAME,
        where=SubjectWhere,
        description="The subject catalogue.",
    )


@strawberry.type(description="The subject that was made or changed.")
class SubjectPayload(Payload):
    """The answer of every mutation of a subject."""

    subject: Subject | None = strawberry.field(default=None, description="The subject as it is now; null when refused.")


@strawberry.input(description="A new subject.")
class CreateSubjectInput:
    """An administrator adds it to the catalogue."""

    name: str = strawberry.field(
        description="Its name; 1 to 100 characters, and no other subject's, whatever the case."
    )
    category: str | None = strawberry.field(
        default=None, description="A group of subjects, such as Math; at most 50 characters."
    )
    description: str | None = strawberry.field(default=None, description="What it covers; at most 5,000 characters.")
    related_subject_ids: list[strawberry.ID] = strawberry.field(
        default_factory=list, description="Subjects a student may like after this one; at most 20."
    )


@strawberry.input(description="Changes to a subject; what is left out stays as it is.")
class UpdateSubjectInput:
    """Null clears a field, where it can be empty."""

    id: strawberry.ID = strawberry.field(description="The subject.")
    name: str | None = strawberry.field(default=strawberry.UNSET, description="Another name, of no other subject.")
    category: str | None = strawberry.field(default=strawberry.UNSET, description="Another group.")
    description: str | None = strawberry.field(default=strawberry.UNSET, description="Another description.")
    related_subject_ids: list[strawberry.ID] | None = strawberry.field(
        default=strawberry.UNSET, description="Other related subjects, in place of those there are."
    )


@strawberry.type
class SubjectMutations:
    """Mutations of subjects."""

    @mutation(Permission.MANAGE_SUBJECTS, "Add a subject to the catalogue: an administrator.")
    async def create_subject(self, info: Info, input: CreateSubjectInput) -> SubjectPayload:
        async with info.context.unit_of_work() as work:
            values = subjects.checked(
                name=input.name,
                category=input.category,
                description=input.description,
                related_subject_ids=_row_ids(input.related_subject_ids),
            )
            related = values["related_subject_ids"]
            subjects.check_related(related, await subjects_db.subjects_by_id(work, related))
            subject = await subjects_db.insert_subject(work, values)
            await audit.record(work, "subject.create", "Subject", subject.id, None)
        return SubjectPayload(subject=Subject.view(subject))

    @mutation(Permission.MANAGE_SUBJECTS, "Change a subject of the catalogue: an administrator.")
    async def update_subject(self, info: Info, input: UpdateSubjectInput) -> SubjectPayload:
        async with info.context.unit_of_work() as work:
            edits = given(input, "name", "category", "description", "related_subject_ids")
            if "related_subject_ids" in edits:
                edits["related_subject_ids"] = _row_ids(edits["related_subject_ids"] or [])
            values = subjects.checked(**edits)
            subject = await subjects_db.lock_subject(work, row_id(input.id, "Subject"))
            if "related_subject_ids" in values:
                related = values["related_subject_ids"]
                subjects.check_related(related, await subjects_db.subjects_by_id(work, related), subject.id)
            subject = await subjects_db.update_subject(work, subject.id, values)
            await audit.record(work, "subject.update", "Subject", subject.id, None, {"fields": list(values)})
        return SubjectPayload(subject=Subject.view(subject))


def _row_ids(global_ids: list[strawberry.ID]) -> list[object]:
    return [row_id(global_id, "Subject") for global_id in global_ids]
