"""The summary of a session: asked of the model or drawn up by the embedded engine, and checked by the same rules.

A summary's narrative is its claims, one after the other, behind an opening that says what the session's record says:
a sentence that its turns do not bear out is not in it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from domain.companion.accounts import account
from domain.companion.claims import MAX_CLAIM, Claim, Fault, fault_of
from domain.companion.confided import without_confided
from domain.companion.extracts import Session
from domain.companion.prompts import Prompt, instructions
from domain.companion.speech_acts import directs
from domain.companion.words import lettered_stems
from domain.overrides import MAX_STEP, MAX_STEPS, MAX_SUBJECT
from domain.summaries import ClaimPart, ClaimStatus, SummaryType
from domain.transcripts import Turn

BRIEF_TURNS = 6
"""A transcript of fewer turns is brief;"""
BRIEF_WORDS = 50
"""one of fewer words as well;"""
BRIEF_MINUTES = 10
"""and so is whatever is left of a session shorter than this."""
MOST_CLAIMS = 20
MATERIAL_CHARACTERS = 120_000
"""Of a transcript that the model gets; of a longer one the turns that say most, in full as far as they fit."""
TURN_CHARACTERS = 4_000
ANSWER_TOKENS = 6_000
"""Reasoning counts among them."""

_INSTRUCTIONS = instructions("summary", 2)


@dataclass(frozen=True, slots=True)
class SessionFacts:
    """What a summary is made from."""

    subject: str | None
    topics: tuple[str, ...]
    minutes: int | None
    turns: tuple[Turn, ...] | None
    """None when there is no transcript."""

    @property
    def told(self) -> tuple[Turn, ...]:
        """The turns that may be told, each in its place; those that may not are blank."""
        return without_confided(self.turns or ())

    @property
    def summary_type(self) -> SummaryType:
        """How much there is to go on."""
        if self.turns is None:
            return SummaryType.MISSING_TRANSCRIPT
        said = sum(len(turn.text.split()) for turn in self.turns)
        short = self.minutes is not None and self.minutes < BRIEF_MINUTES
        is_brief = len(self.turns) < BRIEF_TURNS or said < BRIEF_WORDS or short
        return SummaryType.BRIEF if is_brief else SummaryType.NORMAL

    @property
    def known(self) -> str:
        """What the record says, as one text."""
        return "\n".join((self.subject or "", *self.topics))

    @property
    def subjects(self) -> tuple[str, ...]:
        """The subject and the topics on record."""
        named = [name[:MAX_SUBJECT] for name in (self.subject, *self.topics) if name]
        return tuple(dict.fromkeys(named))

    @property
    def opening(self) -> str:
        """What the record says, as a sentence; blank when it says nothing."""
        kind = f"{self.subject} session" if self.subject else "session"
        article = "An" if kind[0].lower() in "aeiou" else "A"
        length = f" of {self.minutes} minutes" if self.minutes else ""
        about = f" on {_listed(self.topics)}" if self.topics else ""
        return f"{article} {kind}{length}{about}." if self.subject or self.topics or self.minutes else ""


@dataclass(frozen=True, slots=True)
class CheckedClaim:
    """A claim, and whether its turns bear it out."""

    claim: Claim
    fault: Fault | None

    @property
    def status(self) -> ClaimStatus:
        """As it is kept."""
        return ClaimStatus.SUPPORTED if self.fault is None else ClaimStatus.UNSUPPORTED


@dataclass(frozen=True, slots=True)
class SummaryDraft:
    """A summary about to be kept. Claims that do not stand are among `claims`, and not in its text."""

    summary_type: SummaryType
    narrative: str
    next_steps: tuple[str, ...]
    subjects_covered: tuple[str, ...]
    claims: tuple[CheckedClaim, ...]


class WrittenClaim(BaseModel):
    """One sentence, as the model gives it."""

    model_config = ConfigDict(extra="forbid")
    text: str
    turns: list[int] = Field(description="Numbers of the turns that bear it out.")


class WrittenSummary(BaseModel):
    """A summary, as the model gives it."""

    model_config = ConfigDict(extra="forbid")
    claims: list[WrittenClaim]
    next_steps: list[WrittenClaim]
    subjects: list[str]


def extractive(facts: SessionFacts) -> SummaryDraft:
    """The summary that the embedded engine draws up, from whatever there is."""
    if facts.turns is None:
        return missing(facts)
    told = facts.told
    claims = account(told, brief=facts.summary_type is SummaryType.BRIEF)
    return _draft(facts, told, claims, facts.subjects)


def missing(facts: SessionFacts) -> SummaryDraft:
    """The summary of a session without a transcript: what its record says, and that there is no more."""
    told = "There is no transcript of it, so nothing is said here about what was done."
    return SummaryDraft(
        summary_type=SummaryType.MISSING_TRANSCRIPT,
        narrative=f"{facts.opening or 'A session.'} {told}",
        next_steps=(),
        subjects_covered=facts.subjects,
        claims=(),
    )


def summary_prompt(facts: SessionFacts) -> Prompt:
    """The question to the model. `facts.turns` is not None."""
    shown = _shown(facts.told)
    material: dict[str, Any] = {
        "record": {"subject": facts.subject, "topics": list(facts.topics), "minutes": facts.minutes},
        "short": facts.summary_type is SummaryType.BRIEF,
        "turns_left_out": len(facts.turns or ()) - len(shown),
        "transcript": shown,
    }
    return _INSTRUCTIONS.about(material, longest=ANSWER_TOKENS)


def checked(facts: SessionFacts, written: WrittenSummary) -> SummaryDraft | None:
    """The summary that the model wrote, after the check; None when too little of it stands to be one."""
    claims = [Claim(ClaimPart.NARRATIVE, _line(each.text), _turns(each.turns)) for each in written.claims]
    claims += [Claim(ClaimPart.NEXT_STEP, _line(each.text), _turns(each.turns)) for each in written.next_steps]
    turns = facts.told
    words = set(lettered_stems(facts.known)) | {stem for turn in turns for stem in lettered_stems(turn.text)}
    subjects = [
        name
        for name in map(_line, written.subjects[:10])
        if 0 < len(name) <= MAX_SUBJECT and not directs(name) and set(lettered_stems(name)) <= words
    ]
    draft = _draft(facts, turns, claims[:MOST_CLAIMS], tuple(dict.fromkeys(subjects))[:5] or facts.subjects)
    told = [each for each in draft.claims if each.claim.part is ClaimPart.NARRATIVE]
    standing = [each for each in told if each.fault is None]
    return draft if standing and len(standing) * 2 >= len(told) else None


def _draft(
    facts: SessionFacts, turns: Sequence[Turn], claims: Sequence[Claim], subjects: tuple[str, ...]
) -> SummaryDraft:
    results = tuple(_checked_in_order(claims, turns, facts.known))
    good = [each.claim for each in results if each.fault is None]
    told = [claim.text for claim in good if claim.part is ClaimPart.NARRATIVE]
    steps = [claim.text for claim in good if claim.part is ClaimPart.NEXT_STEP and len(claim.text) <= MAX_STEP]
    if not told:
        told = ["What was said is too little to tell what was done."]
    return SummaryDraft(
        summary_type=facts.summary_type,
        narrative=" ".join(part for part in (facts.opening, *told) if part),
        next_steps=tuple(steps[:MAX_STEPS]),
        subjects_covered=subjects,
        claims=results,
    )


def _checked_in_order(claims: Sequence[Claim], turns: Sequence[Turn], known: str) -> Iterator[CheckedClaim]:
    """Each with its fault; what a sentence calls `then` comes after the one before it that stands."""
    after = 0
    for claim in claims:
        fault = fault_of(claim, turns, known, after)
        if fault is None and claim.part is ClaimPart.NARRATIVE:
            after = claim.turns[0]
        yield CheckedClaim(claim, fault)


def _shown(turns: Sequence[Turn]) -> list[dict[str, Any]]:
    """The turns for the model: all, or of a long session those that say most; none that would direct it or is blank."""
    numbered = [(number, turn) for number, turn in enumerate(turns, start=1) if turn.text and not directs(turn.text)]
    if sum(min(len(turn.text), TURN_CHARACTERS) for _, turn in numbered) > MATERIAL_CHARACTERS:
        session = Session(turns)
        weights = {number: session.weight(number) for number in session.numbers}
        room = MATERIAL_CHARACTERS
        kept = []
        for number, turn in sorted(numbered, key=lambda each: -weights.get(each[0], 0.0)):
            room -= min(len(turn.text), TURN_CHARACTERS)
            if room < 0:
                break
            kept.append((number, turn))
        numbered = sorted(kept, key=lambda each: each[0])
    return [
        {"number": number, "speaker": turn.speaker.value, "text": turn.text[:TURN_CHARACTERS]}
        for number, turn in numbered
    ]


def _line(text: str) -> str:
    """A model's text as one line that can be stored; one that is too long stays so, and fails the check."""
    kept = "".join(character for character in text[: MAX_CLAIM + 1] if character.isprintable() or character.isspace())
    return " ".join(kept.split())


def _turns(numbers: Sequence[int]) -> tuple[int, ...]:
    """Sorted, once each; what no transcript has is kept as 0, which no check lets through."""
    return tuple(sorted({number if 0 < number < 1_000_000 else 0 for number in numbers[:100]}))


def _listed(names: Sequence[str]) -> str:
    shown = list(names[:4])
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
