"""Scalars and enums of many objects, read by a function that is generated for the selection.

It does what is usual and nothing else: it takes values of the type that the schema says, and raises for anything
that needs a second look. Who called it then goes through `leaves`, object by object.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from math import isfinite
from typing import TYPE_CHECKING, Any

from graphql import (
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLFloat,
    GraphQLID,
    GraphQLInt,
    GraphQLLeafType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLOutputType,
    GraphQLString,
)

if TYPE_CHECKING:
    from schema.execution.plan import FieldPlan


class Odd(Exception):
    """A value is not what the schema says; it may be an error and may be none."""


@dataclass(frozen=True, slots=True)
class Reader:
    """A key of the answer: a constant, a scalar of the object, or nothing yet."""

    key: str
    field: "FieldPlan | None" = None
    attribute: str = ""
    convert: Callable[[Any], Any] | None = None
    """What the value is computed by, for a field that is no plain attribute."""
    constant: Any = None

    def value(self, source: Any) -> Any:
        """The object's value, before it is made one of the answer's."""
        value = getattr(source, self.attribute)
        return value if self.convert is None else self.convert(value)


ReadAll = Callable[[Sequence[Any]], list[dict[str, Any]]]


def reader_of(leaves: Sequence[Reader]) -> ReadAll:
    """A function from objects to their parts of the answer, with None for what is still to come."""
    names: dict[str, Any] = {"Odd": Odd}
    lines: list[str] = []
    items: list[str] = []
    for number, leaf in enumerate(leaves):
        if leaf.field is None:
            items.append(f"{leaf.key!r}: {leaf.constant!r}")
            continue
        names[f"convert{number}"] = leaf.convert
        read = f"source.{leaf.attribute}"
        lines.append(f"v{number} = {read if leaf.convert is None else f'convert{number}({read})'}")
        lines += _checked(leaf.field.definition.type, number, names)
        items.append(f"{leaf.key!r}: v{number}")
    body = "".join(f"        {line}\n" for line in lines)
    text = (
        "def read(sources):\n    found = []\n    add = found.append\n    for source in sources:\n"
        f"{body}        add({{{', '.join(items)}}})\n    return found\n"
    )
    exec(text, names)  # noqa: S102 - our own attribute names, and keys that are GraphQL names
    read_all: ReadAll = names.pop("read")  # which would be a circle
    return read_all


def _checked(kind: GraphQLOutputType, number: int, names: dict[str, Any]) -> list[str]:
    """The lines that make `v<number>` a value of the answer."""
    value = f"v{number}"
    required = isinstance(kind, GraphQLNonNull)
    inner: Any = kind.of_type if isinstance(kind, GraphQLNonNull) else kind
    if isinstance(inner, GraphQLList):
        lines = _checked_list(inner.of_type, number, names)
    else:
        lines = _checked_leaf(inner, value, number, names)
    if required:
        return lines
    return [f"if {value} is not None:", *(f"    {line}" for line in lines)]


def _checked_list(kind: GraphQLOutputType, number: int, names: dict[str, Any]) -> list[str]:
    value, item = f"v{number}", f"i{number}"
    lines = [f"if {value}.__class__ is not tuple and {value}.__class__ is not list: raise Odd"]
    inner: Any = kind.of_type if isinstance(kind, GraphQLNonNull) else None
    if inner is None or isinstance(inner, GraphQLList):
        # No list of the graph has nullable items or lists in it, so these are not worth lines of their own.
        return [*lines, "raise Odd"]
    checks = _checked_leaf(inner, item, number, names)
    if any(line.startswith(f"{item} =") for line in checks):
        lines += [f"w{number} = []", f"for {item} in {value}:", *(f"    {line}" for line in checks)]
        return [*lines, f"    w{number}.append({item})", f"{value} = w{number}"]
    return [*lines, f"for {item} in {value}:", *(f"    {line}" for line in checks)]


def _checked_leaf(kind: GraphQLLeafType, value: str, number: int, names: dict[str, Any]) -> list[str]:
    if kind is GraphQLString or kind is GraphQLID:
        return [f"if {value}.__class__ is not str: raise Odd"]
    if kind is GraphQLInt:
        return [f"if {value}.__class__ is not int or not -2147483648 <= {value} <= 2147483647: raise Odd"]
    if kind is GraphQLBoolean:
        return [f"if {value} is not True and {value} is not False: raise Odd"]
    if kind is GraphQLFloat:
        names["isfinite"] = isfinite
        return [f"if {value}.__class__ is not float or not isfinite({value}): raise Odd"]
    if isinstance(kind, GraphQLEnumType):
        members = getattr(kind, "wrapped_cls", None)
        if members is not None and all(name in members.__members__ for name in kind.values):
            names[f"kind{number}"] = members
            names[f"names{number}"] = {
                members[name]._name_: name for name, given in kind.values.items() if members[name].value == given.value
            }
            # Not by the member itself: the hash of an enum is a function in Python.
            return [f"if {value}.__class__ is not kind{number}: raise Odd", f"{value} = names{number}[{value}._name_]"]
    # The writer of the answer gives these two the form that their scalars have.
    if kind.name == "DateTime":
        names["datetime"] = datetime
        return [f"if {value}.__class__ is not datetime: raise Odd"]
    if kind.name == "Date":
        names["date"] = date
        return [f"if {value}.__class__ is not date: raise Odd"]
    if kind.name == "Decimal":
        names["Decimal"] = Decimal
        return [f"if {value}.__class__ is not Decimal: raise Odd", f"{value} = str({value})"]
    names[f"coerce{number}"] = kind.coerce_output_value
    return [f"{value} = coerce{number}({value})", f"if {value} is None: raise Odd"]
