"""The views for SQLAlchemy Core: analytics (0404), and the protected columns with their rules (0407)."""

from sqlalchemy import BigInteger, Boolean, Column, Date, Integer, MetaData, Numeric, String, Table, Text, Uuid

from db.columns import JSON, TEXTS, TIME

# Apart from the tables: nothing here is compared with a table or created.
metadata = MetaData()

v_student_progress = Table(
    "v_student_progress",
    metadata,
    Column("student_id", Uuid),
    Column("goal_id", Uuid),
    Column("subject_name", String(100)),
    Column("completion_percentage", Numeric(5, 2)),
    Column("current_streak", Integer),
    Column("xp_earned", Integer),
    Column("status", String(20)),
    Column("target_completion_date", Date),
    Column("sessions_count", BigInteger),
    Column("practice_items_completed", BigInteger),
    Column("average_rating", Numeric),
)

v_override_analytics = Table(
    "v_override_analytics",
    metadata,
    Column("override_type", String(50)),
    Column("subject_name", String(100)),
    Column("difficulty_level", Integer),
    Column("override_count", BigInteger),
    Column("unique_tutors", BigInteger),
    Column("unique_students", BigInteger),
    Column("override_date", TIME),
)

v_confidence_distribution = Table(
    "v_confidence_distribution",
    metadata,
    Column("student_id", Uuid),
    Column("confidence", String(10)),
    Column("count", BigInteger),
    Column("percentage", Numeric),
)

v_nudge_engagement = Table(
    "v_nudge_engagement",
    metadata,
    Column("user_id", Uuid),
    Column("type", String(50)),
    Column("sent_count", BigInteger),
    Column("opened_count", BigInteger),
    Column("clicked_count", BigInteger),
    Column("nudge_date", TIME),
)

session_transcripts = Table(
    "session_transcripts",
    metadata,
    Column("session_id", Uuid),
    Column("student_id", Uuid),
    Column("transcript_text", Text),
    Column("transcript_storage_url", String(500)),
)

session_notes = Table("session_notes", metadata, Column("session_id", Uuid), Column("notes", Text))

assignment_notes = Table("assignment_notes", metadata, Column("assignment_id", Uuid), Column("notes", Text))

practice_solutions = Table(
    "practice_solutions",
    metadata,
    Column("practice_assignment_id", Uuid),
    Column("answer_text", Text),
    Column("explanation", Text),
)

bank_solutions = Table(
    "bank_solutions",
    metadata,
    Column("bank_item_id", Uuid),
    Column("answer_text", Text),
    Column("explanation", Text),
)

override_contents = Table(
    "override_contents",
    metadata,
    Column("override_id", Uuid),
    Column("original_content", JSON),
    Column("new_content", JSON),
)

user_details = Table(
    "user_details",
    metadata,
    Column("user_id", Uuid),
    Column("profile", JSON),
    Column("gamification", JSON),
    Column("analytics", JSON),
    Column("disclaimer_shown", Boolean),
)

generation_details = Table(
    "generation_details",
    metadata,
    Column("generation_id", Uuid),
    Column("model", Text),
    Column("prompt_version", Text),
    Column("input_tokens", Integer),
    Column("output_tokens", Integer),
    Column("reserved_tokens", Integer),
    Column("error", Text),
)

practice_bank_catalog = Table(
    "practice_bank_catalog",
    metadata,
    Column("id", Uuid),
    Column("question_text", Text),
    Column("choices", TEXTS),
    Column("answer_type", String(20)),
    Column("subject_id", Uuid),
    Column("difficulty_level", Integer),
    Column("goal_tags", TEXTS),
    Column("topic_tags", TEXTS),
    Column("created_by", Uuid),
    Column("version", Integer),
    Column("is_active", Boolean),
    Column("external_id", String(200)),
    Column("source", Text),
    Column("licence", Text),
    Column("created_at", TIME),
    Column("updated_at", TIME),
)

practice_candidates = Table(
    "practice_candidates",
    metadata,
    Column("item_id", Uuid),
    Column("subject_id", Uuid),
    Column("difficulty_level", Integer),
    Column("goal_tags", TEXTS),
    Column("topic_tags", TEXTS),
    Column("choices", Integer),
    Column("rating", Numeric),
)
