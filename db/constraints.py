"""What the database's own rules refuse, as refusals that a person can read."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from psycopg.errors import IntegrityError

from domain.errors import Code, Refused

Refusals = Mapping[str, tuple[Code, str, str]]
"""By the name of a constraint: code, message and field of the refusal."""


@contextmanager
def refusing(refusals: Refusals) -> Iterator[None]:
    """Raise the refusal of the constraint that a write inside breaks; other errors stay as they are.

    The constraint decides and not a look beforehand: of two who write at once, exactly one is refused. The
    transaction is over then.
    """
    try:
        yield
    except IntegrityError as error:
        refusal = refusals.get(error.diag.constraint_name or "")
        if refusal is None:
            raise
        raise Refused(*refusal) from error
