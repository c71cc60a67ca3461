"""Runs the SQL files of one phase inside a revision."""

from pathlib import Path

from alembic import op

SQL = Path(__file__).parent.parent / "sql"


def run_phase(phase: int) -> None:
    """Run every file of `db/sql` whose number starts with the phase, in order.

    The text goes to the driver untouched: colons and percent signs in it are SQL, not parameters.
    """
    files = sorted(SQL.glob(f"{phase:02d}[0-9][0-9]_*.sql"))
    if not files:
        raise FileNotFoundError(f"no SQL files of phase {phase} in {SQL}")
    context = op.get_context()
    for file in files:
        text = file.read_text(encoding="utf-8")
        if context.as_sql:
            context.impl.static_output(f"-- {file.name}\n{text}")
        else:
            op.get_bind().exec_driver_sql(text, execution_options={"no_parameters": True})


def refuse_downgrade() -> None:
    """A step back would throw people's data away; what brings an older state back is a backup."""
    raise NotImplementedError("The database cannot be downgraded: restore a backup taken before the upgrade.")
