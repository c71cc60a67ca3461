"""Events of which no operation tells."""

from domain.events import Event
from schema.context import Services


async def tell(services: Services, event: Event) -> None:
    """Write one into the log."""
    async with services.database.system_work() as work:
        work.tell(event)
