"""Operations made up over any schema: valid ones, mostly, that use what GraphQL has."""

import json
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    Undefined,
    get_named_type,
    is_abstract_type,
    is_composite_type,
    is_required_argument,
    is_required_input_field,
)

Scalars = Mapping[str, Callable[[random.Random], Any]]
"""A value for each scalar, as JSON has it."""


@dataclass(frozen=True, slots=True)
class Made:
    """An operation and the values of its variables."""

    document: str
    variables: dict[str, Any]


@dataclass
class Maker:
    """Makes one operation."""

    schema: GraphQLSchema
    chance: random.Random
    scalars: Scalars
    depth: int = 4
    names: int = 0
    variables: dict[str, Any] = field(default_factory=dict)
    declared: list[str] = field(default_factory=list)
    fragments: list[str] = field(default_factory=list)

    def query(self) -> Made:
        """A query."""
        root = self.schema.query_type
        assert root is not None
        body = self._selection(root, self.depth, within=())
        declared = f"({', '.join(self.declared)})" if self.declared else ""
        return Made("\n".join([f"query Q{declared} {body}", *self.fragments]), self.variables)

    def _selection(self, kind: GraphQLNamedType, depth: int, *, within: tuple[str, ...], aliased: bool = False) -> str:
        """`within` are the fragments around it; `aliased` gives every field a name of its own."""
        chosen: list[str] = []
        if self._now(0.15):
            chosen.append(f"{self._name('t')}: __typename" if aliased else "__typename")
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
            fields = [
                (name, each)
                for name, each in kind.fields.items()
                if depth > 1 or not is_composite_type(get_named_type(each.type))
            ]
            number = min(len(fields), self.chance.choice([1, 1, 2] if kind is self.schema.query_type else [1, 2, 3, 4]))
            for name, each in self.chance.sample(fields, number):
                chosen.append(self._field(name, each, depth, within, aliased))
                if not each.args and self._now(0.06):
                    # Twice under one name: what is selected below is put together.
                    chosen.append(self._field(name, each, depth, within, aliased))
        if is_abstract_type(kind):
            possible = list(self.schema.get_possible_types(kind))
            for each in self.chance.sample(possible, min(len(possible), self.chance.choice([0, 1, 2, 3]))):
                chosen.append(
                    f"... on {each.name}{self._condition()} {self._selection(each, depth, within=within, aliased=True)}"
                )
        elif self._now(0.08):
            chosen.append(f"...{self._condition()} {self._selection(kind, depth, within=within, aliased=True)}")
        elif self._now(0.08) and depth > 1:
            chosen.append(f"...{self._fragment(kind, depth, within)}{self._condition()}")
        elif isinstance(kind, GraphQLObjectType) and kind.interfaces and self._now(0.08):
            interface = self.chance.choice(kind.interfaces)
            chosen.append(f"... on {interface.name} {self._selection(interface, depth, within=within, aliased=True)}")
        self.chance.shuffle(chosen)
        return "{ " + " ".join(chosen or ["__typename"]) + " }"

    def _field(self, name: str, each: GraphQLField, depth: int, within: tuple[str, ...], aliased: bool) -> str:
        arguments = self._arguments(each.args)
        # Fields with arguments get a name of their own, or two of them could not stand together.
        alias = f"{self._name('a')}: " if aliased or each.args or self._now(0.1) else ""
        kind = get_named_type(each.type)
        below = f" {self._selection(kind, depth - 1, within=within)}" if is_composite_type(kind) else ""
        return f"{alias}{name}{arguments}{self._condition()}{below}"

    def _fragment(self, kind: GraphQLNamedType, depth: int, within: tuple[str, ...]) -> str:
        name = self._name("F")
        body = self._selection(kind, depth - 1, within=(*within, name), aliased=True)
        self.fragments.append(f"fragment {name} on {kind.name} {body}")
        return name

    def _condition(self) -> str:
        if not self._now(0.05):
            return ""
        which, value = self.chance.choice(["skip", "include"]), self._now(0.5)
        if self._now(0.5):
            return f" @{which}(if: {json.dumps(value)})"
        name = self._name("c")
        if self._now(0.3):
            self.declared.append(f"${name}: Boolean! = {json.dumps(value)}")
        else:
            self.declared.append(f"${name}: Boolean!")
            self.variables[name] = value
        return f" @{which}(if: ${name})"

    def _arguments(self, arguments: Mapping[str, GraphQLArgument]) -> str:
        given: list[str] = []
        for name, argument in arguments.items():
            likely = 0.9 if name == "first" else 0.15
            if not is_required_argument(argument) and not self._now(likely):
                continue
            if self._now(0.3):
                given.append(f"{name}: ${self._variable(argument.type)}")
            else:
                given.append(f"{name}: {self._literal(argument.type)}")
        return f"({', '.join(given)})" if given else ""

    def _variable(self, kind: GraphQLInputType) -> str:
        name = self._name("v")
        if self._now(0.25):
            self.declared.append(f"${name}: {kind} = {self._literal(kind)}")
        else:
            self.declared.append(f"${name}: {kind}")
        if isinstance(kind, GraphQLNonNull) or self._now(0.8):
            self.variables[name] = self._value(kind)
        return name

    def _value(self, kind: GraphQLInputType) -> Any:
        """As JSON has it."""
        if isinstance(kind, GraphQLNonNull):
            return self._value(kind.of_type)
        if self._now(0.02):
            return None
        if isinstance(kind, GraphQLList):
            return [self._value(kind.of_type) for _ in range(self.chance.choice([0, 1, 1, 2]))]
        if isinstance(kind, GraphQLEnumType):
            return self.chance.choice(list(kind.values))
        if isinstance(kind, GraphQLInputObjectType):
            return {
                name: self._value(each.type)
                for name, each in kind.fields.items()
                if is_required_input_field(each) or self._now(0.3)
            }
        assert isinstance(kind, GraphQLScalarType)
        return self.scalars[kind.name](self.chance)

    def _literal(self, kind: GraphQLInputType) -> str:
        return _written(self._value(kind), kind)

    def _name(self, start: str) -> str:
        self.names += 1
        return f"{start}{self.names}"

    def _now(self, likely: float) -> bool:
        return self.chance.random() < likely


def _written(value: Any, kind: Any) -> str:
    """A value as it stands in a document."""
    if isinstance(kind, GraphQLNonNull):
        return _written(value, kind.of_type)
    if value is None or value is Undefined:
        return "null"
    if isinstance(kind, GraphQLList):
        return "[" + ", ".join(_written(item, kind.of_type) for item in value) + "]"
    if isinstance(kind, GraphQLEnumType):
        return str(value)
    if isinstance(kind, GraphQLInputObjectType):
        return (
            "{" + ", ".join(f"{name}: {_written(item, kind.fields[name].type)}" for name, item in value.items()) + "}"
        )
    return json.dumps(value)
