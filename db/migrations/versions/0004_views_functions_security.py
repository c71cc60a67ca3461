"""Identity, functions, triggers, views, roles, row security, protected columns."""

from alembic import op

from db.migrations.phases import refuse_downgrade, run_phase

revision = "0004_views_functions_security"
down_revision = "0003_nudges_and_overrides"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_phase(4)
    # So that a server without the owner's address can tell whether the schema is the one it needs.
    op.execute("grant select on alembic_version to study_app")


def downgrade() -> None:
    refuse_downgrade()
