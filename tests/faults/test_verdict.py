"""The judge of the fault test sees what is wrong, and nothing else."""

from collections.abc import Sequence

import pytest

from tests.faults.subscriber import Received
from tests.faults.verdict import FAULTLESS, Verdict, judge


def _events(numbers: Sequence[int]) -> list[Received]:
    return [Received(f"cursor {number}", f"thing {number}") for number in numbers]


@pytest.mark.parametrize(
    ("received", "verdict"),
    [
        ([1, 2, 3, 4], FAULTLESS),
        ([1, 2, 4], Verdict(lost=1, repeated=0, foreign=0, out_of_order=0)),
        ([], Verdict(lost=4, repeated=0, foreign=0, out_of_order=0)),
        ([1, 2, 2, 3, 4], Verdict(lost=0, repeated=1, foreign=0, out_of_order=0)),
        ([1, 2, 3, 4, 1, 2, 3, 4], Verdict(lost=0, repeated=4, foreign=0, out_of_order=0)),
        ([1, 3, 2, 4], Verdict(lost=0, repeated=0, foreign=0, out_of_order=1)),
        ([4, 3, 2, 1], Verdict(lost=0, repeated=0, foreign=0, out_of_order=3)),
        ([1, 2, 3, 9, 4], Verdict(lost=0, repeated=0, foreign=1, out_of_order=0)),
    ],
)
def test_verdicts(received: list[int], verdict: Verdict) -> None:
    assert judge(_events(received), _events([1, 2, 3, 4])) == verdict


def test_the_right_thing_under_another_cursor_is_two_faults() -> None:
    told = [Received("cursor 1", "thing 2")]
    assert judge(told, _events([1])) == Verdict(lost=1, repeated=0, foreign=1, out_of_order=0)
