"""An answer can be graded while the same item is still to do elsewhere."""

from db.migrations.phases import refuse_downgrade, run_phase

revision = "0024_answers_to_grade"
down_revision = "0023_taking_practice"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_phase(24)


def downgrade() -> None:
    refuse_downgrade()
