"""The three shapes that reading an edge of the graph takes; each costs one statement for all parents together.

`ByKey` finds one row for each key, `Listed` a short list for each key, `Paged` one page of a long list for each key.
Pages are keyset pages: a cursor is a row's place in the order, so a page costs the same wherever it begins.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cache
from typing import Any, Generic, TypeVar
from uuid import UUID

from sqlalchemy import Integer, Uuid, any_, bindparam, column, func, literal_column, select, true, tuple_
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.sql import ColumnElement, Select, TableValuedAlias

from db.engine import Transaction
from db.statement import Compiled, Statement
from domain.viewer import Role

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Order:
    """A total order over a list: by one column, then by id. The column is never null and indexed with id."""

    name: str
    column: str
    descending: bool
    parse: Callable[[Any], Any]
    """From a value of the column as JSON has it to the value itself; raises ValueError or TypeError."""


LONGEST_PAGE = 1_001
"""Rows; what a stream begins with may have a thousand, and one more says that there are too many."""


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of a list: `limit` rows after `start` in the order, or before it when `backward`.

    `limit` is at most LONGEST_PAGE.
    `start` is a row's (column value, id); None means from the end that one starts at.
    """

    order: Order
    limit: int
    start: tuple[Any, Any] | None = None
    backward: bool = False


Conditions = Mapping[str, ColumnElement[bool]]
"""For each field of a filter the condition that a value for it adds; it binds a parameter of the field's name."""


class ByKey(Generic[R]):
    """One row for each key."""

    def __init__(self, name: str, source: Select[Any], record: type[R], *, key: ColumnElement[Any]) -> None:
        self.name, self.source, self.record, self.key = name, source, record, key
        self._statement = Statement(name, _of_keys(source, key), record, skip=1)

    async def read(self, read: Transaction, keys: Sequence[UUID]) -> list[R | None]:
        """The record of each key, None where there is none the viewer may see."""
        record = self._statement.read
        rows = await read.run(self._statement, {"keys": list(keys)})
        found = {row[0]: record(row) for row in rows}
        return [found.get(key) for key in keys]


class Listed(Generic[R]):
    """All rows of each key, for lists that are short by nature."""

    def __init__(
        self,
        name: str,
        source: Select[Any],
        record: type[R],
        *,
        key: ColumnElement[Any],
        order: Sequence[ColumnElement[Any]],
    ) -> None:
        self.name, self.source, self.record, self.key = name, source, record, key
        self.order = order
        self._statement = Statement(name, _of_keys(source, key).order_by(*order), record, skip=1)

    async def read(self, read: Transaction, keys: Sequence[UUID]) -> list[list[R]]:
        """The records of each key, in order; [] where there are none."""
        record = self._statement.read
        found: dict[UUID, list[R]] = {key: [] for key in keys}
        for row in await read.run(self._statement, {"keys": list(keys)}):
            found[row[0]].append(record(row))
        return [found[key] for key in keys]


class Paged(Generic[R]):
    """One page of a list for each key.

    The page is taken inside a lateral join, so PostgreSQL reads `limit` index entries for each parent however long
    the list is. Without `key` the list is the same for every parent: a root list, whose parent is the viewer.

    A list whose rows are students' and whose key is not a student (a subject's goals, say) names the column of the
    students: row security can only take rows away from what an index found, so the statement itself must ask for those
    of the viewer's students, or it would read everybody's.
    """

    def __init__(
        self,
        name: str,
        source: Select[Any],
        record: Callable[..., R],
        *,
        key: ColumnElement[Any] | None = None,
        conditions: Conditions | None = None,
        students: ColumnElement[Any] | None = None,
    ) -> None:
        self.name, self.source, self.record, self.key = name, source, record, key
        self.conditions = dict(conditions or {})
        self._by_students = students is not None
        if students is not None:
            self.conditions["viewer_students"] = students == any_(bindparam("viewer_students", type_=ARRAY(Uuid())))
        self._page_statement = cache(self._compile_page)
        self._count_statement = cache(self._compile_count)

    async def read(self, read: Transaction, keys: Sequence[UUID], page: Page, where: Any = None) -> list[list[R]]:
        """For each key its page, in the page's order. `where` is the list's filter record, or None."""
        parameters = self.narrowed(read, where, own=self._are_own(read, keys))
        statement = self._page_statement(page.order, page.backward, page.start is not None, tuple(parameters))
        parameters |= {"keys": list(keys), "page_limit": page.limit}
        if page.start is not None:
            parameters["start_value"], parameters["start_id"] = page.start
        found: list[list[R]] = [[] for _ in keys]
        record = statement.read
        for row in await read.run(statement, parameters):
            found[row[0] - 1].append(record(row))
        if page.backward:
            for rows in found:
                rows.reverse()
        return found

    async def count(self, read: Transaction, keys: Sequence[UUID], where: Any = None) -> list[int]:
        """For each key the length of its whole list."""
        parameters = self.narrowed(read, where, own=self._are_own(read, keys))
        statement = self._count_statement(tuple(parameters))
        counts: dict[int, int] = {}
        for position, count in await read.run(statement, parameters | {"keys": list(keys)}):
            counts[position] = count
        return [counts[position] for position in range(1, len(keys) + 1)]

    def _compile_page(self, order: Order, backward: bool, has_start: bool, narrowed: tuple[str, ...]) -> Statement[R]:
        descending = order.descending != backward
        rows = self._filtered(narrowed)
        value, identity = _columns(rows, order.column, "id")
        if has_start:
            start = tuple_(bindparam("start_value", type_=value.type), bindparam("start_id", type_=identity.type))
            rows = rows.where(tuple_(value, identity) < start if descending else tuple_(value, identity) > start)
        rows = rows.order_by(*sort(value, identity, descending))
        if self.key is None:
            # The plan is made before the limit is known, and would be one for a tenth of all rows.
            rows = rows.limit(literal_column(str(LONGEST_PAGE)))
            longest = rows.subquery("longest")
            rows = select(longest).order_by(*sort(longest.c[order.column], longest.c.id, descending))
        page = rows.limit(bindparam("page_limit", type_=Integer())).lateral("page")
        statement = (
            select(PARENTS.c.position, *page.c)
            .select_from(PARENTS.join(page, true()))
            .order_by(PARENTS.c.position, *sort(page.c[order.column], page.c.id, descending))
        )
        return Statement(self.name, statement, self.record, skip=1)

    def _compile_count(self, narrowed: tuple[str, ...]) -> Compiled:
        rows = self._filtered(narrowed)
        count = rows.with_only_columns(func.count().label("length"), maintain_column_froms=True).lateral("counted")
        return Compiled(
            f"{self.name}_count",
            select(PARENTS.c.position, count.c.length).select_from(PARENTS.join(count, true())),
        )

    def narrowed(self, read: Transaction, where: Any, *, own: bool) -> dict[str, Any]:
        """The parameters of a filter, and of what the viewer may see; each narrows the list by its condition.

        `own` are the viewer's own lists: there is no more in them than what an index finds by their key.
        """
        parameters = _set_fields(where)
        if self._by_students and not own and read.viewer.role is not Role.ADMIN:
            parameters["viewer_students"] = list(read.viewer.students)
        return parameters

    def _are_own(self, read: Transaction, keys: Sequence[UUID]) -> bool:
        # A root list is the viewer's only by name.
        return self.key is not None and len(keys) == 1 and keys[0] == read.viewer.id

    def _filtered(self, narrowed: tuple[str, ...]) -> Select[Any]:
        source = self.source if self.key is None else self.source.where(self.key == PARENTS.c.key)
        return source.where(*(self.conditions[name] for name in narrowed))


Shape = ByKey[Any] | Listed[Any] | Paged[Any]
Function = TypeVar("Function", bound=Callable[..., Any])


def reads(shape: Shape) -> Callable[[Function], Function]:
    """Say of a batch function that it gives what the shape reads, no more and no less."""

    def decorate(function: Function) -> Function:
        vars(function)["shape"] = shape
        return function

    return decorate


def shape_of(batch: Callable[..., Any]) -> Shape | None:
    """The shape that a batch function reads, where it is no more than that."""
    return getattr(batch, "shape", None)


def _parents() -> TableValuedAlias:
    keys = func.unnest(bindparam("keys", type_=ARRAY(Uuid())))
    return keys.table_valued(column("key", Uuid()), with_ordinality="position", name="parent").render_derived()


PARENTS = _parents()
"""The parameter `keys` as rows: a key and its position, from 1."""


def _of_keys(source: Select[Any], key: ColumnElement[Any]) -> Select[Any]:
    columns = [key.label("parent_key"), *source.selected_columns]
    return source.with_only_columns(*columns, maintain_column_froms=True).where(
        key == any_(bindparam("keys", type_=ARRAY(Uuid())))
    )


def _columns(rows: Select[Any], *names: str) -> list[ColumnElement[Any]]:
    """The expressions behind a select's columns, without their labels, so that an index on them serves."""
    chosen = []
    for name in names:
        expression = rows.selected_columns[name]
        chosen.append(getattr(expression, "element", expression))
    return chosen


def sort(value: ColumnElement[Any], identity: ColumnElement[Any], descending: bool) -> list[ColumnElement[Any]]:
    """A total order, to sort by."""
    return [value.desc(), identity.desc()] if descending else [value.asc(), identity.asc()]


def _set_fields(where: Any) -> dict[str, Any]:
    """The fields of a filter that are set; a filter is a frozen dataclass whose None does not narrow."""
    if where is None:
        return {}
    set_fields = ((field.name, getattr(where, field.name)) for field in fields(where))
    return {name: value for name, value in set_fields if value is not None}
