"""Correction 12: erasing a person works for every role, and what is left says nothing of them."""

from uuid import uuid4

import pytest

from tests.db.cast import PEOPLE, Cast, Connection, as_viewer, insert

# Keys that keep a row when the person goes, and become null; every other key to users takes the row along.
RELEASED = {
    ("goals", "created_by"),
    ("goals", "confirmed_by"),
    ("practice_bank_items", "created_by"),
    ("sessions", "tutor_id"),
    ("summaries", "tutor_id"),
    ("qa_interactions", "escalated_to_tutor_id"),
    ("qa_interactions", "answered_by_tutor_id"),
    ("overrides", "tutor_id"),
    ("overrides", "student_id"),
    ("overrides", "reverted_by_tutor_id"),
    ("audit_log", "actor_id"),
    ("audit_log", "student_id"),
    ("generations", "student_id"),
    ("study_materials", "created_by"),
}


@pytest.fixture
def counts(cast: Cast) -> dict[str, int]:
    """How many rows each table has, once tom has had a hand in everything."""
    tom = cast.id("tom")
    cast.owner.execute(
        "update qa_interactions set escalated_to_tutor_id = %(tom)s, answered_by_tutor_id = %(tom)s,"
        " tutor_answer = 'x', answered_at = now()",
        {"tom": tom},
    )
    cast.owner.execute("update overrides set reverted_at = now(), reverted_by_tutor_id = %s, reason = 'why'", [tom])
    for table, target in (("summaries", "summary_id"), ("practice_assignments", "practice_assignment_id")):
        cast.owner.execute(
            f"update {table} t set overridden = true, override_id = o.id from overrides o where o.{target} = t.id"
        )
    insert(cast.owner, "nudges", user_id=tom, type="login", channel="email", message="x")
    # They are told of to those whom they concern: with one of the two erased, to nobody.
    for kind, person in (("assignment_begun", tom), ("link_begun", cast.id("pat"))):
        event = {"student_id": cast.id("ann"), "person_id": person, "target_id": uuid4()}
        insert(cast.owner, "events", kind=kind, **event)
    insert(cast.owner, "audit_log", actor_id=cast.id("pat"), actor_role="parent", action="x", target_type="x")
    insert(cast.owner, "audit_log", actor_id=cast.id("ada"), actor_role="admin", action="x", target_type="x")
    return _counts(cast.owner)


def _counts(owner: Connection) -> dict[str, int]:
    tables = owner.execute(
        "select relname from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace"
    ).fetchall()
    found = {name: owner.execute(f"select count(*) from {name}").fetchone() for (name,) in tables}
    return {name: row[0] for name, row in found.items() if row}


def test_every_key_to_a_person_is_released_or_cascades(cast: Cast) -> None:
    keys = cast.owner.execute(
        """
        select k.conrelid::regclass::text, a.attname::text, k.confdeltype
        from pg_constraint k
        join pg_attribute a on a.attrelid = k.conrelid and a.attnum = any (k.conkey) and a.attgenerated = ''
        where k.contype = 'f' and k.confrelid = 'users'::regclass
        """
    ).fetchall()
    assert {(table, column) for table, column, action in keys if action != "c"} == RELEASED


@pytest.mark.parametrize("name", ["tom", "pat", "ada"])
def test_others_rows_stay_without_the_person(name: str, counts: dict[str, int], cast: Cast, app: Connection) -> None:
    gone = cast.id(name)
    with app.transaction():
        app.execute("select set_system()")
        app.execute("delete from users where id = %s", [gone])
    own = {
        "tom": {"users": 1, "tutor_student_assignments": 3, "nudges": 1, "events": 1},
        "pat": {"users": 1, "parent_student_links": 2, "events": 1},
        "ada": {"users": 1},
    }[name]
    assert _counts(cast.owner) == {table: count - own.get(table, 0) for table, count in counts.items()}
    for table, column in RELEASED:
        assert cast.owner.execute(f"select from {table} where {column} = %s", [gone]).fetchall() == []
    if name == "tom":
        row = cast.owner.execute(
            "select distinct tutor_id is null, action, original_content is null, reason from overrides"
        )
        assert row.fetchall() == [(True, "reworded", False, "why")]


def test_a_students_rows_go_and_what_is_left_says_nothing(counts: dict[str, int], cast: Cast, app: Connection) -> None:
    ann = cast.id("ann")
    with as_viewer(app, "admin"):
        app.execute("delete from users where id = %s", [ann])
    assert _counts(cast.owner) == counts  # as_viewer undoes: now for good
    with app.transaction():
        app.execute("select set_viewer('sub-ada', false)")
        assert app.execute("delete from users where id = %s", [ann]).rowcount == 1
    own = {
        "users": 1,
        "tutor_student_assignments": 2,
        "parent_student_links": 1,
        "goals": 1,
        "sessions": 2,
        "summaries": 1,
        "summary_claims": 2,
        "practice_assignments": 2,
        "practice_familiarity": 1,
        "practice_settings": 1,
        "student_ratings": 1,
        "qa_interactions": 1,
        "answer_citations": 1,
        "nudges": 1,
        "progress_entries": 1,
        "nudge_decisions": 1,
        "events": 3,
    }
    assert _counts(cast.owner) == {table: count - own.get(table, 0) for table, count in counts.items()}
    overrides = cast.owner.execute(
        """
        select count(*), tutor_id, action, num_nonnulls(student_id, summary_id, practice_assignment_id,
            qa_interaction_id, original_content, new_content, reason)
        from overrides where student_id is null group by 2, 3, 4
        """
    ).fetchall()
    assert overrides == [(4, cast.id("tom"), "erased", 0)]
    log = cast.owner.execute(
        "select count(*) from audit_log where student_id is null and actor_id = %s", [cast.id("tom")]
    )
    assert log.fetchone() == (1,)
    _nowhere(cast.owner, str(ann))


def _nowhere(owner: Connection, text: str) -> None:
    """No table holds the text any more."""
    for table in _counts(owner):
        row = owner.execute(f"select count(*) from {table} t where t::text like %s", [f"%{text}%"]).fetchone()
        assert row == (0,), table


def test_everybody_can_be_erased_in_any_order(counts: dict[str, int], cast: Cast) -> None:
    for order in (list(PEOPLE), list(PEOPLE)[::-1]):
        with cast.owner.transaction(force_rollback=True):
            for name in order:
                cast.owner.execute("delete from users where id = %s", [cast.id(name)])
            left = {table for table, count in _counts(cast.owner).items() if count}
            kept = {
                "subjects",
                "practice_bank_items",
                "practice_item_ratings",
                "overrides",
                "audit_log",
                "generations",
                "study_materials",
                "study_passages",
                "answer_calibrations",
            }
            assert left == {"alembic_version", *kept}
