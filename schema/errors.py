"""How errors reach a client.

What a person gets wrong is in the payload; what a client program gets wrong is a GraphQL error with a code; what we
get wrong is logged under a request id and reaches the client as that id alone.
"""

import logging
import re
from collections.abc import Iterator
from uuid import uuid4

import strawberry
from graphql import ExecutionResult as CoreResult
from graphql import GraphQLError, OperationDefinitionNode
from psycopg import DataError, OperationalError
from psycopg.errors import DeadlockDetected, InFailedSqlTransaction, QueryCanceled, SerializationFailure
from psycopg_pool import PoolTimeout
from strawberry.extensions import SchemaExtension
from strawberry.types.execution import ExecutionResult

from db.encryption import CannotDecrypt
from db.engine import UnknownPerson
from db.object_store import TranscriptUnavailable
from domain.errors import BadRequest, Code, Refused
from domain.identity.tokens import InvalidToken
from schema.enums import describe_enum
from schema.names import camel_case

log = logging.getLogger("study.errors")

describe_enum(
    Code,
    "Why a person's request was refused.",
    name="UserErrorCode",
    NOT_FOUND="There is no such thing, or none that the viewer may see or change.",
    FORBIDDEN="The viewer may see it but not do this.",
    INVALID="A value is not acceptable.",
    TOO_LONG="A text or a list is too long.",
    STALE_VERSION="Somebody else changed it since the viewer read it; read it again.",
    CONFLICT="It does not go together with how things stand.",
    ALREADY_DONE="It has been done before.",
    IN_USE="Something else depends on it.",
    UNAVAILABLE="Something outside does not answer just now; try again later.",
)


@strawberry.type(description="Something in a request that the person who made it can put right.")
class UserError:
    """One refusal, in a mutation's payload."""

    field: str | None = strawberry.field(
        description="The input field that it is about; null when it is about the whole input."
    )
    code: Code = strawberry.field(description="The reason, for programs.")
    message: str = strawberry.field(description="The reason, for people: what is wrong and what to do.")


@strawberry.interface(description="What a mutation answers: the changed thing, or why nothing was changed.")
class Payload:
    """The part that all payloads share."""

    user_errors: list[UserError] = strawberry.field(
        default_factory=list, description="Why nothing was changed; empty when the change was made."
    )


def user_error(refused: Refused) -> UserError:
    """A refusal as the client sees it."""
    field = None if refused.field is None else camel_case(refused.field)
    return UserError(field=field, code=refused.code, message=refused.message)


class ClientErrors(SchemaExtension):
    """Gives every error of an operation its code, and hides those that are ours."""

    def on_validate(self) -> Iterator[None]:
        """Several operations and no name: Strawberry would run the first, the specification wants an error."""
        context = self.execution_context
        document = context.graphql_document
        if context._provided_operation_name is None and document is not None:
            operations = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
            if len(operations) > 1:
                context.pre_execution_errors = [
                    GraphQLError("The document has several operations; say which to run in `operationName`.")
                ]
        yield

    def on_operation(self) -> Iterator[None]:
        """After an answer is complete, before it leaves."""
        yield
        result = self.execution_context.result
        if isinstance(result, CoreResult | ExecutionResult):
            _process(result)

    def on_stream_result(self, result: object) -> Iterator[None]:
        """For each answer of a subscription."""
        if isinstance(result, CoreResult | ExecutionResult):
            _process(result)
        yield


def _process(result: CoreResult | ExecutionResult) -> None:
    if result.errors:
        result.errors = [presentable(error) for error in result.errors]


def presentable(error: GraphQLError) -> GraphQLError:
    """An error as a client may see it; safe to apply twice."""
    cause = error.original_error
    while isinstance(cause, GraphQLError):
        cause = cause.original_error
    if cause is None:
        if error.extensions and "code" in error.extensions:
            return error
        return _coded(error, _in_the_words_of_json(error.message), "BAD_REQUEST")
    match cause:
        case BadRequest():
            return _coded(error, cause.message, cause.code)
        case InvalidToken() | UnknownPerson():
            # The second: erased, or given another token subject, since the operation or the socket began.
            return _coded(error, str(cause), "UNAUTHENTICATED")
        case TranscriptUnavailable():
            return _coded(error, cause.message, cause.code)
        case CannotDecrypt():
            # Its text is for whoever runs the server: it names keys and files.
            log.error("at %s: %s", error.path, cause)
            return _coded(error, _CANNOT_DECRYPT, cause.code)
        case RecursionError() if error.path is None:
            return _coded(error, "The document is nested too deeply.", "TOO_COMPLEX")
        case DataError() | UnicodeEncodeError():
            return _coded(
                error,
                "A value in the request cannot be stored; check its size and characters.",
                "BAD_USER_INPUT",
            )
        case QueryCanceled():
            return _coded(error, "This took too long and was stopped; ask for less at once.", "TIMEOUT")
        case DeadlockDetected() | SerializationFailure():
            log.warning("two changes got in each other's way: %s", cause)
            return _coded(error, "Another change got in the way, and this one was not made; try again.", "UNAVAILABLE")
        case InFailedSqlTransaction():
            # An earlier statement of the same read failed; its own error says why.
            return _coded(error, "This could not be read after another part of the request failed.", "UNAVAILABLE")
        case OperationalError() | PoolTimeout():
            log.error("database unavailable: %s", cause)
            return _coded(error, "The database cannot be reached; try again in a moment.", "UNAVAILABLE")
        case _:
            request_id = uuid4().hex
            log.error("request %s failed at %s", request_id, error.path, exc_info=cause)
            return _coded(error, f"Something went wrong on our side; quote request {request_id}.", "INTERNAL")


_PYTHON_WORD = re.compile(r"(?<![\w'\"])(?:None|True|False)(?![\w'\"])")
_JSON_WORDS = {"None": "null", "True": "true", "False": "false"}
_REASON = re.compile(r'(cannot represent a (Date|DateTime|Decimal): ".*")\..*', re.DOTALL)
_FORMS = {
    "Date": "a day such as 2026-03-02",
    "DateTime": "a moment with its offset, such as 2026-03-02T16:00:00+01:00",
    "Decimal": "a number, such as 0.75",
}


def _in_the_words_of_json(message: str) -> str:
    """What graphql-core and Strawberry say of a value, without the words of Python for it."""
    message = _REASON.sub(lambda found: f"{found[1]}; send {_FORMS[found[2]]}.", message)
    return _PYTHON_WORD.sub(lambda found: _JSON_WORDS[found[0]], message)


_CANNOT_DECRYPT = (
    "This is encrypted and cannot be read just now: its key is missing or it is damaged. The server's log says which."
)


def _coded(error: GraphQLError, message: str, code: str) -> GraphQLError:
    return GraphQLError(
        message,
        nodes=error.nodes,
        source=error.source,
        positions=error.positions,
        path=error.path,
        extensions={"code": code},
    )
