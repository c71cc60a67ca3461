"""Import files: JSON lines, one record a line, and what a record must hold.

A line that is no good is refused for itself; the rest of the file goes in.
"""

import codecs
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO, Generic, NoReturn, TypeVar

import orjson

from domain.errors import Refused
from domain.practice import (
    MAX_ANSWER,
    MAX_CHOICE,
    MAX_CHOICES,
    MAX_EXPLANATION,
    MAX_QUESTION,
    MAX_SOURCE,
    MAX_TAG,
    AnswerType,
)
from domain.study_material import MAX_TEXT, MAX_TITLE
from domain.subjects import MAX_NAME
from domain.text import optional_text, required_text
from domain.transcripts import Transcript, from_turns

MAX_LINE = 4_000_000
"""Bytes; a transcript of the largest size fits."""
MAX_ID = 200

T = TypeVar("T")


class BadRecord(Exception):
    """A line that cannot be imported; the text says why."""


@dataclass(frozen=True, slots=True)
class TranscriptRecord:
    """One tutoring session of a file."""

    external_id: str
    subject: str
    topics: tuple[str, ...]
    transcript: Transcript
    source: str | None
    licence: str | None


@dataclass(frozen=True, slots=True)
class PracticeRecord:
    """One question of a file, with its solution."""

    external_id: str
    question: str
    answer: str
    explanation: str | None
    choices: tuple[str, ...]
    answer_type: AnswerType
    subject: str
    difficulty: int
    topics: tuple[str, ...]
    goals: tuple[str, ...]
    source: str | None
    licence: str | None


@dataclass(frozen=True, slots=True)
class MaterialRecord:
    """One text of a file."""

    external_id: str
    title: str
    subject: str
    text: str
    source: str | None
    licence: str | None


Record = TranscriptRecord | PracticeRecord | MaterialRecord
R = TypeVar("R", TranscriptRecord, PracticeRecord, MaterialRecord)


@dataclass(frozen=True, slots=True)
class Line(Generic[R]):
    """One line of a file: its record, or the reason for which it is refused."""

    number: int
    size: int
    """Bytes read for it."""
    record: R | None
    reason: str = ""


def read_records(file: BinaryIO, parse: Callable[[object], R]) -> Iterator[Line[R]]:
    """Each line of a file but blank ones; `parse` is transcript_record, practice_record or material_record.

    Never more than one line is held in memory. A second record of an id is refused.
    """
    first_seen: dict[str, int] = {}
    for number, content, size in _lines(file):
        try:
            record = parse(_document(content))
            if record.external_id in first_seen:
                line = first_seen[record.external_id]
                raise BadRecord(f"the id {_shown(record.external_id)} stands on line {line} already")
        except BadRecord as bad:
            yield Line(number, size, None, str(bad))
        else:
            first_seen[record.external_id] = number
            yield Line(number, size, record)


def transcript_record(document: object) -> TranscriptRecord:
    """The session that a line's JSON describes. Raises BadRecord."""
    fields = _Fields(document)
    turns = fields.required("turns")
    if not isinstance(turns, list):
        raise BadRecord(f"`turns` must be a list, not {_kind(turns)}")
    return TranscriptRecord(
        external_id=fields.text("id", MAX_ID),
        subject=fields.text("subject", MAX_NAME),
        topics=fields.tags("topic"),
        transcript=_accepted("turns", lambda: from_turns(turns)),
        source=fields.optional_text("source", MAX_SOURCE),
        licence=fields.optional_text("licence", MAX_SOURCE),
    )


def practice_record(document: object) -> PracticeRecord:
    """The question that a line's JSON describes. Raises BadRecord."""
    fields = _Fields(document)
    answer = fields.text("answer", MAX_ANSWER)
    answer_type = fields.answer_type("answer_type")
    return PracticeRecord(
        external_id=fields.text("id", MAX_ID),
        question=fields.text("question", MAX_QUESTION),
        answer=answer,
        explanation=fields.optional_text("explanation", MAX_EXPLANATION),
        choices=fields.choices("choices", answer_type, answer),
        answer_type=answer_type,
        subject=fields.text("subject", MAX_NAME),
        difficulty=fields.whole("difficulty", 1, 10),
        topics=fields.tags("topic"),
        goals=fields.tags("course"),
        source=fields.optional_text("source", MAX_SOURCE),
        licence=fields.optional_text("licence", MAX_SOURCE),
    )


def material_record(document: object) -> MaterialRecord:
    """The text that a line's JSON describes: `title` and `text`, or `topic` and `context`. Raises BadRecord."""
    fields = _Fields(document)
    return MaterialRecord(
        external_id=fields.text("id", MAX_ID),
        title=fields.text(fields.either("title", "topic"), MAX_TITLE),
        subject=fields.text("subject", MAX_NAME),
        text=fields.text(fields.either("text", "context"), MAX_TEXT),
        source=fields.optional_text("source", MAX_SOURCE),
        licence=fields.optional_text("licence", MAX_SOURCE),
    )


class _Fields:
    """The fields of a JSON object; each reader raises BadRecord, which names the field."""

    def __init__(self, document: object) -> None:
        if not isinstance(document, dict):
            raise BadRecord(f"this is {_kind(document)}, not a JSON object")
        self._document = document

    def required(self, name: str) -> object:
        """A value that must be there."""
        value = self._document.get(name)
        if value is None:
            raise BadRecord(f"`{name}` is missing")
        return value

    def either(self, name: str, other: str) -> str:
        """The name of the two that has a value, the first unless only the other has."""
        return other if self._document.get(name) is None and self._document.get(other) is not None else name

    def text(self, name: str, longest: int) -> str:
        """A text that must be there and not blank."""
        value = self._string(name, self.required(name))
        return _accepted(name, lambda: required_text(value, name, longest))

    def optional_text(self, name: str, longest: int) -> str | None:
        """A text, or None when it is absent or blank."""
        value = self._document.get(name)
        if value is None:
            return None
        text = self._string(name, value)
        return _accepted(name, lambda: optional_text(text, name, longest))

    def tags(self, name: str) -> tuple[str, ...]:
        """A text as a list of one tag, or of none."""
        tag = self.optional_text(name, MAX_TAG)
        return () if tag is None else (tag,)

    def whole(self, name: str, low: int, high: int) -> int:
        """A whole number within bounds."""
        value = self.required(name)
        # In Python True is 1; in a file it is a mistake.
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise BadRecord(f"`{name}` must be a whole number from {low} to {high}, not {_shown(value)}")
        return value

    def answer_type(self, name: str) -> AnswerType:
        """One of the kinds of answer."""
        value = self.required(name)
        if not isinstance(value, str) or value not in set(AnswerType):
            raise BadRecord(f"`{name}` must be one of {', '.join(AnswerType)}, not {_shown(value)}")
        return AnswerType(value)

    def choices(self, name: str, answer_type: AnswerType, answer: str) -> tuple[str, ...]:
        """The choices of a multiple choice question, the answer among them; none for any other."""
        value = self._document.get(name)
        if answer_type is not AnswerType.MULTIPLE_CHOICE:
            if value:
                raise BadRecord(f"`{name}` belong to multiple_choice only, and this is {answer_type}")
            return ()
        if not isinstance(value, list):
            raise BadRecord(f"`{name}` must be a list for multiple_choice")
        texts = [self._string(name, choice) for choice in value]
        choices = tuple(_accepted(name, lambda: [required_text(text, name, MAX_CHOICE) for text in texts]))
        if not 2 <= len(set(choices)) == len(choices) <= MAX_CHOICES:
            raise BadRecord(f"`{name}` must be 2 to {MAX_CHOICES} different texts")
        if answer not in choices:
            raise BadRecord(f"`answer` {_shown(answer)} is not among the `{name}`")
        return choices

    def _string(self, name: str, value: object) -> str:
        if not isinstance(value, str):
            raise BadRecord(f"`{name}` must be text, not {_kind(value)}")
        return value


def _lines(file: BinaryIO) -> Iterator[tuple[int, bytes | None, int]]:
    """Number, content and size of each line that is not blank; no content for one that is too long."""
    number = 0
    while content := file.readline(MAX_LINE + 1):
        number += 1
        size = len(content)
        if number == 1:
            content = content.removeprefix(codecs.BOM_UTF8)
        if size > MAX_LINE and not content.endswith(b"\n"):
            while rest := file.readline(MAX_LINE):
                size += len(rest)
                if rest.endswith(b"\n"):
                    break
            yield number, None, size
        elif content.strip():
            yield number, content, size


def _document(content: bytes | None) -> object:
    if content is None:
        raise BadRecord(f"the line is longer than {MAX_LINE:,} bytes")
    try:
        content.decode()
    except UnicodeDecodeError as error:
        raise BadRecord(f"this is not UTF-8, at byte {error.start + 1}") from error
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise BadRecord(f"this is not JSON: {error.msg} at character {error.colno}") from error


def _accepted(name: str, check: Callable[[], T]) -> T:
    try:
        return check()
    except Refused as refused:
        _refuse(name, refused)


def _refuse(name: str, refused: Refused) -> NoReturn:
    raise BadRecord(f"`{name}`: {refused.message.rstrip('.')}") from refused


_KINDS = {dict: "an object", list: "a list", str: "text", bool: "true or false", type(None): "null"}


def _kind(value: object) -> str:
    return _KINDS.get(type(value), "a number")


def _shown(value: object) -> str:
    """A value in a message: as JSON, and not longer than a message should be."""
    text = orjson.dumps(value, default=str).decode()
    return text if len(text) <= 60 else f"{text[:57]}..."
