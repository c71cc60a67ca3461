"""The table of tokens that are refused, and why; the same checks serve Cognito and the local issuer."""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hmac import HMAC
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc.jwk import RSAKey

from domain.identity import tokens
from domain.identity.tokens import (
    MAX_TOKEN_BYTES,
    ClaimRules,
    Identity,
    InvalidToken,
    SignedTokenVerifier,
    TokenUse,
)

ISSUER = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Pool"
CLIENT = "5example5client5id5"
NOW = 1_900_000_000
LEEWAY = 10

ours = rsa.generate_private_key(public_exponent=65537, key_size=2048)
theirs = rsa.generate_private_key(public_exponent=65537, key_size=2048)

ACCESS: dict[str, Any] = {
    "iss": ISSUER,
    "sub": "3f6c1c1e-6d8e-4b5f-9d5e-000000000001",
    "client_id": CLIENT,
    "token_use": "access",
    "iat": NOW - 60,
    "auth_time": NOW - 60,
    "exp": NOW + 3600,
    "jti": "b7e2",
    "username": "pat",
}
ID: dict[str, Any] = {
    "iss": ISSUER,
    "sub": ACCESS["sub"],
    "aud": CLIENT,
    "token_use": "id",
    "iat": NOW - 60,
    "exp": NOW + 3600,
    "email": "pat@example.test",
}
HEADER: dict[str, Any] = {"kid": "k1", "alg": "RS256"}


class OneKey:
    """Counts how often a key was asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self._key: RSAKey | None = None
        self.renew()

    def renew(self) -> None:
        """As when it was fetched anew."""
        self._key = RSAKey.import_key(ours.public_key(), {"kid": "k1"})

    def withdraw(self) -> None:
        """As when it was not there any more."""
        self._key = None

    async def key(self, kid: str) -> RSAKey | None:
        self.asked.append(kid)
        return self._key if kid == "k1" else None

    async def aclose(self) -> None:
        pass


def b64(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def rs256(signed: bytes, key: rsa.RSAPrivateKey = ours) -> bytes:
    return key.sign(signed, padding.PKCS1v15(), hashes.SHA256())


def hs256(signed: bytes) -> bytes:
    """The classic: the public key, which everybody has, as the secret of an HMAC."""
    pem = ours.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    mac = HMAC(pem, hashes.SHA256())
    mac.update(signed)
    return mac.finalize()


def ps256(signed: bytes) -> bytes:
    return ours.sign(signed, padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256())


def token(header: object, claims: object, sign: Callable[[bytes], bytes] = rs256) -> str:
    def part(value: object) -> str:
        return b64(value if isinstance(value, bytes) else json.dumps(value).encode())

    signed = f"{part(header)}.{part(claims)}"
    return f"{signed}.{b64(sign(signed.encode()))}"


def access(**changes: Any) -> str:
    return token(HEADER, {**ACCESS, **changes})


def without(claims: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in claims.items() if name not in names}


def verifier(keys: OneKey | None = None, now: float = NOW, leeway: float = LEEWAY) -> SignedTokenVerifier:
    rules = ClaimRules(ISSUER, frozenset({CLIENT, "another-client"}), timedelta(seconds=leeway))
    return SignedTokenVerifier(keys or OneKey(), rules, clock=lambda: now)


async def test_access_token_is_believed() -> None:
    assert await verifier().verify(token(HEADER, ACCESS)) == Identity(
        subject=ACCESS["sub"],
        expires_at=datetime.fromtimestamp(NOW + 3600, UTC),
        token_use=TokenUse.ACCESS,
        issuer=ISSUER,
    )


async def test_id_token_is_believed() -> None:
    assert await verifier().verify(token(HEADER, ID)) == Identity(
        subject=ID["sub"],
        expires_at=datetime.fromtimestamp(NOW + 3600, UTC),
        token_use=TokenUse.ID,
        issuer=ISSUER,
    )


@pytest.mark.parametrize(
    "header",
    [
        {**HEADER, "typ": "JWT"},
        {**HEADER, "typ": "at+jwt"},
        {**HEADER, "new-parameter": 1},
    ],
)
async def test_harmless_headers_are_taken(header: dict[str, Any]) -> None:
    assert (await verifier().verify(token(header, ACCESS))).subject == ACCESS["sub"]


@dataclass(frozen=True)
class Forged:
    name: str
    text: str
    code: str


FORGED = [
    # Not a token at all
    Forged("empty", "", "TOKEN_MALFORMED"),
    Forged("word", "hello", "TOKEN_MALFORMED"),
    Forged("two parts", "e30.e30", "TOKEN_MALFORMED"),
    Forged("four parts", token(HEADER, ACCESS) + ".e30", "TOKEN_MALFORMED"),
    Forged("five parts, as an encrypted one", "e30.e30.e30.e30.e30", "TOKEN_MALFORMED"),
    Forged("only dots", "..", "TOKEN_MALFORMED"),
    Forged("not ASCII", "é" + token(HEADER, ACCESS), "TOKEN_MALFORMED"),
    Forged("lone surrogate", "\ud800.e30.e30", "TOKEN_MALFORMED"),
    Forged("newline at the end", token(HEADER, ACCESS) + "\n", "TOKEN_MALFORMED"),
    Forged("padding", token(HEADER, ACCESS) + "=", "TOKEN_MALFORMED"),
    Forged("standard alphabet", token(HEADER, ACCESS) + "+/", "TOKEN_MALFORMED"),
    Forged("too long", "a" * MAX_TOKEN_BYTES + ".e30.e30", "TOKEN_MALFORMED"),
    Forged("long header", token({**HEADER, "typ": "x" * 600}, ACCESS), "TOKEN_MALFORMED"),
    Forged("long signature", token(HEADER, ACCESS) + "A" * 2000, "TOKEN_MALFORMED"),
    # Headers
    Forged("header is no JSON", token(b"{kid", ACCESS), "TOKEN_MALFORMED"),
    Forged("header is null", token(None, ACCESS), "TOKEN_MALFORMED"),
    Forged("header is a number", token(7, ACCESS), "TOKEN_MALFORMED"),
    Forged("header is a string", token("alg", ACCESS), "TOKEN_MALFORMED"),
    Forged("header is a list", token(["alg"], ACCESS), "TOKEN_MALFORMED"),
    Forged("header is a list with b64", token(["alg", "b64"], ACCESS), "TOKEN_MALFORMED"),
    Forged("header is deep", token(b"[" * 380, ACCESS), "TOKEN_MALFORMED"),
    Forged("header is not UTF-8", token(b"\xff\xfe{}", ACCESS), "TOKEN_MALFORMED"),
    Forged("no algorithm", token({"kid": "k1"}, ACCESS), "TOKEN_MALFORMED"),
    Forged("none", token({**HEADER, "alg": "none"}, ACCESS, lambda _: b"x"), "TOKEN_WRONG_ALGORITHM"),
    Forged("None", token({**HEADER, "alg": "None"}, ACCESS, lambda _: b"x"), "TOKEN_WRONG_ALGORITHM"),
    Forged("none, unsigned", token({**HEADER, "alg": "none"}, ACCESS, lambda _: b""), "TOKEN_MALFORMED"),
    Forged("HS256 with the public key", token({**HEADER, "alg": "HS256"}, ACCESS, hs256), "TOKEN_WRONG_ALGORITHM"),
    Forged("HMAC said to be RS256", token(HEADER, ACCESS, hs256), "TOKEN_BAD_SIGNATURE"),
    Forged("RS384", token({**HEADER, "alg": "RS384"}, ACCESS), "TOKEN_WRONG_ALGORITHM"),
    Forged("PS256", token({**HEADER, "alg": "PS256"}, ACCESS, ps256), "TOKEN_WRONG_ALGORITHM"),
    Forged("PS256 said to be RS256", token(HEADER, ACCESS, ps256), "TOKEN_BAD_SIGNATURE"),
    Forged("rs256", token({**HEADER, "alg": "rs256"}, ACCESS), "TOKEN_WRONG_ALGORITHM"),
    Forged("algorithm is a list", token({**HEADER, "alg": ["RS256"]}, ACCESS), "TOKEN_WRONG_ALGORITHM"),
    Forged("crit", token({**HEADER, "crit": ["exp"], "exp": 1}, ACCESS), "TOKEN_MALFORMED"),
    Forged("crit is a number", token({**HEADER, "crit": 1}, ACCESS), "TOKEN_MALFORMED"),
    Forged("b64", token({**HEADER, "b64": False, "crit": ["b64"]}, ACCESS), "TOKEN_MALFORMED"),
    Forged("b64 without crit", token({**HEADER, "b64": False}, ACCESS), "TOKEN_MALFORMED"),
    Forged("b64 true", token({**HEADER, "b64": True}, ACCESS), "TOKEN_MALFORMED"),
    Forged("jku", token({**HEADER, "jku": "https://evil.test/jwks.json"}, ACCESS), "TOKEN_MALFORMED"),
    Forged("jwk", token({**HEADER, "jwk": {"kty": "RSA"}}, ACCESS), "TOKEN_MALFORMED"),
    Forged("x5u", token({**HEADER, "x5u": "https://evil.test/c.pem"}, ACCESS), "TOKEN_MALFORMED"),
    Forged("x5c", token({**HEADER, "x5c": ["MIIB"]}, ACCESS), "TOKEN_MALFORMED"),
    Forged("zip", token({**HEADER, "zip": "DEF"}, ACCESS), "TOKEN_MALFORMED"),
    Forged("no kid", token({"alg": "RS256"}, ACCESS), "TOKEN_MALFORMED"),
    Forged("kid is empty", token({**HEADER, "kid": ""}, ACCESS), "TOKEN_MALFORMED"),
    Forged("kid is a number", token({**HEADER, "kid": 1}, ACCESS), "TOKEN_MALFORMED"),
    Forged("kid is an object", token({**HEADER, "kid": {}}, ACCESS), "TOKEN_MALFORMED"),
    Forged("kid is long", token({**HEADER, "kid": "k" * 256}, ACCESS), "TOKEN_MALFORMED"),
    Forged("kid of nobody", token({**HEADER, "kid": "k2"}, ACCESS), "TOKEN_UNKNOWN_KEY"),
    Forged("kid is a path", token({**HEADER, "kid": "../../dev/null"}, ACCESS), "TOKEN_UNKNOWN_KEY"),
    # Signatures
    Forged("somebody else's key", token(HEADER, ACCESS, lambda s: rs256(s, theirs)), "TOKEN_BAD_SIGNATURE"),
    Forged("short signature", token(HEADER, ACCESS, lambda s: rs256(s)[:-1]), "TOKEN_BAD_SIGNATURE"),
    Forged("zeros", token(HEADER, ACCESS, lambda _: bytes(256)), "TOKEN_BAD_SIGNATURE"),
    Forged(
        "another token's signature",
        f"{access(sub='admin').rpartition('.')[0]}.{access().rpartition('.')[2]}",
        "TOKEN_BAD_SIGNATURE",
    ),
    Forged("bad signature and expired", token(HEADER, {**ACCESS, "exp": 1}, hs256), "TOKEN_BAD_SIGNATURE"),
    # Payloads
    Forged("payload is no JSON", token(HEADER, b"not json"), "TOKEN_MALFORMED"),
    Forged("payload is a list", token(HEADER, [ACCESS]), "TOKEN_MALFORMED"),
    Forged("payload is null", token(HEADER, None), "TOKEN_MALFORMED"),
    Forged("payload is deep", token(HEADER, b"[" * 10_000), "TOKEN_MALFORMED"),
    Forged("payload is not UTF-8", token(HEADER, b'{"iss":"\xff"}'), "TOKEN_MALFORMED"),
    # Issuer
    Forged("no issuer", token(HEADER, without(ACCESS, "iss")), "TOKEN_MALFORMED"),
    Forged("issuer is a list", access(iss=[ISSUER]), "TOKEN_MALFORMED"),
    Forged("another pool", access(iss=ISSUER + "2"), "TOKEN_WRONG_ISSUER"),
    Forged("issuer with a slash", access(iss=ISSUER + "/"), "TOKEN_WRONG_ISSUER"),
    Forged("issuer in capitals", access(iss=ISSUER.upper()), "TOKEN_WRONG_ISSUER"),
    # Use and client
    Forged("no use", token(HEADER, without(ACCESS, "token_use")), "TOKEN_MALFORMED"),
    Forged("use is a list", access(token_use=["access"]), "TOKEN_MALFORMED"),
    Forged("refresh", access(token_use="refresh"), "TOKEN_WRONG_USE"),
    Forged("Access", access(token_use="Access"), "TOKEN_WRONG_USE"),
    Forged("another client", access(client_id="someone"), "TOKEN_WRONG_CLIENT"),
    Forged("client is empty", access(client_id=""), "TOKEN_WRONG_CLIENT"),
    Forged("client is a list", access(client_id=[CLIENT]), "TOKEN_MALFORMED"),
    Forged("no client", token(HEADER, without(ACCESS, "client_id")), "TOKEN_MALFORMED"),
    Forged("access with an audience", access(aud=CLIENT), "TOKEN_WRONG_CLIENT"),
    Forged("id with a client", token(HEADER, {**ID, "client_id": CLIENT}), "TOKEN_WRONG_CLIENT"),
    Forged("id of another client", token(HEADER, {**ID, "aud": "someone"}), "TOKEN_WRONG_CLIENT"),
    Forged("id with many audiences", token(HEADER, {**ID, "aud": [CLIENT, "someone"]}), "TOKEN_MALFORMED"),
    Forged("access said to be an id", access(token_use="id"), "TOKEN_WRONG_CLIENT"),
    # Subject
    Forged("no subject", token(HEADER, without(ACCESS, "sub")), "TOKEN_MALFORMED"),
    Forged("subject is empty", access(sub=""), "TOKEN_MALFORMED"),
    Forged("subject is a number", access(sub=1), "TOKEN_MALFORMED"),
    Forged("subject is null", access(sub=None), "TOKEN_MALFORMED"),
    Forged("subject is long", access(sub="s" * 256), "TOKEN_MALFORMED"),
    Forged("subject with NUL", access(sub="pat\0"), "TOKEN_MALFORMED"),
    Forged("subject with a lone surrogate", access(sub="pat\ud800"), "TOKEN_MALFORMED"),
    # Times
    Forged("no end", token(HEADER, without(ACCESS, "exp")), "TOKEN_MALFORMED"),
    Forged("end is a string", access(exp=str(NOW + 60)), "TOKEN_MALFORMED"),
    Forged("end is true", access(exp=True), "TOKEN_MALFORMED"),
    Forged("end is NaN", access(exp=float("nan")), "TOKEN_MALFORMED"),
    Forged("end is infinite", access(exp=float("inf")), "TOKEN_MALFORMED"),
    Forged("end is past every calendar", access(exp=10**15), "TOKEN_MALFORMED"),
    Forged("end has a thousand digits", access(exp=10**1000), "TOKEN_MALFORMED"),
    Forged("end is negative", access(exp=-1, iat=-2), "TOKEN_MALFORMED"),
    Forged("expired", access(exp=NOW - LEEWAY), "TOKEN_EXPIRED"),
    Forged("expired long ago", access(iat=0, exp=1), "TOKEN_EXPIRED"),
    Forged("no issue time", token(HEADER, without(ACCESS, "iat")), "TOKEN_MALFORMED"),
    Forged("issue time is a string", access(iat="0"), "TOKEN_MALFORMED"),
    Forged("issued tomorrow", access(iat=NOW + 86_400, exp=NOW + 90_000), "TOKEN_NOT_YET_VALID"),
    Forged("issued after its end", access(iat=NOW + 3601), "TOKEN_MALFORMED"),
    Forged("not yet", access(nbf=NOW + LEEWAY + 1), "TOKEN_NOT_YET_VALID"),
    Forged("start is a string", access(nbf="0"), "TOKEN_MALFORMED"),
    Forged("start is null", access(nbf=None), "TOKEN_MALFORMED"),
]


@pytest.mark.parametrize("forged", FORGED, ids=lambda forged: forged.name)
async def test_forged_token_is_refused(forged: Forged) -> None:
    with pytest.raises(InvalidToken) as refused:
        await verifier().verify(forged.text)
    assert refused.value.code == forged.code
    said = refused.value.message
    assert said.endswith(".")
    for secret in (ACCESS["sub"], CLIENT, "someone", "evil", "k2", "pat@", ISSUER, "eyJ"):
        assert secret not in said


@pytest.mark.parametrize(
    "text",
    [access(iss="https://other.test"), token({**HEADER, "alg": "none"}, ACCESS), "x.y.z", "a" * 20_000],
    ids=["another issuer", "another algorithm", "no token", "too long"],
)
async def test_no_key_is_asked_for_when_the_token_cannot_be_ours(text: str) -> None:
    keys = OneKey()
    with pytest.raises(InvalidToken):
        await verifier(keys).verify(text)
    assert keys.asked == []


@pytest.mark.parametrize(
    ("claims", "now", "leeway", "believed"),
    [
        ({}, NOW + 3600 + 9, 10, True),
        ({}, NOW + 3600 + 10, 10, False),
        ({}, NOW + 3599, 0, True),
        ({}, NOW + 3600, 0, False),
        ({"exp": NOW + 0.5}, NOW, 0, True),
        ({"iat": NOW + 10}, NOW, 10, True),
        ({"iat": NOW + 11}, NOW, 10, False),
        ({"iat": NOW + 1}, NOW, 0, False),
        ({"nbf": NOW + 30}, NOW, 30, True),
        ({"nbf": NOW + 31}, NOW, 30, False),
        ({"nbf": NOW - 100}, NOW, 0, True),
    ],
)
async def test_the_edges_of_time(claims: dict[str, Any], now: float, leeway: float, believed: bool) -> None:
    checked = verifier(now=now, leeway=leeway)
    if believed:
        assert (await checked.verify(access(**claims))).subject == ACCESS["sub"]
    else:
        with pytest.raises(InvalidToken):
            await checked.verify(access(**claims))


async def test_what_was_believed_is_believed_no_longer_than_it_is_true(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "MAX_BELIEVED", 3)
    keys, now, sent = OneKey(), [float(NOW)], access(iat=NOW)
    checked = SignedTokenVerifier(keys, ClaimRules(ISSUER, frozenset({CLIENT}), timedelta(0)), clock=lambda: now[0])
    first = await checked.verify(sent)
    assert await checked.verify(sent) is first
    with pytest.raises(InvalidToken):
        await checked.verify(sent + "A" * 20_000)

    keys.renew()
    assert await checked.verify(sent) is not first
    for other in range(3):
        await checked.verify(access(jti=str(other)))
    assert len(checked._believed) == 3

    for when, code in ((NOW - 60, tokens.TokenCode.NOT_YET_VALID), (NOW + 3600, tokens.TokenCode.EXPIRED)):
        now[0] = NOW
        await checked.verify(sent)
        now[0] = when
        with pytest.raises(InvalidToken) as refused:
            await checked.verify(sent)
        assert refused.value.code is code
    now[0] = NOW
    await checked.verify(sent)
    keys.withdraw()
    with pytest.raises(InvalidToken):
        await checked.verify(sent)


@pytest.mark.parametrize("seconds", [-1, 31, 3600])
def test_a_leeway_beyond_half_a_minute_is_a_mistake(seconds: int) -> None:
    with pytest.raises(ValueError, match="leeway"):
        ClaimRules(ISSUER, frozenset({CLIENT}), timedelta(seconds=seconds))


async def test_no_character_of_a_token_can_change() -> None:
    whole, checked = access(), verifier()
    for place, letter in enumerate(whole):
        other = "B" if letter == "A" else "A"
        with pytest.raises(InvalidToken):
            await checked.verify(whole[:place] + other + whole[place + 1 :])


async def test_nothing_but_invalid_token_is_raised() -> None:
    checked = verifier()
    values = st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
        max_leaves=8,
    )
    headers = st.one_of(
        values,
        st.fixed_dictionaries(
            {"alg": st.just("RS256"), "kid": st.just("k1")}, optional={"typ": values, "crit": values}
        ),
        st.binary(max_size=60),
    )
    claims = st.one_of(
        values,
        st.binary(max_size=60),
        st.fixed_dictionaries(
            {**{name: st.just(value) | values for name, value in ACCESS.items()}},
            optional={"aud": values, "nbf": values},
        ),
    )
    tried = 0

    @settings(max_examples=300, deadline=None)
    @given(st.one_of(st.text(max_size=200), st.builds(token, headers, claims)))
    def attempt(text: str) -> None:
        nonlocal tried
        tried += 1
        coroutine = checked.verify(text)
        # With a key at hand verify() never waits, so one step runs it to its end.
        with pytest.raises((InvalidToken, StopIteration)):
            coroutine.send(None)

    attempt()
    assert tried >= 100
