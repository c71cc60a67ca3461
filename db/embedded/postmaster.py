"""The process of the embedded PostgreSQL: started, found again, stopped.

Who starts or stops one owns the data folder (see db/embedded.py); anyone may ask for the one that answers.
"""

import logging
import os
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

from db.embedded.cluster import (
    APPLICATION_ROLE,
    SUPERUSER,
    Account,
    Programs,
    ServerUnavailable,
    digest,
    reason,
    spawn,
    system_folder,
)

PORT = 5432  # there is no network port: only part of the socket's name
SOCKET_NAME = f".s.PGSQL.{PORT}"
SOCKET_PATH_LIMIT = 103  # bytes; macOS has the shortest

log = logging.getLogger("study.postgresql")


@dataclass(frozen=True)
class Server:
    """A PostgreSQL that answers on a unix socket, which only the server's account and root can reach."""

    pid: int
    socket_folder: Path
    cluster: Path

    def url(self, user: str, dbname: str) -> str:
        """The libpq address of a database."""
        host = quote(str(self.socket_folder), safe="")
        return f"postgresql://{quote(user, safe='')}@/{quote(dbname, safe='')}?host={host}&port={PORT}"

    def is_running(self) -> bool:
        """Whether the server's main process is alive."""
        return _serves(self.pid, self.cluster)

    def prepare(self, dbname: str) -> None:
        """Create the database and the application's login role where they are absent."""
        with psycopg.connect(self.url(SUPERUSER, "postgres"), autocommit=True) as connection:
            connection.execute("select pg_advisory_lock(hashtext('study-companion'))")
            role = sql.Identifier(APPLICATION_ROLE)
            found = connection.execute("select rolcanlogin from pg_roles where rolname = %s", [APPLICATION_ROLE])
            match found.fetchone():
                case None:
                    connection.execute(sql.SQL("create role {} login nosuperuser nobypassrls").format(role))
                case (False,):
                    connection.execute(sql.SQL("alter role {} login").format(role))
            found = connection.execute("select from pg_database where datname = %s", [dbname])
            if found.fetchone() is None:
                connection.execute(sql.SQL("create database {}").format(sql.Identifier(dbname)))


@dataclass(frozen=True)
class _Postmaster:
    """What a server says of itself in `postmaster.pid`."""

    pid: int
    socket_folder: Path
    ready: bool

    @classmethod
    def of(cls, cluster: Path) -> "_Postmaster | None":
        try:
            lines = os.fsdecode((cluster / "postmaster.pid").read_bytes()).split("\n")
            return cls(int(lines[0]), Path(lines[4]), lines[7].strip() == "ready")
        except (FileNotFoundError, IndexError, ValueError):
            return None


def _serves(pid: int, cluster: Path) -> bool:
    """Whether that process is the server of this cluster, and not one that got its number since."""
    if sys.platform == "linux":
        try:
            words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except (FileNotFoundError, ProcessLookupError):
            return False
        return os.fsencode(cluster) in words
    listing = subprocess.run(
        ["/bin/ps", "-ww", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return f"-D {cluster} " in listing.stdout


def answering(cluster: Path) -> Server | None:
    """The server that runs on a cluster and takes connections."""
    cluster = cluster.resolve()
    postmaster = _Postmaster.of(cluster)
    if postmaster is None or not postmaster.ready or not _serves(postmaster.pid, cluster):
        return None
    with socket.socket(socket.AF_UNIX) as knock:
        try:
            knock.connect(str(postmaster.socket_folder / SOCKET_NAME))
        except OSError:
            return None
    return Server(postmaster.pid, postmaster.socket_folder, cluster)


@contextmanager
def started(
    folder: Path, cluster: Path, programs: Programs, settings: Mapping[str, str], output: int
) -> Iterator[Server]:
    """A server on a cluster, until the end of the block; it writes to the file `output`."""
    socket_folder = _socket_folder(cluster, programs.account)
    _end_leftover(cluster, socket_folder)
    quoted = str(socket_folder).replace('"', '""')
    options = {
        "cluster_name": "study-companion",
        "listen_addresses": "",
        "port": str(PORT),
        "unix_socket_directories": f'"{quoted}"',
        "unix_socket_permissions": "0700",
        "timezone": "UTC",
        "log_timezone": "UTC",
        **settings,
    }
    command: list[Path | str] = [programs.folder / "postgres", "-D", cluster]
    command += [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
    process = _launched(folder, cluster, programs.account, command, output)
    try:
        yield Server(process.pid, socket_folder, cluster)
    finally:
        _end_child(process)
        if socket_folder != cluster:
            with suppress(OSError):
                socket_folder.rmdir()


def _launched(
    folder: Path, cluster: Path, account: Account | None, command: list[Path | str], output: int
) -> "subprocess.Popen[bytes]":
    """The server process, once it takes connections."""
    began = time.monotonic()
    while True:
        offset = os.fstat(output).st_size
        process = spawn(account, signal.SIGINT, output, *command)
        try:
            while process.poll() is None:
                postmaster = _Postmaster.of(cluster)
                if postmaster is not None and postmaster.pid == process.pid and postmaster.ready:
                    return process
                if time.monotonic() - began > 300:
                    raise ServerUnavailable(f"PostgreSQL in {folder} has not become ready in five minutes.")
                time.sleep(0.005)
        except BaseException:
            _end_child(process)
            raise
        why = reason(os.pread(output, 65536, offset).decode(errors="replace"))
        # After a crash the last processes of the old server may take a moment to notice.
        if "shared memory block" not in why or time.monotonic() - began > 15:
            raise ServerUnavailable(f"PostgreSQL does not start in {folder}: {why}.")
        time.sleep(0.1)


def _end_child(process: "subprocess.Popen[bytes]") -> None:
    _end(process.send_signal, lambda: process.poll() is not None)


def _end_leftover(cluster: Path, socket_folder: Path) -> None:
    """End a server whose owner died, and clear what would keep a new one from starting."""
    postmaster = _Postmaster.of(cluster)
    if postmaster is not None and _serves(postmaster.pid, cluster):
        log.warning("ending a PostgreSQL that was left running (process %d)", postmaster.pid)
        _end(lambda number: os.kill(postmaster.pid, number), lambda: not _serves(postmaster.pid, cluster))
    with suppress(FileNotFoundError):
        # A server killed outright leaves its number, which may be someone else's by now. PostgreSQL takes the
        # number of its parent for stale. The rest stays: by it a new server finds backends of the old one.
        descriptor = os.open(cluster / "postmaster.pid", os.O_RDWR | os.O_NOFOLLOW)
        with os.fdopen(descriptor, "r+b") as file:
            rest = file.read().partition(b"\n")[2]
            file.seek(0)
            file.write(b"%d\n%b" % (os.getpid(), rest))
            file.truncate()
    for name in (SOCKET_NAME, f"{SOCKET_NAME}.lock"):
        (socket_folder / name).unlink(missing_ok=True)


def _end(tell: Callable[[int], None], ended: Callable[[], bool]) -> None:
    """Ask for a fast shutdown, then an immediate one, then kill; when interrupted, an immediate one."""
    try:
        for number, seconds in ((signal.SIGINT, 30), (signal.SIGQUIT, 5), (signal.SIGKILL, 5)):
            deadline = time.monotonic() + seconds
            with suppress(ProcessLookupError):
                tell(number)
            while time.monotonic() < deadline:
                if ended():
                    return
                time.sleep(0.005)
    except BaseException:
        with suppress(ProcessLookupError):
            tell(signal.SIGQUIT)
        raise
    raise ServerUnavailable("PostgreSQL could not be stopped.")


def _socket_folder(cluster: Path, account: Account | None) -> Path:
    """The cluster itself; where its path does not do for a socket, a short one that nobody else can enter."""
    if _fits(cluster):
        return cluster
    bases = [system_folder()] if account else [Path(tempfile.gettempdir()), Path("/tmp")]  # noqa: S108 - see below
    base = next((base for base in bases if _fits(base / "study-0123456789ab")), bases[-1])
    folder = base / f"study-{digest(cluster)}"
    try:
        folder.mkdir(0o700)
    except FileExistsError:
        found = folder.lstat()
        owner = account.uid if account else os.geteuid()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != owner or found.st_mode & 0o077:
            # Someone may have laid it out for us. The name was no secret; a new one is.
            folder = Path(tempfile.mkdtemp(prefix="study-", dir=base))
    if account:
        os.chown(folder, account.uid, account.gid, follow_symlinks=False)
    return folder


def _fits(folder: Path) -> bool:
    # To a client, a comma would separate two servers.
    return len(os.fsencode(folder / SOCKET_NAME)) <= SOCKET_PATH_LIMIT and "," not in str(folder)
