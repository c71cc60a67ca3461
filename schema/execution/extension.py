"""Breadth-first execution as an extension of Strawberry's: it supplies the result, so that graphql-core has none to."""

from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any

from graphql import ExecutionResult, GraphQLSchema
from graphql.execution.values import get_variable_values
from strawberry.extensions import SchemaExtension

from schema.context import Context
from schema.execution.documents import Document, Documents
from schema.execution.plan import Inexpressible
from schema.execution.run import Run

MAX_COERCION_ERRORS = 50
"""How many mistakes in the variables are told, as graphql-core has it."""


class BreadthFirst(SchemaExtension):
    """Runs what a plan can express; the rest is graphql-core's. Its `documents` are those of the process.

    It must be the first of the extensions: what the others find wrong with a document comes before its own validation.
    None of them may have a `resolve`, which would have to be called for each field.
    """

    documents = Documents()
    run = Run

    def on_parse(self) -> Iterator[None]:
        """A document that is known is not parsed again."""
        context = self.execution_context
        self._document = None if context.query is None else self.documents.get(context.query)
        if self._document is not None:
            context.graphql_document = self._document.node
        yield

    def on_validate(self) -> Iterator[None]:
        """Nor validated."""
        context = self.execution_context
        if self._document is not None:
            context.validation_rules = ()
        yield
        if self._document is None and context.query is not None and context.graphql_document is not None:
            self._document = Document(context.query, context.graphql_document)
            if not context.pre_execution_errors:
                self.documents.keep(self._document)

    async def on_execute(self) -> AsyncIterator[None]:
        """Run it."""
        context = self.execution_context
        try:
            context.result = await self._result()
            self.documents.runs["breadth_first"] += 1
        except Inexpressible as reason:
            self.documents.runs[str(reason)] += 1
        yield

    async def _result(self) -> ExecutionResult:
        context = self.execution_context
        assert self._document is not None  # noqa: S101 - nothing runs that was not parsed
        return await self.result_of(
            self._document,
            context.schema._schema,
            context._provided_operation_name,
            context.variables or {},
            context.context,
            context.root_value,
        )

    @classmethod
    async def result_of(
        cls,
        document: Document,
        schema: GraphQLSchema,
        name: str | None,
        values: Mapping[str, Any],
        context: Context,
        root: Any = None,
    ) -> ExecutionResult:
        """Run the operation of this name, or the only one. Raises Inexpressible before anything runs."""
        operation = document.operation(name)
        variables = get_variable_values(
            schema, operation.node.variable_definitions or (), dict(values), max_errors=MAX_COERCION_ERRORS
        )
        if isinstance(variables, list):
            return ExecutionResult(None, variables)
        run = cls.run(document.plan(schema, name, variables.coerced), context, variables, root)
        result = await run.execute()
        context.objects = run.objects
        return result
