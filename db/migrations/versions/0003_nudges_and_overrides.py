"""Nudges, overrides and the audit log."""

from db.migrations.phases import refuse_downgrade, run_phase

revision = "0003_nudges_and_overrides"
down_revision = "0002_practice_and_questions"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_phase(3)


def downgrade() -> None:
    refuse_downgrade()
