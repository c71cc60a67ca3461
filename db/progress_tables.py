"""The record of what earned points, for SQLAlchemy Core; `db.tables` names it beside all others."""

import sqlalchemy as sa

from db.columns import among, key, metadata, time, within
from domain.progress import EntryKind

progress_entries = sa.Table(
    "progress_entries",
    metadata,
    key(),
    sa.Column("student_id", sa.Uuid, sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("source_id", sa.Uuid, nullable=False),
    sa.Column("goal_id", sa.Uuid, sa.ForeignKey("goals.id", ondelete="CASCADE")),
    sa.Column("xp", sa.Integer, nullable=False),
    sa.Column("percent", sa.Numeric(5, 2), nullable=False),
    sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
    time("created_at"),
    among("kind", *(kind.value for kind in EntryKind)),
    within("xp", 0),
    within("percent", 0, 100),
    sa.UniqueConstraint(
        "kind", "source_id", "goal_id", name="progress_entries_once_key", postgresql_nulls_not_distinct=True
    ),
    sa.Index("idx_progress_entries_student", "student_id", sa.text("occurred_at DESC"), sa.text("id DESC")),
    sa.Index("idx_progress_entries_goal", "goal_id", postgresql_where=sa.text("goal_id is not null")),
)
