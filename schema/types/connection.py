"""Lists in pages, as Relay's connection specification has them, over keyset cursors."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any, Generic, TypeVar
from uuid import UUID

import strawberry

from db.batch import Order, Page
from domain.errors import BadRequest
from schema.context import Info
from schema.execution.edges import BREADTH_FIRST, Named

T = TypeVar("T")

DEFAULT_PAGE = 20
MAX_PAGE = 100


@strawberry.type(description="Where a page lies in its list.")
class PageInfo:
    """Relay's PageInfo."""

    has_next_page: bool = strawberry.field(description="Whether more follows this page.")
    has_previous_page: bool = strawberry.field(description="Whether something comes before this page.")
    start_cursor: str | None = strawberry.field(description="The first row's cursor; null on an empty page.")
    end_cursor: str | None = strawberry.field(description="The last row's cursor; null on an empty page.")


@strawberry.type(description="One row of a page.")
class Edge(Generic[T]):
    """Relay's edge."""

    node: T = strawberry.field(description="The row itself.")
    cursor: str = strawberry.field(description="The row's place in this list, in this order; opaque.")


@dataclass(frozen=True, slots=True)
class Row:
    """A record in a slice; what an Edge is a view of."""

    node: Any
    order: Order

    @property
    def cursor(self) -> str:
        """The record's place in the order."""
        value = getattr(self.node, self.order.column)
        place = [
            self.order.name,
            value.isoformat() if isinstance(value, datetime) else value,
            self.node.id.hex,
        ]
        return urlsafe_b64encode(json.dumps(place, default=str).encode()).decode().rstrip("=")


@dataclass(frozen=True, slots=True)
class Slice:
    """The records of one page and where they came from; what a Connection is a view of."""

    nodes: list[Any]
    page: Page
    more: bool
    """Whether rows follow in the direction the page was read."""
    count: tuple[Any, ...]
    """The batch function, key and arguments that count the whole list."""

    @property
    def edges(self) -> list[Row]:
        """The records with their cursors."""
        return [Row(node, self.page.order) for node in self.nodes]

    @property
    def page_info(self) -> PageInfo:
        """Where the page lies. A page that began at a cursor has that cursor's row on its other side."""
        began = self.page.start is not None
        edges = self.edges
        return PageInfo(
            has_next_page=began if self.page.backward else self.more,
            has_previous_page=self.more if self.page.backward else began,
            start_cursor=edges[0].cursor if edges else None,
            end_cursor=edges[-1].cursor if edges else None,
        )


async def _total_count(root: Any, info: Info) -> int:
    count: int = await info.context.load(*root.count)
    return count


@strawberry.type(description="A list in pages: at most 100 rows a page, 20 unless asked otherwise.")
class Connection(Generic[T]):
    """Relay's connection; `Slice` stands behind it."""

    edges: list[Edge[T]] = strawberry.field(description="The page's rows with their cursors.")
    nodes: list[T] = strawberry.field(description="The page's rows without cursors.")
    page_info: PageInfo = strawberry.field(description="Where the page lies in the list.")
    total_count: int = strawberry.field(
        resolver=_total_count,
        description="The length of the whole list; counted only when asked for.",
        metadata={BREADTH_FIRST: Named("count")},
    )


def page_of(order: Enum, first: int | None, after: str | None, last: int | None, before: str | None) -> Page:
    """The page that a connection's arguments ask for, one row longer so that one sees whether more follows.

    Raises BadRequest (BAD_PAGE, BAD_CURSOR) for arguments that do not go together or a cursor from elsewhere.
    """
    chosen: Order = order.value
    if (first is not None or after is not None) and (last is not None or before is not None):
        raise BadRequest("BAD_PAGE", "Use `first` with `after`, or `last` with `before`, not both.")
    backward = last is not None or before is not None
    size = last if backward else first
    size = DEFAULT_PAGE if size is None else size
    if not 0 <= size <= MAX_PAGE:
        raise BadRequest("BAD_PAGE", f"A page has 0 to {MAX_PAGE} rows; {size} were asked for.")
    cursor = before if backward else after
    start = None if cursor is None else _place(cursor, chosen)
    return Page(order=chosen, limit=size + 1, start=start, backward=backward)


def slice_of(records: list[Any], page: Page, count: tuple[Any, ...]) -> Slice:
    """The page without the row too many that page_of asked for."""
    size = page.limit - 1
    more = len(records) > size
    if more:
        records = records[-size:] if page.backward and size else records[:size]
    return Slice(nodes=records, page=page, more=more, count=count)


def _place(cursor: str, order: Order) -> tuple[Any, UUID]:
    try:
        if len(cursor) > 2_000:
            raise ValueError("too long")
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        name, value, row_id = json.loads(urlsafe_b64decode(padded))
        # What PostgreSQL cannot take has been in no list; half a surrogate pair cannot even be encoded.
        if name != order.name or isinstance(value, list | dict | None) or b"\0" in str(value).encode():
            raise ValueError("another list's cursor")
        return order.parse(value), UUID(hex=row_id)
    except (ValueError, TypeError, AttributeError, NotBase64, RecursionError) as error:
        raise BadRequest(
            "BAD_CURSOR", f"This cursor is not of a list ordered {order.name}; start again without it."
        ) from error
