"""Development tokens, and the rule that they end where Cognito begins."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from joserfc import jws
from joserfc.jwk import RSAKey

from domain.identity.choice import IdentitySettingsError, local_issuer_for, verifier_for
from domain.identity.local_issuer import CLIENT_ID, ISSUER, LocalIssuer
from domain.identity.tokens import Identity, InvalidToken, TokenUse
from domain.keyfile import KeyFileError

NOW = 1_900_000_000.75
COGNITO = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Pool"


async def test_an_issued_token_is_believed(tmp_path: Path) -> None:
    issuer = LocalIssuer.load(tmp_path, clock=lambda: NOW)
    token = issuer.issue("dev|student", lifetime=timedelta(minutes=5))
    assert await issuer.verifier().verify(token) == Identity(
        subject="dev|student",
        expires_at=datetime.fromtimestamp(int(NOW) + 300, UTC),
        token_use=TokenUse.ACCESS,
        issuer=ISSUER,
    )


def test_it_has_the_shape_of_cognitos(tmp_path: Path) -> None:
    parsed = jws.extract_compact(LocalIssuer.load(tmp_path, clock=lambda: NOW).issue("pat").encode())
    claims = json.loads(parsed.payload)
    assert sorted(parsed.protected) == ["alg", "kid"]
    assert claims.pop("jti")
    assert claims == {
        "iss": ISSUER,
        "sub": "pat",
        "client_id": CLIENT_ID,
        "token_use": "access",
        "iat": 1_900_000_000,
        "auth_time": 1_900_000_000,
        "exp": 1_900_043_200,
        "username": "pat",
    }


async def test_it_ends(tmp_path: Path) -> None:
    now = NOW
    issuer = LocalIssuer.load(tmp_path, clock=lambda: now)
    token, verifier = issuer.issue("pat"), issuer.verifier()
    now += 12 * 3600 + 10
    with pytest.raises(InvalidToken) as refused:
        await verifier.verify(token)
    assert refused.value.code == "TOKEN_EXPIRED"


async def test_the_key_stays_and_is_this_machines_own(tmp_path: Path) -> None:
    token = LocalIssuer.load(tmp_path / "a").issue("pat")
    again = verifier_for(data_dir=tmp_path / "a", cognito_issuer="", cognito_client_ids=[""])
    assert (await again.verify(token)).subject == "pat"
    elsewhere = verifier_for(data_dir=tmp_path / "b")
    with pytest.raises(InvalidToken) as refused:
        await elsewhere.verify(token)
    assert refused.value.code == "TOKEN_UNKNOWN_KEY"
    await again.aclose()
    await elsewhere.aclose()


def test_only_the_owner_can_read_the_key(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        LocalIssuer.load(tmp_path)
    finally:
        os.umask(before)
    (key,) = tmp_path.iterdir()
    assert (key.name, key.stat().st_mode & 0o777) == ("issuer.key", 0o600)


def test_processes_that_start_together_agree(tmp_path: Path) -> None:
    script = (
        "import pathlib, sys\n"
        "from domain.identity.local_issuer import LocalIssuer\n"
        "print(LocalIssuer.load(pathlib.Path(sys.argv[1])).issue('pat').partition('.')[0])\n"
    )
    started = [
        subprocess.Popen([sys.executable, "-c", script, str(tmp_path / "data dir")], stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    headers = {process.communicate()[0] for process in started}
    assert len(headers) == 1
    assert all(headers)
    assert [file.name for file in (tmp_path / "data dir").iterdir()] == ["issuer.key"]


def pem(key: serialization.PrivateFormat) -> bytes:
    curve = ec.generate_private_key(ec.SECP256R1())
    return curve.private_bytes(serialization.Encoding.PEM, key, serialization.NoEncryption())


@pytest.mark.parametrize(
    "content", [b"", b"rubbish", pem(serialization.PrivateFormat.PKCS8)], ids=["empty", "rubbish", "elliptic"]
)
def test_a_damaged_key_is_said_to_be_one(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "issuer.key"
    file.write_bytes(content)
    file.chmod(0o600)
    with pytest.raises(KeyFileError, match=r"issuer\.key does not hold an RSA private key .* Delete it"):
        LocalIssuer.load(tmp_path)
    assert file.read_bytes() == content


@pytest.mark.parametrize("sub", ["", "s" * 256, "pat\0", "line\nbreak"])
def test_no_token_for_an_impossible_subject(tmp_path: Path, sub: str) -> None:
    with pytest.raises(ValueError, match="subject"):
        LocalIssuer.load(tmp_path).issue(sub)


def test_no_token_without_a_lifetime(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="lifetime"):
        LocalIssuer.load(tmp_path).issue("pat", lifetime=timedelta(0))


async def test_development_tokens_are_refused_as_soon_as_cognito_is_set(tmp_path: Path) -> None:
    token = LocalIssuer.load(tmp_path).issue("pat")
    verifier = verifier_for(data_dir=tmp_path, cognito_issuer=COGNITO, cognito_client_ids=["c"])
    with pytest.raises(InvalidToken) as refused:
        await verifier.verify(token)
    assert refused.value.code == "TOKEN_WRONG_ISSUER"
    await verifier.aclose()


async def test_not_even_for_somebody_who_has_the_local_key(tmp_path: Path) -> None:
    """A development token that claims to be Cognito's still lacks Cognito's key."""
    issuer = LocalIssuer.load(tmp_path)
    claims = json.loads(jws.extract_compact(issuer.issue("pat").encode()).payload)
    private = RSAKey.import_key((tmp_path / "issuer.key").read_bytes())
    kid = private.thumbprint()
    forged = jws.serialize_compact(
        {"alg": "RS256", "kid": kid}, json.dumps({**claims, "iss": COGNITO, "client_id": "c"}), private
    )
    verifier = verifier_for(
        data_dir=tmp_path,
        cognito_issuer=COGNITO,
        cognito_client_ids=["c"],
        cognito_jwks_url="http://127.0.0.1:1/jwks.json",
    )
    with pytest.raises(InvalidToken) as refused:
        await verifier.verify(forged)
    assert refused.value.code == "KEYS_UNAVAILABLE"
    await verifier.aclose()


def test_cognito_leaves_the_local_key_alone(tmp_path: Path) -> None:
    verifier_for(data_dir=tmp_path, cognito_issuer=COGNITO, cognito_client_ids=["c"])
    assert list(tmp_path.iterdir()) == []


def test_no_token_can_be_issued_beside_cognito(tmp_path: Path) -> None:
    with pytest.raises(IdentitySettingsError, match="COGNITO_ISSUER is set"):
        local_issuer_for(data_dir=tmp_path, cognito_issuer=COGNITO)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("issuer", "jwks_url", "clients", "said"),
    [
        (None, "https://keys.test/jwks.json", [], "COGNITO_ISSUER is not"),
        ("", "", ["c"], "COGNITO_ISSUER is not"),
        (COGNITO, None, [], "COGNITO_CLIENT_IDS"),
        (COGNITO, None, ["", " "], "COGNITO_CLIENT_IDS"),
        (COGNITO + "/", None, ["c"], "slash"),
        ("http://cognito.test/pool", None, ["c"], "COGNITO_ISSUER must be an https"),
        ("cognito.test", None, ["c"], "COGNITO_ISSUER must be an https"),
        ("https:", None, ["c"], "COGNITO_ISSUER must be an https"),
        ("https://cognito.test:port/pool", None, ["c"], "COGNITO_ISSUER is not a web address"),
        (COGNITO, "http://keys.test/jwks.json", ["c"], "COGNITO_JWKS_URL must be an https"),
        (COGNITO, "file:///etc/passwd", ["c"], "COGNITO_JWKS_URL must be an https"),
    ],
)
def test_settings_that_cannot_be_right(
    tmp_path: Path, issuer: str | None, jwks_url: str | None, clients: list[str], said: str
) -> None:
    with pytest.raises(IdentitySettingsError, match=said):
        verifier_for(data_dir=tmp_path, cognito_issuer=issuer, cognito_jwks_url=jwks_url, cognito_client_ids=clients)
    assert list(tmp_path.iterdir()) == []
