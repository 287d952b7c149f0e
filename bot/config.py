"""The operator's settings: `WAYMARK_*` from the environment or `.env` in the working directory, typed, checked, secrets kept sealed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from dotenv import dotenv_values
from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy.engine import make_url

from bot import config_values as values
from bot.errors import SetupError

PREFIX = "WAYMARK_"
ENV_FILE = ".env"
TELEGRAM_API = "https://api.telegram.org"
EVERYONE = "everyone"

_TELEGRAM_WEBHOOK_PORTS = (443, 80, 88, 8443)


class Mode(StrEnum):
    """How updates come in."""

    POLLING = "polling"
    WEBHOOK = "webhook"


class LogLevel(StrEnum):
    """From what importance on something is logged."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


def name_of(field: str) -> str:
    """The setting's name as the operator writes it, e.g. `WAYMARK_BOT_TOKEN` for `bot_token`."""
    return PREFIX + field.upper()


class Settings(BaseSettings):
    """Everything an operator can choose. A field's description and example are what a wrong value is answered with."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_file=ENV_FILE,
        env_file_encoding="utf-8-sig",  # editors on Windows put a mark before the first name
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
        validate_default=False,
    )

    bot_token: values.Token | None = Field(
        None, description="the token that @BotFather gave the bot", examples=["123456789:AAabcdefghijklmnopqrstuvwxyz"]
    )
    bot_api_url: values.BotApiRoot = Field(TELEGRAM_API, description="the root of the Bot API", examples=[TELEGRAM_API])
    database_url: values.DatabaseUrl = Field(
        "sqlite:///waymark.db",
        repr=False,
        description="the database, SQLite or PostgreSQL",
        examples=["sqlite:///waymark.db or postgresql://user:password@host/waymark"],
    )
    mode: Annotated[Mode, values.Lowered] = Field(Mode.POLLING, description="how updates come in: polling or webhook", examples=["polling"])
    public_url: values.Root | None = Field(
        None, description="the address under which the world reaches this server", examples=["https://waymark.example.org"]
    )
    webhook_secret: values.WebhookSecret | None = Field(
        None, description="what Telegram has to send along with each update", examples=["a-long-random-word_0123456789"]
    )
    listen: values.Listen = Field(
        "127.0.0.1:8080", description="the host and port that the web server listens on", examples=["127.0.0.1:8080"]
    )
    encryption_keys: values.Keys | None = Field(
        None,
        description="the keys that seal what people write, newest first, separated by commas",
        examples=["what `waymark init` writes (32 random bytes each, in urlsafe base64)"],
    )
    country: values.Country = Field("US", description="the clinic's country in two letters, for the crisis lines", examples=["US"])
    timezone: values.Zone = Field("UTC", description="the clinic's time zone", examples=["America/New_York"])
    language: Annotated[Literal["en", "es"], values.Lowered] = Field(
        "en", description="the language for people whose own is not known: en or es", examples=["en"]
    )
    clinic_name: str = Field(
        "Waymark", max_length=80, description="the clinic's name as patients know it, up to 80 characters", examples=["Harbor Clinic"]
    )
    clinic_phone: values.Phone = Field(
        "", max_length=40, description="the clinic's phone number with country code", examples=["+1 212 555 0100"]
    )
    clinic_hours: str = Field(
        "", max_length=120, description="when the clinic's phone is answered, up to 120 characters", examples=["Mon-Fri 9:00-17:00"]
    )
    page_urls: values.PageTargets | None = Field(
        None,
        description="where pages go beside Telegram, as JSON: lists of targets for everyone and by staff id",
        examples=['{"everyone": ["ntfys://ntfy.example.org/on-call"], "<staff id>": ["pover://user@token"]}'],
    )
    page_webhook_url: values.WebAddress | None = Field(
        None, repr=False, description="an address that gets each page as a signed POST", examples=["https://pager.example.org/waymark"]
    )
    page_webhook_secret: SecretStr | None = Field(
        None, min_length=1, description="the secret that signs these posts", examples=["a long random word"]
    )
    heartbeat_url: values.WebAddress | None = Field(
        None, repr=False, description="an outside address that is called while all is well", examples=["https://hc.example.org/ping/0000"]
    )
    drill_chat: int | None = Field(None, description="the id of the Telegram chat that drills are shown in", examples=["-1001234567890"])
    drill_at: values.Daily | None = Field(
        "10:00", description="when the daily drill runs by the clinic's clock, or off", examples=["10:00"]
    )
    send_rate: float = Field(30.0, gt=0, le=1_000_000, allow_inf_nan=False, description="messages a second, above 0", examples=["30"])
    second_opinion: bool = Field(
        True, description="whether a learned model reads each message after the rules: on or off (saves 170 MB)", examples=["off"]
    )
    retention_days: int = Field(90, ge=1, le=36_500, description="after how many days old messages are erased, 1 or more", examples=["90"])
    feed_allow_private: bool = Field(
        False, description="whether meeting feeds may come from private addresses: on or off", examples=["off"]
    )
    content_dir: values.Folder | None = Field(
        None, description="a folder with content of your own that lies over what is shipped", examples=["/etc/waymark/content"]
    )
    log_level: Annotated[LogLevel, values.Lowered] = Field(
        LogLevel.INFO, description="the least important that is logged: debug, info, warning or error", examples=["info"]
    )

    @field_validator("*", mode="before")
    @classmethod
    def _strip(cls, value: Any) -> Any:
        return value.strip() if isinstance(value, str) else value

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        problems = list(self._clashes())
        if problems:
            raise ValueError("\n".join(problems))
        return self

    def _clashes(self) -> Iterable[str]:
        """One full line for each setting that does not go with another."""
        real = self.is_telegram
        if real and self.bot_api_url.startswith("http://"):
            yield _line("bot_api_url", "is wrong: Telegram's own API is reached by https only")
        if self.public_url is not None and real:
            parts = urlsplit(self.public_url)
            if parts.scheme != "https":
                yield _line("public_url", "is wrong: Telegram delivers to https addresses only")
            elif self.mode is Mode.WEBHOOK and (parts.port or 443) not in _TELEGRAM_WEBHOOK_PORTS:
                yield _line("public_url", "is wrong: Telegram delivers to the ports 443, 80, 88 and 8443 only")
        if self.mode is Mode.WEBHOOK:
            for field, value in (("public_url", self.public_url), ("webhook_secret", self.webhook_secret)):
                if value is None:
                    yield _line(field, f"is missing: {name_of('mode')}=webhook needs it")
        if self.page_webhook_url is not None and self.page_webhook_secret is None:
            yield _line("page_webhook_secret", f"is missing: {name_of('page_webhook_url')} needs it")

    @classmethod
    def load(cls, needs: Sequence[str] = (), **overrides: Any) -> Settings:
        """Read the settings from the environment and `.env`.

        Args:
            needs: fields that this command cannot do without, e.g. `("bot_token", "encryption_keys")`.
            overrides: values by field name that win over what is read (pydantic-settings' own, such as `_env_file`, too).

        Raises:
            SetupError: one line for each problem: which setting, why, and what a right one looks like; never a value.
        """
        problems: list[str] = []
        try:
            settings = cls(**overrides)
        except ValidationError as error:
            for item in error.errors(include_url=False, include_input=False, include_context=False):
                if not item["loc"]:
                    problems += item["msg"].removeprefix("Value error, ").splitlines()
                    continue
                own = item["msg"].removeprefix("Value error, ") if item["type"] == "value_error" else "it has the wrong form"
                problems.append(_line(str(item["loc"][0]), f"is wrong: {own}"))
        except (OSError, UnicodeError):
            problems.append(f"{ENV_FILE} cannot be read: it has to be a text file in UTF-8 that this user may read")
        else:
            problems = [_line(field, "is missing: this command needs it") for field in needs if getattr(settings, field) is None]
            if not problems:
                return settings
        # Without the original: its traceback shows what was typed.
        raise SetupError("\n".join(dict.fromkeys(problems))) from None

    @property
    def is_telegram(self) -> bool:
        """Whether the Bot API is Telegram's own."""
        return urlsplit(self.bot_api_url).hostname == urlsplit(TELEGRAM_API).hostname

    @property
    def token(self) -> str:
        """The bot's token in the clear.

        Raises:
            SetupError: there is none.
        """
        return self._required("bot_token", self.bot_token)

    @property
    def keys(self) -> tuple[bytes, ...]:
        """The encryption keys, 32 bytes each, newest first, at least one.

        Raises:
            SetupError: there is none.
        """
        return values.decode_keys(self._required("encryption_keys", self.encryption_keys))

    @property
    def page_targets(self) -> Mapping[str, tuple[str, ...]]:
        """Targets for pages by staff id, and under `EVERYONE`; they hold passwords."""
        return values.decode_targets(self.page_urls.get_secret_value()) if self.page_urls else {}

    @property
    def zone(self) -> ZoneInfo:
        """The clinic's time zone."""
        return ZoneInfo(self.timezone)

    @property
    def listen_host(self) -> str:
        """Where to listen, without brackets around an IPv6 address."""
        return self.listen.rpartition(":")[0].strip("[]")

    @property
    def listen_port(self) -> int:
        """0 to 65535; 0 lets the system choose."""
        return int(self.listen.rpartition(":")[2])

    @property
    def database_path(self) -> Path | None:
        """The SQLite file (relative to the working directory unless absolute), or None on PostgreSQL."""
        url = make_url(self.database_url)
        return Path(url.database) if url.drivername == "sqlite" and url.database else None

    @staticmethod
    def _required(field: str, secret: SecretStr | None) -> str:
        if secret is None:
            raise SetupError(_line(field, "is missing: this command needs it"))
        return secret.get_secret_value()


def _line(field: str, problem: str) -> str:
    about = Settings.model_fields[field]
    example = about.examples[0] if about.examples else ""
    return f"{name_of(field)} {problem}. It is {about.description}, for example: {example}"


def unknown_names(env_file: Path | None = None) -> list[str]:
    """Names in `.env` that look like settings and are none, sorted: usually a slip of the pen that would pass in silence.

    Args:
        env_file: another file than `.env` in the working directory.
    """
    path = env_file or Path(ENV_FILE)
    names = {name.upper() for name in dotenv_values(path, encoding="utf-8-sig")} if path.is_file() else set()
    return sorted(name for name in names if name.startswith(PREFIX) and name.removeprefix(PREFIX).lower() not in Settings.model_fields)
