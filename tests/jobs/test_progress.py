"""Progress through the API: counted once, however often the jobs run, and current."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from domain.clock import now
from jobs.app import Worker
from jobs.progress import count_goal, count_practice, count_session, end_streaks, refresh_analytics
from jobs.tools import Tools
from schema.ids import split
from tests.api import Api
from tests.make import Make, Person
from tests.servers import Database

STANDING = """
query ($id: ID!) { node(id: $id) { ... on Student {
  details {
    gamification { xp level badges streaks }
    profile { progress { subject completion streak xp } }
    analytics { confidenceDistribution { high medium low } nudgeEngagement { opened clicked } }
  }
  goals(orderBy: OLDEST) { nodes { title status completionPercentage currentStreak xpEarned } }
} } }
"""
COMPLETE = 'mutation ($id: ID!) { completePractice(input: { id: $id, response: "4" }) { userErrors { code } } }'
REACHED = """
mutation ($id: ID!, $status: GoalStatus!) {
  changeGoalStatus(input: { id: $id, status: $status }) { userErrors { code } }
}
"""
EARNED = """
query ($id: ID!) { node(id: $id) { ... on Student { progressEntries {
  totalCount nodes { kind xp practice { id } session { id } goal { id } }
} } } }
"""
CONFIRM = """
mutation ($id: ID!) {
  confirmGoal(input: { id: $id }) { goal { confirmedAt confirmedBy { email } } userErrors { code } }
}
"""
RECORD = """
mutation ($student: ID!, $at: DateTime!, $subject: ID!) {
  recordSession(input: { studentId: $student, startedAt: $at, subjectId: $subject }) {
    session { id } userErrors { code }
  }
}
"""


async def standing(api: Api, person: Person) -> dict[str, Any]:
    node: dict[str, Any] = (await api.data(STANDING, person, id=person.gid))["node"]
    return node


async def test_work_counts_once(api: Api, make: Make, tools: Tools, database: Database) -> None:
    # Where no day has 25 hours: a day ago is yesterday.
    sam = await make.student(profile={"preferences": {"time_zone": "America/Phoenix"}})
    tess = await make.tutor(of=sam)
    algebra, art = await make.subject("Algebra"), await make.subject("Art")
    before = now() - timedelta(days=9)
    goals = [
        await make.goal(sam, title=title, subject_id=subject, created_at=before + timedelta(seconds=place))
        for place, (title, subject) in enumerate((("Pass", algebra), ("Paint", art), ("Grow", None)))
    ]
    item = await make.practice_item(algebra)
    practice = await make.practice(sam, item, subject_id=algebra)
    practice_gid = (await api.data("{ students { nodes { practice { nodes { id } } } } }", sam))["students"]["nodes"][
        0
    ]["practice"]["nodes"][0]["id"]
    worker = Worker(tools, address=database.app_url)

    assert await api.data(COMPLETE, sam, id=practice_gid) == {"completePractice": {"userErrors": []}}
    yesterday = (now() - timedelta(days=1)).astimezone(UTC).isoformat()
    subject = (await api.data("{ subjects(first: 1) { nodes { id name } } }", sam))["subjects"]["nodes"][0]
    assert subject["name"] == "Algebra"
    recorded = await api.data(RECORD, tess, student=sam.gid, at=yesterday, subject=subject["id"])
    assert (await standing(api, sam))["details"]["gamification"]["xp"] == 0
    await worker.run_waiting()
    after = await standing(api, sam)
    assert after["details"]["gamification"] == {"xp": 45, "level": 1, "badges": ["First step"], "streaks": 2}
    assert after["goals"]["nodes"] == [
        {"title": "Pass", "status": "ACTIVE", "completionPercentage": "6.00", "currentStreak": 2, "xpEarned": 45},
        {"title": "Paint", "status": "ACTIVE", "completionPercentage": "0.00", "currentStreak": 0, "xpEarned": 0},
        {"title": "Grow", "status": "ACTIVE", "completionPercentage": "6.00", "currentStreak": 2, "xpEarned": 45},
    ]
    assert after["details"]["profile"]["progress"] == [
        {"subject": "Algebra", "completion": 6.0, "streak": 2, "xp": 45},
        {"subject": "Art", "completion": 0.0, "streak": 0, "xp": 0},
    ]

    _, session_id = split(recorded["recordSession"]["session"]["id"])
    for _ in range(2):
        await asyncio.gather(
            *(count_practice(tools, practice) for _ in range(4)), *(count_session(tools, session_id) for _ in range(4))
        )
    await count_practice(tools, UUID(int=7))  # gone
    assert await standing(api, sam) == after
    # Told with each change, and not when there is none.
    told = await make.owner.execute("select student_id, target_id from events where kind = 'progress_changed'")
    assert await told.fetchall() == [(sam.id, sam.id)] * 2
    session_gid = recorded["recordSession"]["session"]["id"]
    earned = [
        {"kind": "PRACTICE", "xp": 15, "practice": {"id": practice_gid}, "session": None, "goal": None},
        {"kind": "SESSION", "xp": 30, "practice": None, "session": {"id": session_gid}, "goal": None},
    ]
    for who in (sam, tess, await make.parent(of=sam)):
        entries = (await api.data(EARNED, who, id=sam.gid))["node"]["progressEntries"]
        assert entries == {"totalCount": 2, "nodes": earned}
    assert (await api.data(EARNED, await make.student("max"), id=sam.gid))["node"] is None

    goal_gid = (await api.data("{ students { nodes { goals(orderBy: OLDEST) { nodes { id } } } } }", sam))["students"][
        "nodes"
    ][0]["goals"]["nodes"][1]["id"]
    # A student's own word earns nothing, however often it is given; a tutor's does, once.
    for who, status in ((sam, "COMPLETED"), (sam, "ACTIVE"), (sam, "COMPLETED")):
        assert await api.data(REACHED, who, id=goal_gid, status=status) == {"changeGoalStatus": {"userErrors": []}}
        await worker.run_waiting()
    await count_goal(tools, goals[1])
    assert (await standing(api, sam))["details"]["gamification"] == after["details"]["gamification"]
    assert await api.error_codes(CONFIRM, sam, id=goal_gid) == ["FORBIDDEN"]
    for code in ([], ["ALREADY_DONE"]):
        confirmed = (await api.data(CONFIRM, tess, id=goal_gid))["confirmGoal"]
        assert [error["code"] for error in confirmed["userErrors"]] == code
        await worker.run_waiting()
    for who, status in ((sam, "ACTIVE"), (tess, "COMPLETED"), (tess, "ACTIVE"), (sam, "COMPLETED")):
        assert await api.data(REACHED, who, id=goal_gid, status=status) == {"changeGoalStatus": {"userErrors": []}}
        await worker.run_waiting()
    await count_goal(tools, goals[1])
    assert (await standing(api, sam))["details"]["gamification"] == {
        "xp": 145,
        "level": 2,
        "badges": ["First step", "Goal reached"],
        "streaks": 2,
    }


async def test_a_night_of_practice_earns_no_more_than_a_day(api: Api, make: Make, tools: Tools) -> None:
    sam = await make.student(profile={"preferences": {"time_zone": "Pacific/Auckland"}})
    item = await make.practice_item(await make.subject("Algebra"))
    begin = datetime(2026, 3, 2, 11, tzinfo=UTC)  # midnight in Auckland
    for minutes, score in [(-1, 1), *((each, 1) for each in range(10)), (11, 1), (12, 0), (24 * 60, 1)]:
        done = begin + timedelta(minutes=minutes)
        practice = await make.practice(sam, item, completed=True, completed_at=done, performance_score=score)
        await count_practice(tools, practice)
    assert (await standing(api, sam))["details"]["gamification"]["xp"] == 15 + 150 + 15


async def test_a_streak_ends_by_itself(api: Api, make: Make, tools: Tools) -> None:
    old = await make.student("old", gamification={"streaks": 5})
    fresh = await make.student("fresh", gamification={"streaks": 1})
    odds: tuple[Any, ...] = ("five", None, 2.5, [], 10**20)
    for place, odd in enumerate(odds):  # kept before anybody checked it
        await make.student(f"odd{place}", gamification={"streaks": odd})
    item = await make.practice_item(await make.subject("Algebra"))
    await make.practice(old, item, completed=True, completed_at=now() - timedelta(days=3))
    await make.practice(fresh, item, completed=True, completed_at=now())
    await end_streaks(tools)
    assert (await standing(api, old))["details"]["gamification"]["streaks"] == 0
    assert (await standing(api, fresh))["details"]["gamification"]["streaks"] == 1


async def test_aggregates_follow_the_rows(api: Api, make: Make, tools: Tools) -> None:
    sam = await make.student(analytics={"override_count": 3, "confidence_distribution": {"Low": 100}})
    for confidence in ("High", "High", "Low"):
        await make.row("qa_interactions", student_id=sam.id, query="?", answer="!", confidence=confidence)
    await make.nudge(sam, opened_at=datetime(2026, 3, 2, tzinfo=UTC))
    await make.nudge(sam)
    await refresh_analytics(tools)
    assert (await standing(api, sam))["details"]["analytics"] == {
        "confidenceDistribution": {"high": 66.7, "medium": 0.0, "low": 33.3},
        "nudgeEngagement": {"opened": 50.0, "clicked": 0.0},
    }
    changed = "select xmin::text from users"
    cursor = await make.owner.execute(changed)
    before = await cursor.fetchall()
    await refresh_analytics(tools)
    cursor = await make.owner.execute(changed)
    assert await cursor.fetchall() == before  # what is the same is not written


async def test_an_override_made_while_it_is_counted_is_not_forgotten(make: Make, tools: Tools) -> None:
    sam = await make.student()
    tess, question = await make.tutor(of=sam), await make.question(sam)
    waits = "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"
    async with make.owner.transaction():
        await make.override(tess, sam, qa_interaction_id=question)
        await make.owner.execute("""update users set analytics = '{"override_count": 1}' where id = %s""", [tess.id])
        counting = asyncio.create_task(refresh_analytics(tools))
        async with asyncio.timeout(15):
            while await (await make.owner.execute(waits)).fetchone() == (0,):  # noqa: ASYNC110 - PostgreSQL's state
                await asyncio.sleep(0.005)
    await counting
    found = await make.owner.execute("select analytics from users where id = %s", [tess.id])
    assert await found.fetchone() == ({"override_count": 1},)


async def test_a_question_and_a_nudge_are_counted_by_their_own_jobs(
    api: Api, make: Make, tools: Tools, database: Database
) -> None:
    sam = await make.student()
    tess = await make.tutor(of=sam)
    ask = 'mutation { askQuestion(input: {query: "How tall is the Eiffel tower?"}) { question { confidence } } }'
    confidence = (await api.data(ask, sam))["askQuestion"]["question"]["confidence"]
    send = "mutation ($to: ID!) { sendNudge(input: {%s}) { nudge { id } } }"
    given = 'studentId: $to, type: LOGIN, channel: IN_APP, message: "Well done"'
    nudge = (await api.data(send % given, tess, to=sam.gid))["sendNudge"]["nudge"]
    await api.data("mutation ($id: ID!) { markNudgeOpened(input: {id: $id}) { nudge { id } } }", sam, id=nudge["id"])
    found = await make.owner.execute("select task_name, priority, args from jobs.procrastinate_jobs")
    assert await found.fetchall() == [("refresh_analytics", 0, {"user_id": str(sam.id)})] * 3
    await Worker(tools, address=database.app_url).run_waiting()
    shares = {"high": 0.0, "medium": 0.0, "low": 0.0, confidence.lower(): 100.0}
    assert (await standing(api, sam))["details"]["analytics"] == {
        "confidenceDistribution": shares,
        "nudgeEngagement": {"opened": 100.0, "clicked": 0.0},
    }
