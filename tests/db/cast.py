"""A small cast of people and their rows, for the tests of row security.

tom teaches ann, is paused with cleo and done with dan. una teaches ben and is paused with ann. pat is ann's parent
and was ben's; quinn is ben's. ada is an administrator. Every student has every kind of row;
labels name whose row it is.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from uuid import UUID, uuid4

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

Connection = psycopg.Connection[Any]

PEOPLE = {
    "ann": "student",
    "ben": "student",
    "cleo": "student",
    "dan": "student",
    "tom": "tutor",
    "una": "tutor",
    "pat": "parent",
    "quinn": "parent",
    "ada": "admin",
}
STUDENTS = [name for name, role in PEOPLE.items() if role == "student"]
EVERYONE = set(PEOPLE)
# Who looks in the tests: one of each role, the product itself, and nobody.
SEE_ALL = ["admin", "system"]
VIEWERS = {"nobody": "", "student": "ann", "tutor": "tom", "parent": "pat", "admin": "ada", "system": ""}

ASSIGNMENTS = {
    "tom-ann": ("tom", "ann", "active"),
    "tom-cleo": ("tom", "cleo", "paused"),
    "tom-dan": ("tom", "dan", "completed"),
    "una-ben": ("una", "ben", "active"),
    "una-ann": ("una", "ann", "paused"),
}
LINKS = {
    "pat-ann": ("pat", "ann", "active"),
    "pat-ben": ("pat", "ben", "ended"),
    "quinn-ben": ("quinn", "ben", "active"),
}

# What an override of a practice item snapshots, and what of it gives the answer away.
SNAPSHOT = {"question": "2 + 2?", "answer": "4", "explanation": "count"}


class Cast:
    """Labels of rows by table, and their ids."""

    def __init__(self, owner: Connection) -> None:
        self.owner = owner
        self.rows: dict[str, dict[str, Any]] = {}

    def add(self, table: str, label: str, **values: Any) -> UUID:
        """A row, made by the owner."""
        row_id: UUID = insert(self.owner, table, **values)
        self.rows.setdefault(table, {})[label] = row_id
        return row_id

    def id(self, label: str, table: str = "users") -> UUID:
        """The id of a labelled row."""
        return UUID(str(self.rows[table][label]))

    def labels(self, table: str, ids: Iterator[Any]) -> set[str]:
        """The labels of rows."""
        known = {row_id: label for label, row_id in self.rows[table].items()}
        return {known[row_id] for row_id in ids}

    def seen(self, connection: Connection, view: str, key: str = "id", of: str | None = None) -> set[str]:
        """The labels of the rows of a table or view that are visible."""
        query = sql.SQL("select {} from {}").format(sql.Identifier(key), sql.Identifier(view))
        return self.labels(of or view, (row[0] for row in connection.execute(query)))


def insert(connection: Connection, table: str, **values: Any) -> Any:
    """Insert a row and give its id; dicts become JSONB."""
    statement = sql.SQL("insert into {} ({}) values ({}) returning id").format(
        sql.Identifier(table),
        sql.SQL(", ").join(map(sql.Identifier, values)),
        sql.SQL(", ").join(sql.Placeholder() * len(values)),
    )
    stored = [Jsonb(value) if isinstance(value, Mapping) else value for value in values.values()]
    row = connection.execute(statement, stored).fetchone()
    assert row is not None
    return row[0]


Three = tuple[set[str], set[str], set[str]]
"""What the student ann, the tutor tom and the parent pat see or reach, as labels."""


def expected(cast: Cast, viewer: str, table: str, three: Three) -> set[str]:
    """What one of VIEWERS does: everything for those who see all, nothing for nobody."""
    if viewer in SEE_ALL:
        return set(cast.rows[table])
    return dict(zip(("student", "tutor", "parent"), three, strict=True)).get(viewer, set())


def ann(*labels: str) -> set[str]:
    """Labels of ann's rows."""
    return {f"ann {label}" for label in labels}


def person(connection: Connection, role: str, name: str) -> UUID:
    """Somebody of a role."""
    found = insert(connection, "users", cognito_sub=f"sub-{name}", email=f"{name}@school.test", role=role)
    return UUID(str(found))


def become(connection: Connection, viewer: str, *, read_only: bool = False) -> None:
    """Be one of VIEWERS, or somebody of the cast by name, for this transaction."""
    name = VIEWERS.get(viewer, viewer)
    if viewer == "system":
        connection.execute("select set_system()")
    else:
        connection.execute("select * from set_viewer(%s, %s)", [f"sub-{name}", read_only])


@contextmanager
def as_viewer(connection: Connection, viewer: str, *, read_only: bool = False) -> Iterator[Connection]:
    """A transaction of a viewer's that leaves nothing behind."""
    with connection.transaction(force_rollback=True):
        become(connection, viewer, read_only=read_only)
        yield connection


def make_cast(owner: Connection) -> Cast:
    """The whole cast with all their rows."""
    cast = Cast(owner)
    for name, role in PEOPLE.items():
        cast.rows.setdefault("users", {})[name] = person(owner, role, name)
    algebra = cast.add("subjects", "algebra", name="Algebra")
    for label, (tutor, student, status) in ASSIGNMENTS.items():
        cast.add(
            "tutor_student_assignments",
            label,
            tutor_id=cast.id(tutor),
            student_id=cast.id(student),
            status=status,
            notes=f"{tutor} on {student}",
        )
    for label, (parent, student, status) in LINKS.items():
        ids = {"parent_id": cast.id(parent), "student_id": cast.id(student)}
        cast.add("parent_student_links", label, **ids, status=status)
    for label, author in {"open": "tom", "done": "una", "bens": "una"}.items():
        cast.add(
            "practice_bank_items",
            label,
            question_text="?",
            answer_text=f"{label} answer",
            explanation=f"{label} reason",
            subject_id=algebra,
            difficulty_level=5,
            goal_tags=["SAT"],
            created_by=cast.id(author),
        )
        item = cast.id(label, "practice_bank_items")
        cast.add("practice_item_ratings", label, bank_item_id=item, rating=1000, deviation=190)
    cast.add("answer_calibrations", "first", engine="OPENAI", intercept=0, slope=1, labels=1)
    for author in ("tom", "una"):
        given = cast.add("study_materials", author, title="Roots", text="A root.", created_by=cast.id(author))
        cast.add("study_passages", author, material_id=given, position=0, title="Roots", text="A root.")
    for student in STUDENTS:
        _rows_of(cast, student)
    only = {"student_id": cast.id("ben"), "bank_item_id": cast.id("bens", "practice_bank_items")}
    cast.add("practice_assignments", "ben only", **only, source="bank", completed=True, completed_at="now")
    return cast


PROGRESS = {"kind": "session", "xp": 30, "percent": 0, "occurred_at": "2026-03-02T16:00Z"}


def _rows_of(cast: Cast, student: str) -> None:
    own, tom = cast.id(student), cast.id("tom")
    algebra = cast.id("algebra", "subjects")
    cast.add("goals", student, student_id=own, created_by=tom, subject_id=algebra, title="Pass")
    session = {"student_id": own, "session_date": "2026-03-02T16:00Z", "subject_id": algebra}
    for tutor in ("tom", "una"):
        held = cast.add(
            "sessions",
            f"{student} with {tutor}",
            **session,
            tutor_id=cast.id(tutor),
            transcript_text="said",
            notes=f"{tutor}'s notes",
        )
    for kind in ("summary", "answer"):
        cast.add("generations", f"{student} {kind}", kind=kind, engine="OPENAI", outcome="used", student_id=own)
    written = {"generation_id": cast.id(f"{student} summary", "generations"), "narrative": "n", "next_steps": ["s"]}
    summary = cast.add("summaries", student, session_id=held, student_id=own, tutor_id=tom, **written)
    for position, status in enumerate(("supported", "unsupported"), start=1):
        claim = {"position": position, "part": "narrative", "text": "n", "turn_numbers": [1], "status": status}
        cast.add("summary_claims", f"{student} {status}", summary_id=summary, student_id=own, **claim)
    for label in ("open", "done"):
        practice = cast.add(
            "practice_assignments",
            f"{student} {label}",
            student_id=own,
            source="bank",
            bank_item_id=cast.id(label, "practice_bank_items"),
            subject_id=algebra,
            completed=label == "done",
            completed_at="now" if label == "done" else None,
        )
        _override(cast, f"{student} practice {label}", student, "practice", practice_assignment_id=practice)
    cast.add("student_ratings", student, student_id=own, subject_id=algebra)
    done = cast.id("done", "practice_bank_items")
    known = {"bank_item_id": done, "points": 40, "answers": 1, "last_score": 1}
    cast.add("practice_familiarity", student, student_id=own, **known)
    cast.add("practice_settings", student, student_id=own)
    question = cast.add("qa_interactions", student, student_id=own, query="?", answer="!", confidence="Low")
    cast.add("progress_entries", student, **PROGRESS, student_id=own, source_id=uuid4())
    cited = {"question_id": question, "position": 1, "kind": "goal", "title": "Pass", "quote": "q"}
    cast.add("answer_citations", student, student_id=own, **cited)
    cast.add("nudges", student, user_id=own, type="login", channel="in_app", message="hello")
    decided = {"type": "login", "outcome": "not_sent", "reason": "not_due", "day": "2026-03-02"}
    cast.add("nudge_decisions", student, user_id=own, **decided)
    _override(cast, f"{student} summary", student, "summary", summary_id=summary)
    _override(cast, f"{student} answer", student, "qa_answer", qa_interaction_id=question)
    cast.add("audit_log", student, actor_id=tom, actor_role="tutor", action="a", target_type="t", student_id=own)
    cast.add("events", student, kind="goal_progress", student_id=own, target_id=uuid4())


def _override(cast: Cast, label: str, student: str, kind: str, **target: UUID) -> None:
    cast.add(
        "overrides",
        label,
        tutor_id=cast.id("tom"),
        student_id=cast.id(student),
        override_type=kind,
        action="reworded",
        original_content=SNAPSHOT,
        new_content=SNAPSHOT,
        target_version=2,
        **target,
    )
