"""Solutions of what is to be done again are kept back."""

from db.migrations.phases import refuse_downgrade, run_phase

revision = "0018_solutions_kept_back"
down_revision = "0017_log_epoch"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_phase(18)


def downgrade() -> None:
    refuse_downgrade()
