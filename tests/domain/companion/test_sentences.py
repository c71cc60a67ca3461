"""Where sentences end."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.companion.sentences import sentence_texts, sentences


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", []),
        (" \n ", []),
        ("No end", ["No end"]),
        ("One. Two! Three? ", ["One.", "Two!", "Three?"]),
        ("i added. then what? idk", ["i added.", "then what?", "idk"]),
        ("So... i think 7. Well... Then", ["So... i think 7.", "Well...", "Then"]),
        ("Dr. Lee met J. S. Bach. He left.", ["Dr. Lee met J. S. Bach.", "He left."]),
        ("See e.g. this. And Mr. Low.", ["See e.g. this.", "And Mr. Low."]),
        ("He is Bo, Jr. of us, etc. Now go.", ["He is Bo, Jr. of us, etc.", "Now go."]),
        ("Then he came. Ögedei left.", ["Then he came.", "Ögedei left."]),
        ("No. 5 is it? No. That is all.", ["No. 5 is it?", "No.", "That is all."]),
        ("It is 3.5 m. Is it? Yes!", ["It is 3.5 m. Is it?", "Yes!"]),
        ("A line\nanother line.", ["A line", "another line."]),
        (
            "He wrote: \u201cAdd both. So it is 8.\u201d That was wrong.",
            ["He wrote: \u201cAdd both. So it is 8.\u201d", "That was wrong."],
        ),
        ('She said "Go." Then she went.', ['She said "Go."', "Then she went."]),
        ('He said "no?" and left. 3 did.', ['He said "no?" and left.', "3 did."]),
    ],
)
def test_sentences(text: str, found: list[str]) -> None:
    assert [each.text for each in sentences(text)] == found
    assert sentence_texts(text) == found


@given(st.text(max_size=300))
def test_any_text_has_its_words_where_they_are(text: str) -> None:
    for each in sentences(text):
        assert text[each.start : each.start + len(each.text)] == each.text
        assert [each.text[word.start : word.end] for word in each.words] == [word.text for word in each.words]
    assert "".join("".join(sentence_texts(text)).split()) == "".join(text.split())
