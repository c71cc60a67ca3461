"""Texts out of JSON that is still being written."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.companion.unfolding import Unfolding

texts = st.text(max_size=20)
objects = st.fixed_dictionaries(
    {"outcome": texts, "hint": texts, "parts": st.lists(texts | st.integers()), "inner": st.dictionaries(texts, texts)}
)


@given(objects, st.lists(st.integers(1, 7), min_size=1), st.booleans())
def test_pieces_however_cut_give_the_texts_of_the_object(
    value: dict[str, object], cuts: list[int], plain: bool
) -> None:
    text = json.dumps(value, ensure_ascii=plain)
    reading, place, found = Unfolding(), 0, {"outcome": "", "hint": ""}
    while place < len(text):
        length = cuts[place % len(cuts)]
        for name, piece in reading.feed(text[place : place + length]):
            found[name] = found.get(name, "") + piece
        place += length
    assert {name: said for name, said in found.items() if said} == {
        name: said for name, said in value.items() if isinstance(said, str) and said
    }
    assert reading.whole == text


@pytest.mark.parametrize("text", ["", "{", "[1, 2", "}}}", '{"a": "\\ud800', '{"a": "\\uzzzz"}', '"' * 50, '{"a": "\\'])
def test_what_is_no_json_ends_nothing(text: str) -> None:
    for _, said in Unfolding().feed(text):
        said.encode()


def test_a_text_comes_as_soon_as_it_is_written() -> None:
    reading = Unfolding()
    assert reading.feed('{"hint": "Lo') == [("hint", "Lo")]
    assert reading.feed("ok\\") == [("hint", "ok")]
    assert reading.feed("n\\ud83d") == [("hint", "\n")]
    assert reading.feed('\\ude00", "answer": "4"}') == [("hint", "\U0001f600"), ("answer", "4")]
