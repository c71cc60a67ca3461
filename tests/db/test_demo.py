"""The demo data: all of one piece, loaded once, and only where nobody is."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from db.access import check_access
from db.demo import load_demo
from db.demo_ids import demo_id, demo_sub
from db.encryption import KeyRing, context_of
from db.engine import Database
from db.replay import replay
from db.tables import goals, metadata, sessions, users
from db.transcripts import transcripts_by_session
from db.vault import Vault
from domain.demo.companion import NUDGES
from domain.demo.facts import SESSIONS
from domain.demo.people import GOALS, PEOPLE
from domain.demo.practice import ITEMS, PRACTICE
from domain.grading import RIGHT, WRONG, grade
from domain.practice import AnswerType
from domain.rating import K_FACTOR
from domain.sessions import SessionTranscript
from jobs.progress import count_goal, count_practice, count_session, end_streaks
from jobs.tools import Tools
from tests import servers

NOW = datetime(2026, 3, 2, 0, 5, tzinfo=UTC)
KEYS = KeyRing([("k1", b"k" * 32)])


@pytest.fixture
async def study(database: servers.Database) -> AsyncIterator[Database]:
    """The application on an empty database."""
    async with Database(database.app_url, vault=Vault(KEYS, None)) as opened:
        yield opened


def _rows(database: servers.Database, query: str, *values: Any) -> list[dict[str, Any]]:
    with psycopg.connect(database.owner_url, row_factory=dict_row) as owner:
        return owner.execute(query.encode(), values).fetchall()


def _pairs(database: servers.Database, query: str) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in _rows(database, query)]


def _counts(database: servers.Database) -> dict[str, int]:
    return {name: _rows(database, f"select count(*) as count from {name}")[0]["count"] for name in metadata.tables}


async def test_every_table_has_something_and_nothing_is_loaded_twice(
    database: servers.Database, study: Database
) -> None:
    assert await load_demo(study, NOW)
    counts = _counts(database)
    # Nobody has done anything yet that leaves a line or an event.
    empty = {name for name, count in counts.items() if count == 0}
    unused = {"audit_log", "practice_settings", "answer_calibrations"}
    assert {name for name in empty if not name.startswith("events")} == unused
    assert (counts["users"], counts["sessions"]) == (10, 21)
    assert not await load_demo(study, NOW + timedelta(days=9))
    assert _counts(database) == counts


async def test_on_each_server(database_on_each_server: servers.Database) -> None:
    access = check_access(database_on_each_server.app_url)
    assert (access.user, access.warnings) == ("study_app", ())
    async with Database(database_on_each_server.app_url, vault=Vault(KEYS, None)) as opened:
        assert await load_demo(opened, NOW)
    assert _counts(database_on_each_server)["overrides"] == 4


async def test_two_first_starts_at_once(database: servers.Database, study: Database) -> None:
    assert sorted(await asyncio.gather(load_demo(study, NOW), load_demo(study, NOW))) == [False, True]
    assert _counts(database)["users"] == len(PEOPLE)


async def test_where_somebody_is_nothing_is_loaded(database: servers.Database, study: Database) -> None:
    _rows(database, "insert into users (cognito_sub, email, role) values ('1', 'a@b.test', 'admin') returning id")
    assert not await load_demo(study, NOW)
    assert sum(_counts(database).values()) == 1


async def test_the_four_people_are_related(study: Database) -> None:
    await load_demo(study, NOW)
    student = demo_id(users, "student")
    for key, sees_student in (("student", True), ("tutor", True), ("hannah", True), ("parent", True), ("karim", False)):
        async with study.read(demo_sub(key)) as read:
            assert (student in read.viewer.students) is sees_student, key
    async with study.read(demo_sub("admin")) as read:
        assert read.viewer.role == "admin"


async def test_transcripts_and_notes_are_readable_with_the_key(database: servers.Database, study: Database) -> None:
    await load_demo(study, NOW)
    recorded = [demo_id(sessions, session.key) for session in SESSIONS if session.talk]
    async with study.system_work() as work:
        found = await transcripts_by_session(work, recorded)
    assert len(found) == 20
    for transcript in found:
        assert isinstance(transcript, SessionTranscript)
        speakers = [turn.speaker for turn in transcript.transcript.turns]
        assert all(one is not other for one, other in pairwise(speakers))
    notes = _rows(database, "select id, notes from sessions where notes is not null")
    written = {session.notes for session in SESSIONS if session.notes}
    assert {KEYS.decrypt(row["notes"], context_of("sessions", "notes", row["id"])) for row in notes} == written
    about = _rows(database, "select id, notes from tutor_student_assignments where notes is not null")
    assert all(KEYS.decrypt(row["notes"], context_of("tutor_student_assignments", "notes", row["id"])) for row in about)


async def test_what_happened_lies_in_the_past_and_in_order(database: servers.Database, study: Database) -> None:
    await load_demo(study, NOW)
    future = {
        (table.name, column.name): _rows(
            database, f"select count(*) as count from {table.name} where {column.name} > %s", NOW
        )[0]["count"]
        for table in metadata.tables.values()
        for column in table.columns
        # What the database itself sets is the time of the test.
        if getattr(column.type, "timezone", False) and column.name != "updated_at"
    }
    assert {place for place, count in future.items() if count} == set()
    assert (
        _rows(
            database,
            """
        select 'practice' as what from practice_assignments where completed_at < assigned_at
        union all select 'nudge' from nudges where clicked_at < opened_at or opened_at < sent_at
        union all select 'answer' from qa_interactions where answered_at < created_at
        union all select 'override' from overrides
            join summaries on summaries.id = summary_id where overrides.created_at < summaries.created_at
        union all select 'override' from overrides
            join practice_assignments as pa on pa.id = practice_assignment_id where overrides.created_at < assigned_at
        union all select 'override' from overrides
            join qa_interactions as qa on qa.id = qa_interaction_id where overrides.created_at < qa.created_at
        """,
        )
        == []
    )


async def test_where_students_stand_is_what_counting_gives(
    database: servers.Database, study: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All that is counted is taken away, and counted again by the product's own jobs, each at its time."""
    await load_demo(study, NOW)
    queries = (
        "select student_id, kind, source_id, goal_id, xp, percent, occurred_at from progress_entries"
        " order by 1, 2, 3, 4",
        "select id, completion_percentage, xp_earned, current_streak from goals order by id",
        "select id, profile->'progress' as progress, gamification->'xp' as xp, gamification->'level' as level,"
        " gamification->'streaks' as streaks, (select array_agg(badge order by badge)"
        " from jsonb_array_elements_text(gamification->'badges') as badges (badge)) as badges from users order by id",
    )
    loaded = [_rows(database, query) for query in queries]
    begun = {demo_id(goals, goal.key): goal.percent for goal in GOALS}
    status = dict(_pairs(database, "select id, status from goals"))
    with psycopg.connect(database.owner_url) as owner:
        owner.execute("delete from progress_entries")
        owner.execute("update users set gamification = '{}', profile = profile - 'progress' where role = 'student'")
        for goal, percent in begun.items():
            owner.execute(
                "update goals set completion_percentage = %s, xp_earned = 0, current_streak = 0, status = %s,"
                " confirmed_at = null where id = %s",
                [percent, "paused" if status[goal] == "paused" else "active", goal],
            )
    tools = Tools(study)
    done = _rows(
        database,
        """
        select 'practice' as kind, id, completed_at as at from practice_assignments where completed
        union all select 'session', id, session_date from sessions
        union all select 'goal', id, completed_at from goals where completed_at is not null
        order by at, kind desc, id
        """,
    )
    for each in done:
        monkeypatch.setattr("jobs.progress.now", lambda at=each["at"]: at)
        if each["kind"] == "goal":
            with psycopg.connect(database.owner_url) as owner:
                owner.execute(
                    "update goals set status = 'completed', completion_percentage = 100, current_streak = 0,"
                    " confirmed_at = case when confirmed_by is not null then completed_at end where id = %s",
                    [each["id"]],
                )
        await {"practice": count_practice, "session": count_session, "goal": count_goal}[each["kind"]](
            tools, each["id"]
        )
    monkeypatch.setattr("jobs.progress.now", lambda: NOW)
    await end_streaks(tools)
    assert [_rows(database, query) for query in queries] == loaded


async def test_what_the_companion_says_can_be_looked_up(database: servers.Database, study: Database) -> None:
    await load_demo(study, NOW)
    claims = dict(_pairs(database, "select status, count(*) from summary_claims group by status"))
    assert set(claims) == {"supported"}
    texts = [text for (text,) in _pairs(database, "select text from study_materials")]
    quotes = [quote for (quote,) in _pairs(database, "select quote from answer_citations where kind = 'material'")]
    assert len(quotes) >= 10
    assert all(any(quote in text for text in texts) for quote in quotes)
    spread = _pairs(database, "select confidence, outcome, count(*) from qa_interactions group by 1, 2 order by 1, 2")
    assert {confidence for confidence, _, _ in spread} == {"High", "Medium", "Low"}
    assert {"answered", "out_of_scope", "clarification", "not_found"} <= {outcome for _, outcome, _ in spread}
    decided = _pairs(database, "select n.id from nudges as n left join nudge_decisions as d on d.nudge_id = n.id")
    assert len(decided) == len(NUDGES)
    waiting = "select (select count(*) from practice_assignments where flagged and not completed),"
    waiting += " (select count(*) from qa_interactions where escalated_to_tutor_id is not null and answered_at is null)"
    waiting += ", (select count(*) from goals where status = 'completed' and confirmed_at is null)"
    assert all(count >= 1 for count in _pairs(database, waiting)[0])


async def test_ratings_are_what_the_answers_come_to(database: servers.Database, study: Database) -> None:
    await load_demo(study, NOW)
    found = await replay(study, K_FACTOR)
    assert (found.differences, found.students) == (0, 10)
    stored = _rows(database, "select student_id, subject_id, rating from student_ratings order by 1, 2")
    last = _rows(
        database,
        "select distinct on (student_id, subject_id) student_id, subject_id, student_rating_after as rating"
        " from practice_assignments where completed order by student_id, subject_id, answer_number desc",
    )
    assert last == stored


async def test_overrides_hold_what_their_targets_said_and_say(database: servers.Database, study: Database) -> None:
    await load_demo(study, NOW)
    said = _rows(
        database,
        """
        select o.override_type, o.reverted_at is not null as reverted, original_content, new_content,
            coalesce(
                (select to_jsonb(t) from (select narrative, next_steps, subjects_covered) as t
                    where summary_id is not null),
                (select to_jsonb(t) from (select ai_question_text as question, ai_answer_text as answer,
                    ai_explanation as explanation, pa.difficulty_level) as t where practice_assignment_id is not null),
                (select to_jsonb(t) from (select qa.answer) as t where qa_interaction_id is not null)
            ) as says,
            coalesce(s.version, pa.version, qa.version) as version,
            coalesce(s.override_id, pa.override_id, qa.override_id) = o.id as in_force
        from overrides as o
        left join summaries as s on s.id = summary_id
        left join practice_assignments as pa on pa.id = practice_assignment_id
        left join qa_interactions as qa on qa.id = qa_interaction_id
        order by o.override_type, reverted
        """,
    )
    assert [(row["override_type"], row["reverted"]) for row in said] == [
        ("practice", False),
        ("qa_answer", False),
        ("summary", False),
        ("summary", True),
    ]
    for row in said:
        assert row["original_content"] != row["new_content"]
        assert row["says"] == row["original_content" if row["reverted"] else "new_content"]
        assert (row["version"], row["in_force"]) == ((3, None) if row["reverted"] else (2, True))


async def test_aggregates_with_people_are_what_counting_gives(database: servers.Database, study: Database) -> None:
    await load_demo(study, NOW)
    kept = {row["id"]: row["analytics"] for row in _rows(database, "select id, analytics from users")}
    counted: dict[Any, dict[str, float]] = {}
    for row in _rows(
        database, "select student_id, confidence, round(percentage, 1) as share from v_confidence_distribution"
    ):
        counted.setdefault(row["student_id"], {})[row["confidence"]] = float(row["share"])
    assert {
        person: analytics["confidence_distribution"]
        for person, analytics in kept.items()
        if "confidence_distribution" in analytics
    } == counted
    for row in _rows(
        database,
        "select user_id, round(100.0 * sum(opened_count) / sum(sent_count), 1) as opened,"
        " round(100.0 * sum(clicked_count) / sum(sent_count), 1) as clicked from v_nudge_engagement group by user_id",
    ):
        assert kept[row["user_id"]]["nudge_engagement"] == {
            "opened": float(row["opened"]),
            "clicked": float(row["clicked"]),
        }
    for row in _rows(database, "select tutor_id, count(*) as count from overrides group by tutor_id"):
        assert kept[row["tutor_id"]]["override_count"] == row["count"]


def test_the_bank_is_sound() -> None:
    for item in ITEMS:
        assert (item.kind is AnswerType.MULTIPLE_CHOICE) is bool(item.choices), item.key
        assert not item.choices or item.answer in item.choices, item.key
        assert 1 <= item.level <= 10


def test_scores_are_those_that_grading_gives() -> None:
    bank = {item.key: item for item in ITEMS}
    graded = [
        one for one in PRACTICE if isinstance(one.content, str) and one.response and one.score in ("0.00", "1.00")
    ]
    assert len(graded) == 24
    for assigned in graded:
        assert isinstance(assigned.content, str)
        item = bank[assigned.content]
        score = grade(assigned.response or "", item.answer, item.kind, item.choices)
        assert score == (RIGHT if assigned.score == "1.00" else WRONG), assigned.key
