"""Runs the SQL files of one phase inside a revision."""

from pathlib import Path

from alembic import op
from procrastinate.schema import SchemaManager, migrations_path

SQL = Path(__file__).parent.parent / "sql"


def run_phase(phase: int) -> None:
    """Run every file of `db/sql` whose number starts with the phase, in order.

    The text goes to the driver untouched: colons and percent signs in it are SQL, not parameters.
    """
    files = sorted(SQL.glob(f"{phase:02d}[0-9][0-9]_*.sql"))
    if not files:
        raise FileNotFoundError(f"no SQL files of phase {phase} in {SQL}")
    for file in files:
        _run(file.name, file.read_text(encoding="utf-8"))


def install_procrastinate() -> None:
    """Run procrastinate's own schema in the schema `jobs`, and note there which of its migrations that comes after.

    docs/decisions/0007 says how its later migrations are taken.
    """
    newest = max(file.stem for file in migrations_path.glob("*.sql"))
    op.execute("set local search_path to jobs")
    _run("procrastinate's schema", SchemaManager.get_schema())
    op.execute("set local search_path to default")
    op.execute(f"comment on schema jobs is 'procrastinate {newest}'")


def _run(name: str, text: str) -> None:
    context = op.get_context()
    if context.as_sql:
        context.impl.static_output(f"-- {name}\n{text}")
    else:
        op.get_bind().exec_driver_sql(text, execution_options={"no_parameters": True})


def refuse_downgrade() -> None:
    """A step back would throw people's data away; what brings an older state back is a backup."""
    raise NotImplementedError("The database cannot be downgraded: restore a backup taken before the upgrade.")
