"""How a subscription is run: events are executed once for all who ask the same as the same person.

The graph's own steps are graphql-core's: https://spec.graphql.org/October2021/#sec-Subscription - the source stream,
and a response for each event. Between the two stands what only we know: whether the viewer may see, now, what the
event is about. That, the operation on it, and the writing of its answer are one piece of work in one transaction, and
so are all events that wait by then; a thousand sockets of one student share it.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Hashable, Mapping, Sequence
from contextlib import aclosing, suppress
from functools import partial
from typing import Any, cast
from weakref import WeakValueDictionary

import orjson
from graphql import (
    DocumentNode,
    Executor,
    GraphQLError,
    GraphQLSchema,
    create_source_event_stream,
    parse,
    validate,
)
from graphql import ExecutionResult as CoreResult
from psycopg import OperationalError
from psycopg.errors import QueryCanceled
from strawberry.types.execution import ExecutionResult, PreExecutionError

from db.audience import Audience, Listener, Step
from db.dedicated import delays
from db.feed import Start
from domain.events import Cursor
from schema.budget import Bill, Spent
from schema.context import Context
from schema.cost import Cost
from schema.documents import MAX_TOKENS
from schema.errors import presentable
from schema.limits import TooMuch, check, priced, refusal
from schema.results import Answer, answer_of
from schema.sharing import shared
from schema.subscriptions.names import names_of
from schema.subscriptions.stream import Update, Watch

MAX_TEXT = 20_000
"""Characters of a subscription's document, and bytes of its variables: a stream keeps them as long as it lives."""

PART = 16_384
"""Bytes that are given to a client at once, if it is more than one answer."""

log = logging.getLogger("study.live")


class Unreachable(Exception):
    """The database went away amid an event."""


class Document:
    """A subscription's document, found valid; all streams that send the same text hold the same one."""

    __slots__ = ("__weakref__", "cost", "names", "node")

    def __init__(self, node: DocumentNode, names: frozenset[str], cost: Cost) -> None:
        self.node = node
        self.cost = cost
        """Of the answer to one event."""
        self.names = names
        """The variables that an answer depends on; those that say which events come are not among them."""


class Delivery:
    """Runs the subscriptions of one schema."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self._schema = schema
        self._documents: WeakValueDictionary[tuple[str, str | None], Document] = WeakValueDictionary()

    def answers(
        self, query: str, variables: Mapping[str, Any], operation_name: str | None, context: Context
    ) -> "AsyncGenerator[Answer | Present, None]":
        """An answer for each event, or one that says why there are none (any more).

        When all that has happened is told, the present comes: who then listens to it needs to ask for no more. Who
        does not gets what has happened meanwhile.
        """
        try:
            document = self._document(query, operation_name, variables)
            context.charge(priced(document.cost, variables))
            return Stream(self._schema, document, operation_name, variables, context).answers()
        except (TooMuch, Spent) as error:
            return _refusals(_Refused([refusal(error)]))
        except _Refused as refused:
            return _refusals(refused)

    def _document(self, query: str, operation_name: str | None, variables: Mapping[str, Any]) -> Document:
        known = self._documents.get((query, operation_name))
        if known is not None:
            return known
        if len(query) > MAX_TEXT:
            raise _too_much(f"A subscription has at most {MAX_TEXT:,} characters; this one has {len(query):,}.")
        try:
            node = parse(query, max_tokens=MAX_TOKENS)
            cost = check(node, self._schema, operation_name)
        except GraphQLError as error:
            raise _Refused([error]) from error
        if errors := validate(self._schema, node):
            raise _Refused(errors)
        document = Document(node, names_of(node), cost)
        self._documents[query, operation_name] = document
        return document


class _Refused(Exception):
    """Why nothing is run."""

    def __init__(self, errors: Sequence[GraphQLError]) -> None:
        super().__init__(errors)
        self.errors = errors


def _too_much(text: str) -> _Refused:
    return _Refused([GraphQLError(text, extensions={"code": "TOO_COMPLEX"})])


class Stream:
    """One subscription of one client."""

    __slots__ = ("_asked", "_context", "_document", "_operation_name", "_schema", "_variables")

    def __init__(
        self,
        schema: GraphQLSchema,
        document: Document,
        operation_name: str | None,
        variables: Mapping[str, Any],
        context: Context,
    ) -> None:
        self._schema = schema
        self._document = document
        self._operation_name = operation_name
        self._variables = variables
        # Without the socket: those who are told the same go on when it closes.
        self._context = Context(context.services, context.identity)
        subject = None if context.identity is None else context.identity.subject
        self._asked: Hashable = (subject, document, _written(variables, document.names))

    async def answers(self) -> "AsyncGenerator[Answer | Present, None]":
        """As Delivery.answers."""
        pauses, begun = delays(), False
        watch: Watch | None = None
        while watch is None:
            try:
                async with aclosing(self._events()) as events:
                    async for event in events:
                        begun = True
                        if isinstance(event, Watch):
                            watch = event
                            break
                        answer = await self._answer_to(event)
                        if answer is not None:
                            yield answer
                            if answer.refusal:
                                return
                    else:
                        return
            except Exception as error:  # noqa: BLE001 - whatever ends a stream is told; `presentable` logs what is ours
                # A stream that is under way waits for the database by itself.
                if begun or not _is_away(error):
                    yield _refusal(error)
                    return
                log.debug("a stream waits for the database to begin: %s", error)
                await asyncio.sleep(next(pauses))
        async with aclosing(self.caught_up(watch, watch.start)) as answers:
            async for each in answers:
                yield each

    async def caught_up(self, watch: Watch, start: Start) -> "AsyncGenerator[Answer | Present, None]":
        """The answers to what happened from a start on, as Delivery.answers."""
        try:
            while True:
                async with aclosing(watch.missed(self._context.services.live.feed, start)) as missed:
                    async for update in missed:
                        answer = await self._answer_to(update)
                        if answer is not None:
                            yield answer
                            if answer.refusal:
                                return
                yield Present(self, watch, start)
        except Exception as error:  # noqa: BLE001 - as in `answers`
            yield _refusal(error)

    def audience(self, watch: Watch) -> Audience[Answer]:
        """Those who are told the same of what is watched."""
        services = self._context.services
        key = self._asked, watch.what
        audience = services.audiences.get(key)
        if audience is None or audience.behind:
            audience = services.audiences[key] = Audience(
                services.live.feed,
                partial(self._parts, watch),
                person=watch.person,
                students=watch.students,
                kinds=watch.batches.keys(),
                heartbeat=services.live.heartbeat,
            )
        return audience

    async def _events(self) -> AsyncGenerator[Any, None]:
        context = self._context.fresh()
        try:
            source = create_source_event_stream(self._executor(context, None))
            if isinstance(source, Awaitable):
                source = await source
            if isinstance(source, CoreResult):
                errors = source.errors or []
                raise Unreachable(str(errors)) if any(map(_is_away, errors)) else _Refused(errors)
            async with aclosing(cast("Any", source)) as events:
                async for event in events:
                    # Nothing stays open while the client takes its time.
                    await context.release()
                    yield event
        finally:
            with suppress(OperationalError):
                await context.close()

    async def _answer_to(self, event: Any) -> Answer | None:
        if not isinstance(event, Update):
            return (await self._made([event]))[0]
        return await shared(self._context.services.sending, (self._asked, event), lambda: self._made_one(event))

    async def _made_one(self, event: Any) -> Answer | None:
        (answer,) = await self._made([event])
        return answer

    async def _parts(self, watch: Watch, steps: Sequence[Step]) -> list[list[tuple[Cursor, Answer]]]:
        made = await self._made([watch.update(*step) for step in steps])
        parts: list[list[tuple[Cursor, Answer]]] = []
        room = 0
        for (cursor, _), answer in zip(steps, made, strict=True):
            if answer is not None:
                if room < len(answer.body):
                    parts.append([])
                    room = PART
                parts[-1].append((cursor, answer))
                room -= len(answer.body)
        return parts

    async def _made(self, events: Sequence[Any]) -> list[Answer | None]:
        """The answers to events, None for one of which the viewer may see nothing; or why there are none.

        While the database is away it waits: an answer without what it tells of would be an event lost.
        """
        pauses = delays()
        while True:
            try:
                return await self._execute(events)
            except Exception as error:  # noqa: BLE001 - told once, to all who wait for it; `presentable` logs what is ours
                if not _is_away(error):
                    return [_refusal(error), *[None] * (len(events) - 1)]
                log.debug("events wait for the database: %s", error)
            await asyncio.sleep(next(pauses))

    async def _execute(self, events: Sequence[Any]) -> list[Answer | None]:
        """The answers to events, in one transaction."""
        context = self._context.fresh()
        try:
            seen = await _together([_seen(context, event) for event in events])
            running = [
                self._executor(context, event).execute_operation(serially=False) if sees else None
                for event, sees in zip(events, seen, strict=True)
            ]
            results = await _together(running)
        finally:
            # Before the answers leave: what an administrator read has its line in the audit log by then.
            await context.close()
        # Nobody asked for these events just now: they are paid for, but not refused.
        points = self._document.cost.under(self._variables)
        return [None if result is None else _answer(result, context.bill(points)) for result in results]

    def _executor(self, context: Context, root: Any) -> Executor[Any]:
        executor = Executor.build(
            self._schema,
            self._document.node,
            root,
            context,
            dict(self._variables),
            self._operation_name,
        )
        if isinstance(executor, list):
            raise _Refused(executor)
        return executor


class Present:
    """Where a stream has told of all that has happened; what happens from here on can be listened to."""

    __slots__ = ("_audience", "_start", "_stream", "_watch")

    def __init__(self, stream: Stream, watch: Watch, start: Start) -> None:
        self._stream = stream
        self._watch = watch
        self._start = start
        self._audience: Audience[Answer] | None = None

    def join(self, listener: Listener[Answer]) -> bool:
        """Tell the listener what happens from now on; False if something has happened meanwhile."""
        audience = self._stream.audience(self._watch)
        if not audience.join(listener, self._start):
            return False
        self._audience = audience
        return True

    def leave(self, listener: Listener[Answer]) -> None:
        """Tell the listener no more."""
        if self._audience is not None:
            self._audience.leave(listener)

    def after(self, place: Cursor) -> AsyncGenerator["Answer | Present", None]:
        """The answers to what happened after a place, as Delivery.answers: for a listener that was let go there."""
        return self._stream.caught_up(self._watch, Start(place))


def _seen(context: Context, event: Any) -> Any:
    """Whether the viewer may see, now, what it is about: nothing is false, and may have to be waited for.

    The edge to that loads the same, and finds it done.
    """
    if not isinstance(event, Update) or event.batch is None:
        return True
    return context.load(event.batch, event.target_id)


async def _together(values: Sequence[Any]) -> list[Any]:
    """The values, all that have to be waited for at once."""
    waiting = [value for value in values if isinstance(value, Awaitable)]
    if not waiting:
        return list(values)
    found = iter([await waiting[0]] if len(waiting) == 1 else await asyncio.gather(*waiting))
    return [next(found) if isinstance(value, Awaitable) else value for value in values]


def _answer(result: CoreResult, bill: Bill) -> Answer:
    errors = list(result.errors or [])
    if any(_is_away(error) for error in errors):
        raise Unreachable(str(errors[0]))
    cost = bill.settle(min(_objects(result.data) - 1, bill.requested))
    return answer_of(ExecutionResult(result.data, [presentable(error) for error in errors] or None, {"cost": cost}))


def _objects(data: Any) -> int:
    """Objects in an answer, its outermost with them."""
    if isinstance(data, dict):
        return 1 + sum(map(_objects, data.values()))
    return sum(map(_objects, data)) if isinstance(data, list) else 0


def _is_away(error: Exception) -> bool:
    """Whether it says that the database is not there just now."""
    cause: Exception | None = error
    while isinstance(cause, GraphQLError):
        cause = cause.original_error
    return isinstance(cause, Unreachable | OperationalError) and not isinstance(cause, QueryCanceled)


async def _refusals(error: Exception) -> AsyncGenerator[Answer, None]:
    yield _refusal(error)


def _refusal(error: Exception) -> Answer:
    errors = error.errors if isinstance(error, _Refused) else [GraphQLError(str(error), original_error=error)]
    return answer_of(PreExecutionError(data=None, errors=[presentable(each) for each in errors]))


def _written(variables: Mapping[str, Any], names: frozenset[str]) -> str:
    """The values of the variables of these names, comparable. They are kept as long as the stream."""
    try:
        if len(orjson.dumps(variables)) > MAX_TEXT:
            raise _too_much(f"The variables of a subscription have at most {MAX_TEXT:,} bytes.")
        # A text is as long as it is; those bytes hold four KiB.
        return orjson.dumps({name: variables[name] for name in names if name in variables}).decode()
    except orjson.JSONEncodeError:
        raise _Refused([GraphQLError("The variables are nested too deeply.")]) from None
