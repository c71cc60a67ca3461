"""The server takes people for who they were when they asked last, and finds out before anything leaves."""

import asyncio

from schema.context import Services
from tests.api import Api
from tests.eventually import until
from tests.make import Make

STUDENTS = "{ viewer { __typename ... on Tutor { students { nodes { email goals { nodes { title } } } } } } }"
PEOPLE = "{ users(first: 1) { nodes { __typename } } }"
ADD = 'mutation { createSubject(input: {name: "Latin"}) { subject { name } userErrors { code } } }'


async def test_what_has_changed_since_the_last_time_is_seen(api: Api, make: Make) -> None:
    sam = await make.student()
    await make.goal(sam)
    tess, ada = await make.tutor(of=sam), await make.admin()

    async def seen() -> list[str]:
        found = await api.data(STUDENTS, tess)
        return [each["email"] for each in found["viewer"]["students"]["nodes"]]

    async def set_status(status: str) -> None:
        await make.owner.execute("update tutor_student_assignments set status = %s", [status])

    codes = api.error_codes
    for _ in range(4):
        assert await seen() == ["sam@school.test"]
        assert await codes(PEOPLE, ada) == []
        assert await codes("{ __typename }", ada) == []
    await set_status("paused")
    assert await seen() == []
    assert await seen() == []
    await set_status("active")
    assert await seen() == ["sam@school.test"]

    await make.owner.execute("update users set role = 'tutor' where id = %s", [ada.id])
    assert await codes(ADD, ada) == ["FORBIDDEN"]
    assert await codes(ADD, ada) == ["FORBIDDEN"]
    await make.owner.execute("update users set role = 'admin' where id = %s", [ada.id])
    assert await codes(PEOPLE, ada) == []
    await make.owner.execute("update users set role = 'tutor' where id = %s", [ada.id])
    assert await codes(PEOPLE, ada) == ["FORBIDDEN"]
    await make.owner.execute("delete from users where id = %s", [ada.id])
    for document in (PEOPLE, "{ __typename }", ADD, "{ viewer { id } }"):
        answer = await api.post(document, ada)
        assert answer.status_code == 401
    cursor = await make.owner.execute("select count(*) from subjects")
    assert await cursor.fetchone() == (0,)


async def test_who_cannot_be_answered_anew_pays_nothing(api: Api, make: Make, services: Services) -> None:
    """The first answer was for somebody else, and for another there is no connection."""
    services.budget.per_second = 0.001
    sam = await make.student()
    tess, pool = await make.tutor(of=sam), services.database.pool
    before = (await api.post(STUDENTS, tess)).json()["extensions"]["cost"]["remaining"]
    await make.owner.execute("update tutor_student_assignments set status = 'paused'")
    await make.owner.execute("begin")
    await make.owner.execute("lock table users in access exclusive mode")
    taken = [await pool.getconn() for _ in range(pool.max_size - 1)]
    requests = pool.get_stats()["requests_num"]
    headers = {"authorization": f"Bearer {tess.token}", "accept": "application/graphql-response+json"}
    asked = asyncio.create_task(
        api.http.post(f"http://{api.address}/graphql", json={"query": STUDENTS}, headers=headers)
    )
    await until(lambda: pool.get_stats()["requests_num"] > requests and pool.get_stats()["requests_waiting"] == 0)
    pool.timeout = 0.2
    first = asyncio.create_task(pool.getconn(timeout=10))
    await until(lambda: pool.get_stats()["requests_waiting"] == 1)
    await make.owner.execute("rollback")
    response = await asked
    assert (response.status_code, response.json()["errors"][0]["extensions"]["code"]) == (503, "UNAVAILABLE")
    for connection in [await first, *taken]:
        await pool.putconn(connection)
    assert (await api.post("{ __typename }", tess)).json()["extensions"]["cost"]["remaining"] == before - 1
