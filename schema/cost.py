"""What an operation may cost at most, in points: an object of the answer is one, a mutation ten more.

Every list of the graph is a page, so it stands in the document: objects times page sizes. Sizes and conditions that are
variables stay open, and so the cost is worked out once for a document and looked up for each request.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import Any

from graphql import (
    ArgumentNode,
    BooleanValueNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
    get_named_type,
    is_list_type,
)
from graphql.language import SelectionNode, ValueNode
from graphql.type import GraphQLOutputType, get_nullable_type

from schema.types.connection import DEFAULT_PAGE, MAX_PAGE

MUTATION = 10
"""Points of a mutation, beside the objects that it answers."""
SHORT_LIST = 3
"""What a list that is not a page counts for."""
_SIZES = frozenset({"first", "last", "ids"})
_FREE = frozenset({"Query", "Mutation", "Subscription", "PageInfo"})


def is_counted(kind: GraphQLNamedType) -> bool:
    """Whether an object of this type costs anything."""
    name = kind.name
    return not (name in _FREE or name.startswith("__") or name.endswith(("Connection", "Edge")))


@dataclass(frozen=True, slots=True)
class Page:
    """How many objects a page has at most."""

    size: int | None
    """As the document says, the largest if it says more than one; None if it does not."""
    variables: tuple[str, ...] = ()
    """Those that say it."""

    def value(self, variables: Mapping[str, Any]) -> int:
        """Under these variables. A page that is too large is refused where it is read, with a better word."""
        sizes = [] if self.size is None else [self.size]
        for name in self.variables:
            value = variables.get(name)
            if isinstance(value, int | float):
                sizes.append(int(min(value, MAX_PAGE)))  # 100.0 is an Int too
            elif isinstance(value, list):
                sizes.append(len(value))
        return min(max(*sizes, 1), MAX_PAGE) if sizes else DEFAULT_PAGE


@dataclass(frozen=True, slots=True)
class Condition:
    """An `@include`, or a `@skip` when not `wanted`, that a variable decides."""

    variable: str
    wanted: bool

    def value(self, variables: Mapping[str, Any]) -> int:
        """1 where the selection is made, else 0."""
        return int((variables.get(self.variable) is True) is self.wanted)


Factor = Page | Condition


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one operation: a sum of products."""

    fixed: int
    terms: tuple[tuple[int, tuple[Factor, ...]], ...]
    factors: frozenset[Factor]
    defaults: Mapping[str, Any]
    """Values of variables that are not given."""

    @classmethod
    def of(
        cls,
        operation: OperationDefinitionNode,
        fragments: Mapping[str, FragmentDefinitionNode],
        schema: GraphQLSchema,
    ) -> "Cost":
        """The document need not be valid, but its fragments must not be too many where they are spread."""
        walk = _Walk(schema, fragments)
        root = schema.get_root_type(operation.operation)
        walk.selections(operation.selection_set, root, 1, (), ())
        fixed = walk.points.pop((), 0)
        defaults = {
            node.variable.name.value: _plain(node.default_value)
            for node in operation.variable_definitions or ()
            if node.default_value is not None
        }
        terms = tuple((points, factors) for factors, points in walk.points.items())
        return cls(fixed, terms, frozenset().union(*walk.points), defaults)

    def under(self, variables: Mapping[str, Any]) -> int:
        """Points with these variables, as the client sent them; at least 1."""
        if not self.terms:
            return max(self.fixed, 1)
        if self.defaults:
            variables = {**self.defaults, **variables}
        values = {factor: factor.value(variables) for factor in self.factors}
        found = self.fixed
        for points, factors in self.terms:
            found += points * prod([values[factor] for factor in factors])
        return max(found, 1)


class _Walk:
    """Through an operation with its fragments in place."""

    def __init__(self, schema: GraphQLSchema, fragments: Mapping[str, FragmentDefinitionNode]) -> None:
        self.schema = schema
        self.fragments = fragments
        self.points: dict[tuple[Factor, ...], int] = {}

    def selections(
        self,
        selection_set: SelectionSetNode,
        parent: GraphQLNamedType | None,
        copies: int,
        factors: tuple[Factor, ...],
        within: tuple[str, ...],
    ) -> None:
        """What is selected on so many objects, times the factors; `within` are the fragments around it."""
        for selection in selection_set.selections:
            conditions = _conditions(selection)
            if conditions is None:
                continue
            under = (*factors, *(each for each in conditions if each not in factors))
            if isinstance(selection, FieldNode):
                self._field(selection, parent, copies, under, within)
            elif isinstance(selection, FragmentSpreadNode):
                name = selection.name.value
                fragment = self.fragments.get(name)
                if fragment is not None and name not in within:
                    kind = self.schema.get_type(fragment.type_condition.name.value)
                    self.selections(fragment.selection_set, kind, copies, under, (*within, name))
            elif isinstance(selection, InlineFragmentNode):
                condition = selection.type_condition
                kind = parent if condition is None else self.schema.get_type(condition.name.value)
                self.selections(selection.selection_set, kind, copies, under, within)

    def _field(
        self,
        node: FieldNode,
        parent: GraphQLNamedType | None,
        copies: int,
        factors: tuple[Factor, ...],
        within: tuple[str, ...],
    ) -> None:
        if parent is not None and parent is self.schema.mutation_type:
            self.points[factors] = self.points.get(factors, 0) + MUTATION
        if node.selection_set is None:
            return
        field = None
        if isinstance(parent, GraphQLObjectType | GraphQLInterfaceType):
            field = parent.fields.get(node.name.value)
        kind = None if field is None else get_named_type(field.type)
        if field is not None and not _SIZES.isdisjoint(field.args):
            page = _page([argument for argument in node.arguments or () if argument.name.value in _SIZES])
            if page.variables:
                factors = (*factors, page)
            else:
                copies *= page.value({})
        elif field is not None and _is_list(field.type) and not (parent is not None and _is_page(parent)):
            copies *= SHORT_LIST
        if kind is not None and is_counted(kind):
            self.points[factors] = self.points.get(factors, 0) + copies
        self.selections(node.selection_set, kind, copies, factors, within)


def _page(sizes: list[ArgumentNode]) -> Page:
    values = [_plain(argument.value) for argument in sizes if not isinstance(argument.value, VariableNode)]
    known = [len(value) if isinstance(value, list) else value for value in values if value is not None]
    names = (argument.value.name.value for argument in sizes if isinstance(argument.value, VariableNode))
    return Page(max(known, default=None), tuple(names))


def _conditions(selection: SelectionNode) -> list[Factor] | None:
    """What decides whether the selection is made; None where it never is."""
    found: list[Factor] = []
    for directive in selection.directives or ():
        if directive.name.value not in ("include", "skip"):
            continue
        wanted = directive.name.value == "include"
        for argument in directive.arguments or ():
            if isinstance(argument.value, VariableNode):
                found.append(Condition(argument.value.name.value, wanted))
            elif isinstance(argument.value, BooleanValueNode) and argument.value.value is not wanted:
                return None
    return found


def _plain(value: ValueNode) -> Any:
    """A number, a list's items as they stand, or a truth; None for the rest."""
    if isinstance(value, IntValueNode):
        return int(value.value[:9])
    if isinstance(value, ListValueNode):
        return list(value.values)
    return value.value if isinstance(value, BooleanValueNode) else None


def _is_list(kind: GraphQLOutputType) -> bool:
    return is_list_type(get_nullable_type(kind))


def _is_page(kind: GraphQLNamedType) -> bool:
    """A connection, whose lists are the page itself and not a list in a page."""
    return kind.name.endswith("Connection")
