"""Tables of what was measured, in Markdown."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from tests.bench.operations import OPERATIONS


class Case(NamedTuple):
    """What is measured of each peer."""

    operation: str
    clients: int
    size: int
    """Students of a dashboard, or sessions in the table."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One measurement."""

    server: float
    """CPU milliseconds of the server for each request."""
    database: float
    """The same of the database."""
    rate: float
    """Requests a second."""
    latency: float
    """Milliseconds, the median."""
    size: float
    """Bytes of an answer."""

    @property
    def cpu(self) -> float:
        """Of both."""
        return self.server + self.database


Found = dict[tuple[Case, str], list[Figure]]
"""Of each case and peer, a figure for each round."""


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    print("| " + " | ".join(head) + " |")
    print("| --- " + "| ---: " * (len(head) - 1) + "|")
    for row in rows:
        print("| " + " | ".join(row) + " |")
    print(flush=True)


def _told(value: float) -> str:
    return f"{value:.2f}" if value < 10 else f"{value:.1f}" if value < 100 else f"{value:,.0f}"


def _median(figures: Sequence[Figure], name: str) -> float:
    return float(statistics.median(getattr(figure, name) for figure in figures))


def _cases(found: Found) -> tuple[list[Case], list[str]]:
    return list(dict.fromkeys(case for case, _ in found)), list(dict.fromkeys(name for _, name in found))


def by_operation(found: Found) -> None:
    """Medians of each operation: CPU of server and database, both, and requests a second, for numbers of clients."""
    cases, names = _cases(found)
    for operation in dict.fromkeys(case.operation for case in cases):
        of_it = [case for case in cases if case.operation == operation]
        sizes = ", ".join(f"{name} {_median(found[of_it[0], name], 'size') / 1000:.1f}" for name in names)
        print(f"**{OPERATIONS[operation]}** (KB of an answer: {sizes})\n")
        head = ["clients", *(f"{case.clients}: server + database = CPU ms | req/s" for case in of_it)]
        rows = []
        for name in names:
            row = [name]
            for case in of_it:
                figures = found[case, name]
                parts = [_told(_median(figures, part)) for part in ("server", "database", "cpu", "rate")]
                row += [f"{parts[0]} + {parts[1]} = **{parts[2]}**", parts[3]]
            rows.append(row)
        _table([cell for each in head for cell in each.split(" | ")], rows)


def ratios(found: Found, pairs: Sequence[tuple[str, str]]) -> None:
    """Medians of the ratios of each round, of total CPU and of requests a second."""
    cases, names = _cases(found)
    pairs = [pair for pair in pairs if set(pair) <= set(names)]
    rows = []
    for case in cases:
        row = [f"{OPERATIONS[case.operation]}, {case.clients} client{'s' if case.clients > 1 else ''}"]
        for one, other in pairs:
            both = list(zip(found[case, one], found[case, other], strict=True))
            cpu = statistics.median(a.cpu / b.cpu for a, b in both)
            rate = statistics.median(a.rate / b.rate for a, b in both)
            row += [_told(cpu), _told(rate)]
        rows.append(row)
    head = [""]
    for one, other in pairs:
        head += [f"{one} / {other}: CPU", "req/s"]
    _table(head, rows)


def _growth(found: Found, what: str, operation: str) -> None:
    cases, names = _cases(found)
    of_it = [case for case in cases if case.operation == operation]
    rows = [
        [f"{case.size:,}", *(_told(_median(found[case, name], part)) for name in names for part in ("cpu", "database"))]
        for case in of_it
    ]
    _table([what, *(cell for name in names for cell in (f"{name}: CPU ms", "of it database"))], rows)


def by_students(found: Found) -> None:
    """How a dashboard's cost grows with its students."""
    print("**Students of a dashboard**\n")
    _growth(found, "students", "Class")


def by_rows(found: Found) -> None:
    """How cost grows with the tables."""
    for operation in dict.fromkeys(case.operation for case, _ in found):
        print(f"**{OPERATIONS[operation]}, by sessions in the table**\n")
        _growth(found, "sessions", operation)
