"""Filling an empty database with the demo people and their work (domain/demo).

Ids follow from keys, so an id of the demo data is the same on every machine.
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Table, func, insert, select

from db.answers import answer_numbers, decimal
from db.demo_companion import add_demo_passages, answered
from db.demo_ids import asked_id, demo_id, demo_sub
from db.demo_said import Said, overridden
from db.encryption import context_of
from db.engine import Database, Work
from db.progress import refresh_analytics
from db.replay import restore_ratings
from db.sessions import sealed_notes
from db.tables import (
    answer_citations,
    generations,
    goals,
    nudge_decisions,
    nudges,
    overrides,
    parent_student_links,
    practice_assignments,
    practice_bank_items,
    progress_entries,
    qa_interactions,
    sessions,
    study_materials,
    subjects,
    summaries,
    summary_claims,
    tutor_student_assignments,
    users,
)
from db.transcripts import GONE, sealed
from domain import transcripts
from domain.demo.facts import (
    ITEM_OF,
    SESSIONS,
    in_order,
    profile,
    rated,
    subject_and_level,
)
from domain.demo.people import ASSIGNMENTS, GOALS, LINKS, PEOPLE, SUBJECTS
from domain.demo.practice import ITEMS, PRACTICE
from domain.demo.standing import at, counted, tracked
from domain.overrides import OverrideType
from domain.practice import PracticeSource
from domain.progress import EntryKind
from domain.rating import K_FACTOR
from domain.viewer import Role

Rows = list[dict[str, Any]]


async def load_demo(database: Database, now: datetime) -> bool:
    """Fill the database unless there is somebody in it; whether it was filled. All of it goes in, or nothing."""
    async with database.system_work() as work:
        # Two programs that start at once: the second waits, and finds the people of the first.
        await work.execute("lock_demo", select(func.pg_advisory_xact_lock(func.hashtext("study.demo"))))
        if await work.execute("anybody", select(users.c.id).limit(1)):
            return False
        data = _Data(work, now, await answer_numbers(work, len(in_order(PRACTICE))))
        said = Said(now)
        tables: Sequence[tuple[Table, Rows]] = (
            (subjects, data.subjects()),
            (users, data.users()),
            (tutor_student_assignments, data.assignments()),
            (parent_student_links, data.links()),
            (goals, data.goals()),
            (sessions, data.sessions()),
            (practice_bank_items, data.items()),
            # These point at overrides, which come after them: such keys are checked at the end.
            (generations, said.generations()),
            (summaries, said.summaries()),
            (summary_claims, said.claims()),
            (practice_assignments, data.practice()),
            (qa_interactions, said.questions()),
            (nudges, said.nudges()),
            (progress_entries, data.entries()),
            (study_materials, said.materials()),
            (nudge_decisions, said.decisions()),
            (overrides, said.overrides()),
        )
        for table, rows in tables:
            await work.execute(f"demo_{table.name}", insert(table).values(rows))
        await restore_ratings(work, K_FACTOR)
        await add_demo_passages(work, lambda key: demo_id(study_materials, key))
        made = await answered(work, lambda key: demo_id(users, key), asked_id, lambda days, hour: at(now, days, hour))
        for table, rows in ((generations, made.generations), (qa_interactions, made.questions)):
            await work.execute(f"demo_{table.name}", insert(table).values(rows))
        await work.execute("demo_citations", insert(answer_citations).values(made.citations))
        await refresh_analytics(work)
    return True


class _Data:
    """The rows of each table."""

    def __init__(self, work: Work, now: datetime, answer_numbers: Sequence[int]) -> None:
        self._vault = work.vault
        self._now = now
        self._rated = rated(PRACTICE)
        self._standing = counted(now)
        self._numbers = dict(zip(self._rated, answer_numbers, strict=True))

    def _at(self, days: int, hour: int = 16, minutes: int = 0) -> datetime:
        return at(self._now, days, hour, minutes)

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
                "profile": tracked(profile(person), person.key, self._standing)
                if person.role is Role.STUDENT
                else profile(person),
                "gamification": self._standing.gamification.get(person.key, {}),
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
                "completion_percentage": self._standing.goals[goal.key].completion_percentage,
                "current_streak": self._standing.streaks[goal.key],
                "xp_earned": self._standing.goals[goal.key].xp_earned,
                "created_at": self._at(goal.set_days),
                "completed_at": None if goal.done_days is None else self._at(goal.done_days),
                "confirmed_at": self._at(goal.done_days) if goal.done_days is not None and goal.confirmed else None,
                "confirmed_by": demo_id(users, goal.by) if goal.done_days is not None and goal.confirmed else None,
            }
            for goal in GOALS
        ]

    def entries(self) -> Rows:
        tables = {EntryKind.PRACTICE: practice_assignments, EntryKind.SESSION: sessions, EntryKind.GOAL: goals}
        return [
            {
                "student_id": demo_id(users, entry.student),
                "kind": entry.kind.value,
                "source_id": demo_id(tables[entry.kind], entry.source),
                "goal_id": entry.goal and demo_id(goals, entry.goal),
                "xp": entry.xp,
                "percent": entry.percent,
                "occurred_at": entry.at,
                "created_at": entry.at,
            }
            for entry in self._standing.entries
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
                    **overridden(OverrideType.PRACTICE, assigned.key),
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
