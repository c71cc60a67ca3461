"""`trial grading`: the grading of practice tried on a bank."""

import asyncio
from pathlib import Path

import click

from domain.algebra.process import Algebra
from domain.grading_trial import GradingTrial, try_out
from domain.imports import PracticeRecord, practice_record, read_records


def trial(file: Path, show: int) -> bool:
    """Print how many writings of the answers in a file of questions score 1, and how many wrong ones score at all.

    At most `show` responses that were misjudged are printed. Whether no wrong one scored; nothing is kept. Raises
    click.ClickException.
    """
    try:
        with file.open("rb") as content:
            records = [line.record for line in read_records(content, practice_record) if line.record]
    except OSError as error:
        raise click.ClickException(f"{file} cannot be read: {error.strerror}.") from error
    found = asyncio.run(_try_out(records))
    click.echo(f"{found.items:,} questions")
    click.echo(f"Right, in other writings: {found.taken.total():,} of {found.written.total():,} score 1.")
    for way, count in found.written.items():
        if found.taken[way] < count:
            click.echo(f"  {way}: {found.taken[way]:,} of {count:,}")
    click.echo(f"Wrong, but near: {found.fooled.total():,} of {found.planted.total():,} score above 0.")
    for way, count in found.planted.items():
        if found.fooled[way]:
            click.echo(f"  {way}: {found.fooled[way]:,} of {count:,}")
    for record, text, score in found.misjudged[:show]:
        click.echo(f"{record.external_id}: {text!r} scores {score}, where the answer is {record.answer!r}")
    return not found.fooled.total()


async def _try_out(records: list[PracticeRecord]) -> GradingTrial:
    async with Algebra() as algebra:
        return await try_out(records, algebra)
