"""People as a client sees them: one interface, a type for each role."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from enum import Enum
from typing import ClassVar

import strawberry

from db import assignments as assignments_db
from db import audit as audit_db
from db import goals as goals_db
from db import nudge_facts as facts_db
from db import nudges as nudges_db
from db import overrides as overrides_db
from db import parent_links as links_db
from db import practice as practice_db
from db import practice_bank as bank_db
from db import progress_entries as entries_db
from db import questions as questions_db
from db import ratings as ratings_db
from db import sessions as sessions_db
from db import study_material as material_db
from db import summaries as summaries_db
from db import users as users_db
from db.practice_choice import practice_settings_by_student
from domain import users, viewer
from schema.enums import describe_enum
from schema.fields import connection, edge
from schema.inputs import searched
from schema.types.assignment import AssignmentOrder, AssignmentWhere, TutorAssignment
from schema.types.audit import AuditEntry, AuditOrder, AuditWhere
from schema.types.connection import Connection
from schema.types.goal import Goal, GoalOrder, GoalWhere
from schema.types.node import Node
from schema.types.nudge import Nudge, NudgeDecision, NudgeDecisionOrder, NudgeOrder, NudgeWhere
from schema.types.override import Override, OverrideOrder, OverrideWhere
from schema.types.parent_link import ParentLink, ParentLinkOrder, ParentLinkWhere
from schema.types.practice import (
    AddedPracticeItemOrder,
    PracticeAssignment,
    PracticeItem,
    PracticeItemWhere,
    PracticeOrder,
    PracticeWhere,
)
from schema.types.practice_choice import PracticeSettings
from schema.types.profile import UserDetails
from schema.types.progress import ProgressEntry, ProgressEntryOrder
from schema.types.question import Question, QuestionOrder, QuestionWhere
from schema.types.rating import StudentRating
from schema.types.session import Session, SessionOrder, SessionWhere
from schema.types.study_material import StudyMaterial, StudyMaterialOrder, StudyMaterialWhere
from schema.types.summary import Summary, SummaryOrder, SummaryWhere

describe_enum(
    viewer.Role,
    "What a person is to the product.",
    STUDENT="Learns.",
    TUTOR="Teaches the students assigned to them.",
    PARENT="Follows the progress of their children.",
    ADMIN="Runs the product.",
)


@strawberry.enum(description="The order of a list of people.")
class UserOrder(Enum):
    """Each is served by an index."""

    BY_EMAIL = strawberry.enum_value(users_db.BY_EMAIL, description="By e-mail address, A first.")
    NEWEST = strawberry.enum_value(users_db.NEWEST, description="Latest added first.")
    OLDEST = strawberry.enum_value(users_db.OLDEST, description="Earliest added first.")


@strawberry.input(description="Which people to list.")
class UserWhere:
    """Fields left out do not narrow."""

    role: viewer.Role | None = strawberry.field(default=None, description="Only people of this role.")
    search: str | None = strawberry.field(
        default=None,
        description="Only people whose name or e-mail address contains this, whatever its case; at most 100 "
        "characters.",
    )

    def filter(self) -> users.UserFilter:
        """As the database layer takes it."""
        return users.UserFilter(role=self.role, search=searched(self.search))


@strawberry.input(description="Which students to list.")
class StudentWhere:
    """Fields left out do not narrow."""

    search: str | None = strawberry.field(
        default=None,
        description="Only students whose name or e-mail address contains this, whatever its case; at most 100 "
        "characters.",
    )

    def filter(self) -> users.UserFilter:
        """As the database layer takes it."""
        return users.UserFilter(search=searched(self.search))


@strawberry.interface(description="A person.")
class User(Node):
    """A view of domain.users.User; which type it is follows from the role."""

    record = users.User
    by_id = users_db.users_by_id
    of_role: ClassVar[viewer.Role]

    role: viewer.Role = strawberry.field(description="What the person is to the product.")
    email: str = strawberry.field(description="The person's e-mail address.")
    display_name: str = strawberry.field(description="The name to show; empty when none was given.")
    created_at: dt.datetime = strawberry.field(description="When the person was added.")
    updated_at: dt.datetime = strawberry.field(description="When the person's record last changed.")
    details: UserDetails | None = edge(
        users_db.details_by_user,
        key="id",
        description="Profile, preferences, progress and aggregates; null unless the viewer is the person, "
        "a tutor or parent of the student, or an administrator.",
    )
    cognito_sub: str | None = edge(
        users_db.cognito_subs_by_user,
        key="id",
        description="The subject of the person's tokens; null unless the viewer is an administrator.",
    )
    created_goals: Connection[Goal] = connection(
        goals_db.goals_by_creator,
        goals_db.count_goals_by_creator,
        key="id",
        order=GoalOrder.NEWEST,
        where=GoalWhere,
        description="The goals that the person set, for themselves or for students whom the viewer may see.",
    )
    acts: Connection[AuditEntry] = connection(
        audit_db.audit_entries_by_actor,
        audit_db.count_audit_entries_by_actor,
        key="id",
        order=AuditOrder.NEWEST,
        where=AuditWhere,
        description="What the person did, as the audit log has it; empty unless the viewer is an administrator.",
    )
    nudges: Connection[Nudge] = connection(
        nudges_db.nudges_by_user,
        nudges_db.count_nudges_by_user,
        key="id",
        order=NudgeOrder.NEWEST,
        where=NudgeWhere,
        description="The nudges sent to the person; empty for those whose nudges the viewer does not see.",
    )
    nudge_decisions: Connection[NudgeDecision] = connection(
        facts_db.decisions_by_user,
        facts_db.count_decisions_by_user,
        key="id",
        order=NudgeDecisionOrder.NEWEST,
        description="Why the person was, or was not, nudged; seen by whoever sees their nudges.",
    )

    @classmethod
    def is_type_of(cls, value: object, info: object) -> bool:
        """Whether a user record is of this role."""
        return isinstance(value, users.User) and value.role is cls.of_role

    @classmethod
    def marks(cls) -> Mapping[str, str]:
        """The role."""
        return {"role": cls.of_role.value}


@strawberry.type(description="A student.")
class Student(User, Node):
    """A user of the role student."""

    of_role = viewer.Role.STUDENT

    tutor_assignments: Connection[TutorAssignment] = connection(
        assignments_db.assignments_by_student,
        assignments_db.count_assignments_by_student,
        key="id",
        order=AssignmentOrder.NEWEST,
        where=AssignmentWhere,
        description="Who teaches the student, and who did.",
    )
    parent_links: Connection[ParentLink] = connection(
        links_db.links_by_student,
        links_db.count_links_by_student,
        key="id",
        order=ParentLinkOrder.NEWEST,
        where=ParentLinkWhere,
        description="Whose child the student is; a parent sees only their own link.",
    )
    goals: Connection[Goal] = connection(
        goals_db.goals_by_student,
        goals_db.count_goals_by_student,
        key="id",
        order=GoalOrder.NEWEST,
        where=GoalWhere,
        description="What the student works towards.",
    )
    sessions: Connection[Session] = connection(
        sessions_db.sessions_by_student,
        sessions_db.count_sessions_by_student,
        key="id",
        order=SessionOrder.NEWEST,
        where=SessionWhere,
        description="The sessions that were held with the student.",
    )
    summaries: Connection[Summary] = connection(
        summaries_db.summaries_by_student,
        summaries_db.count_summaries_by_student,
        key="id",
        order=SummaryOrder.NEWEST,
        where=SummaryWhere,
        description="The summaries of all sessions of the student, in pages; `Session.summaries` are those of one.",
    )
    audit_trail: Connection[AuditEntry] = connection(
        audit_db.audit_entries_by_student,
        audit_db.count_audit_entries_by_student,
        key="id",
        order=AuditOrder.NEWEST,
        where=AuditWhere,
        description="What was done that concerns the student; empty unless the viewer is an administrator.",
    )
    questions: Connection[Question] = connection(
        questions_db.questions_by_student,
        questions_db.count_questions_by_student,
        key="id",
        order=QuestionOrder.NEWEST,
        where=QuestionWhere,
        description="What the student asked the companion; empty for parents.",
    )
    overrides: Connection[Override] = connection(
        overrides_db.overrides_by_student,
        overrides_db.count_overrides_by_student,
        key="id",
        order=OverrideOrder.NEWEST,
        where=OverrideWhere,
        description="Where tutors corrected the companion for the student; parents see none of answers.",
    )
    practice: Connection[PracticeAssignment] = connection(
        practice_db.practice_by_student,
        practice_db.count_practice_by_student,
        key="id",
        order=PracticeOrder.NEWEST,
        where=PracticeWhere,
        description="The practice that is assigned to the student.",
    )
    practice_settings: PracticeSettings = edge(
        practice_settings_by_student, key="id", description="By what practice is chosen for the student."
    )
    ratings: list[StudentRating] = edge(
        ratings_db.ratings_by_student,
        key="id",
        description="The student's rating in each subject with an answer, last moved first.",
    )
    progress_entries: Connection[ProgressEntry] = connection(
        entries_db.progress_entries_by_student,
        entries_db.count_progress_entries_by_student,
        key="id",
        order=ProgressEntryOrder.NEWEST,
        description="What earned the student points.",
    )


@strawberry.type(description="A tutor.")
class Tutor(User, Node):
    """A user of the role tutor."""

    of_role = viewer.Role.TUTOR

    assignments: Connection[TutorAssignment] = connection(
        assignments_db.assignments_by_tutor,
        assignments_db.count_assignments_by_tutor,
        key="id",
        order=AssignmentOrder.NEWEST,
        where=AssignmentWhere,
        description="Whom the tutor teaches, and whom they did: all to the tutor, to others those with students whom "
        "they may see.",
    )
    students: Connection[Student] = connection(
        users_db.students_by_tutor,
        users_db.count_students_by_tutor,
        key="id",
        order=UserOrder.BY_EMAIL,
        where=StudentWhere,
        description="The students whom the tutor teaches now, each once, as far as the viewer may see them.",
    )
    sessions: Connection[Session] = connection(
        sessions_db.sessions_by_tutor,
        sessions_db.count_sessions_by_tutor,
        key="id",
        order=SessionOrder.NEWEST,
        where=SessionWhere,
        description="The sessions that the tutor held, with students whom the viewer may see.",
    )
    summaries: Connection[Summary] = connection(
        summaries_db.summaries_by_tutor,
        summaries_db.count_summaries_by_tutor,
        key="id",
        order=SummaryOrder.NEWEST,
        where=SummaryWhere,
        description="The summaries of those sessions.",
    )
    overrides: Connection[Override] = connection(
        overrides_db.overrides_by_tutor,
        overrides_db.count_overrides_by_tutor,
        key="id",
        order=OverrideOrder.NEWEST,
        where=OverrideWhere,
        description="Where the tutor corrected the companion, for students whom the viewer may see.",
    )
    reverted_overrides: Connection[Override] = connection(
        overrides_db.overrides_by_reverting_tutor,
        overrides_db.count_overrides_by_reverting_tutor,
        key="id",
        order=OverrideOrder.NEWEST,
        where=OverrideWhere,
        description="The overrides that the tutor reverted, for students whom the viewer may see.",
    )
    escalated_questions: Connection[Question] = connection(
        questions_db.questions_by_escalated_tutor,
        questions_db.count_questions_by_escalated_tutor,
        key="id",
        order=QuestionOrder.NEWEST,
        where=QuestionWhere,
        description="The questions passed on to the tutor, of students whom the viewer may see; empty for parents.",
    )
    answered_questions: Connection[Question] = connection(
        questions_db.questions_by_answering_tutor,
        questions_db.count_questions_by_answering_tutor,
        key="id",
        order=QuestionOrder.NEWEST,
        where=QuestionWhere,
        description="The questions that the tutor answered, of students whom the viewer may see; empty for parents.",
    )
    practice_items: Connection[PracticeItem] = connection(
        bank_db.practice_items_by_creator,
        bank_db.count_practice_items_by_creator,
        key="id",
        order=AddedPracticeItemOrder.NEWEST,
        where=PracticeItemWhere,
        description="The items that the tutor added to the practice bank; none for students and parents.",
    )
    study_materials: Connection[StudyMaterial] = connection(
        material_db.study_materials_by_creator,
        material_db.count_study_materials_by_creator,
        key="id",
        order=StudyMaterialOrder.NEWEST,
        where=StudyMaterialWhere,
        description="The texts that the tutor gave the companion to answer from.",
    )


@strawberry.type(description="A parent.")
class Parent(User, Node):
    """A user of the role parent."""

    of_role = viewer.Role.PARENT

    links: Connection[ParentLink] = connection(
        links_db.links_by_parent,
        links_db.count_links_by_parent,
        key="id",
        order=ParentLinkOrder.NEWEST,
        where=ParentLinkWhere,
        description="The parent's links to children, ended ones too, as far as the viewer may see.",
    )
    children: Connection[Student] = connection(
        users_db.children_by_parent,
        users_db.count_children_by_parent,
        key="id",
        order=UserOrder.BY_EMAIL,
        where=StudentWhere,
        description="The students to whom the parent is linked now, as far as the viewer may see them.",
    )


@strawberry.type(description="An administrator.")
class Admin(User, Node):
    """A user of the role admin."""

    of_role = viewer.Role.ADMIN

    practice_items: Connection[PracticeItem] = connection(
        bank_db.practice_items_by_creator,
        bank_db.count_practice_items_by_creator,
        key="id",
        order=AddedPracticeItemOrder.NEWEST,
        where=PracticeItemWhere,
        description="The items that the administrator added to the practice bank.",
    )
    study_materials: Connection[StudyMaterial] = connection(
        material_db.study_materials_by_creator,
        material_db.count_study_materials_by_creator,
        key="id",
        order=StudyMaterialOrder.NEWEST,
        where=StudyMaterialWhere,
        description="The texts that the administrator gave the companion to answer from.",
    )
