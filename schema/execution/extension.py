"""Breadth-first execution as an extension of Strawberry's: it supplies the result, so that graphql-core has none to."""

from collections.abc import AsyncIterator, Iterator

from graphql import ExecutionResult
from graphql.execution.values import get_variable_values
from strawberry.extensions import SchemaExtension

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
        name = context._provided_operation_name
        operation = self._document.operation(name)
        variables = get_variable_values(
            context.schema._schema,
            operation.node.variable_definitions or (),
            context.variables or {},
            max_errors=MAX_COERCION_ERRORS,
        )
        if isinstance(variables, list):
            return ExecutionResult(None, variables)
        plan = self._document.plan(context.schema._schema, name, variables.coerced)
        return await self.run(plan, context.context, variables, context.root_value).execute()
