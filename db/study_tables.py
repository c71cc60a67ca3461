"""The tables of study material for SQLAlchemy Core; `db.tables` names them beside all others."""

import sqlalchemy as sa

from db.columns import author, flag, imported, key, metadata, newest, searched, subject, time, within

study_materials = sa.Table(
    "study_materials",
    metadata,
    key(),
    sa.Column("title", sa.String(200), nullable=False),
    subject(),
    sa.Column("text", sa.Text, nullable=False),
    author(),
    flag("is_active", default=True),
    *imported(),
    time("created_at"),
    newest("idx_study_materials_created"),
    newest("idx_study_materials_subject", "subject_id"),
    newest("idx_study_materials_created_by", "created_by"),
)

study_passages = sa.Table(
    "study_passages",
    metadata,
    key(),
    sa.Column("material_id", sa.Uuid, sa.ForeignKey("study_materials.id", ondelete="CASCADE"), nullable=False),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("title", sa.String(200), nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    searched("(title::text || ' '::text) || text"),
    within("position", 0),
    sa.UniqueConstraint("material_id", "position", name="study_passages_position_key"),
    sa.Index("idx_study_passages_search", "search", postgresql_using="gin"),
)
