"""`summarise` and `trial summaries`."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.commands.conftest import Cli, rows
from tests.servers import Database

TURNS = [
    ("tutor", "How high does a ladder of 5 m reach that stands 3 m from the wall?"),
    ("student", "I added the two, 5 + 3 = 8. So it reaches 8 m."),
    ("tutor", "Not quite: the ladder is the longest side, so you cannot add. Which theorem helps?"),
    ("student", "Oh, Pythagoras! I should have subtracted the squares, 25 - 9 = 16. So it reaches 4 m."),
    ("tutor", "Exactly, well done!"),
    ("student", "Can I try one more?"),
]


@pytest.fixture
def lessons(tmp_path: Path) -> Path:
    """A file of two sessions, one of them short."""
    file = tmp_path / "lessons.jsonl"
    lines = [{"id": name, "subject": "Geometry", "turns": said(turns)} for name, turns in _LESSONS.items()]
    file.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    return file


_LESSONS = {"long": TURNS, "short": TURNS[:2]}


def said(turns: list[tuple[str, str]]) -> list[dict[str, Any]]:
    """As a file has them."""
    return [{"speaker": speaker, "text": text} for speaker, text in turns]


def test_missing_summaries_are_written_once(cli: Cli, people: Database, lessons: Path) -> None:
    settings = {"DATABASE_URL": people.app_url}
    who = ("--student", "student@school.test", "--tutor", "tutor@school.test")
    assert cli("import", "transcripts", lessons, *who, **settings).exit_code == 0
    first = cli("summarise", **settings)
    assert (first.exit_code, first.stderr) == (0, "")
    assert re.fullmatch(
        r"2 of 2 missing summaries written in [\d.]+ s, with \d+ MB at most\. "
        r"All summaries together: \d+ claims, 0 not borne out by their turns\.\n",
        first.stdout,
    )
    assert cli("summarise", **settings).stdout.startswith("0 of 0 missing summaries written")
    kinds = rows(people, "select summary_type, version from summaries order by summary_type")
    assert kinds == [("brief", 1), ("normal", 1)]
    assert rows(people, "select count(*) from summary_claims where cardinality(turn_numbers) = 0") == [(0,)]
    # The import has left the same as jobs, for whoever serves.
    jobs = "select count(*) from jobs.procrastinate_jobs where task_name = 'summarise'"
    assert rows(people, jobs) == [(2,)]


def test_a_summary_that_cannot_be_written_is_told(cli: Cli, people: Database, lessons: Path) -> None:
    settings = {"DATABASE_URL": people.app_url}
    who = ("--student", "student@school.test", "--tutor", "tutor@school.test")
    cli("import", "transcripts", lessons, *who, **settings)
    rows(people, "update sessions set transcript_text = 'v1:gone:AAAA' where external_id = 'long'")
    done = cli("summarise", **settings)
    assert done.exit_code == 1
    assert done.stdout.startswith("1 of 2 missing summaries written")
    assert done.stderr.startswith("1 could not be written: ")


def test_the_trial_checks_every_claim_and_plants_lies(cli: Cli, lessons: Path) -> None:
    done = cli("trial", "summaries", lessons, "--show", "lo")
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout.startswith("long (normal)\n  A Geometry session. A mistake was put right, and the student")
    assert "short (brief)" not in done.stdout
    assert "\n2 summaries (1 brief, 1 normal) in " in done.stdout
    assert re.search(r"\n\d+ claims, 0 without turns, 0 not borne out by them; ", done.stdout)
    planted = re.findall(r"Planted, (.+): (\d+) of (\d+) caught", done.stdout)
    changed = {"a number", "a name", "no such turn", "no turn", "another turn"}
    framed = {"who said it", "what was explained", "what was last", "what was right", "what was wrong"}
    assert changed < {lie.split(",")[0] for lie, _, _ in planted} <= changed | framed
    assert all(caught == count for lie, caught, count in planted if not lie.startswith("another turn"))


def test_a_trial_without_a_file(cli: Cli, tmp_path: Path) -> None:
    done = cli("trial", "summaries", tmp_path / "none.jsonl")
    assert (done.exit_code, done.stdout) == (1, "")
    assert "cannot be read" in done.stderr
