"""The numbers of a text."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.companion.numbers import claimed_numbers, numbers


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("1,000 and 1000.0", {1000}),
        ("2x11 + .5 = 22.50", {2, 11, "0.5", "22.5"}),
        ("section 16-3, 50% of £3650", {16, 3, 50, 3650}),
        ("1,2,3 go", {1, 2, 3}),
        ("3,5 kg", {"3.5"}),
        ("x² and ½", {2, 1}),
        ("twelve plus twice seven", {12, 2, 7}),
        ("-40 or 007", {40, 7}),
        ("nothing", set()),
    ],
)
def test_numbers(text: str, found: set[int | str]) -> None:
    assert numbers(text) == {Decimal(each) for each in found}


def test_one_is_no_number_that_a_claim_states() -> None:
    assert claimed_numbers("One of the two, once 5") == {Decimal(2), Decimal(5)}


@given(st.text(max_size=300))
def test_what_is_claimed_is_there(text: str) -> None:
    assert claimed_numbers(text) <= numbers(text)
