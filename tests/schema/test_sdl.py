"""The schema as clients read it."""

from collections.abc import Iterator
from pathlib import Path

from graphql import GraphQLEnumType, GraphQLInputObjectType, GraphQLInterfaceType, GraphQLObjectType, build_schema

from schema.api import schema
from tests.schema_changes import undeclared, without_descriptions

COMMITTED = Path(__file__).parents[2] / "schema" / "schema.graphql"


def test_the_committed_schema_is_what_the_code_says() -> None:
    assert COMMITTED.read_text(encoding="utf-8").strip() == schema.as_str().strip(), "run `make schema` and commit it"


def test_the_committed_schema_is_a_schema() -> None:
    assert build_schema(COMMITTED.read_text(encoding="utf-8")).query_type is not None


def test_every_element_has_a_description() -> None:
    assert [name for name, description in _elements() if not (description or "").strip()] == []


RELEASED = """
directive @since(version: String) on OBJECT
type Query { books(first: Int): [Book!]! kind: Kind }
type Book { title: String! pages: Int }
enum Kind { NEW OLD }
"""
CHANGED = """
type Query {
  \"\"\"
  Books, \\\"""all\\\""" of them.
  \"\"\"
  books(first: Int, after: String): [Book!]! kind: Kind
}
type Book { title: String pages: Int! }
enum Kind { NEW LOST }
"""


def test_what_breaks_clients_is_told_from_what_does_not() -> None:
    breaking, counted = undeclared(RELEASED, CHANGED, "## Unreleased\n")
    assert breaking == [
        "Directive @since was removed. (`@since`)",
        "Enum value Kind.OLD was removed. (`Kind.OLD`)",
        "Field Book.title changed type from String! to String. (`Book.title`)",
    ]
    assert counted == "3 breaking, 0 of them declared; 2 dangerous; 1 safe"


def test_what_breaks_clients_is_declared_by_its_place() -> None:
    declared = "## Unreleased\n### Breaking\n- `Book.title` can be null; `@since` and `Kind.OLD` are gone.\n### Pages\n"
    assert undeclared(RELEASED, CHANGED, declared) == ([], "3 breaking, 3 of them declared; 2 dangerous; 1 safe")
    for elsewhere in (
        declared.replace("Unreleased", "0.1.0"),
        declared.replace("Breaking", "The graph"),
        declared.replace("`Book.title`", "`Book`").replace("`@since`", "since").replace("`Kind.OLD`", "`Kind`"),
    ):
        assert len(undeclared(RELEASED, CHANGED, elsewhere)[0]) == 3


def test_an_unchanged_schema_breaks_nothing() -> None:
    sdl = COMMITTED.read_text(encoding="utf-8")
    released = without_descriptions(sdl)
    assert '"""' not in released
    assert undeclared(released, sdl, "") == ([], "0 breaking, 0 of them declared; 0 dangerous; 0 safe")


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
