"""Row security and the predicates of domain/permissions.py, held against each other over random relations."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import psycopg
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import sql
from psycopg.types.json import Jsonb

from domain import permissions
from domain.assignments import AssignmentStatus, TutorAssignment
from domain.overrides import Override, OverrideType
from domain.parent_links import LinkStatus, ParentLink
from domain.viewer import Role, Viewer
from tests.servers import Database

NOW = datetime(2026, 3, 2, tzinfo=UTC)
STUDENTS = [uuid4() for _ in range(3)]
TUTORS = [uuid4() for _ in range(3)]
PARENTS = [uuid4() for _ in range(2)]
ADMIN = uuid4()
PEOPLE = {
    **dict.fromkeys(STUDENTS, Role.STUDENT),
    **dict.fromkeys(TUTORS, Role.TUTOR),
    **dict.fromkeys(PARENTS, Role.PARENT),
    ADMIN: Role.ADMIN,
}

assignments = st.lists(
    st.tuples(st.sampled_from(TUTORS), st.sampled_from(STUDENTS), st.sampled_from(AssignmentStatus)),
    unique_by=lambda row: row[:2],
    max_size=9,
)
links = st.lists(
    st.tuples(st.sampled_from(PARENTS), st.sampled_from(STUDENTS), st.sampled_from(LinkStatus)),
    unique_by=lambda row: row[:2],
    max_size=6,
)


@dataclass(frozen=True)
class Rows:
    """The ids of the rows of each student, by table; a tutor's sessions by tutor."""

    of_student: dict[str, dict[UUID, UUID]]
    session_tutor: dict[UUID, UUID]
    completed: set[UUID]
    overrides: dict[UUID, Override]
    kept: dict[UUID, UUID | None]
    """Questions that are kept from tutors, and the tutor each was passed on to."""

    def question_seen(self, viewer: Viewer, row: UUID, student: UUID) -> bool:
        """As the predicate has it."""
        return permissions.sees_question(
            viewer, student, kept_from_tutors=row in self.kept, escalated_to=self.kept.get(row)
        )


def test_row_security_says_what_the_predicates_say(database: Database) -> None:
    with psycopg.connect(database.owner_url, autocommit=True) as owner, psycopg.connect(database.app_url) as app:
        rows = _fill(owner)

        @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
        @given(assignments, links)
        def check(
            assigned: list[tuple[UUID, UUID, AssignmentStatus]], linked: list[tuple[UUID, UUID, LinkStatus]]
        ) -> None:
            _relate(owner, assigned, linked)
            assigned_records = [
                TutorAssignment(uuid4(), tutor, student, None, status, None, None, NOW)
                for tutor, student, status in assigned
            ]
            linked_records = [ParentLink(uuid4(), parent, student, status, NOW) for parent, student, status in linked]
            for person, role in PEOPLE.items():
                students = permissions.visible_students(person, role, assigned_records, linked_records)
                viewer = Viewer(person, role, str(person), students)
                _compare(app, rows, viewer)
                _compare_assignments(app, assigned_records, viewer)

        check()


def test_nobody_sees_nothing(database: Database) -> None:
    with psycopg.connect(database.owner_url, autocommit=True) as owner, psycopg.connect(database.app_url) as app:
        rows = _fill(owner)
        tables = [*rows.of_student, "overrides", "users", "session_transcripts", "session_notes", "practice_solutions"]
        for table in tables:
            assert app.execute(sql.SQL("select count(*) from {}").format(sql.Identifier(table))).fetchone() == (0,)


def _fill(owner: psycopg.Connection[Any]) -> Rows:
    for person, role in PEOPLE.items():
        owner.execute(
            "insert into users (id, cognito_sub, email, role) values (%s, %s, %s, %s)",
            [person, str(person), f"{person}@x.test", role],
        )
    subject = _insert(owner, "subjects", name="Algebra")
    item = {"question_text": "?", "answer_text": "!", "subject_id": subject, "difficulty_level": 5}
    bank = {completed: _insert(owner, "practice_bank_items", **item) for completed in (False, True)}
    rows = Rows({}, {}, set(), {}, {})

    def add(table: str, student: UUID, **values: Any) -> UUID:
        row_id = _insert(owner, table, **values)
        rows.of_student.setdefault(table, {})[row_id] = student
        return row_id

    for student in STUDENTS:
        add("goals", student, student_id=student, title="x")
        add("nudges", student, user_id=student, type="login", channel="in_app", message="x")
        add("student_ratings", student, student_id=student, subject_id=subject)
        question = add("qa_interactions", student, student_id=student, query="?", answer="!", confidence="Low")
        for tutor in (None, *TUTORS):
            kept = add(
                "qa_interactions",
                student,
                student_id=student,
                query="?",
                answer="!",
                confidence="Low",
                kept_from_tutors=True,
                escalated_to_tutor_id=tutor,
            )
            rows.kept[kept] = tutor
        for completed in (False, True):
            practice = add(
                "practice_assignments",
                student,
                student_id=student,
                source="bank",
                bank_item_id=bank[completed],
                completed=completed,
                completed_at=datetime.now(UTC) if completed else None,
            )
            if completed:
                rows.completed.add(practice)
        for tutor in TUTORS:
            session = add(
                "sessions",
                student,
                student_id=student,
                tutor_id=tutor,
                session_date=NOW,
                transcript_text="v1:x",
                notes="v1:x",
            )
            rows.session_tutor[session] = tutor
        summary = add(
            "summaries", student, session_id=session, student_id=student, tutor_id=tutor, narrative="x", next_steps=[]
        )
        for kind, target in (
            (OverrideType.SUMMARY, {"summary_id": summary}),
            (OverrideType.QA_ANSWER, {"qa_interaction_id": question}),
        ):
            override = _insert(
                owner,
                "overrides",
                tutor_id=TUTORS[0],
                student_id=student,
                override_type=kind,
                action="x",
                target_version=2,
                original_content=Jsonb({}),
                new_content=Jsonb({}),
                **target,
            )
            rows.overrides[override] = _override(override, student, kind)
    return rows


def _insert(owner: psycopg.Connection[Any], table: str, **values: Any) -> UUID:
    statement = sql.SQL("insert into {} ({}) values ({}) returning id").format(
        sql.Identifier(table),
        sql.SQL(", ").join(map(sql.Identifier, values)),
        sql.SQL(", ").join(sql.Placeholder() * len(values)),
    )
    row = owner.execute(statement, list(values.values())).fetchone()
    assert row is not None
    return UUID(str(row[0]))


def _override(override_id: UUID, student: UUID, kind: OverrideType) -> Override:
    return Override(
        id=override_id,
        tutor_id=TUTORS[0],
        student_id=student,
        override_type=kind,
        action="x",
        summary_id=None,
        practice_assignment_id=None,
        qa_interaction_id=None,
        reason=None,
        subject_id=None,
        difficulty_level=None,
        target_version=2,
        reverted_at=None,
        reverted_by_tutor_id=None,
        created_at=NOW,
    )


def _relate(
    owner: psycopg.Connection[Any],
    assigned: list[tuple[UUID, UUID, AssignmentStatus]],
    linked: list[tuple[UUID, UUID, LinkStatus]],
) -> None:
    with owner.transaction():
        owner.execute("delete from tutor_student_assignments")
        owner.execute("delete from parent_student_links")
        cursor = owner.cursor()
        cursor.executemany(
            "insert into tutor_student_assignments (tutor_id, student_id, status) values (%s, %s, %s)", assigned
        )
        cursor.executemany(
            "insert into parent_student_links (parent_id, student_id, status) values (%s, %s, %s)", linked
        )


def _compare(app: psycopg.Connection[Any], rows: Rows, viewer: Viewer) -> None:
    """What PostgreSQL shows and lets be changed, against what the predicates say."""
    sees: dict[str, Callable[[UUID, UUID], bool]] = {
        "goals": lambda row, student: permissions.sees_student(viewer, student),
        "sessions": lambda row, student: permissions.sees_student(viewer, student),
        "summaries": lambda row, student: permissions.sees_student(viewer, student),
        "practice_assignments": lambda row, student: permissions.sees_student(viewer, student),
        "student_ratings": lambda row, student: permissions.sees_student(viewer, student),
        "qa_interactions": lambda row, student: rows.question_seen(viewer, row, student),
        "nudges": lambda row, student: permissions.sees_nudge(viewer, student),
    }
    changes: dict[str, tuple[str, Callable[[UUID, UUID], bool]]] = {
        "goals": ("title", lambda row, student: permissions.studies_for(viewer, student)),
        "practice_assignments": ("flagged", lambda row, student: permissions.studies_for(viewer, student)),
        "qa_interactions": (
            "version",
            lambda row, student: permissions.studies_for(viewer, student) and rows.question_seen(viewer, row, student),
        ),
        "summaries": ("version", lambda row, student: permissions.teaches(viewer, student)),
        "sessions": (
            "duration_minutes",
            lambda row, student: permissions.sees_session_notes(viewer, rows.session_tutor[row], student),
        ),
        "nudges": ("opened_at", lambda row, student: viewer.role is Role.ADMIN or student == viewer.id),
    }
    sessions = rows.of_student["sessions"]
    practice = rows.of_student["practice_assignments"]
    with app.transaction(force_rollback=True):
        app.execute("select set_viewer(%s, false)", [viewer.subject])
        for table, predicate in sees.items():
            expected = {row for row, student in rows.of_student[table].items() if predicate(row, student)}
            assert _ids(app, table) == expected, (table, viewer)
        assert _ids(app, "overrides") == {
            override.id for override in rows.overrides.values() if permissions.sees_override(viewer, override)
        }
        assert _ids(app, "session_transcripts", "session_id") == {
            row for row, student in sessions.items() if permissions.sees_transcript(viewer, student)
        }
        assert _ids(app, "session_notes", "session_id") == {
            row
            for row, student in sessions.items()
            if permissions.sees_session_notes(viewer, rows.session_tutor[row], student)
        }
        assert _ids(app, "practice_solutions", "practice_assignment_id") == {
            row
            for row, student in practice.items()
            if permissions.sees_solution(viewer, student, row in rows.completed)
        }
        for table, (column, predicate) in changes.items():
            expected = {row for row, student in rows.of_student[table].items() if predicate(row, student)}
            changed = app.execute(
                sql.SQL("update {0} set {1} = {1} returning id").format(sql.Identifier(table), sql.Identifier(column))
            )
            assert {row[0] for row in changed} == expected, (table, viewer)


def _compare_assignments(app: psycopg.Connection[Any], assigned: list[TutorAssignment], viewer: Viewer) -> None:
    """Which assignments the viewer may change, and so whom a tutor could give themselves back."""
    with app.transaction(force_rollback=True):
        app.execute("select set_viewer(%s, false)", [viewer.subject])
        changed = app.execute("update tutor_student_assignments set status = 'active' returning tutor_id, student_id")
        assert set(changed) == {
            (each.tutor_id, each.student_id) for each in assigned if permissions.changes_assignment(viewer, each)
        }, viewer


def _ids(app: psycopg.Connection[Any], table: str, column: str = "id") -> set[UUID]:
    found = app.execute(sql.SQL("select {} from {}").format(sql.Identifier(column), sql.Identifier(table)))
    return {row[0] for row in found}
