"""A whole sub-tree of the graph in one statement: for each key the JSON of what is selected there.

Reading level by level costs a round trip for each level, and for each value a Python object that lives for a moment.
What is plain rows of `db.batch`'s shapes, down to the leaves, PostgreSQL writes out itself, as text in the very words
that the answer has. What cannot be said in text exactly as Python would is null, and with it the row; then there is a
character in its place that JSON does not have, and whoever asked reads level by level, to find out what is wrong.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    Boolean,
    Date,
    DateTime,
    Integer,
    LargeBinary,
    Numeric,
    String,
    Text,
    Uuid,
    bindparam,
    case,
    cast,
    func,
    literal_column,
    select,
    tuple_,
    type_coerce,
)
from sqlalchemy.dialects.postgresql import ARRAY, aggregate_order_by
from sqlalchemy.sql import ColumnElement, FromClause, Select, visitors
from sqlalchemy.sql.elements import BindParameter

from db.batch import PARENTS, ByKey, Listed, Order, Paged, sort
from db.statement import Compiled

Form = tuple[str, Any]
"""How a value is written: one of the names in `_WRITTEN`, and what else that takes."""


class NotWritten(Exception):
    """There is no exact way to have PostgreSQL write this."""


@dataclass(frozen=True, slots=True)
class Constant:
    """The same for every row; JSON."""

    key: str
    text: str


@dataclass(frozen=True, slots=True)
class Value:
    """A column."""

    key: str
    column: str
    form: Form
    nullable: bool


@dataclass(frozen=True, slots=True)
class Linked:
    """The one row of another shape that a column of this leads to."""

    key: str
    shape: ByKey[Any]
    by: str
    row: "Row"
    nullable: bool


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of another shape that a column of this leads to."""

    shape: "Listed[Any] | Paged[Any]"
    by: str
    row: "Row"
    page: int | None
    """For a page its number in the tree: `Window`s are told by it."""


@dataclass(frozen=True, slots=True)
class Wrapped:
    """An object that is there for its lists; a key of None is the list itself, in its place."""

    key: str
    parts: "tuple[Constant | tuple[str, Rows], ...] | Rows"


@dataclass(frozen=True, slots=True)
class Row:
    """What is selected of a row."""

    parts: tuple[Constant | Value | Linked | Wrapped, ...]
    marks: tuple[tuple[str, str], ...] = ()
    """Columns and what they have to hold."""


@dataclass(frozen=True, slots=True)
class Window:
    """What a page is, as far as the text of the statement goes."""

    order: Order
    backward: bool
    has_start: bool
    narrowed: tuple[str, ...]


def compiled(root: Linked | Wrapped, windows: Sequence[Window]) -> Compiled:
    """For the parameter `keys` rows of a position, from 1, and the JSON there: `is_whole` says whether it is.

    Of page number n the parameters are `page_limit_n`, `start_value_n`, `start_id_n`, and those of its conditions with
    `_n` behind. Raises NotWritten.
    """
    writing = _Writing(windows)
    parent: FromClause = PARENTS
    if isinstance(root, Linked):
        made, joined = writing.linked(root, parent, PARENTS.c.key)
        statement = select(PARENTS.c.position, made).select_from(joined)
    else:
        statement = select(PARENTS.c.position, writing.wrapped(root, parent, PARENTS.c.key)).select_from(parent)
    return Compiled("_".join(writing.names), statement)


def is_whole(text: str | None) -> bool:
    """Whether a text is all that was asked for."""
    return text is not None and "\1" not in text


class _Writing:
    """One statement being made."""

    def __init__(self, windows: Sequence[Window]) -> None:
        self.windows = windows
        self.names: list[str] = []
        self._count = 0

    def linked(self, part: Linked, outer: FromClause, by: ColumnElement[Any]) -> tuple[ColumnElement[Any], FromClause]:
        """The text of a linked row, and where it can be read."""
        self.names.append(part.shape.name)
        rows = self._columns(part.shape.source, part.row, part.shape.key).subquery(self._name("r"))
        text, joined = self.row(part.row, rows, outer.outerjoin(rows, rows.c.linked_by == by))
        missing: ColumnElement[Any] = literal_column("'null'") if part.nullable else literal_column("null::text")
        return case((rows.c.linked_by.is_(None), missing), else_=text), joined

    def wrapped(self, part: Wrapped, outer: FromClause, by: ColumnElement[Any]) -> ColumnElement[Any]:
        """The text of a list, or of an object with lists."""
        if isinstance(part.parts, Rows):
            return self.rows(part.parts, outer, by)
        pieces: list[str | ColumnElement[Any]] = []
        for number, piece in enumerate(part.parts):
            lead = "," if number else "{"
            if isinstance(piece, Constant):
                pieces.append(f'{lead}"{piece.key}":{piece.text}')
            else:
                pieces += [f'{lead}"{piece[0]}":', self.rows(piece[1], outer, by)]
        return _joined([*pieces, "}"])

    def rows(self, part: Rows, outer: FromClause, by: ColumnElement[Any]) -> ColumnElement[Any]:
        """The text of a list."""
        self.names.append(part.shape.name)
        rows: FromClause
        sorted_by: list[ColumnElement[Any]]
        if isinstance(part.shape, Listed):
            chosen, order = self._columns(part.shape.source.where(part.shape.key == by), part.row), part.shape.order
            labels = [column.label(f"sorted_{number}") for number, column in enumerate(_bare(order))]
            chosen = chosen.add_columns(*labels)
            rows = chosen.correlate(outer).subquery(self._name("r"))
            sorted_by = [
                rows.c[label.name].desc() if _descends(column) else rows.c[label.name].asc()
                for label, column in zip(labels, order, strict=True)
            ]
        else:
            rows, sorted_by = self._page(part, outer, by)
        text, joined = self.row(part.row, rows, rows)
        each = func.coalesce(text, ODD)
        listed = func.string_agg(each, aggregate_order_by(literal_column("','"), *sorted_by))
        whole = _joined(["[", func.coalesce(listed, literal_column("''")), "]"])
        return select(whole).select_from(joined).correlate(outer).scalar_subquery()

    def _page(
        self, part: Rows, outer: FromClause, by: ColumnElement[Any]
    ) -> tuple[FromClause, list[ColumnElement[Any]]]:
        assert isinstance(part.shape, Paged)  # noqa: S101 - so says Rows
        assert part.page is not None  # noqa: S101 - the same
        number, window = part.page, self.windows[part.page]
        conditions = [_numbered(part.shape.conditions[name], number) for name in window.narrowed]
        if part.shape.key is None:
            raise NotWritten("a root list")
        source = part.shape.source.where(part.shape.key == by, *conditions)
        descending = window.order.descending != window.backward
        value, identity = (_expression(source, name) for name in (window.order.column, "id"))
        if window.has_start:
            start = tuple_(
                bindparam(f"start_value_{number}", type_=value.type), bindparam(f"start_id_{number}", type_=Uuid())
            )
            source = source.where(tuple_(value, identity) < start if descending else tuple_(value, identity) > start)
        chosen = self._columns(source, part.row).add_columns(value.label("sorted_0"), identity.label("sorted_1"))
        chosen = chosen.order_by(*sort(value, identity, descending))
        chosen = chosen.limit(bindparam(f"page_limit_{number}", type_=Integer()))
        rows = chosen.correlate(outer).subquery(self._name("r"))
        return rows, sort(rows.c.sorted_0, rows.c.sorted_1, window.order.descending)

    def row(self, row: Row, rows: FromClause, joined: FromClause) -> tuple[ColumnElement[Any], FromClause]:
        """The text of a row, and where it can be read."""
        pieces: list[str | ColumnElement[Any]] = []
        for number, part in enumerate(row.parts):
            pieces.append(f'{"," if number else "{"}"{part.key}":')
            if isinstance(part, Constant):
                pieces.append(part.text)
            elif isinstance(part, Value):
                pieces.append(_written(rows.c[part.column], part))
            elif isinstance(part, Linked):
                text, joined = self.linked(part, joined, rows.c[part.by])
                pieces.append(text)
            else:
                by = part.parts.by if isinstance(part.parts, Rows) else _by(part)
                pieces.append(self.wrapped(part, rows, rows.c[by]))
        text = _joined([*pieces, "}"] if row.parts else ["{}"])
        for column, wanted in row.marks:
            text = case((rows.c[column] == literal_column(f"'{wanted}'"), text))
        return text, joined

    def _columns(self, source: Select[Any], row: Row, key: ColumnElement[Any] | None = None) -> Select[Any]:
        """A select of what the row needs; with a key, by that name."""
        wanted = {column for column, _ in row.marks}
        for part in row.parts:
            if isinstance(part, Value):
                wanted.add(part.column)
            elif isinstance(part, Linked):
                wanted.add(part.by)
            elif isinstance(part, Wrapped):
                wanted.add(part.parts.by if isinstance(part.parts, Rows) else _by(part))
        columns: list[Any] = [source.selected_columns[name] for name in sorted(wanted)]
        if key is not None:
            columns.append(key.label("linked_by"))
        return source.with_only_columns(*columns, maintain_column_froms=True)

    def _name(self, letter: str) -> str:
        self._count += 1
        return f"{letter}{self._count}"


ODD: ColumnElement[str] = literal_column("chr(1)")
"""Stands where a row is that cannot be written. JSON has no such character."""


def _by(part: Wrapped) -> str:
    assert not isinstance(part.parts, Rows)  # noqa: S101 - asked of objects with lists alone
    return next(piece[1].by for piece in part.parts if not isinstance(piece, Constant))


def _joined(pieces: Sequence[str | ColumnElement[Any]]) -> ColumnElement[Any]:
    """The texts one after the other; null when one of them is."""
    made: ColumnElement[Any] | None = None
    said = ""
    for piece in [*pieces, ""]:
        if isinstance(piece, str):
            said += piece
        if said and (not isinstance(piece, str) or not piece):
            # Our own names, and JSON of ours: nothing in it ends the text.
            literal = type_coerce(literal_column("'" + said.replace("'", "''") + "'"), Text)
            made = literal if made is None else made.concat(literal)
            said = ""
        if not isinstance(piece, str):
            made = type_coerce(piece, Text) if made is None else made.concat(piece)
    assert made is not None  # noqa: S101 - there is always a bracket
    return made


# Values


def writes(form: Form, column: ColumnElement[Any]) -> bool:
    """Whether a column can be written in this form."""
    kind = column.type
    match form[0]:
        case "text" | "enum":
            return isinstance(kind, String)
        case "int":
            return isinstance(kind, Integer)
        case "boolean":
            return isinstance(kind, Boolean)
        case "time":
            return isinstance(kind, DateTime) and kind.timezone
        case "date":
            return isinstance(kind, Date)
        case "decimal":
            # Python writes what is smaller in another way.
            return isinstance(kind, Numeric) and kind.asdecimal and kind.scale is not None and kind.scale <= 6
        case "texts":
            return isinstance(kind, ARRAY) and isinstance(kind.item_type, String)
        case "id":
            return isinstance(kind, Uuid)
    return False


def _written(column: ColumnElement[Any], value: Value) -> ColumnElement[Any]:
    text = _exactly(column, value.form)
    if value.form[0] == "texts":
        # Python's records have an empty list for null.
        return case((column.is_(None), literal_column("'[]'")), else_=text)
    if not value.nullable:
        return text
    return case((column.is_(None), literal_column("'null'")), else_=text)


def _exactly(column: ColumnElement[Any], form: Form) -> ColumnElement[Any]:
    match form[0]:
        case "text":
            return cast(func.to_json(column), Text)
        case "int" | "boolean":
            return cast(column, Text)
        case "date" | "decimal":
            return _joined(['"', cast(column, Text), '"'])
        case "time":
            # Without a fraction, or with all six places of one.
            text = cast(func.to_json(column), Text)
            long = _joined(['"', func.to_char(column, literal_column("""'YYYY-MM-DD"T"HH24:MI:SS.US'""")), '+00:00"'])
            return case((func.length(text).in_([literal_column("27"), literal_column("34")]), text), else_=long)
        case "enum":
            return case(
                *(
                    (column == literal_column(_quoted(value)), literal_column(f"'\"{name}\"'"))
                    for value, name in form[1]
                )
            )
        case "texts":
            written = cast(func.to_json(column), Text)
            return case((func.array_position(column, literal_column("null")).is_(None), written))
        case "id":
            named = _joined([f"{form[1]}:", func.encode(func.uuid_send(column), literal_column("'hex'"))])
            encoded = func.encode(cast(named, LargeBinary), literal_column("'base64'"))
            return _joined(['"', func.rtrim(encoded, literal_column("'='")), '"'])
    raise NotWritten(form[0])


def members(kind: type[StrEnum], names: dict[str, str]) -> Form:
    """The form of an enum; `names` are the graph's, by member name."""
    return "enum", tuple((member.value, names[member.name]) for member in kind if member.name in names)


def _quoted(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _expression(source: Select[Any], name: str) -> ColumnElement[Any]:
    found: Any = source.selected_columns[name]
    expression: ColumnElement[Any] = getattr(found, "element", found)
    return expression


def _numbered(condition: ColumnElement[bool], number: int) -> ColumnElement[bool]:
    """The condition with parameters of its own: two lists may be narrowed by the same."""

    def renamed(element: Any, **_: Any) -> Any:
        if isinstance(element, BindParameter) and not element.unique:
            return bindparam(f"{element.key}_{number}", type_=element.type)
        return None

    found: ColumnElement[bool] = visitors.replacement_traverse(condition, {}, renamed)
    return found


def _bare(order: Sequence[ColumnElement[Any]]) -> list[ColumnElement[Any]]:
    return [getattr(column, "element", column) for column in order]


def _descends(column: ColumnElement[Any]) -> bool:
    modifier = getattr(column, "modifier", None)
    return getattr(modifier, "__name__", "") == "desc_op"
