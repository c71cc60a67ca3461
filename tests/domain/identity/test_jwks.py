"""Keys fetched from a real HTTP server: rotation, outage, limits. Time is a number the test sets."""

import asyncio
import gzip
import json
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from joserfc.jwk import ECKey, OctKey
from joserfc.util import int_to_base64

from domain.identity import jwks
from domain.identity.jwks import (
    MAX_AGE_SECONDS,
    MAX_KEY_BITS,
    MAX_RESPONSE_BYTES,
    MIN_INTERVAL_SECONDS,
    RemoteKeys,
    usable_keys,
)
from domain.identity.tokens import InvalidToken, TokenCode


def entry(kid: str, bits: int = 2048, **changes: Any) -> dict[str, Any]:
    numbers = rsa.generate_private_key(public_exponent=65537, key_size=bits).public_key().public_numbers()
    modulus, exponent = int_to_base64(numbers.n), int_to_base64(numbers.e)
    return {"kty": "RSA", "kid": kid, "use": "sig", "alg": "RS256", "n": modulus, "e": exponent, **changes}


FIRST, SECOND, THIRD = entry("first"), entry("second"), entry("third")


def document(*entries: object) -> bytes:
    return json.dumps({"keys": entries}).encode()


class KeyServer:
    """One JWKS address whose answer a test changes; `hold` makes requests wait until `release`."""

    def __init__(self) -> None:
        self.hits = 0
        self.status = 200
        self.body = document(FIRST)
        self.headers: dict[str, str] = {}
        self.asked_with: dict[str, str] = {}
        self._asked = threading.Event()
        self._open = threading.Event()
        self._open.set()
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                site.hits += 1
                site._asked.set()
                site.asked_with = {name.lower(): value for name, value in self.headers.items()}
                site._open.wait(30)
                try:
                    self.send_response(site.status)
                    for name, value in {"content-length": str(len(site.body)), **site.headers}.items():
                        self.send_header(name, value)
                    self.end_headers()
                    self.wfile.write(site.body)
                except OSError:
                    pass  # the client gave up, as some tests want

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/pool/.well-known/jwks.json"

    def serve(self, *entries: object) -> None:
        self.status, self.body, self.headers = 200, document(*entries), {}

    def break_down(self) -> None:
        self.status, self.body = 503, b"down"

    def hold(self) -> None:
        self._open.clear()

    def release(self) -> None:
        self._open.set()

    async def first_request(self) -> None:
        assert await asyncio.to_thread(self._asked.wait, 30)

    def close(self) -> None:
        self.release()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def server() -> Iterator[KeyServer]:
    site = KeyServer()
    yield site
    site.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def keys(server: KeyServer, clock: Clock) -> AsyncIterator[RemoteKeys]:
    remote = RemoteKeys(server.url, clock=clock)
    yield remote
    await remote.aclose()


async def until_idle(keys: RemoteKeys) -> None:
    """Waits for a fetch that runs behind a request."""
    if fetching := keys._fetching:
        await asyncio.shield(fetching)


async def has(keys: RemoteKeys, kid: str) -> bool:
    found = await keys.key(kid)
    assert found is None or found.kid == kid
    return found is not None


async def unavailable(keys: RemoteKeys, kid: str) -> bool:
    with pytest.raises(InvalidToken) as refused:
        await keys.key(kid)
    return refused.value.code is TokenCode.KEYS_UNAVAILABLE


async def test_keys_are_fetched_once_and_then_known(server: KeyServer, keys: RemoteKeys) -> None:
    server.serve(FIRST, SECOND)
    assert server.hits == 0
    assert await has(keys, "first")
    assert await has(keys, "second")
    assert await has(keys, "first")
    assert server.hits == 1
    assert server.asked_with["accept"] == "application/json"
    assert "authorization" not in server.asked_with


async def test_rotation_is_followed_at_once(server: KeyServer, keys: RemoteKeys, clock: Clock) -> None:
    assert await has(keys, "first")
    clock.now += MIN_INTERVAL_SECONDS
    server.serve(FIRST, SECOND)
    assert await has(keys, "second")
    assert await has(keys, "first")
    assert server.hits == 2


async def test_withdrawn_key_is_forgotten(server: KeyServer, keys: RemoteKeys, clock: Clock) -> None:
    assert await has(keys, "first")
    server.serve(SECOND)
    clock.now += MIN_INTERVAL_SECONDS
    assert await has(keys, "second")
    assert not await has(keys, "first")


async def test_unknown_ids_do_not_hammer_the_issuer(server: KeyServer, keys: RemoteKeys, clock: Clock) -> None:
    assert await has(keys, "first")
    for number in range(100):
        assert not await has(keys, f"invented-{number}")
    assert server.hits == 1
    clock.now += MIN_INTERVAL_SECONDS
    for number in range(100):
        assert not await has(keys, f"invented-{number}")
    assert server.hits == 2


async def test_many_requests_share_one_fetch(server: KeyServer, keys: RemoteKeys) -> None:
    found = await asyncio.gather(*(has(keys, "first") for _ in range(200)))
    assert all(found)
    assert server.hits == 1


async def test_a_request_that_is_cancelled_does_not_take_the_fetch_with_it(server: KeyServer, keys: RemoteKeys) -> None:
    server.hold()
    leaving = asyncio.create_task(has(keys, "first"))
    staying = asyncio.create_task(has(keys, "first"))
    await server.first_request()
    leaving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await leaving
    server.release()
    assert await staying
    assert server.hits == 1


async def test_old_keys_are_served_while_new_ones_are_fetched(
    server: KeyServer, keys: RemoteKeys, clock: Clock
) -> None:
    assert await has(keys, "first")
    clock.now += MAX_AGE_SECONDS
    server.serve(SECOND)
    server.hold()
    # Served although the server does not answer at all yet.
    assert await has(keys, "first")
    assert await has(keys, "first")
    server.release()
    await until_idle(keys)
    assert server.hits == 2
    assert await has(keys, "second")
    assert not await has(keys, "first")
    assert server.hits == 2


async def test_old_keys_serve_through_an_outage(
    server: KeyServer, keys: RemoteKeys, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    assert await has(keys, "first")
    server.break_down()
    for _ in range(5):
        clock.now += MAX_AGE_SECONDS
        assert await has(keys, "first")
        await until_idle(keys)
    assert server.hits == 6
    assert "1 known keys stay in use" in caplog.text
    # A key nobody has seen may be a new one: the client is told to come again, not to sign in again.
    assert await unavailable(keys, "second")
    server.serve(FIRST, SECOND)
    assert await unavailable(keys, "second")
    clock.now += MIN_INTERVAL_SECONDS
    assert await has(keys, "second")
    assert not await has(keys, "third")


async def test_an_outage_at_the_start(server: KeyServer, keys: RemoteKeys, clock: Clock) -> None:
    server.break_down()
    for _ in range(20):
        assert await unavailable(keys, "first")
    assert server.hits == 1
    server.serve(FIRST)
    clock.now += MIN_INTERVAL_SECONDS
    assert await has(keys, "first")
    assert server.hits == 2


async def test_nobody_listens(clock: Clock) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        remote = RemoteKeys(f"http://127.0.0.1:{taken.getsockname()[1]}/jwks.json", clock=clock)
        assert await unavailable(remote, "first")
        await remote.aclose()


async def test_a_server_that_does_not_answer(
    server: KeyServer, keys: RemoteKeys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jwks, "TIMEOUT_SECONDS", 0.05)
    server.hold()
    assert await unavailable(keys, "first")


BAD_ANSWERS: list[tuple[str, int, bytes, dict[str, str]]] = [
    ("too long", 200, document(FIRST) + b" " * MAX_RESPONSE_BYTES, {}),
    ("error", 500, document(FIRST), {}),
    ("not found", 404, document(FIRST), {}),
    ("empty success", 204, b"", {}),
    ("compressed", 200, gzip.compress(document(FIRST)), {"content-encoding": "gzip"}),
    ("a page", 200, b"<html>", {}),
    ("nothing", 200, b"", {}),
    ("a list", 200, json.dumps([FIRST]).encode(), {}),
    ("null", 200, b"null", {}),
    ("no keys", 200, b"{}", {}),
    ("keys are no list", 200, json.dumps({"keys": {"first": FIRST}}).encode(), {}),
    ("empty keys", 200, document(), {}),
    ("odd entries", 200, document(None, 7, "first", [FIRST]), {}),
    ("shorter than said", 200, document(FIRST), {"content-length": "20000"}),
]


@pytest.mark.parametrize(("status", "body", "headers"), [a[1:] for a in BAD_ANSWERS], ids=[a[0] for a in BAD_ANSWERS])
async def test_an_answer_that_is_no_key_list_changes_nothing(
    server: KeyServer, keys: RemoteKeys, clock: Clock, status: int, body: bytes, headers: dict[str, str]
) -> None:
    server.serve(SECOND)
    assert await has(keys, "second")
    server.status, server.body, server.headers = status, body, headers
    clock.now += MIN_INTERVAL_SECONDS
    assert await unavailable(keys, "first")
    assert await has(keys, "second")
    assert server.hits == 2


async def test_redirects_are_not_followed(server: KeyServer, keys: RemoteKeys) -> None:
    elsewhere = KeyServer()
    try:
        server.status, server.body, server.headers = 302, b"", {"location": elsewhere.url}
        assert await unavailable(keys, "first")
        assert (server.hits, elsewhere.hits) == (1, 0)
    finally:
        elsewhere.close()


async def test_closing_ends_a_fetch_under_way(server: KeyServer, clock: Clock) -> None:
    remote = RemoteKeys(server.url, clock=clock)
    server.hold()
    waiting = asyncio.create_task(remote.key("first"))
    await server.first_request()
    await remote.aclose()
    with pytest.raises(asyncio.CancelledError):
        await waiting


REFUSED_KEYS: dict[str, object] = {
    "1024 bits": entry("bad", bits=1024),
    "too many bits": {**FIRST, "kid": "bad", "n": int_to_base64((1 << MAX_KEY_BITS) + 1)},
    "for encryption": entry("bad", use="enc"),
    "use is a list": entry("bad", use=["sig"]),
    "for RS512": entry("bad", alg="RS512"),
    "for HS256": entry("bad", alg="HS256"),
    "not for verifying": entry("bad", key_ops=["encrypt"]),
    "key_ops is no list": entry("bad", key_ops="verify"),
    "symmetric": OctKey.generate_key(256, {"kid": "bad"}).as_dict(),
    "symmetric with RSA numbers": {**FIRST, "kid": "bad", "kty": "oct"},
    "elliptic": ECKey.generate_key("P-256", {"kid": "bad"}, private=False).as_dict(),
    "no id": {name: value for name, value in FIRST.items() if name != "kid"},
    "empty id": {**FIRST, "kid": ""},
    "id is a number": {**FIRST, "kid": 1},
    "long id": {**FIRST, "kid": "k" * 256},
    "no modulus": {"kty": "RSA", "kid": "bad", "e": "AQAB"},
    "modulus is a number": {**FIRST, "kid": "bad", "n": 5},
    "modulus is no base64": {**FIRST, "kid": "bad", "n": "!" * 342},
    "exponent is even": {**FIRST, "kid": "bad", "e": "AQAA"},
    "exponent is one": {**FIRST, "kid": "bad", "e": "AQ"},
    "exponent is empty": {**FIRST, "kid": "bad", "e": ""},
}


@pytest.mark.parametrize("bad", REFUSED_KEYS.values(), ids=REFUSED_KEYS)
def test_a_key_of_another_kind_is_left_out(bad: object) -> None:
    assert list(usable_keys(document(bad, FIRST))) == ["first"]


def test_what_else_an_entry_says_has_no_bearing() -> None:
    private = {**FIRST, "d": "AQAB", "x5u": "https://evil.test", "x5c": 7, "oth": []}
    (key,) = usable_keys(document(private)).values()
    assert not key.is_private
    assert sorted(key.dict_value) == ["alg", "e", "kid", "kty", "n", "use"]


def test_an_entry_may_leave_out_use_and_alg() -> None:
    plain = {name: FIRST[name] for name in ("kty", "kid", "n", "e")}
    assert list(usable_keys(document(plain))) == ["first"]


def test_of_two_keys_with_one_id_the_first_stays() -> None:
    (key,) = usable_keys(document(FIRST, {**SECOND, "kid": "first"})).values()
    assert key.dict_value["n"] == FIRST["n"]
