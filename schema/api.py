"""The schema: all root fields together, and how an operation is run."""

import logging
from collections.abc import AsyncGenerator, Awaitable, Container, Mapping
from functools import cached_property
from typing import Any

import psycopg
import strawberry
from graphql import GraphQLError, GraphQLOneOfDirective
from strawberry.schema.config import StrawberryConfig
from strawberry.schema_directives import OneOf
from strawberry.types.execution import ExecutionContext, ExecutionResult, PreExecutionError
from strawberry.types.graphql import OperationType

from db.engine import UnknownPerson
from schema.budget import Spent
from schema.context import Context
from schema.documents import is_subscription
from schema.errors import ClientErrors, presentable
from schema.execution.extension import BreadthFirst
from schema.execution.plan import Inexpressible
from schema.limits import DocumentLimits, TooMuch, priced, refusal
from schema.resolvers.analytics import AnalyticsQueries
from schema.resolvers.assignments import TutorAssignmentMutations
from schema.resolvers.audit import AuditQueries
from schema.resolvers.goals import GoalMutations
from schema.resolvers.identity import IdentityMutations
from schema.resolvers.jobs import JobMutations, JobQueries
from schema.resolvers.nodes import NodeQueries
from schema.resolvers.nudges import NudgeMutations
from schema.resolvers.overrides import OverrideMutations
from schema.resolvers.parent_links import ParentLinkMutations
from schema.resolvers.people import PeopleMutations
from schema.resolvers.practice import PracticeMutations
from schema.resolvers.practice_bank import PracticeBankMutations, PracticeBankQueries
from schema.resolvers.practice_choice import PracticeChoiceMutations, PracticeChoiceQueries
from schema.resolvers.questions import QuestionMutations
from schema.resolvers.review import ReviewQueries
from schema.resolvers.sessions import SessionMutations
from schema.resolvers.study_material import StudyMaterialMutations, StudyMaterialQueries
from schema.resolvers.subjects import SubjectMutations, SubjectQueries
from schema.resolvers.summaries import SummaryMutations
from schema.resolvers.users import UserMutations, UserQueries
from schema.results import Answer, answer_of, broken, unexecuted
from schema.subscriptions.activity import ActivitySubscriptions
from schema.subscriptions.answers import AnswerSubscriptions
from schema.subscriptions.delivery import Delivery, Present
from schema.subscriptions.nudges import NudgeSubscriptions
from schema.subscriptions.overrides import OverrideSubscriptions
from schema.subscriptions.summaries import SummarySubscriptions
from schema.types.user import Admin, Parent, Student, Tutor

log = logging.getLogger("study.errors")


@strawberry.type(description="Everything that can be read.")
class Query(
    UserQueries,
    SubjectQueries,
    PracticeBankQueries,
    StudyMaterialQueries,
    PracticeChoiceQueries,
    ReviewQueries,
    AnalyticsQueries,
    AuditQueries,
    JobQueries,
    NodeQueries,
):
    """The query root."""


@strawberry.type(description="Everything that can be changed.")
class Mutation(
    GoalMutations,
    SessionMutations,
    PracticeBankMutations,
    PracticeMutations,
    StudyMaterialMutations,
    PracticeChoiceMutations,
    QuestionMutations,
    NudgeMutations,
    OverrideMutations,
    UserMutations,
    PeopleMutations,
    SubjectMutations,
    SummaryMutations,
    TutorAssignmentMutations,
    ParentLinkMutations,
    IdentityMutations,
    JobMutations,
):
    """The mutation root."""


@strawberry.type(description="Everything that can be watched.")
class Subscription(
    OverrideSubscriptions, NudgeSubscriptions, SummarySubscriptions, ActivitySubscriptions, AnswerSubscriptions
):
    """The subscription root."""


class StudySchema(strawberry.Schema):
    """Runs operations so that no connection is held once an answer is complete."""

    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        """Nothing: Strawberry would log each mistake of a client with the document, and so what people wrote.

        `ClientErrors` logs what is ours.
        """

    async def execute(self, query: str | None, *args: Any, **arguments: Any) -> ExecutionResult:
        """Run a query or mutation; its read transaction is committed before the answer leaves."""
        context: Context = arguments["context_value"]
        try:
            result = None if query is None or args else await self._run_known(query, **arguments)
            if result is None:
                await context.was_right()
                result = await super().execute(query, *args, **arguments)
        finally:
            error = await _reported(context.close())
        return ExecutionResult(data=None, errors=[error]) if error else result

    async def _run_known(
        self,
        query: str,
        *,
        context_value: Context,
        variable_values: Mapping[str, Any] | None = None,
        operation_name: str | None = None,
        allowed_operation_types: Container[OperationType] = (OperationType.QUERY, OperationType.MUTATION),
        **others: Any,
    ) -> ExecutionResult | None:
        """Run what is known to be valid and can be planned, as all extensions together would, without their steps."""
        first = self._breadth_first
        document = None if first is None else first.documents.get(query)
        if first is None or document is None:
            return None
        values = variable_values or {}
        try:
            kind = OperationType(document.operation(operation_name).node.operation.value)
            if kind not in allowed_operation_types:
                return None
            if kind is not OperationType.QUERY:
                await context_value.was_right()
            context_value.charge(priced(document.cost(self._schema, operation_name), values))
            found = await first.result_of(document, self._schema, operation_name, values, context_value)
            if not await context_value.was_right():
                found = await first.result_of(document, self._schema, operation_name, values, context_value)
        except (TooMuch, Spent) as error:
            return PreExecutionError(data=None, errors=[refusal(error)])
        except Inexpressible:
            context_value.discharge()
            return None
        except UnknownPerson:
            raise
        except Exception as error:  # noqa: BLE001 - `presentable` logs what is ours
            context_value.discharge()
            return PreExecutionError(data=None, errors=[broken(error)])
        first.documents.runs["breadth_first"] += 1
        errors = [presentable(error) for error in found.errors] if found.errors else None
        if unexecuted(found):
            context_value.discharge()
            return ExecutionResult(data=None, errors=errors)
        return ExecutionResult(data=found.data, errors=errors, extensions=context_value.settled())

    @cached_property
    def _breadth_first(self) -> type[BreadthFirst] | None:
        """The first extension, if the extensions are ours: what else there may be has to be asked each time."""
        first, *others = self.extensions
        if (
            not isinstance(first, type)
            or not issubclass(first, BreadthFirst)
            or others != [ClientErrors, DocumentLimits]
        ):
            return None
        return first if first.on_execute is BreadthFirst.on_execute else None

    def answers(
        self,
        query: str,
        variables: Mapping[str, Any] | None,
        operation_name: str | None,
        extensions: Mapping[str, Any] | None,
        context: Context,
    ) -> AsyncGenerator[Answer | Present, None]:
        """Run any operation of a connection: one answer, or those of a subscription, as `Delivery` has them."""
        if is_subscription(query, operation_name):
            return self._delivery.answers(query, variables or {}, operation_name, context)
        return self._only_answer(
            query,
            variable_values=variables,
            context_value=context,
            operation_name=operation_name,
            operation_extensions=extensions,
        )

    async def _only_answer(self, query: str, **arguments: Any) -> AsyncGenerator[Answer, None]:
        yield answer_of(await self.execute(query, **arguments))

    @cached_property
    def _delivery(self) -> Delivery:
        return Delivery(self._schema)


async def _reported(ending: Awaitable[None]) -> GraphQLError | None:
    try:
        await ending
    except psycopg.Error as error:
        return presentable(GraphQLError("release", original_error=error))
    return None


# Strawberry prints it without; tools that read the SDL want a description of everything.
vars(OneOf)["__strawberry_directive__"].description = GraphQLOneOfDirective.description

schema = StudySchema(
    query=Query,
    mutation=Mutation,
    subscription=Subscription,
    types=[Student, Tutor, Parent, Admin],
    extensions=[BreadthFirst, ClientErrors, DocumentLimits],
    config=StrawberryConfig(),
)
