"""Fetching any object again by its id."""

import asyncio
from typing import Annotated, Any
from uuid import UUID

import strawberry

from domain.errors import BadRequest
from domain.permissions import Permission
from schema.context import Batch, Context, Info
from schema.fields import query, query_object
from schema.ids import split
from schema.types.node import Node

MAX_NODES = 100


def _place(schema: Any, global_id: str) -> tuple[type[Node], UUID]:
    """The type that an id names, and the row. Raises BadRequest (BAD_ID)."""
    type_name, row_id = split(global_id)
    definition = schema.get_type_by_name(type_name)
    origin = None if getattr(definition, "is_interface", True) else getattr(definition, "origin", None)
    if not (isinstance(origin, type) and issubclass(origin, Node) and hasattr(origin, "by_id")):
        raise BadRequest("BAD_ID", "This is not an id of this API; pass an `id` as a query returned it.")
    return origin, row_id


async def _find(context: Context, schema: Any, id: strawberry.ID) -> tuple[Batch, UUID, str]:
    origin, row_id = _place(schema, id)
    return origin.by_id, row_id, split(id)[0]


@strawberry.type
class NodeQueries:
    """Relay's object identification."""

    @query_object(
        Permission.SIGNED_IN, "An object by its id; null when there is none that the viewer may see.", find=_find
    )
    async def node(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="The object's id.")],
    ) -> Node | None:
        return await _node(info, id)

    @query(
        Permission.SIGNED_IN,
        "Objects by their ids, at most 100, in the ids' order; null for each not to be seen.",
    )
    async def nodes(
        self,
        info: Info,
        ids: Annotated[list[strawberry.ID], strawberry.argument(description="The objects' ids.")],
    ) -> list[Node | None]:
        if len(ids) > MAX_NODES:
            raise BadRequest("BAD_PAGE", f"At most {MAX_NODES} ids at once; {len(ids)} were given.")
        return list(await asyncio.gather(*(_node(info, id) for id in ids)))


async def _node(info: Info, global_id: str) -> Node | None:
    origin, row_id = _place(info.schema, global_id)
    found = await info.context.load(origin.by_id, row_id)
    # A student's row id under the name Tutor is no object of this API.
    return found if found is not None and origin.is_type_of(found, info) else None
