"""`serve`: the socket, the server on it, and what is told to the person at the terminal."""

import asyncio
import gc
import logging
import signal
import socket
from contextlib import suppress

import click
from starlette.applications import Starlette

from commands.database import Place, make_ready, opened, settings_usable
from db.access import as_application
from db.demo_ids import demo_sub
from db.embedded import Server
from db.migrate import connect
from domain.demo.people import PEOPLE
from domain.identity.choice import local_issuer_for
from domain.identity.local_issuer import LIFETIME
from domain.viewer import Role
from schema.transport.pages import Pages
from schema.transport.serving import Server as WebServer
from server import create_app
from settings import Settings

log = logging.getLogger("study.server")


def serve(settings: Settings) -> None:
    """Start everything and serve until told to stop. Raises click.ClickException and what `opened` raises."""
    with listening(settings.host, settings.port) as listener, opened(settings, exclusive=True) as place:
        # Links in mails lead to the port that was found.
        settings = settings.model_copy(update={"port": listener.getsockname()[1]})
        access = make_ready(settings, place)
        for warning in access.warnings:
            log.warning("%s", warning)
        with settings_usable():
            app = create_app(settings, place.application)
        server = _Server(app, place.embedded, _greeting(settings, place, listener, app.state.pages))
        _collect_seldom()
        asyncio.run(server.serve(sockets=[listener]))
        if server.lost:
            raise click.ClickException(
                f"The embedded PostgreSQL ended: see {settings.study_data_dir / 'postgresql.log'}, then start again."
            )


def listening(host: str, port: int) -> socket.socket:
    """A socket that nobody else can have any more; who connects early waits. Raises click.ClickException."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except (socket.gaierror, UnicodeError) as error:
        raise click.ClickException(f"Cannot serve on {host}: no address has that name. Set HOST to another.") from error
    listener = socket.socket(family, kind, protocol)
    try:
        # Or a restart would have to wait for the last connections of the server before.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(2048)
    except OSError as error:
        listener.close()
        raise click.ClickException(
            f"Cannot serve on {host}:{port}: {error.strerror}. Stop what uses it or set PORT to another port."
        ) from error
    return listener


def _collect_seldom() -> None:
    """Have the garbage collector leave alone what is loaded by now, and not look after every few hundred objects.

    One answer is made of thousands, and holds none of the cycles that it looks for: it took an eighth of the time of a
    tutor's dashboard. Documents do hold some, and those that are sent once are let go of by the hundred: the oldest
    objects are looked at after half a million new ones, which is every few hundred documents.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 5, 5)


class _Server(WebServer):
    """The server, that says when it is ready and notices when its database is gone."""

    def __init__(self, app: Starlette, embedded: Server | None, greeting: str) -> None:
        super().__init__(app, app.state.sockets)
        self.lost = False
        """Whether the server stopped because the embedded PostgreSQL did."""
        self._embedded = embedded
        self._greeting = greeting

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve, and say so."""
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
            asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, self.handle_exit, signal.SIGHUP, None)
        await super().startup(sockets)
        with suppress(BrokenPipeError):
            click.echo(self._greeting)

    async def on_tick(self, counter: int) -> bool:
        """Whether to stop; asked ten times a second."""
        if counter % 10 == 0 and self._embedded is not None and not self._embedded.is_running():
            self.lost = self.should_exit = True
        return await super().on_tick(counter)


def _greeting(settings: Settings, place: Place, listener: socket.socket, pages: Pages) -> str:
    host, port = listener.getsockname()[:2]
    address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    lines = [
        *([f"Pages                 http://{address}/"] if pages.built else []),
        f"GraphQL and GraphiQL  http://{address}/graphql"
        if pages.built
        else f"GraphQL               http://{address}/graphql  (no pages: `make pages` builds them)",
        f"Subscriptions         ws://{address}/graphql",
        f"Health                http://{address}/healthz  http://{address}/readyz",
    ]
    if settings.cognito_issuer:
        lines += ["", f"Tokens come from {settings.cognito_issuer}."]
    elif tokens := _tokens(settings, place):
        hours = int(LIFETIME.total_seconds() // 3600)
        lines += ["", f"Demo people, with tokens for {hours} hours (`study-companion token EMAIL` makes new ones):"]
        for role, email, token in tokens:
            lines += ["", f"{role}  {email}", f"Bearer {token}"]
    else:
        lines += ["", "`study-companion token EMAIL` makes a token for anyone in the database."]
    return "\n".join(lines)


def _tokens(settings: Settings, place: Place) -> list[tuple[Role, str, str]]:
    """For each role the first demo person, if the database has them."""
    firsts = {person.role: person for person in reversed(PEOPLE)}
    people = {demo_sub(firsts[role].key): role for role in Role}
    with connect(as_application(place.application)) as connection:
        connection.execute("select set_system()")
        emails: dict[str, str] = dict(
            connection.execute(
                "select cognito_sub, email from users where cognito_sub = any (%s)", [list(people)]
            ).fetchall()
        )
    issuer = local_issuer_for(data_dir=settings.study_data_dir)
    return [(role, emails[sub], issuer.issue(sub)) for sub, role in people.items() if sub in emails]
