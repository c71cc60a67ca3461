"""Those who are told the same: each event is made ready once for all of them, and given to each.

Nothing of a stream runs while nothing happens: it is a listener here, and a task exists as long as there is something
to tell. A listener that does not keep up is let go, and reads the log itself from where it was.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import Generic, Protocol, TypeAlias, TypeVar
from uuid import UUID

from db.feed import Feed, Follower, Start
from domain.events import Cursor, EventKind, Logged

AT_ONCE = 20
"""Events that are made ready together."""
LISTENERS = 50
"""Listeners that are told before other tasks get a turn, as those that send to them."""

log = logging.getLogger("study.live")

T = TypeVar("T")
Ready_contra = TypeVar("Ready_contra", contravariant=True)

Step: TypeAlias = tuple[Cursor, Logged | None]
"""An event and its place; None says that there is nothing else up to the place."""
Part: TypeAlias = Sequence[tuple[Cursor, T]]
"""What is given to a listener at once."""
Make: TypeAlias = Callable[[Sequence[Step]], Awaitable[Sequence[Part[T]]]]
"""Makes steps ready, in order and in parts that a quick listener can take; what nobody is to be told of it leaves out.

It waits for a database that is away, and does not raise."""


class Listener(Protocol[Ready_contra]):
    """A stream that keeps up."""

    def take(self, told: Sequence[Ready_contra]) -> int:
        """Take what there is room for, without waiting; says how many, the first ones."""

    def lose(self, place: Cursor) -> None:
        """Be let go: it has had everything up to the place."""


class Audience(Follower, Generic[T]):
    """Listeners who follow the same, and may see the same of it."""

    __slots__ = (
        "__weakref__",
        "_beat_due",
        "_feed",
        "_heartbeat",
        "_make",
        "_new",
        "_place",
        "_seats",
        "_task",
        "_timer",
    )

    def __init__(
        self,
        feed: Feed,
        make: Make[T],
        *,
        person: UUID | None,
        students: Collection[UUID] | None = None,
        kinds: Collection[EventKind] = frozenset(EventKind),
        heartbeat: float | None = None,
    ) -> None:
        """What a person may watch, everybody's for None; `students` leaves out what concerns none of them.

        Who may watch is decided when an event is read; what they may then see of it is for `make` to ask. Each is
        told how far the feed has come when it joins, and every `heartbeat` seconds.
        """
        super().__init__(person, students, kinds)
        self._feed = feed
        self._make = make
        self._heartbeat = heartbeat
        self._place = Cursor(0, 0)
        """Up to here all have been told."""
        self._seats: dict[Listener[T], Start | None] = {}
        """Where each began, as long as that matters."""
        self._new: set[Listener[T]] | None = None
        """Who has not been told yet how far the feed has come."""
        self._beat_due = False
        self._task: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None

    def join(self, listener: Listener[T], start: Start) -> bool:
        """Listen from there on; False for a start that lies before what has been handed out: the log has the rest."""
        if start.place < self._feed.position or self.behind:
            return False
        if not self._seats:
            self._feed.follow(self)
            self._arm()
        self._seats[listener] = start
        self.count += 1
        self._new = self._new or set()
        self._new.add(listener)
        self.call()
        return True

    def leave(self, listener: Listener[T]) -> None:
        """Listen no more; when the last one leaves, what is being made for them is given up."""
        if listener not in self._seats:
            return
        del self._seats[listener]
        self.count -= 1
        if self._new is not None:
            self._new.discard(listener)
        if not self._seats:
            self._feed.leave(self)
            self.waiting = self._new = None
            self.behind = self._beat_due = False
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
            if self._task is not None and self._task is not asyncio.current_task():
                self._task.cancel()
                self._task = None

    def _arm(self) -> None:
        if self._heartbeat is not None:
            self._timer = asyncio.get_running_loop().call_later(self._heartbeat, self._beat)

    def _beat(self) -> None:
        self._beat_due = True
        self._arm()
        self.call()

    def call(self) -> None:
        """There is something to be told."""
        if self._task is None:
            self._task = asyncio.create_task(self._tell())

    async def _tell(self) -> None:
        task = asyncio.current_task()
        try:
            # Who was given up has a successor, if anybody has joined since.
            while self._seats and self._task is task:
                if self.behind:
                    self._dismiss()
                elif self._beat_due or self._new:
                    # By the clock, whatever else comes: a silence would tell of events that are not for everybody.
                    await self._tell_how_far()
                elif self.waiting:
                    waiting = self.waiting
                    events = [waiting.popleft() for _ in range(min(len(waiting), AT_ONCE))]
                    await self._tell_of([(logged.cursor, logged) for logged in events])
                else:
                    self.waiting = self._new = None
                    return
        except Exception:  # nobody is to wait for ever
            log.exception("a stream was not told")
            self._dismiss()
        finally:
            if self._task is task:
                self._task = None

    async def _tell_of(self, steps: Sequence[Step]) -> None:
        place = self._place
        for part in await self._make(steps):
            whole = [ready for _, ready in part]
            for number, listener in enumerate(list(self._seats), 1):
                if listener in self._seats:
                    start = self._seats[listener]
                    if start is None:
                        self._give(listener, part, whole, place)
                    else:
                        news = [each for each in part if self._feed.is_news(each[0], start)]
                        self._give(listener, news, [ready for _, ready in news], max(place, start.place))
                if number % LISTENERS == 0:
                    await asyncio.sleep(0)
            place = part[-1][0]
            # What they were given is sent before they are given more.
            await asyncio.sleep(0)
        self._move_to(steps[-1][0])

    async def _tell_how_far(self) -> None:
        listeners = list(self._seats) if self._beat_due else list(self._new or ())
        self._beat_due, self._new = False, None
        reached = self._place if self.waiting else max(self._place, self._feed.position)
        by_place: dict[Cursor, list[Listener[T]]] = {}
        for listener in listeners:
            start = self._seats[listener]
            by_place.setdefault(reached if start is None else max(reached, start.place), []).append(listener)
        for place, those in by_place.items():
            for part in await self._make([(place, None)]):
                told = [ready for _, ready in part]
                for number, listener in enumerate(those, 1):
                    if listener in self._seats:
                        self._give(listener, part, told, place)
                    if number % LISTENERS == 0:
                        await asyncio.sleep(0)
        self._move_to(reached)

    def _give(self, listener: Listener[T], part: Part[T], told: Sequence[T], before: Cursor) -> None:
        """Give what there is room for; up to `before` the listener has had everything."""
        taken = listener.take(told) if told else 0
        if taken < len(told) and listener in self._seats:
            self._let_go(listener, part[taken - 1][0] if taken else before)

    def _let_go(self, listener: Listener[T], place: Cursor) -> None:
        self.leave(listener)
        listener.lose(place)

    def _dismiss(self) -> None:
        for listener, start in list(self._seats.items()):
            self._let_go(listener, self._place if start is None else max(self._place, start.place))

    def _move_to(self, place: Cursor) -> None:
        """All have been told of everything up to there."""
        self._place = max(self._place, place)
        for listener, start in self._seats.items():
            if start is not None and self._is_behind_us(start):
                self._seats[listener] = None

    def _is_behind_us(self, start: Start) -> bool:
        """Whether everything that comes is news to who began there."""
        return start.place <= self._place and (start.moment is None or self._place.xid >= start.moment.next_xid)
