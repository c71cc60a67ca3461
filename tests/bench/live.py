"""Live push, ours beside plain Strawberry: memory of an idle socket, latency, CPU for each delivery.

`make bench-live`; one process of each kind after the other, in turn, on loopback. It stops by itself.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench.processes import Process
from tests.bench.sides import Side, make_school, ours, plain
from tests.machines import CHECKOUT, Postgres

IDLE = 2_000  # sockets
ACTIVE = 50  # students who have something happen to them at the steady rate, each with a socket
RATE = 200  # events a second
STEADY = 10  # seconds
CROWD = 1_000  # sockets that follow one student
BURST = 20  # events
BURSTS = 3
SECONDS = 120.0  # for anything to arrive

Figures = dict[str, float]


class Clients:
    """The clients' process."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def tell(self, **command: Any) -> Any:
        """One command; gives its answer."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps(command), file=self._process.stdin, flush=True)
        return json.loads(self._process.stdout.readline())


@contextmanager
def clients_of(side: Side) -> Iterator[Clients]:
    """Clients that connect to a server."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.clients", str(side.port)],
        cwd=CHECKOUT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield Clients(process)
    finally:
        process.kill()
        process.wait()


def _settle(server: Process) -> None:
    """Wait until the server has nothing to do."""
    for _ in range(40):
        before = server.cpu
        time.sleep(0.5)
        if server.cpu - before <= 0.03:
            return
    raise RuntimeError("the server does not come to rest")


@dataclass(frozen=True, slots=True)
class _Told:
    """What was told and what arrived."""

    latencies: list[float]
    """Milliseconds from before the commit until the client had it."""
    cpu: float
    """CPU milliseconds of the server for each delivery."""
    database_cpu: float
    seconds: float
    """From the first commit until the last arrival."""


def _tell(side: Side, clients: Clients, students: Sequence[int], sockets: int, rate: float | None) -> _Told:
    """Have something happen to each of the students, in turn, and wait until every socket of theirs has it."""
    server = Process(side.pid)
    clients.tell(arrivals=True)
    cpu, database_cpu, began = server.cpu, side.database_cpu(), time.monotonic()
    told = {}
    for number, student in enumerate(students):
        if rate is not None and (left := began + number / rate - time.monotonic()) > 0:
            time.sleep(left)
        target, moment = side.tell(student)
        told[target] = moment
    expected = len(students) * sockets
    came = clients.tell(wait=expected, seconds=SECONDS)
    time.sleep(0.2)
    cpu, database_cpu = server.cpu - cpu, side.database_cpu() - database_cpu
    arrivals = clients.tell(arrivals=True)
    if len(arrivals) != expected:
        raise RuntimeError(f"{came} of {expected} events arrived")
    return _Told(
        [(at - told[target]) / 1e6 for target, at in arrivals],
        cpu / expected * 1000,
        database_cpu / expected * 1000,
        (max(at for _, at in arrivals) - min(told.values())) / 1e9,
    )


def _percentile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def measure(side: Side, crowds: Sequence[int]) -> Figures:
    """One round on one server; `crowds` are the numbers of people whose sockets follow the one student."""
    server = Process(side.pid)
    figures: Figures = {}
    with clients_of(side) as clients:
        # What is loaded and made at first use is not the sockets'.
        clients.tell(open=side.group(0, 50))
        _settle(server)
        _tell(side, clients, [0] * 5, 50, None)
        clients.tell(close=True)
        _settle(server)
        before = server.memory
        students = range(ACTIVE, ACTIVE + IDLE)
        clients.tell(open=[group for student in students for group in side.group(student, 1)])
        _settle(server)
        figures["KiB for each idle socket"] = (server.memory - before) / IDLE
        clients.tell(open=[group for student in range(ACTIVE) for group in side.group(student, 1)])
        _settle(server)
        steady = _tell(side, clients, [number % ACTIVE for number in range(RATE * STEADY)], 1, RATE)
        figures["steady: p50 ms"] = _percentile(steady.latencies, 0.5)
        figures["steady: p99 ms"] = _percentile(steady.latencies, 0.99)
        figures["steady: CPU ms for each delivery"] = steady.cpu
        figures["steady: CPU ms of PostgreSQL"] = steady.database_cpu
        clients.tell(close=True)
    for people in crowds:
        with clients_of(side) as clients:
            clients.tell(open=side.group(0, CROWD, people))
            _settle(server)
            bursts = [_tell(side, clients, [0] * BURST, CROWD, None) for _ in range(BURSTS if people < CROWD else 1)]
            name = f"burst, {people} people"
            figures[f"{name}: CPU ms for each delivery"] = statistics.median(each.cpu for each in bursts)
            figures[f"{name}: CPU ms of PostgreSQL"] = statistics.median(each.database_cpu for each in bursts)
            figures[f"{name}: p50 ms"] = statistics.median(_percentile(each.latencies, 0.5) for each in bursts)
            figures[f"{name}: p99 ms"] = statistics.median(_percentile(each.latencies, 0.99) for each in bursts)
            figures[f"{name}: seconds in all"] = statistics.median(each.seconds for each in bursts)
            clients.tell(close=True)
            _settle(server)
    return figures


def main() -> None:
    """Measure in turn and print medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", choices=["plain", "ours"])
    parser.add_argument("--crowds", type=int, nargs="*", default=[20, 1_000], help="people whose sockets get a burst")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        (folder / "data").mkdir()
        with Postgres(folder / "postgres") as postgres:
            school = make_school(postgres, folder / "data", students=ACTIVE + IDLE, tutors=CROWD - 1)
            kinds: dict[str, Callable[[], AbstractContextManager[Side]]] = {
                "plain": plain,
                "ours": lambda: ours(folder, postgres, school),
            }
            found: dict[str, list[Figures]] = {kind: [] for kind in kinds if given.only in (None, kind)}
            for number in range(given.rounds):
                for kind, rounds in found.items():
                    with kinds[kind]() as side:
                        # It knows no people: one crowd is like another.
                        rounds.append(measure(side, given.crowds if kind == "ours" else given.crowds[:1]))
                    print(f"round {number + 1}, {kind}: {json.dumps(rounds[-1])}", file=sys.stderr, flush=True)
    _print(found)


def _print(found: dict[str, list[Figures]]) -> None:
    medians = {
        kind: {name: statistics.median(figures[name] for figures in rounds) for name in rounds[0]}
        for kind, rounds in found.items()
    }
    print("| " + " | ".join(["", *medians, *(["plain / ours"] if len(medians) == 2 else [])]) + " |")
    print("| --- " + "| ---: " * (len(medians) + (len(medians) == 2)) + "|")
    for name in list(medians.values())[-1]:
        values = [figures[name] for figures in medians.values() if name in figures]
        cells = [f"{value:.3f}" if value < 10 else f"{value:.1f}" for value in values]
        cells = [""] * (len(medians) - len(values)) + cells
        if len(medians) == 2:
            cells.append(f"{values[0] / values[1]:.1f}" if len(values) == 2 and values[0] else "")
        print(f"| {name} | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
