"""Reading mathematics as it is typed, and nothing else."""

import pytest

from domain.algebra.grammar import DEEPEST, LONGEST, NotMathematics, parse, parse_statement
from domain.algebra.numeric import alike, proportional, size, tidied, value


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("1.5", ["n", "3/2"]),
        ("-x^2", ["-", ["^", ["v", "x"], ["n", "2"]]]),
        ("2^-1", ["^", ["n", "2"], ["-", ["n", "1"]]]),
        ("2^3^2", ["^", ["n", "2"], ["^", ["n", "3"], ["n", "2"]]]),
        ("3xy", ["*", ["*", ["n", "3"], ["v", "x"]], ["v", "y"]]),
        ("1/2x", ["*", ["/", ["n", "1"], ["n", "2"]], ["v", "x"]]),
        ("a-b-c", ["+", ["+", ["v", "a"], ["-", ["v", "b"]]], ["-", ["v", "c"]]]),
        (r"\frac{1}{x}", ["/", ["n", "1"], ["v", "x"]]),
        (r"\sqrt[3]{8}", ["^", ["n", "8"], ["/", ["n", "1"], ["n", "3"]]]),
        ("2 sqrt(3)", ["*", ["n", "2"], ["f", "sqrt", ["n", "3"]]]),
        ("--1", ["n", "1"]),
        (r"\left(x\right)**2", ["^", ["v", "x"], ["n", "2"]]),
        ("2pi", ["*", ["n", "2"], ["v", "pi"]]),
    ],
)
def test_trees(text: str, tree: list[object]) -> None:
    assert parse(text) == tree


HOSTILE = [
    "__import__('os').system('true')",
    "eval(1)",
    "lambda: 0",
    "x.__class__",
    "import os",
    "no solution",
    "(" * (DEEPEST + 5) + "1" + ")" * (DEEPEST + 5),
    "2^" * (DEEPEST + 5) + "2",
    "1+" * LONGEST + "1",
    "9" * 31,
    "x" * (LONGEST + 1),
    "",
    "()",
    "1 2",
    "1,,2",
    "=",
    "x=",
    "{1",
    "1}",
    r"\frac{1}",
    r"\sqrt",
    "x<2",
    "\x00",
    "🐍",
    "f'(x)",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_what_is_not_mathematics(text: str) -> None:
    with pytest.raises(NotMathematics):
        parse(text)
    with pytest.raises(NotMathematics):
        parse_statement("x=" + text if text != "1,,2" else text)


def test_statements() -> None:
    two, minus_three = ["n", "2"], ["-", ["n", "3"]]
    assert parse_statement("(2,-3)") == (True, [[two], [minus_three]])
    assert parse_statement("2,-3") == (False, [[two], [minus_three]])
    assert parse_statement("x=2 or x=-3") == (False, [[["v", "x"], two], [["v", "x"], minus_three]])
    assert parse_statement("(2),(-3)") == (False, [[two], [minus_three]])
    with pytest.raises(NotMathematics, match="two sides"):
        parse_statement("1=1=1")


def test_values() -> None:
    assert value(parse("2x^2-1/4"), {"x": 3 + 0j}) == 17.75
    assert value(parse("i^2"), {}) == pytest.approx(-1)
    for nothing in ("1/0", "0^-1", "9^9^9^9", "ln 0", "(9^99)^99", "exp(exp(99))"):
        assert value(parse(nothing), {}) is None
    assert value(parse("x"), {}) is None


def test_likeness() -> None:
    assert alike(parse("(x+1)^2"), parse("x^2+2x+1"))
    assert not alike(parse("(x+1)^2"), parse("x^2+1"))
    assert not alike(parse("9^9^9^9"), parse("9^9^9^9"))
    assert proportional(parse("2x-4"), parse("x-2"))
    assert not proportional(parse("2x-4"), parse("x-3"))
    assert not proportional(parse("0"), parse("x"))
    assert size(parse("-3k+12")) == 2
    assert tidied(parse("0+1*x")) == ["v", "x"]
