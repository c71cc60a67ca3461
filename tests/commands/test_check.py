"""`check`: it finds what is wrong, says it in one line, and changes nothing."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Queue
from threading import Event, Thread

import psycopg
import pytest

from db.embedded import SUPERUSER, running
from db.encryption import new_key
from db.migrate import status, upgrade
from domain.identity.local_issuer import LocalIssuer
from tests.commands.conftest import Cli, login, rows, said
from tests.openai_server import KEY, OpenAIServer, openai_server
from tests.servers import Database

SESSION = {"id": "s", "subject": "Art", "turns": [{"speaker": "tutor", "text": "Look."}]}


def _found(cli: Cli, **settings: object) -> tuple[int, dict[str, str]]:
    """The exit code, and of each part what was said: `mark: text`."""
    result = cli("check", **settings)
    assert result.stderr == ""
    lines = [(line[:8].strip(), line[9:20].strip(), line[21:]) for line in result.stdout.splitlines()]
    return result.exit_code, {
        f"{name} ({mark})" if mark == "warning" else name: f"{mark}: {text}" for mark, name, text in lines
    }


def test_all_is_well(cli: Cli, database: Database, data_dir: Path) -> None:
    revision = status(database.owner_url).head
    LocalIssuer.load(data_dir)
    with psycopg.connect(database.app_url) as connection:
        version, host = connection.info.parameter_status("server_version"), connection.info.host
    assert _found(
        cli, DATABASE_URL=database.app_url, MIGRATION_DATABASE_URL=database.owner_url, ENCRYPTION_KEYS=new_key()
    ) == (
        0,
        {
            "settings": "ok: they can be read",
            "data folder": f"ok: {data_dir}",
            "database": f"ok: PostgreSQL {version}, {host}, database {database.name}",
            "migrations": f"ok: at {revision}, nothing to do",
            "access": "ok: as study_app, held by row security",
            "keys": "ok: ENCRYPTION_KEYS, tried on 0 stored texts",
            "store": "ok: none set; transcripts are kept in the database",
            "identity": "ok: development tokens of this machine; COGNITO_ISSUER is not set",
            "model": "ok: none: OPENAI_API_KEY is not set, and the embedded engine writes",
        },
    )


def test_before_the_first_start_nothing_is_made(cli: Cli, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    code, found = _found(cli, STUDY_DATA_DIR=folder)
    assert (code, found) == (
        0,
        {
            "settings": "ok: they can be read",
            "data folder": f"ok: {folder} (made when it is needed)",
            "database": "ok: none yet; `study-companion serve` makes the embedded one",
            "keys": f"ok: none yet; the first start makes {folder / 'encryption.key'}",
            "store": "ok: none set; transcripts are kept in the database",
            "identity": "ok: development tokens; the first start makes their key",
            "model": "ok: none: OPENAI_API_KEY is not set, and the embedded engine writes",
        },
    )
    assert not folder.exists()


def test_a_data_folder_that_is_a_file(cli: Cli, tmp_path: Path) -> None:
    file = tmp_path / "data"
    file.touch()
    code, found = _found(cli, STUDY_DATA_DIR=file)
    assert (code, found["data folder"]) == (
        1,
        f"WRONG: {file} is not a folder: set STUDY_DATA_DIR to another.",
    )


def test_a_database_that_does_not_answer_is_looked_at_no_further(cli: Cli) -> None:
    code, found = _found(cli, DATABASE_URL="postgresql://me:secret@127.0.0.1:1/study")
    assert code == 1
    assert found["database"] == "WRONG: PostgreSQL at 127.0.0.1, port 1 does not answer: nothing listens there."
    assert found.keys().isdisjoint({"migrations", "access", "keys"})
    assert found["store"].startswith("ok:")


def test_a_database_that_is_not_migrated(cli: Cli, empty: Database) -> None:
    code, found = _found(cli, DATABASE_URL=empty.owner_url)
    head = status(empty.owner_url).head
    assert (code, found["migrations"]) == (
        1,
        f"WRONG: The database is at no revision and the program at {head}: run `study-companion migrate`.",
    )


def test_a_superuser_as_login_is_warned_of(cli: Cli, database: Database) -> None:
    code, found = _found(cli, DATABASE_URL=database.owner_url, ENCRYPTION_KEYS=new_key())
    assert (code, found["access (warning)"], found["access"]) == (
        0,
        "warning: User postgres of DATABASE_URL is a superuser or has bypassrls. The application works as study_app, "
        "which row security holds; a login without such rights is safer still.",
        "ok: as postgres, held by row security",
    )


def test_a_login_that_may_only_serve(cli: Cli, database: Database) -> None:
    with login(database, "study_app") as url:
        code, found = _found(cli, DATABASE_URL=url, ENCRYPTION_KEYS=new_key())
        assert code == 0, found
        assert found["migrations"].startswith("ok: at ")
        assert "access (warning)" not in found
        rows(database, "alter table goals rename column title to heading")
        code, found = _found(cli, DATABASE_URL=url)
    assert (code, found["access"]) == (
        1,
        "WRONG: The database is older than this program, or another (goals.title is not there): "
        "run `study-companion migrate` as its owner.",
    )


def test_a_login_that_may_not_serve(cli: Cli, database: Database) -> None:
    with login(database) as url:
        code, found = _found(cli, DATABASE_URL=url, MIGRATION_DATABASE_URL=database.owner_url)
        user = psycopg.conninfo.conninfo_to_dict(url)["user"]
    assert (code, found["access"]) == (
        1,
        f"WRONG: User {user} may not become study_app: have the database's owner run `grant study_app to {user}`.",
    )


def test_temporary_tables_that_are_forbidden(cli: Cli, database: Database) -> None:
    rows(database, f"revoke temporary on database {database.name} from public")
    code, found = _found(cli, DATABASE_URL=database.app_url, MIGRATION_DATABASE_URL=database.owner_url)
    assert (code, found["access (warning)"]) == (
        0,
        "warning: The role study_app may not make temporary tables, which imports need: "
        f"run `grant temporary on database {database.name} to study_app`.",
    )


@pytest.mark.parametrize("how", ["no force row level security", "disable row level security"])
def test_row_security_that_was_switched_off(cli: Cli, database: Database, how: str) -> None:
    rows(database, f"alter table goals {how}")
    code, found = _found(cli, DATABASE_URL=database.owner_url)
    assert (code, found["access"]) == (
        1,
        "WRONG: Row security is not forced on goals: run `alter table ... enable row level security, "
        "force row level security` on each.",
    )


def test_roles_that_step_around_row_security(cli: Cli, folder: Path) -> None:
    # Roles belong to a whole server, so this one is not shared with other tests.
    with running(folder / "own", exclusive=True, settings={"fsync": "off"}) as server:
        server.prepare("study")
        url = server.url(SUPERUSER, "study")
        upgrade(url)
        with psycopg.connect(url, autocommit=True) as owner:
            for does, undoes, sentence in (
                (
                    "alter role study_app bypassrls",
                    "alter role study_app nobypassrls",
                    "The role study_app can step around row security: "
                    "run `alter role study_app nosuperuser nobypassrls`.",
                ),
                (
                    "alter role study_vault superuser",
                    "alter role study_vault nosuperuser",
                    "The role study_vault can step around row security: "
                    "run `alter role study_vault nosuperuser nobypassrls`.",
                ),
                (
                    "grant study_vault to study_app",
                    "revoke study_vault from study_app",
                    "The role study_app can step around row security as a member of study_vault: "
                    "run `revoke study_vault from study_app`.",
                ),
            ):
                owner.execute(does.encode())
                code, found = _found(cli, DATABASE_URL=url)
                assert (code, found["access"]) == (1, f"WRONG: {sentence}")
                owner.execute(undoes.encode())
            assert _found(cli, DATABASE_URL=url)[0] == 0


def test_texts_whose_key_is_missing(cli: Cli, people: Database, tmp_path: Path) -> None:
    folder, file = tmp_path / "data", tmp_path / "sessions"
    file.write_text(json.dumps(SESSION))
    settings = {"DATABASE_URL": people.app_url, "STUDY_DATA_DIR": folder}
    words = ("--student", "student@school.test", "--tutor", "tutor@school.test")
    assert cli("import", "transcripts", file, *words, **settings).exit_code == 0
    assert _found(cli, **settings)[1]["keys"] == f"ok: {folder / 'encryption.key'}, tried on 1 stored texts"
    key = (folder / "encryption.key").read_text()
    (folder / "encryption.key").unlink()
    code, found = _found(cli, **settings)
    assert (code, found["keys"]) == (
        1,
        f"WRONG: {folder / 'encryption.key'} is gone, and the database holds texts that only its keys can open: "
        "restore it, or set ENCRYPTION_KEYS to them.",
    )
    # Nor does a command make another key in its place: putting the old one back would then lose the new one.
    refused = (1, "", f"Error: {found['keys'].removeprefix('WRONG: ')}\n")
    migrating = {"MIGRATION_DATABASE_URL": people.owner_url, "PORT": 0}
    assert said(cli("serve", **settings, **migrating)) == refused
    assert said(cli("import", "transcripts", file, *words, **settings)) == refused
    assert said(cli("import", "practice", file, **settings)) == refused
    assert said(cli("rotate-keys", **settings)) == refused
    assert not (folder / "encryption.key").exists()
    code, found = _found(cli, ENCRYPTION_KEYS=new_key(), **settings)
    assert code == 1
    assert f"is encrypted with the key `{key.partition(':')[0]}`" in found["keys"]


def test_the_transcript_store_is_tried(cli: Cli, database: Database, tmp_path: Path) -> None:
    folder = tmp_path / "store"
    settings = {"DATABASE_URL": database.app_url, "MIGRATION_DATABASE_URL": database.owner_url}
    code, found = _found(cli, TRANSCRIPT_STORE_URL=folder.as_uri(), **settings)
    assert (code, found["store"]) == (0, f"ok: {folder.as_uri()} takes, gives back and removes")
    assert list(folder.rglob("*.enc")) == []
    code, found = _found(cli, TRANSCRIPT_STORE_URL="ftp://files.test/", **settings)
    assert (code, found["store"]) == (1, "WRONG: TRANSCRIPT_STORE_URL must start with file:/// or s3://.")
    code, found = _found(
        cli,
        TRANSCRIPT_STORE_URL="s3://bucket/x",
        S3_ENDPOINT_URL="http://127.0.0.1:1",
        AWS_ACCESS_KEY_ID="a",
        AWS_SECRET_ACCESS_KEY="b",
        AWS_REGION="eu-west-1",
        **settings,
    )
    assert (code, found["store"]) == (
        1,
        "WRONG: TRANSCRIPT_STORE_URL: The transcript store does not answer as it should. Try again later.",
    )


@contextmanager
def _serving(body: bytes) -> Iterator[str]:
    """An address that answers with this."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def test_the_keys_of_cognito_are_fetched(cli: Cli, data_dir: Path) -> None:
    public = LocalIssuer.load(data_dir)._public.as_dict() | {"kid": "k1"}
    with _serving(json.dumps({"keys": [public]}).encode()) as address:
        code, found = _found(cli, COGNITO_ISSUER=address, COGNITO_CLIENT_IDS="app")
        assert (code, found["identity"]) == (0, f"ok: tokens of {address}")
    with _serving(b"<html>") as address:
        code, found = _found(cli, COGNITO_ISSUER=address, COGNITO_CLIENT_IDS="app")
        assert (code, found["identity"]) == (
            1,
            f"WRONG: The keys of COGNITO_ISSUER cannot be fetched from {address}/.well-known/jwks.json.",
        )
    code, found = _found(cli, COGNITO_CLIENT_IDS="app")
    assert code == 1
    assert found["identity"].startswith(
        "WRONG: COGNITO_JWKS_URL or COGNITO_CLIENT_IDS is set but COGNITO_ISSUER is not."
    )


@contextmanager
def _openai() -> Iterator[OpenAIServer]:
    """A server of models, in a thread of its own."""
    ready: Queue[OpenAIServer] = Queue()
    done = Event()

    async def serve() -> None:
        async with openai_server() as server:
            ready.put(server)
            await asyncio.to_thread(done.wait)

    thread = Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    try:
        yield ready.get(timeout=30)
    finally:
        done.set()
        thread.join()


def test_the_models_are_asked_after_and_asked_nothing(cli: Cli, tmp_path: Path) -> None:
    with _openai() as server:
        given = {
            "STUDY_DATA_DIR": tmp_path / "data",
            "OPENAI_API_KEY": KEY,
            "OPENAI_BASE_URL": server.url,
            "OPENAI_MODEL": "big",
            "OPENAI_SMALL_MODEL": "small",
        }
        server.models = ("big", "small")
        code, found = _found(cli, **given)
        assert (code, found["model"]) == (0, f"ok: big and small at {server.url}")
        server.models = ("big",)
        code, found = _found(cli, **given)
        assert (code, found["model"]) == (
            1,
            f"WRONG: At {server.url}, there is no model “small” there (404): "
            "look at the models' names and OPENAI_BASE_URL.",
        )
        code, found = _found(cli, **given | {"OPENAI_API_KEY": "sk-of-somebody-else"})
        assert (code, found["model"]) == (
            1,
            f"WRONG: At {server.url}, OpenAI answers 401 invalid_api_key: "
            "look at OPENAI_API_KEY, OPENAI_BASE_URL and the models' names.",
        )
        assert server.requests == []
        url = server.url
    code, found = _found(cli, **given)
    assert (code, found["model"]) == (1, f"WRONG: At {url}, the model cannot be reached.")
