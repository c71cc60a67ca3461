"""Trying the model on recorded answers: the measures, the file, and that the model earns its parts."""

import io
import math
import random

import pytest

from domain.rating_trial import MalformedAnswers, Prediction, RecordedAnswer, quality, read_answers, replayed


def _predictions(*pairs: tuple[float, int]) -> list[Prediction]:
    return [Prediction("s", chance, bool(right)) for chance, right in pairs]


def test_measures_by_hand() -> None:
    found = quality(_predictions((0.9, 1), (0.8, 0), (0.8, 1), (0.3, 0)))
    # Of the four pairs of a right and a wrong answer one is a tie.
    assert (found.answers, found.auc, found.base_brier) == (4, 3.5 / 4, 0.25)
    assert found.brier == pytest.approx((0.01 + 0.64 + 0.04 + 0.09) / 4)
    assert found.calibration_error == pytest.approx((0.1 + 0.6 + 0.3) / 4)
    with pytest.raises(ValueError, match="right and wrong"):
        quality(_predictions((0.5, 1)))


def test_a_file_is_read_in_the_order_of_the_answers() -> None:
    text = "student,item,skill,correct,order\nb,x,s,1,2\nb,y,s,0,1\na,x,s,1,1\n"
    assert read_answers(io.StringIO(text)) == [
        RecordedAnswer("a", "x", True, 1),
        RecordedAnswer("b", "y", False, 1),
        RecordedAnswer("b", "x", True, 2),
    ]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "columns correct, item, order, student"),
        ("student,item,correct\n", "columns order"),
        ("student,item,correct,order\na,x,2,1\n", "line 2"),
        ("student,item,correct,order\na,x,1,1\na,x,1,first\n", "line 3"),
        ("student,item,correct,order\na,x,1\n", "line 2"),
    ],
)
def test_a_file_that_is_something_else(text: str, fault: str) -> None:
    with pytest.raises(MalformedAnswers, match=fault):
        read_answers(io.StringIO(text))


def test_the_first_fifth_is_not_scored() -> None:
    answers = [RecordedAnswer("a", "x", number % 2 == 0, number) for number in range(1, 11)]
    assert len(replayed(answers)) == 8


def test_students_who_remember_are_predicted_well() -> None:
    chance = random.Random(5)  # noqa: S311 - a simulation
    items = {f"i{number}": chance.gauss(1000, 150) for number in range(60)}
    answers = []
    for student in range(12):
        level, seen = chance.gauss(1000, 200), dict.fromkeys(items, 0)
        for order in range(1, 301):
            item = chance.choice(sorted(items))
            ahead = level + 150 * seen[item] - items[item]
            answers.append(RecordedAnswer(f"s{student}", item, chance.random() < 1 / (1 + 10 ** (-ahead / 400)), order))
            seen[item] += 1
    answers.sort(key=lambda answer: (answer.order, answer.student))
    found = quality(replayed(answers))
    assert found.auc > 0.8
    assert found.brier < 0.8 * found.base_brier
    assert found.calibration_error < 0.05
    assert not math.isnan(found.auc)
