"""Which transaction holds the event log back: what was written after its first write cannot be read before its end."""

from sqlalchemy import text

from db.reading import Transaction
from db.statement import Compiled

_holders = Compiled(
    "holders_of_events",
    text("""
        select format('process %s (%s of %s, %s)', pid, application_name, usename, coalesce(state, 'state unknown'))
        from pg_stat_activity
        where backend_xid = xid(pg_snapshot_xmin(pg_current_snapshot()))
        union all
        select format('prepared transaction %L', gid)
        from pg_prepared_xacts
        where transaction = xid(pg_snapshot_xmin(pg_current_snapshot()))
    """),
)


async def holder(transaction: Transaction) -> str:
    """The oldest transaction that has written something and is open, in words for whoever runs the server."""
    rows = await transaction.run(_holders, {})
    return rows[0][0] if rows else "a transaction that has just ended"
