"""The database of a command: found or started, and brought to where the command can work."""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import click

from db import migrate
from db.access import Access, check_access, holds_ciphertext
from db.demo import load_demo
from db.embedded import APPLICATION_ROLE, SUPERUSER, Server, running
from domain.clock import now
from domain.keyfile import KeyFileError
from server import database_of
from settings import Settings

DATABASE_NAME = "study"
ENCRYPTION_KEY_FILE = "encryption.key"

log = logging.getLogger("study.commands")


@dataclass(frozen=True, slots=True)
class Place:
    """Where the database is."""

    owner: str
    """Its address for whoever owns the tables, as far as the settings say."""
    application: str
    embedded: Server | None
    """The embedded server; None where the settings name another."""


@contextmanager
def opened(settings: Settings, *, exclusive: bool = False) -> Iterator[Place]:
    """The database that the settings name, or the embedded one, running for as long as the block.

    `exclusive` is for the one who serves; others use the server that runs already.
    Raises ServerUnavailable.
    """
    if settings.database_url is not None:
        application = settings.database_url.get_secret_value()
        owner = settings.migration_database_url
        yield Place(owner.get_secret_value() if owner else application, application, None)
        return
    with running(settings.study_data_dir, exclusive=exclusive) as server:
        server.prepare(DATABASE_NAME)
        yield Place(server.url(SUPERUSER, DATABASE_NAME), server.url(APPLICATION_ROLE, DATABASE_NAME), server)


@contextmanager
def ready(settings: Settings) -> Iterator[Place]:
    """The database as a command other than `serve` needs it: the embedded one is made ready, others must be.

    Raises ServerUnavailable, DatabaseUnusable and KeyFileError.
    """
    with opened(settings) as place:
        if place.embedded is None:
            check_access(place.application)
            refuse_lost_keys(settings, place)
        else:
            make_ready(settings, place)
        yield place


def make_ready(settings: Settings, place: Place) -> Access:
    """Migrate, and load the demo data where they are wanted. Raises DatabaseUnusable and KeyFileError."""
    migrate.check_server(place.owner)
    ran = migrate.upgrade(place.owner)
    if ran:
        log.info("migrated the database: %s", ", ".join(ran))
    access = check_access(place.application)
    refuse_lost_keys(settings, place)
    wanted = place.embedded is not None if settings.demo_data is None else settings.demo_data
    if wanted and asyncio.run(_load_demo(settings, place.application)):
        log.info("loaded the demo people and their data")
    return access


def refuse_lost_keys(settings: Settings, place: Place) -> None:
    """Refuse to go on where a new key file would be made beside texts of a lost one. Raises KeyFileError.

    Whoever found the old file later would lose the new one by putting it back.
    """
    file = settings.study_data_dir / ENCRYPTION_KEY_FILE
    if settings.encryption_keys is None and not file.exists() and holds_ciphertext(place.application):
        raise KeyFileError(
            f"{file} is gone, and the database holds texts that only its keys can open: "
            "restore it, or set ENCRYPTION_KEYS to them."
        )


@contextmanager
def settings_usable() -> Iterator[None]:
    """What the parts that are built in the block say of the settings that they were given, as a sentence."""
    try:
        yield
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    except ImportError as error:
        raise click.ClickException(f"A setting asks for the package {error.name}, which is not installed.") from error


async def _load_demo(settings: Settings, url: str) -> bool:
    with settings_usable():
        database = database_of(settings, url)
    async with database:
        return await load_demo(database, now())
