"""Which kind of operation a document holds, for whoever has to decide before or beside running it."""

from functools import lru_cache

from graphql import GraphQLError, OperationType, get_operation_ast, parse

MAX_CHARACTERS = 100_000
"""Of a document; what is long in a request, such as a transcript, is in its variables."""
MAX_TOKENS = 3_000
"""GraphiQL's introspection has about 450, a large dashboard 500."""
_REMEMBERED = 10_000
"""Characters of a document whose kind is remembered."""


def is_mutation(query: str, operation_name: str | None) -> bool:
    """Whether it changes things. Only asked about documents that run, so nothing is said of invalid ones."""
    # Nearly every document is told apart by a word that it lacks, without parsing it.
    return "mutation" in query and _kind(query, operation_name) is OperationType.MUTATION


def is_subscription(query: str, operation_name: str | None) -> bool:
    """Whether it has more than one answer."""
    return "subscription" in query and _kind(query, operation_name) is OperationType.SUBSCRIPTION


def _kind(query: str, operation_name: str | None) -> OperationType | None:
    if len(query) > _REMEMBERED or len(operation_name or "") > _REMEMBERED:
        return _parsed_kind(query, operation_name)
    return _remembered_kind(query, operation_name)


def _parsed_kind(query: str, operation_name: str | None) -> OperationType | None:
    try:
        operation = get_operation_ast(parse(query, max_tokens=MAX_TOKENS), operation_name)
    except (GraphQLError, RecursionError):
        return None
    return None if operation is None else operation.operation


_remembered_kind = lru_cache(maxsize=200)(_parsed_kind)
"""Thousands of sockets come back at once with the same few subscriptions."""
