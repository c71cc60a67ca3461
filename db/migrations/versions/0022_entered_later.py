"""What was counted and decided earlier can be entered as such."""

from db.migrations.phases import refuse_downgrade, run_phase

revision = "0022_entered_later"
down_revision = "0021_progress_events"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_phase(22)


def downgrade() -> None:
    refuse_downgrade()
