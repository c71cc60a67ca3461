"""Which issuer this server believes: Cognito when it is set, else this machine's own. Never both."""

import time
from collections.abc import Callable, Collection
from datetime import timedelta
from pathlib import Path

import httpx

from domain.identity.jwks import RemoteKeys
from domain.identity.local_issuer import LocalIssuer
from domain.identity.tokens import LEEWAY, ClaimRules, SignedTokenVerifier, TokenVerifier

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class IdentitySettingsError(ValueError):
    """Settings by which no token could be judged rightly; the message names the setting."""


def verifier_for(
    *,
    data_dir: Path,
    cognito_issuer: str | None = None,
    cognito_jwks_url: str | None = None,
    cognito_client_ids: Collection[str] = (),
    leeway: timedelta = LEEWAY,
    clock: Callable[[], float] = time.time,
) -> TokenVerifier:
    """The verifier these settings ask for; empty counts as not set.

    With `cognito_issuer` the local issuer's key is not even read, so no development token can pass.
    `cognito_jwks_url` is None for the issuer's own `/.well-known/jwks.json`.
    Raises IdentitySettingsError, and KeyFileError for the local issuer's key.
    """
    client_ids = frozenset(client.strip() for client in cognito_client_ids) - {""}
    if not cognito_issuer:
        if cognito_jwks_url or client_ids:
            raise IdentitySettingsError(
                "COGNITO_JWKS_URL or COGNITO_CLIENT_IDS is set but COGNITO_ISSUER is not. "
                "Set it, or none of them to use development tokens."
            )
        return local_issuer_for(data_dir=data_dir, clock=clock).verifier(leeway)
    if not client_ids:
        raise IdentitySettingsError(
            "COGNITO_CLIENT_IDS must name the app clients whose tokens this server takes, at least one."
        )
    if cognito_issuer.endswith("/"):
        raise IdentitySettingsError("COGNITO_ISSUER must be as in the tokens' `iss`: without a slash at its end.")
    _check_address("COGNITO_ISSUER", cognito_issuer)
    jwks_url = cognito_jwks_url or f"{cognito_issuer}/.well-known/jwks.json"
    _check_address("COGNITO_JWKS_URL", jwks_url)
    rules = ClaimRules(issuer=cognito_issuer, client_ids=client_ids, leeway=leeway)
    return SignedTokenVerifier(RemoteKeys(jwks_url), rules, clock)


def local_issuer_for(
    *, data_dir: Path, cognito_issuer: str | None = None, clock: Callable[[], float] = time.time
) -> LocalIssuer:
    """The development issuer. Raises IdentitySettingsError as soon as a Cognito issuer is set."""
    if cognito_issuer:
        raise IdentitySettingsError(
            "Development tokens are refused because COGNITO_ISSUER is set. Sign in to the user pool instead."
        )
    return LocalIssuer.load(data_dir, clock)


def _check_address(setting: str, address: str) -> None:
    try:
        url = httpx.URL(address)
    except httpx.InvalidURL:
        raise IdentitySettingsError(f"{setting} is not a web address.") from None
    if url.userinfo:
        raise IdentitySettingsError(f"{setting} must have no user and no password.")
    # Whoever can change the keys on their way can sign in as anybody.
    if not url.host or (url.scheme != "https" and not (url.scheme == "http" and url.host in _LOOPBACK)):
        raise IdentitySettingsError(f"{setting} must be an https address (http only to this machine itself).")
