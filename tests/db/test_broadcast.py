"""The event channel of a process: who hears what, who falls behind, and what a failing broadcaster does."""

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import pytest
from broadcaster import BroadcastBackend
from broadcaster import Event as Message

from db.broadcast import CHANNEL, WAITING, FellBehind, Listener, Live
from domain.events import Event, EventKind
from tests.eventually import until

ANN, BEN = uuid4(), uuid4()
MADE, REVERTED, SENT = EventKind.OVERRIDE_MADE, EventKind.OVERRIDE_REVERTED, EventKind.NUDGE_SENT


@pytest.fixture
async def live() -> AsyncIterator[Live]:
    """A channel within the process."""
    async with Live("memory://") as opened:
        yield opened


def made(student_id: UUID, kind: EventKind = MADE) -> Event:
    """An event about a student."""
    return Event(kind, student_id, uuid4())


async def heard(listener: Listener, count: int) -> list[Event]:
    """The next events."""
    return [await asyncio.wait_for(listener.next(), 10) for _ in range(count)]


async def test_a_listener_hears_of_those_it_follows_in_order(live: Live) -> None:
    with live.listen([MADE]) as anns, live.listen([MADE, SENT]) as everyones, live.listen([MADE]) as nobodys:
        anns.follow({ANN})
        everyones.follow(None)
        told = [made(ANN), made(BEN), made(ANN, SENT), made(ANN, REVERTED), made(ANN), made(BEN, SENT)]
        for event in told:
            await live.announce(event)
        assert await heard(everyones, 5) == [told[0], told[1], told[2], told[4], told[5]]
        assert await heard(anns, 2) == [told[0], told[4]]
        assert (anns.waiting, everyones.waiting, nobodys.waiting) == (0, 0, 0)


async def test_whom_a_listener_follows_can_change(live: Live) -> None:
    with live.listen([MADE]) as listener, live.listen([MADE]) as last:
        last.follow(None)
        told = []
        for followed in ({ANN}, {ANN, BEN}, {BEN}, None, (), {ANN}):
            listener.follow(followed)
            for student_id in (ANN, BEN):
                event = made(student_id)
                await live.announce(event)
                await heard(last, 1)  # so it has reached everyone
                if followed is None or student_id in followed:
                    told.append(event)
        assert await heard(listener, len(told)) == told
        assert listener.waiting == 0


async def test_nothing_is_left_of_a_listener_that_went(live: Live) -> None:
    async def listening(error: type[Exception]) -> None:
        with live.listen([MADE]) as listener:
            listener.follow({ANN, BEN})
            assert live.listening == 1
            raise error

    for error in (ValueError, asyncio.CancelledError):
        with pytest.raises(error):
            await listening(error)  # type: ignore[arg-type]
        assert live.listening == 0
        assert live._listeners == {}
    await live.announce(made(ANN))


async def test_the_first_listeners_of_all_hear_the_first_event(live: Live) -> None:
    async def first() -> list[Event]:
        with live.listen([MADE]) as listener:
            listener.follow({ANN})
            return await heard(listener, 1)

    listeners = [asyncio.create_task(first()) for _ in range(100)]
    await until(lambda: live.listening == 100)
    event = made(ANN)
    await live.announce(event)
    assert await asyncio.gather(*listeners) == [[event]] * 100


async def test_a_slow_listener_falls_behind_and_holds_nobody_up(live: Live) -> None:
    with live.listen([MADE]) as slow, live.listen([MADE]) as quick:
        slow.follow({ANN})
        quick.follow({ANN})
        told = [made(ANN) for _ in range(WAITING + 2)]
        for event in told:
            await live.announce(event)
            assert await heard(quick, 1) == [event]
        assert live.waiting == WAITING
        assert await heard(slow, 1) == told[:1]
        # There is room again, but what comes now comes after a gap.
        late = made(ANN)
        await live.announce(late)
        assert await heard(quick, 1) == [late]
        assert await heard(slow, WAITING - 1) == told[1:WAITING]
        for _ in range(2):
            with pytest.raises(FellBehind):
                await slow.next()


async def test_a_message_that_is_no_event_is_passed_over(live: Live, caplog: pytest.LogCaptureFixture) -> None:
    with live.listen([MADE]) as listener:
        listener.follow(None)
        for message in ("", "hello", f"from_the_future {ANN} {BEN}", f"{MADE} {ANN}", f"{MADE} x y", "\x00" * 10_000):
            await live._broadcast.publish(CHANNEL, message)
        event = made(ANN)
        await live.announce(event)
        assert await heard(listener, 1) == [event]
    assert [record.levelname for record in caplog.records] == ["WARNING"] * 6
    assert max(len(record.getMessage()) for record in caplog.records) < 900


class Failing(BroadcastBackend):
    """A broadcaster that fails where it is told to."""

    def __init__(self, *failing: str) -> None:
        self.failing = failing

    async def _do(self, what: str) -> None:
        if what in self.failing:
            raise ConnectionError(f"cannot {what}")

    async def connect(self) -> None:
        """Connect."""
        await self._do("connect")

    async def disconnect(self) -> None:
        """Disconnect."""

    async def subscribe(self, group: str) -> None:
        """Subscribe."""
        await self._do("subscribe")

    async def unsubscribe(self, group: str) -> None:
        """Unsubscribe."""

    async def publish(self, channel: str, message: Any) -> None:
        """Publish."""
        await self._do("publish")

    async def next_published(self) -> Message:
        """Wait forever."""
        await asyncio.Event().wait()
        raise AssertionError


@pytest.mark.parametrize("what", ["connect", "subscribe"])
async def test_a_channel_that_cannot_be_had_fails_at_the_start(what: str) -> None:
    before = asyncio.all_tasks()
    with pytest.raises((ConnectionError, KeyError)) as failed:
        async with asyncio.timeout(10), Live("", backend=Failing(what)):
            raise AssertionError
    # broadcaster's own cleaning up fails in turn when subscribing does; the cause comes with it.
    assert f"cannot {what}" in {str(failed.value), str(failed.value.__context__)}
    await until(lambda: asyncio.all_tasks() == before)


async def test_what_cannot_be_announced_is_no_error_of_the_writer(caplog: pytest.LogCaptureFixture) -> None:
    async with Live("", backend=Failing("publish")) as live:
        event = made(ANN)
        await live.announce(event)
    assert [(record.levelno, str(event) in record.getMessage()) for record in caplog.records] == [(logging.ERROR, True)]


async def test_those_who_wait_are_told_when_the_channel_ends() -> None:
    async with Live("memory://") as live:
        with live.listen([MADE]) as waiting, live.listen([MADE]) as reading:
            waiting.follow({ANN})
            reading.follow({BEN})
            task = asyncio.create_task(waiting.next())
            event = made(BEN)
            await live.announce(event)
            await until(lambda: reading.waiting == 1)
            assert live._task
            live._task.cancel()
            with pytest.raises(FellBehind):
                await asyncio.wait_for(task, 10)
            assert await heard(reading, 1) == [event]
            with pytest.raises(FellBehind):
                await reading.next()
