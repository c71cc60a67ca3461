"""What a resolver can reach: the viewer, one read transaction with its loaders, and units of work."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, TypeAlias
from uuid import UUID
from weakref import WeakValueDictionary

import psycopg
import strawberry
from strawberry.dataloader import DataLoader, DefaultCache

from db.audience import Audience
from db.engine import Database, Read, UnknownPerson, ViewerChanged, Work
from db.live import Live
from domain.algebra.process import Algebra
from domain.companion.model import Model
from domain.errors import BadRequest
from domain.identity.tokens import Identity, TokenVerifier
from domain.viewer import Viewer
from schema.budget import Bill, Budget
from schema.results import Answer
from schema.sharing import Shared
from schema.trusted import Documents
from schema.turns import Turns

Batch: TypeAlias = Callable[..., Awaitable[Sequence[Any]]]
"""A function of `db`: (read, keys, *arguments) to one value for each key."""

SIGN_IN = (
    "Sign in first: send a bearer token in the Authorization header, or in connection_init's payload on a WebSocket, "
    'as {"Authorization": "Bearer ..."}.'
)
READ_TOO_LATE = "something was read after the end of its operation"


@dataclass(frozen=True, slots=True)
class Services:
    """The parts of the running server that operations use; one object a process."""

    database: Database
    live: Live
    verifier: TokenVerifier
    model: Model | None
    """None where no key is set: the embedded engine does what it can."""
    rating_k: int
    """The setting RATING_K."""
    turns: Turns
    """Who may use the database now."""
    algebra: Algebra
    questions_a_day: int
    """The setting QUESTIONS_PER_DAY."""
    safeguarding_contact: str
    """The setting SAFEGUARDING_CONTACT."""
    budget: Budget
    """What operations may cost each person."""
    documents: Documents
    """What requests may name by a hash, or may send at all."""
    asking: "dict[UUID, tuple[str, Any]]" = field(default_factory=dict)
    """The question of each student that is being answered, in short, and what does; see `schema.asking`."""
    audiences: WeakValueDictionary[Hashable, Audience[Answer]] = field(default_factory=WeakValueDictionary)
    """Those who are told the same as the same person; see `subscriptions.delivery`."""
    sending: dict[Hashable, Shared] = field(default_factory=dict)
    """Answers to events that are being made, for all streams that ask for the same; see `subscriptions.delivery`."""


class Line(Protocol):
    """The open WebSocket that an operation came over."""

    def renew(self, identity: Identity) -> datetime:
        """Go on with another token of the same person; when it closes now: never sooner than before."""


class OperationOver(Exception):
    """A resolver outlived its operation."""


class Context:
    """One operation of one caller.

    It holds at most one connection: a read transaction that opens with the first read and ends before the answer
    leaves. A unit of work ends it, so that what follows a write reads what was written.
    """

    def __init__(
        self, services: Services, identity: Identity | None, line: Line | None = None, *, guess: bool = False
    ) -> None:
        """`line` is None for an operation that comes with a request of its own.

        To `guess` who the viewer is, is for whoever asks afterwards whether that `was_right`.
        """
        self._guess = guess
        self.services = services
        self.identity = identity
        self.line = line
        self.connection_params: dict[str, Any] | None = None
        """What a WebSocket client sent with `connection_init`; set by the transport."""
        self.objects: int | None = None
        """Points that the answer came to, as `schema.cost` counts them; None while nobody has counted."""
        self._bill: Bill | None = None
        self._over = False
        self._unkept: psycopg.Error | None = None
        self._opening = asyncio.Lock()
        self._read: Read | None = None
        self._failed: Exception | None = None
        """Why it could not be opened the last time."""
        self._working = False
        """Whether a unit of work has the operation's turn: what is read beside it does not wait for another."""
        self._stack: AsyncExitStack | None = None
        """What ends with the read transaction; there is none, in thousands of streams, while nothing is read."""
        self._loaders: dict[tuple[Any, ...], DataLoader[Any, Any]] = {}
        self._loading: list[asyncio.Task[Any] | None] = []
        """The tasks in which batch functions run."""

    def fresh(self) -> "Context":
        """A context for another operation of the same caller, as each operation on a socket needs."""
        return Context(self.services, self.identity, self.line)

    def bill(self, points: int) -> Bill:
        """Have the operation cost at most so many points, which are not set aside."""
        self._bill = Bill(self.services.budget, None if self.identity is None else self.identity.subject, points)
        return self._bill

    def charge(self, points: int) -> None:
        """Set points of the caller's budget aside for the operation. Raises Spent."""
        self.bill(points).take()

    def discharge(self) -> None:
        """Give them back, as nothing runs."""
        if self._bill is not None:
            self._bill.cancel()

    def settled(self) -> dict[str, Any]:
        """What the operation cost, as `extensions` of its answer."""
        return {} if self._bill is None else {"cost": self._bill.settle(self.objects)}

    async def viewer(self) -> Viewer | None:
        """Who asks, as the database knows them now; None when nobody is signed in."""
        return None if self.identity is None else (await self.read()).viewer

    async def read(self) -> Read:
        """The operation's read transaction, opened when first asked for."""
        before = self._failed
        async with self._opening:
            if self._over:
                raise OperationOver(READ_TOO_LATE)
            if self._read is None:
                if self._failed is not None and self._failed is not before:
                    # Who waited for the same try shares its end: each might wait as long again.
                    raise self._failed
                try:
                    self._read = await self._open()
                except Exception as error:
                    self._failed = error
                    raise
            return self._read

    async def _open(self) -> Read:
        # Where there is nothing to read in, the turn ends at once: the next try takes one of its own.
        async with AsyncExitStack() as stack:
            if not self._working:
                await stack.enter_async_context(self.services.turns.of(self._subject()))
            read = await stack.enter_async_context(self.services.database.read(self._subject(), guess=self._guess))
            self._stack = stack.pop_all()
        return read

    async def was_right(self) -> bool:
        """Whether the viewer is who they were taken for; from now on they are, whatever this says.

        Raises UnknownPerson for somebody who is no user any more.
        """
        guess, self._guess = self._guess, False
        if not guess or self._read is None:
            return True
        try:
            await self._read.confirm()
        except (ViewerChanged, UnknownPerson):
            await self.release()
            await self.read()
            return False
        return True

    def load(self, batch: Batch, key: Any, *arguments: Any) -> Awaitable[Any]:
        """One value of a batch function, together with all others that this level of the operation asks for."""
        loader = self._loaders.get((batch, *arguments))
        if loader is None:

            async def load_all(keys: list[Any]) -> Sequence[Any]:
                with self._stopping():
                    return await batch(await self.read(), keys, *arguments)

            loader = self._loaders[(batch, *arguments)] = DataLoader(load_fn=load_all)
        # Who waits may be cancelled, by an error beside it: others wait for the same, and a loader whose batch was
        # cancelled before it began never loads again.
        loading = asyncio.ensure_future(loader.load(key))
        loading.add_done_callback(_heed)
        return asyncio.shield(loading)

    @contextmanager
    def _stopping(self) -> Iterator[None]:
        """The task in which this is stops when the operation ends: a statement that nobody waits for any more would
        hold the connection as long as it takes."""
        task = asyncio.current_task()
        self._loading.append(task)
        try:
            yield
        except asyncio.CancelledError:
            if self._over:
                raise OperationOver(READ_TOO_LATE) from None
            raise
        finally:
            self._loading.remove(task)

    def loaded(self, batch: Batch, *arguments: Any) -> dict[Any, Any]:
        """What `load` has found by now, by key; an exception is what it raises."""
        loader = self._loaders.get((batch, *arguments))
        cache = None if loader is None else loader.cache_map
        futures = cache.cache_map if isinstance(cache, DefaultCache) else {}
        done = {key: future for key, future in futures.items() if future.done() and not future.cancelled()}
        return {key: future.exception() or future.result() for key, future in done.items()}

    @asynccontextmanager
    async def unit_of_work(self) -> AsyncIterator[Work]:
        """All writes of a mutation, and the events that tell of them: kept when the block ends."""
        await self.release()
        async with self.services.turns.of(self._subject()):
            self._working = True
            try:
                async with self.services.database.work(self._subject()) as work:
                    yield work
            finally:
                self._working = False

    async def release(self) -> None:
        """End the read transaction and forget what was loaded in it. Raises when it cannot be committed."""
        async with self._opening:
            self._read = None
            self._loaders = {}
            stack, self._stack = self._stack, None
            try:
                if stack is not None:
                    await stack.aclose()
            except psycopg.Error as error:
                self._unkept = error
                raise

    async def close(self) -> None:
        """End the operation: a resolver that was given up and still runs cannot open what nobody would end.

        Raises when any read transaction of the operation could not be committed: what an administrator read in it
        may have no line in the audit log, so nothing of the answer may leave.
        """
        self._over = True
        for task in self._loading:
            if task is not None:
                task.cancel()
        await self.release()
        if self._unkept is not None:
            raise self._unkept

    def _subject(self) -> str:
        if self.identity is None:
            raise BadRequest("UNAUTHENTICATED", SIGN_IN)
        return self.identity.subject


def _heed(loading: asyncio.Future[Any]) -> None:
    """Take note of an error that nobody waits for any more: asyncio would log it."""
    if not loading.cancelled():
        loading.exception()


Info: TypeAlias = strawberry.Info[Context, None]
