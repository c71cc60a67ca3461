"""Nobody misses anything, is told twice or in the wrong order, whatever fails.

Real processes: two servers, their PostgreSQL, a broker, and clients who come back with their cursor. `make test` runs
it at a small size, `make test-faults` in full.
"""

import os
import random
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import FIRST_EXCEPTION, wait
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from db.engine import Database
from domain.events import Cursor
from tests.db.log import VAULT
from tests.faults.school import School, expected, make_school
from tests.faults.stage import Stage, stage
from tests.faults.subscriber import Address, Subscriber
from tests.faults.verdict import FAULTLESS, judge
from tests.faults.writing import Writers
from tests.machines import wait_until

PATIENCE = 400.0
"""Seconds until everybody has been told everything."""


@dataclass(frozen=True, slots=True)
class Size:
    """How much of everything."""

    people: dict[str, int]
    events: int
    per_second: float
    writers: int
    rounds: int
    """How many times each fault happens; 0 for the cheap ones, once."""
    pause: float
    """Seconds between faults."""
    heartbeat: float
    """Seconds of silence after which a server says that there is nothing; clients go away after four times that."""


SMALL = Size({"students": 8, "tutors": 6, "parents": 4, "admins": 2}, 200, 60, 16, 0, 0.5, 0.5)
FULL = Size({"students": 80, "tutors": 60, "parents": 56, "admins": 4}, 10_000, 110, 16, 2, 4, 2)
SIZE = FULL if os.environ.get("FAULTS") == "full" else SMALL


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder with a short name, for sockets, which PostgreSQL's account can enter."""
    with tempfile.TemporaryDirectory(prefix="faults-") as name:
        Path(name).chmod(0o711)
        yield Path(name)


@pytest.mark.timeout(1_200)
@pytest.mark.parametrize("broker", ["postgresql", "valkey"])
def test_nobody_misses_anything(broker: str, folder: Path) -> None:
    with stage(folder, with_broker=broker == "valkey", heartbeat=SIZE.heartbeat) as all_of_it:
        _play(all_of_it, SIZE)


def _play(scene: Stage, size: Size) -> None:
    postgres = scene.postgres
    school = make_school(postgres.owner_url, scene.data_dir, **size.people)
    start = _place(postgres.owner_url)
    subscribers = _subscribers(scene, school, start, 4 * size.heartbeat)
    faults_over = threading.Event()
    last: list[Cursor] = []

    def enough(subscriber: Subscriber) -> bool:
        # A heartbeat says that everything up to its cursor has been told.
        return bool(last) and Cursor.parse(subscriber.after or "") >= last[0]

    with ExitStack() as stack:
        database = Database(postgres.app_url, vault=VAULT, max_connections=size.writers)
        stack.enter_context(scene.portal.wrap_async_context_manager(database))
        watching = {name: scene.portal.start_task_soon(each.watch, enough) for name, each in subscribers.items()}
        stack.callback(lambda: [future.cancel() for future in watching.values()])
        # A heartbeat: up to now nothing has been missed.
        wait_until(lambda: all(each.heartbeats for each in subscribers.values()), "everybody is subscribed")
        writers = Writers(
            database,
            school,
            size.events,
            size.per_second,
            None if scene.broker is None else f"unix://{scene.broker.path}",
            lambda: not faults_over.is_set(),
        )
        writing = scene.portal.start_task_soon(writers.write, size.writers)
        try:
            for fault in scene.faults * size.rounds or scene.few_faults:
                time.sleep(size.pause)
                fault()
        finally:
            faults_over.set()
        writing.result()
        told = expected(postgres.owner_url, postgres.app_url, school.people, start)
        last.append(max(Cursor.parse(event.cursor) for events in told.values() for event in events))
        # Those who were made to fail may wait for ever for what they have missed.
        waiting = [future for name, future in watching.items() if "/" not in name]
        for failed in wait(waiting, PATIENCE, FIRST_EXCEPTION).done:
            failed.result()
    verdicts = {name: judge(each.received, told[name.partition("/")[0]]) for name, each in subscribers.items()}
    print(f"\n{writers}; {sum(len(each.received) for each in subscribers.values())} deliveries")
    print("connections ended by", dict(sum((each.endings for each in subscribers.values()), Counter())))
    # Those who were made to fail, to see that it shows.
    made_to_fail = {name: verdicts.pop(name) for name in list(verdicts) if "/" in name}
    print(made_to_fail, Counter(verdicts.values()))
    assert FAULTLESS not in made_to_fail.values(), made_to_fail
    # One who was told nothing at all would show nothing.
    assert all(verdict.lost < len(told[_WITNESS]) for verdict in made_to_fail.values()), made_to_fail
    assert {name: verdict for name, verdict in verdicts.items() if verdict != FAULTLESS} == {}
    for server in scene.servers:
        assert server.failures() == []


_WITNESS = "admin-0"


def _subscribers(scene: Stage, school: School, start: Cursor, silence: float) -> dict[str, Subscriber]:
    """By name: everybody once; every third comes on a line that can go dead; and two who have to be told wrongly."""
    direct: list[Address] = [("127.0.0.1", server.port) for server in scene.servers]
    by_line: list[Address] = [server.line.path for server in scene.servers]
    found = {}
    for number, person in enumerate(school.people):
        addresses = by_line if number % 3 == 0 else direct
        found[person.subject] = Subscriber(
            person.subject,
            person.token,
            person.stream,
            addresses,
            str(start),
            silence,
            chance=random.Random(number),  # noqa: S311 - chance
        )
    witness = next(person for person in school.people if person.subject == _WITNESS)
    there: dict[str, list[Address]] = {"forgetful": by_line}
    if scene.naive is not None:
        there["naive"] = [("127.0.0.1", scene.naive.port)]
    for name, addresses in there.items():
        found[f"{_WITNESS}/{name}"] = Subscriber(
            name,
            witness.token,
            "activity",
            addresses,
            str(start),
            silence,
            forgetful=name == "forgetful",
            chance=random.Random(name),  # noqa: S311 - chance
        )
    return found


def _place(owner_url: str) -> Cursor:
    """Where the log is."""
    with psycopg.connect(owner_url) as owner:
        place, epoch = owner.execute(
            "select pg_snapshot_xmin(pg_current_snapshot())::text::bigint, epoch from events_floor"
        ).fetchone() or (0, 0)
    return Cursor(place, 0, epoch)
