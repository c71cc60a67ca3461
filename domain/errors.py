"""What a person or a client program can get wrong, as values with a code."""

from enum import StrEnum


class Code(StrEnum):
    """Codes of `userErrors`: stable, so that a client may branch on them."""

    NOT_FOUND = "NOT_FOUND"
    FORBIDDEN = "FORBIDDEN"
    INVALID = "INVALID"
    TOO_LONG = "TOO_LONG"
    STALE_VERSION = "STALE_VERSION"
    CONFLICT = "CONFLICT"
    ALREADY_DONE = "ALREADY_DONE"
    IN_USE = "IN_USE"
    UNAVAILABLE = "UNAVAILABLE"


class Refused(Exception):
    """A person's request that the rules turn down; nothing of it was kept.

    `message` says what is wrong and what to do; `field` names the input field, in snake_case, or is None when
    the whole input is meant.
    """

    def __init__(self, code: Code, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.field = field


class BadRequest(Exception):
    """A mistake of the client program: a page too large, a cursor from elsewhere, an id of another type."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
