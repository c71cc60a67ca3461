"""The epoch of the event log: which log a place is of."""

from db.migrations.phases import refuse_downgrade, run_phase

revision = "0017_log_epoch"
down_revision = "0016_answers"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_phase(17)


def downgrade() -> None:
    refuse_downgrade()
