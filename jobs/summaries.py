"""Writing the summary of a session: facts in one transaction, the engine after it, the summary in another."""

import asyncio
import logging
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from db.generations import add_embedded, ask, mark
from db.summarising import ToSummarise, keep_summary, lock_session_to_summarise, session_to_summarise
from db.transcripts import open_transcript
from domain.companion.model import ModelFailed, ModelUnavailable
from domain.companion.summaries import (
    SessionFacts,
    SummaryDraft,
    WrittenSummary,
    checked,
    extractive,
    summary_prompt,
)
from domain.generations import GenerationKind, Outcome
from domain.jobs import TryLater
from jobs.tools import Tools

log = logging.getLogger("study.summaries")

CHANGES = 3
"""How often a session may change while its summary is written, before that is left for later."""


@dataclass(frozen=True, slots=True)
class _Written:
    """A draft, and the record of the model's work on it; None where the embedded engine drew it up."""

    draft: SummaryDraft
    generation_id: UUID | None


async def summarise(tools: Tools, session_id: UUID, version: int) -> None:
    """Write a session's summary where it is still at this version (0: has none), and no tutor's override.

    Raises TryLater when the model does not answer, and what opening the transcript raises.
    """
    for _ in range(CHANGES):
        async with tools.database.system_work() as work:
            found = await session_to_summarise(work, session_id)
        if found is None or not _is_due(found, version):
            return
        written = await _write(tools, found)
        async with tools.database.system_work() as work:
            held = await lock_session_to_summarise(work, session_id)
            if held == found:
                generation_id = written.generation_id
                if generation_id is None:
                    generation_id = await add_embedded(work, GenerationKind.SUMMARY, held.session.student_id)
                else:
                    await mark(work, generation_id, Outcome.USED)
                await keep_summary(work, held, written.draft, generation_id)
                return
        log.info("session %s has changed while its summary was written", session_id)
    raise TryLater("The session changed each time its summary had been written.")


def _is_due(found: ToSummarise, version: int) -> bool:
    return found.version == version and not (found.summary and found.summary.overridden)


async def _write(tools: Tools, found: ToSummarise) -> _Written:
    session = found.session
    transcript = await open_transcript(tools.database.vault, session.id, found.stored)
    facts = SessionFacts(
        subject=session.subject,
        topics=session.topics_covered,
        minutes=session.duration_minutes,
        turns=None if transcript is None else transcript.turns,
    )
    if tools.model is None or facts.turns is None:
        return await _drawn_up(facts)
    prompt = await asyncio.to_thread(summary_prompt, facts)
    try:
        asked = await ask(
            tools.database,
            tools.model,
            prompt,
            WrittenSummary,
            kind=GenerationKind.SUMMARY,
            student_id=session.student_id,
        )
    except ModelUnavailable as unavailable:
        raise TryLater(f"The model: {unavailable}.", timedelta(seconds=unavailable.retry_after)) from unavailable
    except ModelFailed as failed:
        log.warning("the embedded engine writes the summary of session %s: %s", session.id, failed)
        return await _drawn_up(facts)
    draft = await asyncio.to_thread(checked, facts, asked.value)
    if draft is not None:
        return _Written(draft, asked.generation_id)
    log.warning("the embedded engine writes the summary of session %s: the model's does not stand", session.id)
    async with tools.database.system_work() as work:
        await mark(work, asked.generation_id, Outcome.UNSUPPORTED, "most of its claims are not in their turns")
    return await _drawn_up(facts)


async def _drawn_up(facts: SessionFacts) -> _Written:
    """By the embedded engine; in a thread, since the longest transcripts take it seconds and others are served."""
    return _Written(await asyncio.to_thread(extractive, facts), None)
