"""Transcripts kept outside the database, in a folder or in S3; `sessions.transcript_storage_url` points to them.

Bodies are ciphertext already (`db.encryption`); this module sees bytes. A stored address is believed only as far as
it lies below a configured place, since whoever can write a row could otherwise have any file of this machine read.
"""

import asyncio
import logging
import os
import re
import secrets
import stat
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import ParamSpec, TypeVar
from urllib.parse import unquote, urlsplit
from uuid import UUID

import obstore
from obstore.exceptions import BaseError, PermissionDeniedError, UnauthenticatedError
from obstore.store import LocalStore, S3Store

SETTING = "TRANSCRIPT_STORE_URL"
MAX_URL_LENGTH = 500
"""Of the column `transcript_storage_url`."""
MAX_BYTES = 4 * 1024 * 1024
"""Of one object: the longest transcript, encrypted, with room to spare."""

THREADS = 16
"""Calls of the store at once; more wait for their turn."""

P = ParamSpec("P")
T = TypeVar("T")

_SEGMENT = re.compile(r"[A-Za-z0-9._=-]+")
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_ENDPOINTS = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT")
_NAME_LENGTH = len(f"/{UUID(int=0)}/{secrets.token_hex(16)}.enc")

log = logging.getLogger("study.transcripts")


class TranscriptUnavailable(Exception):
    """A transcript outside the database that cannot be had now. `code` is stable; the message names no address."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True)
class _Place:
    """One configured prefix: what an address below it starts with, and where it leads."""

    prefix: str
    store: LocalStore | S3Store
    folder: Path | None


class TranscriptStore:
    """Objects below one place that is written, and any others that are only read.

    The client is called in threads, not through its own coroutines: those resolve on a foreign thread, which brings
    the process down with SIGABRT when Python ends at that moment (seen in one of seven short runs; a known limit of
    pyo3-async-runtimes).
    """

    def __init__(
        self, url: str, *, also_read: Sequence[str] = (), endpoint: str | None = None, max_bytes: int = MAX_BYTES
    ) -> None:
        """`url`: `file:///folder` or `s3://bucket/prefix`; S3 credentials and region come from the AWS_* environment.

        Raises ValueError for an address that cannot be used.
        """
        self._places = [_place(each, endpoint) for each in (url, *also_read)]
        self._max_bytes = max_bytes
        # Not asyncio's own threads, which are few and look up hosts' names as well: a store that does not answer would
        # keep database, key sets and model out of reach.
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="transcripts")

    async def put(self, session_id: UUID, body: bytes) -> str:
        """Stores `body` as a new object and returns its address, of at most 500 characters.

        Nothing is overwritten: until the row that names the new address is committed, the old one stays good.
        """
        return await self._in_thread(self._put, session_id, body)

    async def get(self, url: str) -> bytes:
        """The object at `url`. Raises TranscriptUnavailable."""
        return await self._in_thread(self._get, url)

    async def delete(self, url: str) -> None:
        """Removes the object at `url`, if it is there. Raises TranscriptUnavailable."""
        await self._in_thread(self._delete, url)

    async def erase(self, session_id: UUID) -> None:
        """Removes every object ever put for the session, also those no row names. Raises TranscriptUnavailable."""
        await self._in_thread(self._erase, session_id)

    async def _in_thread(self, call: Callable[P, T], *args: P.args, **options: P.kwargs) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, partial(call, *args, **options))

    def _put(self, session_id: UUID, body: bytes) -> str:
        if len(body) > self._max_bytes:
            _too_large(self._max_bytes)
        place = self._places[0]
        key = f"{session_id}/{secrets.token_hex(16)}.enc"
        url = f"{place.prefix}/{key}"
        with _explained(url):
            _check_links(place, key)
            try:
                obstore.put(place.store, key, body, use_multipart=False)
            except FileNotFoundError as error:
                raise OSError(f"the bucket or folder is not there: {_first_line(error)}") from None
        return url

    def _get(self, url: str) -> bytes:
        place, key = self._locate(url)
        with _explained(url):
            _check_links(place, key)
            found = obstore.get(place.store, key)
            if found.meta["size"] > self._max_bytes:
                _too_large(self._max_bytes)
            return found.bytes().to_bytes()

    def _delete(self, url: str) -> None:
        place, key = self._locate(url)
        with _explained(url):
            _remove(place, [key])

    def _erase(self, session_id: UUID) -> None:
        for place in self._places:
            with _explained(f"{place.prefix}/{session_id}/"):
                # Before listing: a link in place of the folder would have what it points to listed.
                _check_links(place, str(session_id))
                pages = obstore.list(place.store, prefix=f"{session_id}/")
                _remove(place, [found["path"] for page in pages for found in page])

    def _locate(self, url: str) -> tuple[_Place, str]:
        for place in self._places:
            key = url.removeprefix(f"{place.prefix}/")
            # Keys hold no character that anybody could decode or resolve, so the text is the whole truth.
            if len(key) < len(url) <= MAX_URL_LENGTH and _is_key(key):
                return place, key
        log.warning("a transcript address outside %s was refused", SETTING)
        raise TranscriptUnavailable(
            "TRANSCRIPT_URL_REFUSED", "The transcript's address lies outside the store this server is set to."
        )


def _place(url: str, endpoint: str | None) -> _Place:
    try:
        parts = urlsplit(url)
    except ValueError:
        raise ValueError(f"{SETTING} is not an address.") from None
    if parts.query or parts.fragment or "@" in parts.netloc:
        raise ValueError(f"{SETTING} must have no user, query or fragment; S3 credentials come from AWS_*.")
    if parts.scheme == "file":
        place = _folder(unquote(parts.path), parts.netloc)
    elif parts.scheme == "s3":
        place = _bucket(parts.netloc, parts.path.strip("/"), endpoint)
    else:
        raise ValueError(f"{SETTING} must start with file:/// or s3://.")
    if len(place.prefix) + _NAME_LENGTH > MAX_URL_LENGTH:
        raise ValueError(f"{SETTING} is too long: at most {MAX_URL_LENGTH - _NAME_LENGTH} characters.")
    return place


def _folder(path: str, host: str) -> _Place:
    folder = Path(path)
    if host or not folder.is_absolute() or ".." in folder.parts or folder == Path("/") or "\0" in path:
        raise ValueError(f"{SETTING} must name a folder by its absolute path: file:///path/to/folder.")
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ValueError(f"The folder of {SETTING} cannot be made: {error.strerror}.") from None
    return _Place(folder.as_uri(), LocalStore(folder, automatic_cleanup=True), folder)


def _bucket(bucket: str, prefix: str, endpoint: str | None) -> _Place:
    if not _BUCKET.fullmatch(bucket) or (prefix and not _is_key(prefix)):
        raise ValueError(
            f"{SETTING} must be s3://bucket/prefix, the prefix of letters, digits and `. _ = -` between slashes."
        )
    address = endpoint or next(filter(None, map(os.environ.get, _ENDPOINTS)), "")
    if address and not address.startswith(("http://", "https://")):
        raise ValueError("S3_ENDPOINT_URL must start with http:// or https://.")
    if "@" in address:
        # Every error would tell of it in the log.
        raise ValueError("S3_ENDPOINT_URL must have no user; S3 credentials come from AWS_*.")
    try:
        store = S3Store(
            bucket,
            prefix=prefix or None,
            config={"aws_endpoint_url_s3": endpoint} if endpoint else None,
            # An endpoint without TLS is somebody's decision, and bodies are encrypted before they come here.
            client_options={
                "allow_http": address.startswith("http://"),
                "connect_timeout": timedelta(seconds=3),
                "timeout": timedelta(seconds=15),
            },
            retry_config={"max_retries": 2, "retry_timeout": timedelta(seconds=20)},
        )
    except BaseError as error:
        raise ValueError(f"{SETTING} cannot be used: {_first_line(error)}") from None
    return _Place("/".join(filter(None, ("s3:/", bucket, prefix))), store, None)


def _is_key(text: str) -> bool:
    return all(_SEGMENT.fullmatch(segment) and segment.strip(".") for segment in text.split("/"))


def _check_links(place: _Place, key: str) -> None:
    """Refuses a key that leads through a link: it would leave the folder, and nothing of ours makes links.

    Whoever could put a link in between this look and the read already writes with this server's rights.
    """
    if place.folder is None:
        return
    path = place.folder
    for segment in key.split("/"):
        path /= segment
        try:
            mode = path.lstat().st_mode
        except FileNotFoundError:
            return
        if not (stat.S_ISDIR(mode) or stat.S_ISREG(mode)):
            raise TranscriptUnavailable(
                "TRANSCRIPT_URL_REFUSED", "The transcript's address leads out of the store's folder."
            )


def _remove(place: _Place, keys: list[str]) -> None:
    for key in keys:
        _check_links(place, key)
        with suppress(FileNotFoundError):
            obstore.delete(place.store, key)


@contextmanager
def _explained(url: str) -> Iterator[None]:
    """Turns what the client raises into TranscriptUnavailable; addresses and causes go to the log alone."""
    try:
        yield
    except FileNotFoundError:
        log.warning("the transcript %s is not in the store", url)
        raise TranscriptUnavailable(
            "TRANSCRIPT_NOT_FOUND", "The transcript is no longer in the store it was put in."
        ) from None
    except (PermissionDeniedError, UnauthenticatedError, PermissionError) as error:
        log.error("the transcript store refuses %s: %s", url, _first_line(error))
        raise TranscriptUnavailable(
            "TRANSCRIPT_STORE_DENIED", "The transcript store refuses this server's credentials."
        ) from None
    except (BaseError, OSError, ValueError) as error:
        log.error("the transcript store fails for %s: %s", url, _first_line(error))
        raise TranscriptUnavailable(
            "TRANSCRIPT_STORE_UNREACHABLE", "The transcript store does not answer as it should. Try again later."
        ) from None


def _first_line(error: Exception) -> str:
    # The rest is the client's own dump of requests and answers.
    return str(error).partition("\n")[0]


def _too_large(limit: int) -> None:
    raise TranscriptUnavailable("TRANSCRIPT_TOO_LARGE", f"A stored transcript has at most {limit:,} bytes.")
