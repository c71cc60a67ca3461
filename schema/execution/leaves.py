"""Scalars and enums one at a time, with every rule: what the generated readers did not want to decide."""

from collections.abc import Callable, Sequence
from typing import Any

from graphql import GraphQLError, GraphQLLeafType, GraphQLList, GraphQLNonNull, GraphQLOutputType, Undefined
from graphql.pyutils import inspect, is_iterable

from schema.execution.plan import FieldPlan

Fail = Callable[[Sequence[int], Exception], None]
"""Takes the error of what is at these indexes in the field's lists."""


def complete(field: FieldPlan, value: Any, fail: Fail) -> Any:
    """A field's value as the answer has it; None for what fails, at any depth, which `fail` is told of.

    https://spec.graphql.org/September2025/#CompleteValue()
    """
    return _complete(field, field.definition.type, value, (), fail)


def _complete(field: FieldPlan, kind: GraphQLOutputType, value: Any, indexes: tuple[int, ...], fail: Fail) -> Any:
    required = isinstance(kind, GraphQLNonNull)
    inner: Any = kind.of_type if isinstance(kind, GraphQLNonNull) else kind
    try:
        if isinstance(value, Exception):
            raise value
        if value is None or value is Undefined:
            if required:
                raise null_error(field)
            return None
        if isinstance(inner, GraphQLList):
            return [
                _complete(field, inner.of_type, item, (*indexes, index), fail)
                for index, item in enumerate(listed(field, value))
            ]
        return _leaf(inner, value)
    except Exception as error:  # noqa: BLE001 - whatever a field raises is the error of that field
        fail(indexes, error)
        return None


def listed(field: FieldPlan, value: Any) -> list[Any]:
    """The items of a list. Raises GraphQLError for what is none."""
    if not is_iterable(value):
        raise GraphQLError(f"Expected Iterable, but did not find one for field '{field.parent.name}.{field.name}'.")
    return list(value)


def null_error(field: FieldPlan) -> TypeError:
    """Of a null where there may be none."""
    return TypeError(f"Cannot return null for non-nullable field {field.parent.name}.{field.name}.")


def _leaf(kind: GraphQLLeafType, value: Any) -> Any:
    coerced = kind.coerce_output_value(value)
    if coerced is None or coerced is Undefined:
        raise TypeError(
            f"Expected `{inspect(kind)}.coerce_output_value({inspect(value)})` to return non-nullable value, "
            f"returned: {inspect(coerced)}"
        )
    return coerced
