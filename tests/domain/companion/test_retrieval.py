"""Which passages bear on a question."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.companion.retrieval import PASSAGE_CHARACTERS, Asked, Corpus, SourceKind, passages_of, rank
from tests.domain.companion.texts import findings, library


@pytest.mark.parametrize(
    ("question", "title"),
    [
        ("What causes the tides?", "Tides"),
        ("Which organelle releases energy from sugar?", "Cells"),
        ("Who uses a bowline?", "Knots"),
        ("How do knots join ropes?", "Knots"),
    ],
)
def test_the_passage_that_fits_comes_first(question: str, title: str) -> None:
    found = findings(question)
    ranked = rank(Asked.read(question), found.passages, found.corpus)
    assert ranked[0].passage.title == title
    assert [each.score for each in ranked] == sorted((each.score for each in ranked), reverse=True)
    assert all(0 < each.coverage <= 1 for each in ranked)


def test_nothing_fits_a_question_without_a_word_in_common() -> None:
    found = findings("Who sings tonight?")
    assert rank(Asked.read("Who sings tonight?"), found.passages, found.corpus) == []


def test_a_slip_of_the_pen_is_put_right_from_what_was_found() -> None:
    question = "What do mitochondira do?"
    found = findings(question)
    asked = Asked.read(question).corrected(found.passages, ())
    assert asked.text == question
    assert rank(asked, found.passages, found.corpus)[0].passage.title == "Cells"
    # A word that is in order stays, however like another it is.
    assert Asked.read("Who slips?").corrected(found.passages, ()) == Asked.read("Who slips?")


def test_rare_words_weigh_more() -> None:
    corpus = Corpus(100, {"common": 90, "rare": 1})
    assert corpus.weight("unheard") > corpus.weight("rare") > corpus.weight("common") > 0
    assert Corpus(0, {}).weight("any") > 0
    # More passages than there are: two counts are never of one moment.
    assert Corpus(5, {"x": 9}).weight("x") > 0


def test_counts_by_word_become_counts_by_stem() -> None:
    asked = Asked.read("Who ties knots?")
    corpus = Corpus.of(asked, 10, {"ties": 3, "knots": 4}, library())
    assert corpus.size == 13
    assert {stem: corpus.frequency[stem] for stem in asked.stems} == {"tie": 3, "knot": 5} or corpus.frequency[
        "knot"
    ] == 5


@given(st.lists(st.text(alphabet="ab. \nC?", max_size=3_000), max_size=3))
def test_passages_keep_every_sentence_in_order(texts: list[str]) -> None:
    for text in texts:
        passages = passages_of(SourceKind.MATERIAL, UUID(int=1), "x", text)
        whole = [sentence.text for passage in passages for sentence in passage.sentences]
        assert "".join("".join(whole).split()) == "".join(text.split())
        assert [passage.part for passage in passages] == list(range(len(passages)))
        for passage in passages:
            size = sum(len(sentence.text) for sentence in passage.sentences)
            assert size <= PASSAGE_CHARACTERS or len(passage.sentences) == 1
