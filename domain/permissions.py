"""Who may do what: one map for the doors of the API, and the predicates behind them.

Row security in PostgreSQL decides which rows exist for a viewer; the predicates here say the same in Python, for
writes and for the test that holds the two against each other. A tutor sees a student while an assignment is active,
a parent while a link is.
"""

from collections.abc import Iterable
from enum import Enum
from uuid import UUID

from domain.assignments import AssignmentStatus, TutorAssignment
from domain.errors import Code, Refused
from domain.overrides import Override, OverrideType
from domain.parent_links import LinkStatus, ParentLink
from domain.viewer import Role, Viewer

_EVERYONE = frozenset(Role)
_ADMIN = frozenset({Role.ADMIN})
_STAFF = frozenset({Role.TUTOR, Role.ADMIN})


class Permission(Enum):
    """A door of the API and the roles that may pass; each root field names one."""

    ANYONE = ("anyone", None)
    """Signed in or not."""
    SIGNED_IN = ("signed in", _EVERYONE)
    READ_ANALYTICS = ("read analytics", _STAFF)
    BROWSE_BANK = ("browse the practice bank", _STAFF)
    REVIEW = ("review what the companion wrote", _STAFF)
    TEACH = ("do a tutor's work", _STAFF)
    """Record sessions, assign practice, answer questions, send nudges, manage assignments."""
    OVERRIDE = ("override what the companion wrote", frozenset({Role.TUTOR}))
    STUDY = ("set goals, work on practice or pass questions on", frozenset({Role.STUDENT, Role.TUTOR, Role.ADMIN}))
    """Set goals, complete practice, escalate questions: the student, or staff on their behalf."""
    ASK = ("ask the companion", frozenset({Role.STUDENT}))
    """The student themselves: what is asked, and what is shown of the answer, is theirs."""
    MANAGE_LINKS = ("manage parent links", frozenset({Role.PARENT, Role.ADMIN}))
    READ_AUDIT = ("read the audit log", _ADMIN)
    MANAGE_JOBS = ("manage background jobs", _ADMIN)
    MANAGE_PEOPLE = ("manage people", _ADMIN)
    """Add, change and erase people; assign tutors and link parents."""
    MANAGE_SUBJECTS = ("manage subjects", _ADMIN)

    def __init__(self, label: str, roles: frozenset[Role] | None) -> None:
        self.label = label
        self.roles = roles

    def admits(self, viewer: Viewer | None) -> bool:
        """Whether the viewer, or nobody, may pass."""
        return self.roles is None or (viewer is not None and viewer.role in self.roles)


def visible_students(
    viewer_id: UUID, role: Role, assignments: Iterable[TutorAssignment], links: Iterable[ParentLink]
) -> frozenset[UUID]:
    """The students whom a person may see; administrators see all and need no list."""
    match role:
        case Role.STUDENT:
            return frozenset({viewer_id})
        case Role.TUTOR:
            return frozenset(
                assignment.student_id
                for assignment in assignments
                if assignment.tutor_id == viewer_id and assignment.status is AssignmentStatus.ACTIVE
            )
        case Role.PARENT:
            return frozenset(
                link.student_id for link in links if link.parent_id == viewer_id and link.status is LinkStatus.ACTIVE
            )
        case Role.ADMIN:
            return frozenset()


def sees_student(viewer: Viewer, student_id: UUID | None) -> bool:
    """Whether rows of this student exist for the viewer: goals, sessions, summaries, practice, ratings."""
    return viewer.role is Role.ADMIN or student_id in viewer.students


def sees_question(
    viewer: Viewer, student_id: UUID, *, kept_from_tutors: bool = False, escalated_to: UUID | None = None
) -> bool:
    """Parents see how their child does, not what their child asks; a tutor not what may be about a tutor."""
    if viewer.role is Role.TUTOR and kept_from_tutors and escalated_to != viewer.id:
        return False
    return viewer.role is not Role.PARENT and sees_student(viewer, student_id)


def sees_override(viewer: Viewer, override: Override) -> bool:
    """An override of an answer quotes the question, so it is hidden where the question is."""
    if override.student_id is None:
        return viewer.role is Role.ADMIN
    if override.override_type is OverrideType.QA_ANSWER:
        return sees_question(viewer, override.student_id)
    return sees_student(viewer, override.student_id)


def sees_nudge(viewer: Viewer, user_id: UUID) -> bool:
    """One's own nudges, and those of the students one may see."""
    return user_id == viewer.id or sees_student(viewer, user_id)


def sees_transcript(viewer: Viewer, student_id: UUID) -> bool:
    """Transcripts are for those who were there, and for administrators, whose reading is recorded."""
    return viewer.role is not Role.PARENT and sees_student(viewer, student_id)


def sees_session_notes(viewer: Viewer, tutor_id: UUID | None, student_id: UUID) -> bool:
    """A tutor's notes are that tutor's own."""
    return viewer.role is Role.ADMIN or (tutor_id == viewer.id and student_id in viewer.students)


def changes_session(viewer: Viewer, tutor_id: UUID | None, student_id: UUID) -> bool:
    """A session is changed by the tutor who held it, as long as they teach the student, and by administrators."""
    return viewer.role is Role.ADMIN or (tutor_id == viewer.id and student_id in viewer.students)


def sees_solution(viewer: Viewer, student_id: UUID, completed: bool) -> bool:
    """Whoever practises, and the parents beside them, see the solution of what is completed and not to be done again.

    Whether it is, the database knows: `is_kept_back`.
    """
    return sees_student(viewer, student_id) and (completed or viewer.role in _STAFF)


def studies_for(viewer: Viewer, student_id: UUID) -> bool:
    """Who may change a student's goals and practice: the student and their tutors, not their parents."""
    return viewer.role is not Role.PARENT and sees_student(viewer, student_id)


def teaches(viewer: Viewer, student_id: UUID) -> bool:
    """Who may record, assign, answer and review for a student."""
    return viewer.role in _STAFF and sees_student(viewer, student_id)


def changes_assignment(viewer: Viewer, assignment: TutorAssignment) -> bool:
    """An administrator, and the assignment's own tutor while it is active: who was cut off stays cut off."""
    return viewer.role is Role.ADMIN or (
        assignment.tutor_id == viewer.id and assignment.status is AssignmentStatus.ACTIVE
    )


def ends_link(viewer: Viewer, link: ParentLink) -> bool:
    """An administrator, and the parent themselves."""
    return viewer.role is Role.ADMIN or link.parent_id == viewer.id


def speaks_for(viewer: Viewer, user_id: UUID) -> bool:
    """Whose profile, preferences and export are at one's command: one's own, and for administrators anybody's."""
    return viewer.role is Role.ADMIN or user_id == viewer.id


def require(allowed: bool, message: str, field: str | None = None) -> None:
    """Turn a predicate into a refusal."""
    if not allowed:
        raise Refused(Code.FORBIDDEN, message, field)
