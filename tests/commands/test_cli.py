"""The commands as a person or a script meets them: what they print, where, and their exit codes."""

import asyncio
import json
from pathlib import Path
from typing import Any

import psycopg
import pytest

from commands import progress
from db.encryption import new_key
from db.migrate import status
from domain.identity.local_issuer import LocalIssuer
from schema.api import schema
from tests.commands.conftest import Cli, login, rows, said
from tests.servers import Database


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"PORT": "http"}, "PORT: Input should be a valid integer"),
        ({"PORT": "70000"}, "PORT: Input should be less than or equal to 65535"),
        ({"LOG_LEVEL": "loud"}, "LOG_LEVEL: Input should be 'DEBUG', 'INFO', 'WARNING' or 'ERROR'"),
        ({"DEMO_DATA": "perhaps"}, "DEMO_DATA: Input should be a valid boolean"),
        (
            {"ALLOWED_ORIGINS": "http://localhost:5173/"},
            "ALLOWED_ORIGINS: `http://localhost:5173/` is more than an origin: "
            "write `http://localhost:5173`, with nothing after it, not even a slash.",
        ),
        *(
            ({"ALLOWED_ORIGINS": f"https://app.school.test,{wrong}"}, f"ALLOWED_ORIGINS: `{wrong}` is not")
            for wrong in ("localhost:5173", "app.school.test", "ftp://a.test", "http://", "http://*.a.test", "null")
        ),
    ],
)
def test_a_wrong_setting_is_named(cli: Cli, settings: dict[str, str], sentence: str) -> None:
    code, out, err = said(cli("check", **settings))
    assert (code, out) == (1, "")
    assert err.startswith(f"Error: A setting is wrong: {sentence}")


@pytest.mark.parametrize(
    "words",
    [
        ("serve",),
        ("migrate",),
        ("migrate", "--status"),
        ("token", "a@b.test"),
        ("import", "practice", __file__),
        ("import", "transcripts", __file__),
        ("rotate-keys",),
    ],
    ids=" ".join,
)
def test_a_database_that_is_not_there(cli: Cli, words: tuple[str, ...]) -> None:
    url = "postgresql://me:secret@127.0.0.1:1/study"
    assert said(cli(*words, DATABASE_URL=url, PORT=0)) == (
        1,
        "",
        "Error: PostgreSQL at 127.0.0.1, port 1 does not answer: nothing listens there.\n",
    )


@pytest.mark.parametrize("words", [("token", "a@b.test"), ("import", "practice", __file__), ("rotate-keys",)])
def test_a_database_that_is_not_migrated(cli: Cli, empty: Database, words: tuple[str, ...]) -> None:
    code, out, err = said(cli(*words, DATABASE_URL=empty.owner_url))
    assert (code, out) == (1, "")
    assert err == "Error: The database has none of this program's tables: run `study-companion migrate`.\n"


def test_migrate_says_what_it_ran(cli: Cli, empty: Database) -> None:
    revisions = status(empty.owner_url).pending
    assert len(revisions) >= 5
    missing = cli("migrate", "--status", DATABASE_URL=empty.owner_url)
    assert missing.exit_code == 1
    assert missing.stdout.splitlines() == [
        f"The database is at no revision, the program at {revisions[-1]}.",
        *(f"Missing: {revision}" for revision in revisions),
    ]
    ran = cli("migrate", DATABASE_URL=empty.owner_url)
    assert (ran.exit_code, ran.stdout.splitlines()) == (0, [f"Ran {revision}." for revision in revisions])
    assert ran.stderr.startswith("Warning: User postgres of DATABASE_URL is a superuser or has bypassrls.")
    assert said(cli("migrate", DATABASE_URL=empty.app_url, MIGRATION_DATABASE_URL=empty.owner_url)) == (
        0,
        f"Nothing to do: the database is at {revisions[-1]}.\n",
        "",
    )
    assert said(cli("migrate", "--status", DATABASE_URL=empty.owner_url)) == (
        0,
        f"The database is at {revisions[-1]}, the program at {revisions[-1]}.\n",
        "",
    )


def test_migrate_tells_who_must_let_the_application_in(cli: Cli, empty: Database) -> None:
    with login(empty) as url:
        done = cli("migrate", DATABASE_URL=url, MIGRATION_DATABASE_URL=empty.owner_url)
    user = url.removeprefix("postgresql://").partition("@")[0]
    assert done.exit_code == 0
    assert done.stderr == (
        f"Warning: User {user} may not become study_app: have the database's owner run `grant study_app to {user}`.\n"
    )


def test_migrations_as_sql_make_the_database(cli: Cli, empty: Database) -> None:
    script = cli("migrate", "--sql")
    assert (script.exit_code, script.stderr) == (0, "")
    with psycopg.connect(empty.owner_url, autocommit=True) as owner:
        owner.execute(script.stdout.encode())
    assert status(empty.owner_url).pending == []
    assert cli("migrate", "--sql", "--status").exit_code == 2


def test_a_token_stands_alone_on_standard_output(cli: Cli, people: Database, data_dir: Path) -> None:
    result = cli("token", " Tutor@School.test ", DATABASE_URL=people.app_url)
    assert (result.exit_code, result.stderr) == (0, "")
    token = result.stdout.removesuffix("\n")
    identity = _verified(data_dir, token)
    assert identity == "sub-tutor"


def _verified(data_dir: Path, token: str) -> str:
    return asyncio.run(LocalIssuer.load(data_dir).verifier().verify(token)).subject


def test_no_token_for_nobody(cli: Cli, people: Database) -> None:
    assert said(cli("token", "nobody@school.test", DATABASE_URL=people.app_url)) == (
        1,
        "",
        "Error: There is nobody with the address nobody@school.test.\n",
    )


@pytest.mark.parametrize(
    "words",
    [("token",), ("import", "transcripts", __file__, "--tutor"), ("import", "transcripts", __file__, "--student")],
)
def test_an_address_that_is_no_text(cli: Cli, words: tuple[str, ...]) -> None:
    # As Python reads a byte that is no UTF-8.
    result = cli(*words, "\udcff@school.test")
    assert result.exit_code == 2
    assert result.stderr.endswith(": this is not UTF-8 text.\n")


def test_no_token_beside_cognito(cli: Cli) -> None:
    # Refused before the database is looked for.
    assert said(cli("token", "tutor@school.test", COGNITO_ISSUER="https://idp.test", DATABASE_URL="nowhere")) == (
        1,
        "",
        "Error: Development tokens are refused because COGNITO_ISSUER is set. Sign in to the user pool instead.\n",
    )


def test_the_schema_is_printed(cli: Cli) -> None:
    assert said(cli("schema", PORT="nonsense")) == (0, f"{schema.as_str()}\n", "")


ITEM = {"question": "2 + 2?", "answer": "4", "answer_type": "numeric", "subject": "Arithmetic", "difficulty": 1}
SESSION = {
    "subject": "Arithmetic",
    "turns": [{"speaker": "tutor", "text": "2 + 2?"}, {"speaker": "student", "text": "4"}],
}


def _file(folder: Path, *lines: Any) -> Path:
    file = folder / "lines.jsonl"
    file.write_text("".join(f"{line if isinstance(line, str) else json.dumps(line)}\n" for line in lines))
    return file


def test_practice_is_imported_once(cli: Cli, people: Database, tmp_path: Path) -> None:
    file = _file(tmp_path, *(ITEM | {"id": f"p{number}"} for number in range(1200)))
    assert said(cli("import", "practice", file, DATABASE_URL=people.app_url)) == (0, "1,200 items added.\n", "")
    assert said(cli("import", "practice", file, DATABASE_URL=people.app_url)) == (
        0,
        "0 items added, 1,200 already there.\n",
        "",
    )
    assert rows(people, "select count(*) from practice_bank_items") == [(1200,)]


def test_material_is_imported_once(cli: Cli, people: Database, tmp_path: Path) -> None:
    file = _file(tmp_path, {"id": "m1", "title": "Roots", "subject": "Algebra", "text": "A root."})
    assert said(cli("import", "material", file, DATABASE_URL=people.app_url)) == (0, "1 text added.\n", "")
    assert rows(people, "select title, text from study_passages") == [("Roots", "A root.")]


def test_bad_lines_are_told_and_make_the_import_fail(cli: Cli, people: Database, tmp_path: Path) -> None:
    file = _file(tmp_path, ITEM | {"id": "p1"}, "{", ITEM | {"id": "p2", "difficulty": 11}, ITEM | {"id": "p3"})
    assert said(cli("import", "practice", file, DATABASE_URL=people.app_url)) == (
        1,
        "2 items added, 2 refused.\n",
        "lines.jsonl, line 2: this is not JSON: unexpected end of data at character 1.\n"
        "lines.jsonl, line 3: `difficulty` must be a whole number from 1 to 10, not 11.\n",
    )


def test_transcripts_are_imported_for_whom_one_says(cli: Cli, people: Database, tmp_path: Path) -> None:
    file = _file(tmp_path, SESSION | {"id": "s1"}, SESSION | {"id": "s2"}, SESSION | {"id": "s3"})
    rows(people, "insert into users (cognito_sub, email, role) values ('sub-other', 'other@school.test', 'student')")
    words = ("--student", "student@school.test", "--student", "other@school.test", "--tutor", "tutor@school.test")
    assert said(cli("import", "transcripts", file, *words, DATABASE_URL=people.app_url)) == (
        0,
        "3 sessions added with 6 turns.\n",
        "Note: tutor@school.test is not assigned to other@school.test and will not see these sessions.\n",
    )
    assert rows(
        people, "select email, count(*) from sessions join users on users.id = student_id group by 1 order by 1"
    ) == [
        ("other@school.test", 1),
        ("student@school.test", 2),
    ]


def test_transcripts_are_for_the_demo_people_unless_one_says(cli: Cli, people: Database, tmp_path: Path) -> None:
    file = _file(tmp_path, SESSION | {"id": "s1"})
    assert said(cli("import", "transcripts", file, DATABASE_URL=people.app_url)) == (
        1,
        "",
        "Error: There is no student with the address student@demo.test: name another with --student.\n",
    )


def test_files_that_cannot_be_imported(cli: Cli, people: Database, tmp_path: Path) -> None:
    blank, nothing = tmp_path / "blank", tmp_path / "nothing"
    blank.write_text(" \n\n")
    nothing.touch()
    for file, sentence in (
        (tmp_path / "absent", "cannot be read: No such file or directory"),
        (tmp_path, "cannot be read: Is a directory"),
        (nothing, "is empty: there is nothing to import"),
        (blank, "holds no lines: there is nothing to import"),
    ):
        assert said(cli("import", "practice", file, DATABASE_URL=people.app_url)) == (
            1,
            "",
            f"Error: {file} {sentence}.\n",
        )


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"HOST": "no.invalid"}, "Cannot serve on no.invalid: no address has that name. Set HOST to another."),
        ({"ENCRYPTION_KEYS": "k1:AAAA"}, "Key 1 (`k1`) in the setting ENCRYPTION_KEYS has 3 bytes and must have 32."),
        ({"BROADCAST_URL": "carrier-pigeon://"},
            "BROADCAST_URL must be `postgresql:` or a redis://, rediss:// or unix:// address."),
        ({"BROADCAST_URL": "redis://:half/secret@127.0.0.1:1/0"},
            "BROADCAST_URL cannot be read: @ : / and # in its password are percent-encoded as %40 %3A %2F and %23."),
        *(
            ({"LISTEN_DATABASE_URL": url},
                "The database address cannot be read: it must look like postgresql://user:password@host:5432/name, "
                "where @ : / and # in the password are percent-encoded as %40 %3A %2F and %23.")
            for url in ("postgresql//me:secret@127.0.0.1:1/x", "postgresql://me:half@secret@127.0.0.1:1/x")
        ),
        ({"SMTP_URL": "smtp://me:half[secret@127.0.0.1"},
            "SMTP_URL cannot be read: it must look like smtp://user:password@host:587, or smtps://."),
        ({"MAIL_FROM": "größe@school.test"},
            "MAIL_FROM cannot be read: write an address, such as Study Companion <study@school.org>."),
        ({"EVENT_RETENTION_DAYS": "inf"},
            "A setting is wrong: EVENT_RETENTION_DAYS: Input should be less than or equal to 36500."),
        ({"TRANSCRIPT_STORE_URL": "s3://bucket", "S3_ENDPOINT_URL": "http://me:secret@127.0.0.1:1"},
            "S3_ENDPOINT_URL must have no user; S3 credentials come from AWS_*."),
        ({"COGNITO_ISSUER": "https://me:secret@127.0.0.1:1", "COGNITO_CLIENT_IDS": "app"},
            "COGNITO_ISSUER must have no user and no password."),
        ({"TRANSCRIPT_STORE_URL": "ftp://x"}, "TRANSCRIPT_STORE_URL must start with file:/// or s3://."),
        ({"COGNITO_CLIENT_IDS": "app"}, "COGNITO_JWKS_URL or COGNITO_CLIENT_IDS is set but COGNITO_ISSUER is not. "
            "Set it, or none of them to use development tokens."),
    ],
)  # fmt: skip
def test_what_cannot_be_served(cli: Cli, database: Database, settings: dict[str, str], sentence: str) -> None:
    urls = {"DATABASE_URL": database.app_url, "MIGRATION_DATABASE_URL": database.owner_url}
    assert said(cli("serve", PORT=0, **urls, **settings)) == (1, "", f"Error: {sentence}\n")


def test_keys_are_rotated(cli: Cli, people: Database, tmp_path: Path) -> None:
    old, new = new_key(), new_key()
    words = ("--student", "student@school.test", "--tutor", "tutor@school.test")
    file = _file(tmp_path, SESSION | {"id": "s1"}, SESSION | {"id": "s2"})
    cli("import", "transcripts", file, *words, DATABASE_URL=people.app_url, ENCRYPTION_KEYS=old)
    settings = {"DATABASE_URL": people.app_url, "ENCRYPTION_KEYS": f"{new},{old}"}
    assert said(cli("rotate-keys", **settings)) == (0, "2 texts encrypted anew.\n", "")
    assert said(cli("rotate-keys", **settings)) == (0, "0 texts encrypted anew.\n", "")
    failed = cli("rotate-keys", DATABASE_URL=people.app_url, ENCRYPTION_KEYS=old)
    assert (failed.exit_code, failed.stdout) == (1, "0 texts encrypted anew, 2 could not be read.\n")
    assert failed.stderr.count(f"is encrypted with the key `{new.partition(':')[0]}`") == 2


def test_progress_without_a_terminal_is_lines(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(progress, "SECONDS_BETWEEN_LINES", 0)
    with progress.progress("Counting", 8) as watched:
        watched.advance(2)
        watched.say("two")
        watched.advance(6)
    with progress.progress("Walking", None) as watched:
        watched.advance(1200)
    assert capsys.readouterr() == ("", "Counting: 25 %\ntwo\nCounting: 100 %\nWalking: 1,200\n")


def test_a_file_of_another_kind_is_not_complained_of_line_by_line(cli: Cli, people: Database, tmp_path: Path) -> None:
    file = tmp_path / "sessions.jsonl"
    session = {"subject": "Art", "turns": [{"speaker": "tutor", "text": "Look."}]}
    lines = [json.dumps(session | {"id": f"s{number}"}) for number in range(1, 33)]
    file.write_text("\n".join([*lines, "{"]))
    code, out, err = said(cli("import", "practice", file, DATABASE_URL=people.app_url))
    assert (code, out) == (1, "0 items added, 33 refused.\n")
    told = err.splitlines()
    assert len(told) == 22
    assert [line.partition(":")[0] for line in told[:20]] == [f"{file.name}, line {line}" for line in range(1, 21)]
    # What is wrong otherwise is still told.
    assert told[20].startswith(f"{file.name}, line 33: ")
    assert told[21] == f"{file.name}: ... and 12 more lines like line 20."
