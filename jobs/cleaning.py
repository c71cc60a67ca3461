"""Removing what is kept for a time only."""

from db.jobs import remove_old_jobs
from db.nudge_facts import remove_old_decisions
from jobs.tools import Tools


async def clean_up(tools: Tools) -> None:
    """Remove jobs that failed long ago, and old decisions that led to no nudge."""
    async with tools.database.system_work() as work:
        await remove_old_jobs(work)
        await remove_old_decisions(work)
