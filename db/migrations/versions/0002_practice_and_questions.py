"""Practice bank, assignments, ratings and questions."""

from db.migrations.phases import refuse_downgrade, run_phase

revision = "0002_practice_and_questions"
down_revision = "0001_core"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_phase(2)


def downgrade() -> None:
    refuse_downgrade()
