"""One piece of work for all who ask for the same while it is being done."""

import asyncio
from collections.abc import Callable, Coroutine, Hashable
from typing import Any, TypeVar

T = TypeVar("T")


class Shared:
    """Work that is being done, and how many wait for it."""

    __slots__ = ("task", "waiting")

    def __init__(self, task: "asyncio.Task[Any]") -> None:
        self.task = task
        self.waiting = 0


async def shared(under_way: dict[Hashable, Shared], key: Hashable, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """What the work gives; whoever asks under the same key before it is done gets the same.

    Nobody's leaving disturbs the others; when the last one leaves, it is given up.
    """
    one = under_way.get(key)
    if one is None:
        one = under_way[key] = Shared(asyncio.create_task(work()))
        one.task.add_done_callback(lambda _: _forget(under_way, key, one))
    one.waiting += 1
    try:
        result: T = await asyncio.shield(one.task)
        return result
    finally:
        one.waiting -= 1
        if not one.waiting:
            _forget(under_way, key, one)
            one.task.cancel()


def _forget(under_way: dict[Hashable, Shared], key: Hashable, one: Shared) -> None:
    # One that was given up is not to be joined, and may have a successor.
    if under_way.get(key) is one:
        del under_way[key]
