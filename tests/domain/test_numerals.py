"""Numbers as people write them."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.numerals import fraction, in_digits, number


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("3,500", "3500"),
        ("3,5", "3.5"),
        ("0,125", "0.125"),
        (",5", "0.5"),
        ("1,00", "1"),
        ("1.234", "1.234"),
        ("1.234,5", "1234.5"),
        ("1,234.5", "1234.5"),
        ("1 234,5", "1234.5"),
        ("1.234.567", "1234567"),
        ("1'234", "1234"),
        ("12,34,567", "1234567"),
        ("1.2e3", "1200"),
        ("1.2 x 10^3", "1200"),
        ("1,2 \u00d7 10\u00b3", "1200"),
        ("10^3", "1000"),
        ("10^-2", "0.01"),
        ("-10**2", "-100"),
        ("1 1/2", "1.5"),
        ("twenty-five", "25"),
        ("minus five", "-5"),
        ("a hundred and one", "101"),
        ("two million three hundred and four thousand and five", "2304005"),
        ("half", "0.5"),
        ("two and a half", "2.5"),
        ("two three", None),
        ("twenty ten", None),
        ("10^9999", None),
        ("1e9999", None),
        ("2^5", None),
        ("1/0", None),
        ("3,4,5", None),
        ("1,2.5", None),
        ("..5", None),
        ("", None),
    ],
)
def test_what_a_text_says(text: str, value: str | None) -> None:
    assert number(text, decimal_comma=True) == (None if value is None else Fraction(value))


def test_a_comma_is_a_decimal_comma_only_where_one_can_be() -> None:
    assert [number(text) for text in ("3,5", "3,500", "1.234,5")] == [None, 3500, None]


def test_a_fraction_as_it_is_written() -> None:
    assert [fraction(text) for text in ("-42/54", "\\frac{42}{-54}", "-\\frac{42}{54}")] == [("-42", "54")] * 3
    assert [fraction(text) for text in ("1 1/2", "0.5", "")] == [None] * 3


@given(st.text(alphabet="0123456789.,'/^ex*-+() ", max_size=40))
def test_every_text_is_read_or_not(text: str) -> None:
    assert in_digits(text) == text
    number(text, decimal_comma=True)
