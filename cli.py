"""The commands of `study-companion`."""

import functools
import logging
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

import click
import psycopg
from psycopg_pool import PoolTimeout
from pydantic import ValidationError
from sqlalchemy.exc import DBAPIError

from commands import (
    calibrating,
    checking,
    grading,
    importing,
    migrating,
    rating,
    rotating,
    serving,
    summarising,
    tokens,
    working,
)
from db.embedded import ServerUnavailable
from db.imports import ImportRefused
from db.migrate import DatabaseUnusable
from domain.errors import Refused
from domain.keyfile import KeyFileError
from schema.api import schema as graphql_schema
from settings import Settings

P = ParamSpec("P")
Texts = TypeVar("Texts", str, tuple[str, ...])

_SENTENCES = (DatabaseUnusable, ServerUnavailable, KeyFileError, ImportRefused, Refused)
"""Errors of the surroundings whose text is written for the person at the terminal."""


class Commands(click.Group):
    """Ends with one sentence where the surroundings are at fault, and quietly when interrupted."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            click.echo("Interrupted.", err=True)
            sys.exit(130)
        except _SENTENCES as error:
            raise click.ClickException(str(error)) from error
        except PoolTimeout as error:
            raise click.ClickException(f"The database does not answer in time: {error}.") from error
        except (psycopg.Error, DBAPIError) as error:
            reason = str(getattr(error, "orig", None) or error).partition("\n")[0]
            raise click.ClickException(f"The database refuses: {reason.rstrip('.')}.") from error
        except BrokenPipeError:
            # Whoever read our output has stopped; click knows what to do.
            raise
        except OSError as error:
            where = f" ({error.filename})" if error.filename else ""
            raise click.ClickException(f"{error.strerror or error}{where}.") from error


def with_settings(command: Callable[Concatenate[Settings, P], None]) -> Callable[P, None]:
    """Read the settings for a command, and log as they say."""

    @functools.wraps(command)
    def run(*args: P.args, **options: P.kwargs) -> None:
        try:
            settings = Settings()
        except ValidationError as error:
            problems = "; ".join(
                ": ".join(
                    [*(str(name).upper() for name in problem["loc"][:1]), problem["msg"].removeprefix("Value error, ")]
                )
                for problem in error.errors()
            )
            raise click.ClickException(f"A setting is wrong: {problems}.") from error
        # What libraries tell is for those who debug.
        logging.basicConfig(level="INFO" if settings.log_level == "DEBUG" else "WARNING", format=_LOG_FORMAT)
        logging.getLogger("study").setLevel(settings.log_level)
        if settings.log_level != "DEBUG":
            # It tells of each error with its traceback; what matters of it, the worker says in a line.
            logging.getLogger("procrastinate").setLevel(logging.CRITICAL)
        command(settings, *args, **options)

    return run


_LOG_FORMAT = "%(levelname)s %(name)s: %(message)s"


@click.group(cls=Commands)
def main() -> None:
    """The study companion: a GraphQL API with live subscriptions."""


@main.command()
@with_settings
def serve(settings: Settings) -> None:
    """Start everything and serve until stopped."""
    serving.serve(settings)


@main.command()
@with_settings
def worker(settings: Settings) -> None:
    """Do background jobs, and nothing else, until stopped."""
    working.work(settings)


@main.command()
@click.option("--sql", is_flag=True, help="Print the SQL that makes the schema, and change nothing.")
@click.option("--status", is_flag=True, help="Say which migrations are missing (exit code 1 if any), run none.")
@with_settings
def migrate(settings: Settings, sql: bool, status: bool) -> None:
    """Bring the database to this program's schema."""
    if sql and status:
        raise click.UsageError("--sql and --status do not go together.")
    if sql:
        migrating.print_sql()
    elif status:
        _exit(migrating.print_status(settings))
    else:
        migrating.upgrade(settings)


@main.group(name="import")
def import_() -> None:
    """Import a file of JSON lines, leaving what is there alone."""


def _utf8(context: click.Context, parameter: click.Parameter, value: Texts) -> Texts:
    """Bytes that are no UTF-8 come as halves of surrogate pairs, which no database takes."""
    try:
        "".join(value).encode()
    except UnicodeEncodeError:
        raise click.BadParameter("this is not UTF-8 text.") from None
    return value


FILE = click.argument("file", type=click.Path(path_type=Path))


@import_.command(name="transcripts")
@FILE
@click.option(
    "--student",
    "students",
    multiple=True,
    default=("student@demo.test",),
    show_default=True,
    metavar="EMAIL",
    callback=_utf8,
    help="Whose sessions they are; several students get them in turn.",
)
@click.option(
    "--tutor",
    default="tutor@demo.test",
    show_default=True,
    metavar="EMAIL",
    callback=_utf8,
    help="The tutor who held them.",
)
@with_settings
def import_transcripts(settings: Settings, file: Path, students: tuple[str, ...], tutor: str) -> None:
    """Import tutoring sessions with their transcripts."""
    _exit(importing.transcripts(settings, file, students, tutor))


@import_.command(name="practice")
@FILE
@with_settings
def import_practice(settings: Settings, file: Path) -> None:
    """Import questions for the practice bank."""
    _exit(importing.practice(settings, file))


@import_.command(name="material")
@FILE
@with_settings
def import_material(settings: Settings, file: Path) -> None:
    """Import study material that the companion answers from."""
    _exit(importing.material(settings, file))


@main.command(short_help="Write the summaries that are missing.")
@with_settings
def summarise(settings: Settings) -> None:
    """Write the summaries that sessions lack now, rather than when a worker comes to it (exit code 1 if not all)."""
    _exit(summarising.summarise(settings))


@main.command()
@click.argument("email", callback=_utf8)
@with_settings
def token(settings: Settings, email: str) -> None:
    """Print a development token for a person."""
    click.echo(tokens.token(settings, email))


@main.command()
def schema() -> None:
    """Print the schema (SDL)."""
    click.echo(graphql_schema.as_str())


@main.command(short_help="Work out all ratings anew from the answers.")
@click.option("--write", is_flag=True, help="Store what differs, as after a change of RATING_K.")
@with_settings
def ratings(settings: Settings, write: bool) -> None:
    """Work out all ratings anew from the answers, and say which are stored otherwise (exit code 1 if any)."""
    _exit(rating.ratings(settings, write))


@main.group()
def trial() -> None:
    """Try what the companion decides by, on recorded data."""


@trial.command(name="summaries")
@FILE
@click.option("--show", multiple=True, metavar="ID", help="Print the summaries whose ids begin with this as well.")
def trial_summaries(file: Path, show: tuple[str, ...]) -> None:
    """Summarise sessions from JSON lines with the embedded engine, check that, and plant lies (exit code 1 if any
    claim does not stand)."""
    _exit(summarising.trial(file, show))


@trial.command(name="grading")
@FILE
@click.option(
    "--show", type=click.IntRange(0), default=10, show_default=True, help="Print so many misjudged responses."
)
def trial_grading(file: Path, show: int) -> None:
    """Grade the answers of practice items from JSON lines in many writings, and near misses (exit code 1 if one
    scores)."""
    _exit(grading.trial(file, show))


@trial.command(name="ratings")
@FILE
@with_settings
def trial_ratings(settings: Settings, file: Path) -> None:
    """Predict each answer of a CSV file (student, item, correct, order; .gz too) and say how well."""
    rating.trial(settings, file)


@trial.command(name="choice")
@click.option("--target", type=click.FloatRange(0.5, 0.95), default=0.75, show_default=True, help="The aim.")
@click.option("--students", type=click.IntRange(1, 1_000), default=20, show_default=True)
@click.option(
    "--items", type=click.IntRange(10, 100_000), default=600, show_default=True, help="Questions in the bank."
)
@click.option("--answers", type=click.IntRange(50, 5_000), default=300, show_default=True, help="Of each student.")
@with_settings
def trial_choice(settings: Settings, target: float, students: int, items: int, answers: int) -> None:
    """Let students of known abilities practise what is chosen for them, and say how it comes out."""
    rating.trial_choice(settings, Decimal(str(target)), students, items, answers)


@main.command(short_help="Look whether everything is in order.")
@with_settings
def check(settings: Settings) -> None:
    """Look whether the settings and everything they name are in order (exit code 1 if not)."""
    _exit(checking.check(settings))


@main.command(short_help="Fit the companion's confidence to tutors' judgements.")
@click.option("--write", is_flag=True, help="Keep what was fitted; without it, only look.")
@with_settings
def calibrate(settings: Settings, write: bool) -> None:
    """Fit the companion's confidence to the answers that tutors judged, corrected or gave themselves."""
    calibrating.calibrate(settings, write)


@main.command(name="rotate-keys", short_help="Encrypt everything with the first key.")
@with_settings
def rotate_keys(settings: Settings) -> None:
    """Encrypt transcripts and notes anew with the first of the keys."""
    _exit(rotating.rotate_keys(settings))


def _exit(good: bool) -> None:
    if not good:
        sys.exit(1)


if __name__ == "__main__":
    sys.exit(main())
