"""What somebody may paste ends: where a pattern tries each with each, these texts take minutes, or for ever."""

from collections.abc import Callable

import pytest

from domain.companion.lesson_material import said_in
from domain.companion.names import capitalised
from domain.companion.quotations import quotations, without_quotations
from domain.companion.safeguarding import concern
from domain.companion.sentences import sentence_texts, sentences
from domain.companion.speech_acts import asks_to, directs, explains, faults
from domain.companion.tasks import is_same_task
from domain.companion.written_answers import numbers_follow
from domain.transcripts import Speaker, Transcript, Turn


@pytest.mark.parametrize(
    ("look", "pasted"),
    [
        (explains, "so " * 60 + "it is a long way"),
        (asks_to, "ok, so, " * 60 + "it is a long way"),
        (directs, "\n" * 300_000 + "a"),
        (lambda pasted: faults(Turn(Speaker.TUTOR, pasted)), "\n" * 300_000 + "a"),
        (sentence_texts, "A. " * 30_000),
        (capitalised, "A. " * 30_000),
        (sentences, "A. " * 30_000),
        (sentences, "\u201c" + "It is. " * 25_000 + "\u201d"),
        (lambda pasted: is_same_task("What is it?", pasted), "=" * 100_000 + "!x"),
        (lambda pasted: numbers_follow(pasted, set()), "1" * 100_000 + "x"),
        (concern, "how do i say " * 600),
        (quotations, "\u201c" * 200_000),
        (without_quotations, "\u201c" * 200_000),
    ],
)
def test_what_is_pasted_ends(look: Callable[[str], object], pasted: str) -> None:
    look(pasted)


def test_of_a_lesson_without_end_the_beginning_is_looked_at() -> None:
    lesson = [Turn(Speaker.TUTOR, f"The sum of {number} and 1 is {number + 1}.") for number in range(4_999)]
    found = list(said_in(Transcript((*lesson, Turn(Speaker.STUDENT, "x\n" * 900_000)))))
    assert 2_000 < len(found) < 4_999
    assert found[0].text == lesson[0].text


def test_what_comes_before_an_order_is_passed_over() -> None:
    assert all(map(asks_to, ("Okay, so, find x", "Now, Sam, try the next one", "So now look at it", "Now try, Sam")))
    assert not asks_to("So, Sam, that was it")
    assert concern("How do you say I want to die in French?") is None
    assert concern("How do you say it? I want to die") is not None
