"""The program that serves: uvicorn, bounded, and polite to clients when it is told to end."""

import math
import signal
import socket
from types import FrameType

import uvicorn
from starlette.types import ASGIApp

from schema.transport.sockets import Sockets
from schema.transport.wire import HttpProtocol, WebSocketProtocol


class Server(uvicorn.Server):
    """Uvicorn, that when told to stop lets go of its connections in batches before it stops listening.

    From the first moment it is not ready and takes no more WebSockets and streams, but still answers requests: what
    sends them here needs a while to notice. A second Ctrl-C ends all this at once.
    """

    def __init__(self, app: ASGIApp, sockets: Sockets) -> None:
        """`sockets` are those of the application."""
        limits = sockets.limits
        super().__init__(
            uvicorn.Config(
                app,
                log_config=None,
                log_level="warning",
                access_log=False,
                http=HttpProtocol,
                ws=WebSocketProtocol,
                ws_max_size=limits.message_bytes,
                # The protocol has pings of its own, that tell of the client program and not of its network alone.
                ws_ping_interval=None,
                # It would double the memory of a socket, and messages are small.
                ws_per_message_deflate=False,
                timeout_graceful_shutdown=math.ceil(limits.finish_seconds),
            )
        )
        self.sockets = sockets

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stop; at the second Ctrl-C without waiting for anybody.

        It comes at any moment, so it does no more than say so. Uvicorn's own would raise the signal again after the
        end, and a stop that was asked for is no failure.
        """
        self.sockets.leaving = True
        self.force_exit = self.should_exit and sig == signal.SIGINT
        self.should_exit = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Let go of the connections, then stop."""
        await self.sockets.leave(hurry=lambda: self.force_exit)
        await super().shutdown(sockets)
