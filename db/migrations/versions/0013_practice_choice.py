"""What a student practises next, and what tutors set for it."""

from db.migrations.phases import refuse_downgrade, run_phase

revision = "0013_practice_choice"
down_revision = "0012_study_material"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_phase(13)


def downgrade() -> None:
    refuse_downgrade()
