"""Answers of the companion, what they rest on, and their calibration."""

from db.migrations.phases import refuse_downgrade, run_phase

revision = "0016_answers"
down_revision = "0015_written_practice"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_phase(16)


def downgrade() -> None:
    refuse_downgrade()
