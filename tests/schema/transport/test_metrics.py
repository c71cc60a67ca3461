"""What /metrics tells of connections; of jobs: tests/schema/test_jobs.py."""

from schema.context import Services
from schema.transport.sockets import Sockets
from tests.api import Api
from tests.eventually import until
from tests.make import Make
from tests.schema.transport.clients import NUDGES, closing, listening, opened, subscribe

_SHARED = ("study_jobs", "study_executions")
"""Of all applications on the database, or in the process."""


async def numbers(api: Api) -> dict[str, int]:
    """The samples by name and label."""
    response = await api.http.get(f"http://{api.address}/metrics")
    assert response.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    samples = [line for line in response.text.splitlines() if not line.startswith("#")]
    numbers = {name: int(value) for name, _, value in (line.partition(" ") for line in samples)}
    return {name: number for name, number in numbers.items() if not name.startswith(_SHARED)}


async def test_connections_are_counted(api: Api, make: Make, services: Services, sockets: Sockets) -> None:
    sam = await make.student()
    nothing = {
        'study_connections{kind="websocket"}': 0,
        'study_connections{kind="event_stream"}': 0,
        "study_operations": 0,
        "study_connections_opened_total": 0,
        "study_connections_refused_total": 0,
        "study_messages_sent_total": 0,
        "study_leaving": 0,
        "study_events_readable": 1,
        "study_events_called": 1,
        "study_events_called_total": 1,
        "study_events_held": 0,
        "study_events_held_seconds": 0,
        "study_event_streams_fed": 0,
        "study_events_waiting": 0,
        "study_events_handed_out_total": 0,
    }
    await until(lambda: services.live.wakeup.healthy)
    assert await numbers(api) == nothing
    headers = {"accept": "text/event-stream", "authorization": f"Bearer {sam.token}"}
    async with (
        api.socket(sam) as socket,
        api.http.stream("POST", f"http://{api.address}/graphql", json={"query": NUDGES}, headers=headers),
    ):
        await socket.send(**subscribe(NUDGES, id="1"))
        await socket.send(**subscribe(NUDGES, id="2"))
        await listening(services, 3)
        # The acknowledgement, the event stream's first comment, and what each subscription says first: it is there.
        await until(lambda: sockets.counts.sent == 5)
        assert await numbers(api) == nothing | {
            'study_connections{kind="websocket"}': 1,
            'study_connections{kind="event_stream"}': 1,
            "study_operations": 3,
            "study_connections_opened_total": 2,
            "study_messages_sent_total": 5,
            "study_event_streams_fed": 3,
        }
    async with opened(api) as connection:
        await connection.send("[]")
        assert (await closing(connection))[0] == 4400
    async with opened(api) as connection:
        await connection.close(4999, "any code the client likes")
    await until(lambda: len(sockets) == 0)
    assert await numbers(api) == nothing | {
        "study_connections_opened_total": 4,
        "study_messages_sent_total": 5,
        'study_connections_closed_total{code="1000"}': 1,
        'study_connections_closed_total{code="1006"}': 1,
        'study_connections_closed_total{code="4400"}': 1,
        'study_connections_closed_total{code="other"}': 1,
    }
