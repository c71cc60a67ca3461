"""The other rows of the list of corrections: views, triggers, indexes, checks, history. Erasure has its own module."""

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from psycopg import errors

from db.migrations.phases import SQL
from tests.db.cast import SNAPSHOT, Cast, Connection, as_viewer, insert, make_cast, person
from tests.servers import Database


@pytest.fixture
def owner(database_on_each_server: Database) -> Iterator[Connection]:
    """The owner's connection to a fresh database."""
    with psycopg.connect(database_on_each_server.owner_url, autocommit=True) as connection:
        yield connection


# 5: progress is counted by subject


def test_5_progress_counts_each_goals_own_subject(owner: Connection) -> None:
    sam, tess = person(owner, "student", "sam"), person(owner, "tutor", "tess")
    algebra, art = insert(owner, "subjects", name="Algebra"), insert(owner, "subjects", name="Art")
    goals = {
        name: insert(owner, "goals", student_id=sam, subject_id=subject, title=name, status=status)
        for name, subject, status in (
            ("algebra", algebra, "active"),
            ("art", art, "active"),
            ("everything", None, "active"),
            ("over", algebra, "completed"),
        )
    }
    for subject, sessions, done, rating in ((algebra, 3, 2, 1100), (art, 1, 4, 900), (None, 1, 1, None)):
        for _ in range(sessions):
            insert(owner, "sessions", student_id=sam, tutor_id=tess, subject_id=subject, session_date="2026-03-02")
        practice = {"student_id": sam, "source": "ai_generated", "ai_question_text": "?", "ai_answer_text": "!"}
        for completed in [True] * done + [False]:
            insert(owner, "practice_assignments", **practice, subject_id=subject, completed=completed)
        if rating:
            insert(owner, "student_ratings", student_id=sam, subject_id=subject, rating=rating)
    rows = owner.execute(
        "select goal_id, subject_name, sessions_count, practice_items_completed, average_rating::int,"
        " student_id, status from v_student_progress"
    ).fetchall()
    assert set(rows) == {
        (goals["algebra"], "Algebra", 3, 2, 1100, sam, "active"),
        (goals["art"], "Art", 1, 4, 900, sam, "active"),
        (goals["everything"], None, 5, 7, 1000, sam, "active"),
    }


# 6: views show what their reader may see


@pytest.mark.parametrize(
    ("view", "person_column", "seen"),
    [
        ("v_student_progress", "student_id", {"student": {"ann"}, "tutor": {"ann"}, "parent": {"ann"}}),
        ("v_confidence_distribution", "student_id", {"student": {"ann"}, "tutor": {"ann"}, "parent": set()}),
        ("v_nudge_engagement", "user_id", {"student": {"ann"}, "tutor": {"ann"}, "parent": {"ann"}}),
    ],
)
def test_6_views_hold_to_the_readers_row_security(
    view: str, person_column: str, seen: dict[str, set[str]], cast: Cast, app: Connection
) -> None:
    everyone = {"ann", "ben", "cleo", "dan"}
    for viewer, labels in {**seen, "admin": everyone, "system": everyone, "nobody": set[str]()}.items():
        with as_viewer(app, viewer, read_only=viewer != "system"):
            assert cast.seen(app, view, person_column, of="users") == labels, viewer


def test_6_override_analytics_count_what_the_reader_sees(cast: Cast, app: Connection) -> None:
    query = "select override_type, override_count, unique_tutors, unique_students from v_override_analytics"
    counted = {}
    for viewer in ("student", "tutor", "parent", "admin", "nobody"):
        with as_viewer(app, viewer, read_only=True):
            counted[viewer] = set(app.execute(query).fetchall())
    own = {("summary", 1, 1, 1), ("practice", 2, 1, 1), ("qa_answer", 1, 1, 1)}
    assert counted == {
        "student": own,
        "tutor": own,
        "parent": own - {("qa_answer", 1, 1, 1)},
        "admin": {("summary", 4, 1, 4), ("practice", 8, 1, 4), ("qa_answer", 4, 1, 4)},
        "nobody": set(),
    }


def test_6_days_are_days_in_utc_for_every_reader(owner: Connection) -> None:
    sam = person(owner, "student", "sam")
    nudge = {"user_id": sam, "type": "login", "channel": "email", "message": "x"}
    insert(owner, "nudges", **nudge, sent_at="2026-03-02T23:30Z", opened_at="2026-03-04T00:00Z")
    insert(owner, "nudges", **nudge, sent_at="2026-03-02T00:30Z", clicked_at="2026-03-04T00:00Z")
    for zone in ("UTC", "Pacific/Auckland", "America/Los_Angeles"):
        owner.execute("select set_config('timezone', %s, false)", [zone])
        rows = owner.execute(
            "select user_id, type, sent_count, opened_count, clicked_count, nudge_date from v_nudge_engagement"
        ).fetchall()
        assert rows == [(sam, "login", 2, 1, 1, datetime(2026, 3, 2, tzinfo=UTC))]


def test_6_shares_of_confidence_are_of_each_student(owner: Connection) -> None:
    sam, kim = person(owner, "student", "sam"), person(owner, "student", "kim")
    for student, confidence in ((sam, "High"), (sam, "High"), (sam, "Low"), (kim, "Low")):
        insert(owner, "qa_interactions", student_id=student, query="?", answer="!", confidence=confidence)
    rows = owner.execute("select student_id, confidence, count, percentage from v_confidence_distribution").fetchall()
    assert set(rows) == {
        (sam, "High", 2, Decimal("66.67")),
        (sam, "Low", 1, Decimal("33.33")),
        (kim, "Low", 1, Decimal("100.00")),
    }


# 7: updated_at


@pytest.mark.parametrize("table", ["users", "goals", "sessions", "summaries", "practice_bank_items"])
def test_7_a_change_moves_updated_at(table: str, cast: Cast) -> None:
    cast.owner.execute(f"alter table {table} disable trigger user")
    cast.owner.execute(f"update {table} set updated_at = '2020-01-01'")
    cast.owner.execute(f"alter table {table} enable trigger user")
    cast.owner.execute(f"update {table} set id = id")
    rows = cast.owner.execute(f"select distinct updated_at > now() - interval '1 hour' from {table}")
    assert rows.fetchall() == [(True,)]


def test_7_every_table_with_updated_at_has_the_trigger(owner: Connection) -> None:
    rows = owner.execute(
        """
        select c.table_name from information_schema.columns c join pg_class t on t.relname = c.table_name
        where c.column_name = 'updated_at' and c.table_schema = 'public' and t.relkind = 'r' and not exists (
            select from pg_trigger where tgrelid = t.oid and tgname = 'update_' || c.table_name || '_updated_at')
        """
    )
    assert rows.fetchall() == []


# 8: indexes; that every foreign key leads one and none is doubled stands in test_schema.py


def test_8_tags_have_gin_indexes_that_serve_a_search_under_row_security(cast: Cast, app: Connection) -> None:
    cast.owner.execute("set enable_seqscan = off")
    for column in ("goal_tags", "topic_tags"):
        with as_viewer(app, "tutor", read_only=True):
            app.execute("set local enable_seqscan = off")
            plan = app.execute(f"explain select id from practice_bank_catalog where {column} && array['x']").fetchall()
        assert any(f"idx_pbi_{column}" in line for (line,) in plan)


@pytest.mark.parametrize("viewer", ["nobody", "student", "parent"])
def test_8_who_may_not_browse_the_bank_searches_nothing(viewer: str, cast: Cast, app: Connection) -> None:
    with as_viewer(app, viewer, read_only=True):
        plan = app.execute(
            "explain (analyze) select id from practice_bank_catalog where question_text like '%'"
        ).fetchall()
    text = "\n".join(line for (line,) in plan)
    assert "One-Time Filter" in text
    assert "never executed" in text


# 10: lists


@pytest.mark.parametrize(
    ("table", "column", "words"),
    [
        ("overrides", "override_type", ["summary", "practice", "qa_answer"]),
        ("nudges", "type", ["login", "inactivity", "cross_subject"]),
        ("summaries", "summary_type", ["normal", "brief", "missing_transcript"]),
        ("goals", "goal_type", ["SAT", "AP", "General"]),
    ],
)
def test_10_lists_hold_the_documents_words(table: str, column: str, words: list[str], owner: Connection) -> None:
    cast = make_cast(owner)
    if table != "overrides":  # there the word must fit the target as well, see 11
        for word in words:
            owner.execute(f"update {table} set {column} = %s", [word])
    for word in ("other", words[0].swapcase(), ""):
        with pytest.raises(errors.CheckViolation):
            owner.execute(f"update {table} set {column} = %s", [word])
    assert cast.rows[table]


# 11: what belongs together


def practice(cast: Cast, **values: Any) -> None:
    """Add a practice assignment of ann's."""
    insert(cast.owner, "practice_assignments", student_id=cast.id("ann"), **values)


@pytest.mark.parametrize(
    "values",
    [
        {"source": "bank"},
        {"source": "bank", "ai_question_text": "?", "ai_answer_text": "!"},
        {"source": "ai_generated"},
        {"source": "ai_generated", "ai_question_text": "?"},
        {"source": "ai_generated", "ai_answer_text": "!"},
        {"source": "ai_generated", "ai_question_text": "?", "ai_answer_text": "!", "performance_score": "1.01"},
        {"source": "ai_generated", "ai_question_text": "?", "ai_answer_text": "!", "performance_score": "-0.01"},
    ],
)
def test_11_an_incomplete_practice_item_is_refused(values: dict[str, Any], cast: Cast) -> None:
    with pytest.raises(errors.CheckViolation):
        practice(cast, **values)


def test_11_complete_practice_items_go_in(cast: Cast) -> None:
    practice(cast, source="bank", bank_item_id=cast.id("open", "practice_bank_items"), performance_score=1)
    practice(cast, source="ai_generated", ai_question_text="?", ai_answer_text="!", performance_score=0)


@pytest.mark.parametrize("score", ["1.01", "-0.01"])
def test_11_a_confidence_score_is_within_0_and_1(score: str, cast: Cast) -> None:
    with pytest.raises(errors.CheckViolation):
        cast.owner.execute("update qa_interactions set confidence_score = %s", [score])


TARGETS = {"summary": "summary_id", "practice": "practice_assignment_id", "qa_answer": "qa_interaction_id"}


@pytest.mark.parametrize("kind", TARGETS)
@pytest.mark.parametrize("targets", [set(), *({one, two} for one in TARGETS for two in TARGETS)], ids=sorted)
def test_11_an_override_has_one_target_of_its_kind(kind: str, targets: set[str], cast: Cast) -> None:
    ids = {
        "summary": cast.id("ann", "summaries"),
        "practice": cast.id("ann open", "practice_assignments"),
        "qa_answer": cast.id("ann", "qa_interactions"),
    }
    values = {TARGETS[target]: ids[target] for target in targets}
    override = {
        "tutor_id": cast.id("tom"),
        "student_id": cast.id("ann"),
        "override_type": kind,
        "action": "x",
        "original_content": SNAPSHOT,
        "new_content": SNAPSHOT,
        "target_version": 2,
    }
    if targets == {kind}:
        insert(cast.owner, "overrides", **override, **values)
    else:
        with pytest.raises(errors.CheckViolation):
            insert(cast.owner, "overrides", **override, **values)


# 13: the audit log only grows; row security stands in test_row_security.py, encryption in test_encryption.py


@pytest.mark.parametrize(
    "change",
    [
        "update audit_log set action = 'x'",
        "update audit_log set actor_id = null, details = '{\"a\": 1}'",
        "update audit_log set actor_id = student_id",
        "update audit_log set occurred_at = now()",
        "delete from audit_log",
        "truncate audit_log",
    ],
)
def test_13_the_audit_log_is_append_only_even_for_its_owner(change: str, cast: Cast) -> None:
    with pytest.raises(errors.InsufficientPrivilege, match="append-only"):
        cast.owner.execute(change)
    cast.owner.execute("update audit_log set actor_id = null, student_id = null")


# 14: history


@pytest.mark.parametrize("column", ["original_content", "new_content"])
def test_14_an_override_holds_both_snapshots(column: str, cast: Cast) -> None:
    with pytest.raises(errors.CheckViolation):
        cast.owner.execute(f"update overrides set {column} = null")


@pytest.mark.parametrize("table", ["summaries", "practice_assignments", "qa_interactions", "practice_bank_items"])
def test_14_content_has_a_version_from_1(table: str, cast: Cast) -> None:
    assert cast.owner.execute(f"select distinct version from {table}").fetchall() == [(1,)]
    for version in (0, None):
        with pytest.raises(errors.IntegrityError):
            cast.owner.execute(f"update {table} set version = %s", [version])


def test_14_two_writers_of_one_version_have_one_winner(cast: Cast, database_on_each_server: Database) -> None:
    write = "update summaries set narrative = %s, version = version + 1 where id = %s and version = 1"
    summary = cast.id("ann", "summaries")
    with psycopg.connect(database_on_each_server.owner_url) as first:
        assert first.execute(write, ["first", summary]).rowcount == 1
        first.commit()
        assert cast.owner.execute(write, ["second", summary]).rowcount == 0


# 15, 16: as they were


def test_15_no_table_is_partitioned(owner: Connection) -> None:
    assert owner.execute("select relname from pg_class where relkind = 'p'").fetchall() == []


def test_16_related_subjects_stay_an_array(owner: Connection) -> None:
    row = owner.execute(
        "select format_type(atttypid, atttypmod) from pg_attribute"
        " where attrelid = 'subjects'::regclass and attname = 'related_subjects'"
    )
    assert row.fetchone() == ("uuid[]",)


def test_no_extension_is_needed(owner: Connection) -> None:
    assert owner.execute("select extname from pg_extension").fetchall() == [("plpgsql",)]
    assert not any("create extension" in file.read_text().lower() for file in SQL.glob("*.sql"))
