"""Columns that a row policy cannot protect: out of reach in the tables, shown by views to those who may see them."""

import pytest
from psycopg import errors

from tests.db.cast import SNAPSHOT, VIEWERS, Cast, Connection, Three, ann, as_viewer, expected

PROTECTED = {
    "users": ["profile", "gamification", "analytics", "disclaimer_shown"],
    "tutor_student_assignments": ["notes"],
    "sessions": ["transcript_text", "transcript_storage_url", "notes"],
    "practice_bank_items": ["answer_text", "explanation", "search"],
    "practice_assignments": ["ai_answer_text", "ai_explanation"],
    "overrides": ["original_content", "new_content"],
    "generations": ["model", "prompt_version", "input_tokens", "output_tokens", "reserved_tokens", "error"],
}


def test_protected_columns_are_refused_by_direct_select(cast: Cast, app: Connection) -> None:
    for table, columns in PROTECTED.items():
        for expression in [*columns, f"{table}::text", "*"]:
            with as_viewer(app, "system"), pytest.raises(errors.InsufficientPrivilege):
                app.execute(f"select {expression} from {table}")
        with as_viewer(app, "system"), pytest.raises(errors.InsufficientPrivilege):
            app.execute(f"update {table} set {columns[0]} = null returning {columns[0]}")
    everything = app.execute(
        """
        select c.relname, a.attname from pg_class c join pg_attribute a on a.attrelid = c.oid
        where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace and a.attnum > 0 and not a.attisdropped
            and c.relname <> 'alembic_version' and not has_column_privilege('study_app', c.oid, a.attnum, 'select')
        """
    ).fetchall()
    assert set(everything) == {(table, column) for table, columns in PROTECTED.items() for column in columns}


# view: its key, the table of that key, and what ann, tom and pat see of it
VAULT: dict[str, tuple[str, str, Three]] = {
    "session_transcripts": (
        "session_id",
        "sessions",
        (ann("with tom", "with una"), ann("with tom", "with una"), set()),
    ),
    "session_notes": ("session_id", "sessions", (set(), ann("with tom"), set())),
    "assignment_notes": (
        "assignment_id",
        "tutor_student_assignments",
        (set(), {"tom-ann", "tom-cleo", "tom-dan"}, set()),
    ),
    "practice_solutions": (
        "practice_assignment_id",
        "practice_assignments",
        (ann("done"), ann("open", "done"), ann("done")),
    ),
    "bank_solutions": ("bank_item_id", "practice_bank_items", ({"done"}, {"open", "done", "bens"}, {"done"})),
    "override_contents": (
        "override_id",
        "overrides",
        (
            ann("summary", "answer", "practice open", "practice done"),
            ann("summary", "answer", "practice open", "practice done"),
            ann("summary", "practice open", "practice done"),
        ),
    ),
    "generation_details": ("generation_id", "generations", (set(), ann("summary", "answer"), set())),
    "user_details": ("user_id", "users", ({"ann"}, {"tom", "ann"}, {"pat", "ann"})),
    "practice_bank_catalog": ("id", "practice_bank_items", (set(), {"open", "done", "bens"}, set())),
}


@pytest.mark.parametrize("viewer", VIEWERS)
def test_views_of_protected_columns(viewer: str, cast: Cast, app: Connection) -> None:
    with as_viewer(app, viewer, read_only=True):
        seen = {view: cast.seen(app, view, key, of=table) for view, (key, table, _) in VAULT.items()}
    assert seen == {view: expected(cast, viewer, table, three) for view, (_, table, three) in VAULT.items()}


@pytest.mark.parametrize("viewer", [viewer for viewer in VIEWERS if viewer != "nobody"])
def test_an_override_of_a_practice_item_does_not_give_the_answer_away(viewer: str, cast: Cast, app: Connection) -> None:
    with as_viewer(app, viewer, read_only=True):
        rows = app.execute("select override_id, original_content, new_content from override_contents").fetchall()
    contents = {next(iter(cast.labels("overrides", iter([row[0]])))): row[1:] for row in rows}
    whole = (SNAPSHOT, SNAPSHOT)
    without = ({"question": SNAPSHOT["question"]},) * 2
    assert contents["ann practice open"] == (without if viewer in ("student", "parent") else whole)
    assert contents["ann practice done"] == whole
    assert contents["ann summary"] == whole


@pytest.mark.parametrize(
    ("viewer", "again", "seen"),
    [
        ("student", "ann", set()),
        ("student", "ben", {"done"}),
        ("parent", "ann", set()),
        ("parent", "ben", {"done"}),
        ("quinn", "ann", {"done", "bens"}),
        ("quinn", "ben", {"bens"}),
        ("tutor", "ann", {"open", "done", "bens"}),
        ("admin", "ann", {"open", "done", "bens"}),
    ],
)
def test_an_item_to_be_done_again_keeps_its_solution_back(
    viewer: str, again: str, seen: set[str], cast: Cast, app: Connection
) -> None:
    item = cast.id("done", "practice_bank_items")
    cast.add("practice_assignments", "again", student_id=cast.id(again), source="bank", bank_item_id=item)
    with as_viewer(app, viewer, read_only=True):
        assert cast.seen(app, "bank_solutions", "bank_item_id", of="practice_bank_items") == seen


def test_a_parent_of_two_waits_for_both(cast: Cast, app: Connection) -> None:
    cast.add("parent_student_links", "quinn-ann", parent_id=cast.id("quinn"), student_id=cast.id("ann"))
    item = cast.id("bens", "practice_bank_items")
    with as_viewer(app, "quinn", read_only=True):
        assert "bens" in cast.seen(app, "bank_solutions", "bank_item_id", of="practice_bank_items")
    cast.add("practice_assignments", "ann too", student_id=cast.id("ann"), source="bank", bank_item_id=item)
    with as_viewer(app, "quinn", read_only=True):
        assert "bens" not in cast.seen(app, "bank_solutions", "bank_item_id", of="practice_bank_items")


@pytest.mark.parametrize(("viewer", "may"), [("student", False), ("tutor", True), ("admin", True)])
def test_students_confirm_no_goals(viewer: str, may: bool, cast: Cast, app: Connection) -> None:
    goal = cast.id("ann", "goals")
    confirm = "update goals set confirmed_at = now() where id = %s returning status"
    with as_viewer(app, viewer):
        if may:
            assert app.execute(confirm, [goal]).fetchall() == [("active",)]
            return
        with app.transaction():
            app.execute("update goals set confirmed_at = null, title = 'mine' where id = %s", [goal])
        with pytest.raises(errors.InsufficientPrivilege), app.transaction():
            app.execute(confirm, [goal])
        with pytest.raises(errors.InsufficientPrivilege):
            app.execute(
                "insert into goals (student_id, created_by, title, confirmed_at) values (%s, %s, 'x', now())",
                [cast.id("ann"), cast.id("ann")],
            )


@pytest.mark.parametrize(("viewer", "told"), [("student", False), ("parent", False), ("tutor", True), ("admin", True)])
def test_whether_an_item_is_assigned_is_told_to_staff(viewer: str, told: bool, cast: Cast, app: Connection) -> None:
    """tom sees nobody who has una's item."""
    fresh = cast.add(
        "practice_bank_items",
        "fresh",
        question_text="?",
        answer_text="!",
        subject_id=cast.id("algebra", "subjects"),
        difficulty_level=1,
    )
    with as_viewer(app, viewer, read_only=True):
        asked = "select is_practice_item_assigned(%s), is_practice_item_assigned(%s)"
        assert app.execute(asked, [cast.id("bens", "practice_bank_items"), fresh]).fetchone() == (told, False)


def test_a_solution_is_the_overriding_text_where_there_is_one(cast: Cast, app: Connection) -> None:
    cast.owner.execute(
        "update practice_assignments set ai_answer_text = 'mine' where id = %s",
        [cast.id("ann done", "practice_assignments")],
    )
    with as_viewer(app, "student", read_only=True):
        rows = app.execute("select answer_text, explanation from practice_solutions").fetchall()
    assert rows == [("mine", "done reason")]
