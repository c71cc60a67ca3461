"""The schema as clients read it."""

from collections.abc import Iterator
from pathlib import Path

from graphql import GraphQLEnumType, GraphQLInputObjectType, GraphQLInterfaceType, GraphQLObjectType, build_schema

from schema.api import schema

COMMITTED = Path(__file__).parents[2] / "schema" / "schema.graphql"


def test_the_committed_schema_is_what_the_code_says() -> None:
    assert COMMITTED.read_text(encoding="utf-8").strip() == schema.as_str().strip(), "run `make schema` and commit it"


def test_the_committed_schema_is_a_schema() -> None:
    assert build_schema(COMMITTED.read_text(encoding="utf-8")).query_type is not None


def test_every_element_has_a_description() -> None:
    assert [name for name, description in _elements() if not (description or "").strip()] == []


def _elements() -> Iterator[tuple[str, str | None]]:
    for name, kind in schema._schema.type_map.items():
        if name.startswith("__"):
            continue
        yield name, kind.description
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
            for field_name, field in kind.fields.items():
                yield f"{name}.{field_name}", field.description
                for argument_name, argument in field.args.items():
                    yield f"{name}.{field_name}({argument_name})", argument.description
        elif isinstance(kind, GraphQLInputObjectType):
            for field_name, input_field in kind.fields.items():
                yield f"{name}.{field_name}", input_field.description
        elif isinstance(kind, GraphQLEnumType):
            for value_name, value in kind.values.items():
                yield f"{name}.{value_name}", value.description
