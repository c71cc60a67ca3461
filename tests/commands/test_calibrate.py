"""`calibrate`: tutors' judgements of answers become the companion's confidence."""

from uuid import uuid4

import psycopg

from tests.commands.conftest import Cli, rows, said
from tests.servers import Database

NOTHING = "Nothing was changed; --write keeps what was fitted.\n"


def _answers(people: Database, count: int, **judged: object) -> None:
    """Answers of the embedded engine, all with the same strong evidence, judged by a tutor."""
    columns = {"evidence": 3.0, "answer": "The pull of the Moon causes tides.", **judged}
    with psycopg.connect(people.owner_url) as owner:
        (student,) = owner.execute("select id from users where role = 'student' limit 1").fetchone() or (None,)
        for _ in range(count):
            generation = uuid4()
            owner.execute(
                "insert into generations (id, kind, engine, outcome) values (%s, 'answer', 'EXTRACTIVE', 'used')",
                [generation],
            )
            values = {"student_id": student, "query": "Why?", "confidence": "High", "generation_id": generation}
            values |= columns
            names, places = ", ".join(values), ", ".join(["%s"] * len(values))
            owner.execute(f"insert into qa_interactions ({names}) values ({places})".encode(), [*values.values()])


def _after(text: str) -> str:
    """The error after fitting, as it is printed."""
    return text.partition(" now, ")[2].partition(" after")[0]


def test_without_judgements_nothing_is_fitted(cli: Cli, people: Database) -> None:
    _answers(people, 2)
    code, out, _ = said(cli("calibrate", "--write", DATABASE_URL=people.app_url))
    assert (code, out) == (0, "OPENAI: no answer has been judged yet.\nEXTRACTIVE: no answer has been judged yet.\n")
    assert rows(people, "select count(*) from answer_calibrations") == [(0,)]


def test_what_tutors_said_lowers_or_raises_confidence(cli: Cli, people: Database) -> None:
    tutors = {"answered_at": "2026-03-02T10:00Z"}
    _answers(people, 20, overridden=True)
    _answers(people, 8, companion_right=False)
    _answers(people, 4, tutor_answer="Wind and weather cause them.", **tutors)
    _answers(people, 4, tutor_answer="It is the Moon that pulls.", **tutors)
    _answers(people, 4, companion_right=True, tutor_answer="Otherwise.", **tutors)
    looked = said(cli("calibrate", DATABASE_URL=people.app_url))
    assert looked == (
        0,
        "OPENAI: no answer has been judged yet.\nEXTRACTIVE: 40 answers judged, 8 right; expected calibration error "
        f"0.790 now, {_after(looked[1])} after.\n{NOTHING}",
        "",
    )
    assert float(_after(looked[1])) < 0.3
    assert rows(people, "select count(*) from answer_calibrations") == [(0,)]
    assert cli("calibrate", "--write", DATABASE_URL=people.app_url).exit_code == 0
    ((engine, intercept, slope, labels),) = rows(
        people, "select engine, intercept, slope, labels from answer_calibrations"
    )
    assert (engine, labels) == ("EXTRACTIVE", 40)
    assert intercept + 3 * slope < 0.6 + 3 * 0.9
