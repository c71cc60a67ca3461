"""What is quoted."""

from hypothesis import given
from hypothesis import strategies as st

from domain.companion.quotations import bare, quotations, without_quotations


def test_quotations_and_what_is_around_them() -> None:
    curly = 'The tutor said: “it is "red"” and “no”.'
    assert [quoted for _, quoted in quotations(curly)] == ['it is "red"', "no"]
    assert without_quotations(curly).split() == ["The", "tutor", "said:", "and", "."]
    assert [quoted for _, quoted in quotations('She said "so be it" then.')] == ["so be it"]
    assert bare(" “Tree”  is\n'all’albero' ") == "tree is allalbero"


@given(st.text(max_size=300))
def test_quotations_stand_where_they_are(text: str) -> None:
    for start, quoted in quotations(text):
        assert text[start + 1 :].startswith(quoted)
    assert "  " not in bare(text)
