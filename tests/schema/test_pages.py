"""The pages as a browser gets them, and the tokens that they get on the machine of whoever develops."""

import gzip
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from db.demo import load_demo
from db.demo_ids import demo_sub
from domain.clock import now
from schema.transport.pages import content_security_policy
from server import create_app, database_of
from settings import Settings
from tests.api import Api, serving
from tests.make import Make, Person
from tests.servers import Database

BROWSER = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
PAGE = b"<!doctype html><title>GraphiQL</title>"
ROLES = b"<!doctype html><title>Study Companion</title>"


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """What a build leaves."""
    (tmp_path / "assets").mkdir()
    (tmp_path / "graphiql.html").write_bytes(PAGE)
    (tmp_path / "index.html").write_bytes(ROLES)
    (tmp_path / "assets" / "page-1a2b.js").write_bytes(b"run()")
    return tmp_path


async def demo(database: Database, settings: Settings) -> None:
    async with database_of(settings, database.app_url) as opened:
        assert await load_demo(opened, now())


@pytest.fixture
async def app(database: Database, data_dir: Path, built: Path) -> Starlette:
    """The application with pages and the demo people."""
    settings = Settings(study_data_dir=data_dir)
    await demo(database, settings)
    return create_app(settings, database.app_url, built)


@pytest.fixture
async def bare(database: Database, data_dir: Path, tmp_path: Path) -> AsyncIterator[Api]:
    """The application where nothing was built."""
    async with serving(create_app(Settings(study_data_dir=data_dir), database.app_url, tmp_path / "none")) as api:
        yield api


# Pages


async def test_a_browser_gets_the_page_and_may_load_nothing_from_elsewhere(api: Api) -> None:
    page = await api.http.get(f"http://{api.address}/graphql", headers=BROWSER)
    assert (page.status_code, page.content) == (200, PAGE)
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["cache-control"] == "no-cache"
    assert "Accept" in page.headers["vary"]
    policy = dict(part.split(" ", 1) for part in page.headers["content-security-policy"].split("; "))
    assert policy == {
        "default-src": "'none'",
        "script-src": "'self'",
        "worker-src": "'self'",
        "style-src": "'self' 'unsafe-inline'",
        "font-src": "'self' data:",
        "img-src": "'self' data:",
        "connect-src": f"'self' ws://{api.address} wss://{api.address}",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }


async def test_the_pages_of_each_role_are_one_that_loads_no_style_written_into_it(api: Api) -> None:
    for path in ("/", "/tutor", "/tutor/students/1", "/student/ask", "/parent", "/analyst/"):
        page = await api.http.get(f"http://{api.address}{path}", headers=BROWSER)
        assert (page.status_code, page.content, page.headers["cache-control"]) == (200, ROLES, "no-cache"), path
        assert "style-src 'self';" in page.headers["content-security-policy"]
    for path in ("/tutors", "/admin", "/index.html", "/tutor.html"):
        assert (await api.http.get(f"http://{api.address}{path}", headers=BROWSER)).status_code == 404, path


async def test_what_a_page_loads_is_kept_for_good(api: Api) -> None:
    address = f"http://{api.address}/assets/page-1a2b.js"
    asset = await api.http.get(address)
    assert (asset.status_code, asset.content) == (200, b"run()")
    assert asset.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert asset.headers["x-content-type-options"] == "nosniff"
    again = await api.http.get(address, headers={"if-none-match": asset.headers["etag"]})
    assert (again.status_code, again.headers["cache-control"]) == (304, "public, max-age=31536000, immutable")
    gone = await api.http.get(f"http://{api.address}/assets/page-0000.js")
    assert (gone.status_code, "cache-control" in gone.headers) == (404, False)
    outside = await api.http.get(f"http://{api.address}/assets/..%2fgraphiql.html")
    assert outside.status_code == 404


async def test_what_a_page_loads_comes_packed_to_who_takes_it_so(api: Api, built: Path) -> None:
    (built / "assets" / "page-1a2b.js.gz").write_bytes(gzip.compress(b"run()"))
    address = f"http://{api.address}/assets/page-1a2b.js"
    for taken, encoding in (("gzip, br", "gzip"), ("identity", None)):
        asset = await api.http.get(address, headers={"accept-encoding": taken})
        assert (asset.status_code, asset.content) == (200, b"run()")
        assert asset.headers.get("content-encoding") == encoding
        assert "Accept-Encoding" in asset.headers["vary"]
        assert asset.headers["content-type"].startswith("text/javascript")


@pytest.mark.parametrize("path", ["%00", "a" * 300, "a/" * 3_000])
async def test_what_no_file_can_be_called_is_not_found(api: Api, path: str) -> None:
    for taken in ("gzip", "identity"):
        address = f"http://{api.address}/assets/{path}"
        assert (await api.http.get(address, headers={"accept-encoding": taken})).status_code == 404


async def test_a_program_gets_answers_where_a_browser_gets_the_page(api: Api) -> None:
    answer = await api.http.get(f"http://{api.address}/graphql", params={"query": "{ __typename }"}, headers=BROWSER)
    assert answer.json()["data"] == {"__typename": "Query"}


async def test_without_pages_it_serves_and_says_how_to_have_them(bare: Api) -> None:
    page = await bare.http.get(f"http://{bare.address}/graphql", headers=BROWSER)
    assert (page.status_code, page.headers["content-type"]) == (404, "text/plain; charset=utf-8")
    assert "run `make pages`" in page.text
    assert (await bare.http.get(f"http://{bare.address}/", headers=BROWSER)).text == page.text
    assert (await bare.http.get(f"http://{bare.address}/assets/page-1a2b.js")).status_code == 404
    assert await bare.run("{ __typename }") == {"data": {"__typename": "Query"}}


@pytest.mark.parametrize("host", ["", "a.test; script-src *", "a.test\r\nx: y", "a.test/ *", "[::1", "a b"])
def test_a_host_that_is_none_gets_into_no_policy(host: str) -> None:
    assert "connect-src 'self';" in content_security_policy(host, "'self'")


@pytest.mark.parametrize("host", ["a.test", "a.test:8000", "[::1]:8000", "127.0.0.1"])
def test_a_host_is_where_web_sockets_may_go(host: str) -> None:
    assert f"connect-src 'self' ws://{host} wss://{host};" in content_security_policy(host, "'self'")


# Tokens


async def token_for(api: Api, email: object, **headers: str) -> httpx.Response:
    return await api.http.post(f"http://{api.address}/demo/tokens", json={"email": email}, headers=headers)


async def people(api: Api, **headers: str) -> list[Any]:
    response = await api.http.get(f"http://{api.address}/demo/people", headers=headers)
    assert (response.status_code, response.headers["cache-control"]) == (200, "no-store")
    found: list[Any] = response.json()["people"]
    return found


async def test_the_demo_people_can_be_chosen_and_nobody_else(api: Api, make: Make) -> None:
    other: Person = await make.tutor()
    found = await people(api)
    assert found[:2] == [
        {"email": "student@demo.test", "displayName": "Maya Lindqvist", "role": "student"},
        {"email": "tutor@demo.test", "displayName": "Daniel Okafor", "role": "tutor"},
    ]
    assert len(found) == 10
    for each in found:
        response = await token_for(api, each["email"])
        assert (response.status_code, response.headers["cache-control"]) == (200, "no-store")
        answer = await api.http.post(
            f"http://{api.address}/graphql",
            json={"query": "{ viewer { email } }"},
            headers={"authorization": f"Bearer {response.json()['token']}"},
        )
        assert answer.json()["data"] == {"viewer": {"email": each["email"]}}
    for nobody in (other.email, demo_sub("tutor"), "", None, 7, ["tutor@demo.test"], "x" * 2_000):
        assert (await token_for(api, nobody)).status_code == 404, nobody
    assert (await token_for(api, "tutor@demo.test", origin=f"http://{api.address}")).status_code == 200


async def test_through_another_name_a_proxy_or_another_page_there_is_no_token(api: Api) -> None:
    for headers in (
        {"host": "study.school.test"},
        {"host": "127.0.0.1.school.test"},
        {"host": "["},
        {"origin": "https://school.test"},
        {"origin": "null"},
        {"x-forwarded-for": "127.0.0.1"},
        {"forwarded": "for=127.0.0.1"},
        {"via": "1.1 proxy"},
    ):
        assert await people(api, **headers) == [], headers
        assert (await token_for(api, "admin@demo.test", **headers)).status_code == 404, headers


async def test_from_another_machine_there_is_no_token(app: Starlette, api: Api) -> None:
    for client, status in (("127.0.0.1", 200), ("::1", 200), ("192.168.1.7", 404), ("2001:db8::1", 404)):
        transport = httpx.ASGITransport(app, client=(client, 5000))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as http:
            response = await http.post("/demo/tokens", json={"email": "admin@demo.test"})
            assert response.status_code == status, client


async def test_a_form_of_another_site_gets_no_token(api: Api) -> None:
    address = f"http://{api.address}/demo/tokens"
    for media_type in ("text/plain", "application/x-www-form-urlencoded", ""):
        sent = await api.http.post(
            address, content=b'{"email": "admin@demo.test"}', headers={"content-type": media_type}
        )
        assert sent.status_code == 415, media_type
    for body in (b"", b"[", b"[]", b"7", b"\xff", b'{"email": "' + b"a" * 5_000):
        sent = await api.http.post(address, content=body, headers={"content-type": "application/json"})
        assert sent.status_code == 404, body


async def test_with_cognito_there_is_no_token(database: Database, data_dir: Path, built: Path) -> None:
    await demo(database, Settings(study_data_dir=data_dir))
    settings = Settings(study_data_dir=data_dir, cognito_issuer="https://issuer.test/pool", cognito_client_ids="a")
    async with serving(create_app(settings, database.app_url, built)) as api:
        assert await people(api) == []
        assert (await token_for(api, "admin@demo.test")).status_code == 404
