"""The event log's tables for SQLAlchemy Core; `db.tables` names them beside all others."""

import sqlalchemy as sa

from db.columns import Xid8, among, metadata, partial, time
from domain.events import EventKind

events = sa.Table(
    "events",
    metadata,
    sa.Column("xid", Xid8, primary_key=True, server_default=sa.text("pg_current_xact_id()")),
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("student_id", sa.Uuid, sa.ForeignKey("users.id", ondelete="CASCADE")),
    sa.Column("person_id", sa.Uuid, sa.ForeignKey("users.id", ondelete="CASCADE")),
    sa.Column("target_id", sa.Uuid, nullable=False),
    time("occurred_at"),
    among("kind", *(kind.value for kind in EventKind)),
    sa.CheckConstraint("num_nonnulls(student_id, person_id) >= 1", name="concern"),
    sa.Index("idx_events_student", "student_id", "xid", "id"),
    partial("idx_events_person", "person_id", "xid", "id", where="person_id is not null"),
)

events_floor = sa.Table(
    "events_floor",
    metadata,
    sa.Column("single", sa.Boolean, primary_key=True, server_default=sa.text("true")),
    sa.Column("xid", Xid8, nullable=False),
    sa.Column("id", sa.BigInteger, nullable=False),
    sa.Column("epoch", sa.BigInteger, nullable=False, server_default=sa.text("0")),
    sa.Column("history", sa.Text, nullable=False, server_default=sa.text("''")),
    sa.CheckConstraint("single", name="single"),
)
