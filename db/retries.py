"""What is created once however often it is asked for: its id is made of who asks and of the key they give."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar
from uuid import UUID, uuid4, uuid5

from sqlalchemy import Text, bindparam, func, select

from db.engine import Work
from db.statement import Compiled
from domain.errors import Code, Refused
from domain.text import required_text

MAX_KEY = 100

R = TypeVar("R")

_lock = Compiled(
    "lock_retries",
    select(func.pg_advisory_xact_lock(func.hashtextextended(bindparam("name", type_=Text()), 1))),
)


def id_for(viewer_id: UUID, mutation: str, key: str | None) -> UUID:
    """The id of what a mutation creates: always the same for one person and key, and new without a key.

    Raises Refused (INVALID, TOO_LONG).
    """
    if key is None:
        return uuid4()
    return uuid5(viewer_id, f"{mutation}:{required_text(key, 'idempotency_key', MAX_KEY)}")


async def created_before(
    work: Work, key: str | None, created_id: UUID, by_id: Callable[[Work, Sequence[UUID]], Awaitable[list[R | None]]]
) -> R | None:
    """What was created when the same key came before; None for the first time, and without a key.

    Others who come with it meanwhile wait for the end of this work, and find what it creates.
    """
    if key is None:
        return None
    await work.run(_lock, {"name": str(created_id)})
    (made,) = await by_id(work, [created_id])
    return made


def same_request(*alike: bool) -> None:
    """Refuse (INVALID) a key that was given before with something else."""
    if not all(alike):
        raise given_before()


def given_before() -> Refused:
    """The refusal of a key that made something else."""
    return Refused(
        Code.INVALID, "This key was given before for something else; give each request its own.", "idempotency_key"
    )
