"""Ids of the demo data: they follow from keys, so that each is the same on every machine."""

from uuid import NAMESPACE_DNS, UUID, uuid5

from sqlalchemy import Table

_NAMESPACE = uuid5(NAMESPACE_DNS, "demo.test")


def demo_id(table: Table, key: str) -> UUID:
    """The id of a row of the demo data."""
    return uuid5(_NAMESPACE, f"{table.name}/{key}")


def demo_sub(key: str) -> str:
    """The token subject of a demo person."""
    return f"demo-{key}"


def asked_id(kind: str, key: str) -> UUID:
    """The id of what an answer of the embedded engine left."""
    return uuid5(_NAMESPACE, f"asked/{kind}/{key}")
