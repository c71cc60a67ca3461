"""What somebody was told, against what they should have been told."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from tests.faults.subscriber import Received


@dataclass(frozen=True, slots=True)
class Verdict:
    """How many events went wrong, in each way there is."""

    lost: int
    repeated: int
    foreign: int
    """Told, though the log or the recipient's rights do not have it."""
    out_of_order: int
    """Told after a later one."""


FAULTLESS = Verdict(0, 0, 0, 0)


def judge(received: Sequence[Received], expected: Sequence[Received]) -> Verdict:
    """Compare; `expected` is in the order of the log."""
    counts = Counter(received)
    places = {event: place for place, event in enumerate(expected)}
    highest, out_of_order = -1, 0
    for event in dict.fromkeys(received):
        place = places.get(event, highest)
        out_of_order += place < highest
        highest = max(highest, place)
    return Verdict(
        lost=sum(event not in counts for event in expected),
        repeated=sum(count - 1 for count in counts.values()),
        foreign=sum(event not in places for event in counts),
        out_of_order=out_of_order,
    )
