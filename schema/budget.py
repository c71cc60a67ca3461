"""What each person may have operations cost, in points as `schema.cost` counts them: so much, refilled steadily.

Each process keeps its own; decision 12 says why.
"""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from math import ceil

MAX_PEOPLE = 20_000
"""Who have spent something lately; of more, those who spent longest ago start anew."""


class Spent(Exception):
    """Nothing is left for an operation now; the text says how much it costs and what there is."""

    def __init__(self, points: int, left: int, capacity: int, seconds: int) -> None:
        super().__init__(
            f"The operation may cost {points:,} points, and of the {capacity:,} that you have at most "
            f"{left:,} are left; ask for less, or again in {seconds} s."
        )
        self.seconds = seconds
        """When there will be enough."""


class Budget:
    """Of all people, by their token subjects."""

    def __init__(self, capacity: int, per_second: float, clock: Callable[[], float] = time.monotonic) -> None:
        """`per_second` points are refilled."""
        self.capacity = capacity
        self.per_second = per_second
        self._clock = clock
        self._spent: OrderedDict[str, tuple[float, float]] = OrderedDict()
        """Points, and when they were that many; who spent last comes last."""

    def take(self, subject: str, points: int) -> None:
        """Set points aside for an operation. Raises Spent."""
        spent = self._now_spent(subject)
        if spent + points > self.capacity:
            missing = spent + points - self.capacity
            raise Spent(points, int(self.capacity - spent), self.capacity, ceil(missing / self.per_second))
        self._keep(subject, spent + points)

    def settle(self, subject: str, taken: int, cost: int) -> int:
        """Put right what was taken, now that an operation's cost is known; how many points are left."""
        spent = min(max(self._now_spent(subject) + cost - taken, 0), self.capacity)
        self._keep(subject, spent)
        return int(self.capacity - spent)

    def _now_spent(self, subject: str) -> float:
        known = self._spent.get(subject)
        if known is None:
            return 0.0
        spent, then = known
        return max(spent - (self._clock() - then) * self.per_second, 0.0)

    def _keep(self, subject: str, spent: float) -> None:
        self._spent[subject] = (spent, self._clock())
        self._spent.move_to_end(subject)
        if len(self._spent) > MAX_PEOPLE:
            self._spent.popitem(last=False)


@dataclass(slots=True)
class Bill:
    """Of one operation."""

    budget: Budget
    subject: str | None
    """Who pays; nobody who is not signed in can read anything, so nobody does."""
    requested: int
    """Points that it costs at most, and that were taken for it."""
    taken: int = 0

    def take(self) -> None:
        """Set the points aside. Raises Spent."""
        if self.subject is not None:
            self.budget.take(self.subject, self.requested)
            self.taken = self.requested

    def settle(self, actual: int | None) -> dict[str, int | None]:
        """For the answer's `extensions`: what it cost. None is for what cannot be told, and is as much as requested."""
        cost = self.requested if actual is None else max(actual, 1)
        left = None
        if self.subject is not None:
            left = self.budget.settle(self.subject, self.taken, cost)
            self.taken = cost
        return {"requested": self.requested, "actual": cost, "remaining": left}

    def cancel(self) -> None:
        """Give everything back: nothing runs."""
        if self.taken and self.subject is not None:
            self.budget.settle(self.subject, self.taken, 0)
            self.taken = 0
