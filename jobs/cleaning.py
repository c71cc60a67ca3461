"""Removing what is kept for a time only."""

from db.jobs import remove_old_jobs
from jobs.tools import Tools


async def clean_up(tools: Tools) -> None:
    """Remove jobs that failed long ago."""
    async with tools.database.system_work() as work:
        await remove_old_jobs(work)
