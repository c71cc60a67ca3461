"""Filling an empty database with the demo people and their work (domain/demo).

Ids follow from keys, so an id of the demo data is the same on every machine.
"""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import NAMESPACE_DNS, UUID, uuid5

from sqlalchemy import Table, func, insert, select

from db.answers import answer_numbers, decimal
from db.encryption import context_of
from db.engine import Database, Work
from db.replay import restore_ratings
from db.sessions import sealed_notes
from db.tables import (
    goals,
    nudges,
    overrides,
    parent_student_links,
    practice_assignments,
    practice_bank_items,
    qa_interactions,
    sessions,
    subjects,
    summaries,
    tutor_student_assignments,
    users,
)
from db.transcripts import GONE, sealed
from domain import transcripts
from domain.demo.companion import NUDGES, OVERRIDES, QUESTIONS
from domain.demo.facts import (
    ITEM_OF,
    SESSIONS,
    SUBJECT_NAMES,
    analytics,
    gamification,
    in_order,
    profile,
    rated,
    subject_and_level,
    target_of,
)
from domain.demo.people import ASSIGNMENTS, GOALS, LINKS, PEOPLE, SUBJECTS
from domain.demo.practice import ITEMS, PRACTICE
from domain.overrides import OverrideType
from domain.practice import PracticeSource
from domain.rating import K_FACTOR

_NAMESPACE = uuid5(NAMESPACE_DNS, "demo.test")
_TARGETS = {
    OverrideType.SUMMARY: (summaries, "summary_id"),
    OverrideType.PRACTICE: (practice_assignments, "practice_assignment_id"),
    OverrideType.QA_ANSWER: (qa_interactions, "qa_interaction_id"),
}

Rows = list[dict[str, Any]]


def demo_id(table: Table, key: str) -> UUID:
    """The id of a row of the demo data."""
    return uuid5(_NAMESPACE, f"{table.name}/{key}")


def demo_sub(key: str) -> str:
    """The token subject of a demo person."""
    return f"demo-{key}"


async def load_demo(database: Database, now: datetime) -> bool:
    """Fill the database unless there is somebody in it; whether it was filled. All of it goes in, or nothing."""
    async with database.system_work() as work:
        # Two programs that start at once: the second waits, and finds the people of the first.
        await work.execute("lock_demo", select(func.pg_advisory_xact_lock(func.hashtext("study.demo"))))
        if await work.execute("anybody", select(users.c.id).limit(1)):
            return False
        data = _Data(work, now, await answer_numbers(work, len(in_order(PRACTICE))))
        tables: Sequence[tuple[Table, Rows]] = (
            (subjects, data.subjects()),
            (users, data.users()),
            (tutor_student_assignments, data.assignments()),
            (parent_student_links, data.links()),
            (goals, data.goals()),
            (sessions, data.sessions()),
            (practice_bank_items, data.items()),
            # These point at overrides, which come after them: such keys are checked at the end.
            (summaries, data.summaries()),
            (practice_assignments, data.practice()),
            (qa_interactions, data.questions()),
            (nudges, data.nudges()),
            (overrides, data.overrides()),
        )
        for table, rows in tables:
            await work.execute(f"demo_{table.name}", insert(table).values(rows))
        await restore_ratings(work, K_FACTOR)
    return True


class _Data:
    """The rows of each table."""

    def __init__(self, work: Work, now: datetime, answer_numbers: Sequence[int]) -> None:
        self._vault = work.vault
        self._now = now
        self._rated = rated(PRACTICE)
        self._numbers = dict(zip(self._rated, answer_numbers, strict=True))

    def _at(self, days: int, hour: int = 16, minutes: int = 0) -> datetime:
        """That many days ago, so many minutes after the hour (UTC). At least a day, so that it is past."""
        day = (self._now - timedelta(days=days)).replace(hour=hour, minute=0, second=0, microsecond=0)
        return day + timedelta(minutes=minutes)

    def subjects(self) -> Rows:
        return [
            {
                "id": demo_id(subjects, subject.key),
                "name": subject.name,
                "category": subject.category,
                "description": subject.description,
                "related_subjects": [demo_id(subjects, key) for key in subject.related],
                "created_at": self._at(250),
            }
            for subject in SUBJECTS
        ]

    def users(self) -> Rows:
        return [
            {
                "id": demo_id(users, person.key),
                "cognito_sub": demo_sub(person.key),
                "email": person.email,
                "role": person.role.value,
                "display_name": person.name,
                "profile": profile(person),
                "gamification": gamification(person),
                "analytics": analytics(person),
                "disclaimer_shown": person.disclaimer_shown,
                "created_at": self._at(240),
            }
            for person in PEOPLE
        ]

    def assignments(self) -> Rows:
        rows: Rows = []
        for taught in ASSIGNMENTS:
            key = f"{taught.tutor}/{taught.student}/{taught.subject}"
            row_id = demo_id(tutor_student_assignments, key)
            context = context_of("tutor_student_assignments", "notes", row_id)
            rows.append(
                {
                    "id": row_id,
                    "tutor_id": demo_id(users, taught.tutor),
                    "student_id": demo_id(users, taught.student),
                    "subject_id": taught.subject and demo_id(subjects, taught.subject),
                    "assigned_at": self._at(taught.since),
                    "status": taught.status.value,
                    "notes": taught.notes and self._vault.keys.encrypt(taught.notes, context),
                    "start_date": self._at(taught.since).date(),
                    "end_date": None if taught.until is None else self._at(taught.until).date(),
                }
            )
        return rows

    def links(self) -> Rows:
        return [
            {
                "id": demo_id(parent_student_links, f"{parent}/{student}"),
                "parent_id": demo_id(users, parent),
                "student_id": demo_id(users, student),
                "created_at": self._at(230),
            }
            for parent, student in LINKS
        ]

    def goals(self) -> Rows:
        return [
            {
                "id": demo_id(goals, goal.key),
                "student_id": demo_id(users, goal.student),
                "created_by": demo_id(users, goal.by),
                "subject_id": goal.subject and demo_id(subjects, goal.subject),
                "goal_type": goal.kind.value,
                "title": goal.title,
                "description": goal.about,
                "target_completion_date": None if goal.due is None else self._at(-goal.due).date(),
                "status": goal.status.value,
                "completion_percentage": Decimal(goal.percent),
                "current_streak": goal.streak,
                "xp_earned": goal.xp,
                "created_at": self._at(goal.set_days),
                "completed_at": None if goal.done_days is None else self._at(goal.done_days),
            }
            for goal in GOALS
        ]

    def sessions(self) -> Rows:
        rows: Rows = []
        for session in SESSIONS:
            row_id = demo_id(sessions, session.key)
            talk = sealed(self._vault, row_id, transcripts.parse(session.talk)) if session.talk else GONE
            end = self._at(session.days, minutes=session.minutes)
            rows.append(
                {
                    "id": row_id,
                    "student_id": demo_id(users, session.student),
                    "tutor_id": demo_id(users, session.tutor),
                    "session_date": self._at(session.days),
                    "duration_minutes": session.minutes,
                    "subject_id": demo_id(subjects, session.subject),
                    "topics_covered": list(session.topics),
                    "notes": sealed_notes(self._vault.keys, row_id, session.notes),
                    "created_at": end,
                    "updated_at": end,
                    **talk,
                }
            )
        return rows

    def items(self) -> Rows:
        return [
            {
                "id": demo_id(practice_bank_items, item.key),
                "question_text": item.question,
                "answer_text": item.answer,
                "explanation": item.explanation,
                "choices": list(item.choices) or None,
                "answer_type": item.kind.value,
                "subject_id": demo_id(subjects, item.subject),
                "difficulty_level": item.level,
                "goal_tags": list(item.goals),
                "topic_tags": list(item.topics),
                "created_by": demo_id(users, item.by),
                "is_active": item.active,
                "created_at": self._at(220),
            }
            for item in ITEMS
        ]

    def summaries(self) -> Rows:
        rows: Rows = []
        for session in SESSIONS:
            if not session.summary:
                continue
            written = self._at(session.days, minutes=session.minutes + 10)
            rows.append(
                {
                    "id": demo_id(summaries, session.key),
                    "session_id": demo_id(sessions, session.key),
                    "student_id": demo_id(users, session.student),
                    "tutor_id": demo_id(users, session.tutor),
                    "narrative": session.summary,
                    "next_steps": list(session.next_steps),
                    "subjects_covered": [SUBJECT_NAMES[session.subject]],
                    "summary_type": session.summary_type.value,
                    "created_at": written,
                    **_overridden(OverrideType.SUMMARY, session.key),
                }
            )
        return rows

    def practice(self) -> Rows:
        rows: Rows = []
        for assigned in PRACTICE:
            bank = ITEM_OF[assigned.content] if isinstance(assigned.content, str) else None
            written = None if isinstance(assigned.content, str) else assigned.content
            source = PracticeSource.BANK if bank else PracticeSource.AI_GENERATED
            subject, level = subject_and_level(assigned)
            rows.append(
                {
                    "id": demo_id(practice_assignments, assigned.key),
                    "student_id": demo_id(users, assigned.student),
                    "source": source.value,
                    "bank_item_id": bank and demo_id(practice_bank_items, bank.key),
                    "ai_question_text": written and written.question,
                    "ai_answer_text": written and written.answer,
                    "ai_explanation": written and written.explanation,
                    "flagged": assigned.flagged,
                    "subject_id": demo_id(subjects, subject),
                    "difficulty_level": level,
                    "goal_tags": list(bank.goals) if bank else ["General"],
                    "performance_score": None if assigned.done is None else Decimal(assigned.score),
                    "response_text": assigned.response,
                    "completed": assigned.done is not None,
                    "completed_at": None if assigned.done is None else self._at(assigned.done, hour=18),
                    "assigned_at": self._at(assigned.days, hour=17),
                    "created_at": self._at(assigned.days, hour=17),
                    **self._moved(assigned.key),
                    **_overridden(OverrideType.PRACTICE, assigned.key),
                }
            )
        return rows

    def _moved(self, key: str) -> dict[str, Any]:
        """What its answer moved; the same columns, all null, while there is none."""
        done = self._rated.get(key)
        return {
            "student_rating_before": done and round(done.before.points),
            "student_rating_after": done and round(done.moved.student.points),
            "question_rating_before": done and decimal(done.question.points),
            "question_rating_after": done and done.item and decimal(done.moved.question.points),
            "predicted_success": done and Decimal(str(done.moved.predicted)),
            "answer_number": self._numbers.get(key),
        }

    def questions(self) -> Rows:
        return [
            {
                "id": demo_id(qa_interactions, asked.key),
                "student_id": demo_id(users, asked.student),
                "query": asked.query,
                "answer": asked.answer,
                "confidence": asked.confidence.value,
                "confidence_score": Decimal(asked.score),
                "context_subjects": list(asked.subjects),
                "clarification_requested": asked.unclear,
                "out_of_scope": asked.out_of_scope,
                "tutor_escalation_suggested": asked.suggested,
                "escalated_to_tutor_id": asked.escalated_to and demo_id(users, asked.escalated_to),
                "tutor_answer": asked.reply,
                "answered_by_tutor_id": asked.reply and asked.escalated_to and demo_id(users, asked.escalated_to),
                "answered_at": asked.reply and self._at(asked.reply_days, hour=20),
                "created_at": self._at(asked.days, hour=19),
                **_overridden(OverrideType.QA_ANSWER, asked.key),
            }
            for asked in QUESTIONS
        ]

    def nudges(self) -> Rows:
        return [
            {
                "id": demo_id(nudges, nudge.key),
                "user_id": demo_id(users, nudge.to),
                "type": nudge.kind.value,
                "channel": nudge.channel.value,
                "message": nudge.message,
                "trigger_reason": nudge.why,
                "suggestions_made": list(nudge.suggestions),
                "sent_at": self._at(nudge.days, hour=15),
                "opened_at": None if nudge.opened is None else self._at(nudge.days, 15, 60 * nudge.opened),
                "clicked_at": None if nudge.clicked is None else self._at(nudge.days, 15, 60 * nudge.clicked + 1),
                "created_at": self._at(nudge.days, hour=15),
            }
            for nudge in NUDGES
        ]

    def overrides(self) -> Rows:
        rows: Rows = []
        for made in OVERRIDES:
            student, level, now_says = target_of(made)
            content = {"summary_id": None, "practice_assignment_id": None, "qa_interaction_id": None}
            table, column = _TARGETS[made.kind]
            rows.append(
                {
                    "id": demo_id(overrides, made.key),
                    "tutor_id": demo_id(users, made.tutor),
                    "student_id": demo_id(users, student),
                    "override_type": made.kind.value,
                    "action": made.action,
                    **content,
                    column: demo_id(table, made.target),
                    "original_content": asdict(made.before),
                    "new_content": asdict(made.after or now_says),
                    "reason": made.reason,
                    "subject_id": demo_id(subjects, made.subject),
                    "difficulty_level": level,
                    "target_version": 2,
                    "created_at": self._at(made.days, hour=20),
                    "reverted_at": self._at(made.days, hour=21) if made.reverted else None,
                    "reverted_by_tutor_id": demo_id(users, made.tutor) if made.reverted else None,
                }
            )
        return rows


def _overridden(kind: OverrideType, key: str) -> dict[str, Any]:
    """The columns by which a row knows of its override; a reverted one has moved the version twice."""
    for made in OVERRIDES:
        if (made.kind, made.target) == (kind, key):
            if made.reverted:
                return {"overridden": False, "override_id": None, "version": 3}
            return {"overridden": True, "override_id": demo_id(overrides, made.key), "version": 2}
    return {"overridden": False, "override_id": None, "version": 1}
