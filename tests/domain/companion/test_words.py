"""The words of a text, and their stems."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.companion.words import (
    content_stems,
    lettered_stems,
    lettered_words,
    placed_words,
    stem,
    stems_of,
)


@pytest.mark.parametrize(
    "forms",
    [
        ("publish", "published", "publishes", "publishing"),
        ("discovery", "discoveries"),
        ("operation", "operations", "operational"),
        ("run", "running", "runs"),
        ("teacher's", "teacher\u2019s", "teacher", "teachers", "teachers'"),
        ("quadratic", "quadratics", "QUADRATIC"),
        ("multiply", "multiplied", "multiplying", "multiplies"),
        ("solve", "solved", "solves", "solving"),
        ("class", "classes"),
    ],
)
def test_forms_of_a_word_have_one_stem(forms: tuple[str, ...]) -> None:
    assert len({stem(form) for form in forms}) == 1


def test_numbers_and_names_stay_whole() -> None:
    text = "In 1,024.5 of Ada's two-man teams, x\u2019s share fell by 12.5%."
    found = [word.text for word in placed_words(text)]
    assert found == ["In", "1,024.5", "of", "Ada's", "two-man", "teams", "x\u2019s", "share", "fell", "by", "12.5%"]
    assert [text[word.start : word.end] for word in placed_words(text)] == found
    assert stems_of(placed_words("two-man")[0]) == ("two-man", "two", "man")
    assert stem("12.5%") == "12.5%"
    assert content_stems(placed_words("What\u2019s a right angle, and what isn\u2019t?")) == ["right", "angl"]


def test_words_of_letters_are_parted_and_without_numbers() -> None:
    assert lettered_words("Two-man teams: 12.5% of x\u2019s.So 2x") == ["two", "man", "teams", "of", "x's", "so", "x"]
    assert lettered_stems("She was adding the Fractions, the 3 fractions of x") == ["add", "fraction", "fraction"]


def test_stems_are_right_whoever_else_stems() -> None:
    written = [f"{letter}{other}izations" for letter in "bcdfghklmnprst" for other in "aeiouy"]
    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(stem.__wrapped__, written * 5)) == [stem(word) for word in written * 5]


@given(st.text(max_size=300))
def test_no_text_is_too_much(text: str) -> None:
    assert len(content_stems(placed_words(text))) <= len(placed_words(text))
    assert len(lettered_stems(text)) <= len(lettered_words(text))
