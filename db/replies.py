"""Writing the companion's answers, and reading what they rest on and how they turned out."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, Text, Uuid, and_, bindparam, case, func, insert, or_, select, text, update

from db.batch import Listed, reads
from db.engine import Transaction, Work
from db.jobs import defer
from db.questions import IS_WITHHELD, lock_question
from db.statement import Compiled
from db.tables import answer_calibrations, answer_citations, generations, user_details, users
from db.tables import qa_interactions as qa
from domain.companion.answers import agree
from domain.companion.calibration import SHIPPED, Calibration, Label
from domain.companion.replies import Reply
from domain.companion.retrieval import SourceKind
from domain.generations import Engine
from domain.jobs import JobKind
from domain.questions import AnswerOutcome, Citation, Confidence, Question

_citations = Listed(
    "citations_by_question",
    select(
        answer_citations.c.id,
        answer_citations.c.question_id,
        answer_citations.c.position,
        answer_citations.c.kind,
        answer_citations.c.title,
        # It would be the answer.
        case((IS_WITHHELD, None), else_=answer_citations.c.quote).label("quote"),
        answer_citations.c.material_id,
        answer_citations.c.bank_item_id,
        answer_citations.c.session_id,
        answer_citations.c.summary_id,
        answer_citations.c.goal_id,
    ).join_from(answer_citations, qa, answer_citations.c.question_id == qa.c.id),
    Citation,
    key=answer_citations.c.question_id,
    order=[answer_citations.c.position],
)
_asked_since = Compiled(
    "questions_asked_since",
    select(func.count())
    .select_from(qa)
    .where(
        qa.c.student_id == bindparam("student_id", type_=Uuid()),
        qa.c.created_at > bindparam("since", type_=DateTime(timezone=True)),
        qa.c.outcome != AnswerOutcome.SAFEGUARDING.value,
    ),
)
_worries = Compiled(
    "worries_since",
    select(qa.c.id, qa.c.query, qa.c.created_at)
    .where(
        qa.c.student_id == bindparam("student_id", type_=Uuid()),
        qa.c.created_at > bindparam("since", type_=DateTime(timezone=True)),
        qa.c.outcome == AnswerOutcome.SAFEGUARDING.value,
    )
    .order_by(qa.c.created_at.desc(), qa.c.id.desc()),
)
_same = Compiled(
    "same_question_since",
    select(qa.c.id, qa.c.query, qa.c.created_at)
    .where(
        qa.c.student_id == bindparam("student_id", type_=Uuid()),
        or_(
            # What a tutor has put right or answered themselves is not to be guessed anew.
            qa.c.overridden,
            qa.c.answered_at.is_not(None),
            and_(
                qa.c.created_at > bindparam("since", type_=DateTime(timezone=True)),
                qa.c.outcome == AnswerOutcome.ANSWERED.value,
            ),
        ),
        qa.c.outcome != AnswerOutcome.SAFEGUARDING.value,
    )
    .order_by(qa.c.created_at.desc(), qa.c.id.desc())
    .limit(1_000),
)
# Two askings of one student at once, on two machines: the second finds what the first wrote.
_one_at_a_time = Compiled(
    "lock_asking",
    select(func.pg_advisory_xact_lock(func.hashtextextended(bindparam("student", type_=Text()), text("0")))),
)
_latest_calibration = Compiled(
    "latest_calibration",
    select(answer_calibrations.c.intercept, answer_calibrations.c.slope)
    .where(answer_calibrations.c.engine == bindparam("engine", type_=Text()))
    .order_by(answer_calibrations.c.created_at.desc(), answer_calibrations.c.id.desc())
    .limit(1),
)
_labelled = Compiled(
    "labelled_answers",
    select(generations.c.engine, qa.c.evidence, qa.c.answer, qa.c.overridden, qa.c.tutor_answer, qa.c.companion_right)
    .join_from(qa, generations, qa.c.generation_id == generations.c.id)
    .where(
        qa.c.evidence.is_not(None),
        qa.c.overridden | qa.c.tutor_answer.is_not(None) | qa.c.companion_right.is_not(None),
    ),
)
_tell = Compiled(
    "show_disclaimer",
    update(users)
    .where(
        users.c.id == bindparam("student_id", type_=Uuid()),
        user_details.c.user_id == users.c.id,
        ~user_details.c.disclaimer_shown,
    )
    .values(disclaimer_shown=True)
    .returning(users.c.id),
)
_COLUMNS = {
    SourceKind.MATERIAL: "material_id",
    SourceKind.BANK_ITEM: "bank_item_id",
    SourceKind.SESSION: "session_id",
    SourceKind.SUMMARY: "summary_id",
    SourceKind.GOAL: "goal_id",
}
_SOURCES = dict.fromkeys(_COLUMNS.values())


@reads(_citations)
async def citations_by_question(read: Transaction, question_ids: Sequence[UUID]) -> list[list[Citation]]:
    """What each answer rests on, the most important first."""
    return await _citations.read(read, question_ids)


async def questions_asked_since(read: Transaction, student_id: UUID, since: datetime) -> int:
    """How many questions a student has asked, those not counted that told of danger."""
    ((count,),) = await read.run(_asked_since, {"student_id": student_id, "since": since})
    return int(count)


async def answered_since(read: Transaction, student_id: UUID, since: datetime) -> list[tuple[UUID, str, datetime]]:
    """Id, words and time of what a student asked and got an answer to, since then or from a tutor, latest first."""
    return [(a, b, c) for a, b, c in await read.run(_same, {"student_id": student_id, "since": since})]


async def worries_since(work: Work, student_id: UUID, since: datetime) -> list[tuple[UUID, str, datetime]]:
    """Id, words and time of what a student wrote that told of danger, latest first."""
    return [(a, b, c) for a, b, c in await work.run(_worries, {"student_id": student_id, "since": since})]


async def lock_asking(work: Work, student_id: UUID) -> None:
    """Let nobody else write an answer for this student until the work ends."""
    await work.run(_one_at_a_time, {"student": f"study.asking.{student_id}"})


async def latest_calibration(work: Work, engine: Engine) -> Calibration:
    """What turns an engine's evidence into confidence now. The product reads it, not people."""
    found = await work.run(_latest_calibration, {"engine": engine.value})
    return Calibration(*found[0]) if found else SHIPPED[engine]


async def insert_answer(
    work: Work,
    student_id: UUID,
    query: str,
    reply: Reply,
    *,
    confidence: Confidence,
    score: Any,
    generation_id: UUID,
    **more: Any,
) -> Question:
    """The question with what was replied, and what that rests on; `more` by column."""
    values = {
        "student_id": student_id,
        "query": query,
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
        **more,
    }
    ((question_id,),) = await work.execute("insert_question", insert(qa).values(values).returning(qa.c.id))
    if reply.citations:
        rows = [
            {
                "question_id": question_id,
                "student_id": student_id,
                "position": position,
                "kind": cited.kind.value,
                "title": cited.title,
                "quote": cited.quote,
                **_SOURCES,
                _COLUMNS[cited.kind]: cited.source_id,
            }
            for position, cited in enumerate(reply.citations, start=1)
        ]
        await work.execute("insert_citations", insert(answer_citations).values(rows))
    await defer(work, JobKind.REFRESH_ANALYTICS, user_id=student_id)
    return await lock_question(work, question_id)


async def show_disclaimer(work: Work, student_id: UUID) -> bool:
    """Record that the student has been told that the companion can be wrong; whether that is new."""
    return bool(await work.run(_tell, {"student_id": student_id}))


async def labels_by_engine(work: Work) -> dict[Engine, list[Label]]:
    """The answers whose worth is known: from what tutors said of them, put in their place, or answered themselves."""
    found: dict[Engine, list[Label]] = {engine: [] for engine in Engine}
    for engine, evidence, answer, overridden, tutor_answer, companion_right in await work.run(_labelled, {}):
        if companion_right is not None:
            right = companion_right
        elif overridden:
            right = False
        else:
            right = agree(answer, tutor_answer)
        found[Engine(engine)].append(Label(evidence, right))
    return found


async def insert_calibration(work: Work, engine: Engine, calibration: Calibration, labels: int) -> None:
    """What holds from now on."""
    values = {"engine": engine.value, "intercept": calibration.intercept, "slope": calibration.slope, "labels": labels}
    await work.execute("insert_calibration", insert(answer_calibrations).values(values))
