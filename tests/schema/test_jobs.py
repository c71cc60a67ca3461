"""Failed background jobs as administrators see and retry them; the numbers that everybody's monitoring sees."""

from typing import Any
from uuid import UUID

import pytest

from schema.ids import to_global
from tests.api import Api
from tests.make import Make

FAILED = """
query ($first: Int, $after: String, $orderBy: FailedJobOrder) {
  failedJobs(first: $first, after: $after, orderBy: $orderBy) {
    totalCount
    nodes { id kind arguments { name value } attempts error place }
    pageInfo { hasNextPage endCursor }
  }
}
"""
RETRY = """
mutation ($id: ID!) { retryJob(input: { id: $id }) { retried userErrors { field code } } }
"""


async def fail(make: Make, *, attempts: int = 12, error: str | None = "ValueError") -> str:
    """A failed job; its global id."""
    cursor = await make.owner.execute(
        "insert into jobs.procrastinate_jobs (queue_name, task_name, args)"
        """ values ('clean_up', 'clean_up', '{"session_id": "8c0f", "count": 3}') returning id"""
    )
    ((number,),) = await cursor.fetchall()
    for status in ("doing", "failed"):
        await make.owner.execute(
            "update jobs.procrastinate_jobs set status = %s, attempts = %s where id = %s", [status, attempts, number]
        )
    if error:
        for each in ("OldError", error):
            await make.owner.execute(
                "insert into jobs.errors (job_id, attempt, error, place) values (%s, 1, %s, 'jobs.x:1 in f')",
                [number, each],
            )
    return to_global("FailedJob", UUID(int=number))


async def test_an_admin_sees_what_failed_and_retries_it(api: Api, make: Make) -> None:
    ada = await make.admin()
    first, second = await fail(make), await fail(make, error=None)
    await make.owner.execute("insert into jobs.procrastinate_jobs (queue_name, task_name) values ('x', 'x')")
    node: dict[str, Any] = {
        "kind": "clean_up",
        "arguments": [{"name": "count", "value": "3"}, {"name": "session_id", "value": "8c0f"}],
        "attempts": 12,
    }
    data = await api.data(FAILED, ada, first=1)
    assert data["failedJobs"]["totalCount"] == 2
    assert data["failedJobs"]["nodes"] == [{"id": second, **node, "error": None, "place": None}]
    assert data["failedJobs"]["pageInfo"]["hasNextPage"] is True
    data = await api.data(FAILED, ada, first=1, after=data["failedJobs"]["pageInfo"]["endCursor"])
    assert data["failedJobs"]["nodes"] == [{"id": first, **node, "error": "ValueError", "place": "jobs.x:1 in f"}]
    data = await api.data(FAILED, ada, orderBy="OLDEST")
    assert [each["id"] for each in data["failedJobs"]["nodes"]] == [first, second]
    assert await api.data("query ($id: ID!) { node(id: $id) { ... on FailedJob { attempts } } }", ada, id=first) == {
        "node": {"attempts": 12}
    }

    assert await api.data(RETRY, ada, id=first) == {"retryJob": {"retried": True, "userErrors": []}}
    cursor = await make.owner.execute("select status::text, attempts from jobs.procrastinate_jobs order by id limit 1")
    assert await cursor.fetchall() == [("todo", 0)]
    log = "{ auditLog { nodes { action targetType actor { email } target { id } details { name values } } } }"
    assert await api.data(log, ada) == {
        "auditLog": {
            "nodes": [
                {
                    "action": "job.retry",
                    "targetType": "FailedJob",
                    "actor": {"email": ada.email},
                    "target": None,  # it has not failed any more
                    "details": [{"name": "kind", "values": ["clean_up"]}],
                }
            ]
        }
    }
    again = {"retryJob": {"retried": False, "userErrors": [{"field": "id", "code": "NOT_FOUND"}]}}
    assert await api.data(RETRY, ada, id=first) == again
    assert await api.data(RETRY, ada, id=to_global("FailedJob", UUID(int=2**127))) == again
    assert await api.error_codes(RETRY, ada, id=ada.gid) == ["BAD_ID"]


@pytest.mark.parametrize("role", ["student", "tutor", "parent"])
async def test_nobody_else_does(role: str, api: Api, make: Make) -> None:
    kim = await make.person(role, "kim")
    failed = await fail(make)
    assert await api.error_codes(FAILED, kim) == ["FORBIDDEN"]
    assert await api.error_codes(RETRY, kim, id=failed) == ["FORBIDDEN"]
    assert await api.data("query ($id: ID!) { node(id: $id) { id } }", kim, id=failed) == {"node": None}


async def test_the_numbers(api: Api, make: Make) -> None:
    await fail(make)
    await make.owner.execute(
        "insert into jobs.procrastinate_jobs (queue_name, task_name, scheduled_at) values"
        " ('x', 'x', now() - interval '90 s'), ('x', 'x', null), ('x', 'x', now() + interval '1 h')"
    )
    ready = (await api.http.get(f"http://{api.address}/readyz")).json()
    assert 90 <= ready["jobs"].pop("oldest_seconds") < 150
    assert ready["jobs"] == {"waiting": 2, "later": 1, "running": 0, "failed": 1}
    lines = (await api.http.get(f"http://{api.address}/metrics")).text.splitlines()
    assert 'study_jobs{state="waiting"} 2' in lines
    assert 'study_jobs{state="failed"} 1' in lines
    assert any(line.startswith("study_jobs_oldest_seconds 9") for line in lines)
