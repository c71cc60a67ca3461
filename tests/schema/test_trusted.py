"""Documents by their hash, and servers that run no others than they were told of."""

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from domain.errors import BadRequest
from domain.identity.local_issuer import LocalIssuer
from schema import trusted
from schema.trusted import Documents, ManifestError, trusted_documents
from server import create_app
from settings import Settings
from tests.api import Api, serving
from tests.make import Make
from tests.servers import Database

TYPE = "query Type { __typename }"
VIEWER = """
query Viewer($n: Int) { viewer { email ... on Student { goals(first: $n) { nodes { ...Parts } } } } }
fragment Parts on Goal { id title }
"""
GRAPHQL = "application/graphql-response+json"


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def _named(digest: str) -> dict[str, Any]:
    return {"persistedQuery": {"version": 1, "sha256Hash": digest}}


async def _post(api: Api, **body: Any) -> httpx.Response:
    return await api.http.post(f"http://{api.address}/graphql", json=body, headers={"accept": GRAPHQL})


def _codes(response: httpx.Response) -> list[str]:
    return [error["extensions"]["code"] for error in response.json().get("errors", [])]


async def test_a_persisted_query_is_sent_once(api: Api) -> None:
    digest = _digest(TYPE)
    unknown = await _post(api, extensions=_named(digest))
    assert (unknown.status_code, unknown.json()["errors"][0]["message"]) == (400, "PersistedQueryNotFound")
    assert _codes(unknown) == ["PERSISTED_QUERY_NOT_FOUND"]
    wrong = await _post(api, query="{ viewer { id } }", extensions=_named(digest))
    assert (wrong.status_code, _codes(wrong)) == (400, ["BAD_REQUEST"])
    assert _codes(await _post(api, extensions=_named(digest))) == ["PERSISTED_QUERY_NOT_FOUND"]

    assert (await _post(api, query=TYPE, extensions=_named(digest))).json()["data"] == {"__typename": "Query"}
    for body in ({"extensions": _named(digest)}, {"documentId": f"sha256:{digest}"}, {"documentId": digest}):
        assert (await _post(api, **body)).json()["data"] == {"__typename": "Query"}
    read = await api.http.get(f"http://{api.address}/graphql", params={"extensions": json.dumps(_named(digest))})
    assert read.json()["data"] == {"__typename": "Query"}
    async with api.socket(None) as socket:
        await socket.send(id="1", type="subscribe", payload={"extensions": _named(digest)})
        assert await socket.next() == {"data": {"__typename": "Query"}}
        await socket.receive()
        await socket.send(id="2", type="subscribe", payload={"query": "", "extensions": _named("0" * 64)})
        assert (await socket.receive())["payload"][0]["message"] == "PersistedQueryNotFound"


@pytest.mark.parametrize("named", [{}, {"version": 2, "sha256Hash": "x"}, {"version": 1, "sha256Hash": 7}])
async def test_a_name_that_is_none_is_the_clients_mistake(api: Api, named: dict[str, Any]) -> None:
    response = await _post(api, extensions={"persistedQuery": named})
    assert (response.status_code, _codes(response)) == (400, ["BAD_REQUEST"])


def test_what_clients_have_kept_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trusted, "MAX_PERSISTED_CHARACTERS", 10 * len(TYPE))
    documents = Documents({}, only_trusted=False)
    texts = [TYPE.replace("Type", f"T{number:03}") for number in range(30)]
    for text in texts:
        documents.text(text, _digest(text), None)
    assert documents.text(None, _digest(texts[-1]), None) == texts[-1]
    for text in texts[:15]:
        with pytest.raises(BadRequest, match="PersistedQueryNotFound"):
            documents.text(None, _digest(text), None)


@pytest.fixture
def strict(database: Database, data_dir: Path, issuer: LocalIssuer, tmp_path: Path) -> Starlette:
    """An application that runs two documents."""
    manifest = tmp_path / "documents.json"
    manifest.write_text(json.dumps({"viewer-1": VIEWER, "type": TYPE}))
    settings = Settings(study_data_dir=data_dir, trusted_documents=manifest, only_trusted_documents=True)
    return create_app(settings, database.app_url)


async def test_only_trusted_documents_are_run(strict: Starlette, make: Make) -> None:
    sam = await make.student()
    async with serving(strict) as api:
        parts, operation = "fragment Parts on Goal{title:title id __typename}", VIEWER.partition("fragment")[0]
        # As a client's cache has it: other blanks, another order, and types.
        cached = "fragment Parts on Goal { id, title __typename } # !\n" + operation.replace(
            "email", "email __typename"
        )
        for document in (VIEWER, cached):
            assert "errors" not in await api.run(document, sam)
        assert (await _post(api, documentId="viewer-1")).json()["data"] == {"viewer": None}
        assert (await _post(api, documentId=_digest(VIEWER))).json()["data"] == {"viewer": None}
        for document in (
            "{ __typename }",
            operation + parts,
            VIEWER.replace("title", "title description"),
            VIEWER + TYPE,
            "{ __schema { queryType { name } } }",
            "{",
        ):
            for _ in range(2):
                refused = await _post(api, query=document, extensions=_named(_digest(document)))
                assert (refused.status_code, _codes(refused)) == (400, ["NOT_TRUSTED"])
        async with api.socket(sam) as socket:
            for document, code in ((VIEWER, None), ("subscription { newNudges { nudge { id } } }", "NOT_TRUSTED")):
                await socket.send(id="1", type="subscribe", payload={"query": document})
                message = await socket.receive()
                if code is None:
                    assert message["type"] == "next"
                    await socket.receive()
                else:
                    assert [error["extensions"]["code"] for error in message["payload"]] == [code]


@pytest.mark.parametrize("content", [None, "{", "[]", '{"a": 1}', '{"a": "{"}'])
def test_a_manifest_that_cannot_be_used_is_told_at_once(tmp_path: Path, content: str | None) -> None:
    manifest = tmp_path / "documents.json"
    if content is not None:
        manifest.write_text(content)
    with pytest.raises(ManifestError, match=r"documents\.json"):
        trusted_documents(manifest)
