"""The PostgreSQL that starts when no DATABASE_URL is given.

One process owns a data folder at a time: it holds the lock `owner.lock`, starts the server and stops it.
Anyone else meanwhile uses the running server and leaves it alone. On Linux the server ends too when its owner
is killed; elsewhere the next start ends what was left over.

    owner.lock       locked by the owner for as long as it lives; says who that is
    users.lock       locked (shared) by everyone who uses the owner's server; a short command waits for them
    postgresql/      the cluster; a link, where another account has to run it and cannot reach this folder
    postgresql.log   what the server says
"""

import fcntl
import json
import logging
import os
import shlex
import signal
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType, MappingProxyType

from db.embedded.cluster import APPLICATION_ROLE, SUPERUSER, Account, Programs, ServerUnavailable, check, make
from db.embedded.postmaster import Server, answering, started

__all__ = ["APPLICATION_ROLE", "SUPERUSER", "Server", "ServerUnavailable", "running"]

LOG_LIMIT = 5_000_000  # bytes; then one old log is kept and a new one begun

log = logging.getLogger("study.postgresql")


@contextmanager
def running(
    data_dir: Path,
    *,
    exclusive: bool,
    bin_dir: Path | None = None,
    settings: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[Server]:
    """A server on the cluster in `data_dir`, made on first use: ours or, unless `exclusive`, one that runs.

    `settings` are PostgreSQL's own, for a server that is started here. Raises ServerUnavailable.
    Enter it in the main thread: the kernel takes the end of the starting thread for the end of the owner.
    """
    if threading.current_thread() is not threading.main_thread():
        raise RuntimeError("the embedded PostgreSQL has to be started in the main thread")
    with ExitStack() as stack:
        try:
            folder = _folder(data_dir)
            owner = _open_private(folder / "owner.lock")
            stack.callback(os.close, owner)
            users = _open_private(folder / "users.lock")
            stack.callback(os.close, users)
            server = _own_or_adopt(folder, owner, users, exclusive)
            if server is None:
                stack.callback(os.ftruncate, owner, 0)
                stack.enter_context(_ended_by_signals())
                output = _open_log(folder / "postgresql.log")
                stack.callback(os.close, output)
                place = folder / "postgresql"
                programs = Programs.found(bin_dir, Account.for_files_of(place if place.exists() else folder))
                cluster = make(folder, programs, durable=settings.get("fsync") != "off")
                check(folder, cluster, programs)
                server = stack.enter_context(started(folder, cluster, programs, settings, output))
                if not exclusive:
                    stack.callback(_wait_for_users, users)
        except OSError as error:
            where = f" ({error.filename})" if error.filename else ""
            raise ServerUnavailable(f"The data folder {data_dir} cannot be used: {error.strerror}{where}.") from error
        yield server


# The folder and who owns it


def _folder(data_dir: Path) -> Path:
    folder = data_dir.resolve()
    if folder.exists() and not folder.is_dir():
        raise ServerUnavailable(f"The data folder {data_dir} is not a folder: set STUDY_DATA_DIR to another.")
    if not folder.exists():
        folder.mkdir(parents=True)
        # Root's server runs as someone else, who has to pass through; what lies in it is private by itself.
        folder.chmod(0o711 if os.geteuid() == 0 else 0o700)
    return folder


def _open_private(path: Path) -> int:
    """Open a file of ours to read and append, made if absent; as root it belongs to the folder's owner."""
    descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    if os.geteuid() == 0:
        folder = path.parent.stat()
        os.fchown(descriptor, folder.st_uid, folder.st_gid)
    return descriptor


def _open_log(path: Path) -> int:
    if path.exists() and path.stat().st_size > LOG_LIMIT:
        path.rename(path.with_suffix(".log.1"))
    return _open_private(path)


def _locked(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _own_or_adopt(folder: Path, owner: int, users: int, exclusive: bool) -> Server | None:
    """None when the folder is ours now, else the server of its owner."""
    began = time.monotonic()
    while not _locked(owner, fcntl.LOCK_EX):
        waited = time.monotonic() - began
        pid, command, held_exclusively = _owner(owner)
        if exclusive:
            # A moment even for a server: it may be stopping, as when one restarts it.
            if waited > (1 if held_exclusively else 10):
                raise ServerUnavailable(
                    f"The data folder {folder} is in use by `{command}` (process {pid}): stop it first, "
                    "or set STUDY_DATA_DIR to another folder."
                )
        elif _locked(users, fcntl.LOCK_SH):
            server = answering(folder / "postgresql")
            if server is not None:
                return server
            fcntl.flock(users, fcntl.LOCK_UN)
        if waited > 60:
            raise ServerUnavailable(
                f"The database of `{command}` (process {pid}) in {folder} has not answered for a minute: "
                f"see {folder / 'postgresql.log'}, or stop that process."
            )
        time.sleep(0.02)
    os.ftruncate(owner, 0)
    command = shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]])
    os.write(owner, json.dumps([os.getpid(), command, exclusive]).encode())
    return None


def _owner(owner: int) -> tuple[int, str, bool]:
    """Who holds the lock: process, command, whether alone; unknown in the instant before it is written."""
    try:
        pid, command, exclusive = json.loads(os.pread(owner, 65536, 0))
    except ValueError:
        return 0, "another program", False
    return pid, command, exclusive


def _wait_for_users(users: int) -> None:
    if not _locked(users, fcntl.LOCK_EX):
        log.warning("waiting for another command that uses this database")
        fcntl.flock(users, fcntl.LOCK_EX)


@contextmanager
def _ended_by_signals() -> Iterator[None]:
    """SIGTERM and SIGHUP unwind the program; by default they end it at once, without stopping the server."""

    def unwind(number: int, frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    ours = [each for each in (signal.SIGTERM, signal.SIGHUP) if signal.getsignal(each) is signal.SIG_DFL]
    for each in ours:
        signal.signal(each, unwind)
    try:
        yield
    finally:
        for each in ours:
            signal.signal(each, signal.SIG_DFL)
