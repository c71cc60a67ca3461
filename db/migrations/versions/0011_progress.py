"""Progress: what earned points, and what moved which goal."""

from db.migrations.phases import refuse_downgrade, run_phase

revision = "0011_progress"
down_revision = "0010_ratings"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_phase(11)


def downgrade() -> None:
    refuse_downgrade()
