"""Counting over the rows that the viewer may see.

The document's views count by whole days, or over all time. What they cannot be asked for is counted from the tables
by the same definitions; a test holds the two against each other.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import (
    Date,
    DateTime,
    Integer,
    Numeric,
    String,
    Uuid,
    any_,
    bindparam,
    cast,
    func,
    literal_column,
    null,
    or_,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.sql import ColumnElement, FromClause, Select

from db.engine import Transaction
from db.statement import Statement
from db.tables import (
    goals,
    nudges,
    overrides,
    practice_assignments,
    qa_interactions,
    sessions,
    v_student_progress,
)
from domain.analytics import (
    MAX_ROWS,
    PERIODS,
    Calibrated,
    ConfidenceCount,
    Count,
    GoalProgress,
    NudgeCount,
    OverrideCount,
    Window,
    all_of,
)

R = TypeVar("R")

_START, _END = bindparam("start", type_=DateTime(timezone=True)), bindparam("end", type_=DateTime(timezone=True))
_STUDENT = bindparam("student_id", type_=Uuid())
_UTC: ColumnElement[str] = literal_column("'UTC'", String())


async def override_analytics(read: Transaction, count: Count[Any]) -> list[OverrideCount]:
    """Overrides counted; one row when they are not grouped. Raises BadRequest (TOO_MANY_ROWS)."""
    return await _run(read, _overrides, count)


async def confidence_distribution(read: Transaction, count: Count[Any]) -> list[ConfidenceCount]:
    """Answers counted by their confidence; no rows when there are none. Raises BadRequest (TOO_MANY_ROWS)."""
    return await _run(read, _answers, count)


async def confidence_calibration(read: Transaction, count: Count[Any]) -> list[Calibrated]:
    """Answers that a tutor judged, by tenths of their score, lowest first; no row for a tenth without."""
    return await _run(read, lambda _, for_student: _judged(for_student), count)


async def nudge_engagement(read: Transaction, count: Count[Any]) -> list[NudgeCount]:
    """Nudges counted; one row when they are not grouped. Raises BadRequest (TOO_MANY_ROWS)."""
    return await _run(read, _nudges, count)


async def progress_by_student(
    read: Transaction, student_ids: Sequence[UUID], window: Window | None = None
) -> list[list[GoalProgress]]:
    """The active goals of each student, the next due first, with what was done for them in the window.

    Raises BadRequest (TOO_MANY_ROWS) for all students together.
    """
    found: dict[UUID, list[GoalProgress]] = {student_id: [] for student_id in student_ids}
    parameters: dict[str, Any] = {"keys": list(student_ids)}
    if window is not None:
        parameters |= {"start": window.start, "end": window.end}
    for progress in all_of(await read.rows(_PROGRESS if window is None else _PROGRESS_WITHIN, **parameters)):
        found[progress.student_id].append(progress)
    return [found[student_id] for student_id in student_ids]


async def _run(read: Transaction, statement: Any, count: Count[Any]) -> list[Any]:
    parameters: dict[str, Any] = {"start": count.start, "end": count.end}
    if count.student_id is not None:
        parameters["student_id"] = count.student_id
    # In one order, whatever the caller's: fewer statements to compile, and the rows do not depend on it.
    groups = tuple(sorted(group.value for group in count.group_by))
    return all_of(await read.rows(statement(groups, count.student_id is not None), **parameters))


def _grouped(
    name: str,
    record: type[R],
    *,
    source: FromClause,
    time: ColumnElement[Any],
    student: ColumnElement[Any],
    keys: Mapping[str, ColumnElement[Any]],
    always: Mapping[str, ColumnElement[Any]] | None = None,
    only: ColumnElement[bool] | None = None,
    measures: Mapping[str, ColumnElement[Any]],
    groups: Sequence[str],
    for_student: bool,
) -> Statement[R]:
    """One row for each group of `groups` and of `always`; the other keys are null."""
    period = next((group for group in groups if group in PERIODS), None)
    available = {"period_start": _day_of(period or "day", time), **keys}
    chosen = {"period_start"} if period else set()
    chosen |= {group for group in groups if group not in PERIODS}
    by = [expression for key, expression in available.items() if key in chosen]
    by += (always or {}).values()
    columns = [
        (expression if key in chosen else cast(null(), expression.type)).label(key)
        for key, expression in available.items()
    ]
    columns += [expression.label(key) for key, expression in (always or {}).items()]
    columns += [expression.label(key) for key, expression in measures.items()]
    rows: Select[Any] = select(*columns).select_from(source).where(time >= _START, time < _END)
    if for_student:
        rows = rows.where(student == _STUDENT)
    if only is not None:
        rows = rows.where(only)
    return Statement(name, rows.group_by(*by).order_by(*by).limit(MAX_ROWS + 1), record)


def _day_of(unit: str, time: ColumnElement[Any]) -> ColumnElement[Any]:
    """The first day of the day, week or month that a time lies in, in UTC."""
    return cast(func.timezone(_UTC, func.date_trunc(literal_column(f"'{unit}'"), time, _UTC)), Date)


def _percent(part: ColumnElement[Any], whole: ColumnElement[Any]) -> ColumnElement[Any]:
    return func.round(part * literal_column("100.0", Numeric()) / whole, 2)


@cache
def _overrides(groups: tuple[str, ...], for_student: bool) -> Statement[OverrideCount]:
    # By the subject itself, where the view goes by its name: two subjects of one name stay apart.
    return _grouped(
        "override_analytics",
        OverrideCount,
        source=overrides,
        time=overrides.c.created_at,
        student=overrides.c.student_id,
        keys={
            "override_type": overrides.c.override_type,
            "subject_id": overrides.c.subject_id,
            "difficulty_level": overrides.c.difficulty_level,
            "tutor_id": overrides.c.tutor_id,
            "student_id": overrides.c.student_id,
        },
        measures={
            "override_count": func.count(),
            "unique_tutors": func.count(overrides.c.tutor_id.distinct()),
            "unique_students": func.count(overrides.c.student_id.distinct()),
        },
        groups=groups,
        for_student=for_student,
    )


@cache
def _answers(groups: tuple[str, ...], for_student: bool) -> Statement[ConfidenceCount]:
    source: FromClause = qa_interactions
    subject: ColumnElement[Any] = literal_column("null", String())
    if "subject_name" in groups:
        # A question about two subjects counts in both, one about none has a group of its own.
        about = func.unnest(qa_interactions.c.context_subjects).table_valued("name", name="about").render_derived()
        source = qa_interactions.outerjoin(about, true())
        subject = about.c.name
    keys = {"subject_name": subject, "student_id": qa_interactions.c.student_id}
    time = qa_interactions.c.created_at
    period = next((group for group in groups if group in PERIODS), None)
    within = [keys[group] for group in groups if group in keys] + ([_day_of(period, time)] if period else [])
    whole = func.sum(func.count()).over(partition_by=within or None)
    return _grouped(
        "confidence_distribution",
        ConfidenceCount,
        source=source,
        time=time,
        student=qa_interactions.c.student_id,
        keys=keys,
        always={"confidence": qa_interactions.c.confidence},
        only=qa_interactions.c.outcome != literal_column("'safeguarding'", String()),
        measures={"count": func.count(), "percentage": _percent(func.count(), whole)},
        groups=groups,
        for_student=for_student,
    )


@cache
def _judged(for_student: bool) -> Statement[Calibrated]:
    answers = qa_interactions.c
    tenth = func.least(func.trunc(answers.confidence_score, 1), literal_column("0.9", Numeric()))
    # What an override takes the place of was wrong, unless the tutor said otherwise.
    right = func.count().filter(func.coalesce(answers.companion_right, ~answers.overridden))
    rows = (
        select(
            tenth.label("score_from"),
            func.count().label("judged_count"),
            right.label("right_count"),
            func.round(func.avg(answers.confidence_score), 2).label("mean_score"),
            _percent(right, func.count()).label("right_percentage"),
        )
        .where(
            answers.outcome == literal_column("'answered'", String()),
            answers.confidence_score.is_not(None),
            or_(answers.companion_right.is_not(None), answers.overridden),
            answers.created_at >= _START,
            answers.created_at < _END,
        )
        .group_by(tenth)
        .order_by(tenth)
    )
    if for_student:
        rows = rows.where(answers.student_id == _STUDENT)
    return Statement("confidence_calibration", rows, Calibrated)


@cache
def _nudges(groups: tuple[str, ...], for_student: bool) -> Statement[NudgeCount]:
    sent = func.nullif(func.count(), literal_column("0", Integer()))
    return _grouped(
        "nudge_engagement",
        NudgeCount,
        source=nudges,
        time=nudges.c.sent_at,
        student=nudges.c.user_id,
        keys={"type": nudges.c.type, "channel": nudges.c.channel, "user_id": nudges.c.user_id},
        measures={
            "sent_count": func.count(),
            "opened_count": func.count(nudges.c.opened_at),
            "clicked_count": func.count(nudges.c.clicked_at),
            "opened_percentage": _percent(func.count(nudges.c.opened_at), sent),
            "clicked_percentage": _percent(func.count(nudges.c.clicked_at), sent),
        },
        groups=groups,
        for_student=for_student,
    )


def _progress(sessions_count: ColumnElement[Any], practice_count: ColumnElement[Any], source: FromClause) -> Any:
    progress = v_student_progress.c
    return (
        select(
            progress.student_id,
            progress.goal_id,
            progress.subject_name,
            progress.completion_percentage,
            progress.current_streak,
            progress.xp_earned,
            progress.status,
            progress.target_completion_date,
            sessions_count.label("sessions_count"),
            practice_count.label("practice_items_completed"),
            func.round(progress.average_rating, 2).label("average_rating"),
        )
        .select_from(source)
        .where(progress.student_id == any_(bindparam("keys", type_=ARRAY(Uuid()))))
        .order_by(progress.student_id, progress.target_completion_date, progress.goal_id)
        .limit(MAX_ROWS + 1)
    )


def _within(table: Any, time: ColumnElement[Any], *conditions: ColumnElement[bool]) -> ColumnElement[Any]:
    """The rows of a goal's student in the goal's subject, as the view counts them, that lie in the window."""
    return (
        select(func.count())
        .select_from(table)
        .where(
            table.c.student_id == goals.c.student_id,
            or_(goals.c.subject_id.is_(None), table.c.subject_id == goals.c.subject_id),
            time >= _START,
            time < _END,
            *conditions,
        )
        .correlate(goals)
        .scalar_subquery()
    )


_PROGRESS = Statement(
    "progress_by_student",
    _progress(v_student_progress.c.sessions_count, v_student_progress.c.practice_items_completed, v_student_progress),
    GoalProgress,
)
_PROGRESS_WITHIN = Statement(
    "progress_by_student",
    _progress(
        _within(sessions, sessions.c.session_date),
        _within(practice_assignments, practice_assignments.c.completed_at, practice_assignments.c.completed),
        v_student_progress.join(goals, goals.c.id == v_student_progress.c.goal_id),
    ),
    GoalProgress,
)
