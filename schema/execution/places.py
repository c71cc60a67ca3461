"""Where objects stand in the answer. Nobody asks unless something went wrong, so only how to tell is kept."""

from collections.abc import Iterator, Sequence
from typing import Any

from graphql import GraphQLObjectType, GraphQLResolveInfo
from graphql.pyutils import Path

from schema.context import Context
from schema.execution.plan import FieldPlan, ObjectPlan


class Group:
    """The objects that one field leads to from all objects of a frame."""

    __slots__ = ("_places", "field", "info", "parents", "values")

    def __init__(self, parents: "Frame", field: FieldPlan, values: Sequence[Any]) -> None:
        """`values` are the field's, one for each of the parents: objects, lists of them, nulls and exceptions."""
        self.parents = parents
        self.field = field
        self.values = values
        self._places: list[tuple[int, ...]] | None = None
        self.info: GraphQLResolveInfo[Context] | None = None
        """What the functions of types are told; made when one is asked."""

    def place(self, number: int) -> tuple[int, ...]:
        """Of one of the objects: the number of its parent, then its index in each list."""
        if self._places is None:
            if number == 0:
                return next(_places(self.values, self.field.depth + 1))
            self._places = list(_places(self.values, self.field.depth + 1))
        return self._places[number]


class Frame:
    """Objects of one type at one place of the plan, and their parts of the answer."""

    __slots__ = ("group", "members", "outs", "plan", "sources")

    def __init__(
        self, plan: ObjectPlan, sources: Sequence[Any], group: Group | None, members: Sequence[int] | None
    ) -> None:
        """`members` are their numbers in the group; None where they are all of it. The root has no group."""
        self.plan = plan
        self.sources = sources
        self.group = group
        self.members = members
        self.outs: list[dict[str, Any]] = []

    def steps(self, number: int) -> list[tuple[str | int, bool]]:
        """The way to one of the objects from the root: keys, and whether what is there may be null."""
        if self.group is None:
            return []
        owner, *indexes = self.group.place(number if self.members is None else self.members[number])
        return [*self.group.parents.steps(owner), *steps_of(self.group.field, indexes)]

    def path(self, number: int) -> Path | None:
        """The same as graphql-core has it."""
        path: Path | None = None
        frames: list[tuple[GraphQLObjectType, str | int]] = []
        frame: Frame | None = self
        while frame is not None and frame.group is not None:
            owner, *indexes = frame.group.place(number if frame.members is None else frame.members[number])
            frames += [(frame.group.field.parent, index) for index in reversed(indexes)]
            frames.append((frame.group.field.parent, frame.group.field.key))
            frame, number = frame.group.parents, owner
        for parent, key in reversed(frames):
            path = Path(path, key, parent.name if isinstance(key, str) else None)
        return path


def steps_of(field: FieldPlan, indexes: Sequence[int]) -> list[tuple[str | int, bool]]:
    """From an object to its field, and on into the field's lists."""
    return list(zip((field.key, *indexes), field.nullable, strict=False))


def is_object(value: Any) -> bool:
    """Whether a value goes on to a selection: neither null nor an error."""
    return value is not None and not isinstance(value, Exception)


def _places(values: Sequence[Any], depth: int) -> Iterator[tuple[int, ...]]:
    for number, value in enumerate(values):
        if is_object(value):
            if depth == 1:
                yield (number,)
            else:
                yield from ((number, *inner) for inner in _places(value, depth - 1))
