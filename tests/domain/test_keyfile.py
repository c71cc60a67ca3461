"""Key files: private from the first moment, whole or absent, never overwritten."""

import os
import threading
from pathlib import Path

import pytest

from domain.keyfile import MAX_BYTES, KeyFileError, read_or_create


def never() -> bytes:
    raise AssertionError("a key was made although there is one")


def test_it_is_made_once(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "a.key"
    assert read_or_create(path, lambda: b"secret") == b"secret"
    assert read_or_create(path, never) == b"secret"
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert [file.name for file in path.parent.iterdir()] == ["a.key"]


def test_all_who_race_get_the_same(tmp_path: Path) -> None:
    path = tmp_path / "a.key"
    got: list[bytes] = []
    barrier = threading.Barrier(16)

    def make() -> bytes:
        return os.urandom(32)

    def race() -> None:
        barrier.wait()
        got.append(read_or_create(path, make))

    threads = [threading.Thread(target=race) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 16
    assert set(got) == {path.read_bytes()}
    assert [file.name for file in tmp_path.iterdir()] == ["a.key"]


def test_one_that_appears_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "a.key"

    def make() -> bytes:
        path.write_bytes(b"restored from a backup")
        path.chmod(0o600)
        return b"new"

    assert read_or_create(path, make) == b"restored from a backup"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o660, 0o602])
def test_one_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "a.key"
    path.write_bytes(b"secret")
    path.chmod(mode)
    with pytest.raises(KeyFileError, match=rf"mode {mode:o}.*chmod 600"):
        read_or_create(path, never)


def test_one_that_is_too_long_is_no_key(tmp_path: Path) -> None:
    path = tmp_path / "a.key"
    path.touch(mode=0o600)
    path.write_bytes(b"x" * (MAX_BYTES + 1))
    with pytest.raises(KeyFileError, match="longer than"):
        read_or_create(path, never)


def test_what_stands_in_the_way_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "a.key"
    folder.mkdir()
    with pytest.raises(KeyFileError, match=r"a\.key cannot be read or made: Is a directory"):
        read_or_create(folder, never)
    (tmp_path / "file").touch()
    with pytest.raises(KeyFileError, match="cannot be read or made"):
        read_or_create(tmp_path / "file" / "b.key", lambda: b"secret")
    dangling = tmp_path / "c.key"
    dangling.symlink_to(tmp_path / "nowhere")
    with pytest.raises(KeyFileError, match="No such file"):
        read_or_create(dangling, lambda: b"secret")
