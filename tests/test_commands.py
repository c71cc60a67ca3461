"""`make` and `make serve` as a person at a terminal meets them: started, interrupted, killed, started again."""

import json
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import psycopg
import pytest

from db.embedded import SUPERUSER, Server
from db.embedded.postmaster import answering

CHECKOUT = Path(__file__).parents[1]
NOBODY = pwd.getpwnam("nobody").pw_uid


def _users() -> list[int | None]:
    """Ourselves, and as root also an ordinary user, where that one can run our Python."""
    if os.geteuid() != 0:
        return [None]
    tried = [sys.executable, "-c", "import cli"]
    try:
        reached = subprocess.run(tried, user=NOBODY, group=NOBODY, capture_output=True, check=False, cwd="/")
    except PermissionError:
        return [None]
    return [None, NOBODY] if reached.returncode == 0 else [None]


class Serving:
    """`make serve` in a folder; the data lies in `data` under it."""

    def __init__(self, place: Path, user: int | None, port: int = 0) -> None:
        self.data = place / "data"
        self.output = place / "output"
        settings = {"STUDY_DATA_DIR": str(self.data), "PORT": str(port), "PYTHONWARNINGS": "default"}
        with self.output.open("w") as output:
            # Installed is what runs this test: make is told to leave it alone. A session of its own is what a
            # terminal gives: Ctrl-C then reaches make and all it started.
            self.make = subprocess.Popen(
                ["make", "--old-file=.venv/made-in", "--old-file=.venv/installed", "serve"],
                cwd=place,
                env=os.environ | settings,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                user=user,
                group=user,
            )

    def said(self) -> str:
        return self.output.read_text()

    def address(self) -> str:
        """Where it serves; waits until it is ready."""
        wait_until(lambda: bool(re.search(r"http://[\d.:]+", self.said())) or self.make.poll() is not None)
        found = re.search(r"http://[\d.:]+", self.said())
        assert found, self.said()
        wait_until(lambda: _answers(f"{found[0]}/readyz"))
        return found[0]

    def owner(self) -> int:
        """The process that serves."""
        pid: int = json.loads((self.data / "owner.lock").read_text())[0]
        return pid

    def database(self) -> Server:
        found = answering(self.data / "postgresql")
        assert found is not None
        return found

    def wait(self) -> int:
        return self.make.wait(30)

    def end(self) -> None:
        if self.make.poll() is None:
            database = answering(self.data / "postgresql")
            os.killpg(self.make.pid, signal.SIGKILL)
            self.make.wait()
            wait_until(lambda: database is None or not database.is_running())


def _answers(address: str) -> bool:
    try:
        return httpx.get(address, trust_env=False).status_code == 200
    except httpx.TransportError:
        return False


def wait_until(true: Callable[[], bool], seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)


Serve = Callable[..., Serving]


@pytest.fixture
def checkout() -> Iterator[Path]:
    """A folder with the Makefile and what is installed, under a name with spaces."""
    place = Path(tempfile.mkdtemp(prefix="study companion "))
    place.chmod(0o755)
    shutil.copy(CHECKOUT / "Makefile", place)
    (place / ".venv").symlink_to(sys.prefix)
    yield place
    shutil.rmtree(place)


@pytest.fixture(params=_users(), ids=lambda user: "ordinary" if user else "ourselves")
def serve(request: pytest.FixtureRequest, checkout: Path) -> Iterator[Serve]:
    """Run `make serve`; nothing of it is left after the test."""
    user: int | None = request.param
    if user is not None:
        os.chown(checkout, user, user)
    with ExitStack() as stack:

        def start(port: int = 0) -> Serving:
            serving = Serving(checkout, user, port)
            stack.callback(serving.end)
            return serving

        yield start


def _everything(pid: int) -> None:
    os.killpg(pid, signal.SIGINT)


def _only_make(pid: int) -> None:
    os.kill(pid, signal.SIGTERM)


def test_one_server_at_a_time_killed_recovered_and_ended(serve: Serve) -> None:
    """One data folder through all of it: what a first start makes, four ends and three more starts have to bear."""
    serving = serve()
    serving.address()
    second = serve()
    assert second.wait() != 0
    said = [line for line in second.said().splitlines() if line.startswith("Error")]
    assert said == [
        f"Error: The data folder {serving.data} is in use by `study-companion serve` (process {serving.owner()}): "
        "stop it first, or set STUDY_DATA_DIR to another folder."
    ]
    database = serving.database()
    assert database.is_running()

    # A killed server takes its database along, and the next recovers.
    with psycopg.connect(database.url(SUPERUSER, "study")) as connection:
        connection.execute("create table kept as select 1 as one")
    os.kill(serving.owner(), signal.SIGKILL)
    assert serving.wait() != 0
    wait_until(lambda: not database.is_running())

    # A polite end stops everything.
    for stop in (_everything, _only_make):
        serving = serve()
        serving.address()
        database, owner = serving.database(), serving.owner()
        with psycopg.connect(database.url(SUPERUSER, "study")) as connection:
            assert connection.execute("select one from kept").fetchall() == [(1,)]
        stop(serving.make.pid)
        serving.wait()
        assert not database.is_running()
        assert not Path(f"/proc/{owner}").exists()
        assert "Traceback" not in serving.said()


def test_a_port_in_use(serve: Serve) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        serving = serve(port)
        assert serving.wait() != 0
    assert f"127.0.0.1:{port}" in serving.said()
    assert "set PORT to another" in serving.said()
    assert "Traceback" not in serving.said()
    assert not (serving.data / "postgresql").exists()


# The Makefile on its own, with a Python that only writes down what it is asked


FAKE_PYTHON = r"""#!/bin/sh
echo "$*" >> "$RECORD"
case "$*" in
*version_info*) exit "${VERSION_FAILS:-0}" ;;
*ensurepip*) exit "${VENV_FAILS:-0}" ;;
"-m venv --clear .venv") rm -rf .venv && mkdir -p .venv/bin && cp "$0" .venv/bin/python ;;
*"--requirement"*)
  [ "$INSTALL_FAILS" ] || printf 'Collecting %s\n' a==1 b==2
  [ "$INSTALL_FAILS" ] || printf '%s\n' 'Installing collected packages: a, b' 'Successfully installed a b'
  exit "${INSTALL_FAILS:-0}" ;;
*"--editable ."*)
  printf '#!/bin/sh\necho serving\n' > .venv/bin/study-companion
  chmod +x .venv/bin/study-companion ;;
esac
"""


class Made:
    """A checkout whose Python is a fake."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.record = place.parent / "record"
        for name in ("Makefile", "pyproject.toml", "requirements.lock", "requirements-dev.lock"):
            shutil.copy(CHECKOUT / name, place)
        self.python = place.parent / "python"
        self.python.write_text(FAKE_PYTHON)
        self.python.chmod(0o755)

    def make(self, *words: str, **settings: str) -> subprocess.CompletedProcess[str]:
        """Run make; `asked` then tells what Python was asked for in this run."""
        self.record.write_text("")
        return subprocess.run(
            ["make", *words],
            cwd=self.place,
            env={"PATH": os.environ["PATH"], "PYTHON": str(self.python), "RECORD": str(self.record)} | settings,
            capture_output=True,
            text=True,
            check=False,
        )

    def asked(self) -> list[str]:
        """`venv`, `install` and `editable` in the order in which they were done."""
        found = re.findall(r"-m (venv)|--requirement (\S+)|(--editable)", self.record.read_text())
        return ["".join(words) for words in found]


@pytest.fixture
def made(tmp_path: Path) -> Made:
    place = tmp_path / "study companion"
    place.mkdir()
    return Made(place)


RUNTIME = ["venv", "requirements.lock", "--editable"]


def test_make_alone_lists_the_targets(made: Made) -> None:
    listed = made.make()
    assert {"help", "serve", "test", "test-faults", "check"} <= set(re.findall(r"make ([\w-]+)", listed.stdout))
    assert (listed.returncode, listed.stderr, made.asked()) == (0, "", [])


def test_nothing_is_installed_twice(made: Made) -> None:
    first = made.make("serve")
    assert (first.returncode, first.stdout.splitlines()[-3:], first.stderr) == (
        0,
        ["Installing what requirements.lock names (a minute at first)", ".. unpacking", "serving"],
        "",
    )
    assert made.asked() == RUNTIME
    assert made.make("serve").stdout == "serving\n"
    assert made.asked() == []


@pytest.mark.parametrize("changed", ["requirements.lock", "pyproject.toml"])
def test_what_changed_is_installed(made: Made, changed: str) -> None:
    made.make("serve")
    later = time.time() + 5
    os.utime(made.place / changed, (later, later))
    made.make("serve")
    assert made.asked() == RUNTIME[1:]


def test_the_development_lock_serves_as_well(made: Made) -> None:
    made.make(".venv/installed-dev")
    assert made.asked() == ["venv", "requirements-dev.lock", "--editable"]
    made.make("serve")
    assert made.asked() == []


def test_an_interrupted_installation_is_taken_up(made: Made) -> None:
    failed = made.make("serve", INSTALL_FAILS="1")
    assert failed.returncode != 0
    assert "serving" not in failed.stdout
    assert made.make("serve").returncode == 0
    assert made.asked() == RUNTIME[1:]


def test_an_interrupted_environment_is_made_anew(made: Made) -> None:
    made.make("serve")
    (made.place / ".venv" / "made-in").unlink()
    assert made.make("serve").returncode == 0
    assert made.asked() == RUNTIME


def test_a_folder_that_was_moved(made: Made) -> None:
    made.make("serve")
    made.place = made.place.rename(made.place.with_name("elsewhere"))
    assert made.make("serve").returncode == 0
    assert made.asked() == RUNTIME


def test_a_python_that_has_gone(made: Made) -> None:
    made.make("serve")
    (made.place / ".venv" / "bin" / "python").unlink()
    (made.place / ".venv" / "bin" / "python").symlink_to("/nonexistent")
    assert made.make("serve").returncode == 0
    assert made.asked() == RUNTIME


@pytest.mark.parametrize(
    ("setting", "sentence"),
    [
        ("VERSION_FAILS", "Python 3.11 or newer is needed"),
        ("VENV_FAILS", "This Python cannot make environments: install its venv package"),
    ],
)
def test_an_unfit_python(made: Made, setting: str, sentence: str) -> None:
    refused = made.make("serve", **{setting: "1"})
    assert refused.returncode != 0
    assert refused.stderr.startswith(sentence)
    assert made.asked() == []


def test_no_python(made: Made) -> None:
    made.python.unlink()
    refused = made.make("serve")
    assert refused.returncode != 0
    assert "Python 3.11 or newer is needed" in refused.stderr
