"""Confidence that means what it says: of the answers with a score of 0.8, eight in ten should be right.

An engine gives evidence for its answer, in log-odds; two numbers turn it into a probability (Platt, Probabilistic
Outputs for Support Vector Machines, 1999). They are fitted to answers that are known to be right or wrong, and drawn to
what they were before, so that a few labels move them a little.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal

from domain.generations import Engine
from domain.questions import Confidence

HIGH = Decimal("0.85")
MEDIUM = Decimal("0.60")
"""From these scores on an answer is High or Medium."""

PRIOR_SPREAD = 0.25
"""Standard deviation of both numbers before there are labels: some dozens of them are needed to move them by that."""

_LIMIT = 6.0


@dataclass(frozen=True, slots=True)
class Calibration:
    """From evidence to probability."""

    intercept: float
    slope: float

    def score(self, evidence: float) -> Decimal:
        """How likely the answer is right, 0.01 to 0.99: nothing here is ever certain."""
        return (
            Decimal(str(logistic(self.intercept + self.slope * evidence)))
            .quantize(Decimal("0.01"), ROUND_HALF_EVEN)
            .min(Decimal("0.99"))
            .max(Decimal("0.01"))
        )


@dataclass(frozen=True, slots=True)
class Label:
    """An answer whose worth is known."""

    evidence: float
    right: bool


SHIPPED = {
    # The answers on the four tuning topics, as `refitted` has them.
    Engine.EXTRACTIVE: Calibration(0.53, 1.28),
    # A model says how sure it is, and says too much (Xiong et al., Can LLMs Express Their Uncertainty?, ICLR 2024).
    Engine.OPENAI: Calibration(0.0, 0.6),
}
"""What holds until labels say otherwise."""


def level(score: Decimal) -> Confidence:
    """The word for a score."""
    if score >= HIGH:
        return Confidence.HIGH
    return Confidence.MEDIUM if score >= MEDIUM else Confidence.LOW


def refitted(before: Calibration, labels: Sequence[Label]) -> Calibration:
    """What the labels say, with `before` as what was believed without them; `before` itself when there are none."""
    found = before
    loss = _loss(found, before, labels)
    for _ in range(100):
        step = _newton_step(found, before, labels)
        # Far from the end a whole step of Newton's leads too far.
        for shortening in range(30):
            share = 0.5**shortening
            # More evidence never means less confidence.
            tried = Calibration(found.intercept - share * step[0], max(0.0, found.slope - share * step[1]))
            if (tried_loss := _loss(tried, before, labels)) < loss - 1e-12:
                found, loss = tried, tried_loss
                break
        else:
            break
    return found


def _loss(tried: Calibration, before: Calibration, labels: Sequence[Label]) -> float:
    """The negative logarithm of what is believed of it: the labels under it, and how far it is from `before`."""
    apart = (tried.intercept - before.intercept) ** 2 + (tried.slope - before.slope) ** 2
    missed = 0.0
    for label in labels:
        odds = tried.intercept + tried.slope * label.evidence
        missed += _softplus(-odds if label.right else odds)
    return apart / (2 * PRIOR_SPREAD**2) + missed


def _softplus(value: float) -> float:
    return max(value, 0.0) + math.log1p(math.exp(-abs(value)))


def _newton_step(found: Calibration, before: Calibration, labels: Sequence[Label]) -> tuple[float, float]:
    """Two unknowns, solved by hand."""
    pull = 1 / PRIOR_SPREAD**2
    first = [pull * (found.intercept - before.intercept), pull * (found.slope - before.slope)]
    second = [pull, 0.0, pull]
    for label in labels:
        probability = logistic(found.intercept + found.slope * label.evidence)
        error, spread = probability - label.right, probability * (1 - probability)
        first[0] += error
        first[1] += error * label.evidence
        second[0] += spread
        second[1] += spread * label.evidence
        second[2] += spread * label.evidence**2
    if found.slope <= 0.0 and first[1] > 0:
        # The slope would go below zero: the intercept alone moves.
        return first[0] / second[0], 0.0
    scale = second[0] * second[2] - second[1] ** 2
    return (
        (first[0] * second[2] - first[1] * second[1]) / scale,
        (first[1] * second[0] - first[0] * second[1]) / scale,
    )


def calibration_error(scored: Sequence[tuple[float, bool]], bins: int = 10) -> float:
    """Expected calibration error: how far scores and the share of right answers are apart, in equal bins of score."""
    error = 0.0
    for place in range(bins):
        inside = [(s, r) for s, r in scored if min(int(s * bins), bins - 1) == place]
        error += abs(sum(s for s, _ in inside) - sum(r for _, r in inside))
    return error / len(scored) if scored else 0.0


def log_odds(probability: float) -> float:
    """Evidence of a probability; kept within what a label could ever tell."""
    held = min(max(probability, logistic(-_LIMIT)), logistic(_LIMIT))
    return math.log(held / (1 - held))


def logistic(evidence: float) -> float:
    """Probability of evidence."""
    return 1 / (1 + math.exp(-evidence)) if evidence >= 0 else 1 - 1 / (1 + math.exp(evidence))
