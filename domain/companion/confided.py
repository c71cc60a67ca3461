"""What a student confides in a lesson stays between the two: no summary tells it, and no model is sent it.

Parents read summaries. Whoever tells a tutor of harm may be telling of them.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from domain.companion.safeguarding import concern
from domain.companion.speech_acts import asks
from domain.transcripts import Speaker, Turn

_TURNS_AFTER = 4
"""What is said next is about it, and may tell it by itself."""
_WINDOW, _STEP = 900, 700
"""Characters that are looked at together, and from one such look to the next."""
_LONG_WORD = re.compile(r"(\S{40})\S+")
_TO_THE_STUDENT = {"you": "me", "your": "my", "yours": "mine", "yourself": "myself", "you're": "i'm", "you've": "i've"}
_ADDRESSED = re.compile(rf"\b(?:{'|'.join(sorted(_TO_THE_STUDENT, key=len, reverse=True))})\b", re.IGNORECASE)


def without_confided(turns: Sequence[Turn]) -> tuple[Turn, ...]:
    """The turns, blank where a student tells of harm or danger, or the two talk about it; as many as before."""
    blank: set[int] = set()
    for place, turn in enumerate(turns):
        if _confides(turn):
            blank.update(range(place, place + 1 + _TURNS_AFTER))
            if place and turns[place - 1].speaker is Speaker.TUTOR and asks(turns[place - 1].text):
                blank.add(place - 1)
    return tuple(replace(turn, text="") if place in blank else turn for place, turn in enumerate(turns))


def _confides(turn: Turn) -> bool:
    text = turn.text
    if turn.speaker is Speaker.TUTOR:
        # "Does he hit you?" tells as much as "He hits me."; what speaks of nobody in the room need not be looked at.
        text, addressed = _ADDRESSED.subn(lambda found: _TO_THE_STUDENT[found[0].lower()], text)
        if not addressed:
            return False
    text = _LONG_WORD.sub(r"\1", text)
    looks = range(0, max(1, len(text) - _WINDOW + _STEP), _STEP)
    return any(concern(text[start : start + _WINDOW]) for start in looks)
