"""The tables of what the companion writes for SQLAlchemy Core; `db.tables` names them beside all others."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from db.columns import among, count, key, metadata, newest, partial, time, within
from domain.generations import Engine, GenerationKind, Outcome
from domain.summaries import ClaimPart, ClaimStatus

generations = sa.Table(
    "generations",
    metadata,
    key(),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("engine", sa.Text, nullable=False),
    sa.Column("outcome", sa.Text, nullable=False),
    sa.Column("student_id", sa.Uuid, sa.ForeignKey("users.id", ondelete="SET NULL")),
    sa.Column("model", sa.Text),
    sa.Column("prompt_version", sa.Text),
    count("input_tokens"),
    count("output_tokens"),
    count("reserved_tokens"),
    sa.Column("error", sa.Text),
    time("created_at"),
    among("kind", *(kind.value for kind in GenerationKind)),
    among("engine", *(engine.value for engine in Engine)),
    among("outcome", *(outcome.value for outcome in Outcome)),
    within("input_tokens", 0),
    within("output_tokens", 0),
    within("reserved_tokens", 0),
    newest("idx_generations_student", "student_id"),
    partial("idx_generations_spent", "created_at", where="engine = 'OPENAI'"),
)

summary_claims = sa.Table(
    "summary_claims",
    metadata,
    key(),
    sa.Column("summary_id", sa.Uuid, sa.ForeignKey("summaries.id", ondelete="CASCADE"), nullable=False),
    sa.Column("student_id", sa.Uuid, sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("part", sa.Text, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("turn_numbers", ARRAY(sa.Integer()), nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    within("position", 1),
    among("part", *(part.value for part in ClaimPart)),
    among("status", *(status.value for status in ClaimStatus)),
    sa.UniqueConstraint("summary_id", "position", name="summary_claims_position_key"),
    sa.Index("idx_summary_claims_student", "student_id"),
)
