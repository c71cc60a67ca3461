"""Responses in other mathematics than the answer's: what they score."""

from collections.abc import AsyncIterator
from decimal import Decimal

import pytest

from domain.algebra.process import Algebra
from domain.equivalence import equivalence
from domain.grading import RIGHT, WRONG, grade
from domain.practice import AnswerType


@pytest.fixture(scope="module")
async def algebra() -> AsyncIterator[Algebra]:
    """One process for all, as it takes a moment to start."""
    async with Algebra(seconds=20) as running:
        yield running


@pytest.mark.parametrize(
    ("response", "answer", "question", "score"),
    [
        ("x+1", "1+x", "", "1"),
        ("$$\\frac{2x}{4}$$", "x/2", "", "1"),
        ("2(x+1)", "2x+2", "Solve for y.", "1"),
        ("y = 2x+2", "$$2x+2$$", "", "1"),
        ("5", "x = 5", "", "1"),
        ("z = 5", "x = 5", "", "0"),
        ("2y+4x=8", "y=4-2x", "", "1"),
        ("2y+4x=9", "y=4-2x", "", "0"),
        ("0.5", "\\frac{1}{2}", "", "1"),
        ("3-2i", "-2i+3", "", "1"),
        ("-3, 2", "2, -3", "", "1"),
        ("x = -3 or x = 2", "2, -3", "", "1"),
        ("2", "2, -3", "", "0.50"),
        ("2, 4", "2, -3", "", "0.50"),
        ("2, 2", "2, -3", "", "0.50"),
        ("2, -3, 7, 8", "2, -3", "", "0.50"),
        ("(-3, 2)", "(2, -3)", "", "0"),
        # As LaTeX and as keyboards write it
        ("$$e^{2x}$$", "e^(2x)", "", "1"),
        ("e^2x", "e^{2x}", "", "0"),
        ("\u221a2", "sqrt(2)", "", "1"),
        ("2\u221a(3)/3", "\\frac{2}{\\sqrt{3}}", "", "1"),
        ("\u00b12", "x = 2 or x = -2", "", "1"),
        ("x = (5 \\pm \u221a17)/4", "(5+sqrt(17))/4, (5-sqrt(17))/4", "", "1"),
        ("\u00b12", "2", "", "0"),
        ("2x+3 or 2x+4", "2x+3", "", "0"),
        ("{2, -3}", "-3, 2", "", "1"),
        ("5.79, 5.91", "$$5.79$$ $$5.91$$", "", "1"),
        # As sentences, with working, and with decimal commas
        ("The answer is 2x+3.", "3+2x", "", "1"),
        ("= 2x+3", "3+2x", "", "1"),
        ("3x+2x = 5x", "5x", "Simplify $$3x+2x$$", "1"),
        ("3x+2x = 6x", "6x", "", "0"),
        ("5 = x", "x = 5", "", "1"),
        ("pi", "x = \\pi", "", "1"),
        ("0, pi", "x = 0, x = \\pi", "", "1"),
        ("x", "y = x", "", "1"),
        ("y = 2x/2", "y = x", "", "1"),
        ("2x = y", "y = 2x", "", "1"),
        ("2,5x+1", "2.5x+1", "", "1"),
        ("1,200x", "1200x", "", "1"),
        ("x = 3,5", "x = 3.5", "", "1"),
        ("3,5", "5", "", "0"),
        ("2, 0", "2", "", "0"),
        ("2, 5", "2.5", "", "0"),
        ("bsqrt(b)", "b\\sqrt{b}", "", "1"),
        ("2 root 3", "2\\sqrt{3}", "", "1"),
        ("2\u03c0", "2\\pi", "", "1"),
        ("it is not 2x", "2x", "", "0"),
        ("it is not 0", "0", "", "0"),
        ("cat 0", "0", "", "0"),
        ("\u00b1\u00b12", "2, -2", "", "0"),
        ("(4/2, -3)", "(2, -3)", "", "1"),
        ("2, -3", "(2, -3)", "", "0"),
        # What is asked is to be done.
        ("x^2-1", "(x-1)(x+1)", "Factor $$x^2-1$$", "0"),
        ("-1+x^2", "(x-1)(x+1)", "Factor $$x^2-1$$", "0.50"),
        ("(x+1)(x-1)", "(x-1)(x+1)", "Factor $$x^2-1$$", "1"),
        ("sqrt(45)", "3\\sqrt{5}", "Simplify: $$\\sqrt{45}$$", "0"),
        ("3(4-k)", "-3k+12", "Multiply: $$-3(k-4)$$", "0.50"),
        ("12-3k", "-3k+12", "Multiply: $$-3(k-4)$$", "1"),
        ("1+1+1+1+1+1", "6", "Simplify $$2\\cdot3$$", "0.50"),
        # Nonsense
        ("x+2", "1+x", "", "0"),
        ("__import__('os')", "1+x", "", "0"),
        ("9**9**9**9", "1", "", "0"),
        ("9^9^9^9", "9^9^9^9+0", "", "0"),
        ("(" * 200 + "x" + ")" * 200, "x+0", "", "0"),
        (",".join(["1"] * 50), "1, 2", "", "0"),
        ("1/0", "2+1", "", "0"),
        ("", "x", "", "0"),
    ],
)
async def test_scores(algebra: Algebra, response: str, answer: str, question: str, score: str) -> None:
    assert await equivalence(response, answer, question, algebra) == Decimal(score)


async def test_values_decide_where_algebra_comes_to_no_end() -> None:
    async with Algebra(seconds=0.0) as algebra:
        assert await equivalence("(x+1)^2", "x^2+2x+1", "", algebra) == RIGHT
        assert await equivalence("(x+1)^2", "x^2+2x", "", algebra) == WRONG


@pytest.mark.parametrize(
    ("response", "answer", "right"),
    [
        ("3.14", "3.14", True),
        ("3.1449", "3.14", True),
        ("3.146", "3.14", False),
        ("22/7", "3.14", True),
        ("3.1", "3.14", False),
        ("0.67", "2/3", True),
        ("0.7", "2/3", False),
        ("0.01", "1/90", False),
        ("0.011", "1/90", True),
        ("0.00", "1/256", False),
        ("1/256%", "1/256", False),
        ("0.666", "2/3", False),
        ("2100 dollars", "2100", True),
        ("$2,100", "2100", True),
        ("42%", "42", False),
        ("66.7%", "2/3", True),
        ("66%", "2/3", False),
        ("3.142 m", "3.14", True),
        ("2100.4", "2100", False),
        ("about", "2100", False),
        ("2e400", "2", False),
    ],
)
def test_numbers_are_as_exact_as_the_answer(response: str, answer: str, right: bool) -> None:
    assert grade(response, answer, AnswerType.NUMERIC) == (RIGHT if right else WRONG)
