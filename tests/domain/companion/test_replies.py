"""What the companion says without a model: answers with hints and sources, questions back, and when it has none."""

from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.companion.replies import Grounds, Reply, extracted, grounds_for
from domain.companion.retrieval import Asked, OpenItem, Passage, SourceKind, passages_of
from domain.companion.sentences import sentence
from domain.questions import AnswerOutcome
from tests.domain.companion.texts import IDS, findings


def said(question: str, more: list[Passage] | None = None, open_items: list[OpenItem] | None = None) -> Reply:
    """The reply to a question."""
    grounds = grounds_for(Asked.read(question), findings(question, more, open_items))
    return extracted(grounds) if isinstance(grounds, Grounds) else grounds


@pytest.mark.parametrize(
    ("question", "answer", "highlight"),
    [
        ("Who described cells in 1665?", "Robert Hooke described cells", "Robert Hooke"),
        ("When was the first tide table printed?", "printed in London in 1833", "1833"),
        ("How many metres does the water rise in the Bay of Fundy?", "rises by 16 metres", "16"),
        ("What does the nucleus hold?", "holds the genetic material", "genetic material"),
        ("Why do sailors use the bowline?", "because it does not slip", "slip"),
        ("What does SB stand for?", "A sheet bend (SB)", "sheet bend"),
    ],
)
def test_questions_are_answered_in_the_words_of_the_source(question: str, answer: str, highlight: str) -> None:
    reply = said(question)
    assert reply.outcome is AnswerOutcome.ANSWERED
    assert answer in reply.answer
    assert highlight in (reply.highlight or "")
    (cited,) = reply.citations
    assert (cited.kind, cited.quote) == (SourceKind.MATERIAL, reply.answer)
    assert reply.evidence is not None


@pytest.mark.parametrize(
    ("question", "outcome"),
    [
        ("Where do the highest tides in the world occur?", AnswerOutcome.ANSWERED),
        ("Where do the lowest tides in the world occur?", AnswerOutcome.NOT_FOUND),
        ("What is the smallest unit of life?", AnswerOutcome.ANSWERED),
        ("What is the largest unit of life?", AnswerOutcome.NOT_FOUND),
        ("Is the smallest or the largest unit of life the cell?", AnswerOutcome.ANSWERED),
    ],
)
def test_what_is_so_of_the_opposite_is_no_answer(question: str, outcome: AnswerOutcome) -> None:
    assert said(question).outcome is outcome


def test_a_sentence_that_leans_on_the_one_before_brings_it_along() -> None:
    reply = said("What are tides caused by?")
    assert reply.answer.startswith("Tides are the rise and fall of the sea. They are caused by the pull of the Moon")


def test_a_hint_says_where_to_look_and_not_what() -> None:
    reply = said("Who described cells in 1665?")
    assert reply.hint == (
        "Look at the study material \u201cCells\u201d, where it is about \u201cdescribed\u201d, \u201ccells\u201d and "
        "\u201c1665\u201d. You are looking for a person or a group: what do you think?"
    )


@pytest.mark.parametrize(
    "question",
    [
        *("?", "...", "help", "Why?", "I don't understand this", "Can you explain it to me?", "What does that mean"),
        *("\U0001f937", "How do I solve this problem?", "the the the", "Hi!"),
    ],
)
def test_what_says_nothing_is_asked_back(question: str) -> None:
    reply = said(question)
    assert reply.outcome is AnswerOutcome.CLARIFICATION
    assert (reply.hint, reply.evidence, reply.citations) == (None, None, ())


def test_asking_back_names_the_latest_session() -> None:
    session = passages_of(SourceKind.SESSION, UUID(int=9), "Session of 2 March 2026: Roots", "We found roots.")
    assert "Session of 2 March 2026: Roots" in said("Can you explain that?", session).answer


@pytest.mark.parametrize(
    "question",
    [
        "Who won the match last night?",
        "Which phone should I buy?",
        "Tell me a joke about doctors",
        "Do you like pizza?",
    ],
)
def test_what_is_about_other_things_is_declined(question: str) -> None:
    reply = said(question)
    assert reply.outcome is AnswerOutcome.OUT_OF_SCOPE
    assert reply.citations == ()


@pytest.mark.parametrize(
    "question", ["How do I solve 3x + 5 = 20?", "Is algebra older than zero?", "What is the derivative of x squared?"]
)
def test_what_is_about_learning_and_not_found_is_for_the_tutor(question: str) -> None:
    reply = said(question)
    assert reply.outcome is AnswerOutcome.NOT_FOUND
    assert "tutor" in reply.answer


def test_practice_to_do_is_not_solved() -> None:
    item = OpenItem(UUID(int=7), "A rope of 12 m is cut into 3 equal pieces. How long is each piece?")
    for question in (
        item.question_text,
        "rope of 12 m is cut into 3 equal pieces how long is each",
        f"Please solve: {item.question_text.upper()}",
    ):
        reply = said(question, open_items=[item])
        assert reply.outcome is AnswerOutcome.OWN_PRACTICE, question
        assert [cited.source_id for cited in reply.citations] == [item.item_id]
    assert said("What is a rope used for?", open_items=[item]).outcome is not AnswerOutcome.OWN_PRACTICE


def test_a_task_of_the_bank_answers_the_same_task_only() -> None:
    solution = (sentence("How many legs do 4 spiders have? Answer: 32"), sentence("A spider has 8 legs."))
    item = [Passage(SourceKind.BANK_ITEM, IDS[8], "How many legs do 4 spiders have?", solution, "Algebra")]
    reply = said("how many legs have 4 spiders", item)
    assert "Answer: 32 A spider has 8 legs." in reply.answer
    assert reply.subjects == ("Algebra",)
    assert "32" not in (reply.hint or "")
    assert "8 legs" not in said("Why do spiders frighten my sister at night?", item).answer


def test_a_student_is_not_quoted_as_a_source() -> None:
    turns = [
        sentence("Is the square root of 2 a fraction?", quotable=False),
        sentence("I think the square root of 2 is 7 over 5.", quotable=False),
        sentence("No, it is irrational."),
    ]
    session = passages_of(SourceKind.SESSION, UUID(int=9), "Session of 2 March 2026", turns)
    assert said("Is the square root of 2 a fraction?", session).answer == "No, it is irrational."


@settings(max_examples=60)
@given(st.text(max_size=200))
def test_any_text_gets_a_reply(question: str) -> None:
    reply = said(question)
    assert reply.answer
    assert (reply.hint is None) == (reply.outcome is not AnswerOutcome.ANSWERED)


@pytest.mark.parametrize("question", ["x" * 5_000, "tides " * 900, "? " * 2_000, "a-" * 2_000, "((((" * 500])
def test_endless_questions_end(question: str) -> None:
    assert said(question).answer
