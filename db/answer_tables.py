"""The tables around answers for SQLAlchemy Core; `db.tables` names them beside all others."""

import sqlalchemy as sa

from db.columns import among, key, metadata, newest, present, time, within
from domain.companion.retrieval import SourceKind
from domain.generations import Engine


def _source(name: str, table: str) -> sa.Column[object]:
    return sa.Column(name, sa.Uuid, sa.ForeignKey(f"{table}.id", ondelete="SET NULL"))


answer_citations = sa.Table(
    "answer_citations",
    metadata,
    key(),
    sa.Column("question_id", sa.Uuid, sa.ForeignKey("qa_interactions.id", ondelete="CASCADE"), nullable=False),
    sa.Column("student_id", sa.Uuid, sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("quote", sa.Text, nullable=False),
    _source("material_id", "study_materials"),
    _source("bank_item_id", "practice_bank_items"),
    _source("session_id", "sessions"),
    _source("summary_id", "summaries"),
    _source("goal_id", "goals"),
    within("position", 1),
    among("kind", *(kind.value for kind in SourceKind)),
    sa.CheckConstraint("num_nonnulls(material_id, bank_item_id, session_id, summary_id, goal_id) <= 1", name="source"),
    sa.UniqueConstraint("question_id", "position", name="answer_citations_position_key"),
    sa.Index("idx_answer_citations_student", "student_id"),
    present("idx_answer_citations_material", "material_id"),
    present("idx_answer_citations_bank_item", "bank_item_id"),
    present("idx_answer_citations_session", "session_id"),
    present("idx_answer_citations_summary", "summary_id"),
    present("idx_answer_citations_goal", "goal_id"),
)

answer_calibrations = sa.Table(
    "answer_calibrations",
    metadata,
    key(),
    sa.Column("engine", sa.Text, nullable=False),
    sa.Column("intercept", sa.Double, nullable=False),
    sa.Column("slope", sa.Double, nullable=False),
    sa.Column("labels", sa.Integer, nullable=False),
    time("created_at"),
    among("engine", *(engine.value for engine in Engine)),
    within("slope", 0),
    within("labels", 1),
    newest("idx_answer_calibrations_engine", "engine"),
)
