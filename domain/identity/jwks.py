"""The keys an issuer publishes: fetched seldom, kept through an outage."""

import asyncio
import logging
import math
import time
from collections.abc import Callable

import httpx
import orjson
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey
from joserfc.util import base64_to_int

from domain.identity.tokens import ALGORITHM, MAX_KEY_ID_LENGTH, InvalidToken, TokenCode

MAX_AGE_SECONDS = 3600.0
"""Keys older than this are fetched again: a key the issuer has withdrawn is believed for about that long."""
MIN_INTERVAL_SECONDS = 10.0
"""Between two fetches, whatever tokens arrive and however the last one ended."""
TIMEOUT_SECONDS = 5.0
MAX_RESPONSE_BYTES = 64 * 1024
MIN_KEY_BITS = 2048
MAX_KEY_BITS = 4096

log = logging.getLogger("study.identity")


class RemoteKeys:
    """The keys at one JWKS address.

    A known key is served at once, however old; past MAX_AGE_SECONDS a fetch begins behind the request.
    An unknown id waits for one fetch, which all who wait share. A failed fetch leaves the keys as they were.
    `clock` counts seconds from anywhere.
    """

    def __init__(self, url: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._url = url
        self._clock = clock
        # One short request an hour: no connection is kept. Redirects are not followed, so keys only ever come
        # from the address that was set.
        self._http = httpx.AsyncClient(
            timeout=TIMEOUT_SECONDS,
            follow_redirects=False,
            limits=httpx.Limits(max_keepalive_connections=0),
            headers={"accept": "application/json", "accept-encoding": "identity"},
        )
        self._keys: dict[str, RSAKey] = {}
        self._fetched_at = -math.inf
        self._tried_at = -math.inf
        self._fetching: asyncio.Task[None] | None = None
        self._failed = False

    async def key(self, kid: str) -> RSAKey | None:
        """The key, or None when the issuer has none of that id.

        Raises InvalidToken KEYS_UNAVAILABLE when that cannot be told: the last fetch failed.
        """
        if key := self._keys.get(kid):
            if self._clock() - self._fetched_at >= MAX_AGE_SECONDS:
                self._start()
            return key
        if fetching := self._start():
            # Shielded: others wait for the same fetch, and the next request needs what it brings.
            await asyncio.shield(fetching)
            if key := self._keys.get(kid):
                return key
        if self._failed:
            raise InvalidToken(
                TokenCode.KEYS_UNAVAILABLE,
                "The issuer's keys cannot be fetched just now. Send the same token again in some seconds.",
            )
        return None

    async def aclose(self) -> None:
        """Ends a fetch under way and closes the client."""
        if fetching := self._fetching:
            fetching.cancel()
            await asyncio.gather(fetching, return_exceptions=True)
        await self._http.aclose()

    def _start(self) -> asyncio.Task[None] | None:
        """The fetch under way, a new one, or None when the last began too short a time ago."""
        if self._fetching is not None:
            return self._fetching
        now = self._clock()
        if now - self._tried_at < MIN_INTERVAL_SECONDS:
            return None
        self._tried_at = now
        self._fetching = asyncio.create_task(self._fetch(), name="fetch issuer keys")
        return self._fetching

    async def _fetch(self) -> None:
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                body = await self._body()
            keys = usable_keys(body)
        except (httpx.HTTPError, TimeoutError, ValueError) as error:
            self._failed = True
            log.warning(
                "The issuer's keys at %s cannot be fetched (%s: %s); %s.",
                self._url,
                type(error).__name__,
                error,
                f"{len(self._keys)} known keys stay in use" if self._keys else "no token can be verified",
            )
        else:
            self._keys = keys
            self._fetched_at = self._clock()
            self._failed = False
        finally:
            self._fetching = None

    async def _body(self) -> bytes:
        async with self._http.stream("GET", self._url) as response:
            if response.status_code != httpx.codes.OK:
                raise ValueError(f"status {response.status_code}")
            # Raw bytes are counted: a compressed answer, which nobody asked for, cannot grow past the limit.
            body = bytearray()
            async for chunk in response.aiter_raw():
                body += chunk
                if len(body) > MAX_RESPONSE_BYTES:
                    raise ValueError(f"the answer is longer than {MAX_RESPONSE_BYTES} bytes")
        return bytes(body)


def usable_keys(body: bytes) -> dict[str, RSAKey]:
    """The RSA signature keys of a JWKS document by id. Raises ValueError when it has none."""
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise ValueError("the answer is not JSON") from None
    entries = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(entries, list):
        raise ValueError("the answer has no list of keys")  # noqa: TRY004 - it is the document that is wrong
    keys: dict[str, RSAKey] = {}
    for entry in entries:
        if isinstance(entry, dict) and (key := _usable(entry)):
            keys.setdefault(str(entry["kid"]), key)
    if not keys:
        # An empty list would sign everybody out; it is taken for a fault of the server.
        raise ValueError("the answer has no RSA signature key")
    return keys


def _usable(entry: dict[str, object]) -> RSAKey | None:
    kid, modulus, exponent = entry.get("kid"), entry.get("n"), entry.get("e")
    if not (isinstance(kid, str) and isinstance(modulus, str) and isinstance(exponent, str)):
        return None
    operations = entry.get("key_ops", ["verify"])
    meant = (
        0 < len(kid) <= MAX_KEY_ID_LENGTH
        and entry.get("kty") == "RSA"
        and entry.get("use", "sig") == "sig"
        and entry.get("alg", ALGORITHM) == ALGORITHM
        and isinstance(operations, list)
        and "verify" in operations
    )
    if not meant:
        return None
    try:
        if not MIN_KEY_BITS <= base64_to_int(modulus).bit_length() <= MAX_KEY_BITS:
            return None
        # Only these members: whatever else the entry says has no bearing on how the key is used.
        return RSAKey.import_key(
            {"kty": "RSA", "n": modulus, "e": exponent, "kid": kid, "use": "sig", "alg": ALGORITHM}
        )
    except (JoseError, ValueError):
        return None
