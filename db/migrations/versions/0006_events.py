"""The event log: live push, beyond the document's five phases."""

from db.migrations.phases import refuse_downgrade, run_phase

revision = "0006_events"
down_revision = "0005_indexes"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_phase(6)


def downgrade() -> None:
    refuse_downgrade()
