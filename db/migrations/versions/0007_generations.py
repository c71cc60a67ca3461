"""What the companion writes, and what its summaries rest on."""

from db.migrations.phases import refuse_downgrade, run_phase

revision = "0007_generations"
down_revision = "0006_events"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_phase(7)


def downgrade() -> None:
    refuse_downgrade()
