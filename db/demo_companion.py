"""What the embedded engine makes of the demo data when it is loaded: summaries with their claims, and answers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from db.engine import Work
from db.retrieval import search, unsealed
from db.study_material import add_passages, passage_rows
from domain.companion.calibration import SHIPPED, level
from domain.companion.replies import Reply, extracted, grounds_for
from domain.companion.retrieval import Asked, SourceKind
from domain.companion.summaries import SummaryDraft
from domain.demo.material import ASKED, MATERIALS, DemoAsked
from domain.generations import Engine, GenerationKind, Outcome
from domain.questions import AnswerOutcome, Confidence

Rows = list[dict[str, Any]]

_COLUMNS = {kind: f"{kind.value}_id" for kind in SourceKind}


@dataclass(frozen=True, slots=True)
class Answered:
    """The rows that answers leave."""

    questions: Rows
    citations: Rows
    generations: Rows


def claim_rows(draft: SummaryDraft, summary_id: UUID, student_id: UUID) -> Rows:
    """What a summary claims, as it is kept."""
    return [
        {
            "summary_id": summary_id,
            "student_id": student_id,
            "position": position,
            "part": each.claim.part.value,
            "text": each.claim.text,
            "turn_numbers": list(each.claim.turns),
            "status": each.status.value,
        }
        for position, each in enumerate(draft.claims, start=1)
    ]


def generation_row(row_id: UUID, kind: GenerationKind, student_id: UUID, at: datetime) -> dict[str, Any]:
    """The record of something that the embedded engine wrote."""
    return {
        "id": row_id,
        "kind": kind.value,
        "engine": Engine.EXTRACTIVE.value,
        "outcome": Outcome.USED.value,
        "student_id": student_id,
        "created_at": at,
    }


async def add_demo_passages(work: Work, material_of: Callable[[str], UUID]) -> None:
    """The passages of the material, which is there already."""
    rows = [row for each in MATERIALS for row in passage_rows(material_of(each.key), each.title, each.text)]
    await add_passages(work, rows)


async def answered(
    work: Work,
    person: Callable[[str], UUID],
    row_id: Callable[[str, str], UUID],
    at: Callable[[int, int], datetime],
    asked: Sequence[DemoAsked] = ASKED,
) -> Answered:
    """The questions of the students, answered from what is in the database. Nothing of it lies in a store outside."""
    rows = Answered([], [], [])
    for each in asked:
        question_id, generation_id = row_id("question", each.key), row_id("generation", each.key)
        student_id, when = person(each.student), at(each.days, 21)
        reply = await _reply(work, student_id, each.query)
        score = None if reply.evidence is None else SHIPPED[Engine.EXTRACTIVE].score(reply.evidence)
        confidence = Confidence.LOW if score is None else level(score)
        rows.generations.append(generation_row(generation_id, GenerationKind.ANSWER, student_id, when))
        rows.questions.append(
            {
                "id": question_id,
                "student_id": student_id,
                "query": each.query,
                "answer": reply.answer,
                "confidence": confidence.value,
                "confidence_score": score,
                "context_subjects": list(reply.subjects),
                "clarification_requested": reply.outcome is AnswerOutcome.CLARIFICATION,
                "out_of_scope": reply.outcome is AnswerOutcome.OUT_OF_SCOPE,
                "tutor_escalation_suggested": reply.needs_tutor(confidence),
                "outcome": reply.outcome.value,
                "hint": reply.hint,
                "highlight": reply.highlight,
                "evidence": reply.evidence,
                "generation_id": generation_id,
                "disclaimer_shown": True,
                "revealed_at": at(each.days, 22) if each.revealed and reply.hint else None,
                "companion_right": each.right if reply.outcome is AnswerOutcome.ANSWERED else None,
                "created_at": when,
            }
        )
        rows.citations.extend(
            {
                "question_id": question_id,
                "student_id": student_id,
                "position": position,
                "kind": cited.kind.value,
                "title": cited.title,
                "quote": cited.quote,
                **dict.fromkeys(_COLUMNS.values()),
                _COLUMNS[cited.kind]: cited.source_id,
            }
            for position, cited in enumerate(reply.citations, start=1)
        )
    return rows


async def _reply(work: Work, student_id: UUID, query: str) -> Reply:
    asked = Asked.read(query)
    found = grounds_for(asked, await unsealed(work.vault, asked, await search(work, student_id, asked)))
    return found if isinstance(found, Reply) else extracted(found)
