"""How well a student does in a subject, as one number on the scale of chess ratings.

The formula is Elo's (The Rating of Chessplayers, Past and Present, 1978), with a question in the place of the
opponent. The database function `update_student_rating` moves ratings; this module says the same in Python, digit
for digit, for predictions, for replays, and for the test that holds the two against each other.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Context, Decimal
from uuid import UUID

START = 1000
"""The rating before the first answer."""
FLOOR = 100
"""No rating falls below it."""
K_FACTOR = 32
"""Points that one answer can move a rating at most, unless said otherwise."""
EASIEST_QUESTION = 600
DIFFICULTY_STEP = 100

_EXACT = Context(prec=60, rounding=ROUND_HALF_UP)


@dataclass(frozen=True, slots=True)
class StudentRating:
    """One student's rating in one subject."""

    id: UUID
    student_id: UUID
    subject_id: UUID
    rating: int
    last_updated: datetime


def question_rating(difficulty: int | None) -> int:
    """The rating of a question of difficulty 1 to 10: 600 for 1, 100 more for each step, 1500 for 10.

    A new student, at 1000, then has even chances at difficulty 5. A question of unknown difficulty counts as that.
    """
    return START if difficulty is None else EASIEST_QUESTION + DIFFICULTY_STEP * (difficulty - 1)


def expected_score(rating: int, question: int) -> Decimal:
    """The score, between 0 and 1, that a student of this rating is expected to reach on a question of that rating.

    To as many decimals as PostgreSQL's numeric division keeps (20, and 4 more whenever the divisor grows by a
    factor of 10,000): only then do ties round alike.
    """
    divisor = _EXACT.add(1, _EXACT.power(10, _EXACT.divide(Decimal(question - rating), 400)))
    decimals = 20 + 4 * (divisor.adjusted() // 4)
    return _EXACT.divide(1, divisor).quantize(Decimal(1).scaleb(-decimals), context=_EXACT)


def updated_rating(rating: int, question: int, score: Decimal, k: int = K_FACTOR) -> int:
    """The rating after an answer scored 0 to 1, to the nearest whole point, halves away from zero.

    Raises ValueError for a score, question (0 to 10,000) or K (1 to 1,000) out of bounds, as the database does.
    """
    if not (score.is_finite() and 0 <= score <= 1):
        raise ValueError(f"performance score {score} is not within 0..1")
    if not 0 <= question <= 10_000:
        raise ValueError(f"question rating {question} is not within 0..10000")
    if not 1 <= k <= 1_000:
        raise ValueError(f"K factor {k} is not within 1..1000")
    surprise = _EXACT.subtract(score, expected_score(rating, question))
    moved = _EXACT.add(rating, _EXACT.multiply(k, surprise))
    return max(FLOOR, int(moved.to_integral_value(ROUND_HALF_UP)))
