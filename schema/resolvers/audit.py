"""Reading the audit log."""

import strawberry

from db import audit as audit_db
from domain.permissions import Permission
from schema.fields import query_connection
from schema.types.audit import AuditEntry, AuditOrder, AuditWhere
from schema.types.connection import Connection


@strawberry.type
class AuditQueries:
    """Queries for the audit log."""

    audit_log: Connection[AuditEntry] = query_connection(
        audit_db.audit_entries,
        audit_db.count_audit_entries,
        permission=Permission.READ_AUDIT,
        order=AuditOrder.NEWEST,
        where=AuditWhere,
        description="What was done by whom to whom; for administrators.",
    )
