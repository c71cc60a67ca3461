"""What is kept as ciphertext: the key ring, and the store of transcripts outside the database."""

from dataclasses import dataclass
from pathlib import Path

from db.encryption import KeyRing
from db.object_store import TranscriptStore


@dataclass(frozen=True, slots=True)
class Vault:
    """The means to write and read protected text."""

    keys: KeyRing
    store: TranscriptStore | None
    """None keeps every transcript in the database."""


def vault_for(
    *,
    data_dir: Path,
    encryption_keys: str | None,
    transcript_store_url: str | None,
    s3_endpoint_url: str | None,
) -> Vault:
    """The vault that the settings ask for. Raises ValueError for settings that cannot be used."""
    keys = KeyRing.from_setting(encryption_keys) if encryption_keys else KeyRing.from_file(data_dir / "encryption.key")
    store = TranscriptStore(transcript_store_url, endpoint=s3_endpoint_url) if transcript_store_url else None
    return Vault(keys, store)
