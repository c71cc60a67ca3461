"""A subject as a client sees it."""

from __future__ import annotations

import datetime as dt
from enum import Enum
from typing import TYPE_CHECKING, Annotated

import strawberry

from db import assignments as assignments_db
from db import goals as goals_db
from db import overrides as overrides_db
from db import practice as practice_db
from db import practice_bank as bank_db
from db import ratings as ratings_db
from db import sessions as sessions_db
from db import study_material as material_db
from db import subjects as subjects_db
from domain import subjects
from schema.fields import connection, edge_list
from schema.inputs import searched
from schema.types.assignment import AssignmentOrder, AssignmentWhere
from schema.types.connection import Connection
from schema.types.goal import GoalOrder, GoalWhere
from schema.types.node import Node
from schema.types.override import Override, OverrideOrder, OverrideWhere
from schema.types.practice import PracticeItemOrder, PracticeItemWhere, PracticeOrder, PracticeWhere
from schema.types.rating import RatingOrder
from schema.types.session import SessionOrder, SessionWhere
from schema.types.study_material import StudyMaterial, StudyMaterialOrder, StudyMaterialWhere

if TYPE_CHECKING:
    from schema.types.assignment import TutorAssignment
    from schema.types.goal import Goal
    from schema.types.practice import PracticeAssignment, PracticeItem
    from schema.types.rating import StudentRating
    from schema.types.session import Session


@strawberry.enum(description="The order of a list of subjects.")
class SubjectOrder(Enum):
    """Each is served by an index."""

    BY_NAME = strawberry.enum_value(subjects_db.BY_NAME, description="By name, A first.")


@strawberry.input(description="Which subjects to list.")
class SubjectWhere:
    """Fields left out do not narrow."""

    category: str | None = strawberry.field(default=None, description="Only subjects of this category.")
    search: str | None = strawberry.field(
        default=None, description="Only subjects whose name contains this, whatever its case; at most 100 characters."
    )

    def filter(self) -> subjects.SubjectFilter:
        """As the database layer takes it."""
        return subjects.SubjectFilter(category=self.category, search=searched(self.search))


@strawberry.type(description="A subject that is taught, such as Algebra.")
class Subject(Node):
    """A view of domain.subjects.Subject."""

    record = subjects.Subject
    by_id = subjects_db.subjects_by_id

    name: str = strawberry.field(description="Its name.")
    category: str | None = strawberry.field(description="A group of subjects, such as Math; null for none.")
    description: str | None = strawberry.field(description="What it covers; null when nothing was written.")
    created_at: dt.datetime = strawberry.field(description="When it was added to the catalogue.")

    related_subjects: list[Subject] = edge_list(
        subjects_db.subjects_by_id,
        keys="related_subject_ids",
        description="Subjects a student may like after this one; one that is gone is left out.",
    )
    assignments: Connection[Annotated[TutorAssignment, strawberry.lazy("schema.types.assignment")]] = connection(
        assignments_db.assignments_by_subject,
        assignments_db.count_assignments_by_subject,
        key="id",
        order=AssignmentOrder.NEWEST,
        where=AssignmentWhere,
        description="Who teaches whom in this subject, as far as the viewer may see.",
    )
    goals: Connection[Annotated[Goal, strawberry.lazy("schema.types.goal")]] = connection(
        goals_db.goals_by_subject,
        goals_db.count_goals_by_subject,
        key="id",
        order=GoalOrder.NEWEST,
        where=GoalWhere,
        description="The goals in this subject of the students whom the viewer may see.",
    )
    sessions: Connection[Annotated[Session, strawberry.lazy("schema.types.session")]] = connection(
        sessions_db.sessions_by_subject,
        sessions_db.count_sessions_by_subject,
        key="id",
        order=SessionOrder.NEWEST,
        where=SessionWhere,
        description="The sessions in this subject with students whom the viewer may see.",
    )
    overrides: Connection[Override] = connection(
        overrides_db.overrides_by_subject,
        overrides_db.count_overrides_by_subject,
        key="id",
        order=OverrideOrder.NEWEST,
        where=OverrideWhere,
        description="Where tutors corrected the companion in this subject, for students whom the viewer may see.",
    )
    study_materials: Connection[StudyMaterial] = connection(
        material_db.study_materials_by_subject,
        material_db.count_study_materials_by_subject,
        key="id",
        order=StudyMaterialOrder.NEWEST,
        where=StudyMaterialWhere,
        description="The texts in this subject that the companion answers from.",
    )
    practice_items: Connection[Annotated[PracticeItem, strawberry.lazy("schema.types.practice")]] = connection(
        bank_db.practice_items_by_subject,
        bank_db.count_practice_items_by_subject,
        key="id",
        order=PracticeItemOrder.NEWEST,
        where=PracticeItemWhere,
        description="The items of the practice bank in this subject; none for students and parents.",
    )
    practice: Connection[Annotated[PracticeAssignment, strawberry.lazy("schema.types.practice")]] = connection(
        practice_db.practice_by_subject,
        practice_db.count_practice_by_subject,
        key="id",
        order=PracticeOrder.NEWEST,
        where=PracticeWhere,
        description="The practice assigned in this subject to the students whom the viewer may see.",
    )
    ratings: Connection[Annotated[StudentRating, strawberry.lazy("schema.types.rating")]] = connection(
        ratings_db.ratings_by_subject,
        ratings_db.count_ratings_by_subject,
        key="id",
        order=RatingOrder.HIGHEST,
        description="The ratings in this subject of the students whom the viewer may see.",
    )
