"""Coming back: cursors, what was missed, snapshots, heartbeats, and more than one process."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from websockets.exceptions import ConnectionClosed

from domain.events import Cursor, Event, EventKind
from domain.identity.local_issuer import LocalIssuer
from schema.context import Services
from schema.ids import split
from server import create_app
from settings import Settings
from tests.api import Api, Socket, serving
from tests.eventually import until
from tests.make import Make, Person
from tests.schema.conftest import Statements
from tests.schema.subscriptions.conftest import Family
from tests.schema.subscriptions.watching import Watch, refusal, start
from tests.schema.telling import tell
from tests.servers import Database

NUDGES = """
subscription ($id: ID, $after: String, $snapshot: Boolean) {
  newNudges(studentId: $id, after: $after, snapshot: $snapshot) { kind cursor occurredAt nudge { message } }
}
"""
OVERRIDES = """
subscription ($after: String, $snapshot: Boolean! = false) {
  overrideUpdates(after: $after, snapshot: $snapshot) {
    kind cursor student { email } override { summary { narrative } }
  }
}
"""
ACTIVITY = """
subscription ($after: String, $snapshot: Boolean! = false) {
  activity(after: $after, snapshot: $snapshot) {
    kind cursor node { __typename ... on Student { email goals(first: 5) { nodes { title } } } }
  }
}
"""
DISCONNECT = "mutation ($input: DisconnectUserInput!) { disconnectUser(input: $input) { userErrors { code } } }"


@asynccontextmanager
async def watching(api: Api, person: Person, document: str = NUDGES, **variables: Any) -> AsyncIterator[Socket]:
    """A socket with one stream, whose heartbeats are received as well."""
    async with api.socket(person) as socket:
        seen = Socket(socket.connection, heartbeats=True)
        await start(seen, document, **variables)
        yield seen


async def update(socket: Socket) -> Any:
    """The next update of the socket's stream."""
    payload = await socket.next()
    assert "errors" not in payload, payload
    return next(iter(payload["data"].values()))


async def messages(socket: Socket, count: int) -> list[str]:
    """The texts of the next nudges, each with a cursor that lies after the one before."""
    found: list[Any] = []
    while len(found) < count:
        told = await update(socket)
        if told["kind"] != "HEARTBEAT":
            found.append(told)
    cursors = [Cursor.parse(told["cursor"]) for told in found]
    assert cursors == sorted(set(cursors))
    return [told["nudge"]["message"] for told in found]


@pytest.fixture
async def another(database: Database, data_dir: Path, api: Api) -> AsyncIterator[tuple[Api, Services]]:
    """A second server on the same database, with connections, feed and wake-up of its own."""
    app = create_app(Settings(study_data_dir=data_dir), database.app_url)
    async with serving(app) as other:
        yield other, app.state.services


async def test_a_stream_begins_with_where_it_is(watch: Watch, family: Family) -> None:
    async with watching(watch.api, family.sam) as sam:
        first = await update(sam)
        assert first == {"kind": "HEARTBEAT", "cursor": first["cursor"], "occurredAt": None, "nudge": None}
    # Nothing had happened when it went, and the cursor serves all the same.
    await watch.nudge(family.tess, family.sam, "while away")
    async with watching(watch.api, family.sam, after=first["cursor"]) as sam:
        assert await messages(sam, 1) == ["while away"]


async def test_what_was_missed_comes_first_and_then_what_happens(
    watch: Watch, family: Family, another: tuple[Api, Services]
) -> None:
    other, _ = another
    async with watching(watch.api, family.sam) as sam:
        await update(sam)
        await watch.nudge(family.tess, family.sam, "0")
        last = await update(sam)
    for number in range(1, 40):
        await watch.nudge(family.tess, family.sam, str(number))
    writing = asyncio.create_task(_nudge_often(watch, family, range(40, 80)))
    # Each comes back somewhere else than it was.
    for api in (other, watch.api):
        async with watching(api, family.sam, after=last["cursor"]) as sam:
            assert await messages(sam, 79) == [str(number) for number in range(1, 80)]
    await writing


async def _nudge_often(watch: Watch, family: Family, numbers: range) -> None:
    for number in numbers:
        await watch.nudge(family.tess, family.sam, str(number))


async def test_each_cursor_is_a_place_to_go_on_from(watch: Watch, family: Family) -> None:
    async with watching(watch.api, family.sam) as sam:
        await update(sam)
        seen = []
        for number in range(5):
            await watch.nudge(family.tess, family.sam, str(number))
            seen.append(await update(sam))
    for number, told in enumerate(seen[:-1]):
        async with watching(watch.api, family.sam, after=told["cursor"]) as sam:
            assert await messages(sam, 4 - number) == [str(later) for later in range(number + 1, 5)]
            assert (await update(sam))["kind"] == "HEARTBEAT"


async def test_past_retention_a_client_is_told(watch: Watch, family: Family, make: Make) -> None:
    async with watching(watch.api, family.sam) as sam:
        old = (await update(sam))["cursor"]
    await watch.nudge(family.tess, family.sam, "removed")
    await make.owner.execute("update events set occurred_at = now() - interval '30 days'")

    async def removed() -> bool:
        await watch.services.live._remove_some()
        rows = await make.owner.execute("select count(*) from events")
        return await rows.fetchone() == (0,)

    async with asyncio.timeout(60):
        while not await removed():  # noqa: ASYNC110 - other tests' transactions hold it up
            await asyncio.sleep(0.01)
    async with watching(watch.api, family.sam, after=old) as sam:
        assert await refusal(sam) == ["RESYNC_REQUIRED"]
    async with watching(watch.api, family.sam, snapshot=True) as sam:
        assert (await update(sam))["nudge"] == {"message": "removed"}


@pytest.mark.parametrize(
    ("variables", "code"),
    [
        ({"after": ""}, "BAD_CURSOR"),
        ({"after": "x"}, "BAD_CURSOR"),
        ({"after": "é" * 5_000}, "BAD_CURSOR"),
        ({"after": str(Cursor(2**62, 1, 1))}, "RESYNC_REQUIRED"),
        ({"after": str(Cursor(1, 1, 1)), "snapshot": True}, "BAD_USER_INPUT"),
    ],
)
async def test_what_is_no_place_is_refused(watch: Watch, family: Family, variables: Any, code: str) -> None:
    async with watching(watch.api, family.sam, **variables) as sam:
        assert await refusal(sam) == [code]
    await watch.idle()


# Snapshots


async def test_a_snapshot_and_what_follows_it(watch: Watch, family: Family, make: Make) -> None:
    sue = await make.student("sue")
    await make.nudge(sue, "not for Tess")
    await make.nudge(family.sam, "opened", opened_at="2026-01-01T00:00:00Z")
    for number in range(3):
        await make.nudge(family.sam, f"current {number}")
    async with watching(watch.api, family.tess, snapshot=True) as tess:
        state = [await update(tess) for _ in range(3)]
        assert [(told["kind"], told["cursor"], told["occurredAt"]) for told in state] == [("CURRENT", None, None)] * 3
        assert sorted(told["nudge"]["message"] for told in state) == [f"current {number}" for number in range(3)]
        end = await update(tess)
        assert (end["kind"], end["nudge"]) == ("HEARTBEAT", None)
        await watch.nudge(family.tess, family.sam, "after")
        assert await messages(tess, 1) == ["after"]
    async with watching(watch.api, family.tess, after=end["cursor"]) as tess:
        assert await messages(tess, 1) == ["after"]


async def test_nothing_falls_between_a_snapshot_and_the_stream(watch: Watch, family: Family) -> None:
    """Whenever it is taken, each nudge is in the snapshot or comes after it, and in one of them only."""
    writing = asyncio.create_task(_nudge_often(watch, family, range(60)))
    for _ in range(6):
        seen: list[str] = []
        async with watching(watch.api, family.toby, snapshot=True) as toby:
            while len(seen) < 60:
                told = await update(toby)
                if told["nudge"] is not None:
                    seen.append(told["nudge"]["message"])
        assert sorted(seen, key=int) == [str(number) for number in range(60)]
    await writing


async def test_the_snapshots_of_the_other_streams(watch: Watch, family: Family, make: Make) -> None:
    await make.goal(family.sam, "Pass")
    await watch.override(family.tess, family.summary, 1, "in force")
    async with watching(watch.api, family.pat, OVERRIDES, snapshot=True) as pat:
        assert await update(pat) == {
            "kind": "CURRENT",
            "cursor": None,
            "student": {"email": "sam@school.test"},
            "override": {"summary": {"narrative": "in force"}},
        }
        assert (await update(pat))["kind"] == "HEARTBEAT"
    async with watching(watch.api, family.pat, ACTIVITY, snapshot=True) as pat:
        student = {"__typename": "Student", "email": "sam@school.test", "goals": {"nodes": [{"title": "Pass"}]}}
        assert await update(pat) == {"kind": "CURRENT", "cursor": None, "node": student}
        assert (await update(pat))["kind"] == "HEARTBEAT"


async def test_a_snapshot_that_would_be_too_large_is_refused(
    watch: Watch, family: Family, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("schema.subscriptions.stream.MAX_STATE", 3)
    for number in range(4):
        await make.nudge(family.sam, str(number))
    async with watching(watch.api, family.sam, snapshot=True) as sam:
        assert await refusal(sam) == ["SNAPSHOT_TOO_LARGE"]


# Silence, and calls that fail


async def test_a_silent_stream_says_how_far_it_has_come(database: Database, data_dir: Path, make: Make) -> None:
    sam, sue = await make.student(), await make.student("sue")
    tess = await make.tutor(of=sue)
    settings = Settings(study_data_dir=data_dir, event_heartbeat_seconds=0.1)
    async with serving(create_app(settings, database.app_url)) as api, watching(api, sam) as watched:
        first = await update(watched)
        # What happens to others moves it on.
        given = {"studentId": sue.gid, "type": "LOGIN", "channel": "IN_APP", "message": "Hello"}
        document = "mutation ($input: SendNudgeInput!) { sendNudge(input: $input) { userErrors { code } } }"
        await api.data(document, tess, input=given)
        while (later := await update(watched))["cursor"] == first["cursor"]:
            assert later["kind"] == "HEARTBEAT"
        assert later["kind"] == "HEARTBEAT"
        assert Cursor.parse(later["cursor"]) > Cursor.parse(first["cursor"])


async def test_without_calls_events_are_looked_for(database: Database, data_dir: Path, make: Make) -> None:
    sam = await make.student()
    tess = await make.tutor(of=sam)
    settings = Settings(study_data_dir=data_dir, broadcast_url="redis://127.0.0.1:1", event_poll_seconds=0.1)
    app = create_app(settings, database.app_url)
    async with serving(app) as api, watching(api, sam) as watched:
        ready = await api.http.get(f"http://{api.address}/readyz")
        assert (ready.status_code, ready.json()["events"]) == (200, "polled")
        metrics = await api.http.get(f"http://{api.address}/metrics")
        assert "study_events_called 0\n" in metrics.text
        await update(watched)
        other = create_app(Settings(study_data_dir=data_dir), database.app_url)
        async with serving(other) as writer:
            await Watch(writer, other.state.services).nudge(tess, sam, "from elsewhere")
        assert await messages(watched, 1) == ["from elsewhere"]


async def test_an_event_waits_for_a_database_that_is_away(watch: Watch, family: Family, make: Make) -> None:
    """Its connections end in the middle of things: the event comes later, whole and once."""
    async with watching(watch.api, family.sam) as sam:
        await update(sam)
        for number in range(3):
            await watch.nudge(family.tess, family.sam, str(number))
            await make.owner.execute(
                "select pg_terminate_backend(pid, 60000) from pg_stat_activity"
                " where datname = current_database() and pid <> pg_backend_pid()"
            )
            assert await messages(sam, 1) == [str(number)]


# Several processes, many sockets


async def test_a_person_is_disconnected_from_every_server(
    watch: Watch, family: Family, another: tuple[Api, Services]
) -> None:
    other, _ = another
    async with watching(watch.api, family.sam) as here, watching(other, family.sam) as there:
        await asyncio.gather(update(here), update(there))
        given = {"userId": family.sam.gid}
        assert await watch.api.data(DISCONNECT, family.ada, input=given) == {"disconnectUser": {"userErrors": []}}
        for socket in (here, there):
            with pytest.raises(ConnectionClosed):
                await socket.receive()
            assert socket.connection.close_code == 4403


async def test_those_who_ask_the_same_are_answered_by_one_reading(
    watch: Watch, family: Family, statements: Statements
) -> None:
    async with watch.streams(*((family.sam, NUDGES, None) for _ in range(15))) as sockets:
        await until(lambda: watch.in_use == 0)
        await watch.nudge(family.tess, family.sam, "for all")
        assert await asyncio.gather(*(messages(socket, 1) for socket in sockets)) == [["for all"]] * 15
        reads = [name for name in statements.names if name == "nudges_by_id"]
        # One when it is sent, for the mutation's own answer, and one for all who hear of it.
        assert len(reads) == 2


async def test_what_differs_is_not_shared(watch: Watch, family: Family) -> None:
    """Other selections, other variables beneath the field, other people."""
    document = """
        subscription ($short: Boolean!) {
          newNudges { nudge { id @skip(if: $short) message user { email } } }
        }
    """
    other = "subscription ($short: Boolean!) { newNudges { nudge { text: message @skip(if: $short) } } }"
    watchers = [(family.sam, document), (family.tess, document), (family.sam, other)]
    async with watch.api.socket(family.sam) as one, watch.api.socket(family.tess) as two:
        for number, (person, text) in enumerate(watchers):
            for short in (True, False):
                socket = one if person is family.sam else two
                await start(socket, text, stream=f"{number}{short}", short=short)
        await watch.listening(6)
        await watch.nudge(family.tess, family.sam, "Hello")
        said = [await one.receive() for _ in range(4)] + [await two.receive() for _ in range(2)]
        seen = {message["id"]: message["payload"]["data"]["newNudges"]["nudge"] for message in said}
        long = {"message": "Hello", "user": {"email": "sam@school.test"}}
        assert seen["2False"] == {"text": "Hello"}
        assert seen["2True"] == {}
        assert seen["0True"] == seen["1True"] == long
        for name in ("0False", "1False"):
            assert seen[name].keys() == {"id", *long}
            assert split(seen[name]["id"])[0] == "Nudge"


# What it costs


async def test_what_is_hidden_delays_no_heartbeat(
    database: Database, data_dir: Path, make: Make, issuer: LocalIssuer
) -> None:
    """A silence would tell a parent that their child asks questions."""
    sam = await make.student()
    pat, question = await make.parent(of=sam), await make.question(sam)
    app = create_app(Settings(study_data_dir=data_dir, event_heartbeat_seconds=0.3), database.app_url)
    document = "subscription { activity { kind cursor node { id } } }"
    async with serving(app) as api, watching(api, pat, document) as parent:
        asking = asyncio.create_task(_escalate_often(app.state.services, sam, question))
        seen = [await update(parent) for _ in range(6)]
        asking.cancel()
        assert {told["kind"] for told in seen} == {"HEARTBEAT"}
        assert len({told["cursor"] for told in seen}) > 1


async def _escalate_often(services: Services, student: Person, question: UUID) -> None:
    while True:
        await tell(services, Event(EventKind.QUESTION_ESCALATED, student.id, question))
        await asyncio.sleep(0.02)


def _nested(depth: int) -> list[Any]:
    return [_nested(depth - 1)] if depth else []


@pytest.mark.parametrize(
    ("document", "variables", "code"),
    [
        (f"subscription {{ {' ' * 20_000} newNudges {{ kind }} }}", {}, "TOO_COMPLEX"),
        (NUDGES, {"unused": "x" * 20_001}, "TOO_COMPLEX"),
        (NUDGES, {"unused": _nested(300)}, "BAD_REQUEST"),
        (f"{{ {' ' * 100_000} viewer {{ email }} }}", {}, "TOO_COMPLEX"),
    ],
    ids=["document", "variables", "nested", "query"],
)
async def test_what_a_stream_would_keep_is_limited(
    watch: Watch, family: Family, document: str, variables: Any, code: str
) -> None:
    async with watching(watch.api, family.sam, document, **variables) as sam:
        assert await refusal(sam) == [code]


async def test_a_stream_begins_when_the_database_is_back(watch: Watch, family: Family) -> None:
    pool = watch.services.database.pool
    pool.timeout = 0.2
    async with watching(watch.api, family.sam, "{ viewer { email } }") as sam:
        assert (await sam.next())["data"] == {"viewer": {"email": "sam@school.test"}}
        assert (await sam.receive())["type"] == "complete"
        taken = [await pool.getconn(timeout=5) for _ in range(10)]
        await start(sam, NUDGES)
        await sam.nothing(within=1)
        for connection in taken:
            await pool.putconn(connection)
        assert (await update(sam))["kind"] == "HEARTBEAT"
