"""Tokens for development, signed with a key of this machine's own.

They have the shape of Cognito's access tokens, so that everything after the signature is the same code.
"""

import time
from collections.abc import Callable
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import Self
from uuid import uuid4

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from joserfc import jwt
from joserfc.jwk import RSAKey

from domain.identity.tokens import (
    ALGORITHM,
    LEEWAY,
    MAX_SUBJECT_LENGTH,
    ClaimRules,
    SignedTokenVerifier,
    TokenUse,
)
from domain.keyfile import KeyFileError, read_or_create

ISSUER = "http://localhost/study-companion-dev"
CLIENT_ID = "study-companion-dev"
KEY_FILE = "issuer.key"
KEY_BITS = 2048
LIFETIME = timedelta(hours=12)


class LocalIssuer:
    """Issues and verifies development tokens.

    `domain.identity.choice` hands it out, and refuses to when Cognito is set.
    """

    def __init__(self, private_key: rsa.RSAPrivateKey, clock: Callable[[], float] = time.time) -> None:
        self._private = RSAKey.import_key(private_key)
        # The id is the key's own thumbprint: a new key file can never be mistaken for the old one.
        self._kid = self._private.thumbprint()
        self._public = RSAKey.import_key(private_key.public_key(), {"use": "sig", "alg": ALGORITHM})
        self._clock = clock

    @classmethod
    def load(cls, data_dir: Path, clock: Callable[[], float] = time.time) -> Self:
        """The issuer whose key is `<data_dir>/issuer.key`, made on first use. Raises KeyFileError."""
        path = data_dir / KEY_FILE
        content = read_or_create(path, _new_key)
        key = _private_key(content)
        if key is None or key.key_size < KEY_BITS:
            raise KeyFileError(
                f"{path} does not hold an RSA private key of {KEY_BITS} bits or more. "
                "Delete it to have a new one made; tokens issued with the old one then end."
            )
        return cls(key, clock)

    def issue(self, sub: str, *, lifetime: timedelta = LIFETIME) -> str:
        """An access token for the person with that `cognito_sub`. Raises ValueError for an unusable one."""
        if not 0 < len(sub) <= MAX_SUBJECT_LENGTH or not sub.isprintable():
            raise ValueError(f"A subject is 1 to {MAX_SUBJECT_LENGTH} printable characters.")
        if lifetime <= timedelta(0):
            raise ValueError("A token's lifetime must be longer than nothing.")
        now = int(self._clock())
        claims: dict[str, object] = {
            "iss": ISSUER,
            "sub": sub,
            "client_id": CLIENT_ID,
            "token_use": str(TokenUse.ACCESS),
            "iat": now,
            "auth_time": now,
            "exp": int(now + lifetime.total_seconds()),
            "jti": str(uuid4()),
            "username": sub,
        }
        header = {"kid": self._kid, "alg": ALGORITHM}
        return jwt.encode(header, claims, self._private, algorithms=[ALGORITHM], default_type=None)

    def verifier(self, leeway: timedelta = LEEWAY) -> SignedTokenVerifier:
        """Takes this issuer's tokens and no others."""
        rules = ClaimRules(issuer=ISSUER, client_ids=frozenset({CLIENT_ID}), leeway=leeway)
        return SignedTokenVerifier(self, rules, self._clock)

    async def key(self, kid: str) -> RSAKey | None:
        """The public key, if that is its id."""
        return self._public if kid == self._kid else None

    async def aclose(self) -> None:
        """Nothing is kept open."""


# Checking a key that was read takes longer than all else that a start does.
@lru_cache(maxsize=4)
def _private_key(content: bytes) -> rsa.RSAPrivateKey | None:
    try:
        key = serialization.load_pem_private_key(content, password=None)
    except (ValueError, TypeError):
        return None
    return key if isinstance(key, rsa.RSAPrivateKey) else None


def _new_key() -> bytes:
    key = rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS)
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
