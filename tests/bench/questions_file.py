"""A file of passages with questions and accepted answers, as the trials of the companion's answers read it.

JSON lines: {"id", "subject", "topic", "context", "questions": [{"id", "question", "answers": [...]}]}.
"""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from domain.companion.answers import plain, token_f1
from domain.companion.retrieval import Asked, Corpus, Passage, SourceKind, passages_of
from domain.companion.words import content_stems, placed_words


@dataclass(frozen=True, slots=True)
class Case:
    """A question, the passage that answers it, and what counts as right."""

    topic: str
    question: str
    answers: tuple[str, ...]
    source: str
    """The id of the passage in the file."""


@dataclass(frozen=True, slots=True)
class QuestionsFile:
    """The passages of a file and the questions on them."""

    passages: list[Passage]
    cases: list[Case]

    @property
    def topics(self) -> list[str]:
        """In alphabetical order; those at even places are for tuning, the others for reporting."""
        return sorted({case.topic for case in self.cases})

    def on(self, topics: Iterable[str]) -> list[Case]:
        """The questions on some topics."""
        wanted = set(topics)
        return [case for case in self.cases if case.topic in wanted]

    def corpus(self, asked: Asked) -> Corpus:
        """How common the question's words are, as the full-text search tells it in the product."""
        having = Counter(
            stem
            for passage in self.passages
            for stem in {
                *content_stems(placed_words(passage.title)),
                *(s for each in passage.sentences for s in each.stems),
            }
            if stem in asked.stems
        )
        return Corpus(len(self.passages), having)


def read(path: Path) -> QuestionsFile:
    """The file at `path`."""
    passages: list[Passage] = []
    cases: list[Case] = []
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            passages += passages_of(SourceKind.MATERIAL, uuid4(), row["topic"], row["context"], row["subject"])
            cases += [
                Case(row["topic"], each["question"], tuple(each["answers"]), row["id"]) for each in row["questions"]
            ]
    return QuestionsFile(passages, cases)


def best_f1(text: str, answers: Sequence[str]) -> float:
    """Token F1 with the accepted answer that is nearest."""
    tokens = Counter(plain(text))
    return max(token_f1(tokens, Counter(plain(answer))) for answer in answers)


def holds(text: str, answers: Sequence[str]) -> bool:
    """Whether a text has an accepted answer in it, word for word."""
    inside = f" {' '.join(plain(text))} "
    return any(f" {' '.join(plain(answer))} " in inside for answer in answers)
