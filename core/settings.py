"""Settings from the environment, prefix QINGSHAN_, checked once at start."""

from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

ROOT = Path(__file__).resolve().parent.parent


class Settings(BaseSettings):
    """What an operator may set. docs/operate.md lists every name with its meaning."""

    model_config = SettingsConfigDict(env_prefix="QINGSHAN_", frozen=True)

    database_url: str = f"sqlite:///{ROOT / 'var' / 'qingshan.sqlite3'}"
    timezone: Annotated[str, Field(max_length=64)] = "Asia/Shanghai"
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535)] = 8000
    language: Literal["zh", "en"] = "zh"
    money_unit: Literal["亿元", "万元", "元"] = "万元"
    session_hours: Annotated[int, Field(ge=1, le=720)] = 12
    idle_minutes: Annotated[int, Field(ge=5, le=1440)] = 60  # a sign-in that nobody uses ends sooner than its hours
    lock_after: Annotated[int, Field(ge=3, le=20)] = 5  # wrong tries for one user name
    link_hours: Annotated[int, Field(ge=1, le=168)] = 24
    second_factor: Literal["required", "optional"] | None = None  # without a word: required but in a demonstration
    second_factor_days: Annotated[int, Field(ge=0, le=90)] = 7  # how long its set-up may be put off
    secrets_file: Path = ROOT / "var" / "secrets.json"
    oidc_issuer: str | None = None  # without it nobody signs in by an identity provider
    oidc_client_id: str = ""
    oidc_client_secret: SecretStr | None = None
    oidc_name: str = "统一身份认证"  # what the button on the sign-in page calls it
    oidc_scopes: str = "openid profile"
    oidc_username_claim: str = "preferred_username"
    oidc_name_claim: str = "name"
    oidc_department_claim: str | None = None
    oidc_make_people: bool = False  # somebody of a registered department gets an account at the first sign-in
    secure_cookies: bool = False
    public_address: str | None = None  # where people reach the system, such as https://qingshan.example.gov.cn
    head_seconds: Annotated[int, Field(ge=1, le=300)] = 15  # what a browser has to send the head of a request
    body_seconds: Annotated[int, Field(ge=1, le=3600)] = 60  # the same for a body, which has more as it comes
    max_body_bytes: Annotated[int, Field(ge=10_000)] = 2_000_000
    sign_in_limit: str = "10/minute"
    demo: bool = False
    seed_folder: Path = ROOT / "seed" / "plans"
    plan_texts: Path | None = None
    files_folder: Path = ROOT / "var" / "files"
    max_upload_bytes: Annotated[int, Field(ge=10_000)] = 50_000_000
    workers: Annotated[int, Field(ge=0, le=8)] = (
        1  # threads of the server that do background jobs; 0 leaves them to `qingshan work`
    )

    processes: Annotated[int, Field(ge=1, le=64)] = 1  # of the server; more than one with PostgreSQL only
    log_level: Literal["debug", "info", "warning", "error"] = "warning"  # info: a line for every request
    metrics_token: Annotated[SecretStr, Field(min_length=16)] | None = None  # without it /metrics is not there

    backup_folder: Path | None = None  # without it the server makes no backups by itself
    backup_hours: Annotated[int, Field(ge=1, le=720)] = 24
    backup_keep: Annotated[int, Field(ge=1, le=1000)] = 14

    @field_validator("timezone")
    @classmethod
    def _known_timezone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:  # a folder of zones is no zone
            raise ValueError(f"unknown time zone {value!r}; expected a name such as Asia/Shanghai") from error
        return value

    @field_validator("public_address")
    @classmethod
    def _plain_address(cls, value: str | None) -> str | None:
        if value is None:
            return None
        parts = urlsplit(value)
        rest = (parts.path.strip("/"), parts.query, parts.fragment, parts.username)
        if parts.scheme not in ("http", "https") or not parts.hostname or any(rest):
            raise ValueError("expected the address without a path, such as https://qingshan.example.gov.cn")
        return f"{parts.scheme}://{parts.netloc.lower()}"

    @model_validator(mode="after")
    def _whole_provider(self) -> "Settings":
        if self.oidc_issuer is None:
            return self
        if not self.oidc_issuer.startswith(("https://", "http://")):
            raise ValueError("QINGSHAN_OIDC_ISSUER: expected the address of the provider, https://…")
        if not self.oidc_client_id:
            raise ValueError("QINGSHAN_OIDC_CLIENT_ID is missing; QINGSHAN_OIDC_ISSUER needs it")
        if self.oidc_make_people and not self.oidc_department_claim:
            raise ValueError("QINGSHAN_OIDC_DEPARTMENT_CLAIM is missing; QINGSHAN_OIDC_MAKE_PEOPLE needs it")
        return self

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, value: str) -> str:
        if value.startswith("postgresql://"):
            value = "postgresql+psycopg://" + value.removeprefix("postgresql://")
        if not value.startswith(("sqlite:///", "postgresql+psycopg://")):
            raise ValueError("expected sqlite:///PATH or postgresql://USER:PASSWORD@HOST/NAME")
        return value


@lru_cache
def settings() -> Settings:
    """The settings of this process, read once."""
    return Settings()
