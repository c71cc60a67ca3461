"""`rotate-keys`: everything encrypted, encrypted anew with the first key."""

import asyncio

import click

from commands.database import Place, ready, settings_usable
from commands.progress import Watched, progress
from db.rotation import rotate
from server import database_of
from settings import Settings


def rotate_keys(settings: Settings) -> bool:
    """Rotate; whether every text could be read."""
    with ready(settings) as place, progress("Encrypting anew", None) as watched:
        renewed, failed = asyncio.run(_rotate(settings, place, watched))
    click.echo(f"{renewed:,} texts encrypted anew{f', {failed:,} could not be read' if failed else ''}.")
    return not failed


async def _rotate(settings: Settings, place: Place, watched: Watched) -> tuple[int, int]:
    with settings_usable():
        database = database_of(settings, place.application)
    renewed = failed = 0
    async with database:
        async for step in rotate(database):
            renewed += step.renewed
            failed += len(step.failed)
            watched.advance(step.renewed + len(step.failed))
            for sentence in step.failed:
                watched.say(sentence)
    return renewed, failed
