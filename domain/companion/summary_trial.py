"""The embedded engine tried on recorded sessions: what it tells, what of that stands, and which lies are caught."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from domain.companion.claims import Claim, fault_of
from domain.companion.summaries import SessionFacts, SummaryDraft, extractive
from domain.imports import TranscriptRecord
from domain.summaries import ClaimPart
from domain.transcripts import Turn

_STRANGER = "Zebediah"
_NUMBER = re.compile(r"\d+")


@dataclass(slots=True)
class Trial:
    """Counts over all sessions."""

    types: Counter[str] = field(default_factory=Counter)
    claims: int = 0
    unsupported: int = 0
    without_turns: int = 0
    planted: Counter[str] = field(default_factory=Counter)
    """False claims, by what was falsified in a true one."""
    caught: Counter[str] = field(default_factory=Counter)


def try_out(records: Iterable[TranscriptRecord], trial: Trial) -> Iterator[tuple[TranscriptRecord, SummaryDraft]]:
    """Each session with its summary; the counts go into `trial`."""
    for record in records:
        turns = record.transcript.turns
        facts = SessionFacts(record.subject, record.topics, None, turns)
        draft = extractive(facts)
        trial.types[draft.summary_type.value] += 1
        trial.claims += len(draft.claims)
        trial.unsupported += sum(each.fault is not None for each in draft.claims)
        trial.without_turns += sum(not each.claim.turns for each in draft.claims)
        for each in draft.claims:
            for lie, false in _lies(each.claim, turns):
                trial.planted[lie] += 1
                trial.caught[lie] += fault_of(false, turns, facts.known) is not None
        yield record, draft


def _lies(claim: Claim, turns: tuple[Turn, ...]) -> Iterator[tuple[str, Claim]]:
    """What would be false, each by one change: as a quotation, and as if it were told in the teller's own words."""
    if claim.part is not ClaimPart.NARRATIVE:
        return
    said = " ".join(turns[number - 1].text for number in claim.turns)
    own = claim.text.replace("“", "").replace("”", "")
    for told, text in (("quoted", claim.text), ("told", own)):
        if match := _NUMBER.search(text):
            other = next(n for n in range(int(match[0][:9]) + 1, 10**10) if str(n) not in said)
            changed = f"{text[: match.start()]}{other}{text[match.end() :]}"
            yield f"a number, {told}", replace(claim, text=changed)
        yield f"a name, {told}", replace(claim, text=f"{text.rstrip('.')} with {_STRANGER}.")
        yield f"no such turn, {told}", replace(claim, text=text, turns=(*claim.turns, len(turns) + 1))
        yield f"no turn, {told}", replace(claim, text=text, turns=())
        elsewhere = tuple(n for n, turn in enumerate(turns, 1) if n not in claim.turns and turn.text not in said)
        if elsewhere:
            yield f"another turn, {told}", replace(claim, text=text, turns=elsewhere[:1])
