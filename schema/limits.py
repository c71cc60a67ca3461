"""What a document may ask for; looked at before it is validated, for validation itself is work.

Every list of the graph is a page, so what an operation can cost at most stands in its text: objects times page sizes.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    VariableNode,
    get_named_type,
    is_list_type,
)
from graphql.type import GraphQLOutputType, get_nullable_type
from strawberry.extensions import SchemaExtension

from schema.types.connection import DEFAULT_PAGE, MAX_PAGE

MAX_CHARACTERS = 100_000
"""Of a document; what is long in a request, such as a transcript, is in its variables."""
MAX_TOKENS = 3_000
"""GraphiQL's introspection has about 450, a large dashboard 500."""
MAX_REPEATS = 30
"""How often one selection may name the same field or fragment: comparing them takes the square of it."""
MAX_FIELDS = 3_000
"""Fields of an operation, each fragment counted wherever it is spread."""
MAX_DEPTH = 30
MAX_OBJECTS = 25_000
"""Objects of an answer, if every page is full."""
MAX_MUTATIONS = 20
SHORT_LIST = 3
"""What a list that is not a page counts for."""


class TooMuch(Exception):
    """A document asks for more than is given; the text says the figure and the limit."""


class DocumentLimits(SchemaExtension):
    """Refuses an operation that asks for too much, with the code TOO_COMPLEX."""

    def on_operation(self) -> Iterator[None]:
        """The parser stops by itself."""
        self.execution_context.parse_options["max_tokens"] = MAX_TOKENS
        yield

    def on_validate(self) -> Iterator[None]:
        """Before the rules of GraphQL are looked at."""
        context = self.execution_context
        if context.graphql_document is not None and context.pre_execution_errors is None:
            try:
                check(
                    context.graphql_document,
                    context.schema._schema,
                    context.operation_name,
                    context.variables or {},
                )
            except TooMuch as error:
                context.pre_execution_errors = [GraphQLError(str(error), extensions={"code": "TOO_COMPLEX"})]
        yield


def check(
    document: DocumentNode, schema: GraphQLSchema, operation_name: str | None, variables: Mapping[str, Any]
) -> None:
    """Raises TooMuch for the operation of this name, or the only one. The document need not be valid."""
    if document.loc is not None and (length := len(document.loc.source.body)) > MAX_CHARACTERS:
        raise TooMuch(f"A document has at most {MAX_CHARACTERS:,} characters; this one has {length:,}.")
    fragments: dict[str, FragmentDefinitionNode] = {}
    operation: OperationDefinitionNode | None = None
    for definition in document.definitions:
        if isinstance(definition, FragmentDefinitionNode):
            fragments[definition.name.value] = definition
            _check_repeats(definition.selection_set)
        elif isinstance(definition, OperationDefinitionNode):
            _check_repeats(definition.selection_set)
            if operation is None or (definition.name and definition.name.value == operation_name):
                operation = definition
    if operation is None:
        return
    if operation.operation is OperationType.MUTATION and len(operation.selection_set.selections) > MAX_MUTATIONS:
        raise TooMuch(
            f"A request changes at most {MAX_MUTATIONS} things; this one names "
            f"{len(operation.selection_set.selections)}."
        )
    root = schema.get_root_type(operation.operation)
    _Walk(schema, fragments, variables).walk(operation.selection_set, root, 1, 1, ())


def _check_repeats(selection_set: SelectionSetNode) -> None:
    waiting = [selection_set]
    while waiting:
        selections = waiting.pop().selections
        names: Counter[str] = Counter()
        for selection in selections:
            if isinstance(selection, FieldNode):
                names[selection.alias.value if selection.alias else selection.name.value] += 1
            elif isinstance(selection, FragmentSpreadNode):
                names[f"...{selection.name.value}"] += 1
            else:
                names["..."] += 1
            inner = getattr(selection, "selection_set", None)
            if inner is not None:
                waiting.append(inner)
        for name, count in names.most_common(1):
            if count > MAX_REPEATS:
                raise TooMuch(f"One selection has `{name}` {count} times; at most {MAX_REPEATS} are taken.")


class _Walk:
    """Through an operation with its fragments in place, counting."""

    def __init__(
        self, schema: GraphQLSchema, fragments: Mapping[str, FragmentDefinitionNode], variables: Mapping[str, Any]
    ) -> None:
        self.schema = schema
        self.fragments = fragments
        self.variables = variables
        self.fields = 0
        self.objects = 0

    def walk(
        self,
        selection_set: SelectionSetNode,
        parent: GraphQLNamedType | None,
        copies: int,
        depth: int,
        within: tuple[str, ...],
    ) -> None:
        """Count a selection that is made on `copies` objects; `within` are the fragments around it."""
        if depth > MAX_DEPTH:
            raise TooMuch(f"The document is nested deeper than {MAX_DEPTH} fields.")
        for selection in selection_set.selections:
            self.fields += 1
            if self.fields > MAX_FIELDS:
                raise TooMuch(f"The operation has more than {MAX_FIELDS:,} fields, fragments counted where they stand.")
            if isinstance(selection, FieldNode):
                self._field(selection, parent, copies, depth, within)
            elif isinstance(selection, FragmentSpreadNode):
                name = selection.name.value
                fragment = self.fragments.get(name)
                if fragment is not None and name not in within:
                    kind = self.schema.get_type(fragment.type_condition.name.value)
                    self.walk(fragment.selection_set, kind, copies, depth, (*within, name))
            elif isinstance(selection, InlineFragmentNode):
                condition = selection.type_condition
                kind = parent if condition is None else self.schema.get_type(condition.name.value)
                self.walk(selection.selection_set, kind, copies, depth, within)

    def _field(
        self, node: FieldNode, parent: GraphQLNamedType | None, copies: int, depth: int, within: tuple[str, ...]
    ) -> None:
        if node.selection_set is None:
            return
        field = None
        if isinstance(parent, GraphQLObjectType | GraphQLInterfaceType):
            field = parent.fields.get(node.name.value)
        kind = None if field is None else get_named_type(field.type)
        if field is not None and "first" in field.args:
            copies *= self._page(node)
        elif field is not None and _is_list(field.type) and not (parent is not None and _is_page(parent)):
            copies *= SHORT_LIST
        if kind is not None and not kind.name.startswith("__") and not _is_page(kind):
            self.objects += copies
            if self.objects > MAX_OBJECTS:
                raise TooMuch(
                    f"The operation asks for more than {MAX_OBJECTS:,} objects if all pages are full; "
                    "take smaller pages (`first`) or fewer levels."
                )
        self.walk(node.selection_set, kind, copies, depth + 1, within)

    def _page(self, node: FieldNode) -> int:
        size: object = None
        for argument in node.arguments or ():
            if argument.name.value in {"first", "last"}:
                value = argument.value
                if isinstance(value, IntValueNode):
                    size = int(value.value[:9])
                elif isinstance(value, VariableNode):
                    size = self.variables.get(value.name.value)
        # A page that is too large is refused where it is read, with a better word.
        return min(max(size, 1), MAX_PAGE) if isinstance(size, int) else DEFAULT_PAGE


def _is_list(kind: GraphQLOutputType) -> bool:
    return is_list_type(get_nullable_type(kind))


def _is_page(kind: GraphQLNamedType) -> bool:
    """A connection, whose lists are the page itself and not a list in a page."""
    return kind.name.endswith("Connection")
