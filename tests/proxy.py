"""A line to a server that can fail in each way that lines fail."""

import asyncio
import tempfile
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from psycopg.conninfo import conninfo_to_dict, make_conninfo


class Proxy:
    """Passes on what comes through a unix socket to another, or to a port, until told otherwise."""

    def __init__(self, target: Path | tuple[str, int], name: str) -> None:
        """`name` is what the socket is called, in a folder of its own; `target` a socket's path, or host and port."""
        self._target = target
        self._folder = tempfile.TemporaryDirectory(prefix="line-")
        self.path = Path(self._folder.name) / name
        self._swallowed: set[int] = set()
        self._swallows_new = False
        self._refuses = False
        self._writers: dict[int, list[asyncio.StreamWriter]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self.accepted = 0
        """How many connections were ever made."""

    @classmethod
    def to_postgresql(cls, url: str) -> "tuple[Proxy, str]":
        """A line to the server of an address, and the address through it."""
        given = conninfo_to_dict(url)
        name = f".s.PGSQL.{given['port']}"
        proxy = cls(Path(str(given["host"])) / name, name)
        return proxy, make_conninfo(url, host=str(proxy.path.parent))

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_unix_server(self._accept, self.path)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._server is not None:
            self._server.close()
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)
        self._folder.cleanup()

    def swallow(self) -> None:
        """Leave every connection open and let nothing through any more; the same for new ones, until mended."""
        self._swallowed = set(self._writers)
        self._swallows_new = True

    def cut(self) -> None:
        """Close every connection, and new ones at once, until mended."""
        self._refuses = True
        for writers in self._writers.values():
            for writer in writers:
                writer.close()

    def mend(self) -> None:
        """Serve new connections again. What was swallowed stays so."""
        self._refuses = self._swallows_new = False

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.accepted += 1
        if self._swallows_new:
            self._swallowed.add(self.accepted)
        task = asyncio.create_task(self._serve(self.accepted, reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, number: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers[number] = [writer]
        try:
            if self._refuses:
                return
            try:
                if isinstance(self._target, Path):
                    there, back = await asyncio.open_unix_connection(self._target)
                else:
                    there, back = await asyncio.open_connection(*self._target)
            except OSError:  # whoever comes is told by the end of the line
                return
            self._writers[number].append(back)
            ways = [asyncio.create_task(self._pass(number, *way)) for way in ((reader, back), (there, writer))]
            try:
                await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for way in ways:
                    way.cancel()
                await asyncio.wait(ways)
        finally:
            for each in self._writers.pop(number):
                each.close()

    async def _pass(self, number: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(65536):
                if number not in self._swallowed:
                    writer.write(data)
                    await writer.drain()
            if number in self._swallowed:  # nor does the end come through
                await asyncio.Event().wait()
