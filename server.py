"""The ASGI application: routes, lifespan, and the wiring of settings, database, broadcaster and identity."""

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, nullcontext
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import Any

from psycopg import OperationalError
from psycopg_pool import PoolTimeout
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from db.access import as_application
from db.engine import Database
from db.jobs import job_counts
from db.live import Live
from db.vault import vault_for
from domain.algebra.process import Algebra
from domain.companion.model import Model
from domain.events import EventKind
from domain.identity.choice import local_issuer_for, verifier_for
from domain.jobs import JobCounts
from jobs.app import Worker
from jobs.mail import Mail
from jobs.tools import Tools
from schema.budget import Budget
from schema.context import Services
from schema.transport.demo_sign_in import demo_routes
from schema.transport.http import HttpEndpoint
from schema.transport.links import nudge_routes
from schema.transport.metrics import MEDIA_TYPE, exposition
from schema.transport.pages import Pages
from schema.transport.sockets import Limits, Sockets
from schema.transport.websocket import WebSocketEndpoint
from schema.trusted import Documents, trusted_documents
from schema.turns import Turns
from settings import Settings, separated

log = logging.getLogger("study.server")

BUILT_PAGES = Path(__file__).resolve().parent / "web" / "dist"
"""Where `make pages` puts them, and where the wheel has them."""


def database_of(settings: Settings, url: str) -> Database:
    """The database at `url`, to open. Raises ValueError and KeyFileError for keys or a store that cannot be used."""
    vault = vault_for(
        data_dir=settings.study_data_dir,
        encryption_keys=settings.encryption_keys.get_secret_value() if settings.encryption_keys else None,
        transcript_store_url=settings.transcript_store_url,
        s3_endpoint_url=settings.s3_endpoint_url,
    )
    return Database(url, vault=vault, max_connections=settings.database_connections)


def model_of(settings: Settings) -> Model | None:
    """The language model that the settings name; None without a key, where the embedded engine writes."""
    if settings.openai_api_key is None:
        return None
    return Model(
        key=settings.openai_api_key.get_secret_value(),
        base_url=settings.openai_base_url,
        model=settings.openai_model,
        small_model=settings.openai_small_model,
        timeout=settings.openai_timeout_seconds,
        tokens_per_day=settings.openai_tokens_per_day,
    )


def tools_of(settings: Settings, database: Database, model: Model | None) -> Tools:
    """What jobs work with. Raises ValueError for mail settings that cannot be read."""
    mail = Mail(
        url=settings.smtp_url.get_secret_value() if settings.smtp_url else None,
        sender=settings.mail_from,
        folder=settings.study_data_dir / "mail",
    )
    return Tools(database, model, mail, settings.reached_at)


def worker_of(settings: Settings, tools: Tools, url: str) -> Worker:
    """What does the background jobs of the database at `url`, to open."""
    direct = settings.listen_database_url
    url = direct.get_secret_value() if direct else url
    return Worker(tools, address=url, at_once=settings.jobs_at_once, finish_seconds=settings.jobs_finish_seconds)


def live_of(settings: Settings, database: Database, url: str) -> Live:
    """Live push for the database at `url`. Raises ValueError for a BROADCAST_URL that is not known."""
    direct = settings.listen_database_url
    return Live(
        database,
        address=as_application(url),
        listen_address=as_application(direct.get_secret_value()) if direct else None,
        broadcast_url=settings.broadcast_url,
        keep=timedelta(days=settings.event_retention_days),
        poll=settings.event_poll_seconds,
        heartbeat=settings.event_heartbeat_seconds,
    )


def limits_of(settings: Settings) -> Limits:
    """What the settings let connections take."""
    return Limits(
        init_seconds=settings.socket_init_seconds,
        ping_seconds=settings.socket_ping_seconds,
        idle_seconds=settings.socket_idle_seconds,
        send_seconds=settings.socket_send_seconds,
        message_bytes=settings.max_message_bytes,
        queue_messages=settings.socket_queue_messages,
        queue_bytes=settings.socket_queue_bytes,
        operations=settings.operations_per_socket,
        per_person=settings.sockets_per_person,
        in_all=settings.sockets_in_all,
        notice_seconds=settings.leave_notice_seconds,
        drain_seconds=settings.leave_drain_seconds,
        finish_seconds=settings.leave_finish_seconds,
    )


def documents_of(settings: Settings, built_pages: Path) -> Documents:
    """The documents that are known from the beginning. Raises ManifestError."""
    manifest = settings.trusted_documents or built_pages / "documents.json"
    known: dict[str, str] = {}
    if settings.trusted_documents or settings.only_trusted_documents or manifest.exists():
        known = trusted_documents(manifest)
    return Documents(known, only_trusted=settings.only_trusted_documents)


class Application(Starlette):
    """Starlette, with what is asked for most led past its layers: they cost time, and memory while a socket lives."""

    def __init__(self, *, websockets: Mapping[str, ASGIApp], requests: Mapping[str, ASGIApp], **options: Any) -> None:
        """`websockets` and `requests` are endpoints by path."""
        super().__init__(**options)
        self.beside = {"websocket": websockets, "http": requests, "lifespan": {}}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, one WebSocket, or the lifespan."""
        beside = self.beside[scope["type"]].get(scope.get("path", ""))
        if beside is not None:
            await beside(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


def create_app(settings: Settings, database_url: str, built_pages: Path = BUILT_PAGES) -> Starlette:
    """The application on a migrated database; `database_url` is where the application's role connects."""
    pages = Pages(built_pages)
    origins = separated(settings.allowed_origins)
    sockets = Sockets(limits_of(settings))
    database = database_of(settings, database_url)
    services = Services(
        database=database,
        live=live_of(settings, database, database_url),
        verifier=verifier_for(
            data_dir=settings.study_data_dir,
            cognito_issuer=settings.cognito_issuer,
            cognito_jwks_url=settings.cognito_jwks_url,
            cognito_client_ids=separated(settings.cognito_client_ids),
        ),
        model=model_of(settings),
        rating_k=settings.rating_k,
        turns=Turns(max(1, settings.database_connections // 2)),
        algebra=Algebra(),
        questions_a_day=settings.questions_per_day,
        safeguarding_contact=settings.safeguarding_contact.strip(),
        documents=documents_of(settings, built_pages),
        budget=Budget(settings.cost_budget, settings.cost_per_second),
    )

    tools = tools_of(settings, database, services.model)
    feed = services.live.feed
    feed.on(EventKind.DISCONNECTED, lambda event: sockets.disconnect(event.target_id))
    for ended in (EventKind.ASSIGNMENT_ENDED, EventKind.LINK_ENDED):
        feed.on(ended, lambda event: sockets.hurry(event.person_id))

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        worker = worker_of(settings, tools, database_url)
        working = worker if settings.jobs_in_server else nullcontext()
        async with services.database, services.live, services.algebra, working:
            yield
        await services.verifier.aclose()
        if services.model is not None:
            await services.model.aclose()

    async def ready(request: Request) -> Response:
        if sockets.leaving:
            return JSONResponse({"status": "leaving"}, status_code=503)
        try:
            await services.database.ready()
            jobs = await counts_of_jobs()
        except (OperationalError, PoolTimeout) as error:
            log.warning("not ready: %s", error)
            return JSONResponse({"status": "unavailable", "database": "does not answer"}, status_code=503)
        if not services.live.feed.status.healthy:
            return JSONResponse({"status": "unavailable", "events": "cannot be read"}, status_code=503)
        # Polled, they come later, and all the same: no reason to send clients elsewhere.
        events = "called" if services.live.wakeup.healthy else "polled"
        return JSONResponse({"status": "ready", "events": events, "jobs": asdict(jobs)})

    async def metrics(request: Request) -> Response:
        try:
            async with asyncio.timeout(2):
                jobs = await counts_of_jobs()
        except (OperationalError, PoolTimeout, TimeoutError):
            jobs = None  # what is known without the database is told all the same
        return Response(exposition(sockets, services.live, jobs), media_type=MEDIA_TYPE)

    async def counts_of_jobs() -> JobCounts:
        async with services.database.system_work() as work:
            return await job_counts(work)

    others: dict[str, Any] = {
        "allow_origins": origins,
        "allow_methods": ["GET", "POST"],
        "allow_headers": ["authorization", "content-type"],
    }
    graphql = HttpEndpoint(services, sockets, pages)
    app = Application(
        websockets={"/graphql": WebSocketEndpoint(services, sockets, allowed_origins=origins)},
        requests={"/graphql": CORSMiddleware(graphql, **others)},
        routes=[
            Route("/graphql", graphql),  # for addresses that only look like it
            *pages.routes(),
            Route("/healthz", lambda request: JSONResponse({"status": "alive"})),
            Route("/readyz", ready),
            Route("/metrics", metrics),
            *demo_routes(
                database,
                None if settings.cognito_issuer else local_issuer_for(data_dir=settings.study_data_dir),
            ),
            *nudge_routes(database, settings.app_url or settings.reached_at),
        ],
        middleware=[Middleware(CORSMiddleware, **others)],
        lifespan=lifespan,
    )
    app.state.services = services
    app.state.pages = pages
    app.state.sockets = sockets
    return app
