"""Counting what was done: points, streaks, levels, badges, and what it means for goals."""

from collections.abc import Iterable
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from db import progress as progress_db
from db.engine import Work
from domain import progress
from domain.clock import now
from domain.events import Event, EventKind
from domain.progress import ActiveGoal, EntryKind
from domain.users import zone_of
from jobs.tools import Tools


async def count_practice(tools: Tools, practice_id: UUID) -> None:
    """Count completed practice, once."""
    await _count(tools, EntryKind.PRACTICE, practice_id)


async def count_session(tools: Tools, session_id: UUID) -> None:
    """Count a session, once."""
    await _count(tools, EntryKind.SESSION, session_id)


async def count_goal(tools: Tools, goal_id: UUID) -> None:
    """Count a goal that was reached, once, however often it is reopened."""
    await _count(tools, EntryKind.GOAL, goal_id)


async def end_streaks(tools: Tools) -> None:
    """Write down the streaks that ended because nothing was done."""
    last = UUID(int=0)
    while True:
        async with tools.database.system_work() as work:
            students = await progress_db.students_on_a_streak(work, last)
        for student_id in students:
            # Each by itself: who holds several students waits for others in a circle.
            async with tools.database.system_work() as work:
                await _stand(work, student_id, 0, now())
        if not students:
            return
        last = students[-1]


async def refresh_analytics(tools: Tools, user_id: UUID | None = None) -> None:
    """Count anew what is aggregated with a person, or with everybody."""
    async with tools.database.system_work() as work:
        await progress_db.refresh_analytics(work, user_id)


async def _count(tools: Tools, kind: EntryKind, source_id: UUID) -> None:
    async with tools.database.system_work() as work:
        done = await progress_db.work_done(work, kind, source_id)
        # The lock comes before the entry: two who count for one student take turns.
        if done is None or (stored := await progress_db.lock_standing(work, done.student_id)) is None:
            return
        day = progress.day_of(done.occurred_at, zone_of(stored.profile))
        xp = progress.points(done, await progress_db.points_by_practice(work, done.student_id, *day))
        if not await progress_db.add_entry(work, done, None, xp, 0):
            return
        for goal in await progress_db.active_goals(work, done.student_id):
            percent = progress.share(done, goal)
            related = goal.subject_id in (None, done.subject_id) and done.occurred_at >= goal.created_at
            if related and await progress_db.add_entry(work, done, goal.id, xp, percent):
                await progress_db.update_goal_progress(
                    work, goal.id, goal.completion_percentage + percent, goal.xp_earned + xp, 0
                )
                work.tell(Event(EventKind.GOAL_PROGRESS, done.student_id, goal.id))
        await _stand(work, done.student_id, xp, now())


async def _stand(work: Work, student_id: UUID, earned: int, at: datetime) -> None:
    """Write where a student and their goals stand, with points just earned."""
    stored = await progress_db.lock_standing(work, student_id)
    if stored is None:
        return
    zone = zone_of(stored.profile)
    worked = await progress_db.quarters_worked(work, student_id, at)
    today = progress.local_day(at, zone)
    standing = []  # of the goals
    for goal in await progress_db.active_goals(work, student_id):
        days = progress.streak(_days(worked, zone, goal), today)
        standing.append((goal, days))
        await progress_db.update_goal_progress(work, goal.id, goal.completion_percentage, goal.xp_earned, days)
    days = progress.streak(_days(worked, zone), today)
    totals = await progress_db.totals_of(work, student_id)
    reached = progress.standing(stored.gamification, earned, totals, days)
    tracked = progress.tracked(stored.profile, standing)
    await progress_db.update_standing(work, student_id, progress_db.Stored(profile=tracked, gamification=reached))
    if reached != stored.gamification:
        work.tell(Event(EventKind.PROGRESS_CHANGED, student_id, student_id))


def _days(worked: Iterable[tuple[UUID | None, datetime]], zone: ZoneInfo, goal: ActiveGoal | None = None) -> set[date]:
    """The days with work, on a goal's subject where there is one."""
    subject_id = None if goal is None else goal.subject_id
    return {
        progress.local_day(moment, zone) for subject, moment in worked if subject_id is None or subject == subject_id
    }
