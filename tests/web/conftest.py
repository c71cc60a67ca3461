"""A server as users start it, and Chromium as users open it."""

import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from server import BUILT_PAGES
from settings import Settings

CHECKOUT = Path(__file__).parents[2]

expect.set_options(timeout=60_000)


@dataclass(frozen=True)
class Served:
    """A server on the demo data, with a database of its own."""

    address: str
    data: Path


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    """One for the tests of a module."""
    if not (BUILT_PAGES / "graphiql.html").exists():
        pytest.fail("There are no pages to test: run `make test-web`, which builds them.")
    # Not pytest's own folder: PostgreSQL runs as somebody else for root, who may not enter that.
    folder = Path(tempfile.mkdtemp(prefix="study pages "))
    folder.chmod(0o755)
    environment = {name: value for name, value in os.environ.items() if name.lower() not in Settings.model_fields}
    environment |= {"STUDY_DATA_DIR": str(folder / "data"), "PORT": "0"}
    output, errors = folder / "out", folder / "err"
    with output.open("w") as out, errors.open("w") as err:
        program = subprocess.Popen(
            [sys.executable, "-m", "cli", "serve"], cwd=CHECKOUT, env=environment, stdout=out, stderr=err
        )
    try:
        yield Served(_address(program, output, errors), folder / "data")
    finally:
        program.terminate()
        program.wait(60)
        shutil.rmtree(folder)


@pytest.fixture(scope="module")
def server(served: Served) -> str:
    """Its address."""
    return served.address


def _address(program: subprocess.Popen[bytes], output: Path, errors: Path) -> str:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        if found := re.search(r"(http://\S+)/readyz", output.read_text()):
            return found[1]
        if program.poll() is not None:
            break
        time.sleep(0.05)
    raise AssertionError(errors.read_text())


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium; it is not asked to look for anything on the network."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"),
            # Its sandbox does not work for root.
            args=["--no-sandbox"] if os.geteuid() == 0 else [],
        )
        yield browser
        browser.close()


class Watched:
    """A browser window, with what it asked for and what it complained of."""

    def __init__(self, page: Page, server: str) -> None:
        self.page = page
        self.server = server
        self.elsewhere: list[str] = []
        self.complaints: list[str] = []
        page.on("request", lambda request: self._asked(request.url))
        page.on("websocket", lambda socket: self._asked(socket.url))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on(
            "console", lambda said: self.complaints.append(said.text) if said.type in {"error", "warning"} else None
        )

    def _asked(self, url: str) -> None:
        if not url.startswith((f"{self.server}/", f"{self.server.replace('http', 'ws')}/", "data:")):
            self.elsewhere.append(url)


# What a page says in passing, after it has gone too.
HEARD = """window.heard = [];
new MutationObserver((changes) => {
  const added = changes.flatMap(({ addedNodes }) => [...addedNodes]);
  heard.push(...added.filter((node) => node.matches?.('.toast')).map((node) => node.textContent));
}).observe(document, { childList: true, subtree: true });"""


class Windows:
    """Windows that share nothing, not even what a browser keeps."""

    def __init__(self, chromium: Browser, server: str) -> None:
        self._chromium = chromium
        self.server = server
        self.watched: list[Watched] = []

    def forgive(self, part: str) -> None:
        """Take back the complaints so far that have this in them: the test brought them about."""
        for each in self.watched:
            each.complaints[:] = [said for said in each.complaints if part not in said]

    def open(
        self, path: str, *, dark: bool = False, width: int = 1440, height: int = 900, through: str | None = None
    ) -> Page:
        """A page in a window of its own; `through` is another address that leads to the server."""
        context = self._chromium.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            # What is on its way in has not its colours yet.
            reduced_motion="reduce",
        )
        page = context.new_page()
        page.set_default_timeout(60_000)
        page.add_init_script(HEARD)
        self.watched.append(Watched(page, through or self.server))
        page.goto(f"{through or self.server}{path}")
        return page


@pytest.fixture
def windows(chromium: Browser, server: str) -> Iterator[Windows]:
    """Opens windows; none of them may ask anybody but our server, or complain."""
    opened = Windows(chromium, server)
    yield opened
    for each in opened.watched:
        each.page.context.close()
    assert [each.elsewhere for each in opened.watched if each.elsewhere] == []
    assert [each.complaints for each in opened.watched if each.complaints] == []


class Wire:
    """A network between a browser and the server that can be cut, and can fall silent."""

    def __init__(self, server: str) -> None:
        host, port = server.removeprefix("http://").split(":")
        self._to = (host, int(port))
        self._ends: set[socket.socket] = set()
        self._silent: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._listener: socket.socket | None = None
        self.address = ""
        self.mend()

    def mend(self) -> None:
        """Let the browser through, at the same address as before."""
        port = int(self.address.rpartition(":")[2]) if self.address else 0
        self._listener = socket.create_server(("127.0.0.1", port))
        self.address = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._begin(self._accept, self._listener)

    def cut(self) -> None:
        """End all connections, and refuse others."""
        if self._listener is not None:
            # Whoever waits in accept() would go on doing so.
            self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
        for end in list(self._ends):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def end(self) -> None:
        """Cut it for good."""
        self.cut()
        for thread in self._threads:
            thread.join()
        for end in self._ends:
            end.close()

    def fall_silent(self) -> None:
        """Carry nothing more on the connections there are, without a word, as after a sleep. New ones work."""
        self._silent |= self._ends

    def _accept(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                near, _ = listener.accept()
                far = socket.create_connection(self._to)
                self._ends |= {near, far}
                for source, sink in ((near, far), (far, near)):
                    self._begin(self._carry, source, sink)

    def _begin(self, work: Callable[..., None], *sockets: socket.socket) -> None:
        thread = threading.Thread(target=work, args=sockets, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _carry(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65_536):
                if source not in self._silent:
                    sink.sendall(data)
        if source not in self._silent:
            with suppress(OSError):
                sink.shutdown(socket.SHUT_WR)


@pytest.fixture
def wire(server: str) -> Iterator[Wire]:
    """A network of the test's own."""
    made = Wire(server)
    yield made
    made.end()


def picture(page: Page, name: str) -> None:
    """Keep what the page looks like, where PICTURES names a folder."""
    if folder := os.environ.get("PICTURES"):
        page.screenshot(path=Path(folder) / f"{name}.png")
