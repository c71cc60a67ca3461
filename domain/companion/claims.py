"""Whether the turns of a transcript bear out what a summary says of them; the same for every engine.

It compares words, not meanings: numbers, names and quotations must stand in the turns that a claim names, and so must
at least half of its other words. A claim that says the opposite in the same words gets by, unless it is about whether
something was right.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from domain.companion.text import (
    STOP_WORDS,
    bare,
    capitalised,
    claimed_numbers,
    numbers,
    quotations,
    stem,
    stems,
    without_quotations,
    words,
)
from domain.summaries import ClaimPart
from domain.transcripts import Speaker, Turn

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


# What every account of a lesson says: it is the teller's, and need not have been said in the lesson.
_TELLING_WORDS = """student tutor lesson session together first then next later finally end ended began begin begun
    start started beginning asked ask asking answer answered answering explain explained explaining
    explanation said say told tell showed show shown pointed point noted note reminded remind
    suggested suggest helped help guided guide encouraged encourage worked work working try tried
    trying attempt attempted went go going gave give given came come made make making took take
    found find finding used use using saw see seen thought think knew know known understood
    understand understanding learned learn learnt practise practice practised review reviewed revise
    recall remember repeat explored explore discussed discuss talked talk covered cover looked look
    continued continue moved move reached reach arrived arrive stated state described describe
    confirmed confirm agreed agree accepted accept correct corrected correction correctly right
    wrong wrongly incorrect incorrectly mistake mistaken slip error solution solve solved solving
    problem question task exercise step result word words sentence own difficulty difficult
    difficulties need needed without left open unfinished finished finish completed complete alone
    themselves their aloud similar another new more still independently carefully check checked
    checking way time times part whole topic example reasoning reason approach initially afterwards
    again once turn turned put over able unable struggled struggle could clearly final kind mind
    noticed notice somebody memory compare keep back broke broken off talking goal main focus
    focused clear aim lesson's"""
_OPENING_WORDS = """the a an both they their together this that these those there here it its his her he she we our as
    at by for from in of on to with without after afterwards again along also although another
    because before beginning but later meanwhile next now once only since so some soon still then
    though through throughout thus until when where whether while who why yet finally first second
    third initially lastly eventually instead however overall practise practice review revise recall
    remember repeat rework redo work try do solve write read say answer explain learn finish
    complete continue check compare make use find look start begin go come keep take ask think study
    draw draft list name describe summarise summarize choose pick apply prepare consolidate
    reinforce test teach tell show memorise memorize note explore build set spend watch give put
    bring return revisit discuss student tutor students tutors each every all most many several few
    no none nothing neither either not"""
_TELLING = frozenset(map(stem, _TELLING_WORDS.split()))
_OPENERS = frozenset(_OPENING_WORDS.split())
_RIGHT = re.compile(
    r"\b(?:confirmed|agreed|(?:was|were|is|are|got it) (?:correct|right)(?! (?:angle|side|hand|triangle|of|to))"
    r"|answered correctly|solved it correctly"
    r"|correctly (?:answered|solved|found|worked|calculated|identified|said))\b",
    re.IGNORECASE,
)
_WRONG = re.compile(
    r"\b(?:mistakes?|mistaken|errors?|slips?|wrong(?:ly)?|incorrect(?:ly)?|corrected|put right)\b", re.IGNORECASE
)
_AMISS = re.compile(
    r"\b(?:mistake|error|wrong|incorrect|forgot|misunderst|misread|miscalculat|mix(?:ed)? up|not"
    r"|should(?:n'?t)? (?:be|have)|isn'?t|wasn'?t|didn'?t|don'?t|instead|actually|but|however|close|almost|nearly|again"
    r"|check|careful|remember|oops|no\b)",
    re.IGNORECASE,
)
_YES = re.compile(
    r"\b(?:correct(?:ly)?|right|yes|yep|yeah|exactly|perfect|excellent|well done|great|good (?:job|work)|nice|bravo"
    r"|awesome|amazing|fantastic|brilliant|super|you (?:got|have|had) it|that'?s it|very good|good)\b",
    re.IGNORECASE,
)
_NO = re.compile(
    r"\b(?:not|isn'?t|wasn'?t|aren'?t|never) (?:\w+ ){0,2}(?:correct|right|it)\b|\bincorrect|\bwrong\b"
    r"|\b(?:good|great|nice) (?:try|effort|attempt|guess|start)\b",
    re.IGNORECASE,
)
_DIRECTING = re.compile(
    r"\b(?:ignore|disregard|forget|override)\b[^.]{0,40}\b(?:instructions?|rules?|prompts?|guidelines|previous|above)\b"
    r"|\b(?:system|developer) (?:prompt|message|instructions?)\b"
    r"|\byou are (?:now )?(?:an? |the )?(?:\w+ )?(?:ai\b|assistant|chatbot|language model|summari[sz]er)"
    r"|\b(?:write|say|put|add|state|include|mention)\b[^.]{0,60}\bsummar(?:y|ies)\b"
    r"|\bsummar(?:y|ies) (?:must|should|has to|needs? to|shall)\b"
    r"|<\|?/?(?:system|im_start|im_end|assistant|instructions?)\b|^\s*(?:system|assistant|developer)\s*:",
    re.IGNORECASE | re.MULTILINE,
)


def directs(text: str) -> bool:
    """Whether a turn talks to whoever summarises it: nothing is told from such a turn."""
    return _DIRECTING.search(text) is not None


def fault_of(claim: Claim, turns: Sequence[Turn], known: str = "") -> Fault | None:
    """Why the turns do not bear the claim out; None when they do.

    `known` is what the session's record says: its names and numbers need not have been said.
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
    if not _names(own) <= {_bare_name(word) for text in said for word in words(text)}:
        return Fault.NAME
    verdicts = [
        (_RIGHT.search(own), any(map(approves, cited))),
        (_WRONG.search(own), any(_AMISS.search(turn.text) for turn in cited)),
    ]
    if any(judged and not borne_out for judged, borne_out in verdicts):
        return Fault.VERDICT
    firm = bool(quotations(claim.text)) or bool(claimed_numbers(claim.text)) or any(judged for judged, _ in verdicts)
    return None if _is_about(claim.text, cited, known, firm=firm) else Fault.WORDS


def _names(text: str) -> set[str]:
    """The words that may be names, in lower case. Those that begin a sentence are, unless they commonly do."""
    found = set()
    for word, opens in capitalised(text):
        low = _bare_name(word.lower())
        if opens and (low in _OPENERS or low in STOP_WORDS or low.endswith(("ing", "ly", "ed"))):
            continue
        if stem(low) not in _TELLING:
            found.add(low)
    return found


def _bare_name(word: str) -> str:
    return word.removesuffix("'s").removesuffix("'")


def own_words(text: str) -> list[str]:
    """The words of a text, as stems, that are about something: not those that tell of any lesson."""
    return [word for word in stems(text) if word not in _TELLING]


def _quotes_stand(text: str, cited: Sequence[Turn]) -> bool:
    """Whether each quotation was said, piece by piece, in one turn of the person who is named last before it."""
    for start, quoted in quotations(text):
        pieces = [piece for piece in (bare(part).strip(" .") for part in re.split(r"…|\.\.\.", quoted)) if piece]
        speaker = _speaker_before(text[:start])
        if not pieces or not any(
            _holds(bare(turn.text), pieces) for turn in cited if speaker is None or turn.speaker is speaker
        ):
            return False
    return True


def _speaker_before(text: str) -> Speaker | None:
    outside = without_quotations(text).lower()
    tutor, student = outside.rfind("tutor"), outside.rfind("student")
    if tutor == student:
        return None
    return Speaker.TUTOR if tutor > student else Speaker.STUDENT


def _holds(said: str, pieces: Sequence[str]) -> bool:
    place = 0
    for piece in pieces:
        found = said.find(piece, place)
        if found < 0:
            return False
        place = found + len(piece)
    return True


def approves(turn: Turn) -> bool:
    """Whether it is the tutor's saying that something was right, and nothing else."""
    return turn.speaker is Speaker.TUTOR and _YES.search(turn.text) is not None and _NO.search(turn.text) is None


def _is_about(text: str, cited: Sequence[Turn], known: str, *, firm: bool) -> bool:
    there, record = {word for turn in cited for word in stems(turn.text)}, set(stems(known))
    own = own_words(text)
    shared = [word for word in own if word in there or word in record]
    # Nothing but telling says nothing that turns could bear out, unless there is something firm in it.
    in_turns = any(word in there for word in own)
    return len(shared) >= SHARE * len(own) and (in_turns or firm)
