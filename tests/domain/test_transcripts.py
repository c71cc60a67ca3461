"""Transcripts: two spellings in, one out, and limits with reasons."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import Code, Refused
from domain.transcripts import MAX_BYTES, MAX_TURNS, Speaker, Transcript, Turn, dump, from_turns, parse

T, S = Speaker.TUTOR, Speaker.STUDENT
SAID = Transcript(
    (Turn(T, 'Perché "rosso"?\nLook at the tree.'), Turn(S, "all'albero"), Turn(S, "…I think"), Turn(T, "Yes!"))
)
CANONICAL = (
    '{"turns":[{"speaker":"tutor","text":"Perché \\"rosso\\"?\\nLook at the tree."},'
    '{"speaker":"student","text":"all\'albero"},{"speaker":"student","text":"…I think"},'
    '{"speaker":"tutor","text":"Yes!"}]}'
)


def test_stored_form() -> None:
    assert dump(SAID) == CANONICAL
    assert parse(CANONICAL) == SAID


def test_reading_form() -> None:
    assert SAID.text == (
        'Tutor: Perché "rosso"?\nLook at the tree.\nStudent: all\'albero\nStudent: …I think\nTutor: Yes!'
    )
    assert parse(SAID.text) == SAID
    assert SAID.word_count == 2 + 4 + 1 + 2 + 1


@pytest.mark.parametrize(
    "text",
    [
        "Tutor: a\nStudent: b c\nd",
        "tutor:a\r\nSTUDENT :  b c  \r\n   d\r\n",
        "\n\n  Tutor:\na\n\rStudent: b c\rd\n\n",
        "\ufeffTutor: a\nStudent: b c\nd",
        '{"turns": [{"text": " a ", "speaker": "tutor"}, {"speaker": "student", "text": "b c\\nd"}]}',
        '\n {"turns":[{"speaker":"tutor","text":"a","move":"probing","speaker_id":7},'
        '{"speaker":"student","text":"b c\\nd"}],"id":"mathdial-1"} \n',
    ],
)
def test_spellings(text: str) -> None:
    assert parse(text) == Transcript((Turn(T, "a"), Turn(S, "b c\nd")))


def test_blank_lines_inside_a_turn_stay() -> None:
    assert parse("Tutor: first\n\nsecond\n\nStudent: ok").turns == (Turn(T, "first\n\nsecond"), Turn(S, "ok"))


def test_a_colon_alone_names_nobody() -> None:
    assert parse("Tutor: Note: the student: said\nRatio 1:2").turns == (Turn(T, "Note: the student: said\nRatio 1:2"),)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "Write at least one turn"),
        (" \n\t\ufeff"[:3], "Write at least one turn"),
        ("\ufeff \n", "Write at least one turn"),
        ('{"turns":[]}', "Write at least one turn"),
        ("hello", "Line 1 does not say who speaks"),
        ("Mrs. Bell: hello\nStudent: hi", "Line 1 does not say who speaks"),
        ("Tutor hello", "Line 1 does not say who speaks"),
        ("Tutor: a\nStudent:\nTutor: b", "Turn 2 has no text"),
        ("Tutor: a\0b", "Turn 1 holds a NUL character"),
        ("Tutor: \ud800", "half of a surrogate pair"),
        ('{"turns":[{"speaker":"tutor","text":"\\ud800"}]}', "begins like JSON and is none"),
        ('{"turns":[{"speaker":"tutor","text":"\\u0000"}]}', "Turn 1 holds a NUL character"),
        ("{", "begins like JSON and is none: see line 1, column 2"),
        ("{}\n{}", "begins like JSON and is none: see line 2, column 1"),
        ('{"a":' * 3000, "begins like JSON and is none"),
        ("{}", "a list of `turns`"),
        ('{"turns":null}', "a list of `turns`"),
        ('{"turns":{"speaker":"tutor","text":"a"}}', "a list of `turns`"),
        ('{"turns":["Tutor: a"]}', "Turn 1 is not an object"),
        ('{"turns":[{"speaker":"tutor","text":"a"},null]}', "Turn 2 is not an object"),
        ('{"turns":[{"text":"a"}]}', "speaker of turn 1"),
        ('{"turns":[{"speaker":"parent","text":"a"}]}', "speaker of turn 1"),
        ('{"turns":[{"speaker":"Tutor","text":"a"}]}', "speaker of turn 1"),
        ('{"turns":[{"speaker":["tutor"],"text":"a"}]}', "speaker of turn 1"),
        ('{"turns":[{"speaker":"tutor"}]}', "Turn 1 has no text"),
        ('{"turns":[{"speaker":"tutor","text":7}]}', "Turn 1 has no text"),
        ('{"turns":[{"speaker":"tutor","text":" \\n "}]}', "Turn 1 has no text"),
    ],
)
def test_what_is_no_transcript(text: str, said: str) -> None:
    with pytest.raises(Refused) as refused:
        parse(text, field="transcript_text")
    assert (refused.value.code, refused.value.field) == (Code.INVALID, "transcript_text")
    assert said in refused.value.message


def too_long(text: str) -> str:
    with pytest.raises(Refused) as refused:
        parse(text)
    assert (refused.value.code, refused.value.field) == (Code.TOO_LONG, "transcript")
    return refused.value.message


def test_turns_have_a_limit() -> None:
    assert len(parse("Tutor: a\n" * MAX_TURNS).turns) == MAX_TURNS
    assert "at most 5,000 turns" in too_long("Tutor: a\n" * (MAX_TURNS + 1))
    assert "at most 5,000 turns" in too_long(json.dumps({"turns": [{"speaker": "tutor", "text": "a"}] * 5_001}))


def test_bytes_have_a_limit() -> None:
    frame = len(dump(Transcript((Turn(T, ""),))))
    assert parse("Tutor: " + "é" * ((MAX_BYTES - frame) // 2)).word_count == 1
    assert "at most 2,000,000 bytes; this one has 2,000,008" in too_long("Tutor: " + "x" * (MAX_BYTES + 1))
    # It came short enough; written as JSON it is not.
    assert "at most 2,000,000 bytes" in too_long("Tutor: a" + "\x01" * 400_000 + "a")


def test_from_turns() -> None:
    assert from_turns([{"speaker": "tutor", "text": "a", "move": "telling"}, {"speaker": S, "text": "b"}]) == (
        Transcript((Turn(T, "a"), Turn(S, "b")))
    )
    with pytest.raises(Refused, match="at least one turn"):
        from_turns([])


texts = st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\0"), max_size=60).filter(str.strip)
said_turns = st.builds(lambda speaker, text: Turn(speaker, text.strip()), st.sampled_from(Speaker), texts)
transcripts = st.builds(Transcript, st.lists(said_turns, min_size=1, max_size=8).map(tuple))


@given(transcripts)
def test_what_is_stored_comes_back(transcript: Transcript) -> None:
    stored = dump(transcript)
    assert parse(stored) == transcript
    assert dump(parse(stored)) == stored


@given(st.text(max_size=300))
def test_any_text_is_a_transcript_or_refused(text: str) -> None:
    for attempt in (text, f"Tutor: {text}", f'{{"turns":[{text}]}}'):
        try:
            transcript = parse(attempt)
        except Refused:
            continue
        assert parse(dump(transcript)) == transcript
