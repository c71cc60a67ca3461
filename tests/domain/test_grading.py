"""Grading: what says the same as the answer is right, and nothing else."""

import time
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.grading import RIGHT, WRONG, chosen, grade
from domain.numerals import number
from domain.practice import AnswerType
from domain.wording import normalised

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
        (FREE, "Canberra", "It is Canberra."),
        (FREE, "Canberra", 'I think it\'s "Canberra"'),
        (FREE, "12", "the answer is twelve"),
        (FREE, "no", "The answer is no."),
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
        (NUMERIC, "3.5", "3,5"),
        (NUMERIC, "12", "12."),
        (NUMERIC, "12", "the answer is 12"),
        (NUMERIC, "12", "I think it is 12!"),
        (NUMERIC, "-3", "(-3)"),
        (NUMERIC, "4", "x = 4"),
        (NUMERIC, "4", "4 = 4"),
        (NUMERIC, "40", "5 x 8 = 40"),
        (NUMERIC, "0.33", "1/3 \u2248 0.33"),
        (NUMERIC, "12", "\u202b12\u202c"),
        (MATHS, "$$\\frac{-9}{2}$$", "-4.5"),
        (MATHS, "$$\\frac{-9}{2}$$", "-\\dfrac{9}{2}"),
        (MATHS, "$$\\left(x+6\\right) \\left(x-1\\right)$$", "(x + 6)(x - 1)"),
        (MATHS, "$$x^2-4$$", "x\u00b2 \u2212 4"),
        (MATHS, "$$x^{-1}$$", "x\u207b\u00b9"),
        (MATHS, "$$-35y^{11}$$", "-35y^11"),
        (MATHS, "$$p=\\frac{3}{2}$$", "\\( P = \\frac{3}{2} \\)"),
        (MATHS, "$$2 \\cdot x$$", "2*x"),
        (MATHS, "$$\\frac{1}{4}$$", "0,25"),
        (MATHS, "$$\\frac{1}{4}$$", "25%"),
        (MATHS, "$$x=\\frac{5}{3}$$", "x \u2248 1.67"),
        (MATHS, "8.2", "8.2 minutes"),
        (MATHS, "$$x \\geq -3$$", "x>=-3"),
        (MATHS, "$$x \\leq -3$$", "x \u2264 \u22123"),
        (MATHS, "$$x \\ne 3$$", "x\u22603"),
        (NUMERIC, "45", "45\u00b0"),
        (MATHS, "$$45$$", "45\u00b0"),
        (NUMERIC, "-5", "-5 \u00b0 C"),
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
        (FREE, "Canberra", "It is not Canberra"),
        (FREE, "Canberra", "Canberra or Sydney"),
        (FREE, "Canberra", "Canberra is wrong"),
        (FREE, "1492", "1492 BC"),
        (NUMERIC, "3.5", "3,500"),
        (NUMERIC, "35", "3,5"),
        (NUMERIC, "50", "50%"),
        (NUMERIC, "12", "12 or 13"),
        (NUMERIC, "12", "12, 13"),
        (NUMERIC, "12", "it isn't 12"),
        (NUMERIC, "12", "12 is wrong"),
        (NUMERIC, "12", "more than 12"),
        (NUMERIC, "12", "at least twelve"),
        (NUMERIC, "12", "if Tom is 7 then 12"),
        (NUMERIC, "12", "half of 12"),
        (NUMERIC, "12", "12 squared"),
        (NUMERIC, "12", "12 million"),
        (NUMERIC, "12", "12 x"),
        (NUMERIC, "12", "12\x00"),
        (NUMERIC, "23", "two three"),
        (NUMERIC, "5", "two three"),
        (NUMERIC, "40", "5 x 8"),
        (NUMERIC, "24", "20 + 5 = 24"),
        (NUMERIC, "5", "9^9^9^9 = 5"),
        (NUMERIC, "5", "2 + 3 = 1e999"),
        (NUMERIC, "3", "\u2265 3"),
        (NUMERIC, "5", "nan"),
        (MATHS, "4", "4xy"),
        (MATHS, "4", "4 m"),
        (MATHS, "4", "4!"),
        (MATHS, "z=2", "two z = 2"),
        (MATHS, "3,5", "3.5"),
        (MATHS, "$$x=5$$", "z = 5"),
        (MATHS, "34", "3 4"),
        (MATHS, "$$(1,200)$$", "(1200)"),
        (MATHS, "x+1", "1+x"),
        (MATHS, "$$\\frac{1}{2}$$", "\\frac{2}{1}"),
    ],
)
def test_wrong(kind: AnswerType, answer: str, response: str) -> None:
    assert grade(response, answer, kind) == WRONG


HOURS = "They spent 10 minutes on popcorn. How long, in hours, did it take?"


@pytest.mark.parametrize(
    ("question", "answer", "response", "right"),
    [
        ("What is the chance?", "0.5", "50 %", True),
        ("What is the chance?", "0.5", "50", False),
        ("What percentage is left?", "50", "50 percent", True),
        ("What percentage is left?", "50", "0.5", False),
        ("What percentage is left?", "0.5", "50%", False),
        ("20% of 50 apples rot. How many are left?", "40", "40%", False),
        (HOURS, "4", "4 hours", True),
        (HOURS, "4", "240 min", True),
        (HOURS, "4", "4 minutes", False),
        ("How long did it take?", "4", "4 minutes", True),
        ("A pen costs $4. How much do two cost?", "8", "$8.00", True),
        ("A pen costs $4. How much do two cost?", "8", "8 dollars", True),
        ("A pen costs $4. How much do two cost?", "8", "800 cents", True),
        ("A pen costs $4. How much do two cost?", "8", "8 cents", False),
        ("A pen costs $4. How much do two cost?", "8", "8 \u20ac", False),
        ("How many quarters has John?", "3", "3 quarters", True),
        ("Which part is left?", "0.75", "three quarters", True),
        ("How many bricks are in the upper half?", "90", "90 halves", False),
        ("What is the area in square feet?", "9", "9 sq ft", True),
        ("What is the area in square feet?", "9", "9 square inches", False),
        ("How many apples has he left?", "12", "He has 12 apples left.", True),
        ("How many apples has he left?", "12", "Sue has 12 apples left.", False),
        ("How many times did he win?", "4", "4 times", True),
    ],
)
def test_a_number_is_taken_for_what_the_question_asks(question: str, answer: str, response: str, right: bool) -> None:
    assert grade(response, answer, NUMERIC, question=question) == (RIGHT if right else WRONG)


@pytest.mark.parametrize(
    ("answer", "response", "right"),
    [("4 cm", "4", True), ("4 cm", "4cm", True), ("4 cm", "40 mm", True), ("4 cm", "4 m", False), ("50%", "0.5", True)],
)
def test_an_answer_with_a_unit_says_which_is_asked(answer: str, response: str, right: bool) -> None:
    assert grade(response, answer, NUMERIC) == (RIGHT if right else WRONG)


def test_a_lead_in_may_say_the_question_again_and_nothing_else() -> None:
    question = "What is the capital of Australia?"
    said = ["The capital of Australia is Canberra", "The capital of Australia is not Canberra", "Sydney is Canberra"]
    assert [grade(text, "Canberra", FREE, question=question) for text in said] == [RIGHT, WRONG, WRONG]


def test_in_mathematics_letters_are_unknowns_and_fractions_are_to_be_simplified() -> None:
    assert [grade(text, "13m", MATHS, question="Simplify $$8m+5m$$") for text in ("13m", "13")] == [RIGHT, WRONG]
    assert grade("13m", "13", MATHS, question="Solve $$2m=26$$") == WRONG
    question, answer = "Simplify: $$\\frac{-42}{54}$$", "$$\\frac{-7}{9}$$"
    assert [grade(text, answer, MATHS, question=question) for text in ("-42/54", "-7/9")] == [WRONG, RIGHT]


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
        (CAPITALS, "Option B", 1),
        (CAPITALS, "The answer is B.", 1),
        (CAPITALS, "b) Rome", 1),
        (CAPITALS, "a) Rome", None),
        (CAPITALS, "It's the Rome!", 1),
        (CAPITALS, "'Rome'", 1),
        (CAPITALS, "Rome or Paris", None),
        (CAPITALS, "B and C", None),
        (CAPITALS, "not Rome", None),
        (CAPITALS, "It isn't Rome", None),
        (["10", "20"], "a) 20", None),
        (["4 cm", "4 m", "5 m"], "4", None),
        (["4 cm", "4 m", "5 m"], "5", 2),
        (["4 cm", "4 m", "5 m"], "5 cm", None),
        (["4 cm", "4 m", "5 m"], "500 cm", 2),
        (["753 BCE", "31 BCE"], "753", 0),
        (["753 BCE", "31 BCE"], "753 CE", None),
        (["753 BCE", "31 BCE"], "753 BCE and 31 BCE", None),
        (["C", "C++"], "c", 0),
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


@pytest.mark.parametrize(("response", "question"), [("a) " * 3333, "Which?"), ("77 cm", "How many half " * 700 + "?")])
def test_long_texts_hold_nobody_up(response: str, question: str) -> None:
    started = time.process_time()
    assert chosen(response, [f"{apples} apples" for apples in range(20)], question) is None
    assert time.process_time() - started < 5


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


@st.composite
def written(draw: st.DrawFn, value: Fraction) -> str:
    """A number in one of the ways in which people write it; of at most three decimals."""
    decimal = f"{float(value):.3f}".rstrip("0").rstrip(".")
    ways = [decimal, f"{value.numerator}/{value.denominator}", f"{value.numerator} / {value.denominator}"]
    if "." not in decimal:
        ways += [f"{value.numerator:,}", f"{value.numerator:,}".replace(",", " "), f"{decimal}.0", f"{decimal},0"]
    elif len(decimal.partition(".")[2]) != 3:
        ways.append(decimal.replace(".", ","))
    ways += [f"{float(value * 1000):.12g}e-3", f"{float(value) * 100:.12g}%", f"{float(value / 1000):.6f} x 10^3"]
    lead = draw(st.sampled_from(["", "= ", "x = ", "It is ", "I think the answer is "]))
    return lead + draw(st.sampled_from(ways)) + draw(st.sampled_from(["", ".", "!", " "]))


THOUSANDTHS = st.integers(-(10**6), 10**6).map(lambda value: Fraction(value, 1000))


@given(st.data(), THOUSANDTHS, THOUSANDTHS)
def test_a_number_is_right_in_every_writing_and_another_in_none(
    data: st.DataObject, answer: Fraction, other: Fraction
) -> None:
    key = f"{answer.numerator}/{answer.denominator}" if answer.denominator > 1 else str(answer.numerator)
    assert grade(data.draw(written(answer)), key, NUMERIC) == RIGHT
    if answer != other:
        assert grade(data.draw(written(other)), f"{float(answer):.3f}", NUMERIC) == WRONG


@given(st.text(), st.text(), st.sampled_from(AnswerType), st.lists(st.text(), max_size=5))
def test_any_text_can_be_graded(response: str, answer: str, kind: AnswerType, choices: list[str]) -> None:
    assert grade(response, answer, kind, choices, answer + "?") in {RIGHT, WRONG}


@given(st.text())
def test_a_text_says_the_same_as_itself(text: str) -> None:
    assert grade(text, text, FREE) == (RIGHT if normalised(text) else WRONG)


@pytest.mark.parametrize(
    "text",
    [
        "1," * 5_000,
        "9" * 10_000,
        "\ufdfa" * 10_000,
        "\\frac{" * 1_500,
        "^{1" * 3_000,
        "5 = " * 40,
        "1/" * 90,
        "minus " * 40,
    ],
)
def test_a_huge_response_is_only_wrong(text: str) -> None:
    assert grade(text, "5", NUMERIC) == grade(text, "x", MATHS) == grade(text, "x", FREE) == WRONG
