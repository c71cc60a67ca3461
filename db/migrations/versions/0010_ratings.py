"""Ratings that know how sure they are, ratings of questions, and the order of answers."""

from db.migrations.phases import refuse_downgrade, run_phase

revision = "0010_ratings"
down_revision = "0009_jobs_security"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_phase(10)


def downgrade() -> None:
    refuse_downgrade()
