"""The model behind the ratings: what one answer says, and to whom."""

import math
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.rating import (
    GAIN_RIGHT,
    GAIN_WRONG,
    NEW_STUDENT,
    UNKNOWN,
    Answered,
    Familiarity,
    Standing,
    answered,
    guess_chance,
    new_question,
    predicted_success,
    settled_deviation,
    updated_rating,
)

RIGHT, WRONG = Decimal(1), Decimal(0)
SCORES = st.decimals(min_value=0, max_value=1, places=2)
# Not near the floor, where a question's rating for the student would have to be negative.
standings = st.builds(
    Standing, st.integers(700, 4_000).map(float), st.decimals(50, 190, places=2).map(float), st.integers(0, 1_000)
)
familiarities = st.builds(Familiarity, st.integers(-300, 300).map(float), st.integers(0, 50))


def test_a_first_answer_by_hand() -> None:
    # Even chances: slope = 0.25 ln(10)/400, variances 180^2, 190^2 and 165^2.
    slope = 0.25 * 0.005756462732
    share = slope / (slope**2 * (180**2 + 190**2 + 165**2) + 0.25)
    found = answered(NEW_STUDENT, new_question(5), UNKNOWN, RIGHT)
    assert (found.predicted, found.question_rating, found.k) == (0.5, 1000, round(180**2 * share))
    assert found.student.points == 1000 + round(found.k / 2)
    assert found.question.points == pytest.approx(1000 - 190**2 * share / 2, abs=0.01)
    assert found.familiarity.points == pytest.approx(165**2 * share / 2 + GAIN_RIGHT, abs=0.01)
    assert found.familiarity.answers == 1
    assert found.student.deviation == pytest.approx(180 * (1 - 180**2 * share * slope) ** 0.5, abs=0.01)
    assert (found.student.answers, found.question.answers) == (1, 1)


def test_a_wrong_answer_is_a_lesson() -> None:
    found = answered(NEW_STUDENT, new_question(5), UNKNOWN, WRONG)
    right = answered(NEW_STUDENT, new_question(5), UNKNOWN, RIGHT)
    assert found.familiarity.points - GAIN_WRONG == pytest.approx(GAIN_RIGHT - right.familiarity.points, abs=0.02)


@given(standings, standings, familiarities, SCORES, st.sampled_from([0, 2, 4, 5]), st.integers(1, 200))
def test_what_always_holds(
    student: Standing, question: Standing, known: Familiarity, score: Decimal, choices: int, k: int
) -> None:
    guess = guess_chance(choices)
    found = answered(student, question, known, score, guess=guess, k=k)
    assert found.student.points == updated_rating(round(student.points), found.question_rating, score, found.k)
    assert found.predicted >= round(guess, 3) - 0.001
    assert 1 <= found.k <= 1_000
    surprise = float(score) - found.predicted
    # A point of rounding, of the question's rating and of K.
    assert found.student.points * 1.0 == pytest.approx(max(100, student.points + found.k * surprise), abs=2)
    if abs(surprise) > 0.01 and found.student.points > 100:
        assert (found.student.points - student.points) * surprise >= 0
        assert (found.question.points - question.points) * surprise <= 0
    for before, after in ((student, found.student), (question, found.question)):
        assert after.deviation <= max(before.deviation, round(settled_deviation(k), 2))
        assert after.deviation >= round(settled_deviation(k), 2)
        assert after.answers == before.answers + 1


def test_a_settled_rating_moves_by_k_at_most() -> None:
    settled = Standing(1000, settled_deviation(32))
    sure = Standing(1000, 0.01)
    found = answered(settled, sure, UNKNOWN, RIGHT, k=32)
    assert 20 < found.k <= 32
    assert found.student.deviation == round(settled_deviation(32), 2) == 74.56


def test_a_lucky_guess_counts_for_less() -> None:
    hard = Standing(1600, 100)
    plain = answered(NEW_STUDENT, hard, UNKNOWN, RIGHT)
    chosen = answered(NEW_STUDENT, hard, UNKNOWN, RIGHT, guess=guess_chance(4))
    assert (plain.predicted, chosen.predicted) == (0.031, 0.273)
    assert chosen.student.points - 1000 < (plain.student.points - 1000) / 4
    # A wrong choice is all the more telling where nobody would have guessed wrong.
    easy = Standing(600, 100)
    assert predicted_success(1000, 600, guess=0.25) == pytest.approx(0.25 + 0.75 * 10 / 11)
    missed = answered(NEW_STUDENT, easy, UNKNOWN, WRONG, guess=0.25)
    assert missed.student.points < 1000


def test_guessing_by_hand() -> None:
    # Who has even chances to know is right five times in eight, and each answer tells less: 0.75 of the slope.
    slope = 0.75 * 0.25 * 0.005756462732
    share = slope / (slope**2 * (180**2 + 190**2 + 165**2) + 0.625 * 0.375)
    found = answered(NEW_STUDENT, new_question(5), UNKNOWN, RIGHT, guess=0.25)
    assert (found.predicted, found.k) == (0.625, round(180**2 * share))
    assert found.question.points == pytest.approx(1000 - 190**2 * share * 0.375, abs=0.01)
    # By Elo's formula that is the chance on a question of this rating.
    assert found.question_rating == round(1000 - 400 * math.log10(0.625 / 0.375))


def test_uncertainty_decides_who_moves() -> None:
    def moved(student: float, question: float) -> Answered:
        return answered(Standing(1000, student), Standing(1000, question), UNKNOWN, RIGHT)

    new_student, new_item = moved(180, 75), moved(75, 190)
    assert new_student.student.points - 1000 > 4 * (1000 - new_student.question.points)
    assert 1000 - new_item.question.points > 4 * (new_item.student.points - 1000)


@pytest.mark.parametrize("extreme", [-(10.0**6), 10.0**6])
def test_absurd_distances_overflow_nothing(extreme: float) -> None:
    found = answered(Standing(100, 180), new_question(10), Familiarity(extreme, 3), RIGHT)
    assert 0 <= found.question_rating <= 10_000
    assert abs(found.familiarity.points) <= 5_000
    assert 0 < found.predicted < 1


@pytest.mark.parametrize(("choices", "chance"), [(0, 0.0), (1, 0.0), (2, 0.5), (4, 0.25)])
def test_guessing(choices: int, chance: float) -> None:
    assert guess_chance(choices) == chance
