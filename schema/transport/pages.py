"""The pages that people open: files that `make pages` built from web/, with the headers that keep them to themselves.

Nothing of a page comes from elsewhere, and it talks to nobody else: its content security policy says so to browsers.
"""

import re
from mimetypes import guess_type
from pathlib import Path

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_HOST = re.compile(r"[A-Za-z0-9.-]+(:[0-9]+)?|\[[0-9A-Fa-f:.]+\](:[0-9]+)?")
_HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
# The paths of web/src/app/pages.tsx.
_OF_ROLES = ("tutor", "student", "parent", "analyst")
# The editor makes its style sheets as it goes.
_STYLES_OF_EDITOR = "'self' 'unsafe-inline'"
_NOT_BUILT = (
    "GraphQL is answered here, but the pages for browsers have not been built: run `make pages`, which needs the npm "
    "registry, and start again.\n"
)


class Pages:
    """What was built, or that nothing was."""

    def __init__(self, folder: Path) -> None:
        """`folder` is Vite's output: pages at its top, and in `assets` what they load, named by content."""
        self.folder = folder
        self.assets: ASGIApp = _Assets(directory=folder / "assets", check_dir=False)

    @property
    def built(self) -> bool:
        """Whether there are pages."""
        return (self.folder / "graphiql.html").is_file()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """GraphiQL."""
        await self._page("graphiql", Headers(scope=scope), _STYLES_OF_EDITOR)(scope, receive, send)

    def routes(self) -> list[BaseRoute]:
        """The pages of each role, which one file shows by their path, and what all pages load."""

        async def page(request: Request) -> Response:
            return self._page("index", request.headers)

        paths = ["/", *(path for role in _OF_ROLES for path in (f"/{role}", f"/{role}/{{rest:path}}"))]
        return [*(Route(path, page, methods=["GET"]) for path in paths), Mount("/assets", self.assets)]

    def _page(self, name: str, headers: Headers, styles: str = "'self'") -> Response:
        path = self.folder / f"{name}.html"
        if not path.is_file():
            return PlainTextResponse(_NOT_BUILT, status_code=404, headers={"cache-control": "no-store"})
        return FileResponse(
            path,
            media_type="text/html",
            headers={
                # At /graphql a program gets something else.
                "vary": "Accept",
                "cache-control": "no-cache",
                "content-security-policy": content_security_policy(headers.get("host", ""), styles),
                **_HEADERS,
            },
        )


def content_security_policy(host: str, styles: str) -> str:
    """What a page may do that was asked for at `host`, a Host header as it came, with `styles` from there."""
    # `'self'` is not yet a WebSocket's own origin in every browser.
    sockets = f" ws://{host} wss://{host}" if _HOST.fullmatch(host) else ""
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "worker-src 'self'",
            f"style-src {styles}",
            # GraphiQL's style sheet has its fonts in it.
            "font-src 'self' data:",
            "img-src 'self' data:",
            f"connect-src 'self'{sockets}",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        )
    )


class _Assets(StaticFiles):
    """Files whose names change with their content: kept for good by whoever has them."""

    async def check_config(self) -> None:
        """Where nothing was built, nothing is found, and that is all."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file as the build packed it, for who takes it so."""
        packed = "gzip" in Headers(scope=scope).get("accept-encoding", "") and self._has(f"{path}.gz")
        response = await super().get_response(f"{path}.gz" if packed else path, scope)
        response.headers["vary"] = "Accept-Encoding"
        if packed:
            response.headers["content-encoding"] = "gzip"
            response.headers["content-type"] = guess_type(path)[0] or "application/octet-stream"
        return response

    def _has(self, path: str) -> bool:
        try:
            return self.lookup_path(path)[1] is not None
        except (ValueError, OSError):
            return False  # no path that a file can have

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One file."""

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] in (200, 206, 304):
                kept = {
                    **_HEADERS,
                    "cache-control": "public, max-age=31536000, immutable",
                    # A worker goes by the policy of its own file.
                    "content-security-policy": "default-src 'none'; script-src 'self'",
                }
                message["headers"] += [(name.encode(), value.encode()) for name, value in kept.items()]
            await send(message)

        await super().__call__(scope, receive, with_headers)
