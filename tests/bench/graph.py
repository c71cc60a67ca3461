"""Operations, ours beside others: CPU for each request of the server and of the database, and requests a second.

`make bench`; all servers on one database, asked in turn, on loopback. It stops by itself.
"""

import argparse
import statistics
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.bench.load import ask, load
from tests.bench.operations import OPERATIONS, Asked, essence
from tests.bench.peers import CORE, OURS, PEERS, PLAIN, POSTGRAPHILE, SQL, Peer, install_postgraphile, running
from tests.bench.processes import Process
from tests.bench.report import Case, Figure, Found, by_operation, by_rows, by_students, ratios
from tests.bench.school import CLASSES, SESSIONS_OF_STUDENT, STUDENTS_OF_TUTOR, School
from tests.machines import Postgres

VIEWERS = 500
"""People who ask in turn, at most."""
WARM_UP = 0.25
"""Seconds of each measurement that do not count."""
FIRST_TIME = 1.5
"""The same before the first: PostGraphile's plans are made, and Node compiles what is called often."""
SESSIONS_OF_TUTOR = STUDENTS_OF_TUTOR * SESSIONS_OF_STUDENT
LEAST_SESSIONS = max(CLASSES) * SESSIONS_OF_STUDENT
ALIKE = 3
"""Viewers whose answers are compared, for each operation."""


@dataclass(frozen=True, slots=True)
class Bench:
    """The database, and the servers on it."""

    postgres: Postgres
    school: School
    peers: Sequence[Peer]

    def askers(self, operation: str) -> list[Asked]:
        """Who asks: people from all over the school."""
        role, number = ("student", self.school.students)
        if operation != "Home":
            role, number = ("tutor", self.school.students // STUDENTS_OF_TUTOR)
        step = max(1, number // VIEWERS)
        return [Asked(operation, f"{role}-{person}") for person in range(0, number, step)]

    def compare(self, all_asked: Iterable[Asked]) -> None:
        """See that all give the same answer. Raises SystemExit."""
        for asked in all_asked:
            answers = {peer.name: ask(peer.port, peer.request(asked)) for peer in self.peers}
            for name, answer in answers.items():
                if answer.get("errors") or not answer.get("data"):
                    raise SystemExit(f"{name} did not answer {asked}: {str(answer)[:1_000]}")
            found = {name: essence(answer) for name, answer in answers.items()}
            first = next(iter(found))
            for name, each in found.items():
                if each != found[first]:
                    raise SystemExit(f"{name} and {first} answer {asked} differently:\n{each}\n{found[first]}")

    def measure(self, peer: Peer, all_asked: Sequence[Asked], clients: int, seconds: float, warm_up: float) -> Figure:
        """One measurement."""
        requests = [peer.request(asked) for asked in all_asked]
        load(peer.port, requests, clients=clients, seconds=warm_up)
        database = Process(self.postgres.server.pid)
        before = peer.cpu(), database.tree_cpu()
        loaded = load(peer.port, requests, clients=clients, seconds=seconds)
        server, below = peer.cpu() - before[0], database.tree_cpu() - before[1]
        return Figure(
            server=server / loaded.answers * 1000,
            database=below / loaded.answers * 1000,
            rate=loaded.answers / loaded.seconds,
            latency=statistics.median(loaded.latencies) * 1000,
            size=loaded.bytes / loaded.answers,
        )

    def in_turn(self, cases: Sequence[Case], rounds: int, seconds: float) -> Found:
        """Every peer in every case, round by round; who begins changes."""
        found: Found = {(case, peer.name): [] for case in cases for peer in self.peers}
        for number in range(rounds):
            for case in cases:
                shift = number % len(self.peers)
                for peer in [*self.peers[shift:], *self.peers[:shift]]:
                    all_asked = self._asked(case)
                    warm_up = WARM_UP if number else FIRST_TIME
                    figure = self.measure(peer, all_asked, case.clients, seconds, warm_up)
                    found[case, peer.name].append(figure)
                    print(f"round {number + 1}, {peer.name}, {case}: {figure}", file=sys.stderr, flush=True)
        return found

    def _asked(self, case: Case) -> list[Asked]:
        if case.operation == "Class":
            return [Asked("Dashboard", f"class-{case.size}", case.size)]
        return self.askers(case.operation)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=1.0, help="of each measurement")
    parser.add_argument("--clients", type=int, nargs="*", default=[1, 16, 64])
    parser.add_argument("--operations", nargs="*", choices=OPERATIONS, default=list(OPERATIONS))
    parser.add_argument("--peers", nargs="*", choices=PEERS, default=list(PEERS))
    parser.add_argument("--students", type=int, nargs="*", choices=CLASSES, default=list(CLASSES))
    parser.add_argument(
        "--sessions",
        type=int,
        nargs="+",
        default=[48_000, 480_000],
        help="rows of the table; 5000000 takes gigabytes of disk and minutes to fill",
    )
    given = parser.parse_args()
    for sessions in given.sessions:
        if sessions < LEAST_SESSIONS or sessions % SESSIONS_OF_TUTOR:
            parser.error(f"--sessions takes {LEAST_SESSIONS} or more, in steps of {SESSIONS_OF_TUTOR}, not {sessions}")
    return given


def main() -> None:
    """Compare, measure, print."""
    given = _arguments()
    if POSTGRAPHILE in given.peers:
        install_postgraphile()
    smallest, *more = sorted(given.sessions)
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        with Postgres(folder / "postgres") as postgres:
            school = School(postgres.owner_url)
            school.grow(smallest // SESSIONS_OF_STUDENT)
            with running(folder, postgres, given.peers) as peers:
                bench = Bench(postgres, school, peers)
                _run(bench, given, more)


def _run(bench: Bench, given: argparse.Namespace, more: Sequence[int]) -> None:
    for operation in given.operations:
        bench.compare(bench.askers(operation)[:: max(1, len(bench.askers(operation)) // ALIKE)])
    bench.compare(Asked("Dashboard", f"class-{size}", size) for size in given.students)
    print("All give the same answers.\n", flush=True)

    if given.clients:
        cases = [Case(operation, clients, 0) for operation in given.operations for clients in given.clients]
        found = bench.in_turn(cases, given.rounds, given.seconds)
        by_operation(found)
        ratios(found, [(OURS, POSTGRAPHILE), (OURS, SQL), (PLAIN, OURS), (CORE, OURS)])
    if given.students:
        by_students(bench.in_turn([Case("Class", 1, size) for size in given.students], given.rounds, given.seconds))
    if more:
        grown: Found = {}
        for size in [bench.school.sessions, *more]:
            bench.school.grow(size // SESSIONS_OF_STUDENT)
            cases = [Case(operation, 1, bench.school.sessions) for operation in given.operations]
            grown |= bench.in_turn(cases, given.rounds, given.seconds)
        by_rows(grown)


if __name__ == "__main__":
    main()
