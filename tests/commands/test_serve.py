"""`serve` as a process of its own: what it prints, what works beside it, and every way it ends."""

import json
import os
import pty
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from db.embedded import SUPERUSER, running
from db.embedded.postmaster import answering
from settings import Settings
from tests.servers import Database

CHECKOUT = Path(__file__).parents[2]
WHO = "{ viewer { __typename email } }"


class Program:
    """A command under way."""

    def __init__(self, folder: Path, *words: str, **settings: object) -> None:
        self.data = folder / "data"
        environment = {name: value for name, value in os.environ.items() if name.lower() not in Settings.model_fields}
        environment |= {"STUDY_DATA_DIR": str(self.data), "PORT": "0", "PYTHONWARNINGS": "default"}
        environment |= {name: str(value) for name, value in settings.items()}
        self.output, self.errors = (folder / f"{words[0]}.{kind}" for kind in ("out", "err"))
        with self.output.open("w") as output, self.errors.open("w") as errors:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "cli", *words],
                cwd=CHECKOUT,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=errors,
            )

    def address(self) -> str:
        """Where it serves; waits for that."""
        found: list[str] = []

        def printed() -> bool:
            found[:] = re.findall(r"http://[\d.:]+(?=/readyz)", self.output.read_text())
            return bool(found) or self.process.poll() is not None

        wait_until(printed)
        assert found, self.errors.read_text()
        return found[0]

    def ready(self) -> int:
        """The status that /readyz has."""
        return httpx.get(f"{self.address()}/readyz", trust_env=False, timeout=10).status_code

    def end(self, how: signal.Signals = signal.SIGTERM) -> int:
        """The exit code after a signal."""
        self.process.send_signal(how)
        return self.process.wait(30)

    def viewer(self, token: str) -> Any:
        """Who the server thinks one is with this token."""
        answer = httpx.post(
            f"{self.address()}/graphql",
            json={"query": WHO},
            headers={"authorization": f"Bearer {token}"},
            trust_env=False,
        )
        return answer.json()["data"]["viewer"]


def wait_until(true: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)


Start = Callable[..., Program]


@pytest.fixture
def start(folder: Path) -> Iterator[Start]:
    """Run a command; nothing of it is left after the test."""
    with ExitStack() as stack:

        def run(*words: str, **settings: object) -> Program:
            program = Program(folder, *words, **settings)

            def end() -> None:
                if program.process.poll() is None:
                    program.end()

            stack.callback(end)
            return program

        yield run


def test_the_first_start_and_the_commands_beside_it(start: Start, folder: Path) -> None:
    server = start("serve")
    address = server.address()
    lines = server.output.read_text().splitlines()
    if (CHECKOUT / "web/dist/graphiql.html").exists():
        assert lines.pop(0) == f"Pages                 {address}/"
    assert lines[:3] == [
        f"GraphQL and GraphiQL  {address}/graphql"
        if (CHECKOUT / "web/dist/graphiql.html").exists()
        else f"GraphQL               {address}/graphql  (no pages: `make pages` builds them)",
        f"Subscriptions         {address.replace('http', 'ws')}/graphql",
        f"Health                {address}/healthz  {address}/readyz",
    ]
    assert lines[4] == "Demo people, with tokens for 12 hours (`study-companion token EMAIL` makes new ones):"
    people = {lines[index]: lines[index + 1] for index in range(6, len(lines), 3)}
    assert list(people) == [
        "student  student@demo.test",
        "tutor  tutor@demo.test",
        "parent  parent@demo.test",
        "admin  admin@demo.test",
    ]
    for person, token in people.items():
        role, email = person.split()
        assert server.viewer(token.removeprefix("Bearer ")) == {"__typename": role.title(), "email": email}
    assert server.ready() == 200

    # The other commands use the server's database, and leave it running.
    asked = start("token", "hannah@demo.test")
    assert (asked.process.wait(60), asked.errors.read_text()) == (0, "")
    assert server.viewer(asked.output.read_text().strip()) == {"__typename": "Tutor", "email": "hannah@demo.test"}
    check = start("check")
    assert (check.process.wait(60), check.errors.read_text()) == (0, "")
    assert "tried on 3 stored texts" in check.output.read_text()
    file = folder / "sessions"
    file.write_text(json.dumps({"id": "s", "subject": "Art", "turns": [{"speaker": "tutor", "text": "Look."}]}))
    imported = start("import", "transcripts", str(file))
    assert imported.process.wait(60) == 0
    assert imported.output.read_text() == "1 session added with 1 turn.\n"
    assert server.ready() == 200

    database = answering(server.data / "postgresql")
    assert database is not None
    assert server.end() == 0
    assert not database.is_running()
    assert re.fullmatch(
        f"INFO study.postgresql: making a database in {server.data}, which takes some seconds\n"
        "INFO study.commands: migrated the database: .*\nINFO study.commands: loaded the demo people and their data\n",
        server.errors.read_text(),
    )

    # A database that dies takes the server along.
    server = start("serve")
    server.address()
    database = answering(server.data / "postgresql")
    assert database is not None
    os.kill(database.pid, signal.SIGKILL)
    assert server.process.wait(30) == 1
    log = server.data / "postgresql.log"
    assert server.errors.read_text().splitlines()[-1] == (
        f"Error: The embedded PostgreSQL ended: see {log}, then start again."
    )
    assert "Traceback" not in server.errors.read_text()

    # Without a server the commands start the database themselves, also after that, for as long as they need it.
    again = start("import", "transcripts", str(file))
    assert again.process.wait(60) == 0
    assert again.output.read_text() == "0 sessions added, 1 already there.\n"
    assert answering(server.data / "postgresql") is None


def test_another_database_that_goes_away_and_comes_back(start: Start, folder: Path) -> None:
    with running(folder / "other", exclusive=True) as other:
        other.prepare("study")
        url = other.url(SUPERUSER, "study")
        server = start("serve", DATABASE_URL=url)
        assert server.ready() == 200
    wait_until(lambda: server.ready() == 503)
    assert httpx.get(f"{server.address()}/healthz", trust_env=False).status_code == 200
    with running(folder / "other", exclusive=True) as other:
        assert other.url(SUPERUSER, "study") == url
        wait_until(lambda: server.ready() == 200)
        assert server.end() == 0


def test_somebody_elses_database_and_every_polite_end(start: Start, database: Database, folder: Path) -> None:
    """Demo data come only if asked for, with Cognito no tokens are printed, and no stop is a failure."""
    settings = {"DATABASE_URL": database.app_url, "MIGRATION_DATABASE_URL": database.owner_url}
    _rows(database, PUT)

    def greeting(how: signal.Signals, **chosen: str) -> list[str]:
        server = start("serve", **settings, **chosen)
        with httpx.Client(trust_env=False) as client:
            # A connection that is kept does not hold the server up.
            assert client.get(f"{server.address()}/healthz").json() == {"status": "alive"}
            wait_until(lambda: _rows(database, LEFT) == [])
            assert server.end(how) == 0
        assert not re.search("WARNING|ERROR|Traceback", server.errors.read_text())
        # Behind the addresses, of which there are more where the pages are built.
        return server.output.read_text().rstrip().partition("\n\n")[2].splitlines()

    assert greeting(signal.SIGINT) == ["`study-companion token EMAIL` makes a token for anyone in the database."]
    assert _rows(database, "select count(*) from users") == [(0,)]
    assert _rows(database, "select id from jobs.procrastinate_workers") == []
    assert "student  student@demo.test" in greeting(signal.SIGTERM, DEMO_DATA="true")
    cognito = {"COGNITO_ISSUER": "https://idp.test/pool", "COGNITO_CLIENT_IDS": "app"}
    (folder / "data/issuer.key").unlink()
    assert greeting(signal.SIGHUP, DEMO_DATA="true", **cognito) == ["Tokens come from https://idp.test/pool."]
    assert not (folder / "data/issuer.key").exists()


def test_an_interrupted_import_is_taken_up_again(start: Start, database: Database, folder: Path) -> None:
    file = folder / "items"
    item = {"question": "2 + 2?", "answer": "4", "answer_type": "numeric", "subject": "Sums", "difficulty": 1}
    file.write_text("\n".join(json.dumps(item | {"id": f"p{number}"}) for number in range(30_000)))
    importing = start("import", "practice", str(file), DATABASE_URL=database.app_url)
    with psycopg.connect(database.owner_url, autocommit=True) as owner:

        def count() -> int:
            (found,) = owner.execute("select count(*) from practice_bank_items").fetchone() or (0,)
            return int(found)

        wait_until(lambda: count() > 0)
        assert importing.end(signal.SIGINT) == 130
        assert (importing.output.read_text(), importing.errors.read_text()) == ("", "Interrupted.\n")
        kept = count()
        assert 0 < kept < 30_000
        again = start("import", "practice", str(file), DATABASE_URL=database.app_url)
        assert again.process.wait(60) == 0
        assert again.output.read_text() == f"{30_000 - kept:,} items added, {kept:,} already there.\n"


def test_a_terminal_gets_a_progress_bar(database: Database, folder: Path) -> None:
    file = folder / "items.jsonl"
    item = {"question": "2 + 2?", "answer": "4", "answer_type": "numeric", "subject": "Sums", "difficulty": 1}
    file.write_text("\n".join(json.dumps(item | {"id": f"p{number}"}) for number in range(3)) + "\n{")
    terminal, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "cli", "import", "practice", str(file)],
        cwd=CHECKOUT,
        env=os.environ | {"STUDY_DATA_DIR": str(folder), "DATABASE_URL": database.app_url, "TERM": "xterm"},
        stdout=subprocess.PIPE,
        stderr=theirs,
    ) as importing:
        os.close(theirs)
        shown = b""
        while chunk := _read(terminal):
            shown += chunk
        assert importing.stdout is not None
        assert importing.stdout.read() == b"3 items added, 1 refused.\n"
        assert importing.wait() == 1
    os.close(terminal)
    assert b"Importing items.jsonl" in shown
    assert b"items.jsonl, line 4: this is not JSON" in shown


def _read(terminal: int) -> bytes:
    """What has been shown since, nothing once the program has ended."""
    try:
        return os.read(terminal, 65536)
    except OSError:
        return b""


PUT = "insert into jobs.procrastinate_jobs (queue_name, task_name) values ('clean_up', 'clean_up')"
LEFT = "select id from jobs.procrastinate_jobs where task_name = 'clean_up' and status <> 'succeeded'"


def _rows(database: Database, query: str) -> list[Any]:
    with psycopg.connect(database.owner_url, autocommit=True) as owner:
        cursor = owner.execute(query.encode())
        return cursor.fetchall() if cursor.description else []


def test_background_jobs_are_left_to_a_worker(start: Start, database: Database) -> None:
    settings = {"DATABASE_URL": database.app_url, "MIGRATION_DATABASE_URL": database.owner_url}
    _rows(database, PUT)
    idle = start("serve", JOBS_IN_SERVER="false", **settings)
    assert idle.ready() == 200
    time.sleep(0.5)
    assert len(_rows(database, LEFT)) == 1
    worker = start("worker", JOBS_IN_SERVER="false", **settings)
    wait_until(lambda: _rows(database, LEFT) == [])
    assert worker.end() == 0, worker.errors.read_text()
    assert not re.search("WARNING|ERROR|Traceback", worker.errors.read_text())
    assert _rows(database, "select id from jobs.procrastinate_workers") == []
