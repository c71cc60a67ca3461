"""Some texts of our own for tests of answers."""

from uuid import UUID

from domain.companion.retrieval import Asked, Corpus, Findings, OpenItem, Passage, SourceKind, passages_of

TIDES = """Tides are the rise and fall of the sea. They are caused by the pull of the Moon and, less strongly, of the
Sun. The highest tides in the world occur in the Bay of Fundy, where the water rises by 16 metres. Spring tides come
when the Sun and the Moon stand in one line. The first tide table was printed in London in 1833 by William Lubbock."""
CELLS = """A cell is the smallest unit of life. Robert Hooke described cells in 1665, after he had looked at cork
through a microscope. The nucleus holds the genetic material. Plants have chloroplasts because they make sugar from
light. Mitochondria release energy by burning sugar."""
KNOTS = """A knot is tied in a rope. Sailors use the bowline because it does not slip. The reef knot joins two ropes of
the same thickness. A sheet bend (SB) joins ropes of different thickness."""
IDS = [UUID(int=number) for number in range(1, 10)]


def library() -> list[Passage]:
    """The texts as study material."""
    titles = {"Tides": TIDES, "Cells": CELLS, "Knots": KNOTS}
    return [
        passage
        for (title, text), key in zip(titles.items(), IDS, strict=False)
        for passage in passages_of(SourceKind.MATERIAL, key, title, text.replace("\n", " "), "Science")
    ]


def findings(question: str, more: list[Passage] | None = None, open_items: list[OpenItem] | None = None) -> Findings:
    """What the search finds: everything, as there is so little."""
    passages = [*library(), *(more or [])]
    corpus = Corpus.of(Asked.read(question), 0, {}, passages)
    return Findings(passages, corpus, open_items or [], ["Algebra", "Sailing"])
