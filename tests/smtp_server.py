"""A mail server for tests: it speaks SMTP over a real socket, keeps what it takes, and fails when told to."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default


@dataclass
class SmtpServer:
    """What it took, and how it fails."""

    port: int = 0
    taken: list[tuple[str, EmailMessage]] = field(default_factory=list)
    """Recipient and mail."""
    connections: int = 0
    fails: dict[str, str] = field(default_factory=dict)
    """By step (`connect`, `mail`, `rcpt`, `data`, `text`) the reply in place of the good one; `cut` ends the line."""

    @property
    def url(self) -> str:
        """As SMTP_URL."""
        return f"smtp://127.0.0.1:{self.port}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        self.connections += 1
        recipient = ""

        def answer(step: str, good: str) -> bool:
            reply = self.fails.get(step, good)
            if reply == "cut":
                return False
            writer.write(f"{reply}\r\n".encode())
            return reply is good

        try:
            if not answer("connect", "220 ready"):
                return
            while line := await reader.readline():
                command = line.decode().strip().upper()
                if command.startswith(("EHLO", "HELO")):
                    writer.write(b"250 hello\r\n")
                elif command.startswith("MAIL"):
                    if not answer("mail", "250 ok") and self.fails["mail"] == "cut":
                        return
                elif command.startswith("RCPT"):
                    recipient = line.decode().partition("<")[2].partition(">")[0]
                    answer("rcpt", "250 ok")
                elif command == "DATA":
                    if not answer("data", "354 go on"):
                        continue
                    await writer.drain()
                    text = await reader.readuntil(b"\r\n.\r\n")
                    if self.fails.get("text") == "cut":
                        return
                    if answer("text", "250 taken"):
                        mail = message_from_bytes(text[:-3].replace(b"\r\n..", b"\r\n."), policy=default)
                        assert isinstance(mail, EmailMessage)
                        self.taken.append((recipient, mail))
                elif command == "QUIT":
                    writer.write(b"221 bye\r\n")
                    return
                else:
                    writer.write(b"250 ok\r\n")
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def smtp_server() -> AsyncIterator[SmtpServer]:
    """One that runs."""
    found = SmtpServer()
    server = await asyncio.start_server(found.serve, "127.0.0.1", 0)
    found.port = server.sockets[0].getsockname()[1]
    try:
        yield found
    finally:
        server.close()
