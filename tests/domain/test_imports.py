"""Import files, line by line: what is taken, and why the rest is not."""

import io
from collections.abc import Callable
from typing import Any

import orjson
import pytest

from domain import imports
from domain.imports import MAX_LINE, Line, PracticeRecord, TranscriptRecord, practice_record, read_records
from domain.practice import AnswerType
from domain.transcripts import Speaker, Turn

SESSION: dict[str, Any] = {
    "id": "s-1",
    "subject": "Algebra",
    "topic": "Brackets",
    "turns": [
        {"speaker": "tutor", "text": " Expand 2(x + 1). ", "move": "focus"},
        {"speaker": "student", "text": "2x"},
    ],
    "source": "ours",
    "licence": "CC0",
    "unknown": {"left": "alone"},
}
ITEM: dict[str, Any] = {
    "id": "p-1",
    "question": "What is 2 + 2?",
    "answer": "4",
    "choices": ["3", "4"],
    "answer_type": "multiple_choice",
    "explanation": "",
    "subject": "Arithmetic",
    "topic": "Addition",
    "course": "Grade 1",
    "difficulty": 1,
    "source": "ours",
    "licence": "CC0",
}


def _read(parse: Callable[[object], Any], *lines: object) -> list[Line[Any]]:
    content = b"".join(line if isinstance(line, bytes) else orjson.dumps(line) + b"\n" for line in lines)
    return list(read_records(io.BytesIO(content), parse))


def _reasons(lines: list[Line[Any]]) -> list[tuple[int, str]]:
    return [(line.number, line.reason) for line in lines if line.record is None]


def test_a_session_is_taken_with_what_is_kept_of_it() -> None:
    (line,) = _read(imports.transcript_record, SESSION)
    assert isinstance(line.record, TranscriptRecord)
    assert line.record == TranscriptRecord(
        external_id="s-1",
        subject="Algebra",
        topics=("Brackets",),
        transcript=line.record.transcript,
        source="ours",
        licence="CC0",
    )
    assert line.record.transcript.turns == (
        Turn(Speaker.TUTOR, "Expand 2(x + 1)."),
        Turn(Speaker.STUDENT, "2x"),
    )


def test_an_item_is_taken_with_what_is_kept_of_it() -> None:
    (line,) = _read(practice_record, ITEM)
    assert line.record == PracticeRecord(
        external_id="p-1",
        question="What is 2 + 2?",
        answer="4",
        explanation=None,
        choices=("3", "4"),
        answer_type=AnswerType.MULTIPLE_CHOICE,
        subject="Arithmetic",
        difficulty=1,
        topics=("Addition",),
        goals=("Grade 1",),
        source="ours",
        licence="CC0",
    )


def test_what_may_be_left_out() -> None:
    session = {key: SESSION[key] for key in ("id", "subject", "turns")}
    item = {key: ITEM[key] for key in ("id", "question", "answer", "subject", "difficulty")}
    (first,) = _read(imports.transcript_record, session)
    (second,) = _read(practice_record, item | {"answer_type": "numeric"})
    assert first.record is not None
    assert (first.record.topics, first.record.source, first.record.licence) == ((), None, None)
    assert second.record is not None
    assert (second.record.choices, second.record.goals, second.record.explanation) == ((), (), None)


def test_bad_lines_are_numbered_and_the_rest_goes_in() -> None:
    lines = _read(
        practice_record,
        b"\xef\xbb\xbf" + orjson.dumps(ITEM) + b"\r\n",
        b"\n",
        b"{not json}\n",
        b"[1]\n",
        b"caf\xe9\n",
        b"   \n",
        ITEM,
        ITEM | {"id": "p-2"},
        b'{"id": "p-3"',
    )
    assert [line.number for line in lines if line.record] == [1, 8]
    assert _reasons(lines) == [
        (3, "this is not JSON: unexpected character, expected a string key at character 2"),
        (4, "this is a list, not a JSON object"),
        (5, "this is not UTF-8, at byte 4"),
        (7, 'the id "p-1" stands on line 1 already'),
        (9, "this is not JSON: unexpected end of data at character 13"),
    ]


def test_the_id_of_a_refused_line_is_still_free() -> None:
    lines = _read(practice_record, ITEM | {"difficulty": 11}, ITEM)
    assert [line.record is None for line in lines] == [True, False]


def test_a_line_beyond_all_size_is_passed_over() -> None:
    huge = b'{"id": "' + b"x" * (2 * MAX_LINE) + b'"}\n'
    lines = _read(practice_record, huge, ITEM)
    assert _reasons(lines) == [(1, "the line is longer than 4,000,000 bytes")]
    assert [line.number for line in lines] == [1, 2]
    assert sum(line.size for line in lines) == len(huge) + len(orjson.dumps(ITEM)) + 1


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"turns": None}, "`turns` is missing"),
        ({"turns": "hello"}, "`turns` must be a list, not text"),
        ({"turns": []}, "`turns`: Write at least one turn; the transcript cannot be blank"),
        ({"turns": ["hello"]}, "`turns`: Turn 1 is not an object with `speaker` and `text`"),
        ({"turns": [{"speaker": "cat", "text": "x"}]}, "`turns`: The speaker of turn 1 must be `tutor` or `student`"),
        ({"turns": [{"speaker": "tutor", "text": "a\0"}]}, "`turns`: Turn 1 holds a NUL character; remove it"),
        ({"id": None}, "`id` is missing"),
        ({"id": 7}, "`id` must be text, not a number"),
        ({"id": "x" * 201}, "`id`: At most 200 characters fit here; this has 201"),
        ({"subject": "  "}, "`subject`: Write something here; it cannot be blank"),
        ({"subject": True}, "`subject` must be text, not true or false"),
        ({"topic": ["a"]}, "`topic` must be text, not a list"),
        ({"source": {}}, "`source` must be text, not an object"),
        ({"licence": "a\0b"}, "`licence`: The text holds a character that cannot be stored; remove it"),
    ],
)
def test_a_session_that_is_wrong_in_one_field(change: dict[str, Any], reason: str) -> None:
    assert _reasons(_read(imports.transcript_record, SESSION | change)) == [(1, reason)]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"question": None}, "`question` is missing"),
        ({"answer": 4}, "`answer` must be text, not a number"),
        ({"difficulty": 0}, "`difficulty` must be a whole number from 1 to 10, not 0"),
        ({"difficulty": 11}, "`difficulty` must be a whole number from 1 to 10, not 11"),
        ({"difficulty": 2.5}, "`difficulty` must be a whole number from 1 to 10, not 2.5"),
        ({"difficulty": True}, "`difficulty` must be a whole number from 1 to 10, not true"),
        ({"difficulty": "3"}, '`difficulty` must be a whole number from 1 to 10, not "3"'),
        (
            {"answer_type": "essay"},
            '`answer_type` must be one of multiple_choice, numeric, math_expression, free_text, not "essay"',
        ),
        ({"answer_type": "numeric"}, "`choices` belong to multiple_choice only, and this is numeric"),
        ({"choices": None}, "`choices` must be a list for multiple_choice"),
        ({"choices": ["4"]}, "`choices` must be 2 to 20 different texts"),
        ({"choices": ["4", " 4 "]}, "`choices` must be 2 to 20 different texts"),
        ({"choices": [str(number) for number in range(21)]}, "`choices` must be 2 to 20 different texts"),
        ({"choices": ["3", 4]}, "`choices` must be text, not a number"),
        ({"choices": ["3", "5"]}, '`answer` "4" is not among the `choices`'),
        ({"answer": "y" * 80, "choices": ["3", "4"]}, f'`answer` "{"y" * 56}... is not among the `choices`'),
        ({"question": "x" * 10_001}, "`question`: At most 10,000 characters fit here; this has 10,001"),
    ],
)
def test_an_item_that_is_wrong_in_one_field(change: dict[str, Any], reason: str) -> None:
    assert _reasons(_read(practice_record, ITEM | change)) == [(1, reason)]
