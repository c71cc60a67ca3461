"""`ratings` and `trial`: ratings worked out anew, and the rating model tried on recorded answers."""

import asyncio
import csv
import gzip
from decimal import Decimal
from pathlib import Path

import click

from commands.database import Place, ready, settings_usable
from db.replay import Replay, replay
from domain.choice_simulation import LESSON, simulate
from domain.rating_trial import MalformedAnswers, Prediction, quality, read_answers, replayed
from server import database_of
from settings import Settings


def ratings(settings: Settings, write: bool) -> bool:
    """Replay all answers; whether every stored rating is what they come to, or now is."""
    with ready(settings) as place:
        found = asyncio.run(_replay(settings, place, write))
    for what, count, other in (
        ("students' ratings", found.students, found.other_students),
        ("questions' ratings", found.questions, found.other_questions),
        ("memories of a question", found.familiarity, found.other_familiarity),
    ):
        click.echo(f"{count:,} {what}, {other:,} stored otherwise")
    click.echo(f"From {found.answers:,} answers at RATING_K={settings.rating_k}.")
    if found.differences and write:
        click.echo("What differed is stored anew.")
    elif found.differences:
        click.echo("Run `study-companion ratings --write` to store what the answers come to.", err=True)
    return write or not found.differences


async def _replay(settings: Settings, place: Place, write: bool) -> Replay:
    with settings_usable():
        database = database_of(settings, place.application)
    async with database:
        return await replay(database, settings.rating_k, write=write)


def trial(settings: Settings, file: Path) -> None:
    """Print how well the rating model predicts a file of answers. Raises click.ClickException."""
    try:
        with gzip.open(file, "rt", encoding="utf-8") if file.suffix == ".gz" else file.open(encoding="utf-8") as text:
            answers = read_answers(text)
        predictions = replayed(answers, settings.rating_k)
        students = sorted({answer.student for answer in answers})
        other_half = set(students[1::2])
        click.echo(f"{len(answers):,} answers of {len(students):,} students, RATING_K={settings.rating_k}")
        click.echo(f"{'':18}{'scored':>8}{'AUC':>8}{'Brier':>8}{'base':>8}{'calibration error':>20}")
        _report("all students", predictions)
        _report("every second", [one for one in predictions if one.student in other_half])
    except (MalformedAnswers, ValueError, csv.Error, EOFError) as error:
        raise click.ClickException(f"{file}: {error}.") from error


def trial_choice(settings: Settings, target: Decimal, students: int, items: int, answers: int) -> None:
    """Print how practice that is chosen at that aim comes out for students of known abilities."""
    click.echo(f"{students} students, {items:,} questions, {answers} answers each, RATING_K={settings.rating_k}")
    click.echo(
        f"{'':34}{'aim':>6}{'observed':>10}{'expected':>10}{'inflation':>11}{'drift':>8}{'error':>8}{'deviation':>11}"
    )
    for name, choices, lesson in (
        ("open questions", 0, LESSON),
        ("a third with four choices", 4, LESSON),
        ("nobody remembers a question", 0, 0.0),
    ):
        found = simulate(
            students=students,
            items=items,
            answers=answers,
            target=target,
            choices=choices,
            lesson=lesson,
            k=settings.rating_k,
        )
        click.echo(
            f"{name:34}{found.target:6.2f}{found.observed:10.3f}{found.predicted:10.3f}{found.inflation:11.1f}"
            f"{found.drift:8.1f}{found.error:8.1f}{found.deviation:11.1f}"
        )


def _report(name: str, predictions: list[Prediction]) -> None:
    found = quality(predictions)
    click.echo(
        f"{name:18}{found.answers:8,}{found.auc:8.4f}{found.brier:8.4f}{found.base_brier:8.4f}"
        f"{found.calibration_error:20.4f}"
    )
