"""Confidence: what a score says, and what labels make of it."""

import random
from decimal import Decimal
from math import log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.companion.calibration import (
    SHIPPED,
    Calibration,
    Label,
    calibration_error,
    level,
    log_odds,
    logistic,
    refitted,
)
from domain.generations import Engine
from domain.questions import Confidence

FLAT = Calibration(0.0, 1.0)


@pytest.mark.parametrize(
    ("score", "word"), [("0.85", "High"), ("0.84", "Medium"), ("0.60", "Medium"), ("0.59", "Low"), ("0.01", "Low")]
)
def test_levels(score: str, word: str) -> None:
    assert level(Decimal(score)) is Confidence(word)


@given(st.floats(0, 1))
def test_evidence_is_the_other_way_round(probability: float) -> None:
    assert logistic(log_odds(probability)) == pytest.approx(probability, abs=0.003)


@given(st.floats(-50, 50), st.floats(-50, 50))
def test_more_evidence_is_never_less_confidence(one: float, other: float) -> None:
    for calibration in SHIPPED.values():
        low, high = (calibration.score(each) for each in sorted((one, other)))
        assert Decimal("0.01") <= low <= high <= Decimal("0.99")


def test_without_labels_nothing_changes() -> None:
    assert refitted(FLAT, []) == FLAT


def test_one_label_changes_little_and_many_change_much() -> None:
    wrong = Label(2.0, right=False)
    once, often = refitted(FLAT, [wrong]), refitted(FLAT, [wrong] * 200)
    assert Decimal("0.80") < once.score(2.0) < FLAT.score(2.0)
    assert often.score(2.0) < Decimal("0.30")
    assert refitted(SHIPPED[Engine.EXTRACTIVE], [Label(3.0, right=False)] * 40).score(3.0) < Decimal("0.45")


@pytest.mark.parametrize("true", [Calibration(-1.0, 0.5), Calibration(1.0, 1.5)])
def test_labels_find_the_truth(true: Calibration) -> None:
    chance = random.Random(7)  # noqa: S311 - no secret
    evidence = [chance.uniform(-4, 4) for _ in range(3_000)]
    labels = [Label(each, chance.random() < logistic(true.intercept + true.slope * each)) for each in evidence]
    found = refitted(FLAT, labels)
    assert (found.intercept, found.slope) == pytest.approx((true.intercept, true.slope), abs=0.15)
    scored = [(float(found.score(label.evidence)), label.right) for label in labels]
    assert (
        calibration_error(scored)
        < 0.03
        < calibration_error([(float(FLAT.score(each.evidence)), each.right) for each in labels])
    )


def missed(calibration: Calibration, labels: list[Label]) -> float:
    """How surprising the labels are."""
    sure = [logistic(calibration.intercept + calibration.slope * label.evidence) for label in labels]
    return -sum(log(each if label.right else 1 - each) for each, label in zip(sure, labels, strict=True))


@given(st.lists(st.builds(Label, st.floats(-6, 6), st.booleans()), max_size=60))
def test_any_labels_give_numbers_that_can_be_used(labels: list[Label]) -> None:
    found = refitted(SHIPPED[Engine.EXTRACTIVE], labels)
    assert abs(found.intercept) < 20
    assert missed(found, labels) <= missed(SHIPPED[Engine.EXTRACTIVE], labels) + 1e-9
    assert 0 <= found.slope < 20


def test_calibration_error() -> None:
    assert calibration_error([]) == 0
    assert calibration_error([(0.75, True), (0.75, True), (0.75, True), (0.75, False)]) == pytest.approx(0)
    assert calibration_error([(0.95, False), (0.05, True)]) == pytest.approx(0.95)
