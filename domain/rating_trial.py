"""Trying the rating model on recorded answers: what it predicts before each, against what came."""

import csv
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TextIO

from domain.rating import K_FACTOR, NEW_STUDENT, UNKNOWN, Familiarity, Standing, answered, new_question

WARM_UP = 5
"""The first fifth of each student's answers is not scored: the model gets to know them."""


@dataclass(frozen=True, slots=True)
class RecordedAnswer:
    """One answer of a file: `order` counts 1, 2, 3 ... within a student."""

    student: str
    item: str
    correct: bool
    order: int


@dataclass(frozen=True, slots=True)
class Prediction:
    """The chance that was given to a right answer, and whether it came."""

    student: str
    chance: float
    correct: bool


@dataclass(frozen=True, slots=True)
class Quality:
    """How good predictions are."""

    answers: int
    auc: float
    """The chance that a right answer was given a higher chance than a wrong one; 0.5 is guessing."""
    brier: float
    """The mean squared error; lower is better."""
    base_brier: float
    """The same for who always predicts the share of right answers."""
    calibration_error: float
    """The mean distance between chance and share of right answers, in ten groups by chance."""


class MalformedAnswers(ValueError):
    """A file that does not hold answers as expected; the text says which line."""


def read_answers(file: TextIO) -> list[RecordedAnswer]:
    """The answers of a CSV file with the columns student, item, correct (0 or 1) and order.

    All students interleaved by `order`. Raises MalformedAnswers.
    """
    reader = csv.DictReader(file)
    missing = {"student", "item", "correct", "order"} - set(reader.fieldnames or ())
    if missing:
        raise MalformedAnswers(f"the columns {', '.join(sorted(missing))} are missing")
    answers = []
    for row in reader:
        if row["correct"] not in {"0", "1"} or not (row["order"] or "").isdecimal():
            raise MalformedAnswers(f"line {reader.line_num}: `correct` is 0 or 1 and `order` a number")
        answers.append(RecordedAnswer(row["student"], row["item"], row["correct"] == "1", int(row["order"])))
    return sorted(answers, key=lambda answer: (answer.order, answer.student))


def replayed(answers: Sequence[RecordedAnswer], k: int = K_FACTOR) -> list[Prediction]:
    """The prediction before each answer but those of each student's first fifth, as the product makes them."""
    totals: dict[str, int] = {}
    for answer in answers:
        totals[answer.student] = max(totals.get(answer.student, 0), answer.order)
    students: dict[str, Standing] = {}
    items: dict[str, Standing] = {}
    known: dict[tuple[str, str], Familiarity] = {}
    predictions = []
    for answer in answers:
        pair = answer.student, answer.item
        moved = answered(
            students.get(answer.student, NEW_STUDENT),
            items.get(answer.item, new_question(None)),
            known.get(pair, UNKNOWN),
            Decimal(int(answer.correct)),
            k=k,
        )
        students[answer.student], items[answer.item], known[pair] = moved.student, moved.question, moved.familiarity
        if answer.order * WARM_UP > totals[answer.student]:
            predictions.append(Prediction(answer.student, moved.predicted, answer.correct))
    return predictions


def quality(predictions: Iterable[Prediction]) -> Quality:
    """How good predictions are. Raises ValueError unless both right and wrong answers are among them."""
    ranked = sorted(predictions, key=lambda prediction: prediction.chance)
    right = sum(prediction.correct for prediction in ranked)
    wrong = len(ranked) - right
    if not right or not wrong:
        raise ValueError("there must be right and wrong answers to judge predictions by")
    base = right / len(ranked)
    return Quality(
        answers=len(ranked),
        auc=_auc(ranked, right, wrong),
        brier=math.fsum((prediction.chance - prediction.correct) ** 2 for prediction in ranked) / len(ranked),
        base_brier=base * (1 - base),
        calibration_error=_calibration_error(ranked),
    )


def _auc(ranked: Sequence[Prediction], right: int, wrong: int) -> float:
    """By the sum of ranks (Mann and Whitney, 1947), with the mean rank for equal chances."""
    ranks = 0.0
    start = 0
    while start < len(ranked):
        end = start
        while end < len(ranked) and ranked[end].chance == ranked[start].chance:
            end += 1
        ranks += (start + 1 + end) / 2 * sum(prediction.correct for prediction in ranked[start:end])
        start = end
    return (ranks - right * (right + 1) / 2) / (right * wrong)


def _calibration_error(ranked: Sequence[Prediction]) -> float:
    groups: list[list[Prediction]] = [[] for _ in range(10)]
    for prediction in ranked:
        groups[min(int(prediction.chance * 10), 9)].append(prediction)
    return sum(
        abs(math.fsum(prediction.chance - prediction.correct for prediction in group)) for group in groups
    ) / len(ranked)
