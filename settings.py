"""Settings: one class, read from the environment; every one has a default that works on a laptop."""

import re
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

_HERE = Path(__file__).resolve().parent
_IN_CHECKOUT = (_HERE / "pyproject.toml").exists()


def separated(value: str) -> list[str]:
    """The entries of a setting that is a list with commas."""
    return [entry.strip() for entry in value.split(",") if entry.strip()]


def _origins(value: str) -> str:
    """Each origin as browsers send it, so that it need only be compared; what none would send is refused."""
    return ",".join(entry if entry == "*" else _origin(entry) for entry in separated(value))


def _origin(entry: str) -> str:
    found = _ORIGIN.match(entry.lower())
    if found is None:
        raise ValueError(f"`{entry}` is not an origin: write scheme://host or scheme://host:port, with http or https")
    scheme, host, port = found.groups()
    # Browsers leave out the port that goes without saying.
    origin = f"{scheme}://{host}" if port in (None, _PORTS[scheme]) else f"{scheme}://{host}:{port}"
    if found.end() < len(entry):
        raise ValueError(f"`{entry}` is more than an origin: write `{origin}`, with nothing after it, not even a slash")
    return origin


def _page(value: str | None) -> str | None:
    if value is not None and not re.fullmatch(r"https?://[^\s/?#@]+(/[^\s#]*)?", value):
        raise ValueError(f"`{value}` is not the address of a page: write http:// or https:// and a host")
    return value if value is None else value.rstrip("/")


_ORIGIN = re.compile(r"(https?)://([a-z0-9_.-]+|\[[0-9a-f:.]+\])(?::([1-9][0-9]{0,4}))?(?=/|\?|#|$)")
_PORTS = {"http": "80", "https": "443"}


class Settings(BaseSettings):
    """Each setting is an environment variable of the same name in capitals; an empty one counts as not set."""

    model_config = SettingsConfigDict(frozen=True, env_ignore_empty=True)

    host: str = Field(default="127.0.0.1", description="Address to serve on.")
    port: int = Field(default=8000, ge=0, le=65535, description="Port to serve on; 0 takes any free one.")
    study_data_dir: Path = Field(
        default=(_HERE if _IN_CHECKOUT else Path.home() / ".local/share/study-companion") / ".study-data",
        description="Folder of the embedded database, the development keys and stored transcripts.",
    )
    database_url: SecretStr | None = Field(
        default=None, description="PostgreSQL 15 or newer to use instead of the embedded one."
    )
    migration_database_url: SecretStr | None = Field(
        default=None, description="The same database as its owner, for migrations; DATABASE_URL when not set."
    )
    demo_data: bool | None = Field(
        default=None,
        description="Whether `serve` fills a database that has nobody in it with demo people and their data; "
        "when not set, only the embedded one.",
    )
    database_connections: int = Field(
        default=10,
        ge=1,
        le=1000,
        description="Connections a process keeps at most; one person has half of them at a time.",
    )
    encryption_keys: SecretStr | None = Field(
        default=None,
        description="Keys for transcripts and notes, `id:base64,id:base64`, the first encrypts; "
        "a key file in the data folder when not set.",
    )
    transcript_store_url: str | None = Field(
        default=None,
        description="`s3://bucket/prefix` or `file:///folder` for transcripts kept outside the database.",
    )
    s3_endpoint_url: str | None = Field(default=None, description="An S3 server other than Amazon's.")
    cognito_issuer: str | None = Field(default=None, description="The user pool whose tokens are taken.")
    cognito_jwks_url: str | None = Field(default=None, description="Its keys; the issuer's own address when not set.")
    cognito_client_ids: str = Field(default="", description="App clients whose tokens are taken, with commas.")
    broadcast_url: str = Field(
        default="postgresql:",
        description="What calls all processes when something has happened: the database itself, or a `redis://`, "
        "`rediss://` or `unix://` address.",
    )
    listen_database_url: SecretStr | None = Field(
        default=None,
        description="The same database around a pooler that shares sessions, for what needs a session of its own; "
        "DATABASE_URL when not set.",
    )
    event_retention_days: float = Field(
        default=7,
        gt=0,
        le=36_500,
        description="How long a client may have been away and still catch up with what happened.",
    )
    event_poll_seconds: float = Field(
        default=1, gt=0, description="How often new events are looked for when nothing calls."
    )
    event_heartbeat_seconds: float = Field(
        default=25, gt=0, description="How often a subscription says how far it has come."
    )
    jobs_in_server: bool = Field(
        default=True, description="Whether `serve` does background jobs too; `study-companion worker` does them anyway."
    )
    jobs_at_once: int = Field(default=4, ge=1, le=100, description="Jobs that a process does at a time.")
    jobs_finish_seconds: float = Field(
        default=10,
        ge=0,
        description="How long a job may take to finish once its process is to stop; it is done anew after that.",
    )
    smtp_url: SecretStr | None = Field(
        default=None,
        description="Server for mail, `smtp://user:password@host:587` or `smtps://`; without one mails go to the "
        "folder `mail` in the data folder.",
    )
    mail_from: str = Field(default="Study Companion <companion@localhost.test>", description="Who mails are from.")
    public_url: Annotated[str | None, AfterValidator(_page)] = Field(
        default=None,
        description="Where people reach this server; links in mails begin with it. "
        "When not set, where HOST and PORT say.",
    )
    app_url: Annotated[str | None, AfterValidator(_page)] = Field(
        default=None, description="The page that a nudge's link leads to; PUBLIC_URL when not set."
    )
    openai_api_key: SecretStr | None = Field(
        default=None, description="Key for OpenAI; without one the embedded engine writes."
    )
    openai_base_url: str = Field(
        default="https://api.openai.com/v1", description="Where OpenAI's API is, or one that speaks as it does."
    )
    openai_model: str = Field(default="gpt-5.4-mini", description="The model that writes.")
    openai_small_model: str = Field(default="gpt-5.4-nano", description="The model that writes what is short.")
    openai_timeout_seconds: float = Field(default=60, gt=0, description="How long it may take for one attempt.")
    openai_tokens_per_day: int = Field(
        default=2_000_000,
        ge=0,
        description="Tokens that all processes together may spend in a day (UTC); the embedded engine writes what goes "
        "beyond.",
    )
    rating_k: int = Field(
        default=32,
        ge=1,
        le=200,
        description="Points by which one answer moves a settled rating at most; more follows faster and less stays "
        "steadier.",
    )
    questions_per_day: int = Field(
        default=50, ge=0, description="Questions that a student may ask the companion in 24 hours."
    )
    safeguarding_contact: str = Field(
        default="",
        max_length=1_000,
        description="What a student who may be in danger is told besides the emergency services: a helpline, the "
        "school's own people, in whole sentences.",
    )
    allowed_origins: Annotated[str, AfterValidator(_origins)] = Field(
        default="",
        description="Origins of web pages that may call the API from browsers, such as `http://localhost:5173`, "
        "with commas; `*` is every one.",
    )
    max_message_bytes: int = Field(
        default=3_000_000, ge=1_000, description="Largest request, and largest WebSocket message of a client."
    )
    trusted_documents: Path | None = Field(
        default=None,
        description="JSON object of documents by id, which requests may name by it or by their SHA-256; that of the "
        "built pages when not set.",
    )
    only_trusted_documents: bool = Field(
        default=False, description="Whether no other documents are run, as befits a server that others reach."
    )
    cost_budget: int = Field(
        default=100_000,
        ge=25_000,
        description="Points that one person's operations may cost at once in a process; an object of an answer is one.",
    )
    cost_per_second: float = Field(default=2_000, gt=0, description="Points of it that are refilled in a second.")
    sockets_in_all: int = Field(
        default=10_000, ge=1, description="WebSockets and event streams that a process keeps open at most."
    )
    sockets_per_person: int = Field(
        default=20, ge=1, description="The same for one person; all who are not signed in count as one."
    )
    operations_per_socket: int = Field(default=50, ge=1, description="Operations at once on one WebSocket.")
    socket_init_seconds: float = Field(
        default=10, gt=0, description="How long a WebSocket may stay open without connection_init."
    )
    socket_ping_seconds: float = Field(
        default=25, gt=0, description="How long a WebSocket or event stream is silent before it is pinged."
    )
    socket_idle_seconds: float = Field(
        default=60, gt=0, description="How long a WebSocket's client may say nothing, pongs included."
    )
    socket_send_seconds: float = Field(
        default=10, gt=0, description="How long a client may take nothing of what waits for it."
    )
    socket_queue_messages: int = Field(
        default=20, ge=1, description="Messages that wait for a slow client before its operations have to."
    )
    socket_queue_bytes: int = Field(default=65_536, ge=1_024, description="The same in bytes.")
    leave_notice_seconds: float = Field(
        default=0, ge=0, description="How long readiness has failed before a stopping server closes WebSockets."
    )
    leave_drain_seconds: float = Field(
        default=10, ge=0, description="The time over which a stopping server closes them, in batches."
    )
    leave_finish_seconds: float = Field(
        default=10, gt=0, description="How long what is under way may take once its connection is to close."
    )
    log_level: Annotated[
        Literal["DEBUG", "INFO", "WARNING", "ERROR"], BeforeValidator(lambda value: str(value).upper())
    ] = Field(default="INFO", description="DEBUG, INFO, WARNING or ERROR; DEBUG also names every SQL statement.")

    @property
    def reached_at(self) -> str:
        """Where people reach this server: PUBLIC_URL, or where it listens."""
        # What listens on every address is reached on this machine's own.
        host = {"0.0.0.0": "127.0.0.1", "": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104
        return self.public_url or f"http://{f'[{host}]' if ':' in host else host}:{self.port}"

    @model_validator(mode="after")
    def _pings_in_time(self) -> Self:
        if self.socket_idle_seconds <= self.socket_ping_seconds:
            raise ValueError("SOCKET_IDLE_SECONDS must be longer than SOCKET_PING_SECONDS")
        return self
