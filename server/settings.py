"""What the operator decides: the only place that reads the environment (prefix `AXD_`)."""

import hashlib
import os
import secrets
import tempfile
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

from phonenumbers import SUPPORTED_REGIONS
from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

from channels.mail.settings import MailboxSettings
from channels.sms.settings import SmsAccountSettings
from channels.telegram.settings import TelegramSettings
from telephony.asterisk.settings import AsteriskSettings
from telephony.embedded.settings import EmbeddedSettings
from telephony.guard import GuardSettings
from telephony.phones import read_ice_servers
from telephony.prompts.voices import SpeechSettings
from telephony.switchboard.settings import SwitchboardSettings
from webchat.settings import CitizenSettings

# sockaddr_un holds 108 bytes, the closing zero included.
LONGEST_SOCKET_PATH = 107
SECRET_BYTES = 32
ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - compared with, not listened on
PREFIX = "AXD_"

Language = Literal["zh-CN", "en"]


def _language_of_terminal() -> Language:
    spoken = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return "en" if spoken.startswith("en") else "zh-CN"


def environment_with(**values: str) -> dict[str, str]:
    """The environment for a platform beside this one: this process's, with `values` in place of its own settings."""
    return {**{key: value for key, value in os.environ.items() if not key.startswith(PREFIX)}, **values}


class Settings(BaseSettings):
    """Every value has a default that suits one machine; the environment and keyword arguments override it."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_nested_delimiter="__", frozen=True, extra="ignore", env_ignore_empty=True
    )

    host: str = Field(default="127.0.0.1", description="address that web listens on")
    port: int = Field(default=8000, ge=1, le=65535, description="port that web listens on")
    public_url: str = Field(default="", description="address that citizens see, without a final slash")
    data_dir: Path = Field(default=Path("data"), description="database, blobs, keys, embedded Redis")
    database_url: str = Field(default="", description="SQLAlchemy address; empty: SQLite in the data folder")
    redis_url: str = Field(default="", description="Redis or Valkey >= 7; empty: the embedded one")
    jobs_redis_url: str = Field(default="", description="of the RQ lanes, no Cluster; empty: redis_url")
    secret_key: SecretStr = Field(default=SecretStr(""), description="signs and encrypts; empty: a key file")
    language: Language = Field(default_factory=_language_of_terminal, description="of the commands' messages")
    time_zone: str = Field(default="Asia/Shanghai", description="of the default workspace")
    region: str = Field(default="CN", description="of telephone numbers that name no country, two letters")
    citizens: CitizenSettings = Field(
        default=CitizenSettings(), description="pages and chat, e.g. AXD_CITIZENS__SITE__PHONE"
    )
    mailboxes: dict[str, MailboxSettings] = Field(
        default_factory=dict, description='mailboxes of the environment, JSON: {"main": {"address": …}}'
    )
    sms_accounts: dict[str, SmsAccountSettings] = Field(
        default_factory=dict, description='SMS accounts of the environment, JSON: {"main": {"kind": …}}'
    )
    telegram: TelegramSettings = Field(
        default=TelegramSettings(), description='bots of the environment, JSON: {"bots": {"main": {"token": …}}}'
    )
    channels: dict[str, dict[str, Any]] = Field(
        default_factory=dict, description='channels of plug-ins with their settings, JSON: {"wechat": {"app_id": …}}'
    )
    calls: EmbeddedSettings = Field(
        default=EmbeddedSettings(), description="calls between browsers, e.g. AXD_CALLS__MEDIA_ADDRESS"
    )
    asterisk: AsteriskSettings = Field(
        default=AsteriskSettings(), description="calls carried by Asterisk, e.g. AXD_ASTERISK__SHARED_DIR"
    )
    guard: GuardSettings = Field(
        default=GuardSettings(), description="who may dial what, and floods of calls, e.g. AXD_GUARD__SOURCE_CALLS"
    )
    call_engine: Literal["", "embedded", "asterisk", "off"] = Field(
        default="", description="what carries calls; empty: Asterisk where it is set up, else between browsers"
    )
    switchboard: SwitchboardSettings = Field(
        default=SwitchboardSettings(), description="what happens to calls, e.g. AXD_SWITCHBOARD__RECORDS"
    )
    speech: SpeechSettings = Field(
        default=SpeechSettings(), description="the voice that reads texts, e.g. AXD_SPEECH__COMMAND"
    )
    ice_servers: str = Field(
        default="", description="STUN and TURN for browsers: JSON, or stun:host:port,turn:user:secret@host:port"
    )
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    trusted_proxies: str = Field(default="127.0.0.1", description="whose X-Forwarded-* headers are believed")
    graceful_shutdown_s: int = Field(default=8, ge=1, description="to finish what was begun when stopping")

    @field_validator("data_dir")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value.expanduser().absolute()

    @field_validator("region")
    @classmethod
    def _has_numbers(cls, value: str) -> str:
        if value.upper() not in SUPPORTED_REGIONS:
            raise ValueError("no region with telephone numbers")
        return value.upper()

    @field_validator("public_url")
    @classmethod
    def _without_slash(cls, value: str) -> str:
        return value.rstrip("/")

    @field_validator("ice_servers")
    @classmethod
    def _readable(cls, value: str) -> str:
        read_ice_servers(value)
        return value

    @property
    def carries_by_asterisk(self) -> bool:
        """Whether Asterisk carries the calls, or browsers among themselves do (or nobody)."""
        return self.call_engine == "asterisk" or (not self.call_engine and self.asterisk.is_used)

    @property
    def origin(self) -> str:
        """The address of the platform as a browser writes it; on all interfaces, as one on this machine does."""
        host = ANYWHERE.get(self.host, self.host)
        return self.public_url or f"http://{f'[{host}]' if ':' in host else host}:{self.port}"

    @property
    def database_file(self) -> Path:
        return self.data_dir / "axd.db"

    @property
    def database(self) -> str:
        return self.database_url or f"sqlite+aiosqlite:///{self.database_file}"

    @property
    def uses_embedded_redis(self) -> bool:
        return not self.redis_url

    @property
    def redis(self) -> str:
        return self.redis_url or f"unix://{quote(str(self.redis_socket))}"

    @property
    def jobs_redis(self) -> str:
        return self.jobs_redis_url or self.redis

    @property
    def redis_dir(self) -> Path:
        return self.data_dir / "redis"

    @property
    def redis_socket(self) -> Path:
        """The embedded Redis's socket; in a private temporary folder where its path would be too long."""
        socket = self.redis_dir / "redis.sock"
        if len(os.fsencode(socket)) <= LONGEST_SOCKET_PATH:
            return socket
        mark = hashlib.sha256(os.fsencode(self.data_dir)).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"axd-{os.getuid()}-{mark}" / "redis.sock"

    @property
    def blob_dir(self) -> Path:
        return self.data_dir / "blobs"

    @property
    def secret_key_file(self) -> Path:
        return self.data_dir / "secret.key"

    @property
    def credentials_file(self) -> Path:
        """Where the passwords of the first start are kept, readable by the operator only."""
        return self.data_dir / "first-credentials.txt"

    def prepare_data_dir(self) -> None:
        """Create the data folder (mode 0700) and the key file. Safe to repeat, and to race."""
        self.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.secret()

    def secret(self) -> bytes:
        """What every other key is derived from: AXD_SECRET_KEY, or the key file, created when missing."""
        if self.secret_key.get_secret_value():
            return self.secret_key.get_secret_value().encode()
        if not self.secret_key_file.exists():
            self._create_key_file()
        return self.secret_key_file.read_text("ascii").strip().encode()

    def _create_key_file(self) -> None:
        # A hard link appears whole or not at all, and never replaces the key that another process made first.
        draft = self.secret_key_file.with_suffix(f".{os.getpid()}")
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(SECRET_BYTES) + "\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, self.secret_key_file)
        except FileExistsError:
            pass
        finally:
            draft.unlink()


def read_settings() -> Settings:
    """The settings of this process. A value that cannot be is told in one line, and ends the process."""
    try:
        return Settings()
    except (ValidationError, SettingsError) as error:
        lines = (
            [f"{PREFIX}{'__'.join(map(str, item['loc'])).upper()}: {item['msg']}" for item in error.errors()]
            if isinstance(error, ValidationError)
            else [str(error)]
        )
        raise SystemExit("\n".join(lines)) from None
