"""Tokens of the demo people for our own pages, on the machine of whoever develops.

Where Cognito is set there are none. Else they go to pages of this server that are opened on this machine, as
`study-companion token` gives them to whoever works there: a demo administrator sees everything, so a server that others
reach must not hand one out, whoever forgot to set Cognito.
"""

from ipaddress import ip_address
from urllib.parse import urlsplit

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from db.demo_people import DemoAccount, demo_accounts
from db.engine import Database
from domain.identity.local_issuer import LocalIssuer

_LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
_FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")
_MAX_BODY = 1_000


def demo_routes(database: Database, issuer: LocalIssuer | None) -> list[Route]:
    """`GET /demo/people`, empty where nobody can be chosen, and `POST /demo/tokens` for one of them by `email`.

    `issuer` is None where Cognito is set.
    """

    async def accounts(request: Request) -> list[DemoAccount]:
        if issuer is None or not _is_local(request):
            return []
        async with database.system_work() as work:
            return await demo_accounts(work)

    async def people(request: Request) -> Response:
        found = await accounts(request)
        return _json(
            {"people": [{"email": each.email, "displayName": each.display_name, "role": each.role} for each in found]}
        )

    async def tokens(request: Request) -> Response:
        # Other sites' pages can send forms, but not this type without asking first.
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            return _json({"message": "Send `email` as application/json."}, 415)
        email = await _email(request)
        found = next((each for each in await accounts(request) if each.email == email), None)
        if issuer is None or found is None:
            return _json({"message": "There is no such demo person here."}, 404)
        return _json({"token": issuer.issue(found.cognito_sub)})

    return [
        Route("/demo/people", people, methods=["GET"]),
        Route("/demo/tokens", tokens, methods=["POST"]),
    ]


async def _email(request: Request) -> str | None:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _MAX_BODY:
            return None
    try:
        sent = orjson.loads(bytes(body))
    except orjson.JSONDecodeError:
        return None
    email = sent.get("email") if isinstance(sent, dict) else None
    return email if isinstance(email, str) else None


def _is_local(request: Request) -> bool:
    """Whether it comes from this machine, by no proxy, under a name of this machine, and from a page of ours.

    The name matters because any other may lead here too, if its owner lets it.
    """
    headers, client = request.headers, request.client
    if client is None or any(name in headers for name in _FORWARDED):
        return False
    try:
        if not ip_address(client.host).is_loopback or _hostname(f"//{headers.get('host', '')}") not in _LOOPBACK_NAMES:
            return False
    except ValueError:
        return False
    origin = headers.get("origin")
    return origin is None or origin == f"http://{headers['host']}"


def _hostname(address: str) -> str | None:
    return urlsplit(address).hostname


def _json(content: object, status: int = 200) -> Response:
    return Response(
        orjson.dumps(content), status_code=status, media_type="application/json", headers={"cache-control": "no-store"}
    )
