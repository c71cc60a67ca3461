"""What every test can ask for."""

import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from db.embedded import Server
from db.encryption import KeyRing
from domain.identity.local_issuer import LocalIssuer
from tests.servers import EMBEDDED, PROGRAMS, Clones, Database, servers

# Asynchronous tests


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """asyncio only: psycopg has no other."""
    return "asyncio"


# PostgreSQL: with xdist the controller starts the servers and its workers share them, else the first test that
# needs one does. They are children of the process that started them and end with it, even when it is killed.

_SERVERS = pytest.StashKey[dict[str, Server]]()
_RUNNING = pytest.StashKey[ExitStack]()


def _started(config: pytest.Config) -> dict[str, Server]:
    if _SERVERS not in config.stash:
        config.stash[_RUNNING] = ExitStack()
        config.stash[_SERVERS] = config.stash[_RUNNING].enter_context(servers())
    return config.stash[_SERVERS]


class _Controller:
    """Hooks that exist only with xdist."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config

    def pytest_configure_node(self, node: Any) -> None:
        """Tell a worker, before it starts, where the servers are."""
        node.workerinput["servers"] = {
            major: (server.pid, str(server.socket_folder), str(server.cluster))
            for major, server in _started(self.config).items()
        }


def pytest_configure(config: pytest.Config) -> None:
    """Meet xdist as its controller, or as one of its workers."""
    # A test has jobs done when it wants them done; `serve` as a program of its own does them as it comes.
    os.environ["JOBS_IN_SERVER"] = "false"
    told: dict[str, tuple[int, str, str]] | None = getattr(config, "workerinput", {}).get("servers")
    if told is not None:
        config.stash[_SERVERS] = {
            major: Server(pid, Path(sockets), Path(cluster)) for major, (pid, sockets, cluster) in told.items()
        }
    else:
        for each in (signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(each) is signal.SIG_DFL:
                signal.signal(each, _end)
        if config.pluginmanager.hasplugin("xdist"):
            config.pluginmanager.register(_Controller(config))


def _end(number: int, frame: FrameType | None) -> None:
    """End as Ctrl-C does; the signal's own way would skip stopping the servers."""
    pytest.exit(f"told to end by {signal.Signals(number).name}", returncode=128 + number)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop what was started here."""
    if _RUNNING in config.stash:
        config.stash[_RUNNING].close()


@pytest.fixture(scope="session")
def clones() -> Iterator[Clones]:
    """Databases that tests have one after another."""
    kept = Clones()
    yield kept
    kept.close()


@pytest.fixture
def database(pytestconfig: pytest.Config, clones: Clones) -> Iterator[Database]:
    """A migrated database without rows, on the embedded PostgreSQL."""
    with clones.lend(_started(pytestconfig)[EMBEDDED]) as clone:
        yield clone


@pytest.fixture(params=PROGRAMS)
def database_on_each_server(request: pytest.FixtureRequest, clones: Clones) -> Iterator[Database]:
    """The same on each PostgreSQL of the machine, for tests of what versions may do differently."""
    with clones.lend(_started(request.config)[request.param]) as clone:
        yield clone


# Keys take a while to make, so all tests share them.


@pytest.fixture(scope="session")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the development keys."""
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="session")
def issuer(data_dir: Path) -> LocalIssuer:
    """The development issuer that the application believes."""
    return LocalIssuer.load(data_dir)


@pytest.fixture(scope="session")
def keys(data_dir: Path) -> KeyRing:
    """The keys that the application encrypts with."""
    return KeyRing.from_file(data_dir / "encryption.key")
