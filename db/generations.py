"""The record of what the companion writes, and the budget of the language model, which holds over all processes."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import BigInteger, cast, func, insert, select, text, update

from db.batch import ByKey, reads
from db.engine import Database, Transaction, Work
from db.statement import Compiled
from db.tables import generation_details, generations
from domain.companion.model import Answer, BudgetSpent, Model, ModelFailed
from domain.companion.prompts import Prompt
from domain.generations import Engine, Generation, GenerationDetails, GenerationKind, Outcome, Usage

T = TypeVar("T", bound=BaseModel)

_by_id = ByKey(
    "generations_by_id",
    select(generations.c.id, generations.c.kind, generations.c.engine, generations.c.outcome, generations.c.created_at),
    Generation,
    key=generations.c.id,
)
_details = ByKey(
    "details_by_generation",
    select(
        generation_details.c.generation_id,
        generation_details.c.model,
        generation_details.c.prompt_version,
        generation_details.c.input_tokens,
        generation_details.c.output_tokens,
    ),
    GenerationDetails,
    key=generation_details.c.generation_id,
)
_today = func.date_trunc("day", func.current_timestamp(), "UTC")
_taken = generation_details.c.input_tokens + generation_details.c.output_tokens + generation_details.c.reserved_tokens
_spent = Compiled(
    "tokens_spent_today",
    select(cast(func.coalesce(func.sum(_taken), 0), BigInteger))
    .join_from(generations, generation_details, generations.c.id == generation_details.c.generation_id)
    .where(generations.c.engine == Engine.OPENAI.value, generations.c.created_at >= _today),
)
# Two that look at once would both find room for one.
_one_at_a_time = Compiled("lock_budget", text("select pg_advisory_xact_lock(hashtext('study.generations.budget'))"))


@reads(_by_id)
async def generations_by_id(read: Transaction, generation_ids: Sequence[UUID]) -> list[Generation | None]:
    """The generation of each id; None for one the viewer may not see."""
    return await _by_id.read(read, generation_ids)


@reads(_details)
async def details_by_generation(read: Transaction, generation_ids: Sequence[UUID]) -> list[GenerationDetails | None]:
    """What each was written with and took, for tutors and administrators; None for anyone else."""
    return await _details.read(read, generation_ids)


async def add_embedded(work: Work, kind: GenerationKind, student_id: UUID | None) -> UUID:
    """The record of something that the embedded engine wrote and that this work keeps."""
    return await _insert(work, kind=kind, engine=Engine.EXTRACTIVE, outcome=Outcome.USED, student_id=student_id)


async def begin(
    database: Database, model: Model, prompt: Prompt, *, kind: GenerationKind, student_id: UUID | None
) -> UUID:
    """Record that the model is about to be asked, with the tokens that it may take. Raises BudgetSpent, on record."""
    asked = {"kind": kind, "engine": Engine.OPENAI, "student_id": student_id, "prompt_version": prompt.version}
    asked["model"] = model.name_for(prompt)
    async with database.system_work() as work:
        await work.run(_one_at_a_time, {})
        ((spent,),) = await work.run(_spent, {})
        if spent + prompt.most_tokens <= model.tokens_per_day:
            return await _insert(work, **asked, outcome=Outcome.BEGUN, reserved_tokens=prompt.most_tokens)
        await _insert(work, **asked, outcome=Outcome.UNAVAILABLE, error=str(BudgetSpent()))
    raise BudgetSpent


async def settle(
    work: Work, generation_id: UUID, outcome: Outcome, usage: Usage | None = None, error: str | None = None
) -> None:
    """Record what became of an attempt, and what it took: nothing, unless `usage` says otherwise."""
    values: dict[str, Any] = {"outcome": outcome.value, "reserved_tokens": 0, "error": error}
    if usage is not None:
        values |= {
            "model": usage.model,
            "input_tokens": usage.input_tokens,
            "output_tokens": usage.output_tokens,
        }
    await work.execute("settle_generation", update(generations).where(generations.c.id == generation_id).values(values))


@dataclass(frozen=True, slots=True)
class Written(Generic[T]):
    """What the model wrote, and the record of it, which says `unused` until somebody uses it."""

    value: T
    generation_id: UUID


async def ask(
    database: Database,
    model: Model,
    prompt: Prompt,
    shape: type[T],
    *,
    kind: GenerationKind,
    student_id: UUID | None = None,
) -> Written[T]:
    """Ask the model, between a transaction that reserves what it may take and one that records what it took.

    Never call it with a unit of work open. Whoever keeps the answer calls `mark` in the work that does.
    Raises BudgetSpent, ModelRefused, ModelAnswerUnusable and ModelUnavailable, each on record.
    """
    generation_id = await begin(database, model, prompt, kind=kind, student_id=student_id)
    async with _on_record(database, generation_id):
        answer: Answer[T] = await model.ask(prompt, shape)
    async with database.system_work() as work:
        await settle(work, generation_id, Outcome.UNUSED, answer.usage)
    return Written(answer.value, generation_id)


async def ask_aloud(
    database: Database,
    model: Model,
    prompt: Prompt,
    shape: type[T],
    say: Callable[[str], None],
    *,
    kind: GenerationKind,
    student_id: UUID | None = None,
) -> Written[T]:
    """As `ask`, and `say` hears each piece of the JSON as it comes, before any check of it."""
    generation_id = await begin(database, model, prompt, kind=kind, student_id=student_id)
    async with _on_record(database, generation_id):
        streamed = await model.stream(prompt, shape)
        async with aclosing(streamed.pieces) as pieces:
            async for piece in pieces:
                say(piece)
    async with database.system_work() as work:
        await settle(work, generation_id, Outcome.UNUSED, streamed.answer.usage)
    return Written(streamed.answer.value, generation_id)


@asynccontextmanager
async def _on_record(database: Database, generation_id: UUID) -> AsyncIterator[None]:
    try:
        yield
    except ModelFailed as failed:
        async with database.system_work() as work:
            await settle(work, generation_id, failed.outcome, failed.usage, str(failed))
        raise


async def mark(work: Work, generation_id: UUID, outcome: Outcome, error: str | None = None) -> None:
    """Record what became of an answer whose tokens are on record already."""
    await work.execute(
        "mark_generation",
        update(generations).where(generations.c.id == generation_id).values(outcome=outcome.value, error=error),
    )


async def _insert(work: Work, **values: Any) -> UUID:
    statement = insert(generations).values(values).returning(generations.c.id)
    ((generation_id,),) = await work.execute("insert_generation", statement)
    found: UUID = generation_id
    return found
