"""Grading: what says the same as the answer is right, and nothing else."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.grading import RIGHT, WRONG, chosen, grade, normalised, number
from domain.practice import AnswerType

FREE, NUMERIC, MATHS = AnswerType.FREE_TEXT, AnswerType.NUMERIC, AnswerType.MATH_EXPRESSION
CAPITALS = ["Paris", "Rome", "Madrid"]


@pytest.mark.parametrize(
    ("kind", "answer", "response"),
    [
        (FREE, "Paris", "  pARIS\n"),
        (FREE, "Paris", "Paris."),
        (FREE, "the mitochondria", "The\u00a0 Mitochondria"),
        (FREE, "caf\u00e9", "CAFE\u0301"),
        (FREE, "Stra\u00dfe", "STRASSE"),
        (FREE, "pa\u00ads", "pas"),
        (FREE, "don't", "don\u2019t"),
        (FREE, "1000 km", "1,000 km"),
        (FREE, "H2O", "H\u2082O"),
        (FREE, "12", "12.0"),
        (NUMERIC, "16800000", "16,800,000"),
        (NUMERIC, "16800000", "16 800 000"),
        (NUMERIC, "123456", "1,23,456"),
        (NUMERIC, "5", "$5"),
        (NUMERIC, "5", "\\$5.00"),
        (NUMERIC, "-5", "\u22125"),
        (NUMERIC, "5", "+ 5"),
        (NUMERIC, "0.5", ".5"),
        (NUMERIC, "0.5", "1/2"),
        (NUMERIC, "0.5", "\u00bd"),
        (NUMERIC, "1.5", "1\u00bd"),
        (NUMERIC, "1.5", "1 1/2"),
        (NUMERIC, "-1.5", "-1 1/2"),
        (NUMERIC, "1500", "1.5e3"),
        (NUMERIC, "42", "\u0664\u0662"),
        (NUMERIC, "2.50", "5 / 2"),
        (MATHS, "$$\\frac{-9}{2}$$", "-4.5"),
        (MATHS, "$$\\frac{-9}{2}$$", "-\\dfrac{9}{2}"),
        (MATHS, "$$\\left(x+6\\right) \\left(x-1\\right)$$", "(x + 6)(x - 1)"),
        (MATHS, "$$x^2-4$$", "x\u00b2 \u2212 4"),
        (MATHS, "$$x^{-1}$$", "x\u207b\u00b9"),
        (MATHS, "$$-35y^{11}$$", "-35y^11"),
        (MATHS, "$$p=\\frac{3}{2}$$", "\\( P = \\frac{3}{2} \\)"),
        (MATHS, "$$2 \\cdot x$$", "2*x"),
    ],
)
def test_right(kind: AnswerType, answer: str, response: str) -> None:
    assert grade(response, answer, kind) == RIGHT


@pytest.mark.parametrize(
    ("kind", "answer", "response"),
    [
        (FREE, "Paris", "Pari"),
        (FREE, "Paris", "Paris or Rome"),
        (FREE, "cafe", "caf\u00e9"),
        (FREE, "Paris", ""),
        (FREE, "$", "$$"),
        (NUMERIC, "5", "-5"),
        (NUMERIC, "100", "1,00"),
        (NUMERIC, "102", "10\u00b2"),
        (NUMERIC, "5.5", "1\u00bd"),
        (NUMERIC, "5.5", "1 1/2"),
        (NUMERIC, "0", "0/0"),
        (NUMERIC, "5", "5%"),
        (NUMERIC, "34", "3 4"),
        (NUMERIC, "3.5", "3,5"),
        (NUMERIC, "5", "nan"),
        (MATHS, "34", "3 4"),
        (MATHS, "$$(1,200)$$", "(1200)"),
        (MATHS, "x+1", "1+x"),
        (MATHS, "$$\\frac{1}{2}$$", "\\frac{2}{1}"),
    ],
)
def test_wrong(kind: AnswerType, answer: str, response: str) -> None:
    assert grade(response, answer, kind) == WRONG


@pytest.mark.parametrize(
    ("choices", "response", "position"),
    [
        (CAPITALS, "Rome", 1),
        (CAPITALS, " rome. ", 1),
        (CAPITALS, "b", 1),
        (CAPITALS, "(B)", 1),
        (CAPITALS, "C.", 2),
        (CAPITALS, "d", None),
        (CAPITALS, "bb", None),
        (CAPITALS, "", None),
        (CAPITALS, "Athens", None),
        (["1/2", "2", "0"], "0.50", 0),
        (["1/2", "2", "0"], "0.0", 2),
        # A letter that is a choice's text means that choice; where choices are letters, no letter is a position.
        (["D", "B", "A", "X"], "A", 2),
        (["D", "B", "A", "X"], "C", None),
        (["C", "Java", "Python"], "c", 0),
        # Choices that differ in case alone are told apart by it.
        (["Aa", "aa", "b b"], "aa", 1),
        (["Aa", "aa", "b b"], "AA", None),
    ],
)
def test_the_choice_that_a_response_means(choices: list[str], response: str, position: int | None) -> None:
    assert chosen(response, choices) == position


def test_only_the_right_choice_scores() -> None:
    scores = [grade(letter, "Rome", AnswerType.MULTIPLE_CHOICE, CAPITALS) for letter in "abcd"]
    assert scores == [WRONG, RIGHT, WRONG, WRONG]


def test_an_answer_that_is_none_of_the_choices_is_compared_as_text() -> None:
    assert grade("athens", "Athens", AnswerType.MULTIPLE_CHOICE, CAPITALS) == RIGHT
    assert grade("Rome", "Athens", AnswerType.MULTIPLE_CHOICE, CAPITALS) == WRONG


@given(st.fractions(min_value=-(10**9), max_value=10**9, max_denominator=10**6))
def test_every_fraction_is_read_in_every_writing(value: Fraction) -> None:
    above, below = value.numerator, value.denominator
    assert number(f"{above}/{below}") == value
    assert number(f"$$\\frac{{{above}}}{{{below}}}$$") == value
    whole, rest = divmod(abs(above), below)
    sign = "-" if above < 0 else ""
    assert number(f"{sign}{whole} {rest}/{below}") == value
    assert number(f"{above:,}") == above


@given(st.text(), st.text(), st.sampled_from(AnswerType), st.lists(st.text(), max_size=5))
def test_any_text_can_be_graded(response: str, answer: str, kind: AnswerType, choices: list[str]) -> None:
    assert grade(response, answer, kind, choices) in {RIGHT, WRONG}


@given(st.text())
def test_a_text_says_the_same_as_itself(text: str) -> None:
    assert grade(text, text, FREE) == (RIGHT if normalised(text) else WRONG)


@pytest.mark.parametrize("text", ["1," * 5_000, "9" * 10_000, "\ufdfa" * 10_000, "\\frac{" * 1_500, "^{1" * 3_000])
def test_a_huge_response_is_only_wrong(text: str) -> None:
    assert grade(text, "5", NUMERIC) == grade(text, "x", MATHS) == grade(text, "x", FREE) == WRONG
