"""How fields are made: edges that batch, connections that page, and root fields that name their permission."""

import asyncio
import functools
from collections.abc import AsyncGenerator, Awaitable, Callable
from enum import Enum
from typing import Any, ParamSpec, TypeVar

import strawberry
from psycopg.errors import ForeignKeyViolation, UniqueViolation
from strawberry.annotation import StrawberryAnnotation
from strawberry.types.arguments import StrawberryArgument

from db.batch import Page
from db.retries import given_before
from domain.errors import BadRequest, Code, Refused
from domain.permissions import Permission
from domain.viewer import Role
from schema.context import SIGN_IN, Batch, Context, Info
from schema.errors import Payload, user_error
from schema.execution.edges import BREADTH_FIRST, EdgesTo, EdgeTo, Found, SliceOf
from schema.types.connection import Slice, page_of, slice_of

P = ParamSpec("P")
T = TypeVar("T")
PayloadT = TypeVar("PayloadT", bound=Payload)


def edge(batch: Batch, *, key: str, description: str) -> Any:
    """An edge to what `batch` finds for the parent's attribute `key`; None leads to null without a statement."""

    async def resolve(root: Any, info: Info) -> Any:
        value = getattr(root, key)
        return None if value is None else await info.context.load(batch, value)

    return strawberry.field(resolver=resolve, description=description, metadata={BREADTH_FIRST: EdgeTo(batch, key)})


def edge_list(batch: Batch, *, keys: str, description: str) -> Any:
    """An edge to what `batch` finds for each key in the parent's attribute `keys`; what is not found is left out."""

    async def resolve(root: Any, info: Info) -> list[Any]:
        found = await asyncio.gather(*(info.context.load(batch, key) for key in getattr(root, keys)))
        return [value for value in found if value is not None]

    return strawberry.field(resolver=resolve, description=description, metadata={BREADTH_FIRST: EdgesTo(batch, keys)})


def connection(
    batch: Batch,
    count: Batch,
    *,
    key: str,
    order: Enum,
    description: str,
    where: type | None = None,
) -> Any:
    """A paged edge. `order` is the default member of the list's order enum, `where` its filter input, if any.

    A filter input has a method `filter()` that gives the filter record that `batch` takes.
    """

    async def resolve(root: Any, info: Info, **arguments: Any) -> Slice:
        return await slice_for(info.context, batch, count, getattr(root, key), **arguments)

    way = SliceOf(batch, key, asked, functools.partial(cut, count))
    field = strawberry.field(resolver=resolve, description=description, metadata={BREADTH_FIRST: way})
    field.arguments = page_arguments(order, where)
    return field


async def slice_for(context: Context, batch: Batch, count: Batch, key: Any, **arguments: Any) -> Slice:
    """The slice that a connection's arguments ask for."""
    page, narrow = asked(**arguments)
    return cut(count, await context.load(batch, key, page, narrow), key, page, narrow)


def asked(
    *,
    order_by: Enum,
    first: int | None = None,
    after: str | None = None,
    last: int | None = None,
    before: str | None = None,
    where: Any = None,
) -> tuple[Page, Any]:
    """The page and the filter that a connection's arguments ask for. Raises BadRequest."""
    return page_of(order_by, first, after, last, before), None if where is None else where.filter()


def cut(count: Batch, records: list[Any], key: Any, page: Page, narrow: Any) -> Slice:
    """The slice of what was found for a page."""
    return slice_of(records, page, (count, key, narrow))


def page_arguments(order: Enum, where: type | None) -> list[StrawberryArgument]:
    """The arguments that every connection has."""
    described: list[tuple[str, Any, Any, str]] = [
        ("first", int | None, None, "How many rows from the beginning, or after `after`; 0 to 100."),
        ("after", str | None, None, "The cursor that the page comes after."),
        ("last", int | None, None, "How many rows from the end, or before `before`; 0 to 100."),
        ("before", str | None, None, "The cursor that the page comes before."),
        ("order_by", type(order), order, "The order of the list; cursors belong to one order."),
    ]
    if where is not None:
        described.append(("where", where | None, None, "Leaves out what does not fit; all unless given."))
    return [
        StrawberryArgument(
            python_name=name,
            graphql_name=None,
            type_annotation=StrawberryAnnotation(kind),
            default=default,
            description=description,
        )
        for name, kind, default, description in described
    ]


def query(permission: Permission, description: str) -> Callable[[Callable[..., Awaitable[Any]]], Any]:
    """A root field of Query."""

    def decorate(resolver: Callable[..., Awaitable[Any]]) -> Any:
        return _root_field(permission, description, _behind_door(permission, resolver))

    return decorate


Find = Callable[..., Awaitable[tuple[Batch, Any, str] | None]]


def query_object(
    permission: Permission, description: str, find: Find
) -> Callable[[Callable[..., Awaitable[Any]]], Any]:
    """A root field of Query that leads to one object; `find` says which, as `execution.edges.Found` has it."""

    async def admitted(context: Context, schema: Any, **arguments: Any) -> tuple[Batch, Any, str] | None:
        await _admit(context, permission)
        return await find(context, schema, **arguments)

    def decorate(resolver: Callable[..., Awaitable[Any]]) -> Any:
        return _root_field(permission, description, _behind_door(permission, resolver), Found(admitted))

    return decorate


def query_connection(
    batch: Batch,
    count: Batch,
    *,
    permission: Permission,
    order: Enum,
    description: str,
    where: type | None = None,
) -> Any:
    """A root field of Query that is a list in pages; the parent of its rows is the viewer."""

    async def resolve(root: Any, info: Info, **arguments: Any) -> Slice:
        await _admit(info.context, permission)
        viewer = (await info.context.read()).viewer
        return await slice_for(info.context, batch, count, viewer.id, **arguments)

    field = _root_field(permission, description, resolve)
    field.arguments = page_arguments(order, where)
    return field


def mutation(permission: Permission, description: str) -> Callable[[Callable[..., Awaitable[PayloadT]]], Any]:
    """A root field of Mutation: what the rules refuse comes back in its payload's `userErrors`."""

    def decorate(resolver: Callable[..., Awaitable[PayloadT]]) -> Any:
        payload: type[PayloadT] = resolver.__annotations__["return"]

        @functools.wraps(resolver)
        async def resolve(*args: Any, **arguments: Any) -> PayloadT:
            try:
                return await resolver(*args, **arguments)
            except Refused as refused:
                return payload(user_errors=[user_error(refused)])
            except ForeignKeyViolation:
                absent = Refused(Code.NOT_FOUND, "Something that the input names does not exist; check its ids.")
                return payload(user_errors=[user_error(absent)])
            except UniqueViolation as error:
                if not (error.diag.constraint_name or "").endswith("_pkey"):
                    raise
                # Only an id that is made of a key comes twice: with another request at once, or after one whose
                # outcome the viewer sees no more.
                return payload(user_errors=[user_error(given_before())])

        field = _root_field(permission, description, _behind_door(permission, resolve))
        for argument in field.arguments:
            argument.description = "What to change and how; see the fields of the input."
        return field

    return decorate


def subscription(permission: Permission, description: str) -> Callable[[Callable[..., AsyncGenerator[Any, None]]], Any]:
    """A root field of Subscription."""

    def decorate(resolver: Callable[..., AsyncGenerator[Any, None]]) -> Any:
        @functools.wraps(resolver)
        async def resolve(*args: Any, **arguments: Any) -> AsyncGenerator[Any, None]:
            await _admit(_info_among(args, arguments).context, permission)
            # Not events of its own: thousands may be open, and each layer between costs memory and time.
            return resolver(*args, **arguments)

        return strawberry.subscription(resolver=resolve, description=description, metadata={"permission": permission})

    return decorate


def _info_among(args: tuple[Any, ...], arguments: dict[str, Any]) -> Info:
    info: Info = next(value for value in (*args, *arguments.values()) if isinstance(value, strawberry.Info))
    return info


def _root_field(
    permission: Permission, description: str, resolver: Callable[..., Any], way: Found | None = None
) -> Any:
    metadata = {"permission": permission} | ({} if way is None else {BREADTH_FIRST: way})
    return strawberry.field(resolver=resolver, description=description, metadata=metadata)


def _behind_door(permission: Permission, resolver: Callable[..., Awaitable[T]]) -> Callable[..., Awaitable[T]]:
    @functools.wraps(resolver)
    async def resolve(*args: Any, **arguments: Any) -> T:
        await _admit(_info_among(args, arguments).context, permission)
        return await resolver(*args, **arguments)

    return resolve


async def _admit(context: Context, permission: Permission) -> None:
    viewer = await context.viewer()
    if permission.admits(viewer):
        return
    if viewer is None:
        raise BadRequest("UNAUTHENTICATED", SIGN_IN)
    *others, last = (_with_article(role) for role in Role if role in (permission.roles or ()))
    may = f"{', '.join(others)} or {last}" if others else last
    asked = _with_article(viewer.role).capitalize()
    raise BadRequest("FORBIDDEN", f"{asked} may not {permission.label}; {may} may.")


def _with_article(role: Role) -> str:
    return f"{'an' if role[0] in 'aeiou' else 'a'} {role}"
