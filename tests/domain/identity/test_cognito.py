"""Real tokens from a real sign-in, at moto's Cognito, with the keys fetched from it over HTTP."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3  # type: ignore[import-untyped]
import pytest
from moto.server import ThreadedMotoServer

from domain.identity.choice import verifier_for
from domain.identity.tokens import InvalidToken, TokenUse, TokenVerifier

REGION = "eu-west-1"
PASSWORD = "Correct-Horse-7"


@dataclass(frozen=True)
class Pool:
    """A user pool with one user, signed in through two app clients."""

    id: str
    sub: str
    client: str
    access: str
    id_token: str
    refresh: str
    other_clients_access: str

    @property
    def issuer(self) -> str:
        return f"https://cognito-idp.{REGION}.amazonaws.com/{self.id}"


def make_pool(cognito: Any, name: str) -> Pool:
    pool_id = cognito.create_user_pool(PoolName=name)["UserPool"]["Id"]
    clients = [
        cognito.create_user_pool_client(
            UserPoolId=pool_id, ClientName=app, ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH"]
        )["UserPoolClient"]["ClientId"]
        for app in ("web", "other")
    ]
    user = cognito.admin_create_user(UserPoolId=pool_id, Username="pat@example.test")["User"]
    cognito.admin_set_user_password(UserPoolId=pool_id, Username="pat@example.test", Password=PASSWORD, Permanent=True)
    signed_in = [
        cognito.initiate_auth(
            ClientId=client,
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": "pat@example.test", "PASSWORD": PASSWORD},
        )["AuthenticationResult"]
        for client in clients
    ]
    return Pool(
        id=pool_id,
        sub=next(a["Value"] for a in user["Attributes"] if a["Name"] == "sub"),
        client=clients[0],
        access=signed_in[0]["AccessToken"],
        id_token=signed_in[0]["IdToken"],
        refresh=signed_in[0]["RefreshToken"],
        other_clients_access=signed_in[1]["AccessToken"],
    )


@pytest.fixture(scope="module")
def moto() -> Iterator[str]:
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(scope="module")
def pools(moto: str) -> tuple[Pool, Pool]:
    cognito = boto3.client(
        "cognito-idp", region_name=REGION, endpoint_url=moto, aws_access_key_id="x", aws_secret_access_key="x"
    )
    try:
        return make_pool(cognito, "students"), make_pool(cognito, "somebody-else")
    finally:
        cognito.close()


@pytest.fixture
async def verifier(moto: str, pools: tuple[Pool, Pool], tmp_path: Path) -> AsyncIterator[TokenVerifier]:
    pool = pools[0]
    made = verifier_for(
        data_dir=tmp_path,
        cognito_issuer=pool.issuer,
        cognito_jwks_url=f"{moto}/{pool.id}/.well-known/jwks.json",
        cognito_client_ids=[pool.client],
    )
    yield made
    await made.aclose()


async def test_access_token(verifier: TokenVerifier, pools: tuple[Pool, Pool]) -> None:
    who = await verifier.verify(pools[0].access)
    assert (who.subject, who.token_use, who.issuer) == (pools[0].sub, TokenUse.ACCESS, pools[0].issuer)
    assert timedelta(0) < who.expires_at - datetime.now(UTC) <= timedelta(hours=1)


async def test_id_token(verifier: TokenVerifier, pools: tuple[Pool, Pool]) -> None:
    who = await verifier.verify(pools[0].id_token)
    assert (who.subject, who.token_use, who.issuer) == (pools[0].sub, TokenUse.ID, pools[0].issuer)


async def test_tokens_for_others_are_refused(verifier: TokenVerifier, pools: tuple[Pool, Pool]) -> None:
    ours, theirs = pools
    for text, code in [
        (theirs.access, "TOKEN_WRONG_ISSUER"),
        (theirs.id_token, "TOKEN_WRONG_ISSUER"),
        (ours.other_clients_access, "TOKEN_WRONG_CLIENT"),
        (ours.refresh, "TOKEN_MALFORMED"),
        (ours.access[:-8] + "AAAAAAAA", "TOKEN_BAD_SIGNATURE"),
    ]:
        with pytest.raises(InvalidToken) as refused:
            await verifier.verify(text)
        assert refused.value.code == code


async def test_token_ends(moto: str, pools: tuple[Pool, Pool], tmp_path: Path) -> None:
    pool = pools[0]
    verifier = verifier_for(
        data_dir=tmp_path,
        cognito_issuer=pool.issuer,
        cognito_jwks_url=f"{moto}/{pool.id}/.well-known/jwks.json",
        cognito_client_ids=[pool.client],
        clock=lambda: datetime.now(UTC).timestamp() + 3700,
    )
    with pytest.raises(InvalidToken) as refused:
        await verifier.verify(pool.access)
    assert refused.value.code == "TOKEN_EXPIRED"
    await verifier.aclose()
