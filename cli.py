"""The commands of `study-companion`."""

import asyncio
import logging
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import click
import uvicorn
from pydantic import ValidationError

from db import migrate as migrations
from db.embedded import SUPERUSER, ServerUnavailable, running
from db.engine import APPLICATION_ROLE
from db.migrate import DatabaseUnusable
from domain.identity.choice import IdentitySettingsError
from schema.api import schema as graphql_schema
from server import create_app
from settings import Settings

DATABASE_NAME = "study"


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the database is, for its owner and for the application."""

    owner: str
    application: str


@contextmanager
def database(settings: Settings, *, exclusive: bool = False) -> Iterator[Addresses]:
    """The database that the settings name, or the embedded one, started for as long as it is needed."""
    if settings.database_url is not None:
        application = settings.database_url.get_secret_value()
        owner = settings.migration_database_url
        yield Addresses(owner.get_secret_value() if owner else application, application)
        return
    with running(settings.study_data_dir, exclusive=exclusive) as embedded:
        embedded.prepare(DATABASE_NAME)
        yield Addresses(embedded.url(SUPERUSER, DATABASE_NAME), embedded.url(APPLICATION_ROLE, DATABASE_NAME))


@click.group()
@click.pass_context
def main(context: click.Context) -> None:
    """The study companion: a GraphQL API with live subscriptions."""
    try:
        settings = Settings()
    except ValidationError as error:
        problems = "; ".join(
            f"{'.'.join(map(str, problem['loc'])).upper()}: {problem['msg']}" for problem in error.errors()
        )
        raise click.ClickException(f"A setting is wrong: {problems}.") from error
    logging.basicConfig(level=settings.log_level.upper(), format="%(levelname)s %(name)s: %(message)s")
    context.obj = settings


@main.command()
@click.pass_obj
def serve(settings: Settings) -> None:
    """Start everything and serve until stopped."""
    listener = _listen(settings.host, settings.port)
    with _plain_errors(), database(settings, exclusive=True) as addresses:
        migrations.check_server(addresses.owner)
        migrations.upgrade(addresses.owner)
        app = create_app(settings, addresses.application)
        host, port = listener.getsockname()[:2]
        click.echo(f"GraphQL and GraphiQL  http://{host}:{port}/graphql")
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", ws="websockets-sansio"))
        asyncio.run(server.serve(sockets=[listener]))


@main.command()
def schema() -> None:
    """Print the schema (SDL)."""
    click.echo(graphql_schema.as_str())


@contextmanager
def _plain_errors() -> Iterator[None]:
    """Problems of the surroundings end in one sentence, not a traceback."""
    try:
        yield
    except (DatabaseUnusable, ServerUnavailable, IdentitySettingsError, ValueError) as error:
        raise click.ClickException(str(error)) from error


def _listen(host: str, port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        raise click.ClickException(
            f"Cannot serve on {host}:{port}: {error.strerror}. Stop what uses it or set PORT to another port."
        ) from error
    return listener


if __name__ == "__main__":
    sys.exit(main())
