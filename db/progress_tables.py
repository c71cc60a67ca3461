"""What earned points, and why nudges were sent or not, for SQLAlchemy Core; `db.tables` names both tables."""

import sqlalchemy as sa

from db.columns import TEXTS, among, key, metadata, newest, partial, time, within
from domain.nudge_rules import Outcome, Reason
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

nudge_decisions = sa.Table(
    "nudge_decisions",
    metadata,
    key(),
    sa.Column("user_id", sa.Uuid, sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    sa.Column("type", sa.String(50), nullable=False),
    sa.Column("outcome", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("trigger_key", sa.Text, nullable=False, server_default=sa.text("''")),
    sa.Column("suggestions", TEXTS, nullable=False, server_default=sa.text("'{}'")),
    sa.Column("day", sa.Date, nullable=False),
    sa.Column("times", sa.Integer, nullable=False, server_default=sa.text("1")),
    time("first_at"),
    time("last_at"),
    sa.Column("nudge_id", sa.Uuid, sa.ForeignKey("nudges.id", ondelete="CASCADE"), unique=True),
    among("type", "login", "inactivity", "cross_subject"),
    among("outcome", *(outcome.value for outcome in Outcome)),
    among("reason", *(reason.value for reason in Reason)),
    within("times", 1),
    sa.UniqueConstraint("user_id", "day", "type", "reason", "trigger_key", name="nudge_decisions_once_key"),
    newest("idx_nudge_decisions_user", "user_id", time="last_at"),
    partial("idx_nudge_decisions_old", "last_at", where="outcome = 'not_sent'"),
)
