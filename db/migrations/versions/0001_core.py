"""Core tables: subjects, users, relations, goals, sessions, summaries."""

from db.migrations.phases import refuse_downgrade, run_phase

revision = "0001_core"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_phase(1)


def downgrade() -> None:
    refuse_downgrade()
