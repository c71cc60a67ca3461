"""Which variables of a subscription's document an answer depends on."""

from typing import Any

from graphql import DocumentNode, FieldNode, Node, OperationDefinitionNode, Visitor, visit
from graphql.language import VariableNode


class _Variables(Visitor):
    """Collects the names of variables."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def enter_variable(self, node: VariableNode, *_: Any) -> None:
        self.names.add(node.name.value)


def names_of(document: DocumentNode) -> frozenset[str]:
    """The variables that stand anywhere but in the arguments of the root field."""
    found = _Variables()
    for definition in document.definitions:
        parts: list[Node | None] = [definition]
        if isinstance(definition, OperationDefinitionNode):
            parts = [*(definition.directives or ())]
            for root in definition.selection_set.selections:
                parts += [*(root.directives or ()), root.selection_set] if isinstance(root, FieldNode) else [root]
        for part in parts:
            if part is not None:
                visit(part, found)
    return frozenset(found.names)
