"""Every setting, in one frozen model, read from `LEEWAY_*` environment variables."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from app.kit.clock import Ticks
from app.kit.outbound import Reach, networks
from app.kit.rate_limit import RateLimit
from app.kit.vault import Vault, fernet


class Settings(BaseSettings):
    """What a process is told from outside. Built once, in the command line, and passed down."""

    model_config = SettingsConfigDict(env_prefix="LEEWAY_", frozen=True, extra="ignore")

    database_url: Annotated[
        str,
        Field(
            description="SQLAlchemy address of the database: `sqlite+aiosqlite:///file.db` or "
            "`postgresql+asyncpg://user:password@host:5432/name`."
        ),
    ] = "sqlite+aiosqlite:///leeway.db"
    database_pool_size: Annotated[
        int, Field(ge=1, le=200, description="Connections a process keeps to the database, at most.")
    ] = 10
    database_pool_timeout_seconds: Annotated[
        float,
        Field(
            gt=0,
            le=60,
            description="Seconds to wait for a free connection, or for a new one, before answering 503. PostgreSQL "
            "ends a transaction whose process says nothing for as long, and for 5 seconds at least.",
        ),
    ] = 2.0
    host: Annotated[str, Field(description="Address to listen on.")] = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535, description="TCP port to listen on; 0 takes a free one.")] = 8000
    bootstrap_key: Annotated[
        SecretStr | None,
        Field(
            description="API key of the first admin, at least 24 visible ASCII characters. Used once, on the first "
            "start on an empty database, instead of a generated key; never printed."
        ),
    ] = None
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"], Field(description="Least severe level that is logged.")
    ] = "info"
    log_format: Annotated[
        Literal["json", "text"], Field(description="`json`: one object a line; `text`: for a person.")
    ] = "json"
    key_cache_seconds: Annotated[
        float,
        Field(
            ge=0,
            le=5,
            description="Seconds a checked API key is trusted before it is looked up again; a revoked "
            "key works that much longer.",
        ),
    ] = 3.0
    requests_per_minute: Annotated[
        int | None,
        Field(
            ge=1,
            le=1_000_000,
            description="Requests that each API key may make in a minute, of each process that serves; beyond them "
            "it is answered 429. Without it there is no limit.",
        ),
    ] = None
    requests_burst: Annotated[
        int | None,
        Field(
            ge=1,
            le=1_000_000,
            description="Requests of `LEEWAY_REQUESTS_PER_MINUTE` that a key may make at once; they come back at "
            "that rate. Without it a sixth of them, but 10 at least.",
        ),
    ] = None
    idempotency_hours: Annotated[
        int, Field(ge=1, le=720, description="Hours the answer to an Idempotency-Key is kept for replay.")
    ] = 24
    purge_after_days: Annotated[
        float,
        Field(ge=0, le=3650, description="Days between deleting a plan and purging its data from the database."),
    ] = 30.0
    feed_days: Annotated[
        float,
        Field(
            ge=1,
            le=36_500,
            description="Days an item stays in the feed; the cursor of who was away longer has expired.",
        ),
    ] = 400.0
    loop_interval_seconds: Annotated[
        float, Field(gt=0, le=3600, description="Seconds between two runs of the housekeeping loops.")
    ] = 30.0
    sweep_seconds: Annotated[
        float,
        Field(
            gt=0,
            le=60,
            description="Seconds between two looks for plans that are due for their evaluation, and for deliveries; "
            "what is recorded is looked at without waiting for it.",
        ),
    ] = 2.0
    encryption_key: Annotated[
        SecretStr | None,
        Field(
            description="Key that webhook secrets are encrypted with: 32 random bytes in base64 (`openssl rand "
            "-base64 32`). For rotation several between commas: the first encrypts, each decrypts. Without it, "
            "beside a SQLite database a file `<database file>.key` is made; on PostgreSQL no webhook can be created."
        ),
    ] = None
    webhooks_allow: Annotated[
        str,
        Field(
            description="Networks (CIDRs between commas) that webhooks may reach besides public addresses, there "
            "also by plain HTTP and on any port."
        ),
    ] = ""
    run_loops: Annotated[
        bool,
        Field(description="Run the housekeeping loops inside `leeway serve`; off where `leeway worker` runs them."),
    ] = True
    header_timeout_seconds: Annotated[
        float, Field(gt=0, le=300, description="Seconds within which a request's headers must arrive.")
    ] = 10.0
    body_timeout_seconds: Annotated[
        float,
        Field(gt=0, le=3600, description="Seconds within which a request's body must arrive after its headers."),
    ] = 30.0
    shutdown_grace_seconds: Annotated[
        int, Field(ge=1, le=300, description="Seconds that requests under way get to finish after SIGTERM.")
    ] = 20

    @field_validator("database_url")
    @classmethod
    def _known_driver(cls, url: str) -> str:
        if not url.startswith(("sqlite+aiosqlite:///", "postgresql+asyncpg://")):
            raise ValueError("must begin with sqlite+aiosqlite:/// or postgresql+asyncpg://")
        try:
            parsed = make_url(url)
        except (ArgumentError, ValueError):
            raise ValueError("is not the address of a database") from None
        if parsed.get_backend_name() == "sqlite" and parsed.database in {None, "", ":memory:"}:
            raise ValueError("must name a file")
        return url

    @field_validator("bootstrap_key")
    @classmethod
    def _strong_key(cls, key: SecretStr | None) -> SecretStr | None:
        if key is not None:
            text = key.get_secret_value()
            if not (24 <= len(text) <= 200 and text.isascii() and text.isprintable() and " " not in text):
                raise ValueError("must be 24 to 200 visible ASCII characters")
        return key

    @field_validator("requests_burst")
    @classmethod
    def _burst_of_a_rate(cls, burst: int | None, info: ValidationInfo) -> int | None:
        if burst is not None and info.data.get("requests_per_minute", burst) is None:
            raise ValueError("limits nothing without LEEWAY_REQUESTS_PER_MINUTE")
        return burst

    @field_validator("encryption_key")
    @classmethod
    def _real_keys(cls, keys: SecretStr | None) -> SecretStr | None:
        try:
            for key in keys.get_secret_value().split(",") if keys is not None else ():
                fernet(key)
        except ValueError:
            raise ValueError("must be 32 bytes in base64, or several such keys between commas") from None
        return keys

    @field_validator("webhooks_allow")
    @classmethod
    def _real_networks(cls, text: str) -> str:
        try:
            networks(text)
        except ValueError:
            raise ValueError("must be CIDRs between commas, as in 10.0.0.0/8: no bits beyond the prefix") from None
        return text

    def vault(self) -> Vault:
        """What secrets are encrypted with."""
        given = None if self.encryption_key is None else self.encryption_key.get_secret_value()
        url = make_url(self.database_url)
        file = Path(f"{url.database}.key") if url.get_backend_name() == "sqlite" else None
        return Vault(given.split(",") if given else (), file)

    def rate_limit(self, ticks: Ticks) -> RateLimit | None:
        """How many requests each key may make; None: as many as it likes."""
        rate = self.requests_per_minute
        return None if rate is None else RateLimit(rate, self.requests_burst or max(rate // 6, 10), ticks)

    def reach(self) -> Reach:
        """Where webhooks may be sent to."""
        return Reach(networks(self.webhooks_allow))


def environment_table() -> str:
    """The settings as a Markdown table, for the documentation."""
    lines = ["| variable | default | what it is |", "|---|---|---|"]
    for name, field in Settings.model_fields.items():
        default = "none" if field.default is None else f"`{field.default}`"
        lines.append(f"| `LEEWAY_{name.upper()}` | {default} | {field.description} |")
    return "\n".join(lines)
