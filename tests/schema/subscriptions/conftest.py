"""The application with a student in it, seen from both sides."""

from dataclasses import dataclass
from uuid import UUID

import pytest

from schema.context import Services
from tests.api import Api
from tests.make import Make, Person
from tests.schema.subscriptions.watching import Watch


@dataclass(frozen=True, slots=True)
class Family:
    """A student, the people around them, and a session's summary."""

    sam: Person
    tess: Person
    tess_sam: UUID
    """The assignment of the two."""
    toby: Person
    pat: Person
    ada: Person
    session: UUID
    summary: UUID


@pytest.fixture
def watch(api: Api, services: Services) -> Watch:
    """The running application."""
    return Watch(api, services)


@pytest.fixture
async def family(make: Make) -> Family:
    """A student with two tutors, a parent and an administrator."""
    sam, tess = await make.student(), await make.tutor()
    tess_sam = await make.assignment(tess, sam)
    session = await make.session(sam, tess)
    return Family(
        sam=sam,
        tess=tess,
        tess_sam=tess_sam,
        toby=await make.tutor("toby", of=sam),
        pat=await make.parent(of=sam),
        ada=await make.admin(),
        session=session,
        summary=await make.summary(session, sam, tess),
    )
