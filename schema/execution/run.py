"""Running a plan, level by level.

A level is what can be read without waiting. Its objects' scalars are read by generated functions and the objects that
are attributes are gone into; what has to be waited for is put off until the level is complete, and then asked for
together: each batch function once with the keys of all parents, wherever in the plan they stand.

Errors are noted with their place and settled at the end: each is put at the nearest place above that may be null, and
those below a place that is null already are dropped, as graphql-core does it. https://spec.graphql.org/September2025/#sec-Handling-Execution-Errors
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import Any

from graphql import ExecutionResult, GraphQLError, GraphQLObjectType, GraphQLResolveInfo, located_error
from graphql.execution.values import VariableValues
from graphql.pyutils import Path, gather_with_cancel, inspect, is_awaitable
from graphql.type import GraphQLResolveInfoHelpers

from schema.context import Context
from schema.cost import MUTATION
from schema.execution.asking import Call, Level, Values, attributes
from schema.execution.edges import EdgeTo
from schema.execution.leaves import complete, listed, null_error
from schema.execution.places import Frame, Group, is_object, steps_of
from schema.execution.plan import FieldPlan, ObjectPlan, Plan


class Run:
    """One execution of a plan."""

    whole_after = 2
    """Runs of a plan after which its sub-trees are read whole: what comes again is worth statements of its own."""

    def __init__(self, plan: Plan, context: Context, variables: VariableValues, root_value: Any = None) -> None:
        self.plan = plan
        self.context = context
        self.variables = variables
        self.root_value = root_value
        self.waiting: list[tuple[Frame, FieldPlan]] = []
        self.objects = 0
        """Points that the answer has come to, as `schema.cost` counts them."""
        self.errors: list[tuple[Frame, int, FieldPlan, tuple[int, ...], Exception]] = []
        self.whole = plan.runs >= self.whole_after
        plan.runs += 1
        self.apart: set[tuple[Frame, FieldPlan]] = set()
        """Fields that turned out not to be readable whole."""
        self.found: dict[Call, dict[Any, Any]] = {}
        """What batch functions gave for each key, errors too; nothing is read twice in one transaction."""

    async def execute(self) -> ExecutionResult:
        """The whole answer."""
        root = Frame(self.plan.root, [self.root_value], None, None)
        if self.plan.serial:
            await self._execute_in_series(root)
        else:
            self._expand(root)
            await self._wait()
        return self._settled(root.outs[0])

    async def _execute_in_series(self, root: Frame) -> None:
        """Each field with all below it before the next one begins; none after an error that nulls the whole answer."""
        self._expand(root)
        fields, self.waiting = self.waiting, []
        for field in fields:
            self.found = {}  # read before what this one writes
            self.objects += MUTATION
            self.waiting = [field]
            known = len(self.errors)
            await self._wait()
            if any(_caught(steps) == 0 for steps in map(_steps, self.errors[known:])):
                break

    async def _wait(self) -> None:
        while self.waiting:
            await self._level()

    async def _level(self) -> None:
        waiting, self.waiting = self.waiting, []
        level = Level(self.plan, self.context, self.variables, self.found, self._info)
        whole: list[tuple[Frame, FieldPlan, Callable[[], Values | None]]] = []
        ready: list[tuple[Frame, FieldPlan, Callable[[], Values]]] = []
        for frame, field in waiting:
            collect = level.ask_whole(frame, field) if self.whole and (frame, field) not in self.apart else None
            if collect is None:
                ready.append((frame, field, level.ask(frame, field)))
            else:
                whole.append((frame, field, collect))
        await level.wait(last=not ready and not self.waiting)
        self.objects += level.objects
        for frame, field, values in whole:
            self._place(frame, field, values())
        for frame, field, collected in ready:
            self._complete(frame, field, collected())

    def _info(self, frame: Frame, number: int, field: FieldPlan) -> GraphQLResolveInfo[Context]:
        operation = self.plan.operation
        return GraphQLResolveInfo(
            field_name=field.name,
            field_nodes=field.nodes,
            return_type=field.definition.type,
            parent_type=field.parent,
            path=Path(frame.path(number), field.key, field.parent.name),
            schema=self.plan.schema,
            fragments=dict(operation.fragments),
            root_value=self.root_value,
            operation=operation.node,
            variable_values=self.variables,
            context=self.context,
            is_awaitable=is_awaitable,
            abort_signal=None,
            async_helpers=GraphQLResolveInfoHelpers(
                gather=lambda values: gather_with_cancel(*values), track=lambda values: None
            ),
        )

    # What becomes of a field's values

    def _place(self, frame: Frame, field: FieldPlan, values: Values | None) -> None:
        """What was read whole goes into the answer as it is."""
        if values is None:
            self.apart.add((frame, field))
            self.waiting.append((frame, field))
            return
        for number, (out, value) in enumerate(zip(frame.outs, values, strict=True)):
            if isinstance(value, Exception):
                self.fail(frame, number, field, (), value)
            elif value is None and not field.nullable[0]:
                self.fail(frame, number, field, (), null_error(field))
            else:
                out[field.key] = value

    def _complete(self, frame: Frame, field: FieldPlan, values: Values) -> None:
        if field.selection is None:
            for number, (out, value) in enumerate(zip(frame.outs, values, strict=True)):
                out[field.key] = complete(field, value, self._failing(frame, number, field))
        elif field.depth == 0:
            self._complete_objects(frame, field, values)
        else:
            self._complete_lists(frame, field, values)

    def _complete_objects(self, frame: Frame, field: FieldPlan, values: Values) -> None:
        key = field.key
        children = [value for value in values if value is not None and not isinstance(value, Exception)]
        if len(children) == len(values):
            for out, child in zip(frame.outs, self._objects(Group(frame, field, values), children), strict=True):
                out[key] = child
            return
        for number, value in enumerate(values):
            if isinstance(value, Exception):
                self.fail(frame, number, field, (), value)
            elif value is None and not field.nullable[0]:
                self.fail(frame, number, field, (), null_error(field))
        outs = iter(self._objects(Group(frame, field, values), children))
        for out, value in zip(frame.outs, values, strict=True):
            if is_object(value):
                out[key] = next(outs)

    def _complete_lists(self, frame: Frame, field: FieldPlan, values: Values) -> None:
        children: list[Any] = []
        if field.depth == 1 and all(value.__class__ is list or value.__class__ is tuple for value in values):
            for value in values:
                children += value
            if all(map(is_object, children)):
                outs = self._objects(Group(frame, field, values), children)
                start = 0
                for out, value in zip(frame.outs, values, strict=True):
                    out[field.key] = outs[start : start + len(value)]
                    start += len(value)
                return
            children = []
        values = [self._sorted(frame, number, field, value, (), children) for number, value in enumerate(values)]
        remaining = iter(self._objects(Group(frame, field, values), children))
        for out, value in zip(frame.outs, values, strict=True):
            out[field.key] = _nested(value, remaining, field.depth)

    def _sorted(
        self, frame: Frame, number: int, field: FieldPlan, value: Any, indexes: tuple[int, ...], children: list[Any]
    ) -> Any:
        """A value with None for what is null or wrong at any depth; its objects are added to `children`."""
        try:
            if isinstance(value, Exception):
                raise value
            if value is None:
                if not field.nullable[len(indexes)]:
                    raise null_error(field)
                return None
            items = None if len(indexes) == field.depth else listed(field, value)
        except Exception as error:  # noqa: BLE001 - it is the error of this place
            self.fail(frame, number, field, indexes, error)
            return None
        if items is None:
            children.append(value)
            return value
        return [
            self._sorted(frame, number, field, item, (*indexes, index), children) for index, item in enumerate(items)
        ]

    # Objects

    def _objects(self, group: Group, children: list[Any]) -> list[Any]:
        """The objects' parts of the answer; None for one that is not of a type that it may be of."""
        if not children:
            return []
        if len(children) > 1 and isinstance(group.field.way, EdgeTo) and group.field.depth == 0:
            shared = self._shared(group, children)
            if shared is not None:
                return shared
        plan: ObjectPlan | None = group.field.selection.object if group.field.selection else None
        if plan is not None and self._all_are(plan, group, children):
            return self._expand(Frame(plan, children, group, None))
        plans = [self._plan_of(group, number, child) for number, child in enumerate(children)]
        members: dict[ObjectPlan, list[int]] = {}
        for number, plan in enumerate(plans):
            if plan is not None:
                members.setdefault(plan, []).append(number)
        outs: list[Any] = [None] * len(children)
        for plan, numbers in members.items():
            sources = [children[number] for number in numbers]
            for number, out in zip(numbers, self._expand(Frame(plan, sources, group, numbers)), strict=True):
                outs[number] = out
        return outs

    def _shared(self, group: Group, children: list[Any]) -> list[Any] | None:
        """For objects that many parents lead to, and of which only scalars are selected: each is read once.

        None where it cannot be, or something is wrong with one: an error has a place of its own for every parent.
        """
        unique = {id(child): child for child in children}
        if len(unique) == len(children):
            return None
        known = len(self.errors)
        plans: dict[ObjectPlan | None, list[int]] = {}
        for identity, child in unique.items():
            plans.setdefault(self._plan_of(group, 0, child), []).append(identity)
        del self.errors[known:]
        outs: dict[int, Any] = {}
        for plan, identities in plans.items():
            if plan is None or not plan.plain:
                return None
            try:
                outs.update(zip(identities, plan.read([unique[identity] for identity in identities]), strict=True))
            except Exception:  # noqa: BLE001 - it is looked at again, and then told with its place
                return None
        self.objects += len(children)
        return [outs[id(child)] for child in children]

    def _all_are(self, plan: ObjectPlan, group: Group, children: list[Any]) -> bool:
        """Whether all objects are of the plan's type; who is told no looks at each."""
        fits = plan.is_type_of
        if fits is None:
            return True
        info = self._group_info(group)
        with suppress(Exception):
            return False not in [fits(child, info) for child in children]
        return False

    def _plan_of(self, group: Group, number: int, child: Any) -> ObjectPlan | None:
        """What is selected on an object, by its type; None, and an error, where it has none that fits."""
        selection: Any = group.field.selection
        try:
            plan: ObjectPlan = selection.object or selection.on(self._type_of(group, selection.abstract, child))
            if plan.is_type_of is not None and not plan.is_type_of(child, self._group_info(group)):
                raise _unfit(f"Expected value of type '{plan.type}' but got: {inspect(child)}.", group)
        except Exception as error:  # noqa: BLE001 - a type's own function may raise anything
            owner, *indexes = group.place(number)
            self.fail(group.parents, owner, group.field, tuple(indexes), error)
            return None
        return plan

    def _type_of(self, group: Group, abstract: Any, child: Any) -> GraphQLObjectType:
        field, schema = group.field, self.plan.schema
        name = abstract.resolve_type(child, self._group_info(group), abstract)
        where = f"for field '{field.parent}.{field.name}'"
        if name is None:
            raise _unfit(
                f"Abstract type '{abstract}' must resolve to an Object type at runtime {where}. Either the '{abstract}'"
                " type should provide a 'resolve_type' function or each possible type should provide an 'is_type_of'"
                " function.",
                group,
            )
        kind = schema.get_type(name)
        if not isinstance(kind, GraphQLObjectType) or not schema.is_sub_type(abstract, kind):
            raise _unfit(f"Runtime Object type '{name}' is not a possible type for '{abstract}'.", group)
        return kind

    def _group_info(self, group: Group) -> GraphQLResolveInfo[Context]:
        if group.info is None:
            group.info = self._info(group.parents, 0, group.field)
        return group.info

    def _expand(self, frame: Frame) -> list[Any]:
        """Read the scalars, go into what is at hand, and put off the rest."""
        plan = frame.plan
        if plan.counted:
            self.objects += len(frame.sources)
        outs: list[dict[str, Any]] | None = None
        with suppress(Exception):  # whatever it is, it will come again, at its place
            outs = plan.read(frame.sources)
        frame.outs = self._read_slowly(frame) if outs is None else outs
        for field in plan.inner:
            self._complete(frame, field, attributes(frame, field))
        self.waiting += [(frame, field) for field in plan.later]
        return frame.outs

    def _read_slowly(self, frame: Frame) -> list[dict[str, Any]]:
        outs: list[dict[str, Any]] = []
        for number, source in enumerate(frame.sources):
            out: dict[str, Any] = {}
            for leaf in frame.plan.leaves:
                if leaf.field is None:
                    out[leaf.key] = leaf.constant
                    continue
                try:
                    value = leaf.value(source)
                except Exception as error:  # noqa: BLE001 - whatever an attribute raises is the error of its field
                    value = error
                out[leaf.key] = complete(leaf.field, value, self._failing(frame, number, leaf.field))
            outs.append(out)
        return outs

    # Errors

    def fail(self, frame: Frame, number: int, field: FieldPlan, indexes: tuple[int, ...], error: Exception) -> None:
        """Note the error of a field of one of a frame's objects, or of something in its lists."""
        self.errors.append((frame, number, field, indexes, error))

    def _failing(self, frame: Frame, number: int, field: FieldPlan) -> Callable[[Sequence[int], Exception], None]:
        return lambda indexes, error: self.fail(frame, number, field, tuple(indexes), error)

    def _settled(self, data: dict[str, Any] | None) -> ExecutionResult:
        """The data with nulls where errors put them, and the errors that count."""
        nulled: set[tuple[str | int, ...]] = set()
        errors: list[GraphQLError] = []
        for noted in self.errors:
            steps = _steps(noted)
            keys = tuple(key for key, _ in steps)
            place = keys[: _caught(steps)]
            if any(place[:length] in nulled for length in range(len(place) + 1)):
                continue
            nulled.add(place)
            errors.append(located_error(noted[4], noted[2].nodes, list(keys)))
            if place:
                above: Any = data
                for key in place[:-1]:
                    above = above[key]
                above[place[-1]] = None
            else:
                data = None
        return ExecutionResult(data, errors or None)


def _steps(noted: tuple[Frame, int, FieldPlan, tuple[int, ...], Exception]) -> list[tuple[str | int, bool]]:
    frame, number, field, indexes, _ = noted
    return [*frame.steps(number), *steps_of(field, indexes)]


def _caught(steps: Sequence[tuple[str | int, bool]]) -> int:
    """How many of the steps lead to the nearest place that may be null; 0 is the whole answer."""
    return next((length for length in range(len(steps), 0, -1) if steps[length - 1][1]), 0)


def _nested(value: Any, outs: Iterator[Any], depth: int) -> Any:
    if value is None:
        return None
    return next(outs) if depth == 0 else [_nested(item, outs, depth - 1) for item in value]


def _unfit(message: str, group: Group) -> GraphQLError:
    return GraphQLError(message, group.field.nodes)
