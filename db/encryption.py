"""Authenticated encryption of what the database keeps but must not be able to read.

A stored text is `v1:<key id>:<base64url of nonce and ciphertext>`: AES-256-GCM (NIST SP 800-38D) with a random
96-bit nonce. The place it belongs to is its associated data, so a ciphertext moved to another row or column does
not open. With random nonces one key is good for 2^32 texts, far more than this product will write between rotations.
"""

import os
import re
import secrets
from base64 import b64decode, b64encode, urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from pathlib import Path
from typing import Self
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from domain.keyfile import KeyFileError, read_or_create

SETTING = "ENCRYPTION_KEYS"
VERSION = "v1"
KEY_BYTES = 32
NONCE_BYTES = 12
TAG_BYTES = 16

_KEY_ID = re.compile(r"[A-Za-z0-9_-]{1,32}")
_CONTEXT = re.compile(r"[a-z_]+\.[a-z_]+:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class CannotDecrypt(Exception):
    """A stored text that cannot be read. `code` is stable, the message is for whoever runs the server."""

    code = "CANNOT_DECRYPT"


class KeyMissing(CannotDecrypt):
    """The key a text was encrypted with is not in the ring."""

    code = "ENCRYPTION_KEY_MISSING"


class CiphertextDamaged(CannotDecrypt):
    """The text was altered, cut short, moved from another place, or never was a ciphertext."""

    code = "CIPHERTEXT_DAMAGED"


def context_of(table: str, column: str, row_id: UUID) -> str:
    """The place a ciphertext belongs to, as `encrypt` and `decrypt` want it."""
    return f"{table}.{column}:{row_id}"


class KeyRing:
    """Keys by id. The first encrypts; all of them decrypt, so a new one is put in front and the old one kept."""

    def __init__(self, keys: Sequence[tuple[str, bytes]], source: str = f"the setting {SETTING}") -> None:
        if not keys:
            raise ValueError(f"There is no key in {source}.")
        self._ciphers = {key_id: AESGCM(key) for key_id, key in keys}
        self._first = keys[0][0]
        self._source = source

    def __repr__(self) -> str:
        return f"KeyRing({', '.join(self._ciphers)})"

    @classmethod
    def from_setting(cls, text: str) -> Self:
        """Keys as `id:base64key,id:base64key`, each of 32 bytes. Raises ValueError, which quotes no key."""
        source = f"the setting {SETTING}"
        return cls(_parse(text, source), source)

    @classmethod
    def from_file(cls, path: Path) -> Self:
        """Keys of a file, one a line; it is made with one new key when there is none. Raises KeyFileError.

        A new key has a random id: a text of a lost file is then known to lack its key, and not taken for damaged.
        """
        content = read_or_create(path, _new_file)
        try:
            return cls(_parse(content.decode(), str(path)), str(path))
        except ValueError as error:
            raise KeyFileError(
                f"The encryption key file cannot be used: {_reason(error, path)} Restore it from a backup; without "
                "its keys the transcripts and notes in the database cannot be read."
            ) from None

    @property
    def mark(self) -> str:
        """What every text encrypted from now on begins with, for finding those that do not."""
        return f"{VERSION}:{self._first}:"

    def encrypt(self, text: str, context: str) -> str:
        """The stored form of `text` at `context`, `<table>.<column>:<row id>`."""
        nonce = os.urandom(NONCE_BYTES)
        sealed = self._ciphers[self._first].encrypt(nonce, text.encode(), _associated(context))
        return self.mark + urlsafe_b64encode(nonce + sealed).rstrip(b"=").decode()

    def decrypt(self, stored: str, context: str) -> str:
        """The text that was stored at `context`. Raises KeyMissing or CiphertextDamaged, never returns garbage."""
        associated = _associated(context)
        key_id, sealed = _split(stored, context)
        cipher = self._ciphers.get(key_id)
        if cipher is None:
            raise KeyMissing(
                f"{context} is encrypted with the key `{key_id}`, which is not in {self._source} (there: "
                f"{', '.join(self._ciphers)}). Put that key back, behind the one now in use."
            )
        try:
            return cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], associated).decode()
        except InvalidTag:
            raise CiphertextDamaged(
                f"{context} does not open with the key `{key_id}`: it was altered, belongs to another row, or another "
                "key has been given that id. Restore the row from a backup, or the key."
            ) from None

    def needs_rotation(self, stored: str) -> bool:
        """Whether `stored` should be encrypted anew: it is not by the first key. Raises CiphertextDamaged."""
        return _split(stored, "The text")[0] != self._first


def new_key() -> str:
    """A fresh `id:base64key` for the setting or the key file."""
    return f"k{secrets.token_hex(4)}:{b64encode(os.urandom(KEY_BYTES)).decode()}"


def _new_file() -> bytes:
    return f"{new_key()}\n".encode()


def _parse(text: str, source: str) -> list[tuple[str, bytes]]:
    keys: dict[str, bytes] = {}
    entries = [entry.strip() for entry in re.split(r"[,\n]", text)]
    for number, entry in enumerate(filter(None, entries), start=1):
        key_id, colon, encoded = entry.partition(":")
        if not colon or not _KEY_ID.fullmatch(key_id):
            raise ValueError(f"Key {number} in {source} is not `id:base64key` (id: 1 to 32 letters, digits, `_`, `-`).")
        if key_id in keys:
            raise ValueError(f"The key id `{key_id}` stands twice in {source}.")
        keys[key_id] = _key(encoded, f"Key {number} (`{key_id}`) in {source}")
    return list(keys.items())


def _key(encoded: str, name: str) -> bytes:
    standard = encoded.replace("-", "+").replace("_", "/").rstrip("=")
    try:
        key = b64decode(standard + "=" * (-len(standard) % 4), validate=True)
    except ValueError:
        raise ValueError(f"{name} is not base64.") from None
    if len(key) != KEY_BYTES:
        raise ValueError(f"{name} has {len(key)} bytes and must have {KEY_BYTES}.")
    return key


def _reason(error: ValueError, path: Path) -> str:
    return f"{path} is not text." if isinstance(error, UnicodeDecodeError) else str(error)


def _associated(context: str) -> bytes:
    # A context in another shape would still encrypt, and nobody could tell later what it was.
    if not _CONTEXT.fullmatch(context):
        raise ValueError(f"A context is `<table>.<column>:<row id>`, not {context!r}.")
    return context.encode()


def _split(stored: str, context: str) -> tuple[str, bytes]:
    version, _, rest = stored.partition(":")
    key_id, _, encoded = rest.partition(":")
    if version != VERSION or not _KEY_ID.fullmatch(key_id):
        raise CiphertextDamaged(f"{context} does not hold a ciphertext `{VERSION}:<key id>:<base64url>`.")
    try:
        sealed = urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))
        # Python skips characters outside the alphabet and ignores spare bits; only the one right spelling is ours.
        whole = urlsafe_b64encode(sealed).rstrip(b"=").decode() == encoded
    except ValueError:
        whole = False
    if not whole or len(sealed) < NONCE_BYTES + TAG_BYTES:
        raise CiphertextDamaged(f"{context} holds a ciphertext that is cut short or altered.")
    return key_id, sealed
