"""Computer algebra in its own process: right, bounded in time, and back after it was killed."""

import os
import signal
from collections.abc import AsyncIterator

import pytest

from domain.algebra.grammar import parse
from domain.algebra.process import Algebra
from tests.eventually import until


@pytest.fixture(scope="module")
async def algebra() -> AsyncIterator[Algebra]:
    """One process for all, as it takes a moment to start."""
    async with Algebra(seconds=20) as running:
        yield running


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("(x+1)^2", "x^2+2x+1", True),
        ("(x^2-1)/(x-1)", "x+1", True),
        (r"\sqrt{x^2}", "x", True),
        ("sqrt(8)", "2sqrt(2)", True),
        ("sin(x)^2+cos(x)^2", "1", True),
        ("x+1", "x+2", False),
        ("(x+1)/x", "1", False),
        ("1/3", "0.3333333333", False),
    ],
)
async def test_sameness(algebra: Algebra, one: str, other: str, same: bool) -> None:
    assert await algebra.same(parse(one), parse(other)) is same


async def test_what_takes_too_long_is_given_up_and_the_next_is_answered() -> None:
    async with Algebra(seconds=0.5) as algebra:
        assert await algebra.same(parse("2^(9^(9^9))"), parse("3^(9^(9^9))")) is None
    async with Algebra(seconds=20) as algebra:
        assert await algebra.same(parse("x+x"), parse("2x")) is True
        process = algebra._process
        assert process is not None
        os.kill(process.pid, signal.SIGKILL)
        assert await algebra.same(parse("x+x"), parse("2x")) in {None, True}
        assert await algebra.same(parse("x+x"), parse("2x")) is True
        pid = algebra._process.pid if algebra._process else 0
    await until(lambda: _gone(pid))


def _gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False
