"""`summarise`: the summaries that sessions lack, now; `trial summaries`: the embedded engine tried on a file."""

import asyncio
import resource
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

import click

from commands.database import Place, ready, settings_usable
from commands.progress import Watched, progress
from db.encryption import CannotDecrypt
from db.object_store import TranscriptUnavailable
from db.summarising import count_claims, sessions_without_summary
from domain.companion.summaries import SummaryDraft
from domain.companion.summary_trial import Trial, try_out
from domain.imports import read_records, transcript_record
from domain.jobs import TryLater
from domain.summaries import ClaimStatus
from jobs.summaries import summarise as write_summary
from jobs.tools import Tools
from server import database_of, model_of
from settings import Settings

AT_ONCE = 4


@dataclass(slots=True)
class _Done:
    """What became of it."""

    sessions: int = 0
    failed: Counter[str] = field(default_factory=Counter)
    claims: dict[str, int] = field(default_factory=dict)


def summarise(settings: Settings) -> bool:
    """Write them; whether none is missing after that."""
    begun = time.monotonic()
    with ready(settings) as place, progress("Writing summaries", None) as watched:
        done = asyncio.run(_summarise(settings, place, watched))
    for reason, count in done.failed.items():
        click.echo(f"{count:,} could not be written: {reason}", err=True)
    written = done.sessions - done.failed.total()
    unsupported = done.claims.get(ClaimStatus.UNSUPPORTED, 0)
    click.echo(
        f"{written:,} of {done.sessions:,} missing summaries written in {time.monotonic() - begun:.1f} s, "
        f"with {_peak_megabytes():.0f} MB at most. "
        f"All summaries together: {sum(done.claims.values()):,} claims, {unsupported:,} not borne out by their turns."
    )
    return not done.failed


async def _summarise(settings: Settings, place: Place, watched: Watched) -> _Done:
    with settings_usable():
        database, model = database_of(settings, place.application), model_of(settings)
    done = _Done()
    try:
        async with database:
            async with database.system_work() as work:
                missing = await sessions_without_summary(work)
            done.sessions = len(missing)
            waiting = iter(missing)
            await asyncio.gather(*(_write(Tools(database, model), waiting, done, watched) for _ in range(AT_ONCE)))
            async with database.system_work() as work:
                done.claims = await count_claims(work)
    finally:
        if model is not None:
            await model.aclose()
    return done


async def _write(tools: Tools, waiting: Iterator[UUID], done: _Done, watched: Watched) -> None:
    for session_id in waiting:
        try:
            await write_summary(tools, session_id, version=0)
        except (TryLater, CannotDecrypt, TranscriptUnavailable) as error:
            done.failed[str(error)] += 1
        watched.advance(1)


def trial(file: Path, show: Sequence[str]) -> bool:
    """Print what the embedded engine makes of a file of sessions, and the summaries whose ids begin so.

    Whether every claim stands. Nothing is kept. Raises click.ClickException.
    """
    found = Trial()
    begun = time.process_time()
    try:
        with file.open("rb") as content:
            records = (line.record for line in read_records(content, transcript_record) if line.record)
            for record, draft in try_out(records, found):
                if record.external_id.startswith(tuple(show)):
                    _print_summary(record.external_id, draft)
    except OSError as error:
        raise click.ClickException(f"{file} cannot be read: {error.strerror}.") from error
    kinds = ", ".join(f"{count:,} {kind}" for kind, count in sorted(found.types.items()))
    click.echo(f"{found.types.total():,} summaries ({kinds}) in {time.process_time() - begun:.1f} s of CPU.")
    click.echo(
        f"{found.claims:,} claims, {found.without_turns:,} without turns, {found.unsupported:,} not borne out by them; "
        f"{_peak_megabytes():.0f} MB at most."
    )
    for lie, planted in sorted(found.planted.items()):
        click.echo(f"Planted, {lie}: {found.caught[lie]:,} of {planted:,} caught.")
    return not found.unsupported


def _print_summary(name: str, draft: SummaryDraft) -> None:
    click.echo(f"{name} ({draft.summary_type})\n  {draft.narrative}")
    for step in draft.next_steps:
        click.echo(f"  -> {step}")
    for each in draft.claims:
        click.echo(f"  {list(each.claim.turns)} {each.claim.text}")


def _peak_megabytes() -> float:
    """The most memory that this process has had; the database is another."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1_000_000 if sys.platform == "darwin" else 1_000)
