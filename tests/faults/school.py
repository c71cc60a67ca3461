"""The people of a fault test, whom they may see, and what the database says that each should have been told."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid4

import psycopg

from domain.events import Cursor, EventKind
from domain.identity.choice import local_issuer_for
from schema.ids import to_global
from tests.faults.subscriber import Received

TYPES = {
    EventKind.GOAL_PROGRESS: "Goal",
    EventKind.NUDGE_SENT: "Nudge",
    EventKind.QUESTION_ESCALATED: "Question",
    EventKind.OVERRIDE_MADE: "Override",
}
KINDS = {
    "activity": frozenset(TYPES),
    "newNudges": frozenset({EventKind.NUDGE_SENT}),
    "overrideUpdates": frozenset({EventKind.OVERRIDE_MADE}),
}
"""By field: what it tells of what the test writes."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with a stream."""

    id: UUID
    subject: str
    role: str
    token: str
    stream: str


@dataclass(frozen=True, slots=True)
class Student:
    """Whom events are about."""

    id: UUID
    tutor_id: UUID
    parent_id: UUID
    question_id: UUID


@dataclass(frozen=True, slots=True)
class School:
    """Everybody."""

    people: list[Person]
    students: list[Student]


def make_school(owner_url: str, data_dir: Path, *, students: int, tutors: int, parents: int, admins: int) -> School:
    """Tutors of about four students and parents of two, their relations drawn by lot; all but some watch all."""
    chance = random.Random(5)  # noqa: S311 - the same school each time
    issuer = local_issuer_for(data_dir=data_dir)
    counts = {"student": students, "tutor": tutors, "parent": parents, "admin": admins}
    people = []
    for role, count in counts.items():
        for number in range(count):
            subject = f"{role}-{number}"
            # The first admin has to see everything.
            stream = "activity" if number % 4 != 3 else ("newNudges", "overrideUpdates")[number // 4 % 2]
            people.append(Person(uuid4(), subject, role, issuer.issue(subject), stream))
    by_role = {role: [person.id for person in people if person.role == role] for role in counts}
    teaching = {(tutor, pupil) for tutor in by_role["tutor"] for pupil in chance.sample(by_role["student"], 4)}
    raising = {(parent, child) for parent in by_role["parent"] for child in chance.sample(by_role["student"], 2)}
    known = []
    with psycopg.connect(owner_url) as owner:
        cursor = owner.cursor()
        cursor.executemany(
            "insert into users (id, cognito_sub, email, role) values (%s, %s, %s || '@school.test', %s)",
            [(person.id, person.subject, person.subject, person.role) for person in people],
        )
        cursor.executemany("insert into tutor_student_assignments (tutor_id, student_id) values (%s, %s)", teaching)
        cursor.executemany("insert into parent_student_links (parent_id, student_id) values (%s, %s)", raising)
        for pupil in by_role["student"]:
            tutor = next((each for each, taught in teaching if taught == pupil), by_role["tutor"][0])
            parent = next((each for each, child in raising if child == pupil), by_role["parent"][0])
            question = uuid4()
            cursor.execute(
                "insert into qa_interactions (id, student_id, query, answer, confidence)"
                " values (%s, %s, '', '', 'Low')",
                [question, pupil],
            )
            known.append(Student(pupil, tutor, parent, question))
    return School(people, known)


_SEEN = """
select id from goals union all select id from nudges
union all select id from overrides union all select id from qa_interactions
"""


def expected(owner_url: str, app_url: str, people: Sequence[Person], after: Cursor) -> dict[str, list[Received]]:
    """By subject: what is in the log after a cursor and about something that row security shows them, in its order."""
    with psycopg.connect(owner_url) as owner:
        logged = owner.execute(
            "select xid::text::bigint, id, kind, target_id from events order by xid, id",
        ).fetchall()
    events = [
        (kind, target, Received(str(place), to_global(TYPES[kind], target)))
        for xid, number, name, target in logged
        if (place := Cursor(xid, number, after.epoch)) > after and (kind := EventKind(name)) in TYPES
    ]
    told = {}
    with psycopg.connect(app_url) as application:
        for person in people:
            application.execute("select set_viewer(%s, true)", [person.subject])
            seen = {row[0] for row in application.execute(_SEEN)}
            kinds = KINDS[person.stream]
            told[person.subject] = [event for kind, target, event in events if kind in kinds and target in seen]
            application.rollback()
    return told
