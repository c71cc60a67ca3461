"""Background jobs: a schema of their own, with procrastinate's tables and functions in it."""

from db.migrations.phases import install_procrastinate, refuse_downgrade, run_phase

revision = "0008_jobs"
down_revision = "0007_generations"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_phase(8)
    install_procrastinate()


def downgrade() -> None:
    refuse_downgrade()
