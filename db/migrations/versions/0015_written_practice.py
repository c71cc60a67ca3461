"""Practice that the companion writes."""

from db.migrations.phases import refuse_downgrade, run_phase

revision = "0015_written_practice"
down_revision = "0014_nudges"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_phase(15)


def downgrade() -> None:
    refuse_downgrade()
