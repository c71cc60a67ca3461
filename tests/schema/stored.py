"""What is in the database, as its owner sees it."""

from typing import Any

from tests.make import Make


async def rows(make: Make, query: str, *values: Any) -> list[tuple[Any, ...]]:
    """The rows of a query."""
    cursor = await make.owner.execute(query.encode(), values or None)
    return await cursor.fetchall()


async def value(make: Make, query: str, *values: Any) -> Any:
    """The one value of a query."""
    ((found,),) = await rows(make, query, *values)
    return found


async def log(make: Make) -> list[tuple[Any, ...]]:
    """The audit log without who acted and when."""
    return await rows(make, "select action, target_type, target_id, student_id, details from audit_log order by id")
