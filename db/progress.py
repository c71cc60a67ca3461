"""What earned points, counted once, and where a student stands by it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    DateTime,
    Numeric,
    Uuid,
    bindparam,
    case,
    cast,
    func,
    literal,
    literal_column,
    select,
    text,
    union_all,
    update,
)
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.sql import ColumnElement

from db.engine import Transaction
from db.engine import Work as UnitOfWork
from db.statement import Compiled, Statement
from db.tables import goals, practice_assignments, progress_entries, sessions, subjects, user_details, users
from domain.progress import LOOK_BACK, ActiveGoal, EntryKind, Totals, Work

_SOURCE = bindparam("source_id", type_=Uuid())
_STUDENT = bindparam("student_id", type_=Uuid())

_works = {
    EntryKind.PRACTICE: Statement(
        "completed_practice",
        select(
            literal(EntryKind.PRACTICE.value).label("kind"),
            practice_assignments.c.id.label("source_id"),
            practice_assignments.c.student_id,
            practice_assignments.c.subject_id,
            practice_assignments.c.completed_at.label("occurred_at"),
            practice_assignments.c.performance_score.label("score"),
        ).where(
            practice_assignments.c.id == _SOURCE,
            practice_assignments.c.completed,
            practice_assignments.c.completed_at.is_not(None),
        ),
        Work,
    ),
    EntryKind.SESSION: Statement(
        "held_session",
        select(
            literal(EntryKind.SESSION.value).label("kind"),
            sessions.c.id.label("source_id"),
            sessions.c.student_id,
            sessions.c.subject_id,
            sessions.c.session_date.label("occurred_at"),
            literal_column("null::numeric").label("score"),
        ).where(sessions.c.id == _SOURCE),
        Work,
    ),
    EntryKind.GOAL: Statement(
        "reached_goal",
        select(
            literal(EntryKind.GOAL.value).label("kind"),
            goals.c.id.label("source_id"),
            goals.c.student_id,
            goals.c.subject_id,
            goals.c.confirmed_at.label("occurred_at"),
            literal_column("null::numeric").label("score"),
        ).where(goals.c.id == _SOURCE, goals.c.status == "completed", goals.c.confirmed_at.is_not(None)),
        Work,
    ),
}
# Not `for update`: other rows that point at the student may be written meanwhile.
_lock = Compiled("lock_student", select(users.c.id).where(users.c.id == _STUDENT).with_for_update(key_share=True))
_stored = Compiled(
    "stored_standing",
    select(user_details.c.profile, user_details.c.gamification).where(user_details.c.user_id == _STUDENT),
)
_active = Statement(
    "goals_worked_on",
    select(
        goals.c.id,
        goals.c.subject_id,
        subjects.c.name.label("subject"),
        goals.c.completion_percentage,
        goals.c.xp_earned,
        goals.c.created_at,
    )
    .join_from(goals, subjects, goals.c.subject_id == subjects.c.id, isouter=True)
    .where(goals.c.student_id == _STUDENT, goals.c.status == "active")
    .order_by(goals.c.created_at, goals.c.id)
    .with_for_update(of=goals),
    ActiveGoal,
)
_practised = Compiled(
    "points_by_practice",
    select(func.coalesce(func.sum(progress_entries.c.xp), 0)).where(
        progress_entries.c.student_id == _STUDENT,
        progress_entries.c.kind == EntryKind.PRACTICE.value,
        progress_entries.c.goal_id.is_(None),
        progress_entries.c.occurred_at >= bindparam("since", type_=DateTime(timezone=True)),
        progress_entries.c.occurred_at < bindparam("until", type_=DateTime(timezone=True)),
    ),
)
_add = upsert(progress_entries).on_conflict_do_nothing(constraint="progress_entries_once_key")
_count = func.count()
_totals = Statement(
    "totals_of_student",
    select(
        select(_count)
        .where(practice_assignments.c.student_id == _STUDENT, practice_assignments.c.performance_score > 0)
        .scalar_subquery()
        .label("practice"),
        select(_count)
        .where(practice_assignments.c.student_id == _STUDENT, practice_assignments.c.performance_score >= 1)
        .scalar_subquery()
        .label("right"),
        select(_count).where(sessions.c.student_id == _STUDENT).scalar_subquery().label("sessions"),
        select(_count)
        .where(goals.c.student_id == _STUDENT, goals.c.status == "completed", goals.c.confirmed_at.is_not(None))
        .scalar_subquery()
        .label("goals"),
    ),
    Totals,
)


def _quarters(table: Any, time: ColumnElement[Any]) -> Any:
    """The quarter hours with work in them: no time zone's day begins within one, and there are few."""
    quarter = func.date_bin(literal_column("interval '15 minutes'"), time, literal_column("timestamptz 'epoch'"))
    since = bindparam("since", type_=DateTime(timezone=True))
    until = bindparam("until", type_=DateTime(timezone=True))
    return (
        select(table.c.subject_id, quarter.label("quarter"))
        .where(table.c.student_id == _STUDENT, time >= since, time <= until)
        .distinct()
    )


_worked = Compiled(
    "quarters_worked",
    union_all(
        _quarters(practice_assignments, practice_assignments.c.completed_at),
        _quarters(sessions, sessions.c.session_date),
    ),
)
_streaks = user_details.c.gamification["streaks"]
# Old rows may hold anything there.
_days = case((func.jsonb_typeof(_streaks) == "number", cast(_streaks.astext, Numeric)), else_=0)
_on_a_streak = Compiled(
    "students_on_a_streak",
    select(user_details.c.user_id)
    .where(_days > 0, user_details.c.user_id > bindparam("after"))
    .order_by(user_details.c.user_id)
    .limit(200),
)


@dataclass(frozen=True, slots=True)
class Stored:
    """The columns of users that progress writes."""

    profile: dict[str, Any]
    gamification: dict[str, Any]


async def work_done(work: UnitOfWork, kind: EntryKind, source_id: UUID) -> Work | None:
    """What was done; None when it is not there, or not done after all."""
    return await work.first(_works[kind], source_id=source_id)


async def lock_standing(work: UnitOfWork, student_id: UUID) -> Stored | None:
    """Where the student stands, held against others who count; None when the student is gone."""
    if not await work.run(_lock, {"student_id": student_id}):
        return None
    ((profile, gamification),) = await work.run(_stored, {"student_id": student_id})
    return Stored(profile, gamification)


async def points_by_practice(work: UnitOfWork, student_id: UUID, since: datetime, until: datetime) -> int:
    """What the student's practice between two moments has earned so far."""
    ((earned,),) = await work.run(_practised, {"student_id": student_id, "since": since, "until": until})
    return int(earned)


async def add_entry(work: UnitOfWork, done: Work, goal_id: UUID | None, xp: int, percent: Any) -> bool:
    """Count something; whether it had not been counted."""
    statement = _add.values(
        student_id=done.student_id,
        kind=done.kind.value,
        source_id=done.source_id,
        goal_id=goal_id,
        xp=xp,
        percent=percent,
        occurred_at=done.occurred_at,
    )
    return bool(await work.execute("add_progress_entry", statement.returning(progress_entries.c.id)))


async def active_goals(work: UnitOfWork, student_id: UUID) -> list[ActiveGoal]:
    """The goals that the student works on, oldest first, held against other writers."""
    return await work.rows(_active, student_id=student_id)


async def quarters_worked(work: UnitOfWork, student_id: UUID, now: datetime) -> list[tuple[UUID | None, datetime]]:
    """When the student worked, on which subject, to the quarter of an hour; for as long as a streak can be."""
    rows = await work.run(_worked, {"student_id": student_id, "since": now - LOOK_BACK, "until": now})
    return [(subject_id, quarter) for subject_id, quarter in rows]


async def totals_of(work: UnitOfWork, student_id: UUID) -> Totals:
    """What the student has done so far."""
    (found,) = await work.rows(_totals, student_id=student_id)
    return found


async def update_goal_progress(work: UnitOfWork, goal_id: UUID, percentage: Any, xp: int, streak: int) -> None:
    """Write where a goal is."""
    values = {"completion_percentage": percentage, "xp_earned": xp, "current_streak": streak}
    await work.execute("update_goal_progress", update(goals).where(goals.c.id == goal_id).values(values))


async def update_standing(work: UnitOfWork, student_id: UUID, stored: Stored) -> None:
    """Write where the student stands."""
    values = {"profile": stored.profile, "gamification": stored.gamification}
    await work.execute("update_standing", update(users).where(users.c.id == student_id).values(values))


async def students_on_a_streak(read: Transaction, after: UUID) -> list[UUID]:
    """Students whose streak may have ended, in the order of their ids, at most 200 after this one."""
    return [student_id for (student_id,) in await read.run(_on_a_streak, {"after": after})]


_analytics = Compiled(
    "refresh_analytics",
    text("""
        with counted as (
            select
                person.id,
                person.updated_at,
                case person.role
                    when 'tutor' then jsonb_build_object(
                        'override_count', (select count(*) from overrides where tutor_id = person.id)
                    )
                    else jsonb_build_object(
                        'confidence_distribution', (
                            select coalesce(jsonb_object_agg(confidence, percent), '{}') from (
                                select confidence, round(100.0 * count(*) / sum(count(*)) over (), 1) as percent
                                from qa_interactions
                                where student_id = person.id and outcome <> 'safeguarding' group by confidence
                            ) as answers
                        ),
                        'nudge_engagement', (
                            select jsonb_build_object(
                                'opened', round(100.0 * count(opened_at) / greatest(count(*), 1), 1),
                                'clicked', round(100.0 * count(clicked_at) / greatest(count(*), 1), 1)
                            ) from nudges where user_id = person.id
                        )
                    )
                end as found
            from users as person
            where person.role in ('student', 'tutor')
                and (cast(:user_id as uuid) is null or person.id = cast(:user_id as uuid))
        )
        update users set analytics = user_details.analytics || counted.found
        from counted join user_details on user_details.user_id = counted.id
        where users.id = counted.id and not user_details.analytics @> counted.found
            -- Whoever wrote while this waited for them has counted on from what this did not see yet.
            and users.updated_at = counted.updated_at
    """),
)


async def refresh_analytics(work: UnitOfWork, user_id: UUID | None = None) -> None:
    """Count anew what is aggregated with a person, or with everybody; writes only what is different.

    For students how sure the answers were and how nudges were taken, for tutors their overrides; summaries, practice
    and sessions are in none of these figures. Whoever is changed meanwhile is left to the next time.
    """
    await work.run(_analytics, {"user_id": user_id})
