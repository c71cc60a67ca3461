"""What a student confides in a lesson: in no summary, and not sent to a model."""

import pytest

from domain.companion.confided import without_confided
from domain.companion.summaries import SessionFacts, WrittenClaim, WrittenSummary, checked, extractive, summary_prompt
from domain.transcripts import Speaker, Turn, parse

LESSON = """
Tutor: What is 1/2 + 1/3?
Student: 1/2 + 1/3 = 2/5?
Tutor: Not quite: find a common denominator first.
Student: 3/6 + 2/6 = 5/6.
Tutor: That's it!
Student: {said}
Tutor: Thank you for telling me. Is your stepdad there tonight?
Student: Yes, he drinks. Please call nobody.
Tutor: We will talk about it after the lesson. Now: what is 1/4 + 1/3?
Student: 3/12 + 4/12 = 7/12.
Tutor: Exactly, the bruise can wait.
Student: Then 1/5 + 1/3 is 8/15.
Tutor: Well done.
"""
TOLD = "By the way, my stepdad hits me when I get bad grades."


def facts(said: str = TOLD) -> SessionFacts:
    """A lesson in which the student says this."""
    return SessionFacts("Fractions", (), 45, parse(LESSON.format(said=said)).turns)


@pytest.mark.parametrize("said", [TOLD, "I want to die.", "mein Vater schl\u00e4gt mich", f"{'Well, ' * 400}{TOLD}"])
def test_what_is_confided_is_neither_told_nor_sent(said: str) -> None:
    draft = extractive(facts(said))
    whole = draft.narrative + "".join(draft.next_steps) + "".join(each.claim.text for each in draft.claims)
    assert "8/15" in whole
    for word in (said[-20:], "stepdad", "drinks", "telling me"):
        assert word not in whole
        assert word not in str(summary_prompt(facts(said)))
    assert "common denominator" in str(summary_prompt(facts(said)))


def test_a_model_cannot_tell_it_either() -> None:
    claims = [
        WrittenClaim(text="The student found that 3/6 + 2/6 = 5/6.", turns=[4]),
        WrittenClaim(text="The student said that the stepdad hits.", turns=[6]),
    ]
    draft = checked(facts(), WrittenSummary(claims=claims, next_steps=[], subjects=["stepdad", "Fractions"]))
    assert draft is not None
    assert draft.narrative == "A Fractions session of 45 minutes. The student found that 3/6 + 2/6 = 5/6."
    assert draft.subjects_covered == ("Fractions",)


def test_the_question_that_brought_it_out_and_the_tutors_words_for_it_are_kept_back() -> None:
    turns = (
        Turn(Speaker.TUTOR, "Where is that bruise from?"),
        Turn(Speaker.STUDENT, "My dad beats me."),
        *[Turn(Speaker.TUTOR, "We can talk about it.")] * 4,
        Turn(Speaker.TUTOR, "Does your mother hit you?"),
    )
    assert not any(turn.text for turn in without_confided(turns))


@pytest.mark.parametrize(
    "turn",
    [
        Turn(Speaker.STUDENT, "Viruses kill cells, and I divide by 2."),
        Turn(Speaker.TUTOR, "If a ball hits a wall at 5 m/s, what do you get?"),
        Turn(Speaker.STUDENT, "Hamlet kills Polonius. So I write: he dies."),
        Turn(Speaker.TUTOR, "You made a mistake; your answer is wrong."),
    ],
)
def test_a_lesson_is_told(turn: Turn) -> None:
    assert without_confided((turn,)) == (turn,)
