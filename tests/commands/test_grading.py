"""`trial grading`."""

import json
from collections.abc import Mapping
from pathlib import Path

from tests.commands.conftest import Cli

_ITEMS: list[dict[str, object]] = [
    {"answer_type": "numeric", "question": "How many apples are left?", "answer": "1250"},
    {"answer_type": "math_expression", "question": "Simplify $$x+x+3y$$", "answer": "$$2x+3y$$"},
    {"answer_type": "math_expression", "question": "What is the chance?", "answer": "$$\\frac{7}{4}$$"},
    {"answer_type": "math_expression", "question": "Solve $$2x=5$$", "answer": "$$x=2.5$$"},
    {"answer_type": "multiple_choice", "question": "The capital?", "answer": "Rome", "choices": ["Oslo", "Rome", "10"]},
]


def _file(place: Path, *items: Mapping[str, object]) -> Path:
    file = place / "bank.jsonl"
    bank = [{"id": str(n), "subject": "S", "topic": "T", "difficulty": 5, **item} for n, item in enumerate(items)]
    file.write_text("".join(f"{json.dumps(item)}\n" for item in bank))
    return file


def test_answers_are_graded_in_many_writings_and_so_are_near_misses(cli: Cli, tmp_path: Path) -> None:
    done = cli("trial", "grading", _file(tmp_path, *_ITEMS))
    assert (done.exit_code, done.stderr) == (0, "")
    first, right, wrong = done.stdout.splitlines()
    assert first == "5 questions"
    assert right.startswith("Right, in other writings: ")
    assert wrong.startswith("Wrong, but near: 0 of ")
    taken, written = (int(word) for word in right.split() if word.isdigit())
    assert 50 < taken == written


def test_what_is_misjudged_is_told(cli: Cli, tmp_path: Path) -> None:
    bad = {"answer_type": "math_expression", "question": "Of which 3 and 4?", "answer": "3, 3+1"}
    done = cli("trial", "grading", _file(tmp_path, bad), "--show", "1")
    assert done.exit_code == 1
    assert "score above 0.\n  two answers: " in done.stdout
    assert done.stdout.splitlines()[-1].startswith("0: ")
    done = cli("trial", "grading", tmp_path / "none.jsonl")
    assert (done.exit_code, done.stdout) == (1, "")
    assert "cannot be read" in done.stderr
