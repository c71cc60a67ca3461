"""The names of a text."""

from hypothesis import given
from hypothesis import strategies as st

from domain.companion.names import bare_words, capitalised, names


def test_capitals_within_and_at_the_beginning() -> None:
    assert capitalised("Maria's sum. Then I asked Tom: Why?") == [
        ("Maria's", True, "sum."),
        ("Then", True, "I asked Tom: Why?"),
        ("Tom", False, ": Why?"),
        ("Why", True, "?"),
    ]


def test_names_are_looked_for_without_possessives() -> None:
    assert names("Maria's sum was right. Then the tutor helped Tom") == {"maria", "tom"}
    assert {"maria", "toms"} <= bare_words("MARIA’S and Toms'")


def test_a_name_that_looks_like_an_adverb_is_one_where_somebody_does_something() -> None:
    for name in ("Emily", "Ahmed", "Ming", "Fred"):
        for told in ("added 5 and 3.", "and the student added 5 and 3.", "was right.", "found 8."):
            assert names(f"{name} {told}") == {name.lower()}
        assert names(f"{name}'s sum was right.") == {name.lower()}
    for opening in (
        "Slowly the student",
        "Slowly and with care it",
        "Adding and subtracting helped: it",
        "Adding 5 and 3, the student",
        "Asked why, the student",
        "Finally, it",
    ):
        assert names(f"{opening} came to 8.") == set()


@given(st.text(max_size=300))
def test_a_name_has_a_capital(text: str) -> None:
    assert all(word[0].isupper() for word, *_ in capitalised(text))
