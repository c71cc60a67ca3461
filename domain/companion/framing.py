"""What a claim says of its turns: who spoke, what that did, what came first and last, what was right.

A claim is taken apart into clauses, each with who is named first in it and what it quotes. What the words in a turn say
of anybody counts for nothing here: a turn is its own speaker's.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from domain.companion.numbers import claimed_numbers, numbers
from domain.companion.quotations import bare, quotations, without_quotations
from domain.companion.sentences import sentence_texts
from domain.companion.speech_acts import (
    answers,
    approves,
    asks,
    asks_to,
    explains,
    faults,
    is_stuck,
    own_words,
    praises,
    says_something,
    sees,
)
from domain.companion.words import lettered_stems
from domain.transcripts import Speaker, Turn

SLACK = 2
"""Turns of substance that the speaker may have had before what came `at first`."""

_CLAUSE = re.compile(
    r"[.!?;]\s+|,\s+(?:and|but|which|while|whereas|so|then|before|after|who)\b|\s(?:and|but|while|before|after)\s+(?=the\s)"
)
_WHO = re.compile(
    r"\b(tutor|student)\b(?!['’]s (?!(?:first|second|last|final|own )?\s*(?:answer|attempt|try|guess|idea)))", re.I
)
_OBJECT = re.compile(
    r"\b(?:praised|told|asked|reminded|thanked|showed|encouraged|corrected|congratulated|helped|answered|assured|to|for"
    r"|with|by|of|from) the (?:tutor|student)\b"
)
_PASSIVE = re.compile(
    r"\b(?:tutor|student) (?:was|were|is|had been|has been) (?:\w+ly )?(?:asked|told|praised|shown|reminded"
    r"|encouraged|corrected|congratulated|given|helped|guided|taught)\b",
    re.I,
)
_SPEAKS = re.compile(
    r"\b(?:said|says|stated|told|asked|answered|explained|replied|reasoned|noted|noticed|pointed out|suggested|reminded"
    r"|confirmed|agreed|praised|encouraged|congratulated|corrected|announced|claimed|promised|allowed|admitted"
    r"|wondered|thanked|mentioned|insisted|decided|warned|offered|began|declared|recommended|assigned)\b",
    re.I,
)
_REPORTS = re.compile(
    r"\b(?:said|says|stated|told|explained|replied|claimed|promised|allowed|announced|insisted|declared|admitted)\b",
    re.I,
)
_FIRST_OF_ALL = re.compile(r"\bfirst (?:answer|attempt|try|guess|idea|thought|words?)\b", re.I)
_FIRST = re.compile(
    r"\b(?:at first|initially|to begin with|(?:in|at) the (?:beginning|start|outset)"
    r"|(?:tutor|student|session|lesson) (?:first|began|started|opened))\b|^first\b",
    re.I,
)
_LAST = re.compile(
    r"\b(?:in the end|at the end|finally|lastly|eventually|ultimately|broke off"
    r"|(?:session|lesson|they) (?:ended|closed|finished)"
    r"|(?:final|last) (?:answer|attempt|try|guess|words?|question)"
    r"|(?:tutor|student) (?:ended|closed|concluded))\b",
    re.I,
)
_THEN = re.compile(r"^(?:then|next|after that|afterwards?|later|thereafter|subsequently)\b", re.I)
_BACK = re.compile(r"\b(?:before|earlier|previously|already|after|had (?:\w+ed|said|been))\b", re.I)
_RIGHT = re.compile(
    r"\b(?:confirmed|agreed|approved|(?:was|were|is|are|got it) (?:correct|right)"
    r"(?! (?:angle|side|hand|triangle|of|to))|answered correctly|solved it correctly"
    r"|correctly (?:answered|solved|found|worked|calculated|identified|said)"
    r"|(?:correct|right) (?:answer|solution|result))\b",
    re.I,
)
_WRONG = re.compile(
    r"\b(?:mistakes?|mistaken|errors?|slips?|wrong(?:ly)?|incorrect(?:ly)?|corrected|put right|misunderst\w+)\b", re.I
)
_ALONE = re.compile(
    r"\b(?:independently|alone|unaided|without (?:any )?help|by (?:himself|herself|themselves)|on (?:his|her|their) own"
    r"|easily|effortlessly|confidently|quickly|fluently|mastered)\b",
    re.I,
)
_DEEDS: tuple[tuple[re.Pattern[str], Callable[[str], bool]], ...] = tuple(
    (re.compile(rf"\b(?:{verbs})\b", re.I), does)
    for verbs, does in (
        ("explained", explains),
        ("praised|congratulated|complimented|applauded", praises),
        ("asked|wondered|inquired|enquired", asks_to),
        ("noticed|realised|realized|understood|grasped|recognised|recognized", sees),
        ("(?:was|were|felt|got) (?:not sure|unsure|stuck|confused|lost)|struggled|did not know|didn't know", is_stuck),
        (
            "thanked",
            lambda said: re.search(r"\bthank|\bmerci\b|\bdanke\b|\bgr[ae]cias\b|\bgrazie\b", said, re.I) is not None,
        ),
    )
)


@dataclass(frozen=True, slots=True)
class Clause:
    """A part of a claim with one doing in it."""

    text: str
    """Without what it quotes."""
    who: Speaker | None
    """Who does it; None when nobody is named."""
    quoted: tuple[str, ...]


class Account:
    """A claim beside the transcript. The turns that it names exist."""

    def __init__(self, text: str, cited: Sequence[int], turns: Sequence[Turn]) -> None:
        self.text = text
        self.turns = turns
        self.cited = {number: turns[number - 1] for number in sorted(set(cited))}
        self.clauses = list(_clauses(text))

    @cached_property
    def judges(self) -> bool:
        """Whether it says that something was right, or wrong."""
        return any(_RIGHT.search(clause.text) or _WRONG.search(clause.text) for clause in self.clauses)

    def of(self, who: Speaker | None) -> dict[int, Turn]:
        """The turns named that are somebody's; all for None."""
        return {number: turn for number, turn in self.cited.items() if who is None or turn.speaker is who}

    def turns_of(self, clause: Clause) -> dict[int, Turn]:
        """The turns that a clause is about: those that it quotes, or else all of who does it."""
        found = self.of(clause.who)
        quoting = {n: turn for n, turn in found.items() if any(holds(turn.text, quoted) for quoted in clause.quoted)}
        return quoting or found

    def before(self, number: int, who: Speaker) -> int | None:
        """The turn of somebody that comes nearest before this one."""
        return next((n for n in range(number - 1, 0, -1) if self.turns[n - 1].speaker is who), None)


def holds(said: str, quoted: str) -> bool:
    """Whether a quotation was said, piece by piece, in this order."""
    text, place = bare(said), 0
    pieces = [piece for piece in (bare(part).strip(" .") for part in re.split(r"…|\.\.\.", quoted)) if piece]
    for piece in pieces:
        found = text.find(piece, place)
        if found < 0:
            return False
        place = found + len(piece)
    return bool(pieces)


def speaker_before(text: str) -> Speaker | None:
    """Who is named last in a text, outside of quotations; None when nobody is."""
    outside = without_quotations(text).lower()
    doing = _OBJECT.sub(" ", outside)
    outside = doing if _WHO.search(doing) else outside
    tutor, student = outside.rfind("tutor"), outside.rfind("student")
    if tutor == student:
        return None
    return Speaker.TUTOR if tutor > student else Speaker.STUDENT


def _clauses(text: str) -> Iterator[Clause]:
    found = quotations(text)
    masked = text
    for start, quoted in found:
        # The end of a quotation that ends a sentence is the sentence's.
        inner = "·" * (len(quoted) - 1) + (quoted[-1] if quoted[-1] in ".!?…" else "·")
        masked = f"{masked[: start + 1]}{inner.replace('…', '.')}{masked[start + 1 + len(quoted) :]}"
    masked = re.sub(r"[.!?]([”\"])", r"\1.", masked)
    begin = 0
    for end in [*(match.start() + 1 for match in _CLAUSE.finditer(masked)), len(masked)]:
        own = re.sub(r"[“\"]·*[”\"]?", " ", masked[begin:end]).replace("·", " ").strip(" ,.;")
        inside = tuple(quoted for start, quoted in found if begin <= start < end)
        if own or inside:
            yield Clause(own, _doer(own), inside)
        begin = end


def _doer(text: str) -> Speaker | None:
    match = _WHO.search(text)
    if match is None:
        return None
    who = Speaker(match[1].lower())
    if _PASSIVE.search(text):
        return Speaker.STUDENT if who is Speaker.TUTOR else Speaker.TUTOR
    return who


def speakers_stand(told: Account) -> bool:
    """Whether whoever is said to have spoken did: what is told of it stands in turns of theirs."""
    return all(
        _said_by(told, clause) for clause in told.clauses if clause.who is not None and _SPEAKS.search(clause.text)
    )


def _said_by(told: Account, clause: Clause) -> bool:
    mine = told.of(clause.who)
    if not mine:
        return False
    if clause.quoted:
        return True  # word for word, and looked at as a quotation
    everybody = {word for turn in told.cited.values() for word in lettered_stems(turn.text)}
    own = {word for turn in mine.values() for word in lettered_stems(turn.text)}
    about = [word for word in own_words(clause.text) if word in everybody]
    if about and sum(word in own for word in about) * 2 < len(about):
        return False
    return not _REPORTS.search(clause.text) or claimed_numbers(clause.text) <= {
        number for turn in mine.values() for number in numbers(turn.text)
    } | _numbers_elsewhere(told, mine)


def _numbers_elsewhere(told: Account, mine: dict[int, Turn]) -> set[object]:
    """What the other has said before is there to be spoken of."""
    first = min(mine)
    return {number for n, turn in told.cited.items() if n < first for number in numbers(turn.text)}


def deeds_stand(told: Account) -> bool:
    """Whether the turns do what is said of them: explain, praise, ask, see something, be stuck."""
    for clause in told.clauses:
        for verbs, does in _DEEDS:
            if verbs.search(clause.text) and not any(does(said) for said in _sentences_of(told, clause)):
                return False
        if _ALONE.search(clause.text) and not _borne_out_alone(told, clause):
            return False
    return True


def _sentences_of(told: Account, clause: Clause) -> Iterator[str]:
    """Those that a clause quotes from, or else all of its turns."""
    for turn in told.turns_of(clause).values():
        for said in sentence_texts(turn.text):
            if not clause.quoted or any(_overlap(said, quoted) for quoted in clause.quoted):
                yield said


def _overlap(said: str, quoted: str) -> bool:
    text = bare(said).strip(" .")
    return any(
        piece and (piece in text or text in piece)
        for piece in (bare(part).strip(" .") for part in re.split(r"…|\.\.\.", quoted))
    )


def _borne_out_alone(told: Account, clause: Clause) -> bool:
    """How well somebody did is told where it was said in so many words, and by the tutor."""
    said = {word for turn in told.of(Speaker.TUTOR).values() for word in lettered_stems(turn.text)}
    return all(word in said for match in _ALONE.finditer(clause.text) for word in lettered_stems(match[0]))


def verdicts_stand(told: Account) -> bool:
    """Whether what is said to have been right was agreed to by the tutor, and what wrong was seen to be."""
    for clause in told.clauses:
        if _RIGHT.search(clause.text) and not any(_agreed(told, clause, number) for number in told.cited):
            return False
        if _WRONG.search(clause.text) and not any(_faulted(told, clause, number) for number in told.cited):
            return False
    return True


def _agreed(told: Account, clause: Clause, number: int) -> bool:
    """Whether the tutor agrees in this turn, and to what the claim is about: what the student said just before."""
    turn = told.turns[number - 1]
    if not approves(turn):
        return False
    answered = told.before(number, Speaker.STUDENT)
    asked = told.before(answered, Speaker.TUTOR) if answered else None
    if told.of(Speaker.STUDENT) and answered not in told.cited:
        return False
    there = {value for n in (number, answered, asked) if n for value in numbers(told.turns[n - 1].text)}
    return claimed_numbers(clause.text) <= there


def _faulted(told: Account, clause: Clause, number: int) -> bool:
    """Whether this turn says that something was amiss: the tutor of what was said before, the student of themselves."""
    turn = told.turns[number - 1]
    if not faults(turn):
        return False
    if turn.speaker is Speaker.TUTOR:
        return not told.of(Speaker.STUDENT) or min(told.of(Speaker.STUDENT)) < number
    # Who puts it right in the same breath, and is told so, was not wrong in that.
    agreed = number < len(told.turns) and approves(told.turns[number])
    return not (agreed and any(holds(turn.text, quoted) for quoted in clause.quoted))


def order_stands(told: Account, after: int) -> bool:
    """Whether what is told as first, last and next came so; `after` is where the sentence before begins."""
    if _THEN.search(told.text) and min(told.cited) < after:
        return False
    if not _quoted_in_order(told):
        return False
    for clause in told.clauses:
        turns = told.turns_of(clause)
        if not turns:
            continue
        who = clause.who or told.turns[min(turns) - 1].speaker
        earlier = [turn for turn in told.turns[: min(turns) - 1] if turn.speaker is who]
        later = [turn for turn in told.turns[max(turns) :] if turn.speaker is who]
        asked = bool(clause.quoted) and all(map(asks, clause.quoted))
        if _FIRST_OF_ALL.search(clause.text) and (asked or any(map(answers, earlier))):
            return False
        if _FIRST.search(clause.text) and sum(map(says_something, earlier)) > SLACK:
            return False
        if _LAST.search(clause.text) and any(map(says_something, later)):
            return False
    return True


def _quoted_in_order(told: Account) -> bool:
    """Whether what is quoted one after the other was said so, an answer right after its question."""
    if _BACK.search(without_quotations(told.text)):
        return True
    last = 0
    for clause in told.clauses:
        replies = re.search(r"\b(?:answered|replied|agreed)\b", clause.text) is not None and last > 0
        for quoted in clause.quoted:
            at = [n for n, turn in told.of(clause.who).items() if n >= last + replies and holds(turn.text, quoted)]
            if not at or (replies and at[0] > last + SLACK):
                return False
            last, replies = at[0], False
    return True
