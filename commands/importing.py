"""`import transcripts`, `import practice` and `import material`."""

import asyncio
import re
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import click

from commands.database import Place, ready, settings_usable
from commands.progress import progress
from db.engine import Database
from db.imports import Imported, Watch, find_people, import_material, import_practice, import_transcripts
from domain.clock import now
from domain.imports import Line
from server import database_of
from settings import Settings

SAME_COMPLAINTS = 20
"""Lines with the same fault that are told one by one."""

Import = Callable[[Database, BinaryIO, Watch], Awaitable[Imported]]


def transcripts(settings: Settings, file: Path, students: Sequence[str], tutor: str) -> bool:
    """Import sessions for these people; whether every line was good."""

    async def run(database: Database, content: BinaryIO, watch: Watch) -> Imported:
        people = await find_people(database, students, tutor)
        for email in people.unassigned:
            click.echo(f"Note: {tutor} is not assigned to {email} and will not see these sessions.", err=True)
        return await import_transcripts(database, content, people, now(), watch)

    done = _run(settings, file, run)
    _report(done, "session", f" with {_many(done.turns, 'turn')}" if done.turns else "")
    return not done.refused


def practice(settings: Settings, file: Path) -> bool:
    """Import items for the bank; whether every line was good."""
    done = _run(settings, file, import_practice)
    _report(done, "item")
    return not done.refused


def material(settings: Settings, file: Path) -> bool:
    """Import texts that the companion answers from; whether every line was good."""
    done = _run(settings, file, import_material)
    _report(done, "text")
    return not done.refused


class _Complaints:
    """What is wrong with which line; of a file of another kind that would be the same for every line."""

    def __init__(self, file: str, say: Callable[[str], None]) -> None:
        self._file = file
        self._say = say
        self._shown: dict[str, list[int]] = defaultdict(list)
        self._more: Counter[str] = Counter()

    def add(self, line: Line[Any]) -> None:
        """A line that was refused."""
        kind = re.sub(r"[\d,]+", "", line.reason or "")
        if len(self._shown[kind]) < SAME_COMPLAINTS:
            self._shown[kind].append(line.number)
            self._say(f"{self._file}, line {line.number}: {line.reason}.")
        else:
            self._more[kind] += 1

    def close(self) -> None:
        """Say what has not been said."""
        for kind, number in self._more.items():
            self._say(f"{self._file}: ... and {_many(number, 'more line')} like line {self._shown[kind][-1]}.")


def _run(settings: Settings, file: Path, run: Import) -> Imported:
    try:
        content = file.open("rb")
    except OSError as error:
        raise click.ClickException(f"{file} cannot be read: {error.strerror}.") from error
    with content:
        # A pipe has no size before its end.
        size = file.stat().st_size if file.is_file() else None
        if size == 0:
            raise click.ClickException(f"{file} is empty: there is nothing to import.")
        with ready(settings) as place, progress(f"Importing {file.name}", size) as watched:
            complaints = _Complaints(file.name, watched.say)

            def watch(line: Line[Any]) -> None:
                watched.advance(line.size)
                if line.record is None:
                    complaints.add(line)

            try:
                done = asyncio.run(_with_database(settings, place, run, content, watch))
            except OSError as error:
                # A folder, say, or a disk that fails half-way.
                raise click.ClickException(f"{file} cannot be read: {error.strerror or error}.") from error
            finally:
                complaints.close()
    if not (done.added or done.present or done.refused):
        raise click.ClickException(f"{file} holds no lines: there is nothing to import.")
    return done


async def _with_database(settings: Settings, place: Place, run: Import, content: BinaryIO, watch: Watch) -> Imported:
    with settings_usable():
        database = database_of(settings, place.application)
    async with database:
        return await run(database, content, watch)


def _report(done: Imported, thing: str, more: str = "") -> None:
    """One line: what went in, what was there, what was refused."""
    parts = [f"{_many(done.added, thing)} added{more}"]
    if done.present:
        parts.append(f"{done.present:,} already there")
    if done.refused:
        parts.append(f"{done.refused:,} refused")
    click.echo(", ".join(parts) + ".")


def _many(count: int, thing: str) -> str:
    return f"{count:,} {thing}{'' if count == 1 else 's'}"
