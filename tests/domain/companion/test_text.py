"""What a text is made of."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.companion.text import (
    bare,
    capitalised,
    claimed_numbers,
    numbers,
    quotations,
    sentences,
    stem,
    stems,
    without_quotations,
)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("No end", ["No end"]),
        ("One. Two! Three? ", ["One.", "Two!", "Three?"]),
        ("See e.g. this. And Mr. Low.", ["See e.g. this.", "And Mr. Low."]),
        ("It is 3.5 kg. Yes", ["It is 3.5 kg.", "Yes"]),
        ('He said "no." Then left', ['He said "no."', "Then left"]),
        ("a line\nanother", ["a line", "another"]),
        ("  ", []),
    ],
)
def test_sentences(text: str, found: list[str]) -> None:
    assert sentences(text) == found


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


def test_words_meet_in_their_stems() -> None:
    for words in (
        "multiply multiplied multiplying multiplication multiplies",
        "add adds added adding",
        "solve solved solves solving",
        "fraction fractions",
        "class classes",
    ):
        assert len({stem(word) for word in words.split()}) == 1, words
    assert stems("She was adding the Fractions of it") == ["add", "fract"]


def test_quotations_and_what_is_around_them() -> None:
    curly = 'The tutor said: “it is "red"” and “no”.'
    assert [quoted for _, quoted in quotations(curly)] == ['it is "red"', "no"]
    assert without_quotations(curly).split() == ["The", "tutor", "said:", "and", "."]
    assert [quoted for _, quoted in quotations('She said "so be it" then.')] == ["so be it"]
    assert bare(" “Tree”  is\n'all’albero' ") == "tree is allalbero"


def test_capitals_within_and_at_the_beginning() -> None:
    assert capitalised("Maria's sum. Then I asked Tom: Why?") == [
        ("Maria's", True),
        ("Then", True),
        ("Tom", False),
        ("Why", True),
    ]


@given(st.text(max_size=300))
def test_no_text_is_too_much(text: str) -> None:
    assert "".join("".join(sentences(text)).split()) == "".join(text.split())
    for look in (numbers, claimed_numbers, stems, quotations, capitalised, bare):
        look(text)
