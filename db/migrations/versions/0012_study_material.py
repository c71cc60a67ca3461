"""Study material, and what the companion searches."""

from db.migrations.phases import refuse_downgrade, run_phase

revision = "0012_study_material"
down_revision = "0011_progress"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_phase(12)


def downgrade() -> None:
    refuse_downgrade()
