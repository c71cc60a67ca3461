"""What the rules of nudges need to know of students, many at a time, and the decisions that come of it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select, text, update

from db.batch import ByKey, Order, Page, Paged, reads
from db.engine import Transaction, Work
from db.statement import Compiled, Statement
from db.tables import nudge_decisions
from domain.nudge_rules import KEPT, Decision, Facts, NudgeDecision, Outcome, ReachedGoal, Sent
from domain.nudges import NudgeType
from domain.users import profile_of, zone_of

AT_ONCE = 100
"""Students whose facts are read together."""
LOOK_BACK = timedelta(days=90)

_people = Compiled(
    "students_to_nudge",
    text("""
        select users.id, users.display_name, user_details.profile, users.created_at,
            (
                select count(*) from practice_assignments as practice
                where practice.student_id = users.id and not practice.completed and not practice.held
            )
        from users join user_details on user_details.user_id = users.id
        where users.role = 'student' and users.id > cast(:after as uuid)
            and (cast(:only as uuid) is null or users.id = cast(:only as uuid))
        order by users.id limit :at_once
    """),
)
_signs = Compiled(
    "signs_of_students",
    text("""
        select distinct student_id, date_bin('15 minutes', at, timestamptz 'epoch') from (
            select student_id, completed_at as at from practice_assignments where completed
            union all select student_id, created_at from qa_interactions
            union all select student_id, session_date from sessions
            union all select user_id, case when mail_state is null then opened_at else clicked_at end from nudges
        ) as sign
        where student_id = any (cast(:ids as uuid [])) and at > :since and at <= :now
    """),
)
_reached = Compiled(
    "goals_reached_by_students",
    text("""
        select goal.student_id, goal.id, goal.title, goal.completed_at, array(
            select related.name from subjects as own join subjects as related on related.id = any (own.related_subjects)
            where own.id = goal.subject_id and not exists (
                select from goals as other
                where other.student_id = goal.student_id and other.subject_id = related.id
                    and other.status <> 'cancelled'
            )
            order by related.name
        )
        from goals as goal
        where goal.student_id = any (cast(:ids as uuid [])) and goal.status = 'completed'
            and goal.completed_at > :since and goal.completed_at <= :now
    """),
)
_sent = Compiled(
    "nudges_of_students",
    text("""
        select user_id, type, trigger_key, greatest(
            sent_at, mailed_at, case when mail_state = 'due' and sent_at > :now - interval '2 days' then :now end
        )
        from nudges
        where user_id = any (cast(:ids as uuid [])) and (sent_at > :since or trigger_key like 'goal:%')
    """),
)
_keep = Compiled(
    "keep_nudge_decisions",
    text("""
        insert into nudge_decisions (user_id, type, outcome, reason, trigger_key, suggestions, day)
        select user_id, type, outcome, reason, trigger_key,
            coalesce(string_to_array(nullif(suggestions, ''), e'\\x1f'), '{}'), day
        from unnest(
            cast(:user_ids as uuid []), cast(:types as text []), cast(:outcomes as text []), cast(:reasons as text []),
            cast(:keys as text []), cast(:suggestions as text []), cast(:days as date [])
        ) as decided (user_id, type, outcome, reason, trigger_key, suggestions, day)
        on conflict on constraint nudge_decisions_once_key
        do update set times = nudge_decisions.times + 1, last_at = now()
        returning id, outcome, times
    """),
)

NEWEST = Order("newest", "last_at", descending=True, parse=datetime.fromisoformat)
OLDEST = Order("oldest", "last_at", descending=False, parse=datetime.fromisoformat)

_DECISIONS = select(
    nudge_decisions.c.id,
    nudge_decisions.c.user_id,
    nudge_decisions.c.type,
    nudge_decisions.c.outcome,
    nudge_decisions.c.reason,
    nudge_decisions.c.trigger_key,
    nudge_decisions.c.suggestions,
    nudge_decisions.c.times,
    nudge_decisions.c.first_at,
    nudge_decisions.c.last_at,
    nudge_decisions.c.nudge_id,
)
_by_id = ByKey("decisions_by_id", _DECISIONS, NudgeDecision, key=nudge_decisions.c.id)
_by_nudge = ByKey("decisions_by_nudge", _DECISIONS, NudgeDecision, key=nudge_decisions.c.nudge_id)
_by_user = Paged("decisions_by_user", _DECISIONS, NudgeDecision, key=nudge_decisions.c.user_id)
_lock = Statement(
    "lock_decision",
    _DECISIONS.where(nudge_decisions.c.id == text("cast(:decision_id as uuid)")).with_for_update(),
    NudgeDecision,
)
_remove_old = Compiled(
    "remove_old_decisions",
    text("""
        delete from nudge_decisions where outcome = 'not_sent' and last_at < now() - cast(:kept as interval)
        returning id
    """),
)


async def facts_of_students(
    work: Work, now: datetime, *, after: UUID | None = None, only: UUID | None = None
) -> list[Facts]:
    """The facts of the next students in the order of their ids, at most AT_ONCE, or of one."""
    found = {
        user_id: (display_name, profile, created_at, waiting)
        for user_id, display_name, profile, created_at, waiting in await work.run(
            _people, {"after": after or UUID(int=0), "only": only, "at_once": AT_ONCE}
        )
    }
    if not found:
        return []
    parameters: dict[str, Any] = {"ids": list(found), "now": now, "since": now - LOOK_BACK}
    signs: dict[UUID, list[datetime]] = {}
    for user_id, at in await work.run(_signs, parameters):
        signs.setdefault(user_id, []).append(at)
    reached: dict[UUID, list[ReachedGoal]] = {}
    for user_id, goal_id, title, completed_at, related in await work.run(_reached, parameters):
        reached.setdefault(user_id, []).append(ReachedGoal(goal_id, title, completed_at, tuple(related)))
    sent: dict[UUID, list[Sent]] = {}
    for user_id, type, trigger_key, sent_at in await work.run(_sent, parameters):
        sent.setdefault(user_id, []).append(Sent(NudgeType(type), trigger_key, sent_at))
    facts = []
    for user_id, (display_name, profile, created_at, waiting) in found.items():
        preferences = profile_of(profile).preferences
        facts.append(
            Facts(
                user_id=user_id,
                display_name=display_name,
                zone=zone_of(profile),
                cap=preferences.nudge_frequency_cap,
                channel=preferences.nudge_channel,
                quiet_from=preferences.quiet_from,
                quiet_until=preferences.quiet_until,
                known_since=created_at,
                signs=signs.get(user_id, ()),
                reached=reached.get(user_id, ()),
                sent=sent.get(user_id, ()),
                waiting=waiting,
            )
        )
    return facts


async def keep_decisions(work: Work, decided: Sequence[tuple[Facts, Decision]], now: datetime) -> list[UUID]:
    """Keep decisions; the ids of those to send that are new."""
    values = {
        "user_ids": [facts.user_id for facts, _ in decided],
        "types": [decision.type.value for _, decision in decided],
        "outcomes": [decision.outcome.value for _, decision in decided],
        "reasons": [decision.reason.value for _, decision in decided],
        "keys": [decision.trigger_key for _, decision in decided],
        "suggestions": ["\x1f".join(decision.suggestions) for _, decision in decided],
        "days": [now.astimezone(facts.zone).date() for facts, _ in decided],
    }
    rows = await work.run(_keep, values)
    return [decision_id for decision_id, outcome, times in rows if outcome == Outcome.DUE.value and times == 1]


@reads(_by_id)
async def decisions_by_id(read: Transaction, decision_ids: Sequence[UUID]) -> list[NudgeDecision | None]:
    """The decision of each id; None for one the viewer may not see."""
    return await _by_id.read(read, decision_ids)


@reads(_by_nudge)
async def decisions_by_nudge(read: Transaction, nudge_ids: Sequence[UUID]) -> list[NudgeDecision | None]:
    """The decision that led to each nudge; None for those that somebody sent."""
    return await _by_nudge.read(read, nudge_ids)


async def decisions_by_user(
    read: Transaction, user_ids: Sequence[UUID], page: Page, where: None = None
) -> list[list[NudgeDecision]]:
    """A page of the decisions about each person."""
    return await _by_user.read(read, user_ids, page)


async def count_decisions_by_user(read: Transaction, user_ids: Sequence[UUID], where: None = None) -> list[int]:
    """How many decisions there are about each person."""
    return await _by_user.count(read, user_ids)


async def lock_decision(work: Work, decision_id: UUID) -> NudgeDecision | None:
    """The decision, held against other writers until the work ends; None when it is gone."""
    return await work.first(_lock, decision_id=decision_id)


async def settle_decision(work: Work, decision_id: UUID, nudge_id: UUID) -> None:
    """Write that the nudge was sent."""
    statement = update(nudge_decisions).where(nudge_decisions.c.id == decision_id)
    await work.execute("settle_decision", statement.values(outcome=Outcome.SENT.value, nudge_id=nudge_id))


async def drop_decision(work: Work, decision_id: UUID) -> None:
    """Remove a decision to send that did not come to it: what was decided instead is kept."""
    await work.execute("drop_decision", delete(nudge_decisions).where(nudge_decisions.c.id == decision_id))


async def remove_old_decisions(work: Work) -> int:
    """Remove decisions not to send that are old; how many there were."""
    return len(await work.run(_remove_old, {"kept": KEPT}))
