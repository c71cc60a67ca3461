"""Global ids, as Relay has them: the type's name and the row's id in one opaque text."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from binascii import b2a_base64
from collections.abc import Callable
from uuid import UUID

import strawberry

from domain.errors import BadRequest


def to_global(type_name: str, row_id: UUID) -> strawberry.ID:
    """The global id of a row; at most 60 characters."""
    return strawberry.ID(urlsafe_b64encode(f"{type_name}:{row_id.hex}".encode()).decode().rstrip("="))


def global_ids(type_name: str) -> Callable[[UUID], str]:
    """to_global for the rows of one type."""
    prefix = f"{type_name}:"

    def global_id(row_id: UUID) -> str:
        # Nothing in a name, a colon or a hexadecimal digit gives one of the two signs in which the alphabets differ.
        return b2a_base64(f"{prefix}{row_id.hex}".encode(), newline=False).decode().rstrip("=")

    return global_id


def split(global_id: str) -> tuple[str, UUID]:
    """The type name and row id of a global id. Raises BadRequest (BAD_ID) for any other text."""
    try:
        if len(global_id) > 100:
            raise ValueError("too long")
        padded = global_id.encode("ascii") + b"=" * (-len(global_id) % 4)
        type_name, _, row_id = urlsafe_b64decode(padded).decode("ascii").partition(":")
        return type_name, UUID(hex=row_id)
    except (ValueError, NotBase64) as error:
        raise BadRequest("BAD_ID", "This is not an id of this API; pass an `id` as a query returned it.") from error


def row_id(global_id: str, *type_names: str) -> UUID:
    """The row id of a global id that must be of one of the types. Raises BadRequest (BAD_ID)."""
    type_name, found = split(global_id)
    if type_name not in type_names:
        wanted = " or ".join(f"{_article(name)} {name}" for name in type_names)
        raise BadRequest("BAD_ID", f"The id of {wanted} belongs here.")
    return found


def _article(name: str) -> str:
    return "an" if name[0] in "AEIO" else "a"


def optional_row_id(global_id: str | None, *type_names: str) -> UUID | None:
    """Like row_id; None stays None."""
    return None if global_id is None else row_id(global_id, *type_names)
