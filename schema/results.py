"""Answers as every transport writes them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from graphql import ExecutionResult as CoreResult
from graphql import GraphQLError
from strawberry.types.execution import ExecutionResult, PreExecutionError

from schema.errors import presentable

MAX_ERRORS = 50
"""Of one answer."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer of an operation, written out."""

    body: bytes
    """The specification's response map, as JSON."""
    refusal: Sequence[GraphQLError] = ()
    """Why nothing was executed; none if something was."""


def answer_of(result: ExecutionResult) -> Answer:
    """A result, written out."""
    # A copy: what orjson gives holds on to four KiB, however short it is, and each stream keeps its last answer.
    body = bytes(memoryview(orjson.dumps(formatted(result), default=str)))
    return Answer(body, tuple(told(result.errors or ())) if unexecuted(result) else ())


def told(errors: Sequence[GraphQLError]) -> Sequence[GraphQLError]:
    """The errors as they are told: not more than MAX_ERRORS, and then how many there are."""
    if len(errors) <= MAX_ERRORS:
        return errors
    rest = f"There are {len(errors):,} errors; the first {MAX_ERRORS} are told."
    return [*errors[:MAX_ERRORS], refused("TOO_MANY_ERRORS", rest)]


def unexecuted(result: CoreResult | ExecutionResult) -> bool:
    """Whether no field ran: the operation was not valid, its variables were not, or a stream broke off."""
    return isinstance(result, PreExecutionError) or (
        result.data is None and any(error.path is None for error in result.errors or ())
    )


def formatted(result: ExecutionResult) -> dict[str, Any]:
    """The specification's response map: no `data` where nothing was executed."""
    answer: dict[str, Any] = {} if unexecuted(result) else {"data": result.data}
    if result.errors:
        answer["errors"] = [error.formatted for error in told(result.errors)]
    if result.extensions:
        answer["extensions"] = result.extensions
    return answer


def broken(error: Exception) -> GraphQLError:
    """A fault of ours outside of every field, as a client may see it: logged, and a request id."""
    return presentable(GraphQLError("failed", original_error=error))


def refused(code: str, message: str) -> GraphQLError:
    """An operation that is not run."""
    return GraphQLError(message, extensions={"code": code})
