"""The rows of what the companion and the tutors made of the demo data."""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from decimal import Decimal
from typing import Any

from db.demo_companion import claim_rows, generation_row
from db.demo_ids import demo_id
from db.tables import (
    generations,
    nudges,
    overrides,
    practice_assignments,
    qa_interactions,
    sessions,
    study_materials,
    subjects,
    summaries,
    users,
)
from domain.companion.summaries import SummaryDraft
from domain.demo.companion import NUDGES, OVERRIDES, QUESTIONS, WITHHELD
from domain.demo.facts import SESSIONS, drafted, target_of
from domain.demo.material import MATERIALS
from domain.demo.session import DemoSession
from domain.demo.standing import at
from domain.generations import GenerationKind
from domain.nudge_rules import Outcome
from domain.nudges import NudgeType
from domain.overrides import OverrideType, SummaryContent

_TARGETS = {
    OverrideType.SUMMARY: (summaries, "summary_id"),
    OverrideType.PRACTICE: (practice_assignments, "practice_assignment_id"),
    OverrideType.QA_ANSWER: (qa_interactions, "qa_interaction_id"),
}

Rows = list[dict[str, Any]]


class Said:
    """The rows of each table."""

    def __init__(self, now: datetime) -> None:
        self._now = now
        self._drafts = {session: drafted(session) for session in SESSIONS if session.summarised}

    def written(self) -> Iterator[tuple[DemoSession, SummaryDraft, datetime]]:
        """The sessions with a summary, what it says and when it was written."""
        for session, draft in self._drafts.items():
            yield session, draft, at(self._now, session.days, minutes=session.minutes + 10)

    def generations(self) -> Rows:
        return [
            generation_row(
                demo_id(generations, session.key), GenerationKind.SUMMARY, demo_id(users, session.student), moment
            )
            for session, _, moment in self.written()
        ]

    def summaries(self) -> Rows:
        rows: Rows = []
        for session, draft, moment in self.written():
            says = _in_force(session) or draft
            rows.append(
                {
                    "id": demo_id(summaries, session.key),
                    "session_id": demo_id(sessions, session.key),
                    "student_id": demo_id(users, session.student),
                    "tutor_id": demo_id(users, session.tutor),
                    "narrative": says.narrative,
                    "next_steps": list(says.next_steps),
                    "subjects_covered": list(says.subjects_covered),
                    "summary_type": draft.summary_type.value,
                    "generation_id": demo_id(generations, session.key),
                    "created_at": moment,
                    **overridden(OverrideType.SUMMARY, session.key),
                }
            )
        return rows

    def claims(self) -> Rows:
        return [
            row
            for session, draft, _ in self.written()
            for row in claim_rows(draft, demo_id(summaries, session.key), demo_id(users, session.student))
        ]

    def materials(self) -> Rows:
        return [
            {
                "id": demo_id(study_materials, material.key),
                "title": material.title,
                "subject_id": demo_id(subjects, material.subject),
                "text": material.text,
                "created_by": demo_id(users, material.by),
                "created_at": at(self._now, 90),
            }
            for material in MATERIALS
        ]

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
                "answered_at": asked.reply and at(self._now, asked.reply_days, hour=20),
                "created_at": at(self._now, asked.days, hour=19),
                "outcome": asked.outcome.value,
                **overridden(OverrideType.QA_ANSWER, asked.key),
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
                "sent_at": at(self._now, nudge.days, hour=15),
                "opened_at": None if nudge.opened is None else at(self._now, nudge.days, 15, 60 * nudge.opened),
                "clicked_at": None if nudge.clicked is None else at(self._now, nudge.days, 15, 60 * nudge.clicked + 1),
                "created_at": at(self._now, nudge.days, hour=15),
            }
            for nudge in NUDGES
        ]

    def decisions(self) -> Rows:
        """Why each nudge was sent, and some were not."""
        rows: Rows = []
        for nudge in NUDGES:
            moment = at(self._now, nudge.days, hour=15)
            decided = {"outcome": Outcome.SENT.value, "reason": nudge.reason.value, "trigger_key": f"demo:{nudge.key}"}
            rows.append(
                {
                    **_decided(nudge.to, nudge.kind, moment),
                    **decided,
                    "suggestions": list(nudge.suggestions),
                    "nudge_id": demo_id(nudges, nudge.key),
                    "times": 1,
                }
            )
        for withheld in WITHHELD:
            decided = {"outcome": Outcome.NOT_SENT.value, "reason": withheld.reason.value, "trigger_key": ""}
            moment = at(self._now, withheld.days, hour=15)
            rows.append(
                {
                    **_decided(withheld.to, withheld.kind, moment),
                    **decided,
                    "suggestions": [],
                    "nudge_id": None,
                    "times": withheld.times,
                }
            )
        return rows

    def overrides(self) -> Rows:
        rows: Rows = []
        for made in OVERRIDES:
            student, level, says = target_of(made)
            # What a summary says is what the companion wrote; of the others the demo data has what they say now.
            original, new = (says, made.after) if made.before is None else (made.before, made.after or says)
            if new is None:
                raise LookupError(f"the demo override {made.key} says nothing")
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
                    "original_content": asdict(original),
                    "new_content": asdict(new),
                    "reason": made.reason,
                    "subject_id": demo_id(subjects, made.subject),
                    "difficulty_level": level,
                    "target_version": 2,
                    "created_at": at(self._now, made.days, hour=20),
                    "reverted_at": at(self._now, made.days, hour=21) if made.reverted else None,
                    "reverted_by_tutor_id": demo_id(users, made.tutor) if made.reverted else None,
                }
            )
        return rows


def _in_force(session: DemoSession) -> SummaryContent | None:
    """What a tutor has put in the place of a summary."""
    for made in OVERRIDES:
        if made.target == session.key and not made.reverted and isinstance(made.after, SummaryContent):
            return made.after
    return None


def _decided(to: str, kind: NudgeType, at: datetime) -> dict[str, Any]:
    return {"user_id": demo_id(users, to), "type": kind.value, "day": at.date(), "first_at": at, "last_at": at}


def overridden(kind: OverrideType, key: str) -> dict[str, Any]:
    """The columns by which a row knows of its override; a reverted one has moved the version twice."""
    for made in OVERRIDES:
        if (made.kind, made.target) == (kind, key):
            if made.reverted:
                return {"overridden": False, "override_id": None, "version": 3}
            return {"overridden": True, "override_id": demo_id(overrides, made.key), "version": 2}
    return {"overridden": False, "override_id": None, "version": 1}
