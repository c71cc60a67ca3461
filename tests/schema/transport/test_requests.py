"""HTTP itself, as clients without manners speak it."""

import asyncio
import json

import pytest

from schema.transport import wire
from tests.api import Api
from tests.schema.transport.raw import raw

BODY = json.dumps({"query": "{ __typename }"})
HEAD = f"Host: x\r\nContent-Type: application/json\r\nContent-Length: {len(BODY)}\r\n"
POST = f"POST /graphql HTTP/1.1\r\n{HEAD}"
CHUNKED = "POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"


async def test_requests_may_follow_each_other_without_waiting(api: Api) -> None:
    request = (POST + "\r\n" + BODY).replace("{", "{{").replace("}", "}}")
    async with raw(api.address, request * 3) as connection:
        while connection.received.count(b'{"data":') < 3:
            assert await connection.read()
        assert connection.received.count(b"HTTP/1.1 200 OK") == 3


async def test_a_client_may_ask_before_it_sends_a_body(api: Api) -> None:
    async with raw(api.address, POST + "Expect: 100-continue\r\n\r\n") as connection:
        await connection.read()
        assert connection.received == b"HTTP/1.1 100 Continue\r\n\r\n"
        await connection.send_bytes(BODY.encode())
        while b'"Query"' not in connection.received:
            assert await connection.read()
        assert b"HTTP/1.1 200 OK\r\n" in connection.received


async def test_the_head_alone_may_be_asked_for(api: Api) -> None:
    async with raw(api.address, "HEAD /healthz HTTP/1.1\r\nHost: x\r\n\r\n") as connection:
        while b"\r\n\r\n" not in connection.received:
            assert await connection.read()
        assert connection.received.startswith(b"HTTP/1.1 200 OK\r\n")
        assert connection.received.endswith(b"\r\n\r\n")


@pytest.mark.parametrize(
    ("begin", "more"),
    [
        (POST, "x" * 4_096),
        (POST, "x-more: y\r\n" * 500),
        (CHUNKED + "0\r\n", "x-more: y\r\n" * 500),
        (CHUNKED + "1;", "x" * 4_096),
        ("POST /", "x" * 4_096),
    ],
)
async def test_a_head_without_end_is_cut_off(api: Api, monkeypatch: pytest.MonkeyPatch, begin: str, more: str) -> None:
    monkeypatch.setattr(wire, "MAX_HEAD", 16_384)
    async with raw(api.address, begin) as connection:
        sent = 0
        try:
            while not connection.ended and sent < 4_000_000:
                await connection.send_bytes(more.encode())
                await asyncio.sleep(0)  # the server runs in this loop too
                sent += len(more)
        except OSError:
            pass
        assert sent < 4_000_000


@pytest.mark.parametrize("begin", ["", "POST /graphql HTTP/1.1\r\nHost: x\r\n", POST + "\r\n{{"])
async def test_a_request_that_is_never_sent_whole_is_given_up(
    api: Api, monkeypatch: pytest.MonkeyPatch, begin: str
) -> None:
    monkeypatch.setattr(wire, "REQUEST_SECONDS", 0.2)
    async with raw(api.address, begin) as connection:
        while await connection.read():
            pass
        assert connection.received.startswith(b"HTTP/1.1 408 ")
        assert connection.received.endswith(b"\r\n\r\n")


async def test_a_body_that_says_it_is_too_long_is_not_waited_for(api: Api) -> None:
    head = POST.replace(f"Content-Length: {len(BODY)}", "Content-Length: 99999999999")
    async with raw(api.address, head + "\r\n") as connection:
        while b"TOO_LARGE" not in connection.received:
            assert await connection.read()
        assert connection.received.startswith(b"HTTP/1.1 413 ")
