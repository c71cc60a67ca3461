"""Two servers on one database, with every line between the parts in our hands, and all that can happen to them."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from anyio.from_thread import BlockingPortal, start_blocking_portal

from tests.machines import Broker, Postgres, StudyServer
from tests.proxy import Proxy


@dataclass(frozen=True, slots=True)
class Stage:
    """An installation. Faults are made from the main thread; lines and clients live in the portal's."""

    portal: BlockingPortal
    data_dir: Path
    postgres: Postgres
    broker: Broker | None
    database_line: Proxy
    """Between the first server and PostgreSQL."""
    broker_line: Proxy | None
    """Between the first server and the broker."""
    servers: tuple[StudyServer, StudyServer]
    naive: StudyServer | None
    """A third, whose reader goes by the last number; None with a broker, as that changes nothing."""

    @property
    def faults(self) -> list[Callable[[], None]]:
        """Everything that can happen here, in turn."""
        return [
            self.listeners_are_ended,
            self.clients_lines_go_dead,
            self.server_is_killed,
            self.server_comes_back,
            self.postgresql_crashes,
            self.database_line_goes_dead,
            self.postgresql_restarts,
            self.server_restarts,
            *self.brokers_faults,
        ]

    @property
    def few_faults(self) -> list[Callable[[], None]]:
        """Those that cost little; with a broker its own above all."""
        if self.broker is not None:
            return [self.clients_lines_go_dead, *self.brokers_faults]
        return [
            self.listeners_are_ended,
            self.clients_lines_go_dead,
            self.postgresql_crashes,
            self.database_line_goes_dead,
            self.server_is_killed,
        ]

    @property
    def brokers_faults(self) -> list[Callable[[], None]]:
        """What can happen to a broker, if there is one."""
        return [] if self.broker is None else [self.broker_restarts, self.broker_line_goes_dead]

    def server_is_killed(self) -> None:
        """`kill -9`; it stays away for a while."""
        self.servers[0].kill()

    def server_comes_back(self) -> None:
        """The one that was killed."""
        self.servers[0].start()
        self.servers[0].wait_until_ready()

    def server_restarts(self) -> None:
        """SIGTERM, as a deployment does."""
        assert self.servers[1].end() == 0
        self.servers[1].start()
        self.servers[1].wait_until_ready()

    def listeners_are_ended(self) -> None:
        """The sessions that LISTEN, and those that read the log."""
        ended = "select count(pg_terminate_backend(pid)) from pg_stat_activity where application_name = any (%s)"
        names = [f"study-companion {name}" for name in ("listening", "feed")]
        with psycopg.connect(self.postgres.owner_url) as owner:
            (count,) = owner.execute(ended, [names]).fetchone() or (0,)
        assert count >= (4 if self.broker is None else 2)

    def postgresql_crashes(self) -> None:
        """Without a checkpoint, so that it recovers from its log."""
        self.postgres.stop(immediate=True)
        time.sleep(0.3)
        self.postgres.start()

    def postgresql_restarts(self) -> None:
        """As for an update."""
        self.postgres.stop(immediate=False)
        time.sleep(0.3)
        self.postgres.start()

    def broker_restarts(self) -> None:
        """It forgets who listened."""
        assert self.broker is not None
        self.broker.stop()
        time.sleep(0.5)
        self.broker.start()

    def clients_lines_go_dead(self) -> None:
        """Open, and nothing comes through any more. New ones work."""
        for server in self.servers:
            self._swallow(server.line, 0)

    def database_line_goes_dead(self) -> None:
        """The same between a server and its database, for a time also for new connections."""
        self._swallow(self.database_line, 1.5)

    def broker_line_goes_dead(self) -> None:
        """The same between a server and the broker."""
        assert self.broker_line is not None
        self._swallow(self.broker_line, 1.5)

    def _swallow(self, line: Proxy, seconds: float) -> None:
        self.portal.call(line.swallow)
        time.sleep(seconds)
        self.portal.call(line.mend)


@contextmanager
def stage(folder: Path, *, with_broker: bool, heartbeat: float) -> Iterator[Stage]:
    """Everything running; silent streams say so after `heartbeat` seconds."""
    data_dir = folder / "data"
    data_dir.mkdir()
    with ExitStack() as stack:
        postgres = stack.enter_context(Postgres(folder / "postgres"))
        portal = stack.enter_context(start_blocking_portal())
        database_line, first_url = Proxy.to_postgresql(postgres.app_url)
        stack.enter_context(portal.wrap_async_context_manager(database_line))
        broker, broker_line = None, None
        urls = ["postgresql:", "postgresql:"]
        if with_broker:
            broker = stack.enter_context(Broker(folder / "broker"))
            broker_line = Proxy(broker.path, "broker.sock")
            stack.enter_context(portal.wrap_async_context_manager(broker_line))
            urls = [f"unix://{path}" for path in (broker_line.path, broker.path)]
        programs = {
            "one": ("cli", first_url, urls[0]),
            "two": ("cli", postgres.app_url, urls[1]),
        }
        if broker is None:
            programs["naive"] = ("tests.faults.naive", postgres.app_url, urls[1])
        servers = {
            name: StudyServer(
                folder,
                name,
                module=module,
                STUDY_DATA_DIR=data_dir,
                DATABASE_URL=database_url,
                BROADCAST_URL=broadcast_url,
                EVENT_HEARTBEAT_SECONDS=heartbeat,
                SOCKET_PING_SECONDS=2,
                SOCKET_IDLE_SECONDS=5,
                LEAVE_DRAIN_SECONDS=1,
            )
            for name, (module, database_url, broadcast_url) in programs.items()
        }
        for server in servers.values():
            stack.enter_context(server)
            stack.enter_context(portal.wrap_async_context_manager(server.line))
        for server in servers.values():
            server.wait_until_ready()
        pair = (servers["one"], servers["two"])
        yield Stage(portal, data_dir, postgres, broker, database_line, broker_line, pair, servers.get("naive"))
