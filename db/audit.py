"""The audit log: written with what it tells of, in the same transaction; read by administrators."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, String, Uuid, any_, bindparam, column, func, insert, select
from sqlalchemy.dialects.postgresql import ARRAY

from db.batch import Order, Page, Paged
from db.columns import JSON
from db.engine import Transaction
from db.statement import Compiled, Statement
from db.tables import audit_log
from domain.audit import Actor, AuditEntry, AuditFilter, details_of

NEWEST = Order("newest", "occurred_at", descending=True, parse=datetime.fromisoformat)
OLDEST = Order("oldest", "occurred_at", descending=False, parse=datetime.fromisoformat)

_LARGEST = 2**63 - 1

_TARGETS = (
    func.unnest(bindparam("target_ids", type_=ARRAY(Uuid())), bindparam("student_ids", type_=ARRAY(Uuid())))
    .table_valued(column("target_id", Uuid()), column("student_id", Uuid()), name="target")
    .render_derived()
)
# Who acts is what the transaction runs for, and no argument: nobody writes in another's name.
_record = Compiled(
    "record_audit",
    insert(audit_log).from_select(
        ["actor_id", "actor_role", "action", "target_type", "target_id", "student_id", "details"],
        select(
            func.viewer_id(),
            func.viewer_role(),
            bindparam("action", type_=String()),
            bindparam("target_type", type_=String()),
            _TARGETS.c.target_id,
            _TARGETS.c.student_id,
            bindparam("details", type_=JSON),
        ).select_from(_TARGETS),
    ),
)

_ENTRIES = select(
    audit_log.c.id,
    audit_log.c.occurred_at,
    audit_log.c.actor_id,
    audit_log.c.actor_role,
    audit_log.c.action,
    audit_log.c.target_type,
    audit_log.c.target_id,
    audit_log.c.student_id,
    audit_log.c.details,
    # Row security says so too, but row by row: whoever may not read the log would have all of it searched.
).where(func.sees_all())
_CONDITIONS = {
    "actor_id": audit_log.c.actor_id == bindparam("actor_id"),
    "student_id": audit_log.c.student_id == bindparam("student_id"),
    "action": audit_log.c.action == bindparam("action"),
    "target_type": audit_log.c.target_type == bindparam("target_type"),
    "target_id": audit_log.c.target_id == bindparam("target_id"),
    "date_from": audit_log.c.occurred_at >= bindparam("date_from"),
    "date_to": audit_log.c.occurred_at < bindparam("date_to"),
}


def _entry(
    id: int,
    occurred_at: datetime,
    actor_id: UUID | None,
    actor_role: str,
    action: str,
    target_type: str,
    target_id: UUID | None,
    student_id: UUID | None,
    details: Mapping[str, Any],
) -> AuditEntry:
    return AuditEntry(
        id=UUID(int=id),
        occurred_at=occurred_at,
        actor_id=actor_id,
        actor_role=Actor(actor_role),
        action=action,
        target_type=target_type,
        target_id=target_id,
        student_id=student_id,
        details=details_of(details),
    )


_all = Paged("audit_entries", _ENTRIES, _entry, conditions=_CONDITIONS)
_by_actor = Paged("audit_entries_by_actor", _ENTRIES, _entry, key=audit_log.c.actor_id, conditions=_CONDITIONS)
_by_student = Paged("audit_entries_by_student", _ENTRIES, _entry, key=audit_log.c.student_id, conditions=_CONDITIONS)
_by_id = Statement(
    "audit_entries_by_id",
    _ENTRIES.where(audit_log.c.id == any_(bindparam("numbers", type_=ARRAY(BigInteger())))),
    _entry,
)


async def record(
    transaction: Transaction,
    action: str,
    target_type: str,
    target_id: UUID | None,
    student_id: UUID | None,
    details: Mapping[str, Any] | None = None,
) -> None:
    """One line in the log: the viewer, or the system, did `action` to a row.

    `action` is `<thing>.<verb>`, such as `transcript.read`. `target_type` is the target's type in the graph, such as
    `Session` or `User`. `student_id` is whom it concerns. `details` hold ids, names of fields, versions and counts,
    never a person's text: lines outlive the person. An administrator's `Read` takes a line too; anyone else's is
    read-only and refuses it.
    """
    await record_each(transaction, action, target_type, [(target_id, student_id)], details)


async def record_each(
    transaction: Transaction,
    action: str,
    target_type: str,
    targets: Sequence[tuple[UUID | None, UUID | None]],
    details: Mapping[str, Any] | None = None,
) -> None:
    """A line for each target and the student it concerns. One statement; none for no targets."""
    if targets:
        parameters = {
            "action": action,
            "target_type": target_type,
            "target_ids": [target_id for target_id, _ in targets],
            "student_ids": [student_id for _, student_id in targets],
            "details": dict(details or {}),
        }
        transaction.recorded = True
        await transaction.run(_record, parameters)


async def audit_entries(
    read: Transaction, viewer_ids: Sequence[UUID], page: Page, where: AuditFilter | None = None
) -> list[list[AuditEntry]]:
    """A page of the log; empty for those who may not read it."""
    return await _all.read(read, viewer_ids, _numbered(page), where)


async def count_audit_entries(
    read: Transaction, viewer_ids: Sequence[UUID], where: AuditFilter | None = None
) -> list[int]:
    """How long the log is."""
    return await _all.count(read, viewer_ids, where)


async def audit_entries_by_actor(
    read: Transaction, user_ids: Sequence[UUID], page: Page, where: AuditFilter | None = None
) -> list[list[AuditEntry]]:
    """A page of what each person did."""
    return await _by_actor.read(read, user_ids, _numbered(page), where)


async def count_audit_entries_by_actor(
    read: Transaction, user_ids: Sequence[UUID], where: AuditFilter | None = None
) -> list[int]:
    """How many acts of each person the log has."""
    return await _by_actor.count(read, user_ids, where)


async def audit_entries_by_student(
    read: Transaction, student_ids: Sequence[UUID], page: Page, where: AuditFilter | None = None
) -> list[list[AuditEntry]]:
    """A page of what was done concerning each student."""
    return await _by_student.read(read, student_ids, _numbered(page), where)


async def count_audit_entries_by_student(
    read: Transaction, student_ids: Sequence[UUID], where: AuditFilter | None = None
) -> list[int]:
    """How many acts concerning each student the log has."""
    return await _by_student.count(read, student_ids, where)


async def audit_entries_by_id(read: Transaction, entry_ids: Sequence[UUID]) -> list[AuditEntry | None]:
    """The entry of each id; None for those who may not read the log."""
    numbers = [entry_id.int for entry_id in entry_ids if entry_id.int <= _LARGEST]
    found = {entry.id: entry for entry in await read.rows(_by_id, numbers=numbers)}
    return [found.get(entry_id) for entry_id in entry_ids]


def _numbered(page: Page) -> Page:
    """The page with the entry's number where a cursor has its id."""
    if page.start is None:
        return page
    value, entry_id = page.start
    return replace(page, start=(value, min(entry_id.int, _LARGEST)))
