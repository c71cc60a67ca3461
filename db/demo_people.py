"""Which of the demo people a database has."""

from dataclasses import dataclass

from sqlalchemy import ARRAY, Text, any_, bindparam, select

from db.demo_ids import demo_sub
from db.engine import Work
from db.statement import Statement
from db.tables import users
from domain.demo.people import PEOPLE
from domain.viewer import Role


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """A demo person as the database has them; `cognito_sub` is what tokens name them by."""

    cognito_sub: str
    email: str
    display_name: str
    role: Role


_ACCOUNTS = Statement(
    "demo_accounts",
    select(users.c.cognito_sub, users.c.email, users.c.display_name, users.c.role).where(
        users.c.cognito_sub == any_(bindparam("subjects", type_=ARRAY(Text())))
    ),
    DemoAccount,
)


async def demo_accounts(work: Work) -> list[DemoAccount]:
    """Those demo people who are in the database, in the order of `PEOPLE`; [] without demo data."""
    order = {demo_sub(person.key): place for place, person in enumerate(PEOPLE)}
    found = await work.rows(_ACCOUNTS, subjects=list(order))
    return sorted(found, key=lambda account: order[account.cognito_sub])
