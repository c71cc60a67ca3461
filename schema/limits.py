"""What a document may ask for; looked at before it is validated, for validation itself is work.

What depends on the document alone is looked at once; its cost (`schema.cost`) with each request's variables.
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
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
)
from graphql import ExecutionResult as CoreResult
from strawberry.extensions import SchemaExtension
from strawberry.types.execution import ExecutionResult

from schema.budget import Spent
from schema.cost import Cost
from schema.documents import MAX_CHARACTERS, MAX_TOKENS
from schema.results import refused, unexecuted

MAX_REPEATS = 30
"""How often one selection may name the same field or fragment: comparing them takes the square of it."""
MAX_FIELDS = 3_000
"""Fields and fragments of an operation, each fragment counted wherever it is spread."""
MAX_DEPTH = 30
MAX_ALIASES = 200
"""Of a document."""
MAX_DIRECTIVES = 200
"""Of a document."""
MAX_FRAGMENTS = 100
"""Of a document: they may be spread in each other, and whoever looks at that goes as deep."""
MAX_COST = 25_000
"""Points of an operation, if every page is full."""
MAX_MUTATIONS = 20
_COUNTLESS = 10**9


class TooMuch(Exception):
    """A document asks for more than is given; the text says the figure and the limit."""


class DocumentLimits(SchemaExtension):
    """Refuses an operation that asks for too much, with the code TOO_COMPLEX, and one that the budget lacks for."""

    def on_operation(self) -> Iterator[None]:
        """The parser stops by itself."""
        self.execution_context.parse_options["max_tokens"] = MAX_TOKENS
        yield

    def on_validate(self) -> Iterator[None]:
        """Before the rules of GraphQL are looked at."""
        context = self.execution_context
        if context.graphql_document is not None and context.pre_execution_errors is None:
            try:
                cost = check(context.graphql_document, context.schema._schema, context._provided_operation_name)
                context.context.charge(priced(cost, context.variables or {}))
            except (TooMuch, Spent) as error:
                context.pre_execution_errors = [refusal(error)]
        yield

    def get_results(self) -> dict[str, Any]:
        """What the operation cost, for the answer's `extensions`."""
        context = self.execution_context
        # Not by its `pre_execution_errors`: errors of fields are among them.
        if not isinstance(context.result, CoreResult | ExecutionResult) or unexecuted(context.result):
            context.context.discharge()
            return {}
        told: dict[str, Any] = context.context.settled()
        return told


def refusal(error: TooMuch | Spent) -> GraphQLError:
    """As the client is told."""
    if isinstance(error, TooMuch):
        return refused("TOO_COMPLEX", str(error))
    found = refused("BUDGET_SPENT", str(error))
    found.extensions = {**(found.extensions or {}), "retryAfter": error.seconds}
    return found


def priced(cost: Cost, variables: Mapping[str, Any]) -> int:
    """The points of an operation with these variables. Raises TooMuch."""
    points = cost.under(variables)
    if points > MAX_COST:
        raise TooMuch(
            f"The operation may cost {points:,} points if all pages are full, and at most {MAX_COST:,} are given: take "
            "smaller pages (`first`) or fewer levels."
        )
    return points


def check(document: DocumentNode, schema: GraphQLSchema, operation_name: str | None) -> Cost:
    """What the operation of this name, or the only one, costs. Raises TooMuch. The document need not be valid."""
    if document.loc is not None and (length := len(document.loc.source.body)) > MAX_CHARACTERS:
        raise TooMuch(f"A document has at most {MAX_CHARACTERS:,} characters; this one has {length:,}.")
    fragments: dict[str, FragmentDefinitionNode] = {}
    operation: OperationDefinitionNode | None = None
    written = _Written()
    for definition in document.definitions:
        if isinstance(definition, FragmentDefinitionNode):
            fragments[definition.name.value] = definition
            written.count(definition)
        elif isinstance(definition, OperationDefinitionNode):
            written.count(definition)
            if operation is None or (definition.name and definition.name.value == operation_name):
                operation = definition
    written.check(len(fragments))
    if operation is None:
        return NOTHING
    fields, depth, roots = _Extent(fragments).of(operation.selection_set)
    if fields > MAX_FIELDS:
        found = f"{fields:,}" if fields < _COUNTLESS else "countless"
        raise TooMuch(
            f"An operation has at most {MAX_FIELDS:,} fields, fragments counted where they stand; this one has {found}."
        )
    if depth > MAX_DEPTH:
        raise TooMuch(f"A document is at most {MAX_DEPTH} fields deep; this one is {depth} deep.")
    if operation.operation is OperationType.MUTATION and roots > MAX_MUTATIONS:
        raise TooMuch(f"A request changes at most {MAX_MUTATIONS} things; this one names {roots}.")
    return Cost.of(operation, fragments, schema)


NOTHING = Cost(0, (), frozenset(), {})
"""Of a document without an operation."""


class _Written:
    """What stands in a document, each fragment once."""

    def __init__(self) -> None:
        self.aliases = 0
        self.directives = 0

    def count(self, definition: OperationDefinitionNode | FragmentDefinitionNode) -> None:
        """Add a definition. Raises TooMuch for a selection with too much of the same."""
        self.directives += len(definition.directives or ())
        waiting = [definition.selection_set]
        while waiting:
            names: Counter[str] = Counter()
            for selection in waiting.pop().selections:
                self.directives += len(selection.directives or ())
                if isinstance(selection, FieldNode):
                    self.aliases += selection.alias is not None
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

    def check(self, fragments: int) -> None:
        """Raises TooMuch."""
        for what, found, limit in (
            ("aliases", self.aliases, MAX_ALIASES),
            ("directives", self.directives, MAX_DIRECTIVES),
            ("fragments", fragments, MAX_FRAGMENTS),
        ):
            if found > limit:
                raise TooMuch(f"A document has at most {limit} {what}; this one has {found}.")


class _Extent:
    """How large selections are with their fragments in place; each fragment is looked at once."""

    def __init__(self, fragments: Mapping[str, FragmentDefinitionNode]) -> None:
        self._fragments = fragments
        self._known: dict[str, tuple[int, int, int]] = {}

    def of(self, selection_set: SelectionSetNode) -> tuple[int, int, int]:
        """Fields and fragments in all, how many fields deep, and the fields at the top."""
        total, depth, top = 0, 0, 0
        for selection in selection_set.selections:
            total += 1
            if isinstance(selection, FieldNode):
                top += 1
                fields, below, _ = (0, 0, 0) if selection.selection_set is None else self.of(selection.selection_set)
                total, depth = total + fields, max(depth, below + 1)
                continue
            fields, below, beside = 0, 0, 0
            if isinstance(selection, InlineFragmentNode):
                fields, below, beside = self.of(selection.selection_set)
            elif isinstance(selection, FragmentSpreadNode):
                fields, below, beside = self._spread(selection.name.value)
            total, depth, top = total + fields, max(depth, below), top + beside
        return total, depth, top

    def _spread(self, name: str) -> tuple[int, int, int]:
        if name not in self._known and name in self._fragments:
            self._known[name] = (0, 0, 0)  # where it spreads itself, which is not valid
            self._known[name] = self.of(self._fragments[name].selection_set)
        return self._known.get(name, (0, 0, 0))
