"""The embedded engine tried on recorded sessions: what it tells, what of that stands, and which lies are caught."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from domain.companion.claims import Claim, fault_of
from domain.companion.summaries import SessionFacts, SummaryDraft, extractive
from domain.imports import TranscriptRecord
from domain.summaries import ClaimPart
from domain.transcripts import Speaker, Turn

_STRANGER = "Zebediah"
_NUMBER = re.compile(r"\d+")
_LIKES = re.compile(
    r"good|great|nice|well|excellent|perfect|right|correct|amazing|awesome|super|fantastic", re.IGNORECASE
)


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
            for lie, false in (*_lies(each.claim, turns), *_framed_falsely(each.claim, turns)):
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


def _framed_falsely(claim: Claim, turns: tuple[Turn, ...]) -> Iterator[tuple[str, Claim]]:
    """What would be false by the words around a quotation alone: who, what they did with it, when, and how it was."""
    if claim.part is not ClaimPart.NARRATIVE:
        return
    opening, mark, rest = claim.text.partition(": “")
    quoted = f"“{rest.partition('”')[0]}”"
    number = claim.turns[0]
    said = turns[number - 1]
    if not mark or said.speaker.value not in opening.lower():
        return
    alike = [turn for turn in turns if turn.speaker is said.speaker]
    if not any(other.speaker is not said.speaker and rest[:12] in other.text for other in turns):
        other = Speaker.STUDENT if said.speaker is Speaker.TUTOR else Speaker.TUTOR
        yield "who said it, quoted", replace(claim, text=f"The {other} said: {quoted}.", turns=(number,))
        yield "who said it, told", replace(claim, text=f"The {other} said that {quoted[1:-1]}.", turns=(number,))
    place = alike.index(said)
    if said.speaker is Speaker.STUDENT and sum(map(_tells, alike[:place])) >= 2:
        yield "what was first", replace(claim, text=f"The student's first answer was: {quoted}.", turns=(number,))
    if sum(map(_tells, alike[place + 1 :])) >= 2:
        text = f"In the end the {said.speaker} said: {quoted}."
        yield "what was last", replace(claim, text=text, turns=(number,))
    if quoted.endswith("?”") and "…" not in quoted:
        yield "what was explained", replace(claim, text=f"The {said.speaker} explained: {quoted}", turns=(number,))
    elif opening.endswith("explained") and not _LIKES.search(said.text):
        yield "what was praised", replace(claim, text=f"The {said.speaker} praised: {quoted}.", turns=(number,))
    _, agreed, praise = claim.text.partition("The tutor agreed: ")
    if agreed:
        yield "what was explained", replace(claim, text=f"The tutor explained: {praise}", turns=claim.turns[1:])
        yield "what was wrong", replace(claim, text=f"The student's answer was wrong: {quoted}.")
        earlier = [n for n, turn in enumerate(turns[: number - 2], 1) if turn.speaker is Speaker.STUDENT]
        for n in earlier[:1]:
            text = f"The student said: “{turns[n - 1].text}” The tutor agreed: {praise}"
            yield "what was right", replace(claim, text=text, turns=(n, claim.turns[-1]))
    elif " The student answered: " in claim.text and number != claim.turns[-1]:
        asked, _, answered = claim.text.partition(" The student answered: ")
        text = f"The student said: {answered} The tutor answered: {asked.partition(': ')[2]}"
        yield "what came before", replace(claim, text=text)


def _tells(turn: Turn) -> bool:
    """Whether somebody surely says something here; on purpose not by the rules that are tried."""
    return not turn.text.rstrip().endswith("?") and len(turn.text.split()) >= 8 and "hank" not in turn.text
