"""Whether the turns of a transcript bear out what a summary says of them; the same for every engine.

It compares words, not meanings: numbers, names and quotations must stand in the turns that a claim names, and so must
at least half of its other words. What a claim says of them (who spoke, what that did, what came first or last, what was
right) is `framing`'s to check. A claim that says the opposite in the same words gets by, unless it does so there.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from domain.companion.framing import (
    Account,
    deeds_stand,
    holds,
    order_stands,
    speaker_before,
    speakers_stand,
    verdicts_stand,
)
from domain.companion.names import bare_words, names
from domain.companion.numbers import claimed_numbers, numbers
from domain.companion.quotations import quotations, without_quotations
from domain.companion.speech_acts import directs, own_words
from domain.companion.words import lettered_stems
from domain.summaries import ClaimPart
from domain.transcripts import Turn

MAX_CLAIM = 1_000
MAX_TURNS = 40
SHARE = 0.5
"""Of a claim's own words that must stand in its turns."""


class Fault(StrEnum):
    """Why a claim does not stand."""

    NO_TURNS = "it names no turns"
    NO_SUCH_TURN = "a turn that it names does not exist"
    NUMBER = "a number in it does not stand in its turns"
    NAME = "a name in it does not stand in its turns"
    QUOTATION = "what it quotes was not said there, or not by that person"
    SPEAKER = "somebody else said it"
    DEED = "its turns do not do what it says of them: explain, praise, ask"
    ORDER = "its turns do not come first, or last, or in this order"
    VERDICT = "its turns do not say that this was right, or wrong"
    WORDS = "its turns are about something else"
    INSTRUCTION = "it rests on a turn that tries to direct the summary"
    LENGTH = "it is empty or too long"


@dataclass(frozen=True, slots=True)
class Claim:
    """A sentence of a summary, or a next step, and the turns that it rests on, numbered from 1."""

    part: ClaimPart
    text: str
    turns: tuple[int, ...]


def fault_of(claim: Claim, turns: Sequence[Turn], known: str = "", after: int = 0) -> Fault | None:
    """Why the turns do not bear the claim out; None when they do.

    `known` is what the session's record says: its names and numbers need not have been said. `after` is the turn with
    which the sentence before this one begins: what `then` comes after.
    """
    if not claim.text.strip() or len(claim.text) > MAX_CLAIM or len(claim.turns) > MAX_TURNS:
        return Fault.LENGTH
    if not claim.turns:
        return Fault.NO_TURNS
    if any(not 1 <= number <= len(turns) for number in claim.turns):
        return Fault.NO_SUCH_TURN
    cited = [turns[number - 1] for number in dict.fromkeys(claim.turns)]
    if any(directs(turn.text) for turn in cited) or directs(claim.text):
        return Fault.INSTRUCTION
    # Turn by turn, for of one text only so much is looked at.
    said = [*(turn.text for turn in cited), known]
    if not _quotes_stand(claim.text, cited):
        return Fault.QUOTATION
    # What is quoted has been found word for word; from here on it is about the words around.
    own = without_quotations(claim.text)
    if not claimed_numbers(own) <= {number for text in said for number in numbers(text)}:
        return Fault.NUMBER
    if not names(own) <= {word for text in said for word in bare_words(text)}:
        return Fault.NAME
    told = Account(claim.text, claim.turns, turns)
    if not speakers_stand(told):
        return Fault.SPEAKER
    if not verdicts_stand(told):
        return Fault.VERDICT
    if claim.part is ClaimPart.NARRATIVE:
        if not deeds_stand(told):
            return Fault.DEED
        if not order_stands(told, after):
            return Fault.ORDER
    firm = bool(quotations(claim.text)) or bool(claimed_numbers(claim.text)) or told.judges
    return None if _is_about(claim.text, cited, known, firm=firm) else Fault.WORDS


def _quotes_stand(text: str, cited: Sequence[Turn]) -> bool:
    """Whether each quotation was said, piece by piece, in one turn of the person who is named last before it."""
    return all(
        any(holds(turn.text, quoted) for turn in cited if speaker is None or turn.speaker is speaker)
        for start, quoted in quotations(text)
        for speaker in [speaker_before(text[:start])]
    )


def _is_about(text: str, cited: Sequence[Turn], known: str, *, firm: bool) -> bool:
    there, record = {word for turn in cited for word in lettered_stems(turn.text)}, set(lettered_stems(known))
    own = own_words(text)
    shared = [word for word in own if word in there or word in record]
    # Nothing but telling says nothing that turns could bear out, unless there is something firm in it.
    in_turns = any(word in there for word in own)
    return len(shared) >= SHARE * len(own) and (in_turns or firm)
