"""The tables for SQLAlchemy Core. `db/sql` makes the database; a test holds this file equal to it."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from db import (
    answer_tables,
    columns,
    companion_tables,
    event_tables,
    practice_tables,
    progress_tables,
    study_tables,
    views,
)
from db.columns import (
    JSON,
    TEXTS,
    TIME,
    among,
    author,
    count,
    document,
    flag,
    former,
    generation,
    imported,
    is_object,
    key,
    newest,
    overridable,
    partial,
    person,
    present,
    subject,
    time,
    within,
    word,
)

metadata = columns.metadata

subjects = sa.Table(
    "subjects",
    metadata,
    key(),
    sa.Column("name", sa.String(100), nullable=False),
    sa.Column("category", sa.String(50)),
    sa.Column("description", sa.Text),
    sa.Column("related_subjects", ARRAY(sa.Uuid())),
    time("created_at"),
    sa.Index("idx_subjects_category", "category", "name", "id"),
    sa.Index("idx_subjects_name", "name", "id"),
    sa.Index("idx_subjects_name_lower", sa.text("lower(name)"), unique=True),
)

users = sa.Table(
    "users",
    metadata,
    key(),
    sa.Column("cognito_sub", sa.String(255), nullable=False, unique=True),
    sa.Column("email", sa.String(255), nullable=False, unique=True),
    sa.Column("role", sa.String(20), nullable=False),
    sa.Column("display_name", sa.String(100), nullable=False, server_default=sa.text("''")),
    document("profile"),
    document("gamification"),
    document("analytics"),
    flag("disclaimer_shown", default=False),
    time("created_at"),
    time("updated_at"),
    sa.UniqueConstraint("id", "role"),
    sa.CheckConstraint("email = lower(email)", name="email"),
    among("role", "student", "tutor", "parent", "admin"),
    is_object("profile"),
    is_object("gamification"),
    is_object("analytics"),
    newest("idx_users_role", "role"),
    sa.Index("idx_users_role_email", "role", "email", "id"),
    newest("idx_users_created"),
)

tutor_student_assignments = sa.Table(
    "tutor_student_assignments",
    metadata,
    key(),
    *person("tutor"),
    *person("student"),
    subject(),
    time("assigned_at"),
    word("status", 20, default="active"),
    sa.Column("notes", sa.Text),
    sa.Column("start_date", sa.Date),
    sa.Column("end_date", sa.Date),
    sa.UniqueConstraint("tutor_id", "student_id", "subject_id", postgresql_nulls_not_distinct=True),
    among("status", "active", "paused", "completed"),
    sa.CheckConstraint("end_date >= start_date", name="dates"),
    newest("idx_tsa_tutor", "tutor_id", time="assigned_at"),
    newest("idx_tsa_student", "student_id", time="assigned_at"),
    newest("idx_tsa_subject", "subject_id", time="assigned_at"),
    partial("idx_tsa_status", "tutor_id", "student_id", where="status = 'active'"),
)

parent_student_links = sa.Table(
    "parent_student_links",
    metadata,
    key(),
    *person("parent"),
    *person("student"),
    word("status", 20, default="active"),
    time("created_at"),
    sa.UniqueConstraint("parent_id", "student_id"),
    among("status", "active", "ended"),
    newest("idx_psl_parent", "parent_id"),
    newest("idx_psl_student", "student_id"),
)

goals = sa.Table(
    "goals",
    metadata,
    key(),
    *person("student"),
    author(),
    subject(),
    sa.Column("goal_type", sa.String(50)),
    sa.Column("title", sa.String(255), nullable=False),
    sa.Column("description", sa.Text),
    sa.Column("target_completion_date", sa.Date),
    word("status", 20, default="active"),
    sa.Column("completion_percentage", sa.Numeric(5, 2), nullable=False, server_default=sa.text("0.00")),
    count("current_streak"),
    count("xp_earned"),
    time("created_at"),
    time("updated_at"),
    sa.Column("completed_at", TIME),
    sa.Column("confirmed_at", TIME),
    sa.Column("confirmed_by", sa.Uuid, sa.ForeignKey("users.id", ondelete="SET NULL")),
    among("goal_type", "SAT", "AP", "General"),
    among("status", "active", "completed", "paused", "cancelled"),
    within("completion_percentage", 0, 100),
    within("current_streak", 0),
    within("xp_earned", 0),
    newest("idx_goals_student", "student_id"),
    newest("idx_goals_status", "status"),
    newest("idx_goals_subject", "subject_id"),
    newest("idx_goals_created_by", "created_by"),
    present("idx_goals_confirmed_by", "confirmed_by"),
)

sessions = sa.Table(
    "sessions",
    metadata,
    key(),
    *person("student"),
    *former("tutor"),
    sa.Column("session_date", TIME, nullable=False),
    sa.Column("duration_minutes", sa.Integer),
    subject(),
    sa.Column("transcript_text", sa.Text),
    sa.Column("transcript_storage_url", sa.String(500)),
    flag("transcript_available", default=True),
    sa.Column("topics_covered", TEXTS),
    sa.Column("notes", sa.Text),
    *imported(),
    time("created_at"),
    time("updated_at"),
    sa.CheckConstraint("duration_minutes > 0", name="duration_minutes"),
    newest("idx_sessions_student", "student_id", time="session_date"),
    newest("idx_sessions_tutor", "tutor_id", time="session_date"),
    newest("idx_sessions_date", time="session_date"),
    newest("idx_sessions_subject", "subject_id", time="session_date"),
    sa.Index("idx_sessions_student_subject", "student_id", "subject_id"),
)

summaries = sa.Table(
    "summaries",
    metadata,
    key(),
    sa.Column("session_id", sa.Uuid, sa.ForeignKey("sessions.id", ondelete="CASCADE"), nullable=False),
    *person("student"),
    *former("tutor"),
    sa.Column("narrative", sa.Text, nullable=False),
    sa.Column("next_steps", TEXTS, nullable=False),
    sa.Column("subjects_covered", TEXTS),
    sa.Column("summary_type", sa.String(50)),
    *overridable(),
    generation(),
    time("created_at"),
    time("updated_at"),
    among("summary_type", "normal", "brief", "missing_transcript"),
    newest("idx_summaries_session", "session_id"),
    newest("idx_summaries_student", "student_id"),
    newest("idx_summaries_tutor", "tutor_id"),
    present("idx_summaries_override", "override_id"),
    present("idx_summaries_generation", "generation_id"),
)

practice_bank_items = practice_tables.practice_bank_items
practice_assignments = practice_tables.practice_assignments
student_ratings = practice_tables.student_ratings
practice_item_ratings = practice_tables.practice_item_ratings
practice_familiarity = practice_tables.practice_familiarity
practice_settings = practice_tables.practice_settings

qa_interactions = sa.Table(
    "qa_interactions",
    metadata,
    key(),
    *person("student"),
    sa.Column("query", sa.Text, nullable=False),
    sa.Column("answer", sa.Text, nullable=False),
    sa.Column("confidence", sa.String(10), nullable=False),
    sa.Column("confidence_score", sa.Numeric(3, 2)),
    sa.Column("context_subjects", TEXTS),
    flag("clarification_requested", default=False),
    flag("out_of_scope", default=False),
    flag("tutor_escalation_suggested", default=False),
    *former("tutor", on="escalated_to_tutor", name="qa_interactions_escalated_to_tutor_fkey"),
    flag("disclaimer_shown", default=True),
    sa.Column("tutor_answer", sa.Text),
    *former("tutor", on="answered_by_tutor", name="qa_interactions_answered_by_tutor_fkey"),
    sa.Column("answered_at", TIME),
    *overridable(),
    time("created_at"),
    sa.Column("outcome", sa.String(20), nullable=False, server_default=sa.text("'answered'")),
    sa.Column("hint", sa.Text),
    sa.Column("highlight", sa.Text),
    sa.Column("revealed_at", TIME),
    sa.Column("evidence", sa.Double),
    sa.Column("companion_right", sa.Boolean),
    generation(),
    flag("kept_from_tutors", default=False),
    among("outcome", "answered", "clarification", "out_of_scope", "not_found", "own_practice", "safeguarding"),
    present("idx_qa_generation", "generation_id"),
    among("confidence", "High", "Medium", "Low"),
    within("confidence_score", 0, 1),
    sa.CheckConstraint("(tutor_answer is null) = (answered_at is null)", name="tutor_answer"),
    newest("idx_qa_student", "student_id"),
    newest("idx_qa_confidence", "confidence"),
    newest("idx_qa_created"),
    newest("idx_qa_escalated_to_tutor", "escalated_to_tutor_id", where="escalated_to_tutor_id is not null"),
    newest("idx_qa_answered_by_tutor", "answered_by_tutor_id", where="answered_by_tutor_id is not null"),
    present("idx_qa_override", "override_id"),
    newest("idx_qa_review", "student_id", where="confidence = 'Low' and answered_at is null"),
)

nudges = sa.Table(
    "nudges",
    metadata,
    key(),
    sa.Column("user_id", sa.Uuid, sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    sa.Column("type", sa.String(50), nullable=False),
    sa.Column("channel", sa.String(20), nullable=False),
    sa.Column("message", sa.Text, nullable=False),
    flag("personalized", default=True),
    time("sent_at"),
    sa.Column("opened_at", TIME),
    sa.Column("clicked_at", TIME),
    sa.Column("trigger_reason", sa.Text),
    sa.Column("suggestions_made", TEXTS),
    time("created_at"),
    sa.Column("trigger_key", sa.Text),
    generation(),
    sa.Column("mail_state", sa.Text),
    sa.Column("mailed_at", TIME),
    among("type", "login", "inactivity", "cross_subject"),
    among("channel", "in_app", "email", "both"),
    among("mail_state", "due", "handing", "sent", "refused", "unknown"),
    sa.Index(
        "nudges_trigger_key",
        "user_id",
        "type",
        "trigger_key",
        unique=True,
        postgresql_where=sa.text("trigger_key is not null"),
    ),
    present("idx_nudges_generation", "generation_id"),
    newest("idx_nudges_user", "user_id", time="sent_at"),
    newest("idx_nudges_type", "type", time="sent_at"),
    newest("idx_nudges_sent", time="sent_at"),
    newest("idx_nudges_opened", "user_id", time="sent_at", where="opened_at is null"),
)

overrides = sa.Table(
    "overrides",
    metadata,
    key(),
    *former("tutor"),
    *former("student"),
    sa.Column("override_type", sa.String(50), nullable=False),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("summary_id", sa.Uuid, sa.ForeignKey("summaries.id", ondelete="NO ACTION")),
    sa.Column("practice_assignment_id", sa.Uuid, sa.ForeignKey("practice_assignments.id", ondelete="NO ACTION")),
    sa.Column("qa_interaction_id", sa.Uuid, sa.ForeignKey("qa_interactions.id", ondelete="NO ACTION")),
    sa.Column("original_content", JSON),
    sa.Column("new_content", JSON),
    sa.Column("reason", sa.Text),
    subject(),
    sa.Column("difficulty_level", sa.Integer),
    sa.Column("target_version", sa.Integer, nullable=False),
    sa.Column("reverted_at", TIME),
    *former("tutor", on="reverted_by_tutor", name="overrides_reverted_by_tutor_fkey"),
    time("created_at"),
    among("override_type", "summary", "practice", "qa_answer"),
    within("difficulty_level", 1, 10),
    within("target_version", 2),
    sa.CheckConstraint(
        "case when student_id is null then num_nonnulls(summary_id, practice_assignment_id, qa_interaction_id) = 0"
        " else num_nonnulls(summary_id, practice_assignment_id, qa_interaction_id) = 1 and case override_type"
        " when 'summary' then summary_id when 'practice' then practice_assignment_id else qa_interaction_id end"
        " is not null end",
        name="target",
    ),
    sa.CheckConstraint(
        "case when student_id is null then num_nonnulls(original_content, new_content, reason) = 0"
        " else num_nonnulls(original_content, new_content) = 2 end",
        name="content",
    ),
    sa.CheckConstraint("reverted_by_tutor_id is null or reverted_at is not null", name="reverted"),
    newest("idx_overrides_tutor", "tutor_id"),
    newest("idx_overrides_student", "student_id"),
    newest("idx_overrides_type", "override_type"),
    newest("idx_overrides_created"),
    newest("idx_overrides_subject", "subject_id"),
    newest("idx_overrides_summary", "summary_id", where="summary_id is not null"),
    newest("idx_overrides_practice_assignment", "practice_assignment_id", where="practice_assignment_id is not null"),
    newest("idx_overrides_qa_interaction", "qa_interaction_id", where="qa_interaction_id is not null"),
    present("idx_overrides_reverted_by_tutor", "reverted_by_tutor_id"),
)

audit_log = sa.Table(
    "audit_log",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    time("occurred_at"),
    sa.Column("actor_id", sa.Uuid, sa.ForeignKey("users.id", ondelete="SET NULL")),
    sa.Column("actor_role", sa.String(20), nullable=False),
    sa.Column("action", sa.String(100), nullable=False),
    sa.Column("target_type", sa.String(50), nullable=False),
    sa.Column("target_id", sa.Uuid),
    sa.Column("student_id", sa.Uuid, sa.ForeignKey("users.id", ondelete="SET NULL")),
    document("details"),
    among("actor_role", "student", "tutor", "parent", "admin", "system"),
    is_object("details"),
    newest("idx_audit_log_occurred", time="occurred_at"),
    newest("idx_audit_log_actor", "actor_id", time="occurred_at"),
    newest("idx_audit_log_student", "student_id", time="occurred_at"),
    newest("idx_audit_log_target", "target_type", "target_id", time="occurred_at"),
)

events = event_tables.events
events_floor = event_tables.events_floor
generations = companion_tables.generations
summary_claims = companion_tables.summary_claims
progress_entries = progress_tables.progress_entries
study_materials = study_tables.study_materials
study_passages = study_tables.study_passages
nudge_decisions = progress_tables.nudge_decisions
answer_citations = answer_tables.answer_citations
answer_calibrations = answer_tables.answer_calibrations

# The views stand beside the tables for those who read them, in a metadata of their own.
session_transcripts = views.session_transcripts
session_notes = views.session_notes
assignment_notes = views.assignment_notes
practice_solutions = views.practice_solutions
bank_solutions = views.bank_solutions
override_contents = views.override_contents
user_details = views.user_details
generation_details = views.generation_details
practice_bank_catalog = views.practice_bank_catalog
practice_candidates = views.practice_candidates
v_student_progress = views.v_student_progress
v_override_analytics = views.v_override_analytics
v_confidence_distribution = views.v_confidence_distribution
v_nudge_engagement = views.v_nudge_engagement
