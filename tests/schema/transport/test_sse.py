"""Server-Sent Events: the distinct connections mode of graphql-sse, and who is answered in JSON all the same."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import httpx
import pytest

from domain.events import Event, EventKind
from domain.identity.local_issuer import LocalIssuer
from schema.context import Services
from schema.transport import sse
from schema.transport.sockets import Sockets
from tests.api import Api, is_heartbeat, without_cost
from tests.eventually import until
from tests.make import Make, Person
from tests.schema.telling import tell
from tests.schema.transport.clients import NUDGES, VIEWER, listening, nudge
from tests.schema.transport.raw import raw

EVENTS = "text/event-stream"
URQL = (
    "application/graphql-response+json, application/graphql+json, application/json, text/event-stream, multipart/mixed"
)


def parsed(text: str) -> list[tuple[str, Any]]:
    """The events of a stream: name and data, heartbeats left out."""
    found = []
    for block in text.split("\n\n"):
        fields = dict(line.split(":", 1) for line in block.splitlines() if not line.startswith(":"))
        if fields:
            data = json.loads(fields["data"].strip() or "null")
            if not is_heartbeat(data):
                found.append((fields["event"].strip(), data and without_cost(data)))
    return found


async def ask(
    api: Api, document: str, person: Person | None = None, *, accept: str = EVENTS, **more: Any
) -> httpx.Response:
    """The whole response to one operation."""
    headers = {"accept": accept} | ({"authorization": f"Bearer {person.token}"} if person else {})
    return await api.http.post(f"http://{api.address}/graphql", json={"query": document, **more}, headers=headers)


class Stream:
    """The events of one response as they come."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self.text = ""
        self._chunks = response.aiter_text()

    async def next(self) -> tuple[str, Any]:
        """The next event."""
        while not parsed(self.text.rpartition("\n\n")[0]):
            self.text += await asyncio.wait_for(anext(self._chunks), 60)
        block, _, self.text = self.text.partition("\n\n")
        while not parsed(block):
            block, _, self.text = self.text.partition("\n\n")
        return parsed(block)[0]

    async def rest(self) -> list[tuple[str, Any]]:
        """What still comes until the end of the response."""
        async with asyncio.timeout(60):
            async for chunk in self._chunks:
                self.text += chunk
        return parsed(self.text)


@asynccontextmanager
async def streaming(
    api: Api, services: Services, token: str, *, document: str = NUDGES, method: str = "POST"
) -> AsyncIterator[Stream]:
    """An open event stream."""
    headers = {"accept": EVENTS, "authorization": f"Bearer {token}"}
    sent: dict[str, Any] = {"json" if method == "POST" else "params": {"query": document}}
    before = services.live.feed.status.streams
    async with api.http.stream(method, f"http://{api.address}/graphql", headers=headers, **sent) as response:
        assert (response.status_code, response.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
        await listening(services, before + 1)
        yield Stream(response)


# Streams


@pytest.mark.parametrize("method", ["POST", "GET"])
async def test_a_subscription_is_a_stream(api: Api, make: Make, services: Services, method: str) -> None:
    sam = await make.student()
    tess = await make.tutor(of=sam)
    async with streaming(api, services, sam.token, method=method) as stream:
        assert stream.response.headers["cache-control"] == "no-store"
        assert stream.response.headers["x-accel-buffering"] == "no"
        for message in ("One", "Two\nlines: and\r\n\r\nmore"):
            await nudge(api, tess, sam, message)
            shown = {"data": {"newNudges": {"nudge": {"message": message.replace("\r\n", "\n")}}}}
            event = await stream.next()
            event[1]["data"]["newNudges"]["nudge"]["message"] = event[1]["data"]["newNudges"]["nudge"][
                "message"
            ].replace("\r\n", "\n")
            assert event == ("next", shown)
    await listening(services, 0)


async def test_a_client_that_lists_both_gets_json_unless_it_subscribes(
    api: Api, make: Make, services: Services
) -> None:
    sam = await make.student()
    for accept in (URQL, "text/event-stream, application/json", "text/event-stream;q=1, */*;q=0.1"):
        response = await ask(api, VIEWER, sam, accept=accept)
        assert "json" in response.headers["content-type"]
        assert response.json()["data"] == {"viewer": {"email": "sam@school.test"}}
        response = await ask(api, "{ nothing }", sam, accept=accept)
        assert "json" in response.headers["content-type"]
    headers = {"accept": URQL, "authorization": f"Bearer {sam.token}"}
    url = f"http://{api.address}/graphql"
    async with api.http.stream("POST", url, json={"query": NUDGES}, headers=headers) as response:
        assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
        await listening(services, 1)


async def test_a_client_that_takes_nothing_else_gets_everything_as_events(api: Api, make: Make) -> None:
    sam = await make.student()
    response = await ask(api, VIEWER, sam)
    assert (response.status_code, response.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
    answer = {"data": {"viewer": {"email": "sam@school.test"}}}
    assert parsed(response.text) == [("next", answer), ("complete", None)]
    for document in ("{", "{ nothing }", "query A { __typename } query B { __typename }", "subscription { nothing }"):
        response = await ask(api, document, sam)
        assert response.status_code == 200
        (name, errors), *rest = parsed(response.text)
        assert (name, set(errors), rest) == ("next", {"errors"}, [("complete", None)])
    response = await ask(api, "query A { __typename }", sam, operationName="B")
    assert [name for name, _ in parsed(response.text)] == ["next", "complete"]
    # An empty data line: without one a browser's EventSource would not tell of the event.
    assert response.text.endswith("event: complete\ndata:\n\n")


async def test_what_is_no_good_request_has_a_status(api: Api, make: Make) -> None:
    sam = await make.student()
    url = f"http://{api.address}/graphql"
    forged = await api.http.post(
        url, json={"query": NUDGES}, headers={"accept": EVENTS, "authorization": "Bearer a.b.c"}
    )
    broken = await api.http.post(url, content=b"[", headers={"accept": EVENTS, "content-type": "application/json"})
    writing = await api.http.get(url, params={"query": "mutation { __typename }"}, headers={"accept": EVENTS})
    assert [response.status_code for response in (forged, broken, writing)] == [401, 400, 405]
    for accept in ("application/json", "*/*", "text/event-stream;q=0, application/json"):
        response = await ask(api, NUDGES, sam, accept=accept)
        assert response.status_code == 406
        assert response.json()["errors"][0]["extensions"] == {"code": "NOT_ACCEPTABLE"}


async def test_nobody_may_watch(api: Api) -> None:
    response = await ask(api, NUDGES)
    (name, answer), end = parsed(response.text)
    assert (name, [error["extensions"]["code"] for error in answer["errors"]]) == ("next", ["UNAUTHENTICATED"])
    assert end == ("complete", None)


async def test_a_stream_that_fails_says_so_and_completes(
    api: Api, make: Make, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    sam = await make.student()
    async with streaming(api, services, sam.token) as stream:
        sent = await make.nudge(sam)
        await make.owner.execute("alter table nudges rename column channel to way")
        await tell(services, Event(EventKind.NUDGE_SENT, sam.id, sent))
        (name, answer), end = await stream.rest()
        assert (name, answer["errors"][0]["extensions"], end) == ("next", {"code": "INTERNAL"}, ("complete", None))
        assert "channel" not in json.dumps(answer)


@pytest.mark.parametrize("chosen", [{"socket_ping_seconds": 0.1}])
async def test_a_silent_stream_has_a_heartbeat(api: Api, make: Make, services: Services) -> None:
    sam = await make.student()
    async with streaming(api, services, sam.token) as stream:
        async with asyncio.timeout(60):
            async for chunk in stream.response.aiter_text():
                stream.text += chunk
                if stream.text.count(":\n\n") >= 5:
                    break
        assert parsed(stream.text) == []


# Their ends


async def test_a_stream_ends_with_its_token_and_without_completing(
    api: Api, make: Make, services: Services, sockets: Sockets, issuer: LocalIssuer
) -> None:
    await make.student()
    token = issuer.issue("sub-sam", lifetime=timedelta(seconds=5))
    async with streaming(api, services, token) as stream:
        assert await stream.rest() == []
    assert sockets.counts.closed == {"4403": 1}


async def test_a_client_that_goes_ends_its_stream(api: Api, make: Make, services: Services, sockets: Sockets) -> None:
    sam = await make.student()
    for _ in range(5):
        async with streaming(api, services, sam.token):
            assert sockets.counts.event_streams == 1
        await listening(services, 0)
        await until(lambda: len(sockets) == 0)
    assert sockets.counts.closed == {"1006": 5}


@pytest.mark.parametrize("chosen", [{"socket_send_seconds": 0.3, "socket_queue_bytes": 1_024}])
async def test_a_client_that_does_not_read_is_let_go(
    api: Api, make: Make, services: Services, sockets: Sockets, monkeypatch: pytest.MonkeyPatch
) -> None:
    sam = await make.student()
    # What fills the connection's buffers soonest.
    monkeypatch.setattr(sse, "HEARTBEAT", b":" + b" " * 1_000_000 + b"\n\n")
    monkeypatch.setattr(sse.EventStream, "due", _flood)
    body = json.dumps({"query": NUDGES})
    request = (
        "POST /graphql HTTP/1.1\r\nHost: {address}\r\nAccept: text/event-stream\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer {sam.token}\r\nContent-Length: {len(body)}\r\n\r\n"
        + body.replace("{", "{{").replace("}", "}}")
    )
    async with raw(api.address, request) as client:
        await until(lambda: sockets.counts.closed == {"1013": 1})
        await until(lambda: not api.server.server_state.connections)
        while await client.read():
            pass
        assert b"event: complete" not in client.received
        assert not client.received.endswith(b"0\r\n\r\n")
    await listening(services, 0)


def _flood(stream: sse.EventStream) -> float:
    for _ in range(20):
        stream.outbox.offer(sse.HEARTBEAT)
    return 60
