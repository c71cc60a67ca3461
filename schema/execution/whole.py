"""Which fields PostgreSQL can write out whole, with all that is selected below them, and how each is asked for.

That needs nothing but what fields say of themselves anyway: the batch function of an edge, the columns of its records.
What a statement cannot say exactly, it says nothing of, and the field is read level by level as any other.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import is_dataclass
from enum import StrEnum
from typing import Any

from graphql import (
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLInt,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLString,
)

from db.batch import ByKey, Listed, Paged, shape_of
from db.engine import Read
from db.nested import (
    Constant,
    Form,
    Linked,
    NotWritten,
    Row,
    Rows,
    Value,
    Window,
    Wrapped,
    compiled,
    is_whole,
    members,
    writes,
)
from db.statement import Compiled
from schema.context import Batch
from schema.execution.edges import EdgeTo, SliceOf
from schema.execution.plan import UNKNOWN, FieldPlan, ObjectPlan
from schema.ids import global_ids

MAX_STATEMENTS = 8
"""Of one field: each order of its lists, and each set of conditions, has its own."""


class Whole:
    """A field that can be read with all below it in one statement."""

    def __init__(self, field: FieldPlan, plan: ObjectPlan | None = None, batch: Batch | None = None) -> None:
        """For a root field the plan of the type that it is of, and what finds it. Raises NotWritten."""
        self.pages: list[FieldPlan] = []
        self._of_root: list[FieldPlan] = []
        """Pages whose key is the one that all is read for."""
        self._rows: set[str] = set()
        """What the text of each object begins with, and of no page: by that they are counted."""
        self._windows: set[str] = set()
        """The same of pages."""
        if isinstance(field.way, EdgeTo | SliceOf):
            self._root = self._edge(field, field.way)
        elif plan is not None and batch is not None and isinstance(shape := shape_of(batch), ByKey):
            self._root = Linked(field.key, shape, "", self._row(plan, shape), field.nullable[0])
            self._of_root = [each for each in plan.later if isinstance(each.way, SliceOf) and each.way.key == "id"]
        else:
            raise NotWritten("a field that is no edge")
        begin = self._rows | self._windows
        if self._rows & self._windows or any(
            each != other and each.startswith(other) for each in begin for other in begin
        ):
            raise NotWritten("objects that begin as others do")
        self._statements: dict[tuple[Window, ...], Compiled | None] = {}

    def statement(
        self, read: Read, keys: Sequence[Any], asked: Callable[[FieldPlan], tuple[Any, ...]]
    ) -> tuple[Compiled, dict[str, Any]] | None:
        """What to run for these arguments of its pages, and its parameters; None if nothing will do.

        `asked` gives the arguments of a page's batch function, and may raise.
        """
        windows: list[Window] = []
        parameters: dict[str, Any] = {"keys": keys}
        own = list(keys) == [read.viewer.id]
        for number, field in enumerate(self.pages):
            assert isinstance(field.way, SliceOf)  # noqa: S101 - pages are slices
            shape = shape_of(field.way.batch)
            assert isinstance(shape, Paged)  # noqa: S101 - looked at when the tree was made
            page, where = asked(field)
            narrowed = shape.narrowed(read, where, own=own and field in self._of_root)
            windows.append(Window(page.order, page.backward, page.start is not None, tuple(narrowed)))
            parameters[f"page_limit_{number}"] = page.limit - 1
            if page.start is not None:
                parameters[f"start_value_{number}"], parameters[f"start_id_{number}"] = page.start
            parameters |= {f"{name}_{number}": value for name, value in narrowed.items()}
        key = tuple(windows)
        if key not in self._statements:
            if len(self._statements) >= MAX_STATEMENTS:
                return None
            try:
                self._statements[key] = compiled(self._root, key)
            except NotWritten:
                self._statements[key] = None
        found = self._statements[key]
        return None if found is None else (found, parameters)

    def objects_in(self, text: str) -> int:
        """How many objects were written out, but for pages. What a string has in it has no quotation marks to match."""
        return sum(map(text.count, self._rows))

    # The tree

    def _edge(self, field: FieldPlan, way: EdgeTo | SliceOf) -> Linked | Wrapped:
        shape = shape_of(way.batch)
        if field.selection is None or field.selection.object is None or shape is None:
            raise NotWritten("an edge to what is no plain row")
        if isinstance(way, SliceOf):
            if not isinstance(shape, Paged) or field.depth:
                raise NotWritten("not a page")
            return self._slice(field, way, shape, field.selection.object)
        row = self._row(field.selection.object, shape)
        if isinstance(shape, ByKey) and field.depth == 0:
            return Linked(field.key, shape, way.key, row, field.nullable[0])
        if isinstance(shape, Listed) and field.depth == 1:
            return Wrapped(field.key, Rows(shape, way.key, row, None))
        raise NotWritten("an edge of another shape")

    def _slice(self, field: FieldPlan, way: SliceOf, shape: Paged[Any], plan: ObjectPlan) -> Wrapped:
        number = len(self.pages)
        self.pages.append(field)
        lists = {each.key: each for each in plan.inner}
        if plan.later or not lists:
            raise NotWritten("a page without rows")
        parts: list[Constant | tuple[str, Rows]] = []
        for leaf in plan.leaves:
            each = lists.get(leaf.key)
            if each is None:
                if leaf.field is not None:
                    raise NotWritten("a scalar of a page")
                parts.append(Constant(leaf.key, json.dumps(leaf.constant)))
            elif each.name == "nodes" and each.selection is not None and each.selection.object is not None:
                parts.append((each.key, Rows(shape, way.key, self._row(each.selection.object, shape), number)))
            else:
                raise NotWritten("more of a page than its rows")
        self._windows.add(_beginning(parts[0]))
        return Wrapped(field.key, tuple(parts))

    def _row(self, plan: ObjectPlan, shape: ByKey[Any] | Listed[Any] | Paged[Any]) -> Row:
        below = {field.key: field for field in plan.later}
        if plan.inner:
            raise NotWritten("an object of a row's own")
        parts: list[Constant | Value | Linked | Wrapped] = []
        for leaf in plan.leaves:
            edge = below.get(leaf.key)
            if edge is not None:
                if not isinstance(edge.way, EdgeTo | SliceOf) or edge.way.key not in shape.source.selected_columns:
                    raise NotWritten("a field with a resolver")
                parts.append(self._edge(edge, edge.way))
            elif leaf.field is None:
                parts.append(Constant(leaf.key, json.dumps(leaf.constant)))
            else:
                column = shape.source.selected_columns.get(leaf.attribute)
                if column is None:
                    raise NotWritten("a value that is no column")
                form = _form(leaf.field.definition.type, leaf.convert, leaf.field.parent)
                if form is None or not writes(form, column):
                    raise NotWritten("a value that Python makes")
                parts.append(Value(leaf.key, leaf.attribute, form, leaf.field.nullable[0]))
        if not parts:
            raise NotWritten("nothing")
        self._rows.add(_beginning(parts[0]))
        return Row(tuple(parts), _marks(plan.type, shape.record))


def whole_of(field: FieldPlan) -> Whole | None:
    """How a field is read whole; None if it cannot be."""
    try:
        return Whole(field)
    except NotWritten:
        return None


def whole_of_type(field: FieldPlan, name: str, batch: Batch) -> Whole | None:
    """The same of a root field that leads to an object of the type of this name."""
    if field.whole is UNKNOWN:
        field.whole = {}
    known: dict[str, Whole | None] = field.whole
    if name not in known:
        selection = field.selection
        kind = None if selection is None else selection.plan.schema.get_type(name)
        try:
            if selection is None or not isinstance(kind, GraphQLObjectType):
                raise NotWritten("no object")
            if selection.abstract is None or not selection.plan.schema.is_sub_type(selection.abstract, kind):
                raise NotWritten("an object of another type")
            known[name] = Whole(field, selection.on(kind), batch)
        except NotWritten:
            known[name] = None
    return known[name]


def texts_of(rows: Sequence[tuple[int, str | None]], count: int) -> list[str] | None:
    """The text for each of so many keys; None when one cannot be told."""
    found = {position: text for position, text in rows if text is not None and is_whole(text)}
    return [found[position] for position in range(1, count + 1)] if len(found) == count else None


def _beginning(first: Constant | Value | Linked | Wrapped | tuple[str, Rows]) -> str:
    """What an object begins with whose first part this is."""
    key = first[0] if isinstance(first, tuple) else first.key
    return f'{{"{key}":{first.text if isinstance(first, Constant) else ""}'


def _marks(kind: GraphQLObjectType, record: Any) -> tuple[tuple[str, str], ...]:
    """What the columns of a row have to hold to be of this type."""
    origin = getattr(kind.extensions.get("strawberry-definition"), "origin", None)
    marks: Callable[[], Mapping[str, str]] | None = getattr(origin, "marks", None)
    fits = isinstance(record, type) and is_dataclass(record) and not hasattr(record, "__post_init__")
    if marks is None or not fits or getattr(origin, "record", None) is not record:
        raise NotWritten("a type of which rows do not tell")
    return tuple(marks().items())


def _form(kind: GraphQLOutputType, convert: Any, parent: GraphQLObjectType) -> Form | None:
    inner: Any = kind.of_type if isinstance(kind, GraphQLNonNull) else kind
    if convert is not None:
        # The one way to compute a field that there is: `schema.types.node`.
        return ("id", parent.name) if getattr(convert, "__qualname__", "").startswith(global_ids.__name__) else None
    if isinstance(inner, GraphQLList):
        item: Any = inner.of_type
        return ("texts", None) if isinstance(item, GraphQLNonNull) and item.of_type is GraphQLString else None
    if isinstance(inner, GraphQLEnumType):
        members_of = getattr(inner, "wrapped_cls", None)
        if not (isinstance(members_of, type) and issubclass(members_of, StrEnum)):
            return None
        if not all(name in members_of.__members__ for name in inner.values):
            return None
        return members(members_of, {members_of[name].name: name for name in inner.values})
    if inner is GraphQLString:
        return "text", None
    if inner is GraphQLInt:
        return "int", None
    if inner is GraphQLBoolean:
        return "boolean", None
    return {"DateTime": ("time", None), "Date": ("date", None), "Decimal": ("decimal", None)}.get(inner.name)
