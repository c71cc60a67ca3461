"""Words and sentences of texts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.companion.words import content_stems, sentences, stem, stems_of, words


@pytest.mark.parametrize(
    "forms",
    [
        ("publish", "published", "publishes", "publishing"),
        ("discovery", "discoveries", "discovered"),
        ("operation", "operations", "operational"),
        ("run", "running", "runs"),
        ("teacher's", "teacher", "teachers"),
        ("quadratic", "quadratics", "QUADRATIC"),
    ],
)
def test_forms_of_a_word_have_one_stem(forms: tuple[str, ...]) -> None:
    assert len({stem(form) for form in forms}) == 1


def test_numbers_and_names_stay_whole() -> None:
    text = "In 1,024.5 of Ada's two-man teams, x\u2019s share fell by 12.5%."
    found = [word.text for word in words(text)]
    assert found == ["In", "1,024.5", "of", "Ada's", "two-man", "teams", "x\u2019s", "share", "fell", "by", "12.5%"]
    assert [text[word.start : word.end] for word in words(text)] == found
    assert stems_of(words("two-man")[0]) == ("two-man", "two", "man")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", []),
        (" \n ", []),
        ("No end", ["No end"]),
        ("Dr. Lee met J. S. Bach. He left.", ["Dr. Lee met J. S. Bach.", "He left."]),
        ("It is 3.5 m. Is it? Yes!", ["It is 3.5 m. Is it?", "Yes!"]),
        ("A line\nAnother line.", ["A line", "Another line."]),
        (
            "He wrote: \u201cAdd both. So it is 8.\u201d That was wrong.",
            ["He wrote: \u201cAdd both. So it is 8.\u201d", "That was wrong."],
        ),
        ('She said "Go." Then she went.', ['She said "Go."', "Then she went."]),
    ],
)
def test_sentences(text: str, found: list[str]) -> None:
    assert [each.text for each in sentences(text)] == found


@given(st.text(max_size=300))
def test_any_text_has_its_words_where_they_are(text: str) -> None:
    for each in sentences(text):
        assert text[each.start : each.start + len(each.text)] == each.text
        assert [each.text[word.start : word.end] for word in each.words] == [word.text for word in each.words]
    assert len(content_stems(words(text))) <= len(words(text))
