"""Documents that were parsed, found valid and compiled before; bounded, for clients may send any number of them."""

from collections import Counter, OrderedDict
from collections.abc import Mapping
from typing import Any

from graphql import DocumentNode, GraphQLSchema

from schema.cost import Cost
from schema.execution.plan import Operation, Plan
from schema.limits import check

MAX_DOCUMENTS = 500
MAX_CHARACTERS = 250_000
"""Of all of them together; a syntax tree takes some 200 bytes for each character of its text."""
MAX_PLANS = 16
"""Of one document: each pattern of `@skip` and `@include` has its own."""


class Document:
    """A valid document and the plans of its operations."""

    __slots__ = ("_costs", "_operations", "_plans", "node", "text")

    def __init__(self, text: str, node: DocumentNode) -> None:
        self.text = text
        self.node = node
        self._operations: dict[str | None, Operation] = {}
        self._costs: dict[str | None, Cost] = {}
        self._plans: OrderedDict[tuple[str | None, tuple[bool, ...]], Plan] = OrderedDict()

    def operation(self, name: str | None) -> Operation:
        """The operation of this name, or the only one. Raises Inexpressible."""
        found = self._operations.get(name)
        if found is None:
            # Names that no operation has are not kept: there is no end to them.
            found = self._operations[name] = Operation.of(self.node, name)
        return found

    def cost(self, schema: GraphQLSchema, name: str | None) -> Cost:
        """What the operation of this name, or the only one, may cost. Raises TooMuch."""
        found = self._costs.get(name)
        if found is None:
            found = self._costs[name] = check(self.node, schema, name)
        return found

    @property
    def plans(self) -> int:
        """How many are kept."""
        return len(self._plans)

    def plan(self, schema: GraphQLSchema, name: str | None, variables: Mapping[str, Any]) -> Plan:
        """The plan of an operation under these values of its variables. Raises Inexpressible."""
        operation = self.operation(name)
        key = (name, operation.pattern(variables))
        plan = self._plans.get(key)
        if plan is None:
            plan = self._plans[key] = Plan(schema, operation, key[1])
            if len(self._plans) > MAX_PLANS:
                self._plans.popitem(last=False)
        else:
            self._plans.move_to_end(key)
        return plan


class Documents:
    """The documents used last, and how often operations ran in which way."""

    def __init__(self) -> None:
        self.runs: Counter[str] = Counter()
        """`breadth_first`, or why graphql-core ran it."""
        self._kept: OrderedDict[str, Document] = OrderedDict()
        self.characters = 0
        """Of all their texts."""

    def get(self, text: str) -> Document | None:
        """The document of this text, if it is known to be valid."""
        found = self._kept.get(text)
        if found is not None:
            self._kept.move_to_end(text)
        return found

    def keep(self, document: Document) -> None:
        """Remember a valid document, and forget those not used for longest."""
        if len(document.text) > MAX_CHARACTERS // 10 or document.text in self._kept:
            return
        self._kept[document.text] = document
        self.characters += len(document.text)
        while len(self._kept) > MAX_DOCUMENTS or self.characters > MAX_CHARACTERS:
            text, _ = self._kept.popitem(last=False)
            self.characters -= len(text)
