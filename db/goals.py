"""Reading and writing goals."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam, insert, select, update

from db.batch import ByKey, Order, Page, Paged, reads
from db.constraints import Refusals, refusing
from db.engine import Transaction, Work
from db.statement import Statement
from db.tables import goals
from domain.errors import Code, Refused
from domain.goals import Goal, GoalChange, GoalDraft, GoalFilter

NEWEST = Order("newest", "created_at", descending=True, parse=datetime.fromisoformat)
OLDEST = Order("oldest", "created_at", descending=False, parse=datetime.fromisoformat)

_GOALS = select(
    goals.c.id,
    goals.c.student_id,
    goals.c.created_by.label("created_by_id"),
    goals.c.subject_id,
    goals.c.goal_type,
    goals.c.title,
    goals.c.description,
    goals.c.target_completion_date,
    goals.c.status,
    goals.c.completion_percentage,
    goals.c.current_streak,
    goals.c.xp_earned,
    goals.c.created_at,
    goals.c.updated_at,
    goals.c.completed_at,
    goals.c.confirmed_at,
    goals.c.confirmed_by.label("confirmed_by_id"),
)
_CONDITIONS = {
    "status": goals.c.status == bindparam("status"),
    "subject_id": goals.c.subject_id == bindparam("subject_id"),
    "confirmed": goals.c.confirmed_at.is_not(None) == bindparam("confirmed"),
    "goal_type": goals.c.goal_type == bindparam("goal_type"),
}

_by_id = ByKey("goals_by_id", _GOALS, Goal, key=goals.c.id)
_by_student = Paged("goals_by_student", _GOALS, Goal, key=goals.c.student_id, conditions=_CONDITIONS)
_by_subject = Paged(
    "goals_by_subject", _GOALS, Goal, key=goals.c.subject_id, conditions=_CONDITIONS, students=goals.c.student_id
)
_by_creator = Paged(
    "goals_by_creator", _GOALS, Goal, key=goals.c.created_by, conditions=_CONDITIONS, students=goals.c.student_id
)
_lock = Statement("lock_goal", _GOALS.where(goals.c.id == bindparam("goal_id")).with_for_update(), Goal)

_REFUSALS: Refusals = {
    "goals_student_id_student_role_fkey": (Code.NOT_FOUND, "There is no such student.", "student_id"),
    "goals_subject_id_fkey": (Code.NOT_FOUND, "There is no such subject.", "subject_id"),
}


@reads(_by_id)
async def goals_by_id(read: Transaction, goal_ids: Sequence[UUID]) -> list[Goal | None]:
    """The goal of each id; None for one the viewer may not see."""
    return await _by_id.read(read, goal_ids)


@reads(_by_student)
async def goals_by_student(
    read: Transaction, student_ids: Sequence[UUID], page: Page, where: GoalFilter | None = None
) -> list[list[Goal]]:
    """A page of goals for each student; [] for one with none."""
    return await _by_student.read(read, student_ids, page, where)


async def count_goals_by_student(
    read: Transaction, student_ids: Sequence[UUID], where: GoalFilter | None = None
) -> list[int]:
    """How many goals each student has."""
    return await _by_student.count(read, student_ids, where)


@reads(_by_subject)
async def goals_by_subject(
    read: Transaction, subject_ids: Sequence[UUID], page: Page, where: GoalFilter | None = None
) -> list[list[Goal]]:
    """A page of the goals in each subject."""
    return await _by_subject.read(read, subject_ids, page, where)


async def count_goals_by_subject(
    read: Transaction, subject_ids: Sequence[UUID], where: GoalFilter | None = None
) -> list[int]:
    """How many goals each subject has."""
    return await _by_subject.count(read, subject_ids, where)


@reads(_by_creator)
async def goals_by_creator(
    read: Transaction, user_ids: Sequence[UUID], page: Page, where: GoalFilter | None = None
) -> list[list[Goal]]:
    """A page of the goals that each person set, for themselves or for students."""
    return await _by_creator.read(read, user_ids, page, where)


async def count_goals_by_creator(
    read: Transaction, user_ids: Sequence[UUID], where: GoalFilter | None = None
) -> list[int]:
    """How many goals each person set."""
    return await _by_creator.count(read, user_ids, where)


async def lock_goal(work: Work, goal_id: UUID) -> Goal:
    """The goal, held against other writers until the work ends. Raises Refused (NOT_FOUND)."""
    goal = await work.first(_lock, goal_id=goal_id)
    if goal is None:
        raise Refused(Code.NOT_FOUND, "There is no such goal.", "id")
    return goal


async def insert_goal(work: Work, goal_id: UUID, draft: GoalDraft) -> Goal:
    """A new goal as it is stored. Raises Refused (NOT_FOUND) for a student or a subject that is not there."""
    statement = insert(goals).values(
        id=goal_id,
        student_id=draft.student_id,
        created_by=draft.created_by_id,
        subject_id=draft.subject_id,
        goal_type=draft.goal_type,
        title=draft.title,
        description=draft.description,
        target_completion_date=draft.target_completion_date,
    )
    with refusing(_REFUSALS):
        await work.execute("insert_goal", statement)
    return await lock_goal(work, goal_id)


async def update_goal(work: Work, goal_id: UUID, change: GoalChange) -> Goal:
    """The goal after the change. Raises Refused (NOT_FOUND) for a subject that is not there."""
    with refusing(_REFUSALS):
        await work.execute("update_goal", update(goals).where(goals.c.id == goal_id).values(**change.values()))
    return await lock_goal(work, goal_id)
