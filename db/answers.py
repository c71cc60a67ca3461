"""What an answer moves: the student's rating, the question's, and how well the student knows the question."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, Numeric, Sequence, bindparam, func, select, update
from sqlalchemy.dialects.postgresql import insert

from db.engine import Work
from db.statement import Compiled
from db.tables import practice_familiarity, practice_item_ratings, student_ratings
from domain.practice import PracticeAssignment
from domain.rating import UNKNOWN, Answered, Familiarity, Standing, answered, guess_chance, new_question

ANSWERING = "study.answering"
"""The lock that answers share and a replay takes alone."""

_student, _subject = student_ratings.c.student_id, student_ratings.c.subject_id
_item = practice_item_ratings.c.bank_item_id
_own = practice_familiarity.c.student_id == bindparam("student_id")
_of_item = practice_familiarity.c.bank_item_id == bindparam("item_id")
_the_rating = (_student == bindparam("student_id"), _subject == bindparam("subject_id"))

_answering = Compiled("lock_answering", select(func.pg_advisory_xact_lock_shared(func.hashtext(ANSWERING))))
_open = Compiled(
    "open_rating",
    insert(student_ratings)
    .inline()
    .values(student_id=bindparam("student_id"), subject_id=bindparam("subject_id"))
    .on_conflict_do_nothing(index_elements=[_student, _subject]),
)
_lock = Compiled(
    "lock_rating",
    select(student_ratings.c.rating, student_ratings.c.deviation, student_ratings.c.answers)
    .where(*_the_rating)
    .with_for_update(),
)
_move = Compiled(
    "update_student_rating",
    select(
        func.update_student_rating(
            bindparam("student_id", type_=_student.type),
            bindparam("subject_id", type_=_subject.type),
            bindparam("question_rating", type_=Integer()),
            bindparam("score", type_=Numeric()),
            bindparam("k", type_=Integer()),
        )
    ),
)
_narrow = Compiled(
    "narrow_rating",
    update(student_ratings).where(*_the_rating).values(deviation=bindparam("deviation"), answers=bindparam("answers")),
)
_open_item = Compiled(
    "open_item_rating",
    insert(practice_item_ratings)
    .inline()
    .values(bank_item_id=bindparam("item_id"), rating=bindparam("rating"), deviation=bindparam("deviation"))
    .on_conflict_do_nothing(index_elements=[_item]),
)
_lock_item = Compiled(
    "lock_item_rating",
    select(practice_item_ratings.c.rating, practice_item_ratings.c.deviation, practice_item_ratings.c.answers)
    .where(_item == bindparam("item_id"))
    .with_for_update(),
)
_move_item = Compiled(
    "update_item_rating",
    update(practice_item_ratings)
    .where(_item == bindparam("item_id"))
    .values(
        rating=bindparam("rating"),
        deviation=bindparam("deviation"),
        answers=bindparam("answers"),
        last_updated=func.current_timestamp(),
    ),
)
_familiarity = Compiled(
    "familiarity", select(practice_familiarity.c.points, practice_familiarity.c.answers).where(_own, _of_item)
)
_remember_values = insert(practice_familiarity).values(
    student_id=bindparam("student_id"),
    bank_item_id=bindparam("item_id"),
    points=bindparam("points"),
    answers=bindparam("answers"),
    last_score=bindparam("score"),
)
_remember = Compiled(
    "remember_item",
    _remember_values.inline().on_conflict_do_update(
        index_elements=[practice_familiarity.c.student_id, practice_familiarity.c.bank_item_id],
        set_={
            "points": _remember_values.excluded.points,
            "answers": _remember_values.excluded.answers,
            "last_score": _remember_values.excluded.last_score,
            "last_answered_at": func.current_timestamp(),
        },
    ),
)
_numbers = Compiled(
    "answer_numbers",
    select(Sequence("practice_answer_numbers").next_value()).select_from(func.generate_series(1, bindparam("count"))),
)


@dataclass(frozen=True, slots=True)
class Moved:
    """What an answer moved, by column of practice_assignments; `question_rating_after` is None where it moved none."""

    student_rating_before: int | None = None
    student_rating_after: int | None = None
    question_rating_before: Decimal | None = None
    question_rating_after: Decimal | None = None
    predicted_success: Decimal | None = None
    answer_number: int | None = None

    def values(self) -> dict[str, Any]:
        """The columns that have a value now."""
        columns = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return {name: value for name, value in columns.items() if value is not None}


async def record_answer(work: Work, practice: PracticeAssignment, score: Decimal, k: int) -> Moved:
    """Move what an answer moves; `k` is the setting. Practice without a subject moves no rating.

    Both ratings are held from here to the end of the work, so of answers given at once each starts where another
    ended. The question's own rating moves only if the question is the bank's: a tutor's words make it another one.
    """
    await work.run(_answering, {})
    if practice.subject_id is None:
        return Moved(answer_number=await _next_number(work))
    row = {"student_id": practice.student_id, "subject_id": practice.subject_id}
    await work.run(_open, row)
    ((rating, deviation, answers),) = await work.run(_lock, row)
    student = Standing(rating, float(deviation), answers)
    question, known = new_question(practice.difficulty_level), UNKNOWN
    item_id = None if practice.overridden else practice.bank_item_id
    if item_id is not None:
        question, known = await _held(work, practice.student_id, item_id, question)
    moved = answered(student, question, known, score, guess=guess_chance(len(practice.choices)), k=k)
    given = row | {"question_rating": moved.question_rating, "score": score, "k": moved.k}
    ((after,),) = await work.run(_move, given)
    narrowed = {"deviation": decimal(moved.student.deviation), "answers": moved.student.answers}
    await work.run(_narrow, row | narrowed)
    if item_id is not None:
        await _move_question(work, practice.student_id, item_id, moved, score)
    return Moved(
        student_rating_before=rating,
        student_rating_after=after,
        question_rating_before=decimal(question.points),
        question_rating_after=None if item_id is None else decimal(moved.question.points),
        predicted_success=Decimal(str(moved.predicted)),
        answer_number=await _next_number(work),
    )


async def _held(work: Work, student_id: UUID, item_id: UUID, new: Standing) -> tuple[Standing, Familiarity]:
    opened = {"item_id": item_id, "rating": decimal(new.points), "deviation": decimal(new.deviation)}
    await work.run(_open_item, opened)
    ((rating, deviation, answers),) = await work.run(_lock_item, {"item_id": item_id})
    found = await work.run(_familiarity, {"student_id": student_id, "item_id": item_id})
    known = Familiarity(float(found[0][0]), found[0][1]) if found else UNKNOWN
    return Standing(float(rating), float(deviation), answers), known


async def _move_question(work: Work, student_id: UUID, item_id: UUID, moved: Answered, score: Decimal) -> None:
    question, known = moved.question, moved.familiarity
    changed = {"rating": decimal(question.points), "deviation": decimal(question.deviation)}
    await work.run(_move_item, {"item_id": item_id, "answers": question.answers, **changed})
    await work.run(
        _remember,
        {
            "student_id": student_id,
            "item_id": item_id,
            "points": decimal(known.points),
            "answers": known.answers,
            "score": score,
        },
    )


async def answer_numbers(work: Work, count: int) -> list[int]:
    """The next numbers of answers, drawn while the ratings that they move are held."""
    return sorted(number for (number,) in await work.run(_numbers, {"count": count}))


async def _next_number(work: Work) -> int:
    (number,) = await answer_numbers(work, 1)
    return number


def decimal(value: float) -> Decimal:
    """Points as the database keeps them."""
    return Decimal(f"{value:.2f}")
