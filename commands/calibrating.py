"""`calibrate`: what tutors said of answers becomes the companion's confidence."""

import asyncio

import click

from commands.database import Place, ready, settings_usable
from db.replies import insert_calibration, labels_by_engine, latest_calibration
from domain.companion.calibration import Calibration, Label, calibration_error, refitted
from server import database_of
from settings import Settings


def calibrate(settings: Settings, write: bool) -> None:
    """Fit each engine's confidence to the labels there are, show both, and keep it if told to."""
    with ready(settings) as place:
        asyncio.run(_calibrate(settings, place, write))


async def _calibrate(settings: Settings, place: Place, write: bool) -> None:
    with settings_usable():
        database = database_of(settings, place.application)
    async with database, database.system_work() as work:
        for engine, labels in (await labels_by_engine(work)).items():
            if not labels:
                click.echo(f"{engine}: no answer has been judged yet.")
                continue
            before = await latest_calibration(work, engine)
            after = refitted(before, labels)
            right = sum(label.right for label in labels)
            click.echo(
                f"{engine}: {len(labels):,} answers judged, {right:,} right; expected calibration error "
                f"{_error(before, labels):.3f} now, {_error(after, labels):.3f} after."
            )
            if write:
                await insert_calibration(work, engine, after, len(labels))
    if not write:
        click.echo("Nothing was changed; --write keeps what was fitted.")


def _error(calibration: Calibration, labels: list[Label]) -> float:
    return calibration_error([(float(calibration.score(label.evidence)), label.right) for label in labels])
