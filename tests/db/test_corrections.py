"""Each row of the list of corrections to the schema document, on every PostgreSQL of the machine."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from psycopg import errors

from tests.db.cast import Cast, Connection, as_viewer, become, insert
from tests.servers import Database


@pytest.fixture
def owner(database_on_each_server: Database) -> Iterator[Connection]:
    """The owner's connection to a fresh database."""
    with psycopg.connect(database_on_each_server.owner_url, autocommit=True) as connection:
        yield connection


def columns(owner: Connection, table: str) -> dict[str, str]:
    """The columns of a table and what PostgreSQL says of them."""
    rows = owner.execute(
        "select column_name, is_nullable || ' ' || is_generated || ' ' || coalesce(column_default, '')"
        " from information_schema.columns where table_name = %s",
        [table],
    )
    return dict(rows.fetchall())


# What the document has, under its names.

DOCUMENT = {
    "users": "id cognito_sub email role profile gamification analytics disclaimer_shown created_at updated_at",
    "tutor_student_assignments": "tutor_id student_id subject_id assigned_at status notes start_date end_date",
    "subjects": "id name category description related_subjects created_at",
    "goals": "id student_id created_by subject_id goal_type title description target_completion_date status"
    " completion_percentage current_streak xp_earned created_at updated_at completed_at",
    "sessions": "id student_id tutor_id session_date duration_minutes subject_id transcript_text"
    " transcript_storage_url transcript_available topics_covered notes created_at updated_at",
    "summaries": "id session_id student_id tutor_id narrative next_steps subjects_covered summary_type overridden"
    " override_id created_at updated_at",
    "practice_bank_items": "id question_text answer_text explanation subject_id difficulty_level goal_tags topic_tags"
    " created_by version is_active created_at updated_at",
    "practice_assignments": "id student_id source bank_item_id ai_question_text ai_answer_text ai_explanation flagged"
    " subject_id difficulty_level goal_tags student_rating_before student_rating_after performance_score completed"
    " completed_at overridden override_id assigned_at created_at",
    "student_ratings": "id student_id subject_id rating last_updated",
    "qa_interactions": "id student_id query answer confidence confidence_score context_subjects"
    " clarification_requested out_of_scope tutor_escalation_suggested escalated_to_tutor_id disclaimer_shown"
    " created_at",
    "nudges": "id user_id type channel message personalized sent_at opened_at clicked_at trigger_reason"
    " suggestions_made created_at",
    "overrides": "id tutor_id student_id override_type action summary_id practice_assignment_id qa_interaction_id"
    " original_content new_content reason subject_id difficulty_level created_at",
    "v_student_progress": "student_id goal_id subject_name completion_percentage current_streak xp_earned status"
    " target_completion_date sessions_count practice_items_completed average_rating",
    "v_override_analytics": "override_type subject_name difficulty_level override_count unique_tutors unique_students"
    " override_date",
    "v_confidence_distribution": "student_id confidence count percentage",
}
# Those of the document's indexes that are built; the column it names, as the key's first or in the condition.
INDEXES = {
    "users": {"role": "role"},
    "tutor_student_assignments": {"tsa_tutor": "tutor_id", "tsa_student": "student_id", "tsa_status": "status"},
    "subjects": {"category": "category"},
    "goals": {"student": "student_id", "status": "status", "subject": "subject_id"},
    "sessions": {"student": "student_id", "tutor": "tutor_id", "date": "session_date"},
    "summaries": {"session": "session_id", "student": "student_id", "tutor": "tutor_id"},
    "practice_bank_items": {
        "pbi_subject": "subject_id",
        "pbi_difficulty": "difficulty_level",
        "pbi_goal_tags": "goal_tags",
        "pbi_active": "is_active",
    },
    "practice_assignments": {
        "pa_student": "student_id",
        "pa_source": "source",
        "pa_flagged": "flagged",
        "pa_completed": "completed",
    },
    "student_ratings": {"sr_subject": "subject_id", "sr_rating": "rating"},
    "qa_interactions": {"qa_student": "student_id", "qa_confidence": "confidence", "qa_created": "created_at"},
    "nudges": {"user": "user_id", "type": "type", "sent": "sent_at", "opened": "opened_at"},
    "overrides": {"tutor": "tutor_id", "student": "student_id", "type": "override_type", "created": "created_at"},
}


def test_what_the_document_has(owner: Connection) -> None:
    for name, documented in DOCUMENT.items():
        assert set(documented.split()) <= set(columns(owner, name)), name
    for table, named in INDEXES.items():
        for name, column in named.items():
            index = name if "_" in name else f"{table}_{name}"
            row = owner.execute(
                "select pg_get_indexdef(to_regclass(%s), 1, true), pg_get_expr(indpred, indrelid) from pg_index"
                " where indexrelid = to_regclass(%s) and indrelid = to_regclass(%s)",
                [f"idx_{index}", f"idx_{index}", table],
            ).fetchone()
            assert row is not None, index
            assert column == row[0] or re.search(rf"\b{column}\b", row[1]), index


# 1: the order of the tables, and the two that point at each other


@pytest.mark.parametrize("table", ["summaries", "practice_assignments", "qa_interactions"])
def test_1_circular_keys_are_deferred(table: str, owner: Connection) -> None:
    row = owner.execute(
        "select condeferrable, condeferred from pg_constraint where conname = %s", [f"{table}_override_id_fkey"]
    ).fetchone()
    assert row == (True, True)


def test_1_a_target_and_its_override_may_be_written_in_either_order(cast: Cast) -> None:
    later = uuid4()
    override = {"tutor_id": cast.id("tom"), "student_id": cast.id("ann"), "override_type": "summary", "action": "x"}
    content = {"original_content": {"a": 1}, "new_content": {"a": 2}, "target_version": 2}
    with cast.owner.transaction():
        cast.owner.execute("update summaries set override_id = %s where id = %s", [later, cast.id("ann", "summaries")])
        insert(cast.owner, "overrides", id=later, summary_id=cast.id("ann", "summaries"), **override, **content)
    with pytest.raises(errors.ForeignKeyViolation), cast.owner.transaction():
        cast.owner.execute("update summaries set override_id = %s", [uuid4()])


# 2, 9: roles in keys


@pytest.mark.parametrize(
    ("table", "column", "role"),
    [
        ("tutor_student_assignments", "tutor_id", "tutor"),
        ("tutor_student_assignments", "student_id", "student"),
        ("parent_student_links", "parent_id", "parent"),
        ("parent_student_links", "student_id", "student"),
        ("goals", "student_id", "student"),
        ("sessions", "student_id", "student"),
        ("sessions", "tutor_id", "tutor"),
        ("summaries", "student_id", "student"),
        ("summaries", "tutor_id", "tutor"),
        ("practice_assignments", "student_id", "student"),
        ("student_ratings", "student_id", "student"),
        ("qa_interactions", "student_id", "student"),
        ("qa_interactions", "escalated_to_tutor_id", "tutor"),
        ("qa_interactions", "answered_by_tutor_id", "tutor"),
        ("overrides", "student_id", "student"),
        ("overrides", "tutor_id", "tutor"),
        ("overrides", "reverted_by_tutor_id", "tutor"),
    ],
)
def test_2_a_person_in_a_role_has_that_role(table: str, column: str, role: str, cast: Cast) -> None:
    now = ", reverted_at = now()" if column == "reverted_by_tutor_id" else ""
    wrong = {"tutor": "ann", "student": "tom", "parent": "tom"}[role]
    # Of one row: the same person in two could be refused for another reason.
    one = f"ctid = (select min(ctid) from {table})"
    with pytest.raises(errors.ForeignKeyViolation):
        cast.owner.execute(f"update {table} set {column} = %s{now} where {one}", [cast.id(wrong)])


@pytest.mark.parametrize("name", ["ann", "tom", "pat"])
def test_2_a_role_does_not_change_while_somebody_depends_on_it(name: str, cast: Cast) -> None:
    with pytest.raises(errors.ForeignKeyViolation):
        cast.owner.execute("update users set role = 'admin' where id = %s", [cast.id(name)])
    cast.owner.execute("update users set role = 'parent' where id = %s", [cast.id("ada")])


def test_2_the_role_in_a_key_cannot_be_written(cast: Cast) -> None:
    with pytest.raises(errors.GeneratedAlways):
        cast.owner.execute("update goals set student_role = 'tutor'")


def test_9_a_parent_is_linked_to_a_child_once(cast: Cast) -> None:
    assert {"id", "parent_id", "student_id", "status", "created_at"} <= set(columns(cast.owner, "parent_student_links"))
    with pytest.raises(errors.UniqueViolation):
        insert(cast.owner, "parent_student_links", parent_id=cast.id("pat"), student_id=cast.id("ann"))


# 3: the subject of an assignment is optional


def test_3_one_assignment_of_a_tutor_to_a_student_for_a_subject_or_for_none(cast: Cast) -> None:
    pair = {"tutor_id": cast.id("tom"), "student_id": cast.id("ann")}
    algebra = cast.id("algebra", "subjects")
    with pytest.raises(errors.UniqueViolation):
        insert(cast.owner, "tutor_student_assignments", **pair)
    insert(cast.owner, "tutor_student_assignments", **pair, subject_id=algebra)
    with pytest.raises(errors.UniqueViolation):
        insert(cast.owner, "tutor_student_assignments", **pair, subject_id=algebra)


# 4: ratings


def rate(connection: Connection, cast: Cast, question: Any, score: Any, *more: Any, who: str = "ann") -> int:
    """Call the function as the document declares it."""
    marks = ", ".join(["%s"] * len(more))
    row = connection.execute(
        f"select update_student_rating(%s, %s, %s, %s{', ' + marks if more else ''})",
        [cast.id(who), cast.id("algebra", "subjects"), question, score, *more],
    ).fetchone()
    assert row is not None
    return int(row[0])


@pytest.mark.parametrize(
    ("rating", "question", "score", "more", "new"),
    [
        (None, 1000, Decimal(1), (), 1016),  # the first answer starts from 1000
        (None, 1000, Decimal(0), (), 984),
        (None, 1000, Decimal("0.5"), (), 1000),
        (1000, 1400, Decimal(1), (), 1029),  # 32 * (1 - 1/11) = 29.09
        (1000, 600, Decimal(0), (), 971),
        (1000, 1000, Decimal(1), (1,), 1001),  # 0.5 rounds away from zero: 1000.5
        (1000, 1000, Decimal(0), (1,), 1000),  # 999.5
        (1000, 1000, Decimal(1), (70,), 1035),
        (105, 105, Decimal(0), (), 100),  # never below 100
        (100, 0, Decimal(0), (1000,), 100),
        (1000, 10000, Decimal(1), (), 1032),
        (1000, 0, Decimal("0.33"), (), 979),
    ],
)
def test_4_a_rating_moves(
    rating: int | None, question: int, score: Decimal, more: tuple[int, ...], new: int, cast: Cast
) -> None:
    cast.owner.execute("delete from student_ratings where student_id = %s", [cast.id("ann")])
    if rating is not None:
        algebra = cast.id("algebra", "subjects")
        insert(cast.owner, "student_ratings", student_id=cast.id("ann"), subject_id=algebra, rating=rating)
    assert rate(cast.owner, cast, question, score, *more) == new
    saved = cast.owner.execute("select rating from student_ratings where student_id = %s", [cast.id("ann")])
    assert saved.fetchall() == [(new,)]


@pytest.mark.parametrize(
    ("question", "score", "more"),
    [
        (1000, Decimal("1.01"), ()),
        (1000, Decimal("-0.01"), ()),
        (1000, None, ()),
        (1000, Decimal("NaN"), ()),
        (-1, Decimal(1), ()),
        (10001, Decimal(1), ()),
        (None, Decimal(1), ()),
        (1000, Decimal(1), (0,)),
        (1000, Decimal(1), (1001,)),
        (1000, Decimal(1), (None,)),
    ],
)
def test_4_what_is_out_of_bounds_is_an_error(question: Any, score: Any, more: tuple[Any, ...], cast: Cast) -> None:
    with pytest.raises(errors.InvalidParameterValue):
        rate(cast.owner, cast, question, score, *more)


def test_4_fifty_answers_at_once_lose_nothing(cast: Cast, database_on_each_server: Database) -> None:
    """At the question's own level each right answer is worth less than the last: the end tells if one was lost."""
    cast.owner.execute("delete from student_ratings where student_id = %s", [cast.id("ann")])

    def answer(_: int) -> int:
        with psycopg.connect(database_on_each_server.app_url) as app:
            become(app, "ann")
            return rate(app, cast, 1000, Decimal(1))

    with ThreadPoolExecutor(50) as threads:
        concurrent = sorted(threads.map(answer, range(50)))
    cast.owner.execute("delete from student_ratings where student_id = %s", [cast.id("ben")])
    in_turn = [rate(cast.owner, cast, 1000, Decimal(1), who="ben") for _ in range(50)]
    assert concurrent == in_turn


def test_4_a_parent_and_a_stranger_rate_nobody(cast: Cast, app: Connection) -> None:
    for viewer, who in (("parent", "ann"), ("nobody", "ann"), ("tutor", "ben"), ("student", "ben")):
        with as_viewer(app, viewer), pytest.raises(errors.InsufficientPrivilege):
            rate(app, cast, 1000, Decimal(1), who=who)
