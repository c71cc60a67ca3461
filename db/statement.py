"""SQL statements: SQLAlchemy Core constructs compiled once, run on psycopg itself.

Running a Core construct through SQLAlchemy costs about twice the CPU of the same text on psycopg, so a construct is
compiled when its module is imported and only its text and parameters travel at run time.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from enum import StrEnum
from functools import cached_property
from itertools import count
from types import NoneType
from typing import Any, Generic, TypeVar, get_args, get_origin, get_type_hints

from sqlalchemy import make_url
from sqlalchemy.sql import ClauseElement, Select

R = TypeVar("R")

_dialect = make_url("postgresql+psycopg://").get_dialect()()
_numbered: Any = make_url("postgresql+psycopg://").get_dialect()
_numbered = _numbered(paramstyle="numeric_dollar")
_keys = count(1)

Row = tuple[Any, ...]


class Compiled:
    """A construct as the text and parameters that psycopg takes, under a name that logs and tests can read."""

    def __init__(self, name: str, construct: ClauseElement, *, once: bool = False) -> None:
        """`once` is for a construct that is made for one occasion, and not worth preparing."""
        compiled: Any = construct.compile(dialect=_dialect)
        self.name = name
        self.key = None if once else b"study_%d" % next(_keys)
        """The name that it is prepared by."""
        self._construct = construct
        self.sql = f"/* {name} */ {compiled.string}".encode()
        self._defaults: dict[str, Any] = dict(compiled.params)
        self._encoders: dict[str, Callable[[Any], Any]] = {}
        # By the names in the text: a value given in place has none of its own, and gets one when it is compiled.
        for bind, key in compiled.bind_names.items():
            encoder = bind.type.dialect_impl(_dialect).bind_processor(_dialect)
            if encoder is not None:
                self._encoders[key] = encoder

    @cached_property
    def numbered(self) -> tuple[bytes, tuple[str, ...]]:
        """The text with parameters by number, and their names in that order."""
        compiled: Any = self._construct.compile(dialect=_numbered)
        return f"/* {self.name} */ {compiled.string}".encode(), tuple(compiled.positiontup or ())

    def values(self, given: Mapping[str, Any]) -> list[Any]:
        """The values to send in that order."""
        parameters = self.parameters(given)
        return [parameters[name] for name in self.numbered[1]]

    def parameters(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """The values to send; each given name must be a bind parameter of the construct."""
        parameters = {**self._defaults, **given}
        for key, encode in self._encoders.items():
            parameters[key] = encode(parameters[key])
        return parameters


class Statement(Compiled, Generic[R]):
    """A select whose rows become records of one kind, after `skip` leading columns (a parent's position, say)."""

    def __init__(self, name: str, construct: Select[Any], record: Callable[..., R], *, skip: int = 0) -> None:
        super().__init__(name, construct)
        columns = [column.name for column in construct.selected_columns][skip:]
        self.read = row_reader(record, columns, skip)


def row_reader(record: Callable[..., R], columns: Sequence[str], skip: int = 0) -> Callable[[Row], R]:
    """A function from a row to a record.

    `columns` name the row's values after the first `skip`. For a dataclass they must be its fields, in order: a
    select that drifts from its record fails when its module is imported. Text columns whose field is an enum become
    members, arrays become tuples. The function is generated, as dataclasses are, because it runs once for each row.
    """
    names: dict[str, Any] = {"record": _thawed(record) if isinstance(record, type) else record, "frozen": record}
    expected = [field.name for field in fields(record)] if isinstance(record, type) else list(columns)
    if list(columns) != expected:
        raise TypeError(f"{record} has the fields {expected}, the statement selects {list(columns)}")
    hints = get_type_hints(record) if isinstance(record, type) else {}
    values = []
    for index, column in enumerate(columns):
        value = f"row[{index + skip}]"
        kind = _single(hints.get(column))
        if isinstance(kind, type) and issubclass(kind, StrEnum):
            names[f"members_{column}"] = {None: None, **{member.value: member for member in kind}}
            value = f"members_{column}[{value}]"
        elif get_origin(kind) is tuple:
            value = f"tuple({value} or ())"
        values.append(value)
    made = f"record({', '.join(values)})"
    if names["record"] is record:
        lines = f"    return {made}\n"
    else:
        lines = f"    made = {made}\n    made.__class__ = frozen\n    return made\n"
    exec(f"def read(row):\n{lines}", names)  # noqa: S102 - only our own column names
    reader: Callable[[Row], R] = names["read"]
    return reader


def _thawed(record: type) -> type:
    """A class of the same layout whose fields are plainly assigned; what it makes then becomes a record.

    A frozen dataclass sets each of its fields by a function call, which is four fifths of what reading a row costs.
    """
    if "__slots__" not in vars(record) or hasattr(record, "__post_init__") or record.__bases__ != (object,):
        return record
    names = tuple(vars(record)["__slots__"])
    lines = "".join(f"        self.{name} = {name}\n" for name in names)
    made: dict[str, Any] = {}
    text = f"class Thawed:\n    __slots__ = {names!r}\n    def __init__(self, {', '.join(names)}):\n{lines}"
    exec(text, made)  # noqa: S102 - only names of fields
    thawed: type = made["Thawed"]
    return thawed


def _single(hint: Any) -> Any:
    """The type behind `X | None`."""
    choices = [choice for choice in get_args(hint) if choice is not NoneType]
    return choices[0] if NoneType in get_args(hint) and len(choices) == 1 else hint
