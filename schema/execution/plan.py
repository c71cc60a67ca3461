"""An operation as it will be run: for each object type at each place of the answer, what is read and in what way."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from graphql import (
    ArgumentNode,
    BooleanValueNode,
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLLeafType,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    GraphQLUnionType,
    InlineFragmentNode,
    ListValueNode,
    ObjectValueNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    VariableNode,
    get_named_type,
    is_abstract_type,
    is_leaf_type,
)
from graphql.language import SelectionNode
from strawberry.types.field import StrawberryField

from schema.cost import is_counted
from schema.execution.edges import BREADTH_FIRST, Computed, EdgesTo, EdgeTo, Found, Named, SliceOf
from schema.execution.readers import Reader, reader_of

Way = EdgeTo | EdgesTo | SliceOf | Named | Found | None
"""How a field is read that is more than an attribute; None is its resolver, object by object."""

UNKNOWN = object()
_DEFINITION = "strawberry-definition"
_CONDITIONS = ("skip", "include")


class Inexpressible(Exception):
    """An operation that no plan can express; graphql-core runs it. The text is one of few, for counting."""


class FieldPlan:
    """A field of one object type: its place in the answer, and how it is read."""

    __slots__ = (
        "asked",
        "definition",
        "depth",
        "get",
        "key",
        "leaf",
        "name",
        "nodes",
        "nullable",
        "parent",
        "selection",
        "variables",
        "way",
        "whole",
    )

    def __init__(self, key: str, nodes: list[FieldNode], parent: GraphQLObjectType, definition: GraphQLField) -> None:
        self.key = key
        self.nodes = nodes
        self.parent = parent
        self.definition = definition
        self.name = nodes[0].name.value
        self.nullable = tuple(_nullable(definition.type))
        """Whether the field may be null, then its items, then their items."""
        self.depth = len(self.nullable) - 1
        """Lists within lists."""
        named = get_named_type(definition.type)
        self.leaf: GraphQLLeafType | None = named if is_leaf_type(named) else None
        self.selection: Selection | None = None
        self.way: Way = None
        self.get: Callable[[Any], Any] | None = None
        """From an object to the attribute that the field is, or to the key that leads to it."""
        self.variables = tuple(sorted(_variables(nodes[0].arguments)))
        """Those that its arguments name."""
        self.asked: dict[tuple[Any, ...], Any] = {}
        """What a page's arguments ask for, by the values of the variables."""
        self.whole: Any = UNKNOWN
        """How it is read whole, see `schema.execution.whole`; None if it cannot be. Where it may be of several types,
        each has its own."""


class ObjectPlan:
    """The selection on one object type."""

    __slots__ = ("counted", "inner", "is_type_of", "later", "leaves", "plain", "read", "type")

    def __init__(self, kind: GraphQLObjectType, fields: Sequence[FieldPlan], leaves: Sequence[Reader]) -> None:
        self.type = kind
        self.is_type_of = kind.is_type_of
        self.counted = is_counted(kind)
        self.leaves = leaves
        self.read = reader_of(leaves)
        """The generated reader of scalars and enums; raises for what it does not expect."""
        self.inner = [field for field in fields if field.get is not None and field.way is None]
        """Objects that are attributes of their parents."""
        self.later = [field for field in fields if field.get is None or field.way is not None]
        """What has to be waited for."""
        self.plain = not self.inner and not self.later


class Selection:
    """What is selected at one place, for whatever object types turn up there; each is compiled when it first does."""

    __slots__ = ("abstract", "nodes", "object", "plan", "plans")

    def __init__(self, plan: "Plan", nodes: list[FieldNode], kind: GraphQLNamedType) -> None:
        self.plan = plan
        self.nodes = nodes
        self.plans: dict[GraphQLObjectType, ObjectPlan] = {}
        self.abstract: GraphQLInterfaceType | GraphQLUnionType | None = None
        self.object: ObjectPlan | None = None
        if is_abstract_type(kind):
            self.abstract = kind
        elif isinstance(kind, GraphQLObjectType):
            self.object = self.on(kind)

    def on(self, kind: GraphQLObjectType) -> ObjectPlan:
        """The selection on this type."""
        found = self.plans.get(kind)
        if found is None:
            sets = [node.selection_set for node in self.nodes if node.selection_set is not None]
            found = self.plans[kind] = self.plan.objects(kind, sets)
        return found


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of a document, and its fragments."""

    node: OperationDefinitionNode
    fragments: Mapping[str, FragmentDefinitionNode]
    conditions: tuple[str, ...]
    """The variables that decide about `@skip` and `@include`."""

    @classmethod
    def of(cls, document: DocumentNode, name: str | None) -> "Operation":
        """The operation of this name, or the only one. Raises Inexpressible."""
        fragments = {node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)}
        found = [
            node
            for node in document.definitions
            if isinstance(node, OperationDefinitionNode)
            and (name is None or (node.name is not None and node.name.value == name))
        ]
        if len(found) != 1:
            raise Inexpressible("no single operation")
        (node,) = found
        if node.operation is OperationType.SUBSCRIPTION:
            raise Inexpressible("subscription")
        if node.directives:
            raise Inexpressible("directive on the operation")
        return cls(node, fragments, tuple(sorted(_conditions(node, fragments))))

    def pattern(self, variables: Mapping[str, Any]) -> tuple[bool, ...]:
        """Their values. Raises Inexpressible for one that is null, which is an error of its own."""
        values = tuple(variables.get(name) for name in self.conditions)
        if not all(isinstance(value, bool) for value in values):
            raise Inexpressible("condition without a value")
        return values  # type: ignore[return-value]


class Plan:
    """An operation under one pattern of its conditions."""

    def __init__(self, schema: GraphQLSchema, operation: Operation, pattern: tuple[bool, ...]) -> None:
        self.schema = schema
        self.operation = operation
        self.serial = operation.node.operation is OperationType.MUTATION
        self.runs = 0
        """How often it has been run."""
        self._given = dict(zip(operation.conditions, pattern, strict=True))
        root = schema.get_root_type(operation.node.operation)
        if root is None:
            raise Inexpressible("no such root")
        self.root = self.objects(root, [operation.node.selection_set])

    def objects(self, kind: GraphQLObjectType, sets: Sequence[SelectionSetNode]) -> ObjectPlan:
        """The plan for what these selection sets select on an object type."""
        collected: dict[str, list[FieldNode]] = {}
        visited: set[str] = set()
        for selection_set in sets:
            self._collect(kind, selection_set, collected, visited)
        fields: list[FieldPlan] = []
        leaves: list[Reader] = []
        for key, nodes in collected.items():
            name = nodes[0].name.value
            if name == "__typename":
                leaves.append(Reader(key, constant=kind.name))
                continue
            if name.startswith("__"):
                raise Inexpressible("introspection")
            definition = kind.fields.get(name)
            if definition is None:
                raise Inexpressible("unknown field")
            field = FieldPlan(key, nodes, kind, definition)
            attribute = self._classify(field)
            leaves.append(Reader(key) if attribute is None else attribute)
            if attribute is None:
                fields.append(field)
        return ObjectPlan(kind, fields, leaves)

    def _classify(self, field: FieldPlan) -> Reader | None:
        """Set how the field is read; a scalar that is at hand is left to the generated reader."""
        definition = field.definition.extensions.get(_DEFINITION)
        if not isinstance(definition, StrawberryField):
            raise Inexpressible("field without a definition")
        # What guards or changes a field does so where it is resolved, and so once for each object.
        way = None if definition.extensions else definition.metadata.get(BREADTH_FIRST)
        if isinstance(way, Computed):
            return Reader(field.key, field, way.attribute, convert=way.of(field.parent.name))
        if definition.is_basic_field and field.leaf is not None:
            return Reader(field.key, field, definition.python_name)
        if field.leaf is None:
            field.selection = Selection(self, field.nodes, get_named_type(field.definition.type))
        if definition.is_basic_field:
            field.get = attrgetter(definition.python_name)
        elif isinstance(way, EdgeTo | SliceOf):
            field.way, field.get = way, attrgetter(way.key)
        elif isinstance(way, EdgesTo):
            field.way, field.get = way, attrgetter(way.keys)
        elif isinstance(way, Named):
            field.way, field.get = way, attrgetter(way.call)
        elif isinstance(way, Found):
            field.way = way
        return None

    def _collect(
        self,
        kind: GraphQLObjectType,
        selection_set: SelectionSetNode,
        collected: dict[str, list[FieldNode]],
        visited: set[str],
    ) -> None:
        """https://spec.graphql.org/September2025/#CollectFields()"""
        for selection in selection_set.selections:
            if not self._included(selection):
                continue
            if isinstance(selection, FieldNode):
                key = selection.alias.value if selection.alias else selection.name.value
                collected.setdefault(key, []).append(selection)
            elif isinstance(selection, InlineFragmentNode):
                condition = selection.type_condition
                if condition is None or self._applies(condition.name.value, kind):
                    self._collect(kind, selection.selection_set, collected, visited)
            elif isinstance(selection, FragmentSpreadNode):
                name = selection.name.value
                fragment = self.operation.fragments.get(name)
                if fragment is None:
                    raise Inexpressible("unknown fragment")
                if name not in visited and self._applies(fragment.type_condition.name.value, kind):
                    visited.add(name)
                    self._collect(kind, fragment.selection_set, collected, visited)

    def _included(self, selection: SelectionNode) -> bool:
        for directive in selection.directives or ():
            if self._holds(directive) is (directive.name.value == "skip"):
                return False
        return True

    def _holds(self, directive: DirectiveNode) -> bool:
        value = next(argument.value for argument in directive.arguments or ())
        if isinstance(value, BooleanValueNode):
            return value.value
        if isinstance(value, VariableNode):
            return self._given[value.name.value]
        raise Inexpressible("condition")

    def _applies(self, condition: str, kind: GraphQLObjectType) -> bool:
        wanted = self.schema.get_type(condition)
        return wanted is kind or (is_abstract_type(wanted) and self.schema.is_sub_type(wanted, kind))


def _variables(arguments: Sequence[ArgumentNode] | None) -> Iterator[str]:
    waiting: list[Any] = [argument.value for argument in arguments or ()]
    while waiting:
        value = waiting.pop()
        if isinstance(value, VariableNode):
            yield value.name.value
        elif isinstance(value, ListValueNode):
            waiting += value.values
        elif isinstance(value, ObjectValueNode):
            waiting += [field.value for field in value.fields]


def _nullable(kind: GraphQLOutputType) -> Iterator[bool]:
    yield not isinstance(kind, GraphQLNonNull)
    inner = kind.of_type if isinstance(kind, GraphQLNonNull) else kind
    if isinstance(inner, GraphQLList):
        yield from _nullable(inner.of_type)


def _conditions(node: OperationDefinitionNode, fragments: Mapping[str, FragmentDefinitionNode]) -> set[str]:
    """The variables in `@skip` and `@include` anywhere in the operation. Raises Inexpressible for other directives."""
    found: set[str] = set()
    seen: set[str] = set()
    waiting: list[SelectionSetNode] = [node.selection_set]
    while waiting:
        for selection in waiting.pop().selections:
            for directive in selection.directives or ():
                if directive.name.value not in _CONDITIONS:
                    raise Inexpressible("directive")
                values = (argument.value for argument in directive.arguments or ())
                found |= {value.name.value for value in values if isinstance(value, VariableNode)}
            if isinstance(selection, FragmentSpreadNode):
                name = selection.name.value
                if name not in seen and name in fragments:
                    seen.add(name)
                    waiting.append(fragments[name].selection_set)
            elif isinstance(selection, FieldNode | InlineFragmentNode) and selection.selection_set is not None:
                waiting.append(selection.selection_set)
    return found
