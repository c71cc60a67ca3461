"""Why a connection is ended: close codes, chosen by what clients make of them.

The codes from 4400 up are those of graphql-transport-ws, the others WebSocket's own. graphql-ws, which other clients
follow, gives up for good at 4400, 4401, 4406, 4409, 4429, 4500 and at most codes of the 1000s; it connects again, later
each time, at 1001, 1005, 1006, 1012, 1013, 1014, 4403 and 4408, and asks for a fresh token when it does. So what a
client program does wrong is final, and whatever time or a new token can mend is not.

An event stream has no codes: it just ends, without the `complete` event, and the client connects again.
"""

from dataclasses import dataclass

_REASON_BYTES = 123
"""A close frame has room for no more."""


@dataclass(frozen=True, slots=True)
class Ending:
    """A close code and a reason for whoever debugs the client; the reason quotes nothing of ours."""

    code: int
    reason: str

    def __post_init__(self) -> None:
        reason = self.reason.encode()[:_REASON_BYTES].decode(errors="ignore")
        object.__setattr__(self, "reason", reason)


def invalid_message(reason: str) -> Ending:
    """A message that the protocol does not have."""
    return Ending(4400, reason)


def already_exists(operation_id: str) -> Ending:
    """A second operation under an id that is in use."""
    return Ending(4409, f"Subscriber for {operation_id} already exists")


def forbidden(reason: str) -> Ending:
    """A token that is not taken. Not final: a client that connects again can send another."""
    return Ending(4403, reason)


UNAUTHORIZED = Ending(4401, "Unauthorized")
SUBPROTOCOL = Ending(4406, "Subprotocol not acceptable")
INIT_TIMEOUT = Ending(4408, "Connection initialisation timeout")
NO_ANSWER = Ending(4408, "Nothing was heard from the client, though it was pinged")
TOO_MANY_INITS = Ending(4429, "Too many initialisation requests")
INTERNAL = Ending(4500, "Internal server error")

EXPIRED = forbidden("Token expired")
DISCONNECTED = forbidden("Disconnected by an administrator")

LEAVING = Ending(1012, "Service restart")
TOO_SLOW = Ending(1013, "The client does not read; try again later")
UNAVAILABLE = Ending(1013, "Try again later")
# Not 4429, which is final: after a lost network the sockets over the limit may be dead ones of the same person, that
# are found out a minute later.
TOO_MANY = Ending(1013, "Too many connections of one person; try again later")
