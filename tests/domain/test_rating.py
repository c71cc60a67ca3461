"""Ratings: the formula in Python and the function in PostgreSQL give the same number, ties and bounds included."""

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from domain.rating import FLOOR, START, expected_score, question_rating, updated_rating
from tests.servers import Database

SCORES = st.decimals(min_value=0, max_value=1, places=2)


class InSql:
    """The database's function over one student's rating."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self.connection = connection
        self.student, self.subject = uuid4(), uuid4()
        connection.execute(
            "insert into users (id, cognito_sub, email, role) values (%s, 's', 's@school.test', 'student')",
            [self.student],
        )
        connection.execute("insert into subjects (id, name) values (%s, 'Algebra')", [self.subject])

    def updated_rating(self, rating: int, question: int, score: Decimal, k: int) -> int:
        """The rating that the function moves `rating` to."""
        self.connection.execute(
            "insert into student_ratings (student_id, subject_id, rating) values (%s, %s, %s)"
            " on conflict (student_id, subject_id) do update set rating = excluded.rating",
            [self.student, self.subject, rating],
        )
        cursor = self.connection.execute(
            "select update_student_rating(%s, %s, %s, %s, %s)", [self.student, self.subject, question, score, k]
        )
        ((returned,),) = cursor.fetchall()
        assert self.connection.execute("select rating from student_ratings").fetchall() == [(returned,)]
        return int(returned)


@pytest.fixture
def in_sql(database_on_each_server: Database) -> Iterator[InSql]:
    """The function, on each PostgreSQL of the machine."""
    with psycopg.connect(database_on_each_server.owner_url, autocommit=True) as connection:
        yield InSql(connection)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(100, 5_000), st.integers(0, 10_000), SCORES, st.integers(1, 1_000))
@example(1000, 1000, Decimal("0.5"), 32)
@example(1000, 600, Decimal("0.50"), 11)  # moves by -4.5, were 10/11 not rounded up
@example(1000, 1400, Decimal("0.50"), 11)
@example(1000, 1000, Decimal("1.00"), 1)  # moves by half a point
@example(1000, 1000, Decimal("0.00"), 1)
@example(100, 100, Decimal("0.00"), 1_000)
@example(5_000, 0, Decimal("1.00"), 32)
@example(100, 10_000, Decimal("1.00"), 1_000)
def test_python_and_sql_agree(in_sql: InSql, rating: int, question: int, score: Decimal, k: int) -> None:
    assert updated_rating(rating, question, score, k) == in_sql.updated_rating(rating, question, score, k)


def _ties(apart: int) -> list[tuple[Decimal, int]]:
    """The scores and K that move a rating by an exact half, `apart` times 400 points from the question.

    At other distances there are none: the expected score is irrational, or K would have to be greater.
    """
    expected = 1 / (1 + Fraction(10) ** apart)
    return [
        (Decimal(score) / 100, k)
        for k in range(1, 1_001)
        for score in range(101)
        if (k * (Fraction(score, 100) - expected)).denominator == 2
    ]


@pytest.mark.parametrize("apart", [-2, -1, 0, 1, 2])
def test_python_and_sql_agree_on_every_tie(in_sql: InSql, apart: int) -> None:
    ties = _ties(apart)
    assert ties
    question = 2000 + 400 * apart
    moved = [updated_rating(2000, question, score, k) for score, k in ties]
    assert moved == [in_sql.updated_rating(2000, question, score, k) for score, k in ties]


def test_both_refuse_what_is_out_of_bounds(in_sql: InSql) -> None:
    for question, points, k in [(-1, "0", 32), (10_001, "0", 32), (0, "-0.01", 32), (0, "1.01", 32), (0, "0", 0)]:
        score = Decimal(points)
        with pytest.raises(ValueError, match="is not within"):
            updated_rating(1000, question, score, k)
        with pytest.raises(psycopg.errors.InvalidParameterValue, match="is not within"):
            in_sql.updated_rating(1000, question, score, k)


@pytest.mark.parametrize("score", ["NaN", "sNaN", "Infinity"])
def test_a_score_is_a_number(score: str) -> None:
    with pytest.raises(ValueError, match="is not within"):
        updated_rating(1000, 1000, Decimal(score))


@given(st.integers(100, 5_000), st.integers(0, 10_000), st.integers(1, 1_000))
def test_a_rating_moves_the_right_way_and_no_further_than_k(rating: int, question: int, k: int) -> None:
    worst, best = (updated_rating(rating, question, Decimal(score), k) for score in (0, 1))
    assert FLOOR <= worst <= rating <= best
    assert best - rating <= k
    assert rating - worst <= k


def test_the_scale() -> None:
    assert [question_rating(difficulty) for difficulty in (1, 5, 10, None)] == [600, 1000, 1500, START]
    assert expected_score(1000, 1000) == Decimal("0.5")
    assert updated_rating(1000, 1000, Decimal(1)) == 1016
    assert updated_rating(1000, 1000, Decimal(0)) == 984
    # A rounded expectation of 1/11: 400 points apart.
    assert updated_rating(1000, 1400, Decimal(1)) == 1029
