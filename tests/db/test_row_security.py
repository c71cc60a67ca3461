"""Who sees and writes which rows and columns: one table of expectations, on every PostgreSQL of the machine."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from psycopg import errors, sql
from psycopg.types.json import Json, Jsonb

from tests.db.cast import (
    EVERYONE,
    LINKS,
    PROGRESS,
    SEE_ALL,
    VIEWERS,
    Cast,
    Connection,
    Three,
    ann,
    as_viewer,
    expected,
    insert,
)

KNOWN = [viewer for viewer in VIEWERS if viewer != "nobody"]


# table: what the student ann, the tutor tom and the parent pat see. The admin and the system see all, nobody nothing.
SEEN: dict[str, Three] = {
    "users": (
        {"ann", "tom", "una", "pat"},
        {"ann", "tom", "una", "pat"},
        {"ann", "tom", "una", "pat"},
    ),
    "subjects": ({"algebra"}, {"algebra"}, {"algebra"}),
    "tutor_student_assignments": (
        {"tom-ann", "una-ann"},
        {"tom-ann", "una-ann", "tom-cleo", "tom-dan"},
        {"tom-ann", "una-ann"},
    ),
    "parent_student_links": ({"pat-ann"}, {"pat-ann"}, {"pat-ann", "pat-ben"}),
    "goals": ({"ann"}, {"ann"}, {"ann"}),
    "sessions": (ann("with tom", "with una"), ann("with tom", "with una"), ann("with tom", "with una")),
    "summaries": ({"ann"}, {"ann"}, {"ann"}),
    "summary_claims": (ann("supported"), ann("supported", "unsupported"), ann("supported")),
    "generations": (ann("summary", "answer"), ann("summary", "answer"), ann("summary")),
    "practice_bank_items": ({"open", "done"}, {"open", "done", "bens"}, {"open", "done"}),
    "practice_assignments": (ann("open", "done"), ann("open", "done"), ann("open", "done")),
    "practice_item_ratings": ({"open", "done"}, {"open", "done", "bens"}, {"open", "done"}),
    "practice_familiarity": ({"ann"}, {"ann"}, {"ann"}),
    "practice_settings": ({"ann"}, {"ann"}, {"ann"}),
    "student_ratings": ({"ann"}, {"ann"}, {"ann"}),
    "study_materials": ({"tom", "una"}, {"tom", "una"}, {"tom", "una"}),
    "study_passages": ({"tom", "una"}, {"tom", "una"}, {"tom", "una"}),
    "qa_interactions": ({"ann"}, {"ann"}, set()),
    "answer_citations": ({"ann"}, {"ann"}, set()),
    "answer_calibrations": (set(), set(), set()),
    "nudges": ({"ann"}, {"ann"}, {"ann"}),
    "progress_entries": ({"ann"}, {"ann"}, {"ann"}),
    "nudge_decisions": ({"ann"}, {"ann"}, {"ann"}),
    "overrides": (
        ann("summary", "answer", "practice open", "practice done"),
        ann("summary", "answer", "practice open", "practice done"),
        ann("summary", "practice open", "practice done"),
    ),
    "audit_log": (set(), set(), set()),
    "events": (set(), set(), set()),
}

# table: a harmless change of every row, and which rows of ann, tom and pat's world it reaches.
CHANGED: dict[str, tuple[str, Three]] = {
    "users": ("display_name = 'x'", ({"ann"}, {"tom"}, {"pat"})),
    "subjects": ("category = 'x'", (set(), set(), set())),
    # tom's paused and completed ones stay as they are
    "tutor_student_assignments": ("status = 'active'", (set(), {"tom-ann"}, set())),
    "parent_student_links": ("status = 'ended'", (set(), set(), {"pat-ann", "pat-ben"})),
    "goals": ("title = 'x'", ({"ann"}, {"ann"}, set())),
    "sessions": ("duration_minutes = 5", (set(), {"ann with tom"}, set())),
    "summaries": ("narrative = 'x'", (set(), {"ann"}, set())),
    "practice_bank_items": ("question_text = 'x'", (set(), {"open"}, set())),
    "practice_assignments": ("flagged = true", (ann("open", "done"), ann("open", "done"), set())),
    "practice_item_ratings": ("rating = 900", ({"open", "done"}, {"open", "done", "bens"}, set())),
    "practice_familiarity": ("points = 0", ({"ann"}, {"ann"}, set())),
    "practice_settings": ("target_success = 0.9", (set(), {"ann"}, set())),
    "student_ratings": ("rating = 900", ({"ann"}, {"ann"}, set())),
    "study_materials": ("is_active = false", (set(), {"tom"}, set())),
    "qa_interactions": ("answer = 'x'", ({"ann"}, {"ann"}, set())),
    "nudges": ("opened_at = now()", ({"ann"}, set(), set())),
    "overrides": ("reverted_at = now()", (set(), ann("summary", "answer", "practice open", "practice done"), set())),
}

# table: who may add a row for ann. For ben, who has nothing to do with ann, tom and pat, only those who see all may.
ADDED: dict[str, list[str]] = {
    "users": SEE_ALL,
    "subjects": SEE_ALL,
    "tutor_student_assignments": SEE_ALL,
    "parent_student_links": SEE_ALL,
    "goals": ["student", "tutor", *SEE_ALL],
    "sessions": ["tutor", *SEE_ALL],
    "summaries": SEE_ALL,
    "summary_claims": ["system"],
    "generations": ["system"],
    "practice_bank_items": ["tutor", *SEE_ALL],
    "practice_assignments": ["student", "tutor", *SEE_ALL],
    "practice_familiarity": ["student", "tutor", *SEE_ALL],
    "practice_settings": ["tutor", *SEE_ALL],
    "student_ratings": ["student", "tutor", *SEE_ALL],
    "study_materials": ["tutor", *SEE_ALL],
    "study_passages": ["tutor", *SEE_ALL],
    "qa_interactions": ["student", *SEE_ALL],
    "answer_citations": ["system"],
    "answer_calibrations": ["system"],
    "nudges": ["tutor", *SEE_ALL],
    "progress_entries": ["system"],
    "nudge_decisions": ["system"],
    # an override is a tutor's own act
    "overrides": ["tutor", "system"],
    "audit_log": KNOWN,
    "events": KNOWN,
}


@pytest.mark.parametrize("viewer", VIEWERS)
def test_rows_seen(viewer: str, cast: Cast, app: Connection) -> None:
    with as_viewer(app, viewer, read_only=True):
        seen = {table: cast.seen(app, table) for table in SEEN}
    assert seen == {table: expected(cast, viewer, table, three) for table, three in SEEN.items()}


def test_without_a_viewer_there_is_nothing(cast: Cast, app: Connection) -> None:
    assert {table: cast.seen(app, table) for table in SEEN} == {table: set() for table in SEEN}
    assert app.execute("select * from set_viewer('sub-stranger', true)").fetchall() == []


@pytest.mark.parametrize("viewer", VIEWERS)
def test_rows_changed(viewer: str, cast: Cast, app: Connection) -> None:
    changed = {}
    for table, (change, _) in CHANGED.items():
        with as_viewer(app, viewer):
            rows = app.execute(f"update {table} set {change} returning id")
            changed[table] = cast.labels(table, (row[0] for row in rows))
    assert changed == {table: expected(cast, viewer, table, three) for table, (_, three) in CHANGED.items()}


@pytest.mark.parametrize("viewer", VIEWERS)
def test_rows_added(viewer: str, cast: Cast, app: Connection) -> None:
    added: dict[tuple[str, str], bool] = {}
    for table in ADDED:
        for student in ("ann", "ben"):
            with as_viewer(app, viewer):
                added[table, student] = _adds(app, table, _new_row(cast, viewer, table, student))
    whoever = {
        "users",
        "subjects",
        "practice_bank_items",
        "study_materials",
        "audit_log",
        "events",
    }  # rows that are not of one student
    assert added == {
        (table, student): viewer in (may if student == "ann" or table in whoever else set(may) & set(SEE_ALL))
        for table, may in ADDED.items()
        for student in ("ann", "ben")
    }


def _adds(app: Connection, table: str, values: dict[str, Any]) -> bool:
    statement = sql.SQL("insert into {} ({}) values ({})").format(
        sql.Identifier(table),
        sql.SQL(", ").join(map(sql.Identifier, values)),
        sql.SQL(", ").join(sql.Placeholder() * len(values)),
    )
    try:
        app.execute(statement, list(values.values()))
    except errors.InsufficientPrivilege:
        return False
    except errors.UniqueViolation:
        # Row security speaks first.
        return True
    return True


def _new_row(cast: Cast, viewer: str, table: str, student: str) -> dict[str, Any]:
    """A row for a student in the viewer's own name, as favourable to the viewer as it can be."""
    name = VIEWERS[viewer]
    own, me = cast.id(student), cast.id(name) if name else None
    tutor = me if viewer == "tutor" else cast.id("una")
    algebra = cast.id("algebra", "subjects")
    chemistry = insert(cast.owner, "subjects", name=uuid4().hex)
    rows: dict[str, dict[str, Any]] = {
        "users": {"cognito_sub": "new", "email": "new@school.test", "role": "student"},
        "subjects": {"name": "Art"},
        "tutor_student_assignments": {"tutor_id": tutor, "student_id": own, "subject_id": chemistry},
        "parent_student_links": {
            "parent_id": _new_parent(cast) if viewer != "parent" else me,
            "student_id": cast.id("dan") if student == "ann" else cast.id("cleo"),
        },
        "goals": {"student_id": own, "created_by": me, "title": "x"},
        "sessions": {"student_id": own, "tutor_id": tutor, "session_date": "2026-03-02T16:00Z"},
        "summaries": {
            "session_id": cast.id(f"{student} with tom", "sessions"),
            "student_id": own,
            "tutor_id": tutor,
            "narrative": "x",
            "next_steps": [],
        },
        "summary_claims": {
            "summary_id": cast.id(student, "summaries"),
            "student_id": own,
            "position": 3,
            "part": "narrative",
            "text": "x",
            "turn_numbers": [1],
            "status": "supported",
        },
        "generations": {"kind": "nudge", "engine": "EXTRACTIVE", "outcome": "used", "student_id": own},
        "practice_bank_items": {
            "question_text": "?",
            "answer_text": "!",
            "subject_id": algebra,
            "difficulty_level": 1,
            "created_by": me,
        },
        "practice_assignments": {
            "student_id": own,
            "source": "bank",
            "bank_item_id": cast.id("bens", "practice_bank_items"),
            "subject_id": algebra,
            "difficulty_level": 5,
            "goal_tags": ["SAT"],
            "choice_kind": "new",
            "predicted_success": 0.75,
        },
        "practice_familiarity": {
            "student_id": own,
            "bank_item_id": cast.id("open", "practice_bank_items"),
            "points": 0,
            "answers": 1,
            "last_score": 0,
        },
        "practice_settings": {"student_id": own},
        "student_ratings": {"student_id": own, "subject_id": chemistry},
        "study_materials": {"title": "x", "text": "x", "created_by": me},
        # of one's own material, that is, and with ben of another's
        "study_passages": {
            "material_id": cast.id("tom" if student == "ann" else "una", "study_materials"),
            "position": 1,
            "title": "x",
            "text": "x",
        },
        "answer_citations": {
            "question_id": cast.id(student, "qa_interactions"),
            "student_id": own,
            "position": 2,
            "kind": "goal",
            "title": "x",
            "quote": "x",
        },
        "answer_calibrations": {"engine": "OPENAI", "intercept": 0, "slope": 1, "labels": 1},
        "qa_interactions": {"student_id": own, "query": "?", "answer": "!", "confidence": "High"},
        "nudges": {"user_id": own, "type": "login", "channel": "email", "message": "x"},
        "nudge_decisions": {
            "user_id": own,
            "type": "inactivity",
            "outcome": "due",
            "reason": "away",
            "day": "2026-03-02",
        },
        "progress_entries": {**PROGRESS, "student_id": own, "source_id": uuid4()},
        "overrides": {
            "tutor_id": tutor,
            "student_id": own,
            "override_type": "summary",
            "action": "x",
            "summary_id": cast.id(student, "summaries"),
            "original_content": Jsonb({}),
            "new_content": Jsonb({}),
            "target_version": 3,
        },
        "audit_log": {
            "actor_id": me,
            "actor_role": "student" if viewer == "nobody" else viewer,
            "action": "x",
            "target_type": "user",
        },
        "events": {"kind": "nudge_sent", "student_id": own, "target_id": uuid4()},
    }
    return rows[table]


@pytest.mark.parametrize("days", [None, 2, 22])
def test_a_student_takes_only_what_could_be_chosen(days: int | None, cast: Cast, app: Connection) -> None:
    chosen = _new_row(cast, "student", "practice_assignments", "ann")
    used = {**chosen, "bank_item_id": cast.id("open", "practice_bank_items")}
    done = {**chosen, "bank_item_id": cast.id("done", "practice_bank_items")}
    written = {"source": "ai_generated", "ai_question_text": "?", "ai_answer_text": "!", "bank_item_id": None}
    wrong: list[dict[str, Any]] = [
        used,
        {**chosen, **written},
        *({**chosen, **{name: None}} for name in ("subject_id", "difficulty_level", "goal_tags", "choice_kind")),
        *({**chosen, name: True} for name in ("completed", "flagged", "held", "overridden")),
        *({**chosen, name: 1} for name in ("performance_score", "student_rating_after", "question_rating_before")),
        *({**chosen, name: "x"} for name in ("ai_question_text", "ai_answer_text", "response_text")),
    ]
    if days is None:
        for row in wrong:
            with as_viewer(app, "student"):
                assert not _adds(app, "practice_assignments", row), row
        # One by one, or all in one statement.
        columns = ", ".join(chosen)
        with as_viewer(app, "student"), pytest.raises(errors.InsufficientPrivilege, match="may be chosen"):
            app.execute(
                f"insert into practice_assignments ({columns}) select {columns} from"
                f" json_populate_record(null::practice_assignments, %s), generate_series(1, 2)",
                [Json({name: str(value) if isinstance(value, UUID) else value for name, value in chosen.items()})],
            )
        fifty = "insert into practice_assignments (student_id, source, ai_question_text, ai_answer_text, subject_id)"
        cast.owner.execute(
            f"{fifty} select %s, 'ai_generated', '?', '!', %s from generate_series(1, 49)",
            [chosen["student_id"], chosen["subject_id"]],
        )
        with as_viewer(app, "student"):
            assert not _adds(app, "practice_assignments", chosen)
        cast.owner.execute("delete from practice_assignments where ai_question_text = '?'")
        cast.owner.execute("update practice_bank_items set is_active = false")
        with as_viewer(app, "student"):
            assert not _adds(app, "practice_assignments", chosen)
    else:
        cast.owner.execute(
            "update practice_assignments set performance_score = 1, completed_at = now() - make_interval(days => %s)"
            " where bank_item_id = %s",
            [days, done["bank_item_id"]],
        )
        with as_viewer(app, "student"):
            assert _adds(app, "practice_assignments", done) is (days > 21)


def _new_parent(cast: Cast) -> Any:
    name = uuid4().hex
    return insert(cast.owner, "users", cognito_sub=name, email=f"{name}@school.test", role="parent")


@pytest.mark.parametrize("viewer", VIEWERS)
def test_rows_removed(viewer: str, cast: Cast, app: Connection) -> None:
    for table in SEEN:
        with as_viewer(app, viewer):
            if table == "users":
                rows = app.execute("delete from users returning id").fetchall()
                assert cast.labels(table, (row[0] for row in rows)) == (EVERYONE if viewer in SEE_ALL else set())
            elif table in ("events", "summary_claims", "nudge_decisions"):
                rows = app.execute(f"delete from {table} returning id").fetchall()
                removed = set(cast.rows[table]) if viewer == "system" else set()
                assert cast.labels(table, (row[0] for row in rows)) == removed
            else:
                with pytest.raises(errors.InsufficientPrivilege, match="permission denied"):
                    app.execute(f"delete from {table}")
        with as_viewer(app, viewer), pytest.raises(errors.InsufficientPrivilege, match="permission denied"):
            app.execute(f"truncate {table} cascade")


# In somebody else's name

LOG = "insert into audit_log (actor_id, actor_role, action, target_type)"


@pytest.mark.parametrize(
    ("viewer", "statement"),
    [
        # a person stays who they are
        ("student", "update users set role = 'admin' where id = %(me)s"),
        ("tutor", "update users set role = 'admin' where id = %(me)s"),
        ("parent", "update users set cognito_sub = 'sub-ada2' where id = %(me)s"),
        # what is written bears the writer's name
        ("student", "insert into goals (student_id, created_by, title) values (%(me)s, %(tom)s, 'x')"),
        ("tutor", "insert into goals (student_id, created_by, title) values (%(ann)s, %(ann)s, 'x')"),
        ("tutor", "insert into sessions (student_id, tutor_id, session_date) values (%(ann)s, %(una)s, now())"),
        ("tutor", f"{LOG} values (%(una)s, 'tutor', 'x', 'x')"),
        ("tutor", f"{LOG} values (%(me)s, 'admin', 'x', 'x')"),
        ("student", f"{LOG} values (null, 'system', 'x', 'x')"),
        # an ended link is for an administrator to open again
        ("parent", "update parent_student_links set status = 'active' where parent_id = %(me)s"),
        # whose a row is, what it was and when it was made do not change, not even for an administrator
        ("admin", "update goals set student_id = %(ann)s"),
        ("admin", "update sessions set tutor_id = %(tom)s"),
        ("admin", "update overrides set original_content = '{}'"),
        ("admin", "update overrides set reason = 'x'"),
        ("admin", "update audit_log set action = 'x'"),
        ("system", "update generations set student_id = null"),
        ("system", "update summary_claims set status = 'supported'"),
        ("system", "update audit_log set actor_id = null"),
        ("system", "insert into events (kind, target_id, xid) values ('nudge_sent', %(me)s, '7')"),
        ("system", "insert into events (kind, target_id, occurred_at) values ('nudge_sent', %(me)s, now())"),
        ("system", "update events set occurred_at = now()"),
        ("admin", "insert into events_floor (xid, id) values ('7', 0)"),
        ("system", "delete from events_floor"),
        ("admin", "insert into audit_log (actor_id, actor_role, action, target_type, occurred_at)"
                  " values (%(me)s, 'admin', 'x', 'x', now() - interval '1 day')"),
    ],
)  # fmt: skip
def test_refused(viewer: str, statement: str, cast: Cast, app: Connection) -> None:
    names = {name: cast.id(name) for name in ("ann", "tom", "una")}
    me = cast.id(VIEWERS[viewer]) if VIEWERS[viewer] else None
    with as_viewer(app, viewer), pytest.raises(errors.InsufficientPrivilege):
        app.execute(statement, {**names, "me": me})


def test_what_is_held_for_review_is_not_the_students_to_release(cast: Cast, app: Connection) -> None:
    held = cast.id("ann open", "practice_assignments")
    cast.owner.execute("update practice_assignments set held = true where id = %s", [held])
    # Without a condition, PostgreSQL does not ask which rows the student sees.
    for viewer, released in {"student": 1, "tutor": 2, "parent": 0}.items():
        with as_viewer(app, viewer):
            assert app.execute("update practice_assignments set held = false").rowcount == released
    with as_viewer(app, "student"), pytest.raises(errors.InsufficientPrivilege):
        app.execute("update practice_assignments set held = true")


def test_a_paused_or_completed_assignment_and_an_ended_link_end_access(cast: Cast, app: Connection) -> None:
    tables = ["goals", "sessions", "summaries", "practice_assignments", "student_ratings", "nudges", "overrides"]
    for viewer, table, states in (
        ("tutor", "tutor_student_assignments", {"active": True, "paused": False, "completed": False}),
        ("parent", "parent_student_links", {"active": True, "ended": False}),
    ):
        for state, sees in {**states, "active": True}.items():
            cast.owner.execute(f"update {table} set status = %s where student_id = %s", [state, cast.id("ann")])
            with as_viewer(app, viewer, read_only=True):
                assert {bool(cast.seen(app, each)) for each in tables} == {sees}, (viewer, state)
                assert ("ann" in cast.seen(app, "users")) == sees
                assert ("ann" in cast.seen(app, "user_details", "user_id", of="users")) == sees
            with as_viewer(app, viewer):
                assert bool(app.execute("update goals set title = 'x'").rowcount) == (sees and viewer == "tutor")


def test_one_parent_does_not_learn_of_another(cast: Cast, app: Connection) -> None:
    cast.add("parent_student_links", "quinn-ann", parent_id=cast.id("quinn"), student_id=cast.id("ann"))
    with as_viewer(app, "parent", read_only=True):
        assert "quinn" not in cast.seen(app, "users")
        assert cast.seen(app, "parent_student_links") == {label for label in LINKS if label.startswith("pat")}
    with as_viewer(app, "student", read_only=True):
        assert cast.seen(app, "parent_student_links") == {"pat-ann", "quinn-ann"}
        assert {"pat", "quinn"} <= cast.seen(app, "users")


# set_viewer


def test_set_viewer_gives_the_person_and_forgets_the_one_before(cast: Cast, app: Connection) -> None:
    with app.transaction():
        assert app.execute("select * from set_viewer('sub-tom', false)").fetchall() == [(cast.id("tom"), "tutor")]
        assert cast.seen(app, "goals") == {"ann"}
        assert app.execute("select * from set_viewer('sub-una', false)").fetchall() == [(cast.id("una"), "tutor")]
        assert cast.seen(app, "goals") == {"ben"}
        app.execute("select set_system()")
        assert cast.seen(app, "goals") == set(cast.rows["goals"])
        assert app.execute("select * from set_viewer('', false)").fetchall() == []
        assert cast.seen(app, "goals") == set()
        assert app.execute("select * from set_viewer(null, false)").fetchall() == []
        assert cast.seen(app, "users") == set()
    settings = app.execute("select viewer_sub(), viewer_id(), viewer_role(), visible_students(), visible_people()")
    assert settings.fetchone() == (None, None, None, [], [])


@pytest.mark.parametrize("viewer", ["nobody", "student", "tutor", "parent"])
def test_a_read_only_transaction_refuses_writes(viewer: str, cast: Cast, app: Connection) -> None:
    with as_viewer(app, viewer, read_only=True), pytest.raises(errors.ReadOnlySqlTransaction):
        app.execute("update users set display_name = 'x'")


def test_an_admins_reading_may_write_its_line_of_the_audit_log(cast: Cast, app: Connection) -> None:
    with as_viewer(app, "admin", read_only=True):
        app.execute(
            "insert into audit_log (actor_id, actor_role, action, target_type) values (%s, 'admin', 'read', 'session')",
            [cast.id("ada")],
        )
