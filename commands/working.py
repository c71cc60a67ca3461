"""`worker`: background jobs in a process of their own, for where there are several machines."""

import asyncio
import logging
import signal
from contextlib import suppress

import click

from commands.database import Place, ready, settings_usable
from db.live import Live
from jobs.tools import Tools
from server import database_of, live_of, model_of, tools_of, worker_of
from settings import Settings

log = logging.getLogger("study.jobs")


def work(settings: Settings) -> None:
    """Do jobs until told to stop. Raises click.ClickException and what `ready` raises."""
    with ready(settings) as place:
        with settings_usable():
            database = database_of(settings, place.application)
            live = live_of(settings, database, place.application)
            tools = tools_of(settings, database, model_of(settings))
        if asyncio.run(_work(settings, place, tools, live)):
            raise click.ClickException(
                f"The embedded PostgreSQL ended: see {settings.study_data_dir / 'postgresql.log'}, then start again."
            )


async def _work(settings: Settings, place: Place, tools: Tools, live: Live) -> bool:
    """Whether it ended because the embedded database did. `live` is to tell of what jobs did."""
    told = asyncio.Event()
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(each) is not signal.SIG_IGN:
            asyncio.get_running_loop().add_signal_handler(each, told.set)
    try:
        async with tools.database, live, worker_of(settings, tools, place.application):
            click.echo(f"Doing background jobs, {settings.jobs_at_once} at a time.")
            while not told.is_set():
                if place.embedded is not None and not place.embedded.is_running():
                    return True
                with suppress(TimeoutError):
                    async with asyncio.timeout(1):
                        await told.wait()
    finally:
        if tools.model is not None:
            await tools.model.aclose()
    return False
