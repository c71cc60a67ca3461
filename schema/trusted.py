"""Documents that a request names by their hash, and the only ones that are run where that is wanted.

Persisted queries are Apollo's: `extensions.persistedQuery.sha256Hash`, first alone, then, when the server does not know
it, with the document. `documentId` is GraphQL over HTTP's word for the same, `sha256:<hex>`; programs that send either
need no change. Trusted documents stand in a manifest that was made with the program that sends them.
"""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar

import orjson
from graphql import (
    REMOVE,
    DocumentNode,
    FieldNode,
    GraphQLError,
    Node,
    OperationDefinitionNode,
    SelectionSetNode,
    Visitor,
    parse,
    print_ast,
    visit,
)

from domain.errors import BadRequest
from schema.documents import MAX_CHARACTERS, MAX_TOKENS

N = TypeVar("N", bound=Node)

MAX_PERSISTED = 1_000
MAX_PERSISTED_CHARACTERS = 2_000_000
"""Of all documents that clients had kept."""
MAX_JUDGED = 2_000
"""Texts of which is known whether they are trusted."""
_PREFIX = "sha256:"
MAX_NAME = 200
"""Characters of a hash or another id."""


class ManifestError(ValueError):
    """A manifest that cannot be used; the text says which and why."""


class Documents:
    """Of one process: what it was given, and what clients had it keep.

    Others need not know what this one keeps: a client that meets another sends the document once more.
    """

    def __init__(self, trusted: Mapping[str, str], *, only_trusted: bool) -> None:
        """`trusted` are documents by whatever ids clients may use for them; their SHA-256 is one always."""
        self.only_trusted = only_trusted
        self._trusted = {_digest(text): text for text in trusted.values()}
        self._trusted |= {name.removeprefix(_PREFIX): text for name, text in trusted.items()}
        self._shapes = {_shape(parse(text)) for text in self._trusted.values()}
        self._persisted: OrderedDict[str, str] = OrderedDict()
        self._characters = 0
        self._judged: OrderedDict[str, bool] = OrderedDict()

    def text(self, query: str | None, document_id: str | None, extensions: Mapping[str, Any] | None) -> str:
        """The document that a request means. Raises BadRequest."""
        name = _name(document_id, extensions)
        if name is None:
            if not query or query.isspace():
                raise BadRequest("BAD_REQUEST", "`query` must be a GraphQL document.")
        else:
            found = self._trusted.get(name) or self._persisted.get(name)
            if found is not None:
                return found
            if not query:
                raise BadRequest("PERSISTED_QUERY_NOT_FOUND", "PersistedQueryNotFound")
            if _digest(query) != name:
                raise BadRequest("BAD_REQUEST", "The hash is not that of `query`: it is its SHA-256 in hexadecimal.")
        if self.only_trusted and not self._is_trusted(query):
            raise BadRequest(
                "NOT_TRUSTED", "This server runs only the documents of its own programs; this one is not among them."
            )
        if name is not None:
            self._keep(name, query)
        return query

    def _keep(self, name: str, text: str) -> None:
        if len(text) > MAX_CHARACTERS:
            return
        self._persisted[name] = text
        self._characters += len(text)
        while len(self._persisted) > MAX_PERSISTED or self._characters > MAX_PERSISTED_CHARACTERS:
            _, forgotten = self._persisted.popitem(last=False)
            self._characters -= len(forgotten)

    def _is_trusted(self, text: str) -> bool:
        """Whether it is one of the manifest's, but for layout and the `__typename`s that clients' caches add."""
        digest = _digest(text)
        if digest in self._trusted:
            return True
        known = self._judged.get(digest)
        if known is None:
            known = self._judged[digest] = len(text) <= MAX_CHARACTERS and self._has_shape(text)
            if len(self._judged) > MAX_JUDGED:
                self._judged.popitem(last=False)
        return known

    def _has_shape(self, text: str) -> bool:
        try:
            return _shape(parse(text, max_tokens=MAX_TOKENS)) in self._shapes
        except (GraphQLError, RecursionError):
            return False


def trusted_documents(manifest: Path) -> dict[str, str]:
    """A manifest: a JSON object of documents by id. Raises ManifestError."""
    try:
        found = orjson.loads(manifest.read_bytes())
    except OSError as error:
        raise ManifestError(f"The trusted documents at {manifest} cannot be read: {error.strerror}.") from error
    except orjson.JSONDecodeError as error:
        raise ManifestError(f"The trusted documents at {manifest} are not JSON.") from error
    if not isinstance(found, dict) or not all(isinstance(text, str) for text in found.values()):
        raise ManifestError(f"The trusted documents at {manifest} are not a JSON object of documents by id.")
    for name, text in found.items():
        try:
            parse(text, max_tokens=MAX_TOKENS)
        except GraphQLError as error:
            raise ManifestError(f"The trusted document {name} at {manifest} cannot be read: {error.message}") from error
    return found


def _name(document_id: str | None, extensions: Mapping[str, Any] | None) -> str | None:
    persisted = None if extensions is None else extensions.get("persistedQuery")
    name: Any = document_id
    if isinstance(persisted, Mapping):
        if persisted.get("version") != 1:
            raise BadRequest("BAD_REQUEST", "Of persisted queries, version 1 is known.")
        name = persisted.get("sha256Hash")
    if name is None:
        return None
    if not isinstance(name, str) or not 0 < len(name) <= MAX_NAME:
        raise BadRequest("BAD_REQUEST", f"The hash of a document is a text of 1 to {MAX_NAME} characters.")
    return name.removeprefix(_PREFIX)


def _digest(text: str) -> str:
    return sha256(text.encode(errors="surrogatepass")).hexdigest()


def _shape(document: DocumentNode) -> str:
    """A digest of what it asks for, in whatever order: programs that make manifests sort what others send as it is."""
    definitions = [print_ast(visit(node, _Sorted())) for node in document.definitions]
    return _digest("\n".join(sorted(definitions)))


class _Sorted(Visitor):
    """Puts what has no order in one, and leaves out types that nobody gave another name: they tell of nobody."""

    def leave_field(self, node: FieldNode, *_: Any) -> Any:
        if node.name.value == "__typename" and node.alias is None and not node.directives:
            return REMOVE
        return replace(node, arguments=_in_order(node.arguments), directives=_in_order(node.directives))

    def leave_selection_set(self, node: SelectionSetNode, *_: Any) -> Any:
        return replace(node, selections=_in_order(node.selections) or ())

    def leave_operation_definition(self, node: OperationDefinitionNode, *_: Any) -> Any:
        return replace(node, variable_definitions=_in_order(node.variable_definitions))


def _in_order(nodes: Sequence[N] | None) -> tuple[N, ...] | None:
    return tuple(sorted(nodes, key=print_ast)) if nodes else None
