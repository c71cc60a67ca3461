"""`migrate` and what it can be asked instead."""

import sys

import click

from commands.database import opened
from db import migrate
from db.access import check_access
from db.migrate import DatabaseUnusable
from settings import Settings


def upgrade(settings: Settings) -> None:
    """Run what is missing and say so."""
    with opened(settings) as place:
        migrate.check_server(place.owner)
        ran = migrate.upgrade(place.owner)
        for revision in ran:
            click.echo(f"Ran {revision}.")
        if not ran:
            click.echo(f"Nothing to do: the database is at {migrate.status(place.owner).current}.")
        # Said here, where somebody with the rights to mend it is listening; the migration is good all the same.
        try:
            warnings = check_access(place.application).warnings
        except DatabaseUnusable as error:
            warnings = (str(error),)
        for warning in warnings:
            click.echo(f"Warning: {warning}", err=True)


def print_status(settings: Settings) -> bool:
    """Say where the database is; whether nothing is missing."""
    with opened(settings) as place:
        status = migrate.status(place.owner)
    click.echo(f"The database is at {status.current or 'no revision'}, the program at {status.head}.")
    for revision in status.pending:
        click.echo(f"Missing: {revision}")
    return not status.pending


def print_sql() -> None:
    """The SQL of all migrations, as one script."""
    sys.stdout.write(migrate.sql())
