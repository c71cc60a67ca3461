"""Waiting for something to become so."""

import asyncio
from collections.abc import Callable


async def until(condition: Callable[[], bool], *, within: float = 60) -> None:
    """Return as soon as the condition holds. Raises TimeoutError when it does not in time (seconds)."""
    async with asyncio.timeout(within):
        while not condition():  # noqa: ASYNC110 - any condition, not only one that tells when it changes
            await asyncio.sleep(0.002)
