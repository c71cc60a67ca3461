"""The same operation on both executors, and what must be the same in their answers."""

import re
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import orjson
from graphql import GraphQLError

from domain.identity.tokens import Identity
from schema.api import Mutation, Query, StudySchema, Subscription
from schema.context import Context, Services
from schema.errors import ClientErrors
from schema.execution.documents import Documents
from schema.execution.extension import BreadthFirst
from schema.execution.run import Run
from schema.limits import DocumentLimits
from schema.types.user import Admin, Parent, Student, Tutor

_REQUEST_ID = re.compile("[0-9a-f]{32}")
Answer = tuple[bytes, list[GraphQLError]]


class Different(AssertionError):
    """The executors do not agree."""


@dataclass(frozen=True, slots=True, repr=False)
class Pair:
    """One schema twice: run by graphql-core, and breadth-first."""

    core: StudySchema
    ours: StudySchema
    documents: Documents
    cut_off: list[str] = field(default_factory=list)
    """Documents to which graphql-core had no answer to go by."""

    async def compare(
        self, services: Services, identity: Identity | None, document: str, variables: Mapping[str, Any] | None = None
    ) -> tuple[Any, list[GraphQLError]]:
        """The answer that both give. Raises Different."""
        services.budget.capacity = 10**9  # what graphql-core runs costs as much as it may
        answer = await _answer(self.ours, services, identity, document, variables)
        data = orjson.loads(answer[0])
        expected = await _answer(self.core, services, identity, document, variables)
        if _cut_off(expected[1]) > _cut_off(answer[1]):
            # An error on its way up makes graphql-core cancel the fields beside it, also in the middle of a statement:
            # the transaction of an administrator, which is to be kept, then cannot be.
            self.cut_off.append(document)
            return data, answer[1]
        if expected[0] != answer[0]:
            raise Different(f"{document}\n{variables}\ncore: {expected}\nours: {answer}")
        if not _same(data, expected[1], answer[1]):
            raise Different(f"{document}\n{variables}\n{data}\ncore: {_told(expected[1])}\nours: {_told(answer[1])}")
        return data, answer[1]


def pair(
    query: type = Query,
    mutation: type | None = Mutation,
    subscription: type | None = Subscription,
    types: Sequence[type] = (Student, Tutor, Parent, Admin),
    run: type[Run] = Run,
) -> Pair:
    """The two, of our own schema unless said otherwise. `run` may be one that is wrong."""

    turns = count()

    class Turning(run):  # type: ignore[misc, valid-type]
        """Reads sub-trees whole at every other time, from the first."""

        def __init__(self, *args: Any) -> None:
            self.whole_after = 0 if next(turns) % 2 else 1_000_000
            super().__init__(*args)

    class Ours(BreadthFirst):
        pass

    Ours.documents = Documents()
    Ours.run = Turning  # type: ignore[assignment]

    class Core(BreadthFirst):
        """Knows the documents that ours has parsed, as that is most of the work, and runs nothing."""

        async def on_execute(self) -> AsyncIterator[None]:
            yield

    Core.documents = Ours.documents
    core, ours = (
        StudySchema(
            query=query,
            mutation=mutation,
            subscription=subscription,
            types=types,
            extensions=[first, ClientErrors, DocumentLimits],
        )
        for first in (Core, Ours)
    )
    return Pair(core, ours, Ours.documents)


async def _answer(
    schema: StudySchema,
    services: Services,
    identity: Identity | None,
    document: str,
    variables: Mapping[str, Any] | None,
) -> Answer:
    context = Context(services, identity)
    result = await schema.execute(
        document, variable_values=None if variables is None else dict(variables), context_value=context
    )
    # The order of keys is part of the answer too.
    return orjson.dumps(result.data, default=str), result.errors or []


def _cut_off(errors: Sequence[GraphQLError]) -> int:
    return sum(code == "UNAVAILABLE" for _, _, code in _told(errors))


def _same(data: Any, expected: Sequence[GraphQLError], errors: Sequence[GraphQLError]) -> bool:
    """Whether these are the same errors.

    Where several errors climb to one null, the specification lets an executor stop at any of them, and graphql-core
    stops at whichever comes first in time: there must be some in both, and all of ours inside.
    """
    by_place, ours_by_place = _by_place(data, expected), _by_place(data, errors)
    if by_place.keys() != ours_by_place.keys():
        return False
    for place, there in by_place.items():
        ours = ours_by_place[place]
        if there != ours and not (_climbed(place, there) and _climbed(place, ours)):
            return False
    return True


def _climbed(place: tuple[Any, ...], errors: Counter[tuple[Any, ...]]) -> bool:
    return all(len(path) > len(place) for _, path, _ in errors)


def _by_place(data: Any, errors: Sequence[GraphQLError]) -> dict[tuple[Any, ...], Counter[tuple[Any, ...]]]:
    """The errors by the null that each led to."""
    places: dict[tuple[Any, ...], Counter[tuple[Any, ...]]] = {}
    for message, path, code in _told(errors):
        place: list[Any] = []
        at = data
        for key in path:
            if at is None:
                break
            at = at[key]
            place.append(key)
        places.setdefault(tuple(place), Counter())[message, path, code] += 1
    return places


def _told(errors: Sequence[GraphQLError]) -> list[tuple[str, tuple[Any, ...], Any]]:
    return [
        (_REQUEST_ID.sub("*", error.message), tuple(error.path or ()), (error.extensions or {}).get("code"))
        for error in errors
    ]
