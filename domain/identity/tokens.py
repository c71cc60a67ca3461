"""Bearer tokens: what one must say, and who must have signed it, before it is believed.

Cognito and the local issuer share all of this; they differ only in where keys come from.
"""

import math
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import NoReturn, Protocol

import orjson
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

MAX_TOKEN_BYTES = 16 * 1024
MAX_SUBJECT_LENGTH = 255
MAX_KEY_ID_LENGTH = 255
MAX_BELIEVED = 5_000
"""Tokens that are known to be good; each takes about half a KiB."""

LEEWAY = timedelta(seconds=10)
"""Machines on NTP differ by far less than a second; the rest lets a request arrive that was under way when
its token ran out. More would only lengthen the life of a token somebody else got hold of."""
MAX_LEEWAY = timedelta(seconds=30)

ALGORITHM = "RS256"

# Parameters by which a token would bring its own key or change how it is read. Cognito sends none of them.
# Other unknown parameters are ignored, as RFC 7515 section 4 asks.
_REFUSED_HEADERS = frozenset({"crit", "b64", "jku", "jwk", "x5u", "x5c", "x5t", "x5t#S256", "enc", "zip"})
_COMPACT = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
_REGISTRY = jws.JWSRegistry(algorithms=[ALGORITHM], strict_check_header=False)


class TokenCode(StrEnum):
    """Why a token is refused; stable, so that a client may branch on it."""

    MALFORMED = "TOKEN_MALFORMED"
    WRONG_ALGORITHM = "TOKEN_WRONG_ALGORITHM"
    UNKNOWN_KEY = "TOKEN_UNKNOWN_KEY"
    BAD_SIGNATURE = "TOKEN_BAD_SIGNATURE"
    WRONG_ISSUER = "TOKEN_WRONG_ISSUER"
    WRONG_USE = "TOKEN_WRONG_USE"
    WRONG_CLIENT = "TOKEN_WRONG_CLIENT"
    EXPIRED = "TOKEN_EXPIRED"
    NOT_YET_VALID = "TOKEN_NOT_YET_VALID"
    KEYS_UNAVAILABLE = "KEYS_UNAVAILABLE"


class InvalidToken(Exception):
    """A token that is not believed. `message` says what is wrong and what to do, quoting none of it."""

    def __init__(self, code: TokenCode, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class TokenUse(StrEnum):
    """The two kinds of Cognito token that may be sent as a bearer token."""

    ACCESS = "access"
    ID = "id"


@dataclass(frozen=True, slots=True)
class Identity:
    """Whom a verified token speaks for. Role and everything else come from the users table.

    `expires_at` is the token's own `exp`: streams close then. A request is taken until the
    leeway after it.
    """

    subject: str
    expires_at: datetime
    token_use: TokenUse
    issuer: str


class TokenVerifier(Protocol):
    """Decides whether a bearer token is believed."""

    async def verify(self, token: str) -> Identity:
        """Whom the token speaks for. Raises InvalidToken."""

    async def aclose(self) -> None:
        """Ends what the verifier keeps open; it is not used afterwards."""


class Keys(Protocol):
    """Public keys by their id."""

    async def key(self, kid: str) -> RSAKey | None:
        """The key, or None when the issuer has none of that id. Raises InvalidToken KEYS_UNAVAILABLE."""

    async def aclose(self) -> None:
        """Ends what is kept open."""


@dataclass(frozen=True, slots=True)
class ClaimRules:
    """What the claims must be. `client_ids`: the app clients whose tokens are taken."""

    issuer: str
    client_ids: frozenset[str]
    leeway: timedelta = LEEWAY

    def __post_init__(self) -> None:
        if not timedelta(0) <= self.leeway <= MAX_LEEWAY:
            raise ValueError(f"The leeway must be from 0 to {MAX_LEEWAY.seconds} seconds.")

    def check_issuer(self, claims: dict[str, object]) -> None:
        """Raises InvalidToken unless `iss` is exactly the issuer."""
        if _text(claims, "iss") != self.issuer:
            _refuse(
                TokenCode.WRONG_ISSUER,
                "The token comes from another issuer. Sign in to the user pool this server is set to.",
            )

    def identity(self, claims: dict[str, object], now: float) -> Identity:
        """Checks every claim of a token whose signature was good; `now` in seconds since 1970."""
        self.check_issuer(claims)
        use = self._use(claims)
        subject = _text(claims, "sub")
        # A NUL or a lone surrogate cannot be stored, so no user can have it: said here, not by the database.
        if not 0 < len(subject) <= MAX_SUBJECT_LENGTH or not subject.isprintable():
            _malformed(f"`sub` must be 1 to {MAX_SUBJECT_LENGTH} printable characters")
        expires = self._times(claims, now)
        try:
            expires_at = datetime.fromtimestamp(expires, UTC)
        except (OverflowError, ValueError, OSError):
            _malformed("`exp` is not a time")
        return Identity(subject=subject, expires_at=expires_at, token_use=use, issuer=self.issuer)

    def _use(self, claims: dict[str, object]) -> TokenUse:
        try:
            use = TokenUse(_text(claims, "token_use"))
        except ValueError:
            _refuse(TokenCode.WRONG_USE, "Send an access token or an id token; `token_use` says something else.")
        # An access token names its client in client_id and has no aud; an id token the other way about.
        # A token with both, or with the other one, was made for somebody else's rules.
        named, foreign = ("client_id", "aud") if use is TokenUse.ACCESS else ("aud", "client_id")
        if foreign in claims:
            _refuse(TokenCode.WRONG_CLIENT, f"A token with token_use `{use}` must not have `{foreign}`.")
        if _text(claims, named) not in self.client_ids:
            _refuse(
                TokenCode.WRONG_CLIENT,
                "The token was issued to another app client. Sign in with one this server accepts.",
            )
        return use

    def _times(self, claims: dict[str, object], now: float) -> float:
        leeway = self.leeway.total_seconds()
        expires = _seconds(claims, "exp")
        issued = _seconds(claims, "iat")
        if issued > expires:
            _malformed("`iat` is later than `exp`")
        if expires + leeway <= now:
            _refuse(TokenCode.EXPIRED, "The token has expired. Refresh it or sign in again.")
        starts = _seconds(claims, "nbf") if "nbf" in claims else issued
        if max(issued, starts) - leeway > now:
            _refuse(
                TokenCode.NOT_YET_VALID,
                "The token is dated in the future. Check the clocks of this server and of the issuer.",
            )
        return expires


@dataclass(frozen=True, slots=True)
class _Believed:
    """A token whose signature and claims were good, from `since` to before `until`, in seconds since 1970."""

    identity: Identity
    kid: str
    key: RSAKey
    since: float
    until: float


class SignedTokenVerifier:
    """Verifies RS256 tokens with the issuer's keys and one set of claim rules.

    A token that was believed is believed again without another look, up to MAX_BELIEVED of them, until it expires,
    and only while the issuer publishes the very key that signed it.
    """

    def __init__(self, keys: Keys, rules: ClaimRules, clock: Callable[[], float] = time.time) -> None:
        self._keys = keys
        self._rules = rules
        self._clock = clock
        self._believed: dict[bytes, _Believed] = {}
        """By the tokens' digests: nothing here can be sent as a token."""

    async def verify(self, token: str) -> Identity:
        """Whom the token speaks for. Raises InvalidToken, and nothing else, whatever the text is."""
        # One that is too long is refused below; it is not worth the digest.
        digest = sha256(token[:MAX_TOKEN_BYTES].encode(errors="surrogatepass")).digest()
        found = self._believed.get(digest)
        if found is not None and len(token) <= MAX_TOKEN_BYTES:
            if found.since <= self._clock() < found.until and await self._keys.key(found.kid) is found.key:
                return found.identity
            self._believed.pop(digest, None)
        found = await self._verified(token)
        self._believed[digest] = found
        if len(self._believed) > MAX_BELIEVED:
            del self._believed[next(iter(self._believed))]
        return found.identity

    async def _verified(self, token: str) -> _Believed:
        signed, kid = _parse(token)
        claims = _claims(signed)
        # Looked at before the signature, and only to refuse: a token of another pool would otherwise make us
        # ask for keys that are not there, and its owner would read about a key and not about the wrong pool.
        self._rules.check_issuer(claims)
        key = await self._keys.key(kid)
        if key is None:
            _refuse(
                TokenCode.UNKNOWN_KEY,
                "The token is signed with a key the issuer does not publish. Sign in again.",
            )
        try:
            good = jws.validate_compact(signed, key, registry=_REGISTRY)
        except JoseError:
            good = False
        if not good:
            _refuse(TokenCode.BAD_SIGNATURE, "The token's signature is wrong. Sign in again.")
        now = self._clock()
        identity = self._rules.identity(claims, now)
        until = _seconds(claims, "exp") + self._rules.leeway.total_seconds()
        return _Believed(identity, kid, key, now, until)

    async def aclose(self) -> None:
        """Ends what the keys keep open."""
        await self._keys.aclose()


def _parse(token: str) -> tuple[jws.CompactSignature, str]:
    if len(token) > MAX_TOKEN_BYTES:
        _malformed(f"it is longer than {MAX_TOKEN_BYTES} characters")
    if not _COMPACT.fullmatch(token):
        _malformed("it is not three base64url parts joined by dots")
    try:
        signed = jws.extract_compact(token.encode(), registry=_REGISTRY)
    # The library lets TypeError and RecursionError through for a header that is JSON but no object.
    except (JoseError, ValueError, TypeError, RecursionError):
        _malformed("its header or payload cannot be decoded")
    header: object = signed.protected
    if not isinstance(header, dict):
        _malformed("its header is not a JSON object")
    if header.get("alg") != ALGORITHM:
        _refuse(TokenCode.WRONG_ALGORITHM, f"The token must be signed with {ALGORITHM}.")
    if not _REFUSED_HEADERS.isdisjoint(header):
        _malformed("its header brings a key or an extension of its own")
    kid = header.get("kid")
    if not isinstance(kid, str) or not 0 < len(kid) <= MAX_KEY_ID_LENGTH:
        _malformed("its header does not name a key in `kid`")
    return signed, kid


def _claims(signed: jws.CompactSignature) -> dict[str, object]:
    try:
        # orjson takes no NaN, no lone surrogate and no deep nesting, each of which json.loads would pass on.
        claims = orjson.loads(signed.payload)
    except orjson.JSONDecodeError:
        _malformed("its payload is not JSON")
    if not isinstance(claims, dict):
        _malformed("its payload is not a JSON object")
    return claims


def _text(claims: dict[str, object], name: str) -> str:
    value = claims.get(name)
    if not isinstance(value, str):
        _malformed(f"`{name}` is missing or not a string")
    return value


def _seconds(claims: dict[str, object], name: str) -> float:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value < 0:
        _malformed(f"`{name}` is missing or not a number of seconds")
    return value


def _malformed(what: str) -> NoReturn:
    raise InvalidToken(
        TokenCode.MALFORMED,
        f"This is not a usable token: {what}. Send the token exactly as the issuer gave it.",
    )


def _refuse(code: TokenCode, message: str) -> NoReturn:
    raise InvalidToken(code, message)
