"""Who may speak to /graphql, and what comes back when a request is not a good one."""

import base64
import json
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from domain.identity.local_issuer import LocalIssuer
from schema.context import Services
from tests.api import Api
from tests.eventually import until
from tests.make import Make

VIEWER = "{ viewer { __typename email role } }"


async def test_nobody_is_signed_in_without_a_token(api: Api) -> None:
    assert await api.run(VIEWER) == {"data": {"viewer": None}}


@pytest.mark.parametrize("role", ["student", "tutor", "parent", "admin"])
async def test_the_role_comes_from_the_users_table(api: Api, make: Make, role: str) -> None:
    person = await make.person(role, "kim")
    assert await api.data(VIEWER, person) == {
        "viewer": {"__typename": role.title(), "email": "kim@school.test", "role": role.upper()}
    }


def _unsigned(subject: str) -> str:
    parts = ({"alg": "none", "kid": "x"}, {"sub": subject, "exp": 9_999_999_999})
    return ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts) + "."


@pytest.mark.parametrize(
    "authorization",
    [
        "Bearer",
        "Bearer x",
        "Bearer a.b.c",
        f"Bearer {_unsigned('sub-sam')}",
        "Basic c2FtOnNhbQ==",
        "Bearer " + "x" * 60_000,
        "",
    ],
)
async def test_a_bad_token_is_refused_with_401(api: Api, make: Make, authorization: str) -> None:
    await make.student("sam")
    response = await _post(api, authorization)
    _refused(response)


async def test_of_two_tokens_the_first_counts(api: Api, make: Make) -> None:
    sam, kim = await make.student(), await make.student("kim")
    headers = [("authorization", f"Bearer {person.token}") for person in (sam, kim)]
    response = await api.http.post(
        f"http://{api.address}/graphql", json={"query": "{ viewer { email } }"}, headers=headers
    )
    assert response.json()["data"] == {"viewer": {"email": "sam@school.test"}}


async def test_an_expired_token_is_refused_with_401(api: Api, make: Make, data_dir: Path) -> None:
    await make.student("sam")
    yesterday = LocalIssuer.load(data_dir, clock=lambda: time.time() - 86_400)
    _refused(await _post(api, f"Bearer {yesterday.issue('sub-sam', lifetime=timedelta(hours=1))}"))


async def test_a_token_for_nobody_is_refused_with_401(api: Api, issuer: LocalIssuer) -> None:
    _refused(await _post(api, f"Bearer {issuer.issue('sub-nobody')}"))


async def test_a_person_who_is_gone_is_refused_at_the_next_request(api: Api, make: Make) -> None:
    sam = await make.student()
    assert (await api.post(VIEWER, sam)).status_code == 200
    await make.owner.execute("delete from users")
    _refused(await api.post(VIEWER, sam))


@pytest.mark.parametrize(
    ("content", "content_type"),
    [
        (b"", "application/json"),
        (b"{", "application/json"),
        (b"[]", "application/json"),
        (b"7", "application/json"),
        (b"null", "application/json"),
        (b'{"query": 7}', "application/json"),
        (b'{"query": ""}', "application/json"),
        (b'{"query": "{ viewer { email } }", "variables": []}', "application/json"),
        (b'{"query": "{ viewer { email } }", "variables": "x"}', "application/json"),
        (b'{"query": "{ viewer { email } }", "operationName": 7}', "application/json"),
        (b"\xff\xfe", "application/json"),
        (b"[" * 100_000, "application/json"),
        (b"query={viewer{email}}", "application/x-www-form-urlencoded"),
        (b"{ viewer { email } }", "text/plain"),
    ],
)
async def test_a_malformed_request_is_the_clients_mistake(api: Api, content: bytes, content_type: str) -> None:
    response = await api.http.post(
        f"http://{api.address}/graphql", content=content, headers={"content-type": content_type}
    )
    assert 400 <= response.status_code < 500, response.text
    _shaped(response)


@pytest.mark.parametrize("document", ["{", "{ nothing }", "query A { viewer { email } } query B { viewer { email } }"])
async def test_a_document_that_cannot_run_says_why(api: Api, document: str) -> None:
    response = await api.post(document)
    assert response.status_code in {200, 400}
    _shaped(response)


async def test_a_query_may_come_by_get_and_a_mutation_may_not(api: Api) -> None:
    read = await api.http.get(f"http://{api.address}/graphql", params={"query": VIEWER})
    assert read.json()["data"] == {"viewer": None}
    write = await api.http.get(f"http://{api.address}/graphql", params={"query": "mutation { __typename }"})
    assert write.status_code in {400, 405}


@pytest.mark.parametrize(
    ("accept", "status", "media_type"),
    [
        ("application/json", 200, "application/json"),
        ("*/*", 200, "application/json"),
        ("application/graphql-response+json", 400, "application/graphql-response+json"),
        ("application/graphql-response+json, application/json;q=0.9", 400, "application/graphql-response+json"),
        ("application/json, application/graphql-response+json;q=0.5", 200, "application/json"),
        ("text/event-stream, application/json", 200, "application/json"),
        ("text/html", 406, "application/json"),
    ],
)
async def test_the_media_type_decides_the_status_of_an_invalid_request(
    api: Api, accept: str, status: int, media_type: str
) -> None:
    for document in ("{ nothing }", "query ($id: ID!) { node(id: $id) { id } }"):
        response = await api.http.post(
            f"http://{api.address}/graphql", json={"query": document}, headers={"accept": accept}
        )
        assert (response.status_code, response.headers["content-type"]) == (status, media_type)
        assert "data" not in response.json()
        _shaped(response)


async def test_an_operation_is_chosen_by_name(api: Api) -> None:
    document = "query A { viewer { email } } query B { __typename }"
    response = await api.http.post(f"http://{api.address}/graphql", json={"query": document, "operationName": "B"})
    assert response.json()["data"] == {"__typename": "Query"}


async def test_a_huge_request_is_refused(api: Api) -> None:
    response = await api.post("#" * 3_000_001)
    assert response.status_code == 413
    _shaped(response)


async def test_our_own_faults_are_masked(api: Api, make: Make, caplog: pytest.LogCaptureFixture) -> None:
    sam = await make.student()
    await make.owner.execute("alter table goals rename column title to headline")
    answer = await api.run("{ students { nodes { email goals { nodes { title } } } } }", sam)
    (error,) = answer["errors"]
    assert error["extensions"] == {"code": "INTERNAL"}
    assert "title" not in error["message"]
    assert "does not exist" not in json.dumps(answer)
    request_id = error["message"].split()[-1].rstrip(".")
    assert request_id in caplog.text


async def test_health(api: Api, services: Services) -> None:
    await until(lambda: services.live.wakeup.healthy)
    alive = await api.http.get(f"http://{api.address}/healthz")
    ready = await api.http.get(f"http://{api.address}/readyz")
    jobs = {"waiting": 0, "later": 0, "running": 0, "failed": 0, "oldest_seconds": 0}
    assert alive.json() == {"status": "alive"}
    assert ready.json() == {"status": "ready", "events": "called", "jobs": jobs}


async def _post(api: Api, authorization: str) -> httpx.Response:
    return await api.http.post(
        f"http://{api.address}/graphql", json={"query": VIEWER}, headers={"authorization": authorization}
    )


def _refused(response: httpx.Response) -> None:
    assert response.status_code == 401
    body: dict[str, Any] = response.json()
    assert "data" not in body
    (error,) = body["errors"]
    assert error["extensions"] == {"code": "UNAUTHENTICATED"}
    assert response.headers["www-authenticate"] == "Bearer"


def _shaped(response: httpx.Response) -> None:
    """A body that a GraphQL client understands, without a word of Python in it."""
    errors = response.json()["errors"]
    assert errors
    assert all(isinstance(error["message"], str) for error in errors)
    assert "Traceback" not in response.text
    assert " at 0x" not in response.text
    assert "NoneType" not in response.text


@pytest.mark.parametrize(
    ("document", "value", "said"),
    [
        ("query ($v: ID!) { node(id: $v) { id } }", None, "not to be null."),
        ("{ node(id: null) { id } }", None, "not to be null."),
        ("query ($v: ID!) { node(id: $v) { id } }", True, "ID cannot represent value: true"),
        ("query ($v: Int) { students(first: $v) { totalCount } }", {"a": [True, None]}, "{'a': [true, null]}"),
        (
            "query ($v: AuditWhere) { auditLog(where: $v) { totalCount } }",
            {"dateFrom": "soon"},
            'DateTime: "soon"; send a moment with its offset, such as 2026-03-02T16:00:00+01:00.',
        ),
        (
            'query ($v: Date) { studentProgress(studentId: "x", from: $v) { __typename } }',
            "2026-13-01",
            'Date: "2026-13-01"; send a day such as 2026-03-02.',
        ),
        (
            "mutation ($v: CompletePracticeInput!) { completePractice(input: $v) { __typename } }",
            {"id": "x", "performanceScore": "much"},
            'Decimal: "much"; send a number, such as 0.75.',
        ),
    ],
)
async def test_a_value_is_refused_in_the_words_of_json(api: Api, document: str, value: Any, said: str) -> None:
    response = await api.post(document, v=value)
    (error,) = response.json()["errors"]
    assert error["message"].endswith(said)
    assert error["extensions"] == {"code": "BAD_REQUEST"}
