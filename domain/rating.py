"""How well a student does in a subject, as one number on the scale of chess ratings.

The formula is Elo's (The Rating of Chessplayers, Past and Present, 1978), with a question in the place of the
opponent. The database function `update_student_rating` moves ratings; this module says the same in Python, digit
for digit, for predictions, for replays, and for the test that holds the two against each other.

What is handed to that formula, the question's rating and K, comes from a model of three parts: the student's rating,
the question's, and how well this student knows this very question. Each part has a standard deviation, and what an
answer tells beyond what was expected is shared among them by their variances: an extended Kalman filter with a
diagonal covariance, in one dimension Glickman's rating system (Parameter estimation in large dynamic paired comparison
experiments, 1999). Pelánek (Applications of the Elo rating system in adaptive educational systems, 2016) reviews the
family; a part for the pair of student and question is his PFAE's. docs/decisions/0008 has the figures.
"""

import math
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Context, Decimal
from uuid import UUID

START = 1000
"""The rating before the first answer."""
FLOOR = 100
"""No rating falls below it."""
K_FACTOR = 32
"""Points by which one answer moves a settled rating at most, unless said otherwise."""
EASIEST_QUESTION = 600
DIFFICULTY_STEP = 100
HIGHEST_QUESTION = 10_000

STUDENT_DEVIATION = 180.0
"""Points; standard deviation of a student's rating before the first answer.

230 predicts the first answers a little better, but a single slip would then cost a new student 200 points."""
QUESTION_DEVIATION = 190.0
"""The same of a question's, which starts from its difficulty."""
FAMILIARITY_DEVIATION = 165.0
"""The same of how well a student knows a question; it stays, for a memory changes as fast as it is measured."""
GAIN_RIGHT = 40.0
"""Points by which a question gets easier for who has answered it right, whatever was expected."""
GAIN_WRONG = 80.0
"""The same after a wrong answer, which shows what there was to learn: the solution follows it."""

_EXACT = Context(prec=60, rounding=ROUND_HALF_UP)
_POINT = math.log(10) / 400  # one point of rating, in natural log odds


@dataclass(frozen=True, slots=True)
class StudentRating:
    """One student's rating in one subject."""

    id: UUID
    student_id: UUID
    subject_id: UUID
    rating: int
    deviation: Decimal
    """Points; the standard deviation of the rating."""
    answers: int
    """How many answers the rating rests on."""
    last_updated: datetime


@dataclass(frozen=True, slots=True)
class QuestionRating:
    """The rating of a question of the bank, once it has been answered."""

    rating: Decimal
    deviation: Decimal
    answers: int
    last_updated: datetime


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of a student in a subject, or of a question: a rating and how sure it is."""

    points: float
    deviation: float
    answers: int = 0


@dataclass(frozen=True, slots=True)
class Familiarity:
    """How much easier one question is for one student than their ratings say."""

    points: float = 0.0
    answers: int = 0


@dataclass(frozen=True, slots=True)
class Answered:
    """What follows from one answer."""

    predicted: float
    """The score that was expected, 0 to 1."""
    question_rating: int
    """For `update_student_rating`: the question's rating for this student, as if nobody could guess."""
    k: int
    """For `update_student_rating`."""
    student: Standing
    question: Standing
    familiarity: Familiarity


NEW_STUDENT = Standing(START, STUDENT_DEVIATION)
UNKNOWN = Familiarity()


def question_rating(difficulty: int | None) -> int:
    """The rating of a question of difficulty 1 to 10: 600 for 1, 100 more for each step, 1500 for 10.

    A new student, at 1000, then has even chances at difficulty 5. A question of unknown difficulty counts as that.
    This is where a question starts; answers move it from there.
    """
    return START if difficulty is None else EASIEST_QUESTION + DIFFICULTY_STEP * (difficulty - 1)


def new_question(difficulty: int | None) -> Standing:
    """A question that nobody has answered."""
    return Standing(question_rating(difficulty), QUESTION_DEVIATION)


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
    if not 0 <= question <= HIGHEST_QUESTION:
        raise ValueError(f"question rating {question} is not within 0..10000")
    if not 1 <= k <= 1_000:
        raise ValueError(f"K factor {k} is not within 1..1000")
    surprise = _EXACT.subtract(score, expected_score(rating, question))
    moved = _EXACT.add(rating, _EXACT.multiply(k, surprise))
    return max(FLOOR, int(moved.to_integral_value(ROUND_HALF_UP)))


def guess_chance(choices: int) -> float:
    """The chance to be right without knowing: one in the number of choices, none where there are none."""
    return 1 / choices if choices > 1 else 0.0


def predicted_success(student: float, question: float, familiarity: Familiarity = UNKNOWN, guess: float = 0.0) -> float:
    """The score, 0 to 1, that a student with the rating `student` is expected to reach on a question.

    `guess` is the chance to be right without knowing; who does not know still has it (Birnbaum's third parameter).
    """
    return guess + (1 - guess) * _known(student + familiarity.points - question)


def settled_deviation(k: int) -> float:
    """The standard deviation, in points, under which no rating falls: with it one answer moves by K at most."""
    return math.sqrt(k / _POINT)


def answered(
    student: Standing,
    question: Standing,
    familiarity: Familiarity,
    score: Decimal,
    *,
    guess: float = 0.0,
    k: int = K_FACTOR,
) -> Answered:
    """What one answer, scored 0 to 1, says about the student, the question and the memory of it.

    `k` is the setting: points by which one answer moves a settled rating at most. All numbers are rounded to what the
    database keeps, so that a replay of stored answers comes to what is stored.
    """
    known = _known(student.points + familiarity.points - question.points)
    predicted = min(max(guess + (1 - guess) * known, 0.005), 0.995)
    slope = (1 - guess) * known * (1 - known) * _POINT
    variances = student.deviation**2, question.deviation**2, FAMILIARITY_DEVIATION**2
    # Points a part moves for one whole point of score more than expected, for each unit of its variance.
    share = slope / (slope * slope * sum(variances) + predicted * (1 - predicted))
    floor = settled_deviation(k)
    surprise = float(score) - predicted

    # A settled part keeps its uncertainty: students learn, and questions come to be known.
    def narrowed(deviation: float) -> float:
        return round(max(floor, deviation * math.sqrt(max(1 - deviation**2 * share * slope, 0.0))), 2)

    own_k = min(max(round(variances[0] * share), 1), 1_000)
    even = round(student.points - 400 * math.log10(predicted / (1 - predicted)))
    rating_for_student = min(max(even, 0), HIGHEST_QUESTION)
    gain = GAIN_WRONG + (GAIN_RIGHT - GAIN_WRONG) * float(score)
    return Answered(
        predicted=round(predicted, 3),
        question_rating=rating_for_student,
        k=own_k,
        student=Standing(
            updated_rating(round(student.points), rating_for_student, score, own_k),
            narrowed(student.deviation),
            student.answers + 1,
        ),
        question=Standing(
            round(min(max(question.points - variances[1] * share * surprise, 0.0), HIGHEST_QUESTION), 2),
            narrowed(question.deviation),
            question.answers + 1,
        ),
        familiarity=Familiarity(
            round(min(max(familiarity.points + variances[2] * share * surprise + gain, -5_000.0), 5_000.0), 2),
            familiarity.answers + 1,
        ),
    )


def _known(ahead: float) -> float:
    """The chance to know the answer, for a student who is so many points ahead of a question."""
    return 1 / (1 + 10 ** (-min(max(ahead, -4_000.0), 4_000.0) / 400))
