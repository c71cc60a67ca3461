"""Events of points, levels, badges and streaks."""

from db.migrations.phases import refuse_downgrade, run_phase

revision = "0021_progress_events"
down_revision = "0020_confirmed_goals"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_phase(21)


def downgrade() -> None:
    refuse_downgrade()
