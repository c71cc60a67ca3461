"""Students take practice only as it may be chosen for them."""

from db.migrations.phases import refuse_downgrade, run_phase

revision = "0023_taking_practice"
down_revision = "0022_entered_later"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_phase(23)


def downgrade() -> None:
    refuse_downgrade()
