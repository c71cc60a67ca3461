"""Ratings from the answers alone: what is stored must be what they come to."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Table, bindparam, func, select
from sqlalchemy.dialects.postgresql import insert

from db.answers import ANSWERING, decimal
from db.engine import Database, Work
from db.statement import Compiled, Statement
from db.tables import practice_assignments, practice_bank_items, practice_familiarity, practice_item_ratings
from db.tables import student_ratings as ratings
from domain.rating import (
    NEW_STUDENT,
    QUESTION_DEVIATION,
    UNKNOWN,
    Familiarity,
    Standing,
    answered,
    guess_chance,
)

BATCH = 5_000
WRITTEN_AT_ONCE = 500

_practice = practice_assignments.c
_alone = Compiled("lock_answering_alone", select(func.pg_advisory_xact_lock(func.hashtext(ANSWERING))))
_patience = Compiled("wait_for_replay", select(func.set_config("statement_timeout", "0", True)))
_stored_students = Compiled(
    "stored_ratings",
    select(ratings.c.student_id, ratings.c.subject_id, ratings.c.rating, ratings.c.deviation, ratings.c.answers),
)
_stored_questions = Compiled(
    "stored_item_ratings",
    select(
        practice_item_ratings.c.bank_item_id,
        practice_item_ratings.c.rating,
        practice_item_ratings.c.deviation,
        practice_item_ratings.c.answers,
    ),
)
_stored_familiarity = Compiled(
    "stored_familiarity",
    select(
        practice_familiarity.c.student_id,
        practice_familiarity.c.bank_item_id,
        practice_familiarity.c.points,
        practice_familiarity.c.answers,
    ),
)


@dataclass(frozen=True, slots=True)
class PastAnswer:
    """An answer as the practice keeps it."""

    number: int
    student_id: UUID
    subject_id: UUID
    item_id: UUID | None
    choices: int
    question_rating: Decimal | None
    moved_question: bool
    score: Decimal
    answered_at: datetime


_answers = Statement(
    "answers_in_order",
    select(
        _practice.answer_number.label("number"),
        _practice.student_id,
        _practice.subject_id,
        _practice.bank_item_id.label("item_id"),
        func.coalesce(func.cardinality(practice_bank_items.c.choices), 0).label("choices"),
        _practice.question_rating_before.label("question_rating"),
        _practice.question_rating_after.is_not(None).label("moved_question"),
        _practice.performance_score.label("score"),
        _practice.completed_at.label("answered_at"),
    )
    .select_from(
        practice_assignments.outerjoin(practice_bank_items, _practice.bank_item_id == practice_bank_items.c.id)
    )
    .where(
        _practice.answer_number > bindparam("after"),
        _practice.subject_id.is_not(None),
        _practice.question_rating_before.is_not(None),
        _practice.performance_score.is_not(None),
    )
    .order_by(_practice.answer_number)
    .limit(BATCH),
    PastAnswer,
)

Pair = tuple[UUID, UUID]


@dataclass(slots=True)
class Standings:
    """Every rating that answers come to."""

    students: dict[Pair, Standing] = field(default_factory=dict)
    """By student and subject."""
    questions: dict[UUID, Standing] = field(default_factory=dict)
    """By item of the bank."""
    familiarity: dict[Pair, Familiarity] = field(default_factory=dict)
    """By student and item."""
    last: dict[Pair | UUID, PastAnswer] = field(default_factory=dict)
    """The last answer that moved what has the key."""
    answers: int = 0

    def add(self, past: PastAnswer, k: int) -> None:
        """One answer more."""
        own, pair = (past.student_id, past.subject_id), None
        question, known = Standing(float(past.question_rating or 0), QUESTION_DEVIATION), UNKNOWN
        if past.moved_question and past.item_id is not None:
            pair = past.student_id, past.item_id
            question, known = self.questions.get(past.item_id, question), self.familiarity.get(pair, known)
        student = self.students.get(own, NEW_STUDENT)
        moved = answered(student, question, known, past.score, guess=guess_chance(past.choices), k=k)
        self.students[own], self.last[own] = moved.student, past
        self.answers += 1
        if pair is not None:
            self.questions[pair[1]], self.familiarity[pair] = moved.question, moved.familiarity
            self.last[pair] = self.last[pair[1]] = past


@dataclass(frozen=True, slots=True)
class Replay:
    """What a replay found: how many ratings there are, and how many were stored otherwise."""

    answers: int
    students: int
    questions: int
    familiarity: int
    other_students: int
    other_questions: int
    other_familiarity: int

    @property
    def differences(self) -> int:
        """How many stored ratings are not what the answers come to."""
        return self.other_students + self.other_questions + self.other_familiarity


async def replay(database: Database, k: int, *, write: bool = False) -> Replay:
    """Work out every rating from the answers, in their order, and compare it with what is stored.

    With `write` what differs is stored as it should be, as after a change of `k`, the setting RATING_K. New answers
    wait meanwhile. Ratings that no answer has moved are left as they are.
    """
    async with database.system_work() as work:
        await work.run(_patience, {})
        await work.run(_alone, {})
        made = await _made(work, k)
        students = await _other(work, _stored_students, made.students)
        questions = await _other(work, _stored_questions, made.questions)
        familiarity = await _other(work, _stored_familiarity, made.familiarity)
        if write:
            await _store(work, made, students, questions, familiarity)
        return Replay(
            answers=made.answers,
            students=len(made.students),
            questions=len(made.questions),
            familiarity=len(made.familiarity),
            other_students=len(students),
            other_questions=len(questions),
            other_familiarity=len(familiarity),
        )


async def restore_ratings(work: Work, k: int) -> None:
    """Store every rating as the answers say, for answers that were written by the thousand."""
    made = await _made(work, k)
    await _store(work, made, list(made.students), list(made.questions), list(made.familiarity))


async def _made(work: Work, k: int) -> Standings:
    made = Standings()
    async for past in _past(work):
        made.add(past, k)
    return made


async def _past(work: Work) -> AsyncIterator[PastAnswer]:
    after = 0
    while batch := await work.rows(_answers, after=after):
        for past in batch:
            yield past
        after = batch[-1].number


async def _other(work: Work, statement: Compiled, made: dict[Any, Any]) -> list[Any]:
    """The keys of what is not stored as it was made."""
    stored: dict[Any, tuple[Any, ...]] = {}
    for row in await work.run(statement, {}):
        key, kept = (row[0], row[1:]) if isinstance(next(iter(made), None), UUID) else (row[:2], row[2:])
        stored[key] = kept
    return [key for key, standing in made.items() if stored.get(key) != _columns(standing)]


def _columns(standing: Standing | Familiarity) -> tuple[Any, ...]:
    if isinstance(standing, Familiarity):
        return decimal(standing.points), standing.answers
    return decimal(standing.points), decimal(standing.deviation), standing.answers


async def _store(
    work: Work, made: Standings, students: list[Pair], questions: list[UUID], familiarity: list[Pair]
) -> None:
    rows: list[dict[str, Any]] = [
        {"student_id": own[0], "subject_id": own[1], "rating": round(made.students[own].points)}
        | _sure(made.students[own], made.last[own])
        for own in students
    ]
    await _upsert(work, ratings, rows, "student_id", "subject_id")
    rows = [
        {"bank_item_id": item, "rating": decimal(made.questions[item].points)}
        | _sure(made.questions[item], made.last[item])
        for item in questions
    ]
    await _upsert(work, practice_item_ratings, rows, "bank_item_id")
    rows = []
    for pair in familiarity:
        known, last = made.familiarity[pair], made.last[pair]
        row = {"student_id": pair[0], "bank_item_id": pair[1], "points": decimal(known.points)}
        rows.append(row | {"answers": known.answers, "last_score": last.score, "last_answered_at": last.answered_at})
    await _upsert(work, practice_familiarity, rows, "student_id", "bank_item_id")


def _sure(standing: Standing, last: PastAnswer) -> dict[str, Any]:
    sure = {"deviation": decimal(standing.deviation), "answers": standing.answers}
    return sure | {"last_updated": last.answered_at}


async def _upsert(work: Work, table: Table, rows: list[dict[str, Any]], *keys: str) -> None:
    for start in range(0, len(rows), WRITTEN_AT_ONCE):
        statement = insert(table).values(rows[start : start + WRITTEN_AT_ONCE])
        changed = {name: statement.excluded[name] for name in rows[0] if name not in keys}
        await work.execute(f"replay_{table.name}", statement.on_conflict_do_update(index_elements=keys, set_=changed))
