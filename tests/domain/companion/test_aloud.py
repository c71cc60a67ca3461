"""The hint, said while the answer is still being written."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.companion.written_answers import Aloud

texts = st.text(max_size=20)
answers = st.fixed_dictionaries(
    {
        "outcome": st.sampled_from(["answered", "out_of_scope"]),
        "hint": texts,
        "answer": texts,
        "sources": st.lists(texts),
    }
)


@given(answers, st.lists(st.integers(1, 7), min_size=1), st.booleans())
def test_pieces_however_cut_give_the_hint_of_an_answer(value: dict[str, Any], cuts: list[int], plain: bool) -> None:
    text = json.dumps(value, ensure_ascii=plain)
    said: list[str] = []
    aloud, place = Aloud(said.append), 0
    while place < len(text):
        length = cuts[place % len(cuts)]
        aloud(text[place : place + length])
        place += length
    assert "".join(said) == (value["hint"] if value["outcome"] == "answered" else "")


@pytest.mark.parametrize("hint", ["[1, 2", "}}}", '"\\ud800x', '"\\uzzzz"}', '{"hint": "x"}', "5", "null", '"" "" ""'])
def test_what_is_no_hint_is_not_said(hint: str) -> None:
    Aloud(pytest.fail)(f'{{"outcome": "answered", "hint": {hint}')


def test_it_comes_as_soon_as_it_is_written() -> None:
    said: list[str] = []
    aloud = Aloud(said.append)
    for piece, heard in [
        ('{"outcome": "answered", "hint": "Lo', "Lo"),
        ("ok\\", "Look"),
        ("n\\ud83d", "Look\n"),
        ('\\ude00", "answer": "4"}', "Look\n\U0001f600"),
    ]:
        aloud(piece)
        assert "".join(said) == heard
