"""A goal that was reached counts once a tutor says so."""

from db.migrations.phases import refuse_downgrade, run_phase

revision = "0020_confirmed_goals"
down_revision = "0019_safeguarding"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_phase(20)


def downgrade() -> None:
    refuse_downgrade()
