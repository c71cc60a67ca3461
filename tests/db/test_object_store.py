"""Transcripts outside the database: in a real folder, and in moto's S3 over HTTP."""

import asyncio
import logging
import os
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import boto3  # type: ignore[import-untyped]
import pytest
from moto.server import ThreadedMotoServer

from db.object_store import MAX_URL_LENGTH, TranscriptStore, TranscriptUnavailable
from tests.eventually import until

SESSION = UUID("0b4b6c1e-0000-4000-8000-000000000001")
OTHER = UUID("0b4b6c1e-0000-4000-8000-000000000002")
BODY = b"v1:k1:AAAA" * 100
ACCESS_KEY, SECRET_KEY = "access-key-id", "secret-access-key"


@pytest.fixture(autouse=True)
def aws(monkeypatch: pytest.MonkeyPatch) -> None:
    """Credentials and region as an operator sets them, and nothing else of AWS; no test may ask a metadata server."""
    for name in os.environ:
        if name.startswith("AWS_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", ACCESS_KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET_KEY)
    monkeypatch.setenv("AWS_REGION", "eu-west-1")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "kept transcripts"


@pytest.fixture
def local(folder: Path) -> TranscriptStore:
    return TranscriptStore(f"file://{folder}")


@pytest.fixture(scope="module")
def moto() -> Iterator[str]:
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(moto: str) -> Iterator[tuple[str, Any]]:
    """A fresh bucket, and a client of another make to look into it."""
    s3 = boto3.client(
        "s3",
        region_name="us-east-1",
        endpoint_url=moto,
        aws_access_key_id=ACCESS_KEY,
        aws_secret_access_key=SECRET_KEY,
    )
    name = f"transcripts-{uuid4().hex[:12]}"
    s3.create_bucket(Bucket=name)
    yield name, s3
    s3.close()


def keys_in(bucket: tuple[str, Any]) -> list[str]:
    name, s3 = bucket
    return [found["Key"] for found in s3.list_objects_v2(Bucket=name).get("Contents", [])]


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


async def refused(store: TranscriptStore, url: str) -> str:
    with pytest.raises(TranscriptUnavailable) as unavailable:
        await store.get(url)
    assert "://" not in unavailable.value.message
    return unavailable.value.code


# A folder


async def test_folder_keeps_what_is_put(local: TranscriptStore, folder: Path) -> None:
    url = await local.put(SESSION, BODY)
    assert url.startswith(f"file://{folder}/{SESSION}/".replace(" ", "%20"))
    assert len(url) <= MAX_URL_LENGTH
    assert await local.get(url) == BODY
    (name,) = names_in(folder / str(SESSION))
    assert url.endswith(f"/{SESSION}/{name}")
    # Another process, with the address spelled as a person would.
    assert await TranscriptStore(f"file://{folder}/").get(url) == BODY
    assert await TranscriptStore(f"file://{folder}".replace(" ", "%20")).get(url) == BODY


def test_the_folder_is_made_for_its_owner_alone(local: TranscriptStore, folder: Path) -> None:
    assert folder.stat().st_mode & 0o777 == 0o700


async def test_nothing_is_overwritten(local: TranscriptStore) -> None:
    first, second = await local.put(SESSION, b"first"), await local.put(SESSION, b"second")
    assert first != second
    assert [await local.get(first), await local.get(second)] == [b"first", b"second"]


async def test_folder_forgets(local: TranscriptStore, folder: Path) -> None:
    one, two, other = await local.put(SESSION, b"1"), await local.put(SESSION, b"2"), await local.put(OTHER, b"3")
    await local.delete(one)
    await local.delete(one)
    assert await refused(local, one) == "TRANSCRIPT_NOT_FOUND"
    assert await local.get(two) == b"2"
    await local.erase(SESSION)
    await local.erase(SESSION)
    assert await refused(local, two) == "TRANSCRIPT_NOT_FOUND"
    assert await local.get(other) == b"3"
    assert names_in(folder) == [str(OTHER)]


OUTSIDE = [
    "",
    "file:///etc/passwd",
    "/etc/passwd",
    "{folder}",
    "{folder}/",
    "{folder}//x",
    "{folder}/../outside.txt",
    "{folder}/./inside.enc",
    "{folder}/x/../../outside.txt",
    "{folder}/x/..",
    "{folder}/...",
    "{folder}/%2e%2e/outside.txt",
    "{folder}/%2E%2E%2Foutside.txt",
    "{folder}/..%2foutside.txt",
    "{folder}/%252e%252e/outside.txt",
    "{folder}/..\\outside.txt",
    "{folder}/inside.enc?x=1",
    "{folder}/inside.enc#1",
    "{folder}/inside.enc\n",
    "{folder}/inside.enc\0",
    "{folder}/inside%2eenc",
    "{folder}/\uff49nside.enc",
    "{folder}-other/inside.enc",
    "FILE://{path}/inside.enc",
    "file://localhost{path}/inside.enc",
    "file:{path}/inside.enc",
    "file://{path}/../kept transcripts/inside.enc",
    "{folder}/" + "x" * MAX_URL_LENGTH,
    "s3://bucket/inside.enc",
    "http://169.254.169.254/latest",
    "memory:///inside.enc",
]


@pytest.mark.parametrize("template", OUTSIDE)
async def test_folder_gives_nothing_from_outside(template: str, local: TranscriptStore, folder: Path) -> None:
    (folder.parent / "outside.txt").write_bytes(b"secret")
    (folder / "inside.enc").write_bytes(BODY)
    assert await local.get(f"{folder.as_uri()}/inside.enc") == BODY
    url = template.format(folder=folder.as_uri(), path=folder)
    assert await refused(local, url) == "TRANSCRIPT_URL_REFUSED"
    with pytest.raises(TranscriptUnavailable):
        await local.delete(url)
    assert names_in(folder.parent) == ["kept transcripts", "outside.txt"]
    assert names_in(folder) == ["inside.enc"]


async def test_links_are_not_followed(local: TranscriptStore, folder: Path) -> None:
    outside = folder.parent / "outside"
    outside.mkdir()
    (outside / "secret.enc").write_bytes(b"secret")
    (folder / "file.enc").symlink_to(outside / "secret.enc")
    (folder / "dir").symlink_to(outside)
    (folder / "self").symlink_to(folder / "self")
    (folder / str(SESSION)).symlink_to(outside)
    (folder / str(OTHER)).mkdir()
    (folder / str(OTHER) / "deep").symlink_to(outside)
    os.mkfifo(folder / "pipe")
    base = folder.as_uri()
    for key in ("file.enc", "dir/secret.enc", "self", f"{SESSION}/secret.enc", f"{OTHER}/deep/secret.enc", "pipe"):
        assert await refused(local, f"{base}/{key}") == "TRANSCRIPT_URL_REFUSED"
        with pytest.raises(TranscriptUnavailable):
            await local.delete(f"{base}/{key}")
    for call in (local.put(SESSION, BODY), local.erase(SESSION), local.erase(OTHER)):
        with pytest.raises(TranscriptUnavailable, match="leads out"):
            await call
    assert [(path.name, path.read_bytes()) for path in outside.iterdir()] == [("secret.enc", b"secret")]


async def test_the_folder_itself_may_be_reached_by_a_link(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "transcripts").symlink_to(tmp_path / "disk")
    store = TranscriptStore(f"file://{tmp_path}/transcripts")
    assert await store.get(await store.put(SESSION, BODY)) == BODY


async def test_what_is_not_there(local: TranscriptStore, folder: Path) -> None:
    (folder / "a-folder").mkdir()
    for key in ("nothing.enc", "no/thing.enc", "a-folder"):
        assert await refused(local, f"{folder.as_uri()}/{key}") == "TRANSCRIPT_NOT_FOUND"
    (folder / "file.enc").write_bytes(b"x")
    assert await refused(local, f"{folder.as_uri()}/file.enc/below.enc") == "TRANSCRIPT_STORE_UNREACHABLE"


async def test_size_has_a_limit(folder: Path) -> None:
    store = TranscriptStore(f"file://{folder}", max_bytes=10)
    assert await store.get(await store.put(SESSION, b"x" * 10)) == b"x" * 10
    with pytest.raises(TranscriptUnavailable) as too_large:
        await store.put(SESSION, b"x" * 11)
    assert too_large.value.code == "TRANSCRIPT_TOO_LARGE"
    (folder / "big.enc").write_bytes(b"x" * 11)
    assert await refused(store, f"{folder.as_uri()}/big.enc") == "TRANSCRIPT_TOO_LARGE"


# S3


async def test_s3_keeps_what_is_put(moto: str, bucket: tuple[str, Any]) -> None:
    name, s3 = bucket
    store = TranscriptStore(f"s3://{name}/deep/er", endpoint=moto)
    url = await store.put(SESSION, BODY)
    (key,) = keys_in(bucket)
    assert key.startswith(f"deep/er/{SESSION}/")
    assert url == f"s3://{name}/{key}"
    assert s3.get_object(Bucket=name, Key=key)["Body"].read() == BODY
    assert await store.get(url) == BODY
    assert await TranscriptStore(f"s3://{name}/deep/er/", endpoint=moto).get(url) == BODY


async def test_s3_without_a_prefix(moto: str, bucket: tuple[str, Any]) -> None:
    store = TranscriptStore(f"s3://{bucket[0]}", endpoint=moto)
    url = await store.put(SESSION, BODY)
    assert url.startswith(f"s3://{bucket[0]}/{SESSION}/")
    assert await store.get(url) == BODY


async def test_s3_endpoint_of_the_environment(
    moto: str, bucket: tuple[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", moto)
    store = TranscriptStore(f"s3://{bucket[0]}/p")
    assert await store.get(await store.put(SESSION, BODY)) == BODY


async def test_s3_forgets(moto: str, bucket: tuple[str, Any]) -> None:
    store = TranscriptStore(f"s3://{bucket[0]}/p", endpoint=moto)
    one, _, other = await store.put(SESSION, b"1"), await store.put(SESSION, b"2"), await store.put(OTHER, b"3")
    await store.delete(one)
    await store.delete(one)
    assert await refused(store, one) == "TRANSCRIPT_NOT_FOUND"
    await store.erase(SESSION)
    assert [f"s3://{bucket[0]}/{key}" for key in keys_in(bucket)] == [other]


async def test_s3_gives_nothing_from_outside(moto: str, bucket: tuple[str, Any]) -> None:
    name, s3 = bucket
    for key in ("secret.enc", "prefix-other/secret.enc", "prefix/inside.enc"):
        s3.put_object(Bucket=name, Key=key, Body=b"secret")
    store = TranscriptStore(f"s3://{name}/prefix", endpoint=moto)
    assert await store.get(f"s3://{name}/prefix/inside.enc") == b"secret"
    for url in (
        f"s3://{name}/secret.enc",
        f"s3://{name}/prefix-other/secret.enc",
        f"s3://{name}/prefix/../secret.enc",
        f"s3://{name}/prefix/%2e%2e/secret.enc",
        f"s3://{name}/prefix//inside.enc",
        f"s3://{name}2/prefix/inside.enc",
        f"s3a://{name}/prefix/inside.enc",
        f"{moto}/{name}/prefix/inside.enc",
        "file:///etc/passwd",
    ):
        assert await refused(store, url) == "TRANSCRIPT_URL_REFUSED"


async def test_s3_size_has_a_limit(moto: str, bucket: tuple[str, Any]) -> None:
    name, s3 = bucket
    s3.put_object(Bucket=name, Key="p/big.enc", Body=b"x" * 11)
    store = TranscriptStore(f"s3://{name}/p", endpoint=moto, max_bytes=10)
    assert await refused(store, f"s3://{name}/p/big.enc") == "TRANSCRIPT_TOO_LARGE"


async def test_s3_bucket_that_is_not_there(moto: str, caplog: pytest.LogCaptureFixture) -> None:
    store = TranscriptStore("s3://no-such-bucket/p", endpoint=moto)
    with pytest.raises(TranscriptUnavailable) as unavailable:
        await store.put(SESSION, BODY)
    assert unavailable.value.code == "TRANSCRIPT_STORE_UNREACHABLE"
    assert "the bucket or folder is not there" in caplog.text
    assert await refused(store, "s3://no-such-bucket/p/x.enc") == "TRANSCRIPT_NOT_FOUND"


async def test_s3_that_is_down() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        store = TranscriptStore("s3://bucket/p", endpoint=f"http://127.0.0.1:{taken.getsockname()[1]}")
        assert await refused(store, "s3://bucket/p/x.enc") == "TRANSCRIPT_STORE_UNREACHABLE"


async def test_s3_that_refuses_us(caplog: pytest.LogCaptureFixture) -> None:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(403)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        store = TranscriptStore("s3://bucket/p", endpoint=f"http://127.0.0.1:{server.server_port}")
        assert await refused(store, "s3://bucket/p/x.enc") == "TRANSCRIPT_STORE_DENIED"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    assert SECRET_KEY not in caplog.text
    assert caplog.records[-1].levelno == logging.ERROR


async def test_s3_that_is_slow_keeps_nobody_else_waiting() -> None:
    asked, answer = threading.Semaphore(0), threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.release()
            answer.wait(30)
            self.send_error(404)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    # As many threads as a program of one core has for everything, looking up hosts' names among it.
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(5))
    store = TranscriptStore("s3://bucket/p", endpoint=f"http://127.0.0.1:{server.server_port}")
    waiting = [asyncio.create_task(refused(store, f"s3://bucket/p/{number}.enc")) for number in range(20)]
    try:
        await until(lambda: asked.acquire(blocking=False))
        async with asyncio.timeout(10):
            assert await asyncio.to_thread(answer.is_set) is False
    finally:
        answer.set()
        assert set(await asyncio.gather(*waiting)) == {"TRANSCRIPT_NOT_FOUND"}
        server.shutdown()
        thread.join()
        server.server_close()


# Both, and settings


async def test_a_store_that_moved_is_still_read(moto: str, bucket: tuple[str, Any], local: TranscriptStore) -> None:
    old = await local.put(SESSION, b"old")
    moved = TranscriptStore(f"s3://{bucket[0]}/p", also_read=[old.rpartition(f"/{SESSION}")[0]], endpoint=moto)
    new = await moved.put(SESSION, b"new")
    assert new.startswith("s3://")
    assert [await moved.get(old), await moved.get(new)] == [b"old", b"new"]
    await moved.erase(SESSION)
    assert [await refused(moved, old), await refused(moved, new)] == ["TRANSCRIPT_NOT_FOUND"] * 2


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("", "must start with"),
        ("/var/transcripts", "must start with"),
        ("https://bucket.s3.amazonaws.com/p", "must start with"),
        ("memory:///", "must start with"),
        ("file://", "absolute path"),
        ("file:///", "absolute path"),
        ("file://relative/path", "absolute path"),
        ("file:///a/../b", "absolute path"),
        ("file:///a/%2e%2e/b", "absolute path"),
        ("file:///a%00b", "absolute path"),
        ("file:///dev/null/below", "cannot be made"),
        ("file:///a?b=c", "no user, query or fragment"),
        ("s3://key:secret@bucket/p", "no user, query or fragment"),
        ("s3://bucket/p#x", "no user, query or fragment"),
        ("s3://", "s3://bucket/prefix"),
        ("s3://Bucket/p", "s3://bucket/prefix"),
        ("s3://bucket/a/../b", "s3://bucket/prefix"),
        ("s3://bucket/a//b", "s3://bucket/prefix"),
        ("s3://bucket/a%20b", "s3://bucket/prefix"),
        ("s3://bucket/" + "x" * 420, "too long"),
        ("s3://[bucket/p", "not an address"),
    ],
)
def test_settings_that_cannot_be_used(url: str, said: str) -> None:
    with pytest.raises(ValueError, match=f"TRANSCRIPT_STORE_URL.*{said}"):
        TranscriptStore(url)


def test_the_longest_prefix_still_fits(moto: str) -> None:
    TranscriptStore("s3://bucket/" + "x" * (MAX_URL_LENGTH - 74 - len("s3://bucket/")))


@pytest.mark.parametrize("endpoint", ["127.0.0.1:9000", "ftp://files.test"])
def test_an_endpoint_that_cannot_be_used(endpoint: str) -> None:
    with pytest.raises(ValueError, match="S3_ENDPOINT_URL must start with"):
        TranscriptStore("s3://bucket/p", endpoint=endpoint)
