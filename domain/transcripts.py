"""What was said in a session, turn by turn."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NoReturn

import orjson

from domain.errors import Code, Refused

MAX_TURNS = 5_000
MAX_BYTES = 2_000_000
"""Of a transcript in UTF-8, both as it is given and as it is stored; about 350,000 words."""

_SPEAKER_LINE = re.compile(r"\s*(tutor|student)\s*:(.*)", re.IGNORECASE)
_LINE_END = re.compile(r"\r\n|\r|\n")


class Speaker(StrEnum):
    """Who says a turn."""

    TUTOR = "tutor"
    STUDENT = "student"


_SPEAKERS = frozenset(speaker.value for speaker in Speaker)


@dataclass(frozen=True, slots=True)
class Turn:
    """What one of them says before the other does; never blank, and without space around it."""

    speaker: Speaker
    text: str


@dataclass(frozen=True, slots=True)
class Transcript:
    """A whole session, in the order it was said; at least one turn."""

    turns: tuple[Turn, ...]

    @property
    def text(self) -> str:
        """The turns as `Tutor: ...` and `Student: ...` lines, for reading; `dump` is the form for storing."""
        return "\n".join(f"{turn.speaker.capitalize()}: {turn.text}" for turn in self.turns)

    @property
    def word_count(self) -> int:
        """Words that were said, divided by space; the speakers' names do not count."""
        return sum(len(turn.text.split()) for turn in self.turns)


def parse(text: str, field: str | None = "transcript") -> Transcript:
    """A transcript from canonical JSON, `{"turns":[{"speaker":"tutor","text":"..."}]}`, or from plain lines.

    Plain lines begin with `Tutor:` or `Student:`; a line without either continues the turn before it.
    Raises Refused for `field`: TOO_LONG beyond MAX_TURNS or MAX_BYTES, INVALID for everything else.
    """
    _check_size(_utf8(text, field), field)
    bare = text.removeprefix("\ufeff").strip()
    if not bare:
        _refuse("Write at least one turn; the transcript cannot be blank.", field)
    return from_turns(_json_turns(bare, field) if bare.startswith("{") else _plain_turns(bare, field), field)


def from_turns(turns: Iterable[object], field: str | None = "transcript") -> Transcript:
    """A transcript from mappings with `speaker` and `text`; whatever else they hold is left out.

    Raises Refused like `parse`.
    """
    taken: list[Turn] = []
    for number, turn in enumerate(turns, start=1):
        if number > MAX_TURNS:
            raise Refused(Code.TOO_LONG, f"A transcript has at most {MAX_TURNS:,} turns; split the session.", field)
        taken.append(_turn(number, turn, field))
    if not taken:
        _refuse("Write at least one turn; the transcript cannot be blank.", field)
    transcript = Transcript(tuple(taken))
    # Escapes make some texts longer than they came, and what is stored is what has to fit.
    _check_size(_dumped(transcript), field)
    return transcript


def dump(transcript: Transcript) -> str:
    """The canonical JSON: compact, one spelling for each transcript. `parse` gives the same transcript back."""
    return _dumped(transcript).decode()


def _dumped(transcript: Transcript) -> bytes:
    return orjson.dumps({"turns": [{"speaker": turn.speaker, "text": turn.text} for turn in transcript.turns]})


def _turn(number: int, turn: object, field: str | None) -> Turn:
    if not isinstance(turn, Mapping):
        _refuse(f"Turn {number} is not an object with `speaker` and `text`.", field)
    speaker, text = turn.get("speaker"), turn.get("text")
    if not isinstance(speaker, str) or speaker not in _SPEAKERS:
        _refuse(f"The speaker of turn {number} must be `tutor` or `student`.", field)
    if not isinstance(text, str) or not text.strip():
        _refuse(f"Turn {number} has no text; leave it out or write what was said.", field)
    _utf8(text, field)
    if "\0" in text:
        _refuse(f"Turn {number} holds a NUL character; remove it.", field)
    return Turn(Speaker(speaker), text.strip())


def _json_turns(text: str, field: str | None) -> list[object]:
    try:
        document = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        _refuse(
            f"The transcript begins like JSON and is none: see line {error.lineno}, column {error.colno}. "
            "Mend it, or write lines that begin with `Tutor:` or `Student:`.",
            field,
        )
    turns = document.get("turns") if isinstance(document, dict) else None
    if not isinstance(turns, list):
        _refuse("The transcript's JSON must be an object with a list of `turns`.", field)
    return turns


def _plain_turns(text: str, field: str | None) -> list[dict[str, str]]:
    turns: list[tuple[str, list[str]]] = []
    for number, line in enumerate(_LINE_END.split(text), start=1):
        if said := _SPEAKER_LINE.fullmatch(line):
            turns.append((said[1].lower(), [said[2].strip()]))
        elif turns:
            turns[-1][1].append(line.strip())
        else:
            _refuse(f"Line {number} does not say who speaks; begin it with `Tutor:` or `Student:`.", field)
    return [{"speaker": speaker, "text": "\n".join(lines)} for speaker, lines in turns]


def _utf8(text: str, field: str | None) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:
        _refuse("The transcript holds half of a surrogate pair, which is no character; remove it.", field)


def _check_size(content: bytes, field: str | None) -> None:
    if len(content) > MAX_BYTES:
        raise Refused(
            Code.TOO_LONG, f"A transcript has at most {MAX_BYTES:,} bytes; this one has {len(content):,}.", field
        )


def _refuse(message: str, field: str | None) -> NoReturn:
    raise Refused(Code.INVALID, message, field)
