"""Whether memory grows: many requests of many different documents, and what the server holds on to meanwhile.

`make bench-memory`; our server alone, for every role's operations. It stops by itself, and fails when the second half
of the requests leaves the server more than a twentieth larger.
"""

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.bench.load import Request, load
from tests.bench.operations import Asked
from tests.bench.peers import OURS, Peer, running
from tests.bench.processes import Process
from tests.bench.school import CLASSES, School
from tests.machines import Postgres

_AT_ONCE = 4.0  # seconds of requests between two looks
_ALLOWED = 1.05
NEW = 20
_AHEAD = 8_000  # requests that are made ready at a time
_NAMES = ("Row", "Home", "Dashboard", "List")


def _varied(request: Request, number: int) -> Request:
    """The same request with a document that nobody sent before; one of two also asks for something else."""
    query: str = request.body["query"]
    query = query.replace("{ id ", f"{{ a{number}: id id ", 1)
    if number % 2:
        query = query.replace("durationMinutes", f"durationMinutes b{number}: createdAt")
    return Request(request.path, request.headers, {**request.body, "query": query})


def _requests(peer: Peer, documents: int) -> list[Request]:
    """One in NEW is of a document of its own, the rest of those that everybody sends; small ones come more often."""
    usual = [_request(peer, number) for number in range(120)]
    made: list[Request] = []
    for number in range(documents):
        made += [usual[(number * NEW + each) % len(usual)] for each in range(NEW - 1)]
        made.append(_varied(_request(peer, number), number))
    return made


def _request(peer: Peer, number: int) -> Request:
    name = _NAMES[0 if number % 3 else number // 3 % len(_NAMES)]
    role = "student" if name == "Home" else "tutor"
    return peer.request(Asked(name, f"{role}-{number % 60}", 5))


def _own_memory(pid: int) -> int:
    """KiB that are a process's alone, and no cache that it shares; 0 where that cannot be read."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return int(next(line for line in lines if line.startswith("Anonymous:")).split()[1])


def _largest_backend(postmaster: int) -> int:
    """The same of the largest of PostgreSQL's processes."""
    found = [0]
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if Process(int(folder.name)).parent == postmaster:
                found.append(_own_memory(int(folder.name)))
        except (FileNotFoundError, ProcessLookupError):
            continue
    return max(found)


def _measure(peer: Peer, postmaster: int, requests: Sequence[Request], count: int, step: int) -> list[float]:
    """MiB of the server after each so many requests; printed as a table."""
    print("\n| requests | server MiB | largest PostgreSQL process MiB |\n| ---: | ---: | ---: |")
    sizes: list[float] = []
    done = 0
    while done < count:
        start = done % len(requests)
        done += load(peer.port, requests[start : start + _AHEAD], clients=16, seconds=_AT_ONCE).answers
        if done >= step * (len(sizes) + 1):
            sizes.append(Process(peer.pid).memory / 1024)
            print(f"| {done:,} | {sizes[-1]:.1f} | {_largest_backend(postmaster) / 1024:.1f} |", flush=True)
    return sizes


def main() -> None:
    """Ask, look, judge."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=200_000)
    parser.add_argument("--documents", type=int, default=10_000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        with Postgres(folder / "postgres") as postgres:
            School(postgres.owner_url).grow(max(CLASSES) * 2 + 200)
            with running(folder, postgres, [OURS]) as (peer,):
                requests = _requests(peer, given.documents)
                sizes = _measure(peer, postgres.server.pid, requests, given.requests, given.requests // 20)
    half, end = sizes[len(sizes) // 2], sizes[-1]
    print(f"\nSecond half: {half:.1f} -> {end:.1f} MiB")
    if end > half * _ALLOWED:
        raise SystemExit("Memory grows.")


if __name__ == "__main__":
    main()
