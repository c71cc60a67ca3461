"""The event log: written with the change it tells of, read without skipping what is committed late.

Numbers are given out before they are committed, so whoever remembers only the last number it saw skips a lower one
that a slow transaction commits later. A reader here goes by (transaction, number) and stops at the oldest transaction
that is still running: below it all is decided. What lies above waits, committed or not.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    Integer,
    Interval,
    Text,
    Uuid,
    and_,
    any_,
    bindparam,
    case,
    column,
    delete,
    false,
    func,
    insert,
    literal_column,
    or_,
    select,
    true,
    tuple_,
    union,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.sql import ColumnElement, Select
from sqlalchemy.sql.selectable import GenerativeSelect

from db.columns import Xid8
from db.statement import Compiled, Row
from db.tables import events, events_floor, parent_student_links, tutor_student_assignments
from domain.events import Cursor, Event, EventKind, Logged, Now, ResyncRequired

if TYPE_CHECKING:
    from db.engine import Transaction, Work  # the engine writes what a unit of work tells

S = TypeVar("S", bound=GenerativeSelect)

CHANNEL = "study_events"
"""Where PostgreSQL and the brokers call: there is something new. Never what."""
FEW = 20
"""Students whose events are looked up one by one; the events of more are picked out of everybody's."""
WINDOW = 8
"""Pages of everybody's events that are gone through for one page of somebody's."""

# Writing

_told = (
    func.unnest(
        bindparam("kinds", type_=ARRAY(Text())),
        bindparam("student_ids", type_=ARRAY(Uuid())),
        bindparam("target_ids", type_=ARRAY(Uuid())),
        bindparam("person_ids", type_=ARRAY(Uuid())),
    )
    .table_valued(*(column(name) for name in ("kind", "student_id", "target_id", "person_id")), name="told")
    .render_derived()
)
_insert = insert(events).from_select([told.name for told in _told.c], select(*_told.c))
_append = Compiled("append_events", _insert)
_append_and_call = Compiled("append_events", select(func.pg_notify(CHANNEL, "")).add_cte(_insert.cte("appended")))


async def append(work: Work, told: Sequence[Event], *, call: bool = True) -> None:
    """Write events into the log, in this order, with the work they tell of. One statement; none for no events.

    Once, last in the work. PostgreSQL calls the listening processes when the work is committed, unless `call` is
    false, as where another broker does that.
    """
    if told:
        parameters = {
            "kinds": [event.kind.value for event in told],
            "student_ids": [event.student_id for event in told],
            "target_ids": [event.target_id for event in told],
            "person_ids": [event.person_id for event in told],
        }
        await work.run(_append_and_call if call else _append, parameters)


# Reading

_snapshot = func.pg_current_snapshot()
_oldest_running = func.pg_snapshot_xmin(_snapshot, type_=Xid8())
# In this order, so that it is one step into the index: to look for any that is held would walk through all the others.
_last = select(events.c.xid).order_by(events.c.xid.desc(), events.c.id.desc()).limit(1).scalar_subquery()
_moment = select(
    func.pg_snapshot_xmax(_snapshot, type_=Xid8()).label("next_xid"),
    func.coalesce(_last >= _oldest_running, false()).label("held"),
).subquery("moment")
_latest = (
    select(events.c.xid, events.c.id)
    .where(events.c.xid < _oldest_running)
    .order_by(events.c.xid.desc(), events.c.id.desc())
    .limit(1)
    .subquery("latest")
)
# It has one row at most, and the planner does not know.
_is_this_history = (events_floor.c.history == func.log_history()).label("is_this_history")
_floor = (
    select(events_floor.c.xid, events_floor.c.id, events_floor.c.epoch, _is_this_history).limit(1).subquery("floor")
)
_BEFORE_PAGE = 8  # columns, of the moment, the floor and the latest event that is decided

_after_cursor = tuple_(events.c.xid, events.c.id) > tuple_(
    bindparam("xid", type_=Xid8()), bindparam("id", type_=BigInteger())
)
_person = bindparam("person", type_=Uuid())
_students = bindparam("students", type_=ARRAY(Uuid()))


_COLUMNS = ("xid", "id", "kind", "student_id", "target_id", "person_id", "occurred_at")


def _events(*conditions: ColumnElement[bool]) -> Select[Any]:
    """A page of the decided events after the cursor that fulfil the conditions, which an index has to answer."""
    found = select(*(events.c[name] for name in _COLUMNS), false().label("full"))
    return _page(found.where(_after_cursor, events.c.xid < _oldest_running, *conditions))


def _page(rows: S) -> S:
    chosen = rows.selected_columns
    return rows.order_by(chosen.xid, chosen.id).limit(bindparam("page_limit", type_=Integer()))


def _of_each(students: Select[Any]) -> Select[Any]:
    """A page of the events of a few students: for each a short walk along an index."""
    student = students.subquery("student")
    found = _events(events.c.student_id == student.c.id).lateral("found")
    return _page(select(*found.c).select_from(student.join(found, true())))


def _picked(wanted: Callable[[Any], ColumnElement[bool]]) -> Select[Any]:
    """A page of the events that are wanted, out of a window of everybody's; the last of a full window always.

    Whatever is wanted, no more is read than the window has.
    """
    length = bindparam("window", type_=Integer())
    number = func.row_number().over(order_by=[events.c.xid, events.c.id])
    decided = select(*(events.c[name] for name in _COLUMNS), (number == length).label("full"))
    decided = decided.where(_after_cursor, events.c.xid < _oldest_running)
    window = decided.order_by(events.c.xid, events.c.id).limit(length).subquery("window")
    is_wanted = and_(window.c.kind == any_(bindparam("kinds", type_=ARRAY(Text()))), wanted(window.c))
    columns = {column.name: column for column in window.c} | {"kind": case((is_wanted, window.c.kind)).label("kind")}
    return _page(select(*columns.values()).where(or_(is_wanted, window.c.full)))


def _stretch(
    name: str, page: GenerativeSelect, watchers: Callable[[Any], ColumnElement[Any]] | None = None
) -> Compiled:
    """A row for each event of a page, or one without an event. Each begins with the moment, floor and latest event."""
    found = page.subquery("page")
    columns = [*_moment.c, *_floor.c, *_latest.c, *found.c]
    if watchers is not None:
        columns.append(watchers(found))
    rows = _moment.outerjoin(_floor, true()).outerjoin(_latest, true()).outerjoin(found, true())
    return Compiled(name, select(*columns).select_from(rows).order_by(found.c.xid, found.c.id))


def _watchers(of: Any) -> ColumnElement[Any]:
    """Who may watch an event, as things are when it is read: whom it names, and who sees the student."""
    people = union(
        select(of.c.student_id).correlate(of),
        select(of.c.person_id).correlate(of),
        select(_tutoring.c.tutor_id).where(_tutoring.c.student_id == of.c.student_id, _is_active).correlate(of),
        select(_parenting.c.parent_id).where(_parenting.c.student_id == of.c.student_id, _is_linked).correlate(of),
    )
    return func.array(people.scalar_subquery(), type_=ARRAY(Uuid())).label("watchers")


_tutoring, _parenting = tutor_student_assignments, parent_student_links
# In the text: a condition with a parameter does not find the index that has it.
_is_active, _is_linked = (each.c.status == literal_column("'active'") for each in (_tutoring, _parenting))
_seen = union(
    select(_person.label("id")),
    select(_tutoring.c.student_id).where(_tutoring.c.tutor_id == _person, _is_active),
    select(_parenting.c.student_id).where(_parenting.c.parent_id == _person, _is_linked),
).subquery("seen")
_asked_for = func.unnest(_students).table_valued(column("id", Uuid()), name="asked_for").render_derived()

_asked_for_ids = select(_asked_for.c.id)
_seen_ids = select(_seen.c.id).where(or_(_students.is_(None), _seen.c.id == any_(_students)))


def _is_of_person(event: Any) -> ColumnElement[bool]:
    is_asked_for = or_(_students.is_(None), event.student_id == any_(_students))
    return or_(event.student_id.in_(_seen_ids), and_(event.person_id == _person, is_asked_for))


_watched = _stretch("events_after", _events(), _watchers)
_of_all = _stretch("events_of_all", _picked(lambda event: true()))
_of_students = _stretch("events_of_students", _of_each(_asked_for_ids))
_of_many_students = _stretch("events_of_many_students", _picked(lambda event: event.student_id.in_(_asked_for_ids)))
_of_person = _stretch("events_of_person", _page(union(_of_each(_seen_ids), _events(events.c.person_id == _person))))
_of_person_with_many = _stretch("events_of_person_with_many_students", _picked(_is_of_person))
_seen_count = Compiled(
    "count_students_seen", select(func.count()).select_from(_seen_ids.limit(FEW + 1).subquery("counted"))
)
_latest_place = Compiled("latest_place", select(*_floor.c, *_latest.c).select_from(_floor.outerjoin(_latest, true())))
_KNOWN = frozenset(kind.value for kind in EventKind)
_snapshot_text = Compiled("now", select(func.cast(_snapshot, Text())))


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of the log, in order."""

    logged: list[Logged]
    watchers: list[list[UUID]]
    """For each event who may watch it, as things are now: whom it names, and who sees the student. `events_after`
    alone finds them."""
    end: Cursor
    """Up to here there is nothing else, nor will there be: the place of an event that is, or was, in the log.

    Not that of the oldest transaction that runs: the numbers of transactions that left nothing behind are given out
    again after a crash, and their events would lie before it."""
    complete: bool
    """Whether `end` is as far as the log can be read now; if not, more follows at once."""
    held: bool
    """Whether more is committed, which waits for an older transaction to end. Nobody calls when that happens."""


async def now(transaction: Transaction) -> Now:
    """The moment of the transaction's snapshot: where a stream begins, or goes on from a state read beside it.

    Its cursor is not one to keep, for no event need have had it (see `Stretch.end`).
    """
    ((text,),) = await transaction.run(_snapshot_text, {})
    oldest_running, next_xid, running = text.split(":")
    return Now(Cursor(int(oldest_running), 0), int(next_xid), frozenset(int(xid) for xid in running.split(",") if xid))


async def latest(transaction: Transaction) -> Cursor:
    """The place of the last event that is decided, or was; the log can be read from there on. Once it is open."""
    ((xid, number, epoch, _, latest_xid, latest_id),) = await transaction.run(_latest_place, {})
    return max(Cursor(xid, number, epoch), Cursor(latest_xid or 0, latest_id or 0, epoch))


async def events_after(transaction: Transaction, cursor: Cursor, limit: int) -> Stretch:
    """Everybody's events after the cursor, `limit` at most, with their watchers. Raises ResyncRequired."""
    rows = await transaction.run(_watched, _parameters(cursor, limit))
    return _stretch_of(rows, cursor, limit)


async def backlog(
    transaction: Transaction,
    cursor: Cursor,
    limit: int,
    *,
    person: UUID | None,
    students: Collection[UUID] | None = None,
    kinds: Collection[EventKind] = tuple(EventKind),
) -> Stretch:
    """The events after the cursor that a person may watch, as things are now; everybody's for None.

    `students` leaves out what concerns none of them. However many there are and whatever they may watch, it reads
    `WINDOW * limit` events at most, or `limit` for each of `FEW` students and the person. Raises ResyncRequired.
    """
    parameters = _parameters(cursor, limit)
    names, asked = {kind.value for kind in kinds}, None if students is None else frozenset(students)
    asked_for = {"students": None if students is None else list(students)}
    of_person = {"person": person, **asked_for}
    few = students is not None and len(students) <= FEW
    if not few and person is not None:
        # Which way to go; who they are is found with their events, at one moment.
        ((count,),) = await transaction.run(_seen_count, of_person)
        few = count <= FEW
    if few:
        if person is not None:
            rows = await transaction.run(_of_person, parameters | of_person)
        else:
            rows = await transaction.run(_of_students, parameters | asked_for)
    else:
        parameters |= {"kinds": list(names), "window": WINDOW * limit}
        if person is not None:
            rows = await transaction.run(_of_person_with_many, parameters | of_person)
        elif students is not None:
            rows = await transaction.run(_of_many_students, parameters | asked_for)
        else:
            rows = await transaction.run(_of_all, parameters)

    # The walks along an index bring events of all kinds, so that rare ones are no long walk.
    def is_wanted(event: Event) -> bool:
        return event.kind.value in names and (asked is None or event.student_id in asked)

    return _stretch_of(rows, cursor, limit, is_wanted)


def _parameters(cursor: Cursor, limit: int) -> dict[str, Any]:
    return {"xid": cursor.xid, "id": cursor.id, "page_limit": limit}


def _stretch_of(
    rows: list[Row], cursor: Cursor, limit: int, is_wanted: Callable[[Event], bool] = lambda event: True
) -> Stretch:
    next_xid, held, floor_xid, floor_id, epoch, is_this_history, latest_xid, latest_id = rows[0][:_BEFORE_PAGE]
    # Without a floor nothing is known of what has been removed; in another history it has not been opened yet.
    if floor_xid is None or not is_this_history or cursor.epoch not in (None, epoch):
        raise ResyncRequired("the cursor is another log's")
    # No cursor of this log lies ahead of it.
    if cursor < Cursor(floor_xid, floor_id) or cursor.xid > next_xid:
        raise ResyncRequired("events after the cursor are gone")
    logged: list[Logged] = []
    watchers: list[list[UUID]] = []
    last_xid, last_id, *_, is_full = rows[-1][_BEFORE_PAGE : _BEFORE_PAGE + len(_COLUMNS) + 1]
    complete = last_xid is None or not (is_full or len(rows) == limit)
    if complete:
        end = max(cursor, Cursor(floor_xid, floor_id), Cursor(latest_xid or 0, latest_id or 0))
        end = Cursor(end.xid, end.id, epoch)
    else:
        end = Cursor(last_xid, last_id, epoch)
    for row in rows:
        xid, number, kind, student_id, target_id, person_id, occurred_at, _, *watching = row[_BEFORE_PAGE:]
        # A newer version of the product may write kinds that this one does not know: it has nobody for them.
        if kind in _KNOWN and is_wanted(event := Event(EventKind(kind), student_id, target_id, person_id)):
            logged.append(Logged(Cursor(xid, number, epoch), event, occurred_at))
            watchers.extend([person for person in each if person is not None] for each in watching)
    return Stretch(logged, watchers, end, complete, held)


# Keeping

_oldest = _page(select(events.c.xid, events.c.id, events.c.occurred_at)).cte("oldest")
_removed = (
    delete(events)
    .where(
        events.c.xid == _oldest.c.xid,
        events.c.id == _oldest.c.id,
        events.c.xid < _oldest_running,
        _oldest.c.occurred_at < func.now() - bindparam("age", type_=Interval()),
    )
    .returning(events.c.xid, events.c.id)
    .cte("removed")
)
_raised = upsert(events_floor).from_select(
    ["xid", "id"], select(_removed).order_by(_removed.c.xid.desc(), _removed.c.id.desc()).limit(1)
)
_raised = _raised.on_conflict_do_update(
    index_elements=["single"],
    set_={"xid": _raised.excluded.xid, "id": _raised.excluded.id},
    where=tuple_(events_floor.c.xid, events_floor.c.id) < tuple_(_raised.excluded.xid, _raised.excluded.id),
)
_remove = Compiled("remove_events", select(func.count()).select_from(_removed).add_cte(_raised.cte("raised")))

# Not a secret, and not zero, which is that of a log that was never opened.
_new_epoch: ColumnElement[int] = literal_column("1 + floor(random() * 2147483647)::bigint")
_open = upsert(events_floor).from_select(
    ["xid", "id", "epoch", "history"],
    select(_oldest_running, literal_column("0"), _new_epoch, func.log_history()),
)
_open = _open.on_conflict_do_update(
    index_elements=["single"],
    set_={name: _open.excluded[name] for name in ("xid", "id", "epoch", "history")},
    where=or_(
        events_floor.c.xid > func.pg_snapshot_xmax(_snapshot, type_=Xid8()),
        events_floor.c.history != _open.excluded.history,
        bindparam("anew", type_=Boolean()),
    ),
)
_open_log = Compiled("open_event_log", _open)
_drop_foreign = Compiled(
    "drop_foreign_events",
    delete(events).where(events.c.xid >= func.pg_snapshot_xmax(_snapshot, type_=Xid8())).returning(events.c.id),
)


async def remove_before(work: Work, age: timedelta, batch: int = 1_000) -> int:
    """Remove events older than `age`, the oldest first, of `batch` at most; gives how many.

    Whoever has not read them is told to resynchronise. Repeat it, each time in a work of its own, until it gives 0.
    """
    ((count,),) = await work.run(_remove, {"age": age, "page_limit": batch})
    return int(count)


async def open_log(work: Work) -> None:
    """Make the log ready to be read. Each process does it first; it changes nothing where nothing needs it.

    A log without a floor gets one, and one that was copied, restored or taken over from another server begins anew.
    Numbers of transactions are a server's own: what stands ahead of this one's was restored from a dump of another,
    and would be told as news when this one came to have as many transactions.
    """
    foreign = await work.run(_drop_foreign, {})
    await work.run(_open_log, {"anew": bool(foreign)})
