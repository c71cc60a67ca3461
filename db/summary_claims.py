"""Reading what summaries claim, and the turns of the transcript that it rests on."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select

from db.batch import Listed, reads
from db.engine import Transaction
from db.tables import summaries, summary_claims
from db.transcripts import Unreadable, transcripts_by_session
from domain.sessions import SessionTranscript
from domain.summaries import SummaryClaim
from domain.transcripts import Turn

# A tutor's words in the place of the companion's rest on the tutor, not on turns.
_CLAIMS = (
    select(
        summary_claims.c.id,
        summary_claims.c.summary_id,
        summaries.c.session_id,
        summary_claims.c.position,
        summary_claims.c.part,
        summary_claims.c.text,
        summary_claims.c.turn_numbers,
        summary_claims.c.status,
    )
    .join_from(summary_claims, summaries, summary_claims.c.summary_id == summaries.c.id)
    .where(summaries.c.overridden.is_(False))
)
_by_summary = Listed(
    "claims_by_summary",
    _CLAIMS,
    SummaryClaim,
    key=summary_claims.c.summary_id,
    order=[summary_claims.c.position],
)

Reference = tuple[UUID, tuple[int, ...]]
"""Some turns of a session's transcript, by their numbers from 1."""


@reads(_by_summary)
async def claims_by_summary(read: Transaction, summary_ids: Sequence[UUID]) -> list[list[SummaryClaim]]:
    """What each summary claims, in its order; [] while a tutor's override is in force."""
    return await _by_summary.read(read, summary_ids)


async def turns_by_reference(
    read: Transaction, references: Sequence[Reference]
) -> list[tuple[Turn, ...] | Unreadable | None]:
    """The turns that each names; None where the transcript is gone or not the viewer's to read.

    An administrator's reading is recorded, as that of the whole transcript is.
    """
    session_ids = list(dict.fromkeys(session_id for session_id, _ in references))
    transcripts = dict(zip(session_ids, await transcripts_by_session(read, session_ids), strict=True))
    return [_turns(transcripts[session_id], numbers) for session_id, numbers in references]


def _turns(
    transcript: SessionTranscript | Unreadable | None, numbers: Sequence[int]
) -> tuple[Turn, ...] | Unreadable | None:
    if not isinstance(transcript, SessionTranscript):
        return transcript
    said = transcript.turns
    return tuple(said[number - 1] for number in numbers if 1 <= number <= len(said))
