"""The columns, keys and indexes that many tables share; `db.tables` puts them together."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ColumnElement,
    Computed,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    String,
    Text,
    Uuid,
    cast,
    text,
    type_coerce,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TSVECTOR
from sqlalchemy.dialects.postgresql.base import ischema_names
from sqlalchemy.types import UserDefinedType

JSON = JSONB()
TEXTS = ARRAY(Text())
TIME = DateTime(timezone=True)

# The names that PostgreSQL gives to what db/sql leaves unnamed.
metadata = MetaData(
    naming_convention={
        "pk": "%(table_name)s_pkey",
        "uq": "%(table_name)s_%(column_0_N_name)s_key",
        "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
        "ck": "%(table_name)s_%(constraint_name)s_check",
    }
)


class Xid8(UserDefinedType[int]):
    """The number of a transaction, one that never starts over: a plain number in Python.

    By way of text, as PostgreSQL has no cast between the two.
    """

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        """The type's name."""
        return "xid8"

    def bind_expression(self, bindvalue: ColumnElement[Any]) -> ColumnElement[Any]:
        """A number for the database."""
        return cast(cast(type_coerce(bindvalue, BigInteger), Text), Xid8)

    def column_expression(self, column: ColumnElement[Any]) -> ColumnElement[Any]:
        """A number from the database."""
        return cast(cast(column, Text), BigInteger)


ischema_names["xid8"] = Xid8  # SQLAlchemy does not know it


def key() -> Column[Any]:
    """The row's own id."""
    return Column("id", Uuid, primary_key=True, server_default=text("gen_random_uuid()"))


def time(name: str) -> Column[Any]:
    """A time that is the transaction's unless said otherwise."""
    return Column(name, TIME, nullable=False, server_default=text("CURRENT_TIMESTAMP"))


def flag(name: str, *, default: bool) -> Column[Any]:
    """Yes or no."""
    return Column(name, Boolean, nullable=False, server_default=text("true" if default else "false"))


def count(name: str, *, start: int = 0) -> Column[Any]:
    """A whole number that grows."""
    return Column(name, Integer, nullable=False, server_default=text(str(start)))


def word(name: str, length: int, *, default: str) -> Column[Any]:
    """One of a short list of words."""
    return Column(name, String(length), nullable=False, server_default=text(f"'{default}'"))


def document(name: str) -> Column[Any]:
    """A JSON object."""
    return Column(name, JSON, nullable=False, server_default=text("'{}'"))


def subject(*, nullable: bool = True) -> Column[Any]:
    """A subject; one in use cannot be deleted."""
    return Column("subject_id", Uuid, ForeignKey("subjects.id", ondelete="RESTRICT"), nullable=nullable)


def author() -> Column[Any]:
    """Who made the row; null once they have been erased."""
    return Column("created_by", Uuid, ForeignKey("users.id", ondelete="SET NULL"))


def overridable() -> tuple[Any, ...]:
    """Whether a tutor's override is in force and which; the version of the content, which each change raises."""
    target = ForeignKey("overrides.id", ondelete="SET NULL", deferrable=True, initially="DEFERRED", use_alter=True)
    return (
        flag("overridden", default=False),
        Column("override_id", Uuid, target),
        count("version", start=1),
        within("version", 1),
    )


def generation() -> Column[Any]:
    """What wrote the row; null for one that a person wrote."""
    return Column("generation_id", Uuid, ForeignKey("generations.id", ondelete="SET NULL"))


def searched(expression: str) -> Column[Any]:
    """The words of a text, for the full-text search."""
    words = Computed(f"to_tsvector('english'::regconfig, {expression})", persisted=True)
    return Column("search", TSVECTOR, words, nullable=False)


def imported() -> tuple[Any, ...]:
    """Where an imported record is from, and the key that keeps it from being imported twice."""
    return (
        Column("external_id", String(200), unique=True),
        Column("source", Text),
        Column("licence", Text),
    )


def person(role: str) -> tuple[Any, ...]:
    """Somebody of a role, whose erasure takes the row along: their id, the role, and the key over both."""
    return _holder(role, role, "CASCADE", None, nullable=False)


def former(role: str, *, on: str | None = None, name: str | None = None) -> tuple[Any, ...]:
    """Somebody of a role, whose erasure leaves the row with a null."""
    return _holder(role, on or role, "NO ACTION", name, nullable=True)


def _holder(role: str, on: str, ondelete: str, name: str | None, *, nullable: bool) -> tuple[Any, ...]:
    columns = [f"{on}_id", f"{on}_role"]
    return (
        Column(columns[0], Uuid, nullable=nullable),
        Column(columns[1], String(20), Computed(f"'{role}'", persisted=True), nullable=False),
        ForeignKeyConstraint(columns, ["users.id", "users.role"], ondelete=ondelete, name=name),
    )


def among(column: str, *words: str) -> CheckConstraint:
    """The column holds one of the words."""
    return CheckConstraint(f"{column} in ({', '.join(map(repr, words))})", name=column)


def within(column: str, low: int, high: int | None = None) -> CheckConstraint:
    """The column holds a number within bounds, both included."""
    upper = "" if high is None else f" and {column} <= {high}"
    return CheckConstraint(f"{column} >= {low}{upper}", name=column)


def is_object(column: str) -> CheckConstraint:
    """The column holds a JSON object, not a list or a bare value."""
    return CheckConstraint(f"jsonb_typeof({column}) = 'object'", name=column)


def newest(name: str, *first: str, time: str = "created_at", where: str | None = None) -> Index:
    """An index for pages of rows, newest first."""
    order = (text(f"{time} DESC"), text("id DESC"))
    return Index(name, *first, *order, postgresql_where=None if where is None else text(where))


def partial(name: str, *columns: str, where: str) -> Index:
    """An index of the rows that fulfil a condition."""
    return Index(name, *columns, postgresql_where=text(where))


def present(name: str, column: str) -> Index:
    """An index of a key that most rows leave null."""
    return partial(name, column, where=f"{column} is not null")
