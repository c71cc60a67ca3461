"""Practice that is held for review is released by those who review it."""

from db.migrations.phases import refuse_downgrade, run_phase

revision = "0025_held_practice"
down_revision = "0024_answers_to_grade"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_phase(25)


def downgrade() -> None:
    refuse_downgrade()
