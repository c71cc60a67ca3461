"""The key ring: what it wrote it reads, anything else it names."""

from base64 import b64encode, urlsafe_b64encode
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.encryption import CannotDecrypt, CiphertextDamaged, KeyMissing, KeyRing, context_of, new_key
from domain.keyfile import KeyFileError

ROW = UUID("0b4b6c1e-0000-4000-8000-000000000001")
HERE = context_of("sessions", "transcript_text", ROW)
TEXT = '{"turns":[{"speaker":"tutor","text":"Perché è così?"}]}'

# Not random: they stand in names of tests, which every worker must find the same.
old, new = bytes(range(32)), bytes(range(32, 64))
OLD = f"2024:{b64encode(old).decode()}"
NEW = f"2025:{b64encode(new).decode()}"


def test_what_was_written_is_read() -> None:
    ring = KeyRing.from_setting(NEW)
    stored = ring.encrypt(TEXT, HERE)
    assert stored.startswith("v1:2025:")
    assert stored.isascii()
    assert ring.decrypt(stored, HERE) == TEXT
    assert ring.encrypt(TEXT, HERE) != stored
    assert HERE == "sessions.transcript_text:0b4b6c1e-0000-4000-8000-000000000001"


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=2000))
def test_any_text(text: str) -> None:
    ring = KeyRing([("k", old)])
    assert ring.decrypt(ring.encrypt(text, HERE), HERE) == text


def test_rotation() -> None:
    before, after = KeyRing.from_setting(OLD), KeyRing.from_setting(f"{NEW},{OLD}")
    stored = before.encrypt(TEXT, HERE)
    assert not before.needs_rotation(stored)
    assert after.decrypt(stored, HERE) == TEXT
    assert after.needs_rotation(stored)
    again = after.encrypt(after.decrypt(stored, HERE), HERE)
    assert not after.needs_rotation(again)
    # Once everything is encrypted anew the old key can go.
    assert KeyRing.from_setting(NEW).decrypt(again, HERE) == TEXT


def test_a_key_that_is_gone_is_named() -> None:
    stored = KeyRing.from_setting(OLD).encrypt(TEXT, HERE)
    with pytest.raises(KeyMissing) as missing:
        KeyRing.from_setting(NEW).decrypt(stored, HERE)
    assert missing.value.code == "ENCRYPTION_KEY_MISSING"
    said = str(missing.value)
    assert said == (
        f"{HERE} is encrypted with the key `2024`, which is not in the setting ENCRYPTION_KEYS (there: 2025). "
        "Put that key back, behind the one now in use."
    )


def test_another_key_under_the_same_id_gives_an_error_and_no_garbage() -> None:
    stored = KeyRing([("k", old)]).encrypt(TEXT, HERE)
    with pytest.raises(CiphertextDamaged, match="another key has been given that id"):
        KeyRing([("k", new)]).decrypt(stored, HERE)


@pytest.mark.parametrize(
    "elsewhere",
    [
        context_of("sessions", "transcript_text", UUID(int=1)),
        context_of("sessions", "notes", ROW),
        context_of("tutor_student_assignments", "transcript_text", ROW),
    ],
)
def test_a_ciphertext_opens_only_where_it_belongs(elsewhere: str) -> None:
    ring = KeyRing.from_setting(NEW)
    with pytest.raises(CiphertextDamaged) as damaged:
        ring.decrypt(ring.encrypt(TEXT, HERE), elsewhere)
    assert damaged.value.code == "CIPHERTEXT_DAMAGED"
    assert elsewhere in str(damaged.value)


def test_no_character_can_change() -> None:
    ring = KeyRing.from_setting(NEW)
    stored = ring.encrypt("a", HERE)
    for place, letter in enumerate(stored):
        other = "B" if letter == "A" else "A"
        for changed in (
            stored[:place] + other + stored[place + 1 :],
            stored[:place] + stored[place + 1 :],
            stored[:place] + "\n" + stored[place:],
            stored[:place],
        ):
            with pytest.raises(CannotDecrypt):
                ring.decrypt(changed, HERE)


@pytest.mark.parametrize(
    "stored",
    [
        "",
        "plain text",
        TEXT,
        "v1",
        "v1:2025",
        "v1:2025:",
        "v1:2025:AAAA",
        "v1:2025:" + "!" * 60,
        "v1:2025:" + "é" * 60,
        "v1::" + "A" * 60,
        "v1:a b:" + "A" * 60,
        "v2:2025:" + "A" * 60,
        "V1:2025:" + "A" * 60,
        "v1:2025:" + urlsafe_b64encode(bytes(40)).decode(),
    ],
)
def test_what_is_no_ciphertext(stored: str) -> None:
    ring = KeyRing.from_setting(NEW)
    with pytest.raises(CiphertextDamaged):
        ring.decrypt(stored, HERE)
    if not stored.startswith("v1:2025:") or len(stored) < 40:
        with pytest.raises(CiphertextDamaged):
            ring.needs_rotation(stored)


@given(st.text(max_size=100))
def test_nothing_else_is_raised(stored: str) -> None:
    ring = KeyRing([("k", old)])
    for attempt in (stored, f"v1:k:{stored}"):
        with pytest.raises(CannotDecrypt):
            ring.decrypt(attempt, HERE)


@pytest.mark.parametrize(
    "context",
    ["", "sessions", "sessions.notes", f"sessions:{ROW}", f"Sessions.notes:{ROW}", f"{HERE} ", HERE.upper()],
)
def test_a_context_has_one_shape(context: str) -> None:
    ring = KeyRing.from_setting(NEW)
    with pytest.raises(ValueError, match="context"):
        ring.encrypt(TEXT, context)
    with pytest.raises(ValueError, match="context"):
        ring.decrypt(ring.encrypt(TEXT, HERE), context)


@pytest.mark.parametrize(
    "setting",
    [
        NEW,
        f" {NEW} , {OLD} ",
        f"{NEW},",
        f"{NEW}\n{OLD}\n",
        f"2025:{urlsafe_b64encode(new).decode()}",
        NEW.rstrip("="),
    ],
)
def test_spellings_of_the_setting(setting: str) -> None:
    stored = KeyRing.from_setting(NEW).encrypt(TEXT, HERE)
    ring = KeyRing.from_setting(setting)
    assert ring.decrypt(stored, HERE) == TEXT
    assert not ring.needs_rotation(stored)


SECRET = b64encode(b"s" * 31).decode()


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("", "There is no key in the setting ENCRYPTION_KEYS."),
        (" , ", "There is no key in the setting ENCRYPTION_KEYS."),
        (SECRET, "Key 1 in the setting ENCRYPTION_KEYS is not `id:base64key`"),
        (f":{SECRET}", "Key 1 in the setting ENCRYPTION_KEYS is not `id:base64key`"),
        (f"my key:{SECRET}", "Key 1 in the setting ENCRYPTION_KEYS is not `id:base64key`"),
        (f"{'k' * 33}:{SECRET}", "Key 1 in the setting ENCRYPTION_KEYS is not `id:base64key`"),
        (f"{NEW},b:{SECRET}", "Key 2 (`b`) in the setting ENCRYPTION_KEYS has 31 bytes and must have 32."),
        ("a:", "Key 1 (`a`) in the setting ENCRYPTION_KEYS has 0 bytes and must have 32."),
        ("a:not base64!", "Key 1 (`a`) in the setting ENCRYPTION_KEYS is not base64."),
        (f"a:b:{SECRET}", "Key 1 (`a`) in the setting ENCRYPTION_KEYS is not base64."),
        (f"{NEW},{NEW}", "The key id `2025` stands twice in the setting ENCRYPTION_KEYS."),
    ],
)
def test_a_setting_that_cannot_be_used_is_explained_without_the_key(setting: str, said: str) -> None:
    with pytest.raises(ValueError) as wrong:  # noqa: PT011 - the whole sentence is compared below
        KeyRing.from_setting(setting)
    assert str(wrong.value).startswith(said)
    assert SECRET not in str(wrong.value)


def test_a_ring_does_not_print_its_keys() -> None:
    ring = KeyRing.from_setting(f"{NEW},{OLD}")
    assert repr(ring) == str(ring) == "KeyRing(2025, 2024)"


def test_the_key_file_is_made_once(tmp_path: Path) -> None:
    path = tmp_path / "data dir" / "encryption.key"
    stored = KeyRing.from_file(path).encrypt(TEXT, HERE)
    content = path.read_bytes()
    assert path.stat().st_mode & 0o777 == 0o600
    assert KeyRing.from_file(path).decrypt(stored, HERE) == TEXT
    assert path.read_bytes() == content
    # The same line works as the setting, for moving to a server.
    assert KeyRing.from_setting(content.decode()).decrypt(stored, HERE) == TEXT


def test_a_lost_key_file_is_said_to_be_lost(tmp_path: Path) -> None:
    path = tmp_path / "encryption.key"
    stored = KeyRing.from_file(path).encrypt(TEXT, HERE)
    path.unlink()
    with pytest.raises(KeyMissing, match=r"encrypted with the key `k[0-9a-f]{8}`, which is not in .*encryption\.key"):
        KeyRing.from_file(path).decrypt(stored, HERE)


def test_a_key_can_be_added_to_the_file(tmp_path: Path) -> None:
    path = tmp_path / "encryption.key"
    stored = KeyRing.from_file(path).encrypt(TEXT, HERE)
    path.write_text(f"{new_key()}\n{path.read_text()}")
    ring = KeyRing.from_file(path)
    assert ring.decrypt(stored, HERE) == TEXT
    assert ring.needs_rotation(stored)


@pytest.mark.parametrize("content", [b"", b"\n", b"rubbish", b"\xff\xfe\x00", b"k1:AAAA\n"])
def test_a_damaged_key_file_is_not_replaced(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "encryption.key"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(KeyFileError, match=r"encryption\.key.*Restore it from a backup"):
        KeyRing.from_file(path)
    assert path.read_bytes() == content


def test_a_key_file_open_to_others_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "encryption.key"
    KeyRing.from_file(path)
    path.chmod(0o644)
    with pytest.raises(KeyFileError, match="chmod 600"):
        KeyRing.from_file(path)
