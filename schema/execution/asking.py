"""Asking for what has to be waited for: everything that one level of an operation needs, together."""

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from operator import mul
from typing import Any

import orjson
from graphql import GraphQLResolveInfo
from graphql.execution.values import VariableValues, get_argument_values
from graphql.pyutils import gather_with_cancel, is_awaitable
from strawberry.types.arguments import convert_arguments

from schema.context import Batch, Context
from schema.execution.edges import EdgesTo, EdgeTo, Found, Named, SliceOf
from schema.execution.places import Frame, is_object
from schema.execution.plan import UNKNOWN, FieldPlan, Plan
from schema.execution.whole import Whole, texts_of, whole_of, whole_of_type

MAX_ASKED = 16
"""Different arguments of one page that are remembered."""

Call = tuple[Any, ...]
"""A batch function and its arguments."""
Values = Sequence[Any]
"""A field's, one for each object of a frame; an exception is the error of that object's field."""


class WrongNumber(Exception):
    """A batch function did not give one value for each key."""


class Level:
    """What one level needs. First `ask` for each field, then `wait`, then collect by what `ask` gave."""

    def __init__(
        self,
        plan: Plan,
        context: Context,
        variables: VariableValues,
        found: dict[Call, dict[Any, Any]],
        info: Callable[[Frame, int, FieldPlan], GraphQLResolveInfo[Context]],
    ) -> None:
        """`found` is what batch functions gave before, by key; what they give now is added. `info` is for resolvers."""
        self.plan = plan
        self.context = context
        self.variables = variables
        self.found = found
        self.info = info
        self._calls: dict[Call, dict[Any, None]] = {}
        self._awaited: list[Awaitable[Any]] = []
        self.objects = 0
        """In what was read whole."""
        self._last = False

    def ask_whole(self, frame: Frame, field: FieldPlan) -> Callable[[], Values | None] | None:
        """The same for a field that can be read with all below it; None for one that cannot be.

        Its values are `orjson.Fragment`s then, or all together None when it has to be read in another way after all.
        """
        if isinstance(field.way, Found):
            return self._found_whole(field, field.way)
        if field.whole is UNKNOWN:
            field.whole = whole_of(field)
        whole: Whole | None = field.whole
        if whole is None:
            return None
        keys = attributes(frame, field)
        wanted = Counter(key for key in keys if is_object(key))
        if not wanted:
            return None
        loaded: dict[Any, Any] = {}
        self._awaited.append(self._load_whole(whole, wanted, loaded))
        return lambda: [loaded[key] if is_object(key) else key for key in keys] if loaded else None

    def _found_whole(self, field: FieldPlan, way: Found) -> Callable[[], Values | None]:
        loaded: dict[Any, Any] = {}

        async def load() -> None:
            try:
                found = await way.find(self.context, self._schema, **self._converted(field))
            except Exception as error:  # noqa: BLE001 - whatever a resolver raises is the error of its field
                loaded[None] = error
                return
            if found is None:
                loaded[None] = None
                return
            batch, key, name = found
            whole = whole_of_type(field, name, batch)
            if whole is not None:
                given: dict[Any, Any] = {}
                await self._load_whole(whole, {key: 1}, given)
                if given:
                    loaded[None] = given[key]

        self._awaited.append(load())
        return lambda: [loaded[None]] if loaded else None

    async def _load_whole(self, whole: Whole, wanted: Mapping[Any, int], loaded: dict[Any, Any]) -> None:
        """`wanted` are the keys, and how often each stands in the answer."""
        keys = list(wanted)
        try:
            read = await self.context.read()
            try:
                found = whole.statement(read, keys, self._asked)
            except Exception:  # noqa: BLE001 - what is wrong with the arguments is told field by field
                return
            if found is not None:
                read.last = self._last
                texts = texts_of(await read.run(*found), len(keys))
                if texts is not None:
                    self.objects += sum(map(mul, map(whole.objects_in, texts), wanted.values()))
                    loaded.update(zip(keys, map(orjson.Fragment, texts), strict=True))
        except Exception as error:  # noqa: BLE001 - it becomes the error of every field that asked
            loaded.update(dict.fromkeys(keys, error))

    def ask(self, frame: Frame, field: FieldPlan) -> Callable[[], Values]:
        """Note what a field needs; what is given collects its values, after the wait."""
        match field.way:
            case EdgeTo(batch):
                return self._edge(frame, field, batch)
            case EdgesTo(batch):
                return self._edges(frame, field, batch)
            case SliceOf() as way:
                return self._slices(frame, field, way)
            case Named():
                return self._named(frame, field)
            case Found() | None:
                return self._resolved(frame, field)

    async def wait(self, *, last: bool = False) -> None:
        """Until everything is there. Each batch function is called once for all who asked.

        `last` says that nothing else will be read if all goes well, and that each field takes one statement.
        """
        self._last = last
        awaited = [*self._awaited, *(self._load(call, list(keys)) for call, keys in self._calls.items())]
        if len(awaited) == 1:
            await awaited[0]
        elif awaited:
            await gather_with_cancel(*awaited)

    async def _load(self, call: Call, keys: list[Any]) -> None:
        batch, *arguments = call
        found = self.found[call]
        try:
            values = await batch(await self.context.read(), keys, *arguments)
            if len(values) != len(keys):
                raise WrongNumber(f"{batch.__name__} gave {len(values)} values for {len(keys)} keys")
        except Exception as error:  # noqa: BLE001 - it becomes the error of every field that asked
            found.update(dict.fromkeys(keys, error))
        else:
            found.update(zip(keys, values, strict=True))

    def _want(self, call: Call, keys: Sequence[Any]) -> dict[Any, Any]:
        """Where the values of these keys will be found."""
        found = self.found.get(call)
        if found is None:
            found = self.found[call] = self.context.loaded(*call)
        missing = dict.fromkeys(keys)
        for key in found:
            missing.pop(key, None)
        if missing:
            before = self._calls.setdefault(call, missing)
            if before is not missing:
                before.update(missing)
        return found

    # What a field's values come from: each asks for what it needs, and gives what will collect it

    def _edge(self, frame: Frame, field: FieldPlan, batch: Batch) -> Callable[[], Values]:
        keys = attributes(frame, field)
        found = self._want((batch,), [key for key in keys if is_object(key)])
        return lambda: [found[key] if is_object(key) else key for key in keys]

    def _edges(self, frame: Frame, field: FieldPlan, batch: Batch) -> Callable[[], Values]:
        lists = [value if isinstance(value, Exception) else _attempt(list, value) for value in attributes(frame, field)]
        keys = [key for value in lists if isinstance(value, list) for key in value]
        found = self._want((batch,), keys)
        return lambda: [_present(found, value) if isinstance(value, list) else value for value in lists]

    def _slices(self, frame: Frame, field: FieldPlan, way: SliceOf) -> Callable[[], Values]:
        keys = attributes(frame, field)
        try:
            asked = self._asked(field)
        except Exception as error:  # noqa: BLE001 - what is wrong with the arguments is the error of each field
            refusal = error
            return lambda: [refusal] * len(keys)
        found = self._want((way.batch, *asked), [key for key in keys if not isinstance(key, Exception)])
        return lambda: [_cut(way, found, key, asked) for key in keys]

    def _named(self, frame: Frame, field: FieldPlan) -> Callable[[], Values]:
        places: list[tuple[dict[Any, Any], Any] | Exception] = []
        for value in attributes(frame, field):
            if isinstance(value, Exception):
                places.append(value)
            else:
                batch, key, *arguments = value
                places.append((self._want((batch, *arguments), [key]), key))
        return lambda: [place if isinstance(place, Exception) else place[0][place[1]] for place in places]

    def _resolved(self, frame: Frame, field: FieldPlan) -> Callable[[], Values]:
        """By the field's own resolver, once for each object."""
        values: list[Any] = [None] * len(frame.sources)
        resolve: Any = field.definition.resolve
        for number, source in enumerate(frame.sources):
            try:
                value = resolve(source, self.info(frame, number, field), **self._arguments(field))
            except Exception as error:  # noqa: BLE001 - whatever a resolver raises is the error of its field
                value = error
            if is_awaitable(value):
                self._awaited.append(_kept(value, values, number))
            else:
                values[number] = value
        return lambda: values

    def _arguments(self, field: FieldPlan) -> dict[str, Any]:
        if not field.definition.args:
            return {}
        return get_argument_values(field.definition, field.nodes[0], self.variables)

    def _asked(self, field: FieldPlan) -> tuple[Any, ...]:
        """The arguments of a page's batch function."""
        assert isinstance(field.way, SliceOf)  # noqa: S101 - nobody else is asked
        key = tuple(self.variables.coerced.get(name, UNKNOWN) for name in field.variables)
        try:
            found: tuple[Any, ...] | None = field.asked.get(key)
        except TypeError:  # a filter, which has no hash
            return field.way.asked(**self._converted(field))
        if found is None:
            found = field.way.asked(**self._converted(field))
            if len(field.asked) < MAX_ASKED:
                field.asked[key] = found
        return found

    def _converted(self, field: FieldPlan) -> dict[str, Any]:
        """The arguments as a Strawberry resolver takes them."""
        if not field.definition.args:
            return {}
        return convert_arguments(
            self._arguments(field),
            field.definition.extensions["strawberry-definition"].arguments,
            config=self._schema.config,
            scalar_registry=self._schema.schema_converter.scalar_registry,
        )

    @property
    def _schema(self) -> Any:
        return getattr(self.plan.schema, "_strawberry_schema")  # noqa: B009 - it is not declared


def attributes(frame: Frame, field: FieldPlan) -> list[Any]:
    """The attribute of each object that a field is, or that leads to it; exceptions are of their fields."""
    get: Any = field.get
    with suppress(Exception):  # one of them raises, and each has its own error
        return list(map(get, frame.sources))
    return [_attempt(get, source) for source in frame.sources]


def _attempt(get: Callable[[Any], Any], source: Any) -> Any:
    try:
        return get(source)
    except Exception as error:  # noqa: BLE001 - it is the error of the field
        return error


async def _kept(value: Awaitable[Any], values: list[Any], number: int) -> None:
    try:
        values[number] = await value
    except Exception as error:  # noqa: BLE001 - whatever a resolver raises is the error of its field
        values[number] = error


def _present(found: dict[Any, Any], keys: Sequence[Any]) -> Any:
    """What was found for the keys; the first error, if one could not be read."""
    values = [found[key] for key in keys]
    failed = next((value for value in values if isinstance(value, Exception)), None)
    return [value for value in values if value is not None] if failed is None else failed


def _cut(way: SliceOf, found: dict[Any, Any], key: Any, asked: tuple[Any, ...]) -> Any:
    if isinstance(key, Exception):
        return key
    records = found[key]
    return records if isinstance(records, Exception) else way.cut(records, key, *asked)
