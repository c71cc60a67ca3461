"""The audit log: written with what it tells of, in the same transaction; read by administrators."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import String, Uuid, bindparam, column, func, insert, select
from sqlalchemy.dialects.postgresql import ARRAY

from db.columns import JSON
from db.engine import Transaction
from db.statement import Compiled
from db.tables import audit_log

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
        await transaction.run(_record, parameters)
