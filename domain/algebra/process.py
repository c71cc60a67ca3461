"""Computer algebra with a limit in time: SymPy in a process of its own, which is killed when it takes too long."""

import asyncio
import json
import logging
import sys
from asyncio.subprocess import PIPE, Process
from types import TracebackType
from typing import Self

from domain.algebra.grammar import Tree

log = logging.getLogger("study.algebra")

SECONDS = 2.0
"""How long one comparison may take."""
START_SECONDS = 30.0


class Algebra:
    """One process, started when first needed, that compares one pair of expressions at a time."""

    def __init__(self, seconds: float = SECONDS) -> None:
        """`seconds` is how long one comparison may take."""
        self._seconds = seconds
        self._process: Process | None = None
        self._turn = asyncio.Lock()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._end()

    async def same(self, one: Tree, other: Tree) -> bool | None:
        """Whether two expressions are the same; None when that cannot be told, or not in time."""
        async with self._turn:
            try:
                process = await self._started()
                return await asyncio.wait_for(self._ask(process, one, other), self._seconds)
            except (TimeoutError, OSError, ValueError) as error:
                log.info("a comparison was given up: %s", type(error).__name__)
                await self._end()
                return None
            except BaseException:
                # Half an answer must not be taken for the next one's.
                await self._end()
                raise

    async def _ask(self, process: Process, one: Tree, other: Tree) -> bool | None:
        if process.stdin is None or process.stdout is None:
            raise OSError("no pipes")
        process.stdin.write(json.dumps([one, other]).encode() + b"\n")
        await process.stdin.drain()
        found = json.loads(await process.stdout.readline())
        return found if isinstance(found, bool) else None

    async def _started(self) -> Process:
        if self._process is None or self._process.returncode is not None:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "domain.algebra.child", stdin=PIPE, stdout=PIPE, start_new_session=True
            )
            if self._process.stdout is None:
                raise OSError("no pipes")
            ready = await asyncio.wait_for(self._process.stdout.readline(), START_SECONDS)
            if ready != b"ready\n":
                raise OSError("the process did not start")
        return self._process

    async def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        if process.returncode is None:
            process.kill()
        await process.wait()
        if process.stdin is not None:
            process.stdin.close()
