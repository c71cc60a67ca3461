"""What waits for one client: its order, its bounds, its end. And the set of all connections, taken by itself."""

import asyncio
from dataclasses import replace
from uuid import uuid4

import pytest

from schema.transport.endings import LEAVING, TOO_SLOW, Ending, already_exists
from schema.transport.outbox import Outbox
from schema.transport.sockets import Sockets
from server import limits_of
from settings import Settings

LIMITS = replace(limits_of(Settings()), queue_messages=3, queue_bytes=100, send_seconds=0.2)


@pytest.fixture(autouse=True)
def nothing_is_left() -> None:
    """There is no server here."""


class Client:
    """Takes what is sent, when it is allowed to."""

    def __init__(self, seconds: float = LIMITS.send_seconds) -> None:
        self.taken: list[bytes] = []
        self.reads = asyncio.Event()
        self.given_up = 0
        self.outbox = Outbox(self._take, replace(LIMITS, send_seconds=seconds), self._give_up)

    async def _take(self, frame: bytes) -> None:
        await self.reads.wait()
        self.taken.append(frame)

    def _give_up(self) -> None:
        self.given_up += 1


async def test_frames_go_in_order_and_those_too_many_wait() -> None:
    client = Client(seconds=60)
    waiting = [asyncio.create_task(client.outbox.put(b"%d" % number)) for number in range(10)]
    await asyncio.sleep(0.05)
    # One is on its way, three wait behind it.
    assert [task.done() for task in waiting] == [True] * 4 + [False] * 6
    client.reads.set()
    await asyncio.wait_for(client.outbox.emptied(), 5)
    await asyncio.gather(*waiting)
    await asyncio.wait_for(client.outbox.emptied(), 5)
    assert client.taken == [b"%d" % number for number in range(10)]
    assert client.outbox.empty
    assert client.given_up == 0


async def test_bytes_are_bounded_too_but_one_frame_always_goes() -> None:
    client = Client()
    await client.outbox.put(b"x" * 500)
    await asyncio.sleep(0)
    await client.outbox.put(b"y" * 500)
    third = asyncio.create_task(client.outbox.put(b"z"))
    await asyncio.sleep(0.05)
    assert not third.done()
    client.reads.set()
    await asyncio.wait_for(third, 5)
    await client.outbox.emptied()
    assert [frame[:1] for frame in client.taken] == [b"x", b"y", b"z"]


async def test_who_takes_nothing_is_reported_once() -> None:
    client = Client()
    client.outbox.offer(b"x")
    await asyncio.sleep(0.7)
    assert client.given_up == 1
    await client.outbox.close()


async def test_closing_sets_everyone_free() -> None:
    client = Client()
    waiting = [asyncio.create_task(client.outbox.put(b"%d" % number)) for number in range(10)]
    emptied = asyncio.create_task(client.outbox.emptied())
    await asyncio.sleep(0.05)
    await client.outbox.close()
    await asyncio.wait_for(asyncio.gather(*waiting, emptied), 5)
    await client.outbox.put(b"after")
    assert (client.taken, client.outbox.empty) == ([], True)


async def test_a_client_in_a_hurry_takes_what_waits_or_is_given_up() -> None:
    """However long it may take otherwise, and whatever comes later."""
    slow, quick = Client(seconds=60), Client(seconds=60)
    quick.reads.set()
    for client in (slow, quick):
        client.outbox.hurry(0.05)
        client.outbox.offer(b"0")
        client.outbox.hurry(0.05)
    await asyncio.sleep(0.03)
    quick.reads.clear()
    quick.outbox.offer(b"1")
    await asyncio.sleep(0.1)
    assert (slow.given_up, quick.given_up) == (1, 0)
    await asyncio.gather(slow.outbox.close(), quick.outbox.close())


@pytest.mark.parametrize("leaves", [False, True])
async def test_what_waits_for_its_turn_is_in_a_hurry_too(leaves: bool) -> None:
    """Unless whoever put it there does not want it sent any more."""
    allowed, given_up = asyncio.Semaphore(0), list[bool]()

    async def take(frame: bytes) -> None:
        await allowed.acquire()

    outbox = Outbox(take, replace(LIMITS, send_seconds=60), lambda: given_up.append(True))
    waiting = [asyncio.create_task(outbox.put(b"%d" % number)) for number in range(5)]
    await asyncio.sleep(0.05)
    # One is on its way, three wait behind it.
    assert [task.done() for task in waiting] == [True] * 4 + [False]
    outbox.hurry(0.1)
    if leaves:
        waiting[-1].cancel()
    for _ in range(4):
        allowed.release()
    await asyncio.wait(waiting)
    await asyncio.sleep(0.3)
    assert given_up == ([] if leaves else [True])
    await outbox.close()


async def test_closing_before_the_first_step() -> None:
    client = Client()
    client.outbox.offer(b"x")
    emptied = asyncio.create_task(client.outbox.emptied())
    await client.outbox.close()
    await asyncio.wait_for(emptied, 5)
    assert client.outbox.empty


async def test_a_connection_that_breaks_ends_it() -> None:
    async def broken(frame: bytes) -> None:
        raise BrokenPipeError

    outbox = Outbox(broken, LIMITS, lambda: None)
    for _ in range(10):
        await asyncio.wait_for(outbox.put(b"x" * 60), 5)
    await asyncio.wait_for(outbox.emptied(), 5)


class Held:
    """A connection."""

    is_websocket = True

    def __init__(self) -> None:
        self.ended: list[Ending] = []

    def end(self, ending: Ending) -> None:
        self.ended.append(ending)

    def hurry(self) -> None:
        self.end(TOO_SLOW)

    async def leave(self, patience: float) -> None:
        self.end(LEAVING)


def test_whoever_has_closed_meanwhile_claims_nothing() -> None:
    sockets, held, person = Sockets(LIMITS), Held(), uuid4()
    assert not sockets.claim(held, person)
    sockets.add(held)
    assert sockets.claim(held, person)
    sockets.remove(held, "1000")
    assert not sockets.claim(held, person)
    assert (len(sockets), sockets._by_person) == (0, {})
    sockets.disconnect(person)
    sockets.hurry(person)
    assert held.ended == []


def test_a_reason_fits_into_a_close_frame() -> None:
    reason = already_exists("ü" * 128).reason
    assert len(reason.encode()) <= 123
    assert reason.startswith("Subscriber for üü")
