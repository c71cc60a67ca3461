"""Nudges: why they were sent or not, and what became of the mail."""

from db.migrations.phases import refuse_downgrade, run_phase

revision = "0014_nudges"
down_revision = "0013_practice_choice"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_phase(14)


def downgrade() -> None:
    refuse_downgrade()
