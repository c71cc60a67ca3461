"""Background jobs: who may do what with them, and the errors that are kept of them."""

from db.migrations.phases import refuse_downgrade, run_phase

revision = "0009_jobs_security"
down_revision = "0008_jobs"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_phase(9)


def downgrade() -> None:
    refuse_downgrade()
