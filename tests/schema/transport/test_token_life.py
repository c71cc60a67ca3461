"""Until when a connection stays open: the token's end, a newer token, an administrator."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from domain.identity.local_issuer import LocalIssuer
from schema.context import Services
from schema.transport.sockets import Sockets
from schema.transport.websocket import Socket as Connection
from tests.api import Api, Socket
from tests.eventually import until
from tests.make import Make, Person
from tests.schema.transport.clients import (
    DISCONNECT,
    NUDGES,
    RENEW,
    VIEWER,
    acknowledged,
    closing,
    init,
    listening,
    nudge,
    opened,
    person_id,
    say,
    subscribe,
)

SHORT = timedelta(seconds=5)
"""Enough to open a socket and use it, also on a machine that has much else to do."""


@asynccontextmanager
async def watching(api: Api, services: Services, person: Person, token: str) -> AsyncIterator[Socket]:
    """A socket with one open stream."""
    async with opened(api) as connection:
        socket = await acknowledged(connection, token)
        before = services.live.feed.status.streams
        await socket.send(**subscribe(NUDGES, id="live"))
        await listening(services, before + 1)
        yield socket


async def renew(socket: Socket, token: str, query: str = RENEW) -> Any:
    """The payload of renewToken over the socket."""
    await socket.send(**subscribe(query, id="renew", input={"token": token}))
    payload = (await socket.next())["data"]["renewToken"]
    assert await socket.receive() == {"id": "renew", "type": "complete"}
    return payload


async def test_a_socket_ends_with_its_token(api: Api, make: Make, services: Services, issuer: LocalIssuer) -> None:
    sam = await make.student()
    async with watching(api, services, sam, issuer.issue("sub-sam", lifetime=SHORT)) as socket:
        assert await closing(socket.connection) == (4403, "Token expired")
    await listening(services, 0)


async def test_an_idle_socket_ends_with_its_token_too(api: Api, make: Make, issuer: LocalIssuer) -> None:
    await make.student()
    async with opened(api) as connection:
        await acknowledged(connection, issuer.issue("sub-sam", lifetime=SHORT))
        assert await closing(connection) == (4403, "Token expired")


async def test_a_token_in_its_last_grace_opens_no_socket(api: Api, make: Make, data_dir: Path) -> None:
    """A request that was under way when its token ran out is served; a socket would be closed at once."""
    await make.student()
    now = datetime.now(UTC).timestamp()
    ended = LocalIssuer.load(data_dir, clock=lambda: now - 63).issue("sub-sam", lifetime=timedelta(minutes=1))
    async with opened(api) as connection:
        await say(connection, init(ended))
        assert await closing(connection) == (4403, "Token expired")


async def test_nor_does_it_an_event_stream(api: Api, make: Make, sockets: Sockets, data_dir: Path) -> None:
    await make.student()
    now = datetime.now(UTC).timestamp()
    ended = LocalIssuer.load(data_dir, clock=lambda: now - 63).issue("sub-sam", lifetime=timedelta(minutes=1))
    headers = {"accept": "text/event-stream", "authorization": f"Bearer {ended}"}
    async with asyncio.timeout(60):
        response = await api.http.post(f"http://{api.address}/graphql", json={"query": NUDGES}, headers=headers)
    assert (response.status_code, "complete" in response.text) == (200, False)
    assert sockets.counts.closed == {"4403": 1}


async def test_a_newer_token_goes_on_with_the_streams(
    api: Api, make: Make, services: Services, issuer: LocalIssuer
) -> None:
    sam = await make.student()
    tess = await make.tutor(of=sam)
    begun = datetime.now(UTC)
    async with (
        watching(api, services, sam, issuer.issue("sub-sam", lifetime=SHORT)) as socket,
        watching(api, services, sam, issuer.issue("sub-sam", lifetime=SHORT)) as forgotten,
    ):
        payload = await renew(socket, issuer.issue("sub-sam", lifetime=timedelta(hours=1)))
        assert payload["userErrors"] == []
        expires = datetime.fromisoformat(payload["expiresAt"])
        assert timedelta(minutes=59) < expires - begun <= timedelta(minutes=61)
        # An older one takes nothing away.
        payload = await renew(socket, issuer.issue("sub-sam", lifetime=timedelta(minutes=30)))
        assert datetime.fromisoformat(payload["expiresAt"]) == expires
        assert await closing(forgotten.connection) == (4403, "Token expired")
        await nudge(api, tess, sam, "Still here")
        message = await socket.receive()
        assert (message["id"], message["payload"]["data"]["newNudges"]["nudge"]["message"]) == ("live", "Still here")


async def test_only_ones_own_good_token_renews(
    api: Api, make: Make, services: Services, sockets: Sockets, issuer: LocalIssuer, data_dir: Path
) -> None:
    sam = await make.student()
    tess = await make.tutor(of=sam)
    yesterday = LocalIssuer.load(data_dir, clock=lambda: datetime.now(UTC).timestamp() - 86_400)
    refused = {
        tess.token: "FORBIDDEN",
        issuer.issue("sub-nobody"): "FORBIDDEN",
        yesterday.issue("sub-sam", lifetime=timedelta(hours=1)): "INVALID",
        "": "INVALID",
        f"Bearer {sam.token}": "INVALID",
        "x" * 20_000: "INVALID",
    }

    def ends() -> list[datetime]:
        open_now = [each.identity for each in sockets._owners if isinstance(each, Connection)]
        return [identity.expires_at for identity in open_now if identity is not None]

    async with watching(api, services, sam, issuer.issue("sub-sam", lifetime=timedelta(minutes=1))) as socket:
        before = ends()
        for token, code in refused.items():
            payload = await renew(socket, token)
            assert payload == {"expiresAt": None, "userErrors": [{"field": "token", "code": code}]}
        payload = await renew(socket, f"bearer {sam.token}", RENEW.replace("code", "message"))
        assert payload["userErrors"][0]["message"] == "Send the token alone, without `Bearer` before it."
        # The streams are still sam's, and still end when they would have.
        await nudge(api, tess, sam, "For Sam")
        assert (await socket.next())["data"]["newNudges"]["nudge"]["message"] == "For Sam"
        assert len(before) == 1
        assert ends() == before


async def test_over_http_there_is_nothing_to_renew(api: Api, make: Make) -> None:
    sam = await make.student()
    data = await api.data(RENEW, sam, input={"token": sam.token})
    assert data["renewToken"] == {"expiresAt": None, "userErrors": [{"field": None, "code": "INVALID"}]}


async def test_nobody_has_no_token_to_renew(api: Api, make: Make) -> None:
    sam = await make.student()
    async with api.socket(None) as socket:
        await socket.send(**subscribe(RENEW, input={"token": sam.token}))
        answer = await socket.next()
        assert [error["extensions"]["code"] for error in answer["errors"]] == ["UNAUTHENTICATED"]


async def test_an_administrator_closes_a_persons_connections(
    api: Api, make: Make, services: Services, sockets: Sockets
) -> None:
    sam, ada = await make.student(), await make.admin()
    tess = await make.tutor(of=sam)
    async with (
        watching(api, services, sam, sam.token) as first,
        watching(api, services, sam, sam.token) as second,
        watching(api, services, tess, tess.token) as other,
        api.http.stream(
            "POST",
            f"http://{api.address}/graphql",
            json={"query": NUDGES},
            headers={"accept": "text/event-stream", "authorization": f"Bearer {sam.token}"},
        ) as events,
    ):
        await listening(services, 4)
        data = await api.data(DISCONNECT, ada, input={"userId": person_id(sam)})
        assert data == {"disconnectUser": {"user": {"email": "sam@school.test"}, "userErrors": []}}
        for socket in (first, second):
            assert await closing(socket.connection) == (4403, "Disconnected by an administrator")
        assert "complete" not in "".join([text async for text in events.aiter_text()])
        await until(lambda: len(sockets) == 1)
        await nudge(api, tess, sam, "Where are you?")
        assert (await other.next())["data"]["newNudges"]["nudge"]["message"] == "Where are you?"
        # Whose token is still good may come back.
        async with api.socket(sam) as again:
            await again.send(**subscribe(VIEWER))
            assert (await again.next())["data"]["viewer"] == {"email": "sam@school.test"}
    cursor = await make.owner.execute("select action, target_id, student_id, actor_id from audit_log")
    assert await cursor.fetchall() == [("user.disconnect", sam.id, sam.id, ada.id)]


@pytest.mark.parametrize("role", ["student", "tutor", "parent"])
async def test_nobody_else_closes_connections(api: Api, make: Make, services: Services, role: str) -> None:
    sam = await make.student()
    other = await make.person(role, "other")
    async with watching(api, services, sam, sam.token) as socket:
        assert await api.error_codes(DISCONNECT, other, input={"userId": person_id(sam)}) == ["FORBIDDEN"]
        await socket.send(type="ping")
        assert await socket.receive() == {"type": "pong"}


async def test_nobody_is_not_disconnected(api: Api, make: Make) -> None:
    ada, sam = await make.admin(), await make.student()
    await make.owner.execute("delete from users where id = %s", [sam.id])
    data = await api.data(DISCONNECT, ada, input={"userId": person_id(sam)})
    assert data["disconnectUser"] == {"user": None, "userErrors": [{"field": "userId", "code": "NOT_FOUND"}]}
