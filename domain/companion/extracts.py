"""The embedded engine's summaries: sentences of the transcript itself, chosen and put into an account.

It never says more than was said: what it takes over stands in quotation marks, with the turn that it is from. Which
sentences carry a session is judged by their words (those that the session keeps coming back to, weighted down where
every turn has them) and by what a turn does: ask, correct, see a mistake, agree.
"""

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from domain.companion.claims import Claim, fault_of
from domain.companion.numbers import numbers
from domain.companion.quotations import bare
from domain.companion.sentences import sentence_texts
from domain.companion.speech_acts import asks, directs, own_words
from domain.companion.words import lettered_stems, lettered_words
from domain.summaries import ClaimPart
from domain.transcripts import Speaker, Turn

LONGEST_QUOTE = 170
"""Characters. A parent reads the summary and not the transcript, so it takes over little of it at a time."""
LOOKED_AT = 1_500
"""Turns at most; of a longer session the beginning and the end."""
SENTENCES_A_TURN = 40

CORRECTS = re.compile(
    r"\b(?:not (?:quite|really|correct|right|exactly|yet)|incorrect|wrong|mistake|error|so close|close|almost|nearly"
    r"|careful|actually|remember|forgot|should(?:n'?t)? (?:be|have|only|not)|isn'?t|instead|try again|look again|oops"
    r"|however|rather than|misread|well,|check|not \d+)\b",
    re.IGNORECASE,
)
SEES = re.compile(
    r"\b(?:oh|i see|ah|oops|my mistake|made a mistake|made an error|i forgot|understand now|i (?:was|am) wrong"
    r"|(?:i )?should(?:n'?t)? have|misunderst\w+|misread|miscalculat\w+|confused|mixed up|reali[sz]e)\b",
    re.IGNORECASE,
)
SLIP = re.compile(
    r"\b(?:mistake|error|forgot|wrong|should(?:n'?t)? have|misunderst\w+|misread|miscalculat\w+|mixed up|oops)\b",
    re.IGNORECASE,
)
AGREES = re.compile(
    r"\b(?:correct(?:ly)?|exactly|perfect|excellent|well done|that'?s (?:right|it|correct)|(?:you'?re|you are|is) right"
    r"|(?:good|great|nice|amazing|awesome|fantastic|super) (?:job|work|thinking)|you (?:got|have) it"
    r"|brilliant|bravo|spot on|yes|yep|right|great|good|awesome|amazing|fantastic|wonderful|nice)\b",
    re.IGNORECASE,
)
DISAGREES = re.compile(
    r"\b(?:not|isn'?t|wasn'?t|don'?t|didn'?t|can'?t|no|but|however|incorrect|wrong|mistake|error|instead|actually"
    r"|close|almost|nearly|(?:good|great|nice|best) (?:try|effort|attempt|guess|start|question|point)"
    r"|effort|check|again|remember|earlier)\b|\?",
    re.IGNORECASE,
)
ASKS_TO_DO = re.compile(
    r"\b(?:homework|next (?:time|class|session|week|lesson)|keep (?:that|this|it) in mind|for tomorrow"
    r"|(?:please|should|must|could you) (?:practi[sc]e|revise|learn|study))\b",
    re.IGNORECASE,
)
STUCK = re.compile(
    r"\b(?:i (?:don'?t|do not) (?:know|get|understand)|not sure|no idea|idk|i'?m (?:confused|stuck|lost)|help)\b",
    re.IGNORECASE,
)
SMALL_TALK = re.compile(
    r"\b(?:hi|hello|hey|bye|thanks?|thank you|welcome|sorry|feedback|points?|whiteboard|pencil|tutor|see you"
    r"|are you (?:\w+ )?sure"
    r"|good (?:morning|afternoon|evening)|brb|be right back|effort|best shot)\b",
    re.IGNORECASE,
)
GOES = re.compile(
    r"\b(?:(?:have|got|need) to (?:go|le+a?ve)|gtg|bye|see (?:you|ya)|be right back|brb)\b", re.IGNORECASE
)
PRIVATE = re.compile(r"https?://|www\.|\S@\S|\+\d[\d \-()]{7,}|\b\d{3}[-. ]\d{3}[-. ]\d{4}\b", re.IGNORECASE)
_LEADING = re.compile(
    r"^(?:in|according to|as|additionally|also|so|for example|overall|furthermore|in addition|ok|okay|well|sure|yes"
    r"|right|great|good|hi|hello|hey)\b[^,.!?]{0,60}[,.!]\s+(?=\w)",
    re.IGNORECASE,
)
_GREETING = re.compile(r"^(?:hi|hello|hey)\b[^,.!?]{0,30}[,.!]\s+(?=\w)", re.IGNORECASE)
_CONCLUDES = re.compile(r"=|\b(?:so|therefore|total|altogether|answer|final(?:ly)?|means)\b", re.IGNORECASE)
_BREAK = re.compile(r"[,;:]\s|\s(?:and|but|so|because|which|where|when|then)\s", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Said:
    """One sentence of one turn."""

    turn: int
    """From 1."""
    speaker: Speaker
    text: str
    weight: float

    @property
    def asks(self) -> bool:
        """Whether it is a question."""
        return asks(self.text)


class Session:
    """The turns of a session, sentence by sentence, with what each is worth telling."""

    def __init__(self, turns: Sequence[Turn]) -> None:
        self.whole = turns
        numbered = list(enumerate(turns, start=1))
        if len(numbered) > LOOKED_AT:
            numbered = numbered[: LOOKED_AT // 2] + numbered[-(LOOKED_AT // 2) :]
        self.turns = {number: turn for number, turn in numbered if _is_talk(turn.text)}
        split = {number: sentence_texts(turn.text)[:SENTENCES_A_TURN] for number, turn in self.turns.items()}
        often = Counter(stem for parts in split.values() for part in parts for stem in lettered_stems(part))
        spread = Counter(stem for parts in split.values() for stem in set(lettered_stems(" ".join(parts))))
        self._often, self._spread = often, spread
        self.said = {
            number: [
                Said(number, self.turns[number].speaker, part, self._weigh(part))
                for part in parts
                if not PRIVATE.search(part) and any(map(str.isalnum, part))
            ]
            for number, parts in split.items()
        }
        self.numbers = [number for number in self.said if self.said[number]]

    def of(self, speaker: Speaker) -> list[int]:
        """The turns of one of them."""
        return [number for number in self.numbers if self.turns[number].speaker is speaker]

    def best(self, number: int, *, last: bool = False, among: Iterable[Said] | None = None) -> Said | None:
        """The sentence of a turn that says most; of equals the first, or the last."""
        said = list(self.said[number] if among is None else among)
        if last:
            said.reverse()
        return max(said, key=lambda each: each.weight, default=None)

    def weight(self, number: int) -> float:
        """That of a turn's best sentence."""
        return max((each.weight for each in self.said[number]), default=0.0)

    def _weigh(self, sentence: str) -> float:
        own = set(lettered_stems(sentence))
        turns = max(2, len(self.turns))
        # A word that the session comes back to, yet not one that every turn has.
        worth = sum(
            math.log1p(self._often[stem]) * math.log(1 + turns / self._spread[stem])
            for stem in own
            if stem in self._spread
        )
        figures = min(4, len(numbers(sentence)))
        equation = 2.0 if re.search(r"=|\d\s*[-+*/×x]\s*\d", sentence) else 0.0
        talk = 0.35 if SMALL_TALK.search(sentence) else 1.0
        return talk * (worth / (4 + len(own)) * 4 + figures + equation)


def _is_talk(text: str) -> bool:
    """Whether a turn says anything that may be told: not only marks, not one key held down, not a hidden order."""
    letters = [character for character in text if character.isalnum()]
    return len(set(letters)) > (2 if len(letters) > 12 else 0) and not directs(text)


def quote(said: Said | str, *, tail: bool = False, longest: int = LONGEST_QUOTE) -> str:
    """A sentence in quotation marks, shortened at a clause where it is long; `tail` keeps its end."""
    text = " ".join((said if isinstance(said, str) else said.text).split())
    text = text.replace("“", '"').replace("”", '"')
    greeting = _GREETING.match(text)
    shortened = text = text[greeting.end() :] if greeting else text
    if len(text) > longest:
        leading = _LEADING.match(text)
        shortened = _tail(text, longest) if tail else _head(text[leading.end() if leading else 0 :], longest)
        if leading and not tail:
            shortened = f"… {shortened}"
    return f"“{shortened}”"


def _head(text: str, longest: int) -> str:
    if len(text) <= longest:
        return text
    breaks = [match.start() for match in _BREAK.finditer(text, 0, longest - 1)]
    end = next((place for place in reversed(breaks) if place > longest * 0.5), None)
    if end is None:
        end = text.rfind(" ", 0, longest - 1)
    return f"{text[: end if end > 0 else longest - 1].rstrip(' ,;:')} …"


def _tail(text: str, longest: int) -> str:
    breaks = [match.end() for match in _BREAK.finditer(text, len(text) - longest + 1)]
    start = next((place for place in breaks if len(text) - place > longest * 0.4), None)
    if start is None:
        start = text.find(" ", len(text) - longest + 1) + 1
    return f"… {text[start if start > 0 else len(text) - longest + 2 :].lstrip(' ,;:')}"


def ended(text: str) -> str:
    """A sentence with an end: a full stop after a quotation that has no end mark of its own."""
    return text if re.search(r"[.!?…]”?$", text) else f"{text}."


def conclusion(session: Session, number: int) -> Said | None:
    """Where a turn comes to: its last sentence that concludes, or the one that says most."""
    said = session.said[number]
    concluding = [each for each in said if _CONCLUDES.search(each.text) and numbers(each.text)]
    return concluding[-1] if concluding else session.best(number, last=True)


def has_substance(text: str) -> bool:
    """Whether a turn says more than a word: a number, or two words that are not all small ones."""
    return bool(numbers(text)) or (bool(lettered_stems(text)) and len(lettered_words(text)) >= 2)


def tells(said: Said, least: int = 2) -> bool:
    """Whether a sentence still says something when it stands alone: two numbers, or so many words of its own."""
    figures = len(numbers(said.text)) >= 2
    return not SMALL_TALK.search(said.text) and (figures or len(set(own_words(said.text))) >= least)


Pairs = Mapping[tuple[str, str], int]
"""The words that the tutor gave with their meaning, `"box" is "scatola"`, and the turn of each."""

_PAIR = re.compile(r"[\"“]([^\"”]{1,60})[\"”]\s*(?:is|means|=)\s*[\"“]([^\"”]{1,60})[\"”]", re.IGNORECASE)


def word_pairs(session: Session) -> Pairs:
    """The words that the tutor gave, each once."""
    found: dict[tuple[str, str], int] = {}
    for number in session.of(Speaker.TUTOR):
        for match in _PAIR.finditer(session.turns[number].text):
            known, new = match[1].strip(), match[2].strip()
            if known and new and bare(known) not in {bare(pair[0]) for pair in found}:
                found[known, new] = number
    return found


def word_pair_in(said: Said, pairs: Pairs) -> bool:
    """Whether a sentence gives one of these words, which have a sentence of their own."""
    text = bare(said.text)
    return any(bare(known) in text and bare(new) in text for known, new in pairs)


def distinct(candidates: Iterable[Said], taken: Iterable[str]) -> Iterator[Said]:
    """Those that say something that the texts taken, and those before them, do not."""
    seen = [set(lettered_words(text)) | {str(number) for number in numbers(text)} for text in taken]
    for said in candidates:
        own = set(lettered_words(said.text)) | {str(number) for number in numbers(said.text)}
        if own and all(len(own & other) < 0.6 * min(len(own), len(other) or 1) for other in seen):
            seen.append(own)
            yield said


def told_as(*parts: tuple[str, str]) -> str:
    """Who did what, and the quotation of it; one sentence for each."""
    return " ".join(ended(f"{opening}: {quoted}") for opening, quoted in parts)


def narrative(text: str, *turns: int) -> Claim:
    """A sentence of the account."""
    return Claim(ClaimPart.NARRATIVE, ended(text), tuple(sorted(set(turns))))


def step(text: str, *turns: int) -> Claim:
    """A next step."""
    return Claim(ClaimPart.NEXT_STEP, ended(text), tuple(sorted(set(turns))))


def first_that_stands(session: Session, *choices: Claim) -> Claim:
    """The first telling of these that the transcript bears out; the last is the plainest."""
    return next((claim for claim in choices[:-1] if fault_of(claim, session.whole) is None), choices[-1])
