"""Reading and writing which tutor teaches which student."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Uuid, any_, bindparam, insert, select, update
from sqlalchemy.dialects.postgresql import ARRAY

from db.batch import ByKey, Order, Page, Paged, reads
from db.constraints import Refusals, refusing
from db.encryption import CannotDecrypt, context_of
from db.engine import Transaction, Work
from db.statement import Compiled, Statement
from db.tables import assignment_notes
from db.tables import tutor_student_assignments as assignments
from domain.assignments import AssignmentDraft, AssignmentFilter, TutorAssignment
from domain.errors import Code, Refused

NEWEST = Order("newest", "assigned_at", descending=True, parse=datetime.fromisoformat)
OLDEST = Order("oldest", "assigned_at", descending=False, parse=datetime.fromisoformat)

_ASSIGNMENTS = select(
    assignments.c.id,
    assignments.c.tutor_id,
    assignments.c.student_id,
    assignments.c.subject_id,
    assignments.c.status,
    assignments.c.start_date,
    assignments.c.end_date,
    assignments.c.assigned_at,
)
_CONDITIONS = {
    "status": assignments.c.status == bindparam("status"),
    "subject_id": assignments.c.subject_id == bindparam("subject_id"),
}

_by_id = ByKey("assignments_by_id", _ASSIGNMENTS, TutorAssignment, key=assignments.c.id)
_by_tutor = Paged(
    "assignments_by_tutor", _ASSIGNMENTS, TutorAssignment, key=assignments.c.tutor_id, conditions=_CONDITIONS
)
_by_student = Paged(
    "assignments_by_student", _ASSIGNMENTS, TutorAssignment, key=assignments.c.student_id, conditions=_CONDITIONS
)
_by_subject = Paged(
    "assignments_by_subject", _ASSIGNMENTS, TutorAssignment, key=assignments.c.subject_id, conditions=_CONDITIONS
)
_notes = Compiled(
    "notes_by_assignment",
    select(assignment_notes.c.assignment_id, assignment_notes.c.notes).where(
        assignment_notes.c.assignment_id == any_(bindparam("keys", type_=ARRAY(Uuid()))),
        assignment_notes.c.notes.is_not(None),
    ),
)
_lock = Statement(
    "lock_assignment",
    _ASSIGNMENTS.where(assignments.c.id == bindparam("assignment_id")).with_for_update(),
    TutorAssignment,
)

_REFUSALS: Refusals = {
    "tutor_student_assignments_tutor_id_student_id_subject_id_key": (
        Code.CONFLICT,
        "This tutor has this student in this subject already; change the status of that assignment instead.",
        "student_id",
    ),
    "tutor_student_assignments_tutor_id_tutor_role_fkey": (Code.NOT_FOUND, "There is no such tutor.", "tutor_id"),
    "tutor_student_assignments_student_id_student_role_fkey": (
        Code.NOT_FOUND,
        "There is no such student.",
        "student_id",
    ),
    "tutor_student_assignments_subject_id_fkey": (Code.NOT_FOUND, "There is no such subject.", "subject_id"),
}


@reads(_by_id)
async def assignments_by_id(read: Transaction, assignment_ids: Sequence[UUID]) -> list[TutorAssignment | None]:
    """The assignment of each id; None for one the viewer may not see."""
    return await _by_id.read(read, assignment_ids)


@reads(_by_tutor)
async def assignments_by_tutor(
    read: Transaction, tutor_ids: Sequence[UUID], page: Page, where: AssignmentFilter | None = None
) -> list[list[TutorAssignment]]:
    """A page of each tutor's assignments."""
    return await _by_tutor.read(read, tutor_ids, page, where)


async def count_assignments_by_tutor(
    read: Transaction, tutor_ids: Sequence[UUID], where: AssignmentFilter | None = None
) -> list[int]:
    """How many assignments each tutor has."""
    return await _by_tutor.count(read, tutor_ids, where)


@reads(_by_student)
async def assignments_by_student(
    read: Transaction, student_ids: Sequence[UUID], page: Page, where: AssignmentFilter | None = None
) -> list[list[TutorAssignment]]:
    """A page of the assignments of tutors to each student."""
    return await _by_student.read(read, student_ids, page, where)


async def count_assignments_by_student(
    read: Transaction, student_ids: Sequence[UUID], where: AssignmentFilter | None = None
) -> list[int]:
    """How many assignments each student has."""
    return await _by_student.count(read, student_ids, where)


@reads(_by_subject)
async def assignments_by_subject(
    read: Transaction, subject_ids: Sequence[UUID], page: Page, where: AssignmentFilter | None = None
) -> list[list[TutorAssignment]]:
    """A page of the assignments in each subject."""
    return await _by_subject.read(read, subject_ids, page, where)


async def count_assignments_by_subject(
    read: Transaction, subject_ids: Sequence[UUID], where: AssignmentFilter | None = None
) -> list[int]:
    """How many assignments each subject has."""
    return await _by_subject.count(read, subject_ids, where)


async def notes_by_assignment(read: Transaction, assignment_ids: Sequence[UUID]) -> list[str | CannotDecrypt | None]:
    """The tutor's notes on each assignment; None where there are none or they are not the viewer's to read.

    Notes that cannot be decrypted are the error itself, which a loader raises for that assignment alone.
    """
    found: dict[UUID, str | CannotDecrypt] = {}
    for assignment_id, stored in await read.run(_notes, {"keys": list(assignment_ids)}):
        try:
            found[assignment_id] = read.vault.keys.decrypt(stored, _place(assignment_id))
        except CannotDecrypt as error:
            found[assignment_id] = error
    return [found.get(assignment_id) for assignment_id in assignment_ids]


async def lock_assignment(work: Work, assignment_id: UUID) -> TutorAssignment:
    """The assignment, held against other writers until the work ends.

    Raises Refused (NOT_FOUND), or (FORBIDDEN) when the viewer may see it and not change it.
    """
    assignment = await work.first(_lock, assignment_id=assignment_id)
    if assignment is not None:
        return assignment
    if await _by_id.read(work, [assignment_id]) == [None]:
        raise Refused(Code.NOT_FOUND, "There is no such assignment.", "id")
    raise Refused(Code.FORBIDDEN, "Its own tutor changes it while it is active, else only an administrator.", "id")


async def insert_assignment(work: Work, draft: AssignmentDraft) -> TutorAssignment:
    """A new assignment as it is stored.

    Raises Refused: CONFLICT for a tutor, student and subject that are together already, NOT_FOUND for one of them
    that is not there.
    """
    assignment_id = uuid4()
    statement = insert(assignments).values(
        id=assignment_id,
        tutor_id=draft.tutor_id,
        student_id=draft.student_id,
        subject_id=draft.subject_id,
        start_date=draft.start_date,
        end_date=draft.end_date,
        notes=_sealed(work, assignment_id, draft.notes),
    )
    with refusing(_REFUSALS):
        await work.execute("insert_assignment", statement)
    return await lock_assignment(work, assignment_id)


async def update_assignment(work: Work, assignment: TutorAssignment, **values: Any) -> TutorAssignment:
    """A locked assignment after the change; `values` by column, `notes` as plain text."""
    stored = dict(values)
    notes = values.pop("notes", None)
    if "notes" in stored:
        stored["notes"] = _sealed(work, assignment.id, notes)
    if stored:
        statement = update(assignments).where(assignments.c.id == assignment.id).values(**stored)
        await work.execute("update_assignment", statement)
    # Not read again: once paused or completed it is no longer the tutor's to lock.
    return replace(assignment, **values)


def _sealed(work: Work, assignment_id: UUID, notes: str | None) -> str | None:
    return None if notes is None else work.vault.keys.encrypt(notes, _place(assignment_id))


def _place(assignment_id: UUID) -> str:
    return context_of(assignments.name, "notes", assignment_id)
