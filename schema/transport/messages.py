"""The messages of graphql-transport-ws: what a client may send, and what it is sent.

https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NoReturn, TypeAlias

import orjson
from graphql import GraphQLError

from schema.results import Answer

MAX_ID_LENGTH = 128
"""In characters. Clients use UUIDs and counters; every message of an operation repeats its id."""

ACK = b'{"type":"connection_ack","payload":{}}'
PING = b'{"type":"ping"}'

Payload: TypeAlias = dict[str, Any]


class InvalidMessage(Exception):
    """What came is no message of the protocol; the text says why and quotes nothing of it."""


@dataclass(frozen=True, slots=True)
class ConnectionInit:
    """The client says who it is."""

    payload: Payload


@dataclass(frozen=True, slots=True)
class Ping:
    """The client wants a pong with the same payload."""

    payload: Payload | None


@dataclass(frozen=True, slots=True)
class Pong:
    """The client answers a ping, or says that it lives."""


@dataclass(frozen=True, slots=True)
class Subscribe:
    """The client starts an operation, of any kind."""

    id: str
    query: str
    """Empty where `extensions` name the document."""
    operation_name: str | None
    variables: Payload | None
    extensions: Payload | None


@dataclass(frozen=True, slots=True)
class Complete:
    """The client has heard enough of an operation."""

    id: str


ClientMessage: TypeAlias = ConnectionInit | Ping | Pong | Subscribe | Complete


def parse(text: str | None) -> ClientMessage:
    """The message in a frame; None is a binary frame. Raises InvalidMessage."""
    if text is None:
        _invalid("Messages are text frames")
    try:
        sent = orjson.loads(text)
    except orjson.JSONDecodeError:
        _invalid("Messages are JSON")
    if not isinstance(sent, dict):
        _invalid("Messages are JSON objects")
    match sent.get("type"):
        case "connection_init":
            return ConnectionInit(_object(sent, "payload") or {})
        case "ping":
            return Ping(_object(sent, "payload"))
        case "pong":
            _object(sent, "payload")
            return Pong()
        case "subscribe":
            return _subscribe(sent)
        case "complete":
            return Complete(_id(sent))
        case str():
            raise InvalidMessage("Unknown message type")
        case _:
            raise InvalidMessage("`type` must be a text")


def _subscribe(sent: Payload) -> Subscribe:
    operation_id = _id(sent)
    payload = _object(sent, "payload")
    if payload is None:
        _invalid("`payload` must be an object")
    query, name = payload.get("query"), payload.get("operationName")
    extensions = _object(payload, "extensions")
    if query is None and "persistedQuery" in (extensions or {}):
        query = ""
    if not isinstance(query, str):
        _invalid("`payload.query` must be a text")
    if name is not None and not isinstance(name, str):
        _invalid("`payload.operationName` must be a text or null")
    return Subscribe(operation_id, query, name, _object(payload, "variables"), extensions)


def _id(sent: Payload) -> str:
    value = sent.get("id")
    if not isinstance(value, str) or not 0 < len(value) <= MAX_ID_LENGTH:
        _invalid(f"`id` must be a text of 1 to {MAX_ID_LENGTH} characters")
    return value


def _object(sent: Payload, name: str) -> Payload | None:
    value = sent.get(name)
    if value is not None and not isinstance(value, dict):
        _invalid(f"`{name}` must be an object or null")
    return value


def _invalid(reason: str) -> NoReturn:
    raise InvalidMessage(reason)


def next_message(operation_id: str, answer: Answer) -> bytes:
    """One answer of an operation."""
    # One answer may go to many clients: it is written once.
    return b'{"id":%b,"type":"next","payload":%b}' % (orjson.dumps(operation_id), answer.body)


def error_message(operation_id: str, errors: Sequence[GraphQLError]) -> bytes:
    """An operation ends, and these are the reasons."""
    return _written({"id": operation_id, "type": "error", "payload": [error.formatted for error in errors]})


def complete_message(operation_id: str) -> bytes:
    """An operation has no more answers."""
    return _written({"id": operation_id, "type": "complete"})


def pong_message(payload: Payload | None) -> bytes:
    """The answer to a client's ping. Raises InvalidMessage for a payload nested deeper than can be written."""
    try:
        return _written({"type": "pong"} if payload is None else {"type": "pong", "payload": payload})
    except orjson.JSONEncodeError:
        _invalid("`payload` is nested too deeply")


def _written(message: dict[str, Any]) -> bytes:
    return orjson.dumps(message, default=str)
