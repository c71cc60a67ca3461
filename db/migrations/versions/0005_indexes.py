"""Indexes."""

from db.migrations.phases import refuse_downgrade, run_phase

revision = "0005_indexes"
down_revision = "0004_views_functions_security"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_phase(5)


def downgrade() -> None:
    refuse_downgrade()
