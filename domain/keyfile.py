"""A secret in a file: made once, readable by its owner alone, never overwritten."""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

MAX_BYTES = 64 * 1024


class KeyFileError(Exception):
    """A key file that cannot be used; the message names the file and says what to do."""


def read_or_create(path: Path, make: Callable[[], bytes]) -> bytes:
    """Content of `path`; when there is no such file, `make()` is stored there first, with mode 0600.

    Processes that start together all return the same content. Raises KeyFileError.
    """
    try:
        if not path.exists():
            _create(path, make())
        return _read(path)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise KeyFileError(f"The key file {path} cannot be read or made: {reason}.") from error


def _create(path: Path, content: bytes) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # mkstemp opens with O_EXCL and mode 0600, so nobody else reads the file at any moment.
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    draft = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        # link() refuses a name that exists: the first process wins whole, the others read what it made, and a
        # crash leaves neither half a key nor a lock.
        path.hardlink_to(draft)
        _sync_folder(path.parent)
    except FileExistsError:
        pass
    finally:
        draft.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    # What the key encrypts is synced by the database; after a power cut the key must be there as well.
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        status = os.fstat(file.fileno())
        if status.st_mode & 0o077:
            # Refused rather than mended: whoever could read it may have done so, and a person must know.
            raise KeyFileError(
                f"The key file {path} is open to other users (mode {status.st_mode & 0o777:o}). "
                f"If nobody else can have read it, run: chmod 600 '{path}'"
            )
        content = file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise KeyFileError(f"The key file {path} is longer than {MAX_BYTES} bytes, so it is not a key file.")
    return content
