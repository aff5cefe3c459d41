"""Settings from the environment, prefix QINGSHAN_, checked once at start."""

from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

ROOT = Path(__file__).resolve().parent.parent


class Settings(BaseSettings):
    """What an operator may set. docs/operate.md lists every name with its meaning."""

    model_config = SettingsConfigDict(env_prefix="QINGSHAN_", frozen=True)

    database_url: str = f"sqlite:///{ROOT / 'var' / 'qingshan.sqlite3'}"
    timezone: str = "Asia/Shanghai"
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535)] = 8000
    language: Literal["zh", "en"] = "zh"
    money_unit: Literal["亿元", "万元", "元"] = "万元"
    session_hours: Annotated[int, Field(ge=1, le=720)] = 12
    link_hours: Annotated[int, Field(ge=1, le=168)] = 24
    secure_cookies: bool = False
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

    @field_validator("timezone")
    @classmethod
    def _known_timezone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(f"unknown time zone {value!r}; expected a name such as Asia/Shanghai") from error
        return value

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
