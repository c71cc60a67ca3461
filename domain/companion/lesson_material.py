"""What of a lesson can answer a question: what the tutor explained, and what of the student's the tutor agreed with.

A student's attempt that the tutor did not take is nobody's evidence: it is left out, or, where the tutor said neither
yes nor no, only leads to what can be one.
"""

import re
from collections.abc import Iterator, Sequence

from domain.companion.sentences import Sentence, sentences
from domain.companion.speech_acts import approves, asks, directs, explains, faults, is_stuck, says_something, slips
from domain.transcripts import Speaker, Transcript, Turn

_OF_THE_STUDENT = re.compile(r"\byou(?:r|rs|'ve|'d)?\b", re.IGNORECASE)
_TOLD_OF_THE_STUDENT = re.compile(r"\bstudent|\b(?:he|she|they)\b|^[^\u201c]{0,60}\u201c", re.IGNORECASE)
_FIRST_OR_WRONG = re.compile(
    r"\b(?:first|initially|beginning|wrong(?:ly)?|mistake\w*|mistook|incorrect\w*|errors?|slip\w*|confus\w+|misunderst\w+|misread"
    r"|struggl\w+|instead|thought|tried|attempt\w*|guess\w*|not quite|corrected)\b",
    re.IGNORECASE,
)


MOST_SAID = 100_000
"""Characters of a lesson that are looked at, of its beginning: some hours of talk."""


def said_in(transcript: Transcript) -> Iterator[Sentence]:
    """The sentences of a lesson, each with whether it can be an answer; what was wrong is not among them."""
    room = MOST_SAID
    for number, turn in enumerate(transcript.turns):
        room -= len(turn.text)
        if room < 0:
            return
        if directs(turn.text):
            continue
        standing = _standing(transcript.turns, number)
        if standing is None:
            continue
        for each in sentences(turn.text):
            quotable = standing and not asks(each.text) and not _is_doubtful(turn.speaker, each.text)
            yield Sentence(each.text, each.start, each.words, quotable)


def told_in(narrative: str) -> Iterator[Sentence]:
    """The sentences of a summary; what it tells of a student's attempts is no answer to anything."""
    for each in sentences(narrative):
        attempt = _TOLD_OF_THE_STUDENT.search(each.text) and _FIRST_OR_WRONG.search(each.text)
        quotes_student = re.search(r"\bstudent\b[^\u201c]*\u201c", each.text, re.IGNORECASE)
        yield Sentence(each.text, each.start, each.words, not (attempt or quotes_student or asks(each.text)))


def _standing(turns: Sequence[Turn], number: int) -> bool | None:
    """Whether a turn can be an answer; None where it was wrong."""
    turn = turns[number]
    reply = next((each for each in turns[number + 1 : number + 3] if each.speaker is Speaker.TUTOR), None)
    if turn.speaker is Speaker.TUTOR:
        # A tutor who says "my mistake" takes back what they said last.
        taken_back = reply is not None and any(slips(each.text) for each in sentences(reply.text))
        return None if taken_back else True
    if reply is None:
        return False
    if approves(reply):
        return not is_stuck(turn.text)
    return None if faults(reply) else False


def _is_doubtful(speaker: Speaker, sentence: str) -> bool:
    """Whether a sentence says nothing, or tells of what was wrong."""
    if speaker is Speaker.STUDENT:
        return slips(sentence)
    alone = Turn(speaker, sentence)
    if not says_something(alone) or (approves(alone) and not explains(sentence)):
        return True
    return faults(alone) and _OF_THE_STUDENT.search(sentence) is not None
