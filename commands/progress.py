"""How long work shows that it goes on: a bar on a terminal, now and then a line elsewhere."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn, TimeRemainingColumn

SECONDS_BETWEEN_LINES = 5.0


class Watched(Protocol):
    """Work under way."""

    def advance(self, amount: int) -> None:
        """So much more of the total is done."""

    def say(self, line: str) -> None:
        """A line for the person who waits, on standard error."""


@contextmanager
def progress(title: str, total: int | None) -> Iterator[Watched]:
    """Show the progress of the block on standard error; without a `total`, only that it goes on."""
    console = Console(stderr=True, highlight=False)
    if not console.is_terminal:
        yield _Lines(title, total)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bars:
        yield _Bar(bars, bars.add_task(title, total=total))


class _Bar:
    def __init__(self, bars: Progress, task: TaskID) -> None:
        self._bars = bars
        self._task = task

    def advance(self, amount: int) -> None:
        self._bars.advance(self._task, amount)

    def say(self, line: str) -> None:
        self._bars.console.print(line, markup=False, soft_wrap=True)


class _Lines:
    def __init__(self, title: str, total: int | None) -> None:
        self._title = title
        self._total = total
        self._done = 0
        self._next = time.monotonic() + SECONDS_BETWEEN_LINES

    def advance(self, amount: int) -> None:
        self._done += amount
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + SECONDS_BETWEEN_LINES
            done = f"{100 * self._done // self._total} %" if self._total else f"{self._done:,}"
            self.say(f"{self._title}: {done}")

    def say(self, line: str) -> None:
        click.echo(line, err=True)
