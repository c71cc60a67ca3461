"""`check`: whether all that the settings name is there and fits; it changes nothing but for a probe in the store."""

import asyncio
import os
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID, uuid4

import click
import psycopg
from sqlalchemy.exc import DBAPIError

from commands.database import ENCRYPTION_KEY_FILE, Place, opened, refuse_lost_keys
from db import migrate
from db.access import as_application, check_access
from db.embedded import ServerUnavailable
from db.encryption import CannotDecrypt, KeyRing, context_of
from db.migrate import DatabaseUnusable, connect
from db.object_store import TranscriptStore, TranscriptUnavailable
from domain.companion.model import ModelFailed
from domain.identity.choice import verifier_for
from domain.identity.jwks import RemoteKeys
from domain.identity.local_issuer import KEY_FILE, LocalIssuer
from domain.identity.tokens import InvalidToken
from domain.keyfile import KeyFileError
from server import model_of
from settings import Settings, separated


class _Wrong(Exception):
    """Something is not as it must be; the text is the sentence to print."""


_EXPECTED = (
    _Wrong,
    DatabaseUnusable,
    ServerUnavailable,
    KeyFileError,
    ValueError,
    CannotDecrypt,
    psycopg.Error,
    DBAPIError,
)


@dataclass(slots=True)
class _Report:
    """What has been found so far."""

    good: bool = True

    def note(self, mark: str, name: str, text: str) -> None:
        """A line."""
        click.echo(f"{mark:<8} {name:<11} {text}")

    def run(self, name: str, look: Callable[[], str]) -> bool:
        """One check; `look` gives what it found or raises. Whether it was good."""
        try:
            self.note("ok", name, look())
        except _EXPECTED as error:
            self.good = False
            self.note("WRONG", name, str(error).partition("\n")[0])
            return False
        return True


def check(settings: Settings) -> bool:
    """Print a line for each part; whether all is well."""
    report = _Report()
    report.note("ok", "settings", "they can be read")
    report.run("data folder", lambda: _folder(settings))
    if settings.database_url is None and not (settings.study_data_dir / "postgresql").exists():
        report.note("ok", "database", "none yet; `study-companion serve` makes the embedded one")
        report.run("keys", lambda: _keys(settings, None))
    else:
        _check_database(settings, report)
    report.run("store", lambda: asyncio.run(_store(settings)))
    report.run("identity", lambda: asyncio.run(_identity(settings)))
    report.run("model", lambda: asyncio.run(_model(settings)))
    return report.good


def _check_database(settings: Settings, report: _Report) -> None:
    try:
        with opened(settings) as place:
            # Each goes without saying where the one before is wrong.
            _ = (
                report.run("database", lambda: _database(place))
                and report.run("migrations", lambda: _migrations(place))
                and report.run("access", lambda: _access(place, report))
                and report.run("keys", lambda: _keys(settings, place))
            )
    except ServerUnavailable as error:
        report.good = False
        report.note("WRONG", "database", str(error))


def _folder(settings: Settings) -> str:
    folder = settings.study_data_dir
    if not folder.exists():
        return f"{folder} (made when it is needed)"
    if not folder.is_dir():
        raise _Wrong(f"{folder} is not a folder: set STUDY_DATA_DIR to another.")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise _Wrong(f"{folder} cannot be written to: set STUDY_DATA_DIR to another, or change its owner.")
    return str(folder)


def _database(place: Place) -> str:
    with connect(place.application) as connection:
        migrate.refuse_old(connection.info.server_version)
        version = connection.info.parameter_status("server_version")
        where = "embedded" if place.embedded else f"{connection.info.host}, database {connection.info.dbname}"
    return f"PostgreSQL {version}, {where}"


def _migrations(place: Place) -> str:
    status = migrate.status(place.owner)
    if status.pending:
        raise _Wrong(
            f"The database is at {status.current or 'no revision'} and the program at {status.head}: "
            "run `study-companion migrate`."
        )
    return f"at {status.current}, nothing to do"


def _access(place: Place, report: _Report) -> str:
    access = check_access(place.application)
    for warning in access.warnings:
        report.note("warning", "access", warning)
    return f"as {access.user}, held by row security"


def _keys(settings: Settings, place: Place | None) -> str:
    """Every key that a stored text names is there, and opens one of its texts."""
    if place:
        refuse_lost_keys(settings, place)
    samples = _samples(place) if place else []
    file = settings.study_data_dir / ENCRYPTION_KEY_FILE
    if settings.encryption_keys is not None:
        keys = KeyRing.from_setting(settings.encryption_keys.get_secret_value())
        where = "ENCRYPTION_KEYS"
    elif file.exists():
        keys, where = KeyRing.from_file(file), str(file)
    else:
        return f"none yet; the first start makes {file}"
    for context, text in samples:
        keys.decrypt(text, context)
    return f"{where}, tried on {len(samples)} stored texts"


def _samples(place: Place) -> list[tuple[str, str]]:
    """Of each key one text in each column that is encrypted, with its context."""
    found = []
    with connect(as_application(place.application)) as connection:
        connection.execute("select set_system()")
        for view, key, column, table in (
            ("session_transcripts", "session_id", "transcript_text", "sessions"),
            ("session_notes", "session_id", "notes", "sessions"),
            ("assignment_notes", "assignment_id", "notes", "tutor_student_assignments"),
        ):
            rows: list[tuple[UUID, str]] = connection.execute(
                f"select distinct on (split_part(left({column}, 40), ':', 2)) {key}, {column} from {view}"
                f" where {column} is not null order by split_part(left({column}, 40), ':', 2)".encode()
            ).fetchall()
            found += [(context_of(table, column, row_id), text) for row_id, text in rows]
    return found


async def _store(settings: Settings) -> str:
    if settings.transcript_store_url is None:
        return "none set; transcripts are kept in the database"
    store = TranscriptStore(settings.transcript_store_url, endpoint=settings.s3_endpoint_url)
    probe = uuid4()
    try:
        url = await store.put(probe, b"probe")
        try:
            if await store.get(url) != b"probe":
                raise _Wrong("TRANSCRIPT_STORE_URL gives back something else than was put there.")
        finally:
            await store.delete(url)
    except TranscriptUnavailable as error:
        raise _Wrong(f"TRANSCRIPT_STORE_URL: {error.message}") from error
    return f"{settings.transcript_store_url} takes, gives back and removes"


async def _model(settings: Settings) -> str:
    """The key is taken, and there are models of these names; nothing is generated."""
    model = model_of(settings)
    if model is None:
        return "none: OPENAI_API_KEY is not set, and the embedded engine writes"
    try:
        names = await model.probe()
    except ModelFailed as error:
        raise _Wrong(f"At {settings.openai_base_url}, {error}.") from error
    finally:
        await model.aclose()
    return f"{' and '.join(names)} at {settings.openai_base_url}"


async def _identity(settings: Settings) -> str:
    if settings.cognito_issuer or settings.cognito_jwks_url or settings.cognito_client_ids:
        verifier = verifier_for(
            data_dir=settings.study_data_dir,
            cognito_issuer=settings.cognito_issuer,
            cognito_jwks_url=settings.cognito_jwks_url,
            cognito_client_ids=separated(settings.cognito_client_ids),
        )
        await verifier.aclose()
        url = settings.cognito_jwks_url or f"{settings.cognito_issuer}/.well-known/jwks.json"
        keys = RemoteKeys(url)
        try:
            await keys.key("a key that there is not")
        except InvalidToken as error:
            raise _Wrong(f"The keys of COGNITO_ISSUER cannot be fetched from {url}.") from error
        finally:
            await keys.aclose()
        return f"tokens of {settings.cognito_issuer}"
    if not (settings.study_data_dir / KEY_FILE).exists():
        return "development tokens; the first start makes their key"
    LocalIssuer.load(settings.study_data_dir)
    return "development tokens of this machine; COGNITO_ISSUER is not set"
