"""Mail: handed to a server, or put into a folder as .eml files where there is none."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import format_datetime, parseaddr
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import aiosmtplib

from domain.clock import now
from domain.jobs import TryLater

TIMEOUT = 30.0
"""Seconds that the server may take for one step."""


class MailRefused(Exception):
    """The server will never take this mail: the address, the sender or the text does not suit it."""


class MailLost(Exception):
    """The line was cut after the text, and before the server said that it takes it: nobody knows whether it did."""


class Mail:
    """The way that mails take."""

    def __init__(self, *, url: str | None, sender: str, folder: Path, timeout: float = TIMEOUT) -> None:
        """`url` is `smtp://user:password@host:587`, or `smtps://`; without one mails go into `folder`.

        With smtp:// the line is encrypted where the server offers it. Raises ValueError for an address, of a server or
        a sender, that cannot be read.
        """
        name, address = parseaddr(sender)
        try:
            self._sender = Address(name, addr_spec=address)
        except (HeaderParseError, ValueError):
            address = ""
        if "@" not in address:
            raise ValueError("MAIL_FROM cannot be read: write an address, such as Study Companion <study@school.org>.")
        self._folder = folder
        self._timeout = timeout
        self._server = None if url is None else _read(url)

    def message(self, key: str, *, to: str, subject: str, text: str, link: str, pixel: str) -> EmailMessage:
        """A mail in plain text and HTML. `key` makes its Message-ID, the same for the same mail.

        Raises MailRefused for an address that mails cannot have, such as one with two dots in a row.
        """
        mail = EmailMessage(policy=SMTP_POLICY)
        mail["From"] = self._sender
        try:
            mail["To"] = Address(addr_spec=to)
        except ValueError:
            raise MailRefused("its address cannot stand in a mail") from None
        mail["Subject"] = subject
        mail["Date"] = format_datetime(now())
        mail["Message-ID"] = f"<{key}@{self._sender.domain}>"
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(f"{text}\n\n{link}\n")
        mail.add_alternative(
            f'<p>{escape(text)}</p>\n<p><a href="{escape(link)}">Open the study companion</a></p>\n'
            f'<img src="{escape(pixel)}" width="1" height="1" alt="">\n',
            subtype="html",
        )
        return mail

    async def send(self, key: str, mail: EmailMessage, handing: Callable[[], Awaitable[bool]]) -> bool:
        """Hand the mail over; whether that was done. `handing` is asked right before the text goes out to a server.

        Raises TryLater when the server does not take it now, MailRefused when it never will, and MailLost when the
        line was cut in between.
        """
        if self._server is None:
            try:
                await asyncio.to_thread(_put, self._folder, f"{key}.eml", mail.as_bytes())
            except OSError as error:
                raise TryLater(f"The folder of mails cannot be written to ({type(error).__name__}).") from None
            # After it: the same mail again is the same file, so that nothing is lost by an end in between.
            return await handing()
        client = aiosmtplib.SMTP(timeout=self._timeout, **self._server)
        try:
            return await self._hand_over(client, mail, handing)
        finally:
            client.close()

    async def _hand_over(
        self, client: aiosmtplib.SMTP, mail: EmailMessage, handing: Callable[[], Awaitable[bool]]
    ) -> bool:
        handed = False
        try:
            await client.connect()
            await client.mail(self._sender.addr_spec)
            await client.rcpt(str(mail["To"].addresses[0].addr_spec))
            handed = await handing()
            if handed:
                await client.data(mail.as_bytes())
        except aiosmtplib.SMTPAuthenticationError:
            raise TryLater("The mail server refuses the user or the password of SMTP_URL.") from None
        except aiosmtplib.SMTPResponseException as error:
            # Of its words nothing: they may quote the address.
            # Of the recipient or the text; a sender or a client that is not let in is for an administrator to mend.
            final = isinstance(error, aiosmtplib.SMTPRecipientRefused | aiosmtplib.SMTPDataError)
            if final and 500 <= error.code < 600:
                raise MailRefused(f"the mail server answered {error.code}") from None
            raise TryLater(f"The mail server answers {error.code}.") from None
        except (aiosmtplib.SMTPException, OSError) as error:
            if handed:
                raise MailLost("the line to the mail server was cut while it took the mail") from None
            raise TryLater(f"The mail server cannot be reached ({type(error).__name__}).") from None
        return handed


def _read(url: str) -> dict[str, Any]:
    unreadable = "SMTP_URL cannot be read: it must look like smtp://user:password@host:587, or smtps://."
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ValueError(unreadable) from None
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
        raise ValueError(unreadable)
    encrypted = parts.scheme == "smtps"
    return {
        "hostname": parts.hostname,
        "port": port or (465 if encrypted else 587),
        "username": unquote(parts.username) if parts.username else None,
        "password": unquote(parts.password) if parts.password else None,
        "use_tls": encrypted,
    }


def _put(folder: Path, name: str, content: bytes) -> None:
    """A whole file or none; the same mail again is the same file."""
    folder.mkdir(parents=True, exist_ok=True)
    draft = folder / f".{name}"
    with draft.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(folder / name)
