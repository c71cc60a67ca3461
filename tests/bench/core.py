"""Our own server, but for the executor: `python -m tests.bench.core serve` runs operations with graphql-core.

Documents are kept, parsed and validated, as they are otherwise, so that nothing else differs.
"""

from collections.abc import AsyncIterator

from cli import main
from schema.api import schema
from schema.execution.extension import BreadthFirst


class GraphQLCore(BreadthFirst):
    """Supplies no result, so that Strawberry has graphql-core make it."""

    async def on_execute(self) -> AsyncIterator[None]:
        yield


if __name__ == "__main__":
    schema.extensions = tuple(GraphQLCore if each is BreadthFirst else each for each in schema.extensions)
    main()
