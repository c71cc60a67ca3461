"""The names of a text."""

from hypothesis import given
from hypothesis import strategies as st

from domain.companion.names import bare_words, capitalised, names


def test_capitals_within_and_at_the_beginning() -> None:
    assert capitalised("Maria's sum. Then I asked Tom: Why?") == [
        ("Maria's", True),
        ("Then", True),
        ("Tom", False),
        ("Why", True),
    ]


def test_names_are_looked_for_without_possessives() -> None:
    assert names("Maria's sum was right. Then the tutor helped Tom") == {"maria", "tom"}
    assert {"maria", "toms"} <= bare_words("MARIA’S and Toms'")


@given(st.text(max_size=300))
def test_a_name_has_a_capital(text: str) -> None:
    assert all(word[0].isupper() for word, _ in capitalised(text))
