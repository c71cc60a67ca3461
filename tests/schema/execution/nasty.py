"""A schema in which whatever can go wrong does, now and then: what a domain record never holds, and no batch gives."""

import asyncio
import datetime as dt
import random
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, TypeAlias
from uuid import UUID

import strawberry
from strawberry.permission import BasePermission

from db.batch import Order
from domain.errors import BadRequest
from schema.fields import connection, edge, edge_list
from schema.types.connection import Connection
from schema.types.node import Node


@strawberry.enum
class Colour(Enum):
    RED = "red"
    BLUE = strawberry.enum_value("blue", name="AZURE")


@strawberry.enum
class Way(Enum):
    UP = strawberry.enum_value(Order("up", "number", descending=False, parse=int))
    DOWN = strawberry.enum_value(Order("down", "number", descending=True, parse=int))


class Text(str):
    """A text that is no plain one."""


@dataclass(frozen=True, slots=True)
class Record:
    """One thing, with any value anywhere."""

    id: Any
    kind: str
    number: Any
    values: dict[str, Any]

    def __getattr__(self, name: str) -> Any:
        if name not in SCALARS and name not in KEYS and name not in HELD:
            raise AttributeError(name)
        value = self.values[name]
        if isinstance(value, Raise):
            raise value.error
        return value


@dataclass(frozen=True)
class Raise:
    """What an attribute does instead of having a value."""

    error: Exception


TEXTS: list[Any] = ["a", "b", "", "ö", Text("c"), 5, 1.5, True, None, b"x", ValueError("a value that is an error")]
NUMBERS: list[Any] = [0, 1, -7, 2**31 - 1, 2**31, 3.0, 3.5, "4", "x", True, None, float("nan")]
LISTS: list[Any] = [
    (),
    ("a", "b"),
    ["a", None],
    ["a", 5, b"x"],
    "text",
    None,
    7,
    ("a", ValueError("an item")),
    {"k": 1},
]
NESTED: list[Any] = [[["a"], []], [["a", None], ["b"]], [None, ["c"]], [["a"], "b"], (("a",), ("b",)), None]
SCALARS: dict[str, list[Any]] = {
    "text": TEXTS,
    "text_or_null": TEXTS,
    "number_or_null": NUMBERS,
    "count": NUMBERS,
    "ratio": [0.5, 1, "2.5", float("inf"), None, True, "x"],
    "flag": [True, False, 1, 0, "x", None],
    "colour": [Colour.RED, Colour.BLUE, "red", "RED", None, Way.UP],
    "colours": [[Colour.RED, Colour.BLUE], (), [None], [Colour.BLUE, "no"]],
    "day": [dt.date(2026, 3, 1), dt.datetime(2026, 3, 1, tzinfo=dt.UTC), "2026-03-01", None],
    "time": [dt.datetime(2026, 3, 1, 12, 30, 1, 500, tzinfo=dt.UTC), dt.datetime(1, 1, 1, tzinfo=dt.UTC), 5, None],
    "price": [Decimal("1.50"), Decimal("0"), 3, None],
    "prices": [[Decimal("1.5")], (), [None], "x"],
    "texts": LISTS,
    "texts_or_null": LISTS,
    "any_texts": LISTS,
    "nested": NESTED,
}
KEYS = ("one", "other", "required", "some", "named", "list_key", "loose_key", "page_key", "noted", "any_key", "cut_key")
HELD = ("held", "must_hold", "holds", "grid", "choice")
GLUM = 0.12
"""How often something is as it should not be."""


class World:
    """Records that lead to one another."""

    def __init__(self, seed: int, size: int = 12) -> None:
        chance = random.Random(seed)  # noqa: S311 - not for secrets
        self.records: dict[Any, Record] = {}
        for number in range(size):
            values: dict[str, Any] = {}
            record = Record(UUID(int=number), chance.choice("AB"), number, values)
            self.records[number] = record
            for name, possible in SCALARS.items():
                glum = chance.random() < GLUM
                values[name] = chance.choice(possible) if glum else possible[chance.randrange(min(2, len(possible)))]
                if chance.random() < GLUM / 8:
                    values[name] = Raise(
                        chance.choice([RuntimeError("an attribute"), BadRequest("BAD", "an attribute")])
                    )
        everything: list[Any] = list(self.records.values())
        for record in everything:
            for name in KEYS:
                record.values[name] = self._key(chance, size)
            record.values["some"] = [self._key(chance, size) for _ in range(chance.randrange(3))]
            for name in HELD:
                glum = chance.random() < GLUM
                held = (
                    chance.choice([None, ValueError("held"), "no record", *everything])
                    if glum
                    else chance.choice(everything)
                )
                record.values[name] = held
            record.values["holds"] = [
                chance.choice([*everything, *everything, None]) for _ in range(chance.randrange(3))
            ]
            record.values["grid"] = [
                [chance.choice([*everything, *everything, None])] for _ in range(chance.randrange(3))
            ]

    def _key(self, chance: random.Random, size: int) -> Any:
        if chance.random() < GLUM:
            return chance.choice([None, "absent", "failed", "wrong"])
        return chance.randrange(size)

    def at(self, key: Any) -> Any:
        """What is found for a key."""
        if key in ("failed", 3):
            return RuntimeError("this key alone") if key == "failed" else self.records[key]
        return "not a record" if key == "wrong" else self.records.get(key)


world = World(0)
calls: list[str] = []
"""The names of the batch functions that were called."""


async def _answered(name: str, keys: Sequence[Any], find: Any) -> list[Any]:
    calls.append(name)
    await asyncio.sleep(0)
    return [find(key) for key in keys]


async def ones(read: Any, keys: Sequence[Any]) -> list[Any]:
    return await _answered("ones", keys, world.at)


async def others(read: Any, keys: Sequence[Any]) -> list[Any]:
    return await _answered("others", keys, world.at)


async def slowly(read: Any, keys: Sequence[Any]) -> list[Any]:
    return await _answered("slowly", keys, world.at)


async def all_fail(read: Any, keys: Sequence[Any]) -> list[Any]:
    calls.append("doomed")
    raise RuntimeError("the whole batch")


async def all_refuse(read: Any, keys: Sequence[Any]) -> list[Any]:
    calls.append("refused")
    raise BadRequest("REFUSED", "refused")


async def one_too_few(read: Any, keys: Sequence[Any]) -> list[Any]:
    return (await _answered("short", keys, world.at))[1:]


async def notes(read: Any, keys: Sequence[Any]) -> list[Any]:
    return await _answered("notes", keys, lambda key: key if isinstance(key, str) else TEXTS[key % len(TEXTS)])


async def lists(read: Any, keys: Sequence[Any]) -> list[Any]:
    def found(key: Any) -> Any:
        if isinstance(key, str):
            return None
        return [world.at(number) for number in range(key, min(key + 3, 12))]

    return await _answered("lists", keys, found)


async def loose(read: Any, keys: Sequence[Any]) -> list[Any]:
    def found(key: Any) -> Any:
        if isinstance(key, str):
            return key
        return [world.at(number) if number % 4 else None for number in range(key, min(key + 3, 12))]

    return await _answered("loose", keys, found)


async def pages(read: Any, keys: Sequence[Any], page: Any, where: Any) -> list[Any]:
    def found(key: Any) -> Any:
        start = key if isinstance(key, int) else 0
        return [world.at(number) for number in range(start, min(start + page.limit, 12))]

    return await _answered("pages", keys, found)


async def counted(read: Any, keys: Sequence[Any], where: Any) -> list[Any]:
    return await _answered("counted", keys, lambda key: key if isinstance(key, int) else None)


@strawberry.input
class Where:
    """Refuses some values."""

    like: str | None = None

    def filter(self) -> str | None:
        """As batch functions take it."""
        if self.like == "bad":
            raise BadRequest("BAD_FILTER", "not this")
        return self.like


class Guarded(BasePermission):
    """Lets some through."""

    message = "guarded"

    def has_permission(self, source: Any, info: Any, **arguments: Any) -> bool:
        return bool(source.number % 3)


_HERE = strawberry.lazy("tests.schema.execution.nasty")
AnyThing: TypeAlias = Annotated["Thing", _HERE]
OfEither: TypeAlias = Annotated["Either", _HERE]
OnlyA: TypeAlias = Annotated["A", _HERE]


@strawberry.interface
class Thing(Node):
    """Any of them."""

    text: str = strawberry.field()
    text_or_null: str | None = strawberry.field()
    number_or_null: int | None = strawberry.field()
    count: int = strawberry.field()
    ratio: float | None = strawberry.field()
    flag: bool | None = strawberry.field()
    colour: Colour | None = strawberry.field()
    colours: list[Colour] | None = strawberry.field()
    day: dt.date | None = strawberry.field()
    time: dt.datetime | None = strawberry.field()
    price: Decimal | None = strawberry.field()
    prices: list[Decimal] | None = strawberry.field()
    texts: list[str] = strawberry.field()
    texts_or_null: list[str] | None = strawberry.field()
    any_texts: list[str | None] | None = strawberry.field()
    nested: list[list[str]] | None = strawberry.field()
    held: AnyThing | None = strawberry.field()
    must_hold: OnlyA = strawberry.field()
    holds: list[AnyThing | None] = strawberry.field()
    grid: list[list[AnyThing]] | None = strawberry.field()
    choice: OfEither | None = strawberry.field()

    one: OnlyA | None = edge(ones, key="one", description="")
    other: AnyThing | None = edge(others, key="other", description="")
    required: AnyThing = edge(ones, key="required", description="")
    doomed: AnyThing | None = edge(all_fail, key="one", description="")
    refused: list[AnyThing] = edge(all_refuse, key="one", description="")
    short: AnyThing | None = edge(one_too_few, key="other", description="")
    either: OfEither | None = edge(others, key="any_key", description="")
    some: list[AnyThing] = edge_list(ones, keys="some", description="")
    listed: list[AnyThing] | None = edge(lists, key="list_key", description="")
    loosely: list[AnyThing | None] | None = edge(loose, key="loose_key", description="")
    noted: str | None = edge(notes, key="noted", description="")
    page: Connection[AnyThing] = connection(pages, counted, key="page_key", order=Way.UP, where=Where, description="")
    guarded: AnyThing | None = strawberry.field(resolver=lambda root: root.values["held"], permission_classes=[Guarded])

    @strawberry.field
    def plain(self, by: int = 2) -> int:
        """A resolver that waits for nothing."""
        root: Any = self
        if root.number == 5:
            raise BadRequest("FIVE", "not five")
        return int(root.number) * by

    @strawberry.field
    async def slow(self, info: strawberry.Info) -> AnyThing | None:
        """A resolver that waits."""
        root: Any = self
        await asyncio.sleep(0)
        found: Any = await info.context.load(slowly, root.number)
        return found  # type: ignore[no-any-return]

    @strawberry.field
    async def path(self, info: strawberry.Info) -> str:
        """Where it stands."""
        return "/".join(map(str, info.path.as_list()))

    @classmethod
    def is_type_of(cls, value: object, info: object) -> bool:
        """By the record."""
        return isinstance(value, Record) and value.kind == cls.__name__


@strawberry.type
class A(Thing, Node):
    """One kind."""

    only_a: Annotated["B", strawberry.lazy("tests.schema.execution.nasty")] | None = edge(
        others, key="other", description=""
    )


@strawberry.type
class B(Thing, Node):
    """Another."""

    only_b: str | None = edge(notes, key="noted", description="")


Either = Annotated[A | B, strawberry.union("Either")]


def _pick(index: int) -> Any:
    return world.records[index % len(world.records)]


@strawberry.type
class NastyQuery:
    """Ways in."""

    @strawberry.field
    def thing(self, index: int = 0) -> Thing | None:
        return _pick(index)  # type: ignore[no-any-return]

    @strawberry.field
    async def things(self, first: int = 6) -> list[Thing]:
        everything: Any = list(world.records.values())
        return list(everything[: max(0, first)])

    @strawberry.field
    def rows(self) -> list[list[Thing | None] | None] | None:
        everything: Any = list(world.records.values())
        return [everything[:2], None, [], [None, everything[3]]]

    @strawberry.field
    async def must(self, index: int = 0) -> A:
        return _pick(index)  # type: ignore[no-any-return]

    @strawberry.field
    async def echo(self, text: str = "default", numbers: list[int] | None = None, colour: Colour | None = None) -> str:
        return f"{text} {numbers} {colour}"

    @strawberry.field
    async def broken(self) -> Thing | None:
        raise RuntimeError("a root")


@strawberry.type
class NastyMutation:
    """Changes that leave a trace."""

    @strawberry.mutation
    async def note(self, text: str, fail: bool = False) -> Thing | None:
        calls.append(f"note {text}")
        await asyncio.sleep(0)
        if fail:
            raise BadRequest("FAILED", "as asked")
        return _pick(len(text))  # type: ignore[no-any-return]

    @strawberry.mutation
    async def must_note(self, text: str, fail: bool = False) -> A:
        calls.append(f"must note {text}")
        if fail:
            raise BadRequest("FAILED", "as asked")
        return world.records[next(number for number, each in world.records.items() if each.kind == "A")]  # type: ignore


@strawberry.type
class NastySubscription:
    """There has to be one."""

    @strawberry.subscription
    async def ticks(self) -> AsyncIterator[int]:
        yield 1
